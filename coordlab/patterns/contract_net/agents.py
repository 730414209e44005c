"""Contract net: the manager, and runs of one round."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from coordlab import requirements as require
from coordlab.patterns.contract_net import rules
from coordlab.patterns.contract_net.checks import properties
from coordlab.patterns.contract_net.contractor import (
    AcceptProposal,
    CallForProposals,
    Cancel,
    Contractor,
    Failure,
    InformResult,
    Propose,
    RejectProposal,
)
from coordlab.patterns.contract_net.rules import DEFAULT, Bid, Bidding, Closed, Outcome, Policy, Task
from coordlab.world.agent import Agent, State
from coordlab.world.message import Message
from coordlab.world.world import Run, World

__all__ = ["DIG", "Manager", "demo"]

DIG = Task("dig", needs=frozenset({"dig"}))


class Manager(Agent):
    """Has tasks and lets contractors do them.

    tasks: each with its own name.
    contractors: the names of those who are called; empty only if `directed`.
    policy: how it calls and awards.
    interval: seconds between the announcements of two tasks, 0 or more.
    directed: the contractor to which all tasks are awarded without a call, or None.
    """

    role = State("idle")  # or calling, or awaiting a report

    def __init__(
        self,
        name: str,
        tasks: Collection[Task],
        contractors: Collection[str] = (),
        policy: Policy = DEFAULT,
        interval: float = 0.0,
        directed: str | None = None,
    ) -> None:
        Agent.__init__(self, name)  # rather than super(): an agent may be a contractor, too
        self.tasks = tuple(require.instance("tasks", each, Task, "tasks=[Task('dig')]") for each in tasks)
        names, example = [task.name for task in tasks], "[Task('dig 1'), Task('dig 2')]"
        require.names("tasks", names, empty=True, example=example)
        self.contractors = require.names("contractors", contractors, empty=directed is not None)
        self.policy = require.instance("policy", policy, Policy, "policy=Policy(attempts=2)")
        self.interval = require.seconds("interval", interval)
        self.directed = directed
        self.open: dict[str, CallForProposals] = {}  # calls that wait for proposals, by conversation
        self.taken: set[tuple[str, str]] = set()  # conversation and contractor of each proposal so far
        self.stages: dict[str, str] = {}  # how far each task is

    async def run(self) -> None:
        """Announce all tasks; after a restart, those that have no outcome yet."""
        for place, task in enumerate(self.tasks):
            if place and self.interval:
                await self.sleep(self.interval)
            if task.name not in self.stable.get("ended", ()):
                self.spawn(self.contract(task))

    async def contract(self, task: Task) -> Outcome:
        """Attempt a task until it is done, or nobody is capable, or there were enough attempts."""
        outcome = await self.attempt(task)
        while outcome.status not in rules.FINAL and outcome.attempts < self.policy.attempts:
            self.stage(task, "idle")
            await self.sleep(self.policy.pause * self.dice.uniform(0.5, 1.5))  # so that not all call at once
            outcome = replace(await self.attempt(task), attempts=outcome.attempts + 1)
        self.stage(task, "idle")
        self.stable["ended"] = (*self.stable.get("ended", ()), task.name)
        self.decide(outcome)
        return outcome

    async def attempt(self, task: Task) -> Outcome:
        """One call for proposals and, if there is a good one, one award."""
        calls = self.stable["calls"] = self.stable.get("calls", 0) + 1  # no number is used twice
        conversation = f"{self.name}-{calls}"
        if self.directed is not None:
            return await self.award(conversation, task, self.directed, task.within)
        bidding = await self.call(conversation, task)
        winner = bidding.winner(self.policy.scoring)
        self.decide(Closed(conversation, winner))
        if winner is None:
            return Outcome(task.name, bidding.status)
        self.reject(conversation, [each for each in bidding.standing if each != winner])
        return await self.award(conversation, task, winner, bidding.standing[winner].seconds)

    async def call(self, conversation: str, task: Task) -> Bidding:
        """Collect bids until all have answered, or the deadline."""
        self.stage(task, "calling")
        bidding, policy = Bidding(task, self.contractors), self.policy
        while True:
            call = CallForProposals(conversation, task, self.now + policy.bidding, bidding.round)
            self.open[conversation] = call
            answers = await self.ask(bidding.invited, call, within=policy.bidding)
            del self.open[conversation]
            for name, answer in answers.items():
                self.weigh(conversation, bidding, name, answer)
            if bidding.round == policy.rounds or len(bidding.standing) < 2:
                return bidding
            self.reject(conversation, bidding.narrow(policy.scoring))

    def weigh(self, conversation: str, bidding: Bidding, name: str, answer: Message) -> None:
        """Accept a valid proposal as a bid; anything else counts as a refusal."""
        if not isinstance(answer, Propose) or answer.conversation != conversation:
            bidding.refuse(name, getattr(answer, "reason", rules.NOT_UNDERSTOOD))
            return
        self.taken.add((conversation, name))
        if flaw := bidding.take(name, answer.bid):
            self.reject(conversation, [name], flaw)

    def reject(self, conversation: str, contractors: Iterable[str], reason: str = rules.OUTBID) -> None:
        """Tell these contractors that they do not get the task."""
        for contractor in contractors:
            self.send(contractor, RejectProposal(conversation, reason))

    async def award(self, conversation: str, task: Task, contractor: str, promised: float) -> Outcome:
        """Let a contractor do a task; wait for its report `promised` seconds and the policy's patience."""
        self.stage(task, "awaiting")
        award, within = AcceptProposal(conversation, task), promised + self.policy.patience
        report = (await self.ask(contractor, award, within=within)).get(contractor)
        if report is None:
            self.send(contractor, Cancel(conversation))
            return Outcome(task.name, rules.TIMED_OUT, contractor)
        status = rules.FAILED if isinstance(report, Failure) else rules.DONE
        result = report.result if isinstance(report, InformResult) else None
        return Outcome(task.name, status, contractor, result)

    def stage(self, task: Task, stage: str) -> None:
        """Set the stage of a task; the role shows the earliest stage of all tasks."""
        self.stages[task.name] = stage
        self.role = next(each for each in ("calling", "awaiting", "idle") if each in self.stages.values())

    def on_propose(self, sender: str, message: Propose) -> RejectProposal | None:
        """A proposal that no call waits for, because it comes a second time, or too late."""
        pair, call = (message.conversation, sender), self.open.get(message.conversation)
        waiting = call is not None and call.round == message.round and self.now < call.reply_by - 1e-9
        if waiting or pair in self.taken:
            self.note(f"{sender} proposes again in {message.conversation}: the first time counts")
            return None
        self.taken.add(pair)
        return RejectProposal(message.conversation, rules.LATE)


def demo() -> Run:
    """Three contractors could dig; the cheapest is awarded and crashes at work, so the task is called again.

    >>> outcome = demo().trace.select("Outcome")[0].data
    >>> outcome.status, outcome.contractor, outcome.attempts
    ('done', 'cat', 2)
    """
    world = World(seed=7, latency="uniform(0.01, 0.05)")
    world.add(Manager("ann", [DIG], ["bob", "cat", "dan"]))
    for name, cost in (("bob", 80.0), ("cat", 90.0), ("dan", 100.0)):
        world.add(Contractor(name, Bid(cost, seconds=1.0), ["dig"]))
    return world.inject("crash bob @0.5..5").expect(*properties()).run(until=8.0)
