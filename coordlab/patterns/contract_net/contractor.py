"""The contractor of the contract net, and what managers and contractors say to each other.

A contractor proposes only what it has room for, and keeps that room until the manager decides or the
proposal lapses.  Manager and contractor are roles: one agent may be both (`Manager` is on the page
contract_net).
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from coordlab.patterns.contract_net import rules
from coordlab.patterns.contract_net.rules import Bid, Commitments, Task
from coordlab.world.agent import Agent, State
from coordlab.world.message import message

__all__ = [
    "AcceptProposal",
    "CallForProposals",
    "Cancel",
    "Contractor",
    "Failure",
    "InformDone",
    "InformResult",
    "NotUnderstood",
    "Propose",
    "Refuse",
    "RejectProposal",
    "Report",
]


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
    """I will not."""

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
    """It is done, and this came out."""

    conversation: str
    result: Any


@message
class Failure:
    """I could not do it."""

    conversation: str
    reason: str


@message
class Cancel:
    """Stop: I no longer want it from you."""

    conversation: str


Report = InformDone | InformResult | Failure


class Contractor(Agent):
    """Can do what its `skills` allow, on the terms of `bid`, and up to `capacity` tasks at a time.

    The busier it is, the more it asks; in each further round of a call the share `yields` less.  Its
    proposals bind it for `patience` seconds after the deadline, then lapse.  Tasks fail by chance `fails`.
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
        self.bid, self.skills, self.capacity = bid, frozenset(rules.words(skills=skills)), capacity
        self.patience, self.yields, self.fails = patience, yields, fails
        self.answered: dict[str, int] = {}  # up to which round of each conversation
        self.commitments = Commitments(capacity)
        rules.require(isinstance(bid, Bid), f"bid={bid!r}", "a Bid", "Bid(cost=80, seconds=1)")
        rules.require_numbers(0, patience=patience)
        rules.require_numbers(0, 1, yields=yields, fails=fails)

    def bid_for(self, call: CallForProposals) -> Bid | None:
        """What it asks for a task, or None if it does not want it; a subclass may think otherwise."""
        factor = (1 + self.commitments.load / self.capacity) * (1 - self.yields) ** (call.round - 1)
        return self.bid if factor == 1 else replace(self.bid, cost=self.bid.cost * factor)

    async def perform(self, conversation: str, task: Task) -> Report:
        """Do the task and report; a subclass does something real."""
        await self.sleep(self.bid.seconds)
        failed = self.fails and self.dice.random() < self.fails
        return Failure(conversation, "it went wrong") if failed else InformDone(conversation)

    def obstacle(self, task: Task) -> str | None:
        """Why it cannot take on a task now, if so."""
        for conversation in self.commitments.lapse(self.now):
            self.note(f"its proposal in {conversation} has lapsed")
        if not isinstance(task, Task):
            return rules.NOT_UNDERSTOOD
        return rules.INCAPABLE if task.needs - self.skills else None if self.commitments.room else rules.BUSY

    def settle(self) -> None:
        """Show what it is about."""
        self.role = "working" if self.commitments.working else "bound" if self.commitments.held else "idle"

    def on_call_for_proposals(
        self, sender: str, message: CallForProposals
    ) -> Propose | Refuse | NotUnderstood | None:
        conversation, task, number = message.conversation, message.task, message.round
        if self.answered.get(conversation, 0) >= number:
            return None  # it came twice
        self.answered[conversation] = number
        self.commitments.drop(conversation)  # what it proposed in the round before
        why = self.obstacle(task)
        bid = None if why else self.bid_for(message)
        if bid is not None:
            self.commitments.hold(conversation, message.reply_by + self.patience)
        self.settle()
        if why == rules.NOT_UNDERSTOOD:
            return NotUnderstood(conversation)
        if bid is None:
            return Refuse(conversation, why or rules.UNWILLING)
        return Propose(conversation, bid, message.reply_by + self.patience, number)

    async def on_accept_proposal(self, sender: str, message: AcceptProposal) -> Report | None:
        conversation, task = message.conversation, message.task
        if conversation in self.commitments.over or conversation in self.commitments.working:
            return None  # it came twice, or after the Cancel
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
