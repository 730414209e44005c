"""Voting: the messages and the agents."""

from __future__ import annotations

from collections.abc import Sequence

from coordlab import requirements as require
from coordlab.patterns.voting.checks import properties
from coordlab.patterns.voting.rules import NO_VOTE, Ballot, Poll, Rule, Tallied
from coordlab.world.agent import Agent, State
from coordlab.world.message import message
from coordlab.world.world import Run, World

__all__ = ["CallForVotes", "Chair", "Closed", "Recorded", "Result", "Vote", "Voter", "demo"]


@message
class CallForVotes:
    """How do you vote on this?"""

    proposal: str
    closes: float  # by the clock of the chair, in seconds


@message
class Vote:
    """This is my vote."""

    proposal: str
    choice: object  # yes, no, abstain; a text; or a ranking, the best first
    voter: str | None = None  # the name it is cast in, if not the sender's own


@message
class Result:
    """The vote is closed, and this is the outcome."""

    proposal: str
    result: str
    winners: tuple[str, ...] = ()


@message
class Recorded:
    """This is the verdict on a ballot."""

    voter: str
    choice: object
    verdict: str
    sender: str
    proposal: str


@message
class Closed:
    """This is the count."""

    result: str
    counts: tuple[tuple[Tallied, int], ...]
    missing: tuple[str, ...]
    winners: tuple[str, ...]
    proposal: str


class Chair(Agent):
    """Puts proposals to the vote, one after the other.  Its counts are in stable storage.

    proposals: the texts to vote on, each once.
    rule: a `Majority` or a `Choice`; by default a simple majority.
    quorum: how many must take part; by default more than half.
    deadline: how many seconds each vote is open at most, above 0.
    electorate: the voters' names; by default all peers.
    """

    role = State("idle")  # or polling

    def __init__(
        self,
        name: str = "chair",
        proposals: Sequence[str] = ("the proposal",),
        rule: Rule | None = None,
        quorum: int | None = None,
        deadline: float = 1.0,
        electorate: Sequence[str] = (),
    ) -> None:
        super().__init__(name)
        self.proposals = require.names("proposals", proposals, example="('tea', 'more tea')")
        self.deadline = require.seconds("deadline", deadline, positive=True)
        self.rule, self.quorum, self.electorate = rule, quorum, electorate

    async def run(self) -> None:
        """Hold every vote that is not closed yet."""
        for proposal in self.proposals:
            if proposal not in self.stable:
                closes = self.now + self.deadline
                self.stable[proposal] = Poll(self.electorate or self.peers, self.rule, self.quorum, closes)
            if self.stable[proposal].open:
                await self.hold(proposal, self.stable[proposal])

    async def hold(self, proposal: str, poll: Poll) -> None:
        """Call for votes, wait until they decide or the time is over, and announce the outcome."""
        self.role = "polling"
        for voter in poll.missing:
            self.send(voter, CallForVotes(proposal, poll.closes))
        await self.until(lambda: poll.settled, within=max(0.0, poll.closes - self.now))
        done = poll.close()
        self.decide(Closed(done.result, done.counts, done.missing, done.winners, proposal))
        self.role = "idle"
        for voter in poll.electorate:
            self.send(voter, Result(proposal, done.result, done.winners))

    def on_vote(self, sender: str, message: Vote) -> None:
        ballot = Ballot(message.voter or sender, message.choice, self.now, sender)
        poll = self.stable.get(message.proposal)
        verdict = poll.take(ballot).verdict if poll else NO_VOTE
        self.note(Recorded(ballot.voter, ballot.choice, verdict, sender, message.proposal))


class Voter(Agent):
    """Votes when it is called: `choice`, or what `judge` of a subclass says; None is silence.

    thinking: how many seconds it takes to vote.
    """

    role = State("idle")  # or thinking
    outcome = State[str | None](None)  # of the last vote, as it was told

    def __init__(self, name: str, choice: object = None, thinking: float = 0.1) -> None:
        super().__init__(name)
        self.choice, self.thinking = choice, thinking

    def judge(self, proposal: str) -> object:
        """Its vote on this proposal."""
        return self.choice

    async def on_call_for_votes(self, sender: str, message: CallForVotes) -> Vote | None:
        self.role = "thinking"
        await self.sleep(self.thinking)
        self.role = "idle"
        choice = self.judge(message.proposal)
        return None if choice is None else Vote(message.proposal, choice)

    def on_result(self, sender: str, message: Result) -> None:
        self.outcome = ", ".join(message.winners) or message.result


def demo() -> Run:
    """Two vote yes, one no, one abstains, and one who could turn it into a tie votes too late.

    >>> counted = demo().trace.select("decision")[0].data
    >>> counted.result, counted.counts, counted.missing
    ('accepted', (('yes', 2), ('no', 1), ('abstain', 1)), ('eve',))
    """
    world = World(seed=7, latency="uniform(0.01, 0.05)").add(Chair())
    for name, choice in (("ann", "yes"), ("bob", "no"), ("cat", "yes"), ("dan", "abstain")):
        world.add(Voter(name, choice))
    return world.add(Voter("eve", "no", thinking=1.5)).expect(*properties()).run(until=2.0)
