"""Conflict resolution: the messages and the agents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from coordlab.patterns.conflict.checks import properties
from coordlab.patterns.conflict.rules import (
    Candidate,
    Lost,
    Opened,
    Policy,
    Resolved,
    Tried,
    agenda,
    check,
    held,
    merged,
    reconsidered,
    resolve,
    union,
)
from coordlab.world.agent import Agent, State
from coordlab.world.message import message
from coordlab.world.world import Run, World

__all__ = ["Ask", "Escalate", "Human", "Proposal", "Proposer", "Resolver", "Ruling", "demo", "standoff"]


@message
class Ask:
    """What should stand, given what the others say?"""

    conflict: str
    attempt: int = 0  # 0, and 1, 2 … for the retries
    context: tuple[Candidate, ...] = ()


@message
class Proposal:
    """This should stand, if I have a say."""

    conflict: str
    attempt: int
    candidate: Candidate | None


@message
class Escalate:
    """Which of these should stand?"""

    conflict: str
    candidates: tuple[Candidate, ...]


@message
class Ruling:
    """That one should."""

    conflict: str
    choice: str


class Resolver(Agent):
    """One that settles `conflicts`, each by its name, with `human` (None: nobody) to ask if need be.

    What it hears is in stable storage: back from a crash it begins anew, on what is left of the budget.
    """

    role = State("settled")  # or settling

    def __init__(self, policy: Policy, conflicts: Collection[str], human: str | None = None) -> None:
        super().__init__("resolver")
        (self.policy, self.conflicts), self.human = agenda(policy, conflicts), human
        self.heard: dict[str, dict[str, Proposal]] = self.stable.setdefault("heard", {})
        self.retries: Counter[str] = self.stable.setdefault("retries", Counter())
        self.resolved: dict[str, Resolved] = self.stable.setdefault("resolved", {})
        self.waiting: dict[tuple[str, int], set[str]] = {}  # for whom, by conflict and attempt

    @property
    def proposers(self) -> list[str]:
        """Whom it asks first."""
        return [peer for peer in self.peers if peer != self.human]

    async def run(self) -> None:
        """Settle all of them at once, but for those that were settled before a crash."""
        for conflict in self.conflicts:
            if conflict not in self.resolved:
                self.spawn(self.settle(conflict))

    async def settle(self, conflict: str) -> None:
        """Go through the chain, to the first step that gives a resolution."""
        self.role = "settling"
        self.note(Opened(conflict))
        await self.hear(conflict, 0)
        for step in self.policy.chain:
            if step == "retry":
                await self.retry(conflict)
            choice = await self.consult(conflict) if step == "escalate" else None
            outcome = resolve(conflict, self.candidates(conflict), step, self.policy, choice)
            if isinstance(outcome, Resolved):
                self.close(outcome)
                break
            self.note(Tried(conflict, step, outcome))

    async def hear(self, conflict: str, attempt: int) -> None:
        """Ask all proposers and wait until they have answered, or patience ends."""
        context = self.candidates(conflict) if attempt and self.policy.in_context else ()
        waiting = self.waiting[conflict, attempt] = set(self.proposers)
        for proposer in self.proposers:
            self.send(proposer, Ask(conflict, attempt, context))
        await self.until(lambda: not waiting, within=self.policy.patience)

    async def retry(self, conflict: str) -> None:
        """Ask again until all agree, as often as the budget allows."""
        while merged(self.candidates(conflict)) is None and self.retries[conflict] < self.policy.retries:
            self.retries[conflict] += 1
            await self.hear(conflict, self.retries[conflict])

    async def consult(self, conflict: str) -> str | None:
        """Whose candidate the human chooses, if there is one who does so in time."""
        candidates = self.candidates(conflict)
        if self.human is None or not candidates:
            return None
        answers = await self.ask(self.human, Escalate(conflict, candidates), within=self.policy.hearing)
        return str(answers[self.human].choice) if answers else None

    def candidates(self, conflict: str) -> tuple[Candidate, ...]:
        """The latest of each proposer, by name."""
        proposals = self.heard.get(conflict, {})
        return tuple(each.candidate for _, each in sorted(proposals.items()) if each.candidate)

    def on_proposal(self, sender: str, message: Proposal) -> None:
        conflict, heard = message.conflict, self.heard.setdefault(message.conflict, {})
        known = heard.get(sender)
        if conflict in self.resolved:
            if message.candidate and known is None:
                self.note(Lost(conflict, message.candidate))
        elif known is None or known.attempt <= message.attempt:
            heard[sender] = message
        self.waiting.get((conflict, message.attempt), set()).discard(sender)

    def close(self, resolved: Resolved) -> None:
        """Write it down, and tell everybody who was asked."""
        self.resolved[resolved.conflict] = resolved
        self.decide(resolved)
        for proposer in self.proposers:
            self.send(proposer, resolved)
        self.role = "settled" if len(self.resolved) == len(self.conflicts) else "settling"


class Proposer(Agent):
    """One with `views`, a value for each conflict, and `evidence`: on which conflict, what, for which value.

    Asked again it takes in the others' evidence, and then, with chance `yields`, gives way to them.
    """

    role = State("disputes")  # or settled: all its conflicts are

    def __init__(
        self,
        name: str,
        views: Mapping[str, Any],
        evidence: Collection[tuple[str, str, Any]] = (),
        priority: float = 0.0,
        yields: float = 0.0,
    ) -> None:
        super().__init__(name)
        check("yields", yields, "to give way has a chance from 0 to 1. Write yields=0.5.", most=1.0)
        self.views = held(name, views, evidence, priority)
        self.yields, self.open = yields, set(views)
        self.said: dict[tuple[str, int], Proposal] = {}

    def on_ask(self, sender: str, message: Ask) -> Proposal:
        conflict, key = message.conflict, (message.conflict, message.attempt)
        own = self.views.get(conflict)
        if own and key not in self.said:  # the same question has the same answer
            own = own if message.attempt else replace(own, at=self.now)
            own = self.views[conflict] = reconsidered(own, message.context, self.yields, self.dice)
        return self.said.setdefault(key, Proposal(*key, own))

    def on_resolved(self, sender: str, message: Resolved) -> None:
        self.open.discard(message.conflict)
        self.role = self.role if self.open else "settled"


class Human(Agent):
    """One who decides a conflict at a time, in `takes` seconds each; if `absent`, none at all."""

    role = State("free")  # or busy

    def __init__(self, name: str = "human", takes: float = 1.0, absent: bool = False) -> None:
        super().__init__(name)
        check("takes", takes, "a human takes some seconds, 0 or more. Write takes=1.0.")
        self.takes, self.absent, self.free_at = takes, absent, 0.0

    def judge(self, candidates: tuple[Candidate, ...]) -> str:
        """The id of the one with the most evidence; of equals, the first by name."""
        return min(candidates, key=lambda each: (-len(each.evidence), each.id)).id

    async def on_escalate(self, sender: str, message: Escalate) -> Ruling | None:
        if self.absent:
            return None
        self.role, self.free_at = "busy", max(self.free_at, self.now) + self.takes
        await self.sleep(self.free_at - self.now)
        self.role = "busy" if self.free_at > self.now + 1e-6 else "free"
        return Ruling(message.conflict, self.judge(message.candidates))


def standoff(chance: float, retries: int = 200, seed: int = 0) -> Run:
    """Two who want different things, and at each retry each gives way with this chance.

    >>> [standoff(chance, seed=5).trace.count("Ask") / 2 - 1 for chance in (0.5, 1.0)]
    [1.0, 200.0]
    """
    world = World(seed).add(Resolver(policy := Policy(retries=retries), ["name"]))
    world.add(Proposer("ann", {"name": "x"}, yields=chance), Proposer("bob", {"name": "y"}, yields=chance))
    return world.expect(*properties(policy)).run(until=policy.bound + 1)


def demo() -> Run:
    """Five conflicts, one for each step; the human takes 1.5 s for each, so the second waits in vain.

    >>> {event.data.conflict: event.data.by for event in demo().trace.select("decision")}
    {'tags': 'merge', 'cause': 'retry', 'name': 'tie-break', 'hue': 'escalate', 'date': 'default'}
    """
    policy = Policy(merge=union, order=("priority",), patience=0.25, hearing=2.0, default="as before")
    ann = {"tags": frozenset({"old"}), "cause": "disk", "name": "x", "hue": "red", "date": "May"}
    bob = {"tags": frozenset({"new"}), "cause": "net", "hue": "blue", "date": "June"}
    world = World(seed=7, latency="uniform(0.01, 0.05)").add(
        Resolver(policy, ann, human="eve"),
        Proposer("ann", ann, [("cause", "log", "disk")], priority=1),
        Proposer("bob", bob, [("cause", "ping", "net"), ("cause", "probe", "net")], priority=1),
        Proposer("cat", {"name": "y"}),
        Human("eve", takes=1.5),
    )
    return world.expect(*properties(policy)).run(until=6.0)
