"""Delegation: the messages and the agents."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import takewhile
from typing import Any

from coordlab import requirements as require
from coordlab.patterns.delegation import rules, workers
from coordlab.patterns.delegation.checks import properties
from coordlab.patterns.delegation.domains import REPORT
from coordlab.patterns.delegation.rules import POLICIES, Candidate, Leaf, Member
from coordlab.patterns.delegation.workers import CREW, Assign, Busy, Done, Failed, Ready, Results, Worker
from coordlab.world.agent import Agent, State
from coordlab.world.message import message
from coordlab.world.world import Run, World

__all__ = ["Completed", "Coordinator", "GivenUp", "Lost", "Report", "demo", "team"]


@message
class Completed:
    """This is done and counts."""

    leaf: str
    by: str
    output: str


@message
class Lost:
    """I hear nothing of this any more."""

    leaf: str
    by: str


@message
class GivenUp:
    """This will not be done."""

    leaf: str
    because: str


@message
class Report:
    """These are all results and failures."""

    results: Results
    failures: Results


class Coordinator(Agent):
    """Hands out leaves to a crew, sees that they are done, and reports.

    leaves    what is to be done, each with the names of those it waits for; of those that are ready, the
              first is handed out first.
    crew      the members, which run as Workers.
    policy    who gets a leaf: first, least_loaded, round_robin, fastest or contract_net.
    within    seconds, above 0, after which it reports at the latest.
    patience  seconds, above 0, that it waits longer than the work should take.
    attempts  failures, 1 or more, after which a leaf is given up.

    Raises ValueError if one of these is not valid.
    """

    role = State("delegating")  # or reported
    handed = State[Results](())  # which leaf is with which member

    def __init__(
        self,
        leaves: Iterable[Leaf],
        crew: Iterable[Member],
        policy: str = "least_loaded",
        within: float = 30.0,
        patience: float = 1.0,
        attempts: int = 3,
    ) -> None:
        super().__init__("coordinator")
        self.leaves, self.crew = rules.checked(leaves, crew)
        self.policy = require.one_of("policy", policy, POLICIES)
        self.within = require.seconds("within", within, positive=True)
        self.patience = require.seconds("patience", patience, positive=True)
        self.attempts = require.count("attempts", attempts, least=1)
        self.results: dict[str, str] = self.stable.setdefault("results", {})
        self.failures: dict[str, str] = self.stable.setdefault("failures", {})
        self.turns: list[str] = []  # who was given a leaf, in order
        self.heard: dict[str, float] = {}  # when it last heard from a member
        self.suspects: set[str] = set()
        self.waiting: set[str] = set()  # those that are ready, and wait for a member with room

    @property
    def open(self) -> list[Leaf]:
        """The leaves that are neither done nor given up."""
        return [leaf for leaf in self.leaves if not self.closed(leaf.name)]

    def closed(self, *names: str) -> bool:
        """Whether all of these are done or given up."""
        return all(name in self.results or name in self.failures for name in names)

    async def run(self) -> None:
        until = self.stable.setdefault("until", self.now + self.within)
        for name, by in self.stable.setdefault("handed", ()):
            self.decide(Lost(name, by))
        self.hand(())
        for leaf in self.open:
            if not any(member.can(leaf) for member in self.crew):
                self.give_up(leaf, f"nobody can {leaf.capability}")
        for leaf in self.open:
            self.spawn(self.see_to(leaf))
        await self.until(lambda: not self.open, within=max(0.0, until - self.now))
        for leaf in self.open:
            self.give_up(leaf, f"it was not done within {self.within:g} s")
        if not self.stable.get("reported"):
            self.decide(Report(tuple(self.results.items()), tuple(self.failures.items())))
        self.stable["reported"], self.role = True, "reported"

    async def see_to(self, leaf: Leaf) -> None:
        await self.until(lambda: self.closed(leaf.name) or self.closed(*leaf.after))
        if missing := [name for name in leaf.after if name in self.failures]:
            self.give_up(leaf, f"{missing[0]} was not done")
        failed: list[str] = []
        while (member := await self.choose(leaf, failed)) is not None:
            reply = await self.assign(leaf, member)
            if isinstance(reply, Done):
                self.complete(reply, member.name)
            elif isinstance(reply, Busy):
                await self.sleep(self.patience)
            elif isinstance(reply, Failed):
                failed.append(member.name)
                if len(failed) == self.attempts:
                    self.give_up(leaf, f"{', '.join(failed)} failed: {reply.because}")

    async def choose(self, leaf: Leaf, failed: Sequence[str]) -> Member | None:
        """Who is to do it, as soon as a member can; None if it need not be done any more."""
        while not self.closed(leaf.name):
            free = () if self.behind(leaf) else self.free(leaf, failed)
            if not free:
                self.waiting.add(leaf.name)
                await self.until(
                    lambda: self.closed(leaf.name) or (self.free(leaf, failed) and not self.behind(leaf))
                )
                self.waiting.discard(leaf.name)
            elif self.policy != "contract_net":
                return POLICIES[self.policy](leaf, free).member
            elif winner := await self.tender(leaf, failed):
                return winner
        return None

    def behind(self, leaf: Leaf) -> bool:
        """Whether a leaf that stands before it in the list waits for a member, and one has room for that."""
        before = takewhile(lambda each: each.name != leaf.name, self.leaves if self.waiting else ())
        return any(each.name in self.waiting and self.free(each) for each in before)

    def free(self, leaf: Leaf, failed: Sequence[str] = ()) -> list[Candidate]:
        """The members with room for it; those that failed or fell silent only if there are no others."""
        hands = [by for _, by in self.handed]
        return rules.candidates(leaf, self.crew, hands, self.turns, (failed, self.suspects))

    async def tender(self, leaf: Leaf, failed: Sequence[str]) -> Member | None:
        """The member that asks the lowest price; None if no member wants it now."""
        names = [each.member.name for each in self.free(leaf, failed)]
        bids = await self.ask(names, workers.CallForProposals(leaf), within=self.patience)
        self.suspects.update(names)
        for name in bids:
            self.hear(name)
        costs = {name: each.cost for name, each in bids.items() if isinstance(each, workers.Propose)}
        still = [each.member for each in self.free(leaf, failed) if each.member.name in costs]
        if still and not self.closed(leaf.name):
            return min(still, key=lambda member: costs[member.name])
        await self.sleep(self.patience)
        return None

    async def assign(self, leaf: Leaf, member: Member) -> Done | Failed | Busy | None:
        """Give a leaf to a member; its reply, or None when the leaf must be taken for lost."""
        self.hand((*self.handed, (leaf.name, member.name)))
        self.turns.append(member.name)
        inputs, began = tuple((name, self.results[name]) for name in leaf.after), self.now
        limit = member.seconds(leaf) + self.patience
        replies = await self.ask(member.name, Assign(leaf, inputs), within=limit)
        reply: Done | Failed | Busy | None = replies.get(member.name)
        self.hand(tuple(pair for pair in self.handed if pair[0] != leaf.name))
        if reply is not None:
            self.hear(member.name)
        elif not self.closed(leaf.name):
            self.decide(Lost(leaf.name, member.name))
            if self.heard.get(member.name, -1.0) < began:
                self.suspects.add(member.name)
        return reply

    def hand(self, handed: Results) -> None:
        self.handed = self.stable["handed"] = handed

    def hear(self, sender: str) -> None:
        self.heard[sender] = self.now
        self.suspects.discard(sender)

    def complete(self, done: Done, by: str) -> None:
        if not self.closed(done.leaf):
            self.results[done.leaf] = done.output
            self.decide(Completed(done.leaf, by, done.output))
            self.call_off(done.leaf, but=by)

    def give_up(self, leaf: Leaf, because: str) -> None:
        if not self.closed(leaf.name):
            self.failures[leaf.name] = because
            self.decide(GivenUp(leaf.name, because))
            self.call_off(leaf.name)

    def call_off(self, leaf: str, but: str = "") -> None:
        """Let the other members that work on it stop."""
        for name, by in self.handed:
            if name == leaf and by != but:
                self.send(by, workers.Cancel(leaf))

    def on_done(self, sender: str, message: Done) -> None:  # late, but it counts
        self.hear(sender)
        self.complete(message, sender)

    def on_ready(self, sender: str, message: Ready) -> None:
        self.hear(sender)


def team(
    leaves: Sequence[Leaf], crew: Sequence[Member] = CREW, failure: float = 0.0, **settings: Any
) -> list[Agent]:
    """A coordinator with these settings, and its workers, which fail with this probability."""
    return [Coordinator(leaves, crew, **settings), *(Worker(member, failure=failure) for member in crew)]


def demo() -> Run:
    """Three members write a report on two regions; bob crashes at work, and ann takes over.

    >>> [(each.data.leaf.name, each.peer) for each in demo().trace.select("Assign", before=3)]
    [('gather north', 'ann'), ('gather south', 'bob'), ('analyse north', 'ann'), ('gather south', 'ann')]
    """
    leaves = rules.break_down({}, [("report", "north", "south")], REPORT, CREW)
    assert not isinstance(leaves, str)
    world = World(seed=7, latency="uniform(0.01, 0.05)").add(team(leaves)).inject("crash bob @0.5..4")
    return world.expect(*properties(leaves, CREW)).run(until=31.0)
