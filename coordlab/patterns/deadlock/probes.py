"""Probes: agents that wait for each other's signals find out by themselves whether these will ever come.

Problem.   Each waits for a signal from others, from all of them (AND) or any (OR). Nobody sees them all.
Idea.      An agent that has waited long asks along its waits. AND: a probe that comes back closes a cycle.
           OR: a query that is answered on every branch has met no agent that could still signal.
Messages.  Signal is what they wait for; Probe (AND), Query and Reply (OR) find out.
Cost.      At most one probe, or one query and one reply, for each wait and each initiator; the answer is
           there after as many hops as the cycle is long, there and back for OR.
Assumes.   Links are first in, first out, and lose nothing. An agent that waits neither signals, gives up
           nor crashes.
Source.    K. Chandy, J. Misra, L. Haas, Distributed Deadlock Detection, ACM TOCS 1(2), 1983.
"""

from __future__ import annotations

from collections.abc import Mapping

from coordlab import requirements as require
from coordlab.patterns.deadlock.probe_checks import properties
from coordlab.patterns.deadlock.rules import MODELS, AndProber, OrProber
from coordlab.world.agent import Agent, State
from coordlab.world.message import message
from coordlab.world.world import World

__all__ = ["Query", "Reply", "Signal", "Stuck", "Waiter", "waiting"]


@message
class Signal:
    """What you have been waiting for."""


@message
class Probe:
    """Do you wait, and does your wait lead back to the initiator?"""

    initiator: str


@message
class Query:
    """Do you wait, and do all that you wait for?"""

    initiator: str


@message
class Reply:
    """I do, and they do."""

    initiator: str


@message
class Stuck:
    """I wait for ever."""


class Waiter(Agent):
    """Waits for signals, then works, and signals to all.

    on       the names of those it waits for, each once; with none it works at once.
    model    AND waits for all of them, OR for any one.
    work     seconds of work.
    suspect  seconds of waiting after which it asks along its waits.

    Raises ValueError if the model is unknown or a name is listed twice.
    """

    role = State("waits")  # or works, signals, is stuck

    def __init__(
        self, name: str, on: tuple[str, ...] = (), model: str = "AND", work: float = 1.0, suspect: float = 0.5
    ) -> None:
        super().__init__(name)
        require.one_of("model", model, MODELS)
        self.wait = MODELS[model](*require.names("on", on)) if on else None
        self.model, self.work, self.suspect = model, work, suspect
        self.heard: dict[str, None] = {}
        self.all, self.any = AndProber(name), OrProber(name)

    @property
    def waits_for(self) -> tuple[str, ...]:
        """Whose signals are still missing; nobody's, once it has heard enough."""
        if self.wait is None or len(self.heard) >= self.wait.needed:
            return ()
        return tuple(each for each in self.wait.on if each not in self.heard)

    async def run(self) -> None:
        """Wait, ask if it takes long, work, signal."""
        if not await self.until(lambda: not self.waits_for, within=self.suspect):
            for each in self.any.start(self.waits_for):
                self.send(each, Query(self.name) if self.model == "OR" else Probe(self.name))
            await self.until(lambda: not self.waits_for or self.role == "is stuck", within=1_000.0)
        if not self.waits_for:  # else it is stuck, or waits for agents that are
            self.role = "works"
            await self.sleep(self.work)
            self.role = "signals"
            self.broadcast(Signal())

    def on_signal(self, sender: str, message: Signal) -> None:
        if sender in self.waits_for:
            self.heard[sender] = None

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
        if self.waits_for and (answer := self.any.replied(message.initiator, sender)):
            self.send(answer, Reply(message.initiator))
        self.conclude(self.any.deadlocked)

    def conclude(self, deadlocked: bool) -> None:
        """Say so, once."""
        if deadlocked and self.role == "waits":
            self.role = "is stuck"
            self.decide(Stuck())


def waiting(waits: Mapping[str, tuple[str, ...]], model: str = "AND", seed: int = 7) -> World:
    """A world of these waiters and all they wait for, which expects their properties.

    1 waits for 2, 2 for 3, 3 for both 1 and 4: 4 signals, and the cycle remains.

    >>> run = waiting({"1": ("2",), "2": ("3",), "3": ("1", "4")}).run()
    >>> [event.agent for event in run.trace.select("Stuck")]
    ['2', '1', '3']
    """
    names = dict.fromkeys((*waits, *(other for on in waits.values() for other in on)))
    world = World(seed, latency="uniform(0.01, 0.05)")
    world.add(Waiter(name, waits.get(name, ()), model) for name in names)
    return world.expect(*properties({name: MODELS[model](*on) for name, on in waits.items()}))
