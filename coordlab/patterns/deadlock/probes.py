"""Probes: agents that wait for each other's word find out by themselves whether it will ever come.

Problem.   Each waits to hear from others, from all of them (AND) or from any (OR). Nobody sees them all.
Idea.      Whoever has waited long asks along its waits. AND: a probe that comes home closes a ring.
           OR: a query whose every branch is answered has met nobody who could still speak.
Messages.  Signal is what they wait for; Probe (AND), Query and Reply (OR) find out.
Cost.      At most one probe, or one query and one reply, for each wait and each who asks; the answer is
           there after as many hops as the ring is long, there and back for OR.
Assumes.   Links are first in, first out, and lose nothing. Who waits neither speaks, gives up nor crashes.
Source.    K. Chandy, J. Misra, L. Haas, Distributed Deadlock Detection, ACM TOCS 1(2), 1983.
"""

from __future__ import annotations

from collections.abc import Mapping

from coordlab.patterns.deadlock.probe_checks import properties
from coordlab.patterns.deadlock.rules import MODELS, AndProber, OrProber, check_names
from coordlab.world.agent import Agent, State
from coordlab.world.message import message
from coordlab.world.world import Run, World

__all__ = ["Query", "Reply", "Signal", "Stuck", "Waiter", "waiting"]


@message
class Signal:
    """What you have been waiting for."""


@message
class Probe:
    """Do you wait, and does it lead to the one who asks?"""

    initiator: str


@message
class Query:
    """Do you wait, and all that you wait for?"""

    initiator: str


@message
class Reply:
    """I do, and they do."""

    initiator: str


@message
class Stuck:
    """I wait for ever."""


class Waiter(Agent):
    """Waits for a Signal from all of `on`, or any one, as the `model` says; then works, and signals to all.

    After `suspect` seconds of waiting it asks along its waits.  Who waits for nobody just works.
    """

    role = State("waits")  # or works, signals, is stuck

    def __init__(
        self, name: str, on: tuple[str, ...] = (), model: str = "AND", work: float = 1.0, suspect: float = 0.5
    ) -> None:
        super().__init__(name)
        if not isinstance(model, str) or model not in MODELS:
            raise ValueError(
                f"model={model!r}: probes know {' and '.join(MODELS)}. For k of n there is the rule "
                f"coordlab.patterns.deadlock.rules.deadlocked, which sees everybody. Write model='AND'."
            )
        self.wait = MODELS[model](*check_names("on", on)) if on else None
        self.model, self.work, self.suspect = model, work, suspect
        self.heard: dict[str, None] = {}
        self.all, self.any = AndProber(name), OrProber(name)

    @property
    def waits_for(self) -> tuple[str, ...]:
        """Whose word it still lacks; nobody's, once it has heard enough."""
        if self.wait is None or len(self.heard) >= self.wait.needed:
            return ()
        return tuple(each for each in self.wait.on if each not in self.heard)

    async def run(self) -> None:
        """Wait, ask if it takes long, work, signal."""
        if not await self.until(lambda: not self.waits_for, within=self.suspect):
            self.find_out()
            await self.until(lambda: not self.waits_for or self.role == "is stuck", within=1_000.0)
        if not self.waits_for:  # else it is stuck, or behind those who are
            self.role = "works"
            await self.sleep(self.work)
            self.role = "signals"
            self.broadcast(Signal())

    def find_out(self) -> None:
        """Ask everybody it waits for."""
        prober, question = (self.any, Query) if self.model == "OR" else (self.all, Probe)
        for each in prober.start(self.waits_for):
            self.send(each, question(self.name))

    def on_signal(self, sender: str, message: Signal) -> None:
        if sender in self.waits_for:
            self.heard[sender] = None
            self.all.moved()
            self.any.moved()

    def on_probe(self, sender: str, message: Probe) -> None:
        for each in self.all.probed(message.initiator, self.waits_for):
            self.send(each, message)
        self.conclude(self.all.deadlocked)

    def on_query(self, sender: str, message: Query) -> None:
        ask, answer = self.any.queried(message.initiator, sender, self.waits_for)
        for each in ask:
            self.send(each, message)
        if answer:
            self.send(answer, Reply(message.initiator))

    def on_reply(self, sender: str, message: Reply) -> None:
        if answer := self.any.replied(message.initiator, sender):
            self.send(answer, Reply(message.initiator))
        self.conclude(self.any.deadlocked)

    def conclude(self, deadlocked: bool) -> None:
        """Say so, once."""
        if deadlocked and self.role == "waits":
            self.role = "is stuck"
            self.decide(Stuck())


def waiting(waits: Mapping[str, tuple[str, ...]], model: str = "AND", seed: int = 7) -> World:
    """A world of these waiters, and of all they wait for, with what must hold of them."""
    names = dict.fromkeys((*waits, *(other for on in waits.values() for other in on)))
    world = World(seed, latency="uniform(0.01, 0.05)")
    world.add(Waiter(name, waits.get(name, ()), model) for name in names)
    return world.expect(*properties({name: MODELS[model](*on) for name, on in waits.items()}))


def demo() -> Run:
    """1 waits for 2, 2 for 3, 3 for both 1 and 4: 4 speaks, and the ring stands all the same.

    >>> [event.agent for event in demo().trace.select("Stuck")]
    ['1', '3', '2']
    """
    return waiting({"1": ("2",), "2": ("3",), "3": ("1", "4")}).run()
