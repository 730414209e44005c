"""The contractor of the contract net, and the messages between managers and contractors.

A contractor proposes only what it has room for, and keeps that room until the manager decides or the
proposal lapses.  Manager and contractor are roles: one agent may be both.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import replace

from coordlab import requirements as require
from coordlab.patterns.contract_net import rules
from coordlab.patterns.contract_net.rules import Bid, Commitments, Task
from coordlab.world.agent import Agent, State
from coordlab.world.message import message

__all__ = [
    "AcceptProposal", "CallForProposals", "Cancel", "Contractor", "Failure", "InformDone", "InformResult",
    "NotUnderstood", "Propose", "Refuse", "RejectProposal",
]  # fmt: skip


@message
class CallForProposals:
    """Who can do this?"""

    conversation: str
    task: Task
    reply_by: float  # the moment, in seconds
    round: int = 1  # of an iterated call


@message
class Propose:
    """I can, on these terms."""

    conversation: str
    bid: Bid
    binding_until: float
    round: int = 1


@message
class Refuse:
    """I do not propose."""

    conversation: str
    reason: str


@message
class NotUnderstood:
    """I do not know what you want."""

    conversation: str
    reason: str = rules.NOT_UNDERSTOOD


@message
class AcceptProposal:
    """The task is yours."""

    conversation: str
    task: Task


@message
class RejectProposal:
    """The task is not yours."""

    conversation: str
    reason: str


@message
class InformDone:
    """It is done."""

    conversation: str


@message
class InformResult:
    """It is done, and this is the result."""

    conversation: str
    result: object


@message
class Failure:
    """I could not do it."""

    conversation: str
    reason: str


@message
class Cancel:
    """Stop working on this."""

    conversation: str


Answer = Propose | Refuse | NotUnderstood | None
Report = InformDone | InformResult | Failure


class Contractor(Agent):
    """Does tasks.  The more tasks it is bound to, the more it asks.

    bid: its terms when it is idle.
    skills: what it can do.
    capacity: how many tasks it takes at a time, 1 or more.
    patience: how many seconds after the deadline its proposals are still binding, 0 or more.
    yields: the share of its cost that it gives up in each further round of a call, 0 to 1.
    fails: the probability that its work fails.
    """

    role = State("idle")  # or working, or bound (until the next message shows that a proposal has lapsed)
    capacity = State(1)

    def __init__(
        self,
        name: str,
        bid: Bid,
        skills: Collection[str] = (),
        capacity: int = 1,
        patience: float = 0.5,
        yields: float = 0.0,
        fails: float = 0.0,
    ) -> None:
        Agent.__init__(self, name)  # rather than super(): an agent may be a manager, too
        self.bid = require.instance("bid", bid, Bid, "bid=Bid(cost=80, seconds=1)")
        right = not isinstance(skills, str)
        require.that(right, f"skills={skills!r}", "expected a list or set", "skills=['dig']")
        self.skills, self.commitments = frozenset(skills), Commitments(capacity)
        self.capacity = self.commitments.capacity
        self.patience = require.seconds("patience", patience)
        self.yields, self.fails = require.probability("yields", yields), require.probability("fails", fails)
        self.answered: dict[str, int] = {}  # the last round answered, by conversation

    def bid_for(self, call: CallForProposals) -> Bid | None:
        """Its terms for a task, or None if it does not want the task; a subclass may decide otherwise."""
        factor = (1 + self.commitments.load / self.capacity) * (1 - self.yields) ** (call.round - 1)
        return self.bid if factor == 1 else replace(self.bid, cost=self.bid.cost * factor)

    async def perform(self, conversation: str, task: Task) -> Report:
        """Do the task and report; a subclass does something real."""
        await self.sleep(self.bid.seconds)
        failed = self.fails and self.dice.random() < self.fails
        return Failure(conversation, "it went wrong") if failed else InformDone(conversation)

    def obstacle(self, task: Task) -> str | None:
        """Why it cannot take on a task now, or None."""
        for conversation in self.commitments.lapse(self.now):
            self.note(f"its proposal in {conversation} has lapsed")
        if not isinstance(task, Task):
            return rules.NOT_UNDERSTOOD
        return rules.INCAPABLE if task.needs - self.skills else None if self.commitments.room else rules.BUSY

    def settle(self) -> None:
        self.role = "working" if self.commitments.working else "bound" if self.commitments.held else "idle"

    def on_call_for_proposals(self, sender: str, message: CallForProposals) -> Answer:
        conversation, task, number = message.conversation, message.task, message.round
        if self.answered.get(conversation, 0) >= number:
            return None  # it arrived twice
        self.answered[conversation] = number
        self.commitments.drop(conversation)  # what it proposed in the round before
        why = self.obstacle(task)
        bid = None if why else self.bid_for(message)
        if bid is not None:
            self.commitments.hold(conversation, message.reply_by + self.patience)
        self.settle()
        if bid is None:
            refuse = NotUnderstood if why == rules.NOT_UNDERSTOOD else Refuse
            return refuse(conversation, why or rules.UNWILLING)
        return Propose(conversation, bid, message.reply_by + self.patience, number)

    async def on_accept_proposal(self, sender: str, message: AcceptProposal) -> Report | None:
        conversation, task = message.conversation, message.task
        if conversation in self.commitments.over or conversation in self.commitments.working:
            return None  # it arrived twice, or after the Cancel
        if conversation not in self.commitments.held and (why := self.obstacle(task)):
            self.commitments.end(conversation)
            return Failure(conversation, why)
        self.commitments.begin(conversation, asyncio.current_task())
        self.settle()
        report = await self.perform(conversation, task)
        self.commitments.end(conversation)
        self.settle()
        return report

    def on_reject_proposal(self, sender: str, message: RejectProposal) -> None:
        self.commitments.drop(message.conversation)
        self.settle()

    def on_cancel(self, sender: str, message: Cancel) -> None:
        if work := self.commitments.end(message.conversation):
            work.cancel()
        self.settle()
