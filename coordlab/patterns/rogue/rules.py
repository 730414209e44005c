"""What to believe: reviewers and their quorum, what a pool puts on record, and the fence of tokens.

`answer` and `opinion` say how honest and rogue agents behave.  Dice are passed in.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from coordlab import requirements as require
from coordlab.world.message import message

if TYPE_CHECKING:
    from random import Random


@message
class Member:
    """I am a member of the pool."""

    name: str
    kin: str = ""  # copies of one model err alike and share one voice; empty: related to nobody

    @property
    def voice(self) -> tuple[str, str]:
        """What all members that err alike have in common."""
        return (self.kin, "" if self.kin else self.name)


@message
class Quorum:
    """From now on this many must approve."""

    voices: int  # among the trusted members, which err independently
    faulty: int  # how many of the voices may be rogue
    approvals: int  # needed to accept a result
    reviewers: int  # asked about each result


@message
class TooFew:
    """We are too few to review each other: from now on nothing is accepted."""

    voices: int
    needed: int


def quorum(trusted: Iterable[Member], faulty: int = 1, least: int = 1) -> Quorum | TooFew:
    """How many must review and approve to mask `faulty` rogues, or fewer if voices are few, but `least`.

    f + 1 of 2f + 1 reviewers must approve: f rogues can neither push a result through nor keep one out.
    The worker makes 2f + 2 voices.  Raises ValueError unless 0 <= least <= faulty.

    >>> quorum(members(["ann", "bob", "cat", "dan"])), quorum(members(["ann", "bob", "cat"]))
    (Quorum(voices=4, faulty=1, approvals=2, reviewers=3), TooFew(voices=3, needed=4))
    """
    faulty = require.count("faulty", faulty)
    least = require.count("least", least, most=faulty)
    voices = len({member.voice for member in trusted})
    masked = min(faulty, (voices - 2) // 2)
    if masked < least:
        return TooFew(voices, 2 * least + 2)
    return Quorum(voices, masked, masked + 1, 2 * masked + 1)


def panel(crew: Mapping[str, Member], worker: str, ranked: Iterable[str], size: int) -> list[str]:
    """The first `size` members who may review what `worker` did: not itself nor its kin, one of each kin."""
    voices, chosen = {crew[worker].voice}, list[str]()
    for name in ranked:
        if crew[name].voice not in voices and len(chosen) < size:
            voices.add(crew[name].voice)
            chosen.append(name)
    return chosen


def members(given: Iterable[Member | str]) -> tuple[Member, ...]:
    """Members, each given as such or by name.  Raises ValueError if a name is listed twice."""
    crew = tuple(each if isinstance(each, Member) else Member(each) for each in given)
    require.names("crew", [each.name for each in crew], empty=True)
    return crew


@message
class Assigned:
    """This task is yours."""

    task: int
    agent: str
    job: int


@message
class TakenBack:
    """Somebody else must do this task."""

    task: int
    agent: str
    because: str


@message
class Accepted:
    """This is the approved answer."""

    task: int
    agent: str
    job: int
    answer: int
    approved_by: tuple[str, ...]


@message
class GivenUp:
    """No answer to this was approved."""

    task: int
    because: str


@message
class Refused:
    """This message does not count."""

    agent: str
    what: str
    job: int


@message
class Checked:
    """It was checked with a task whose answer is known."""

    agent: str
    right: bool


@message
class Remove:
    """Take this agent out of the pool."""

    agent: str
    who: str
    why: str

    def __post_init__(self) -> None:
        told, example = self.who.strip() and self.why.strip(), "Remove('bob', who='ann', why='it lies')"
        require.that(told, repr(self), "say who removes it, and why", example)


@message
class Removed:
    """It was removed, and others get its work."""

    agent: str
    who: str
    why: str
    tasks: tuple[int, ...]


Tokens = Mapping[str, int]  # the current token of each member


@dataclass
class Job:
    """A task or a check that an agent is working on.  Only messages with a current token have an effect."""

    number: int
    task: int
    agent: str
    token: int
    answer: int | None = None
    asked: dict[str, int] = field(default_factory=dict)  # each reviewer, with its token when asked
    votes: dict[str, bool] = field(default_factory=dict)

    def valid(self, tokens: Tokens) -> bool:
        """Whether its agent still has the token with which it got the job."""
        return tokens[self.agent] == self.token

    def answered(self, sender: str, token: int, answer: int, tokens: Tokens) -> bool:
        """Take an answer; whether it counts: only the first, from the agent that has the job."""
        counts = sender == self.agent and self.answer is None and token == self.token and self.valid(tokens)
        if counts:
            self.answer = answer
        return counts

    def voted(self, sender: str, token: int, approves: bool, tokens: Tokens) -> bool:
        """Take a vote; whether it counts: only the first of each reviewer."""
        counts = sender not in self.votes and self.asked.get(sender) == token == tokens.get(sender)
        if counts:
            self.votes[sender] = approves
        return counts

    def panel(self, tokens: Tokens) -> list[str]:
        """The reviewers that still have the token with which they were asked."""
        return [name for name, token in self.asked.items() if token == tokens[name]]

    def approving(self, tokens: Tokens) -> tuple[str, ...]:
        """The reviewers on the panel that approve."""
        return tuple(name for name in self.panel(tokens) if self.votes.get(name))

    def approved(self, tokens: Tokens, needed: Quorum | None) -> bool | None:
        """Whether enough of the panel approve; None while that is open, or without a quorum."""
        if needed is None:
            return None
        panel = self.panel(tokens)
        yes = sum(self.votes.get(name, False) for name in panel)
        if yes >= needed.approvals:
            return True
        silent = sum(name not in self.votes for name in panel)
        return None if yes + silent >= needed.approvals else False

    def settled(self, tokens: Tokens, needed: Quorum | None) -> bool:
        """Whether there is nothing left to wait for."""
        return not self.valid(tokens) or self.approved(tokens, needed) is not None


def idle(trusted: Sequence[str], busy: Collection[str], tried: Collection[str]) -> list[str]:
    """Members that are not busy and have not tried a task yet; if all have tried it, they may again."""
    fresh = [name for name in trusted if name not in tried] or trusted
    return [name for name in fresh if name not in busy]


def truth(task: int) -> int:
    """The right answer: a task is a number to be squared."""
    return task * task


def lie(task: int) -> int:
    """The wrong answer on which colluding agents have agreed."""
    return -truth(task) or -1


def answer(how: str | None, task: int, competence: float, dice: Random) -> int | None:
    """What an agent answers, or None if it is silent.

    `how` names the way in which it is rogue; None is honest, and right with probability `competence`.
    """
    mistake = truth(task) + 1 + dice.randrange(999)
    honest = truth(task) if dice.random() < competence else mistake
    anything = dice.randrange(1_000_000)
    said = {None: honest, "random": anything, "colludes": lie(task), "silent": None}
    return said.get(how, mistake)


def opinion(
    how: str | None, task: int, given: int, sensitivity: float, false_alarm: float, dice: Random
) -> bool | None:
    """Whether an agent approves of the answer `given`; None if it is silent.

    An honest agent finds an error with probability `sensitivity`, and objects to a right answer with
    probability `false_alarm`.
    """
    right = given == truth(task)
    objects = dice.random() < (false_alarm if right else sensitivity)
    said = {None: not objects, "random": dice.random() < 0.5, "colludes": given == lie(task), "silent": None}
    return said.get(how, not right)
