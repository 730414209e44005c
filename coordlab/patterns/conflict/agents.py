"""Conflict resolution: the messages and the agents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import replace

from coordlab import requirements as require
from coordlab.patterns.conflict.checks import properties
from coordlab.patterns.conflict.rules import (
    Candidate,
    Lost,
    Opened,
    Policy,
    Resolved,
    Tried,
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
    """This proposer's candidate should stand."""

    conflict: str
    choice: str


class Resolver(Agent):
    """Settles conflicts by a policy.

    - `policy`: which steps to try, and for how long
    - `conflicts`: their names, each once
    - `human`: the name of the agent that decides an escalated conflict, or None: nobody does

    What it hears is in stable storage: after a crash it starts again, with what is left of the budget.
    Raises TypeError or ValueError if the policy or the names are not allowed.
    """

    role = State("settled")  # or settling

    def __init__(self, policy: Policy, conflicts: Collection[str], human: str | None = None) -> None:
        super().__init__("resolver")
        self.policy = require.instance("policy", policy, Policy, "Policy(retries=2)")
        self.conflicts, self.human = require.names("conflicts", conflicts, empty=True), human
        self.heard: dict[str, dict[str, Proposal]] = self.stable.setdefault("heard", {})
        self.retries: Counter[str] = self.stable.setdefault("retries", Counter())
        self.resolved: dict[str, Resolved] = self.stable.setdefault("resolved", {})
        self.waiting: dict[tuple[str, int], set[str]] = {}  # for whom, by conflict and attempt

    @property
    def proposers(self) -> list[str]:
        """The agents that it asks first."""
        return [peer for peer in self.peers if peer != self.human]

    async def run(self) -> None:
        """Settle all conflicts at once, except those that were settled before a crash."""
        for conflict in self.conflicts:
            if conflict not in self.resolved:
                self.spawn(self.settle(conflict))

    async def settle(self, conflict: str) -> None:
        """Go through the chain, to the first step that settles the conflict."""
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
        """The proposer whose candidate the human chooses; None if no human does so in time."""
        candidates = self.candidates(conflict)
        if self.human is None or not candidates:
            return None
        answers = await self.ask(self.human, Escalate(conflict, candidates), within=self.policy.hearing)
        return str(answers[self.human].choice) if answers else None

    def candidates(self, conflict: str) -> tuple[Candidate, ...]:
        """The latest candidate of each proposer, sorted by name."""
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
        """Record the resolution, and tell all proposers."""
        self.resolved[resolved.conflict] = resolved
        self.decide(resolved)
        for proposer in self.proposers:
            self.send(proposer, resolved)
        self.role = "settled" if len(self.resolved) == len(self.conflicts) else "settling"


class Proposer(Agent):
    """Wants values to stand, and may change its mind when it is asked again.

    - `views`: its value for each conflict in which it has a say
    - `evidence`: triples of a conflict, what was observed, and the value that this supports
    - `priority`: the rank of its candidates; a higher one comes first
    - `yields`: the probability, 0 to 1, that it gives way after hearing the others' evidence

    Raises TypeError or ValueError if one of them is not allowed.
    """

    role = State("disputes")  # or settled: all its conflicts are

    def __init__(
        self,
        name: str,
        views: Mapping[str, object],
        evidence: Collection[tuple[str, str, object]] = (),
        priority: float = 0.0,
        yields: float = 0.0,
    ) -> None:
        super().__init__(name)
        self.yields = require.probability("yields", yields)
        self.views = held(name, views, evidence, priority)
        self.open = set(views)
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
    """Decides one conflict at a time, each in `takes` seconds, 0 or more; if `absent`, none at all.

    `favours` is the proposer for whom it rules wherever that one has a say; "" is nobody.  Raises TypeError
    or ValueError if a setting is not allowed.
    """

    role = State("free")  # or busy

    def __init__(
        self, name: str = "human", takes: float = 1.0, absent: bool = False, favours: str = ""
    ) -> None:
        super().__init__(name)
        self.takes, self.absent, self.free_at = require.seconds("takes", takes), absent, 0.0
        self.favours = require.instance("favours", favours, str, "favours='ann'")

    def judge(self, candidates: tuple[Candidate, ...]) -> str:
        """The name of the favoured proposer, or of that with the most evidence; of equals, the first."""
        return min(candidates, key=lambda each: (each.id != self.favours, -len(each.evidence), each.id)).id

    async def on_escalate(self, sender: str, message: Escalate) -> Ruling | None:
        if self.absent:
            return None
        self.role, self.free_at = "busy", max(self.free_at, self.now) + self.takes
        await self.sleep(self.free_at - self.now)
        self.role = "busy" if self.free_at > self.now + 1e-6 else "free"
        return Ruling(message.conflict, self.judge(message.candidates))


def standoff(chance: float, retries: int = 200, seed: int = 0) -> Run:
    """Two agents want different values, and at each retry each gives way with probability `chance`, 0 to 1.

    >>> [standoff(chance, seed=5).trace.count("Ask") / 2 - 1 for chance in (0.5, 1.0)]
    [1.0, 200.0]
    """
    world = World(seed).add(Resolver(policy := Policy(retries=retries), ["name"]))
    world.add(Proposer("ann", {"name": "x"}, yields=chance), Proposer("bob", {"name": "y"}, yields=chance))
    return world.expect(*properties(policy)).run(until=policy.bound + 1)


def demo() -> Run:
    """Five conflicts, one for each step; the human takes 1.5 s for each, too long for the second.

    >>> {event.data.conflict: event.data.by for event in demo().trace.select("decision")}
    {'tags': 'merge', 'cause': 'retry', 'name': 'tie-break', 'city': 'escalate', 'date': 'default'}
    """
    policy = Policy(merge=union, order=("priority",), patience=0.25, hearing=2.0, default="as before")
    ann = {"tags": frozenset({"old"}), "cause": "disk", "name": "x", "city": "Rome", "date": "May"}
    bob = {"tags": frozenset({"new"}), "cause": "net", "city": "Oslo", "date": "June"}
    world = World(seed=7, latency="uniform(0.01, 0.05)").add(
        Resolver(policy, ann, human="eve"),
        Proposer("ann", ann, [("cause", "log", "disk")], priority=1),
        Proposer("bob", bob, [("cause", "ping", "net"), ("cause", "probe", "net")], priority=1),
        Proposer("cat", {"name": "y"}),
        Human("eve", takes=1.5),
    )
    return world.expect(*properties(policy)).run(until=6.0)
