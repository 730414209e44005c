"""Whom to believe: reviewers and their quorum, checks with known answers, a reputation, a sequential test.

    >>> quorum([Member(name) for name in ("ann", "bob", "cat", "dan")])
    Quorum(voices=4, faulty=1, approvals=2, reviewers=3)

How agents behave that are honest, or rogue, is here too: `answer` and `opinion`.  Dice are passed in.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil, inf, log
from typing import TYPE_CHECKING

from coordlab.patterns.circuit_breaker.rules import (
    CLOSED,
    FAILURE,
    FORCED_OPEN,
    SUCCESS,
    Breaker,
    Listener,
    Permit,
    Settings,
)
from coordlab.patterns.weighted.rules import learnt
from coordlab.world.message import message

if TYPE_CHECKING:
    import random

# --- who reviews, and how many must approve ---------------------------------------------------------


@message
class Member:
    """I am one of the pool."""

    name: str
    kin: str = ""  # copies of one model err alike, and have one voice; empty: like nobody else

    @property
    def voice(self) -> tuple[str, str]:
        """The same for all who err alike."""
        return (self.kin, "" if self.kin else self.name)


@message
class Quorum:
    """So many have to approve from now on."""

    voices: int  # of trusted members that err independently
    faulty: int  # so many of them may be rogue
    approvals: int
    reviewers: int  # who are asked


@message
class TooFew:
    """We are too few to review each other: nothing is accepted from now on."""

    voices: int
    needed: int


def quorum(trusted: Iterable[Member], faulty: int = 1, least: int = 1) -> Quorum | TooFew:
    """What it takes to mask `faulty` rogues, or as many as there are voices for, but `least` at any rate.

    Of 2f + 1 reviewers f + 1 must approve: f rogues can neither push a result through nor keep one out.  The
    one who did the work makes 2f + 2.

    >>> quorum([Member("ann"), Member("bob"), Member("cat")])
    TooFew(voices=3, needed=4)
    """
    if not 0 <= least <= faulty:
        raise ValueError(
            f"faulty={faulty}, least={least}: how many rogues to mask, and how many at least, are counted "
            f"from 0, the latter being no more. Write faulty=2, least=1."
        )
    voices = len({member.voice for member in trusted})
    masked = min(faulty, (voices - 2) // 2)
    if masked < least:
        return TooFew(voices, 2 * least + 2)
    return Quorum(voices, masked, masked + 1, 2 * masked + 1)


def panel(crew: Mapping[str, Member], worker: str, ranked: Iterable[str], size: int) -> list[str]:
    """The first `size` who may review what `worker` did: not it, nor its kin, and one of each other kin.

    >>> crew = {each.name: each for each in members([Member("ann", "x"), Member("bob", "x"), "cat", "dan"])}
    >>> panel(crew, "cat", crew, size=3)
    ['ann', 'dan']
    """
    voices = {crew[worker].voice}
    chosen: list[str] = []
    for name in ranked:
        if crew[name].voice not in voices and len(chosen) < size:
            voices.add(crew[name].voice)
            chosen.append(name)
    return chosen


def tally(votes: Mapping[str, bool], asked: Collection[str], approvals: int) -> bool | None:
    """Whether enough of those `asked` approve; False if that can no longer be, None if it still can.

    >>> tally({"ann": True, "eve": True}, ["ann", "bob", "cat"], approvals=2) is None
    True
    >>> tally({"ann": True, "bob": True}, ["ann", "bob", "cat"], approvals=2)
    True
    """
    yes = sum(votes.get(name, False) for name in asked)
    if yes >= approvals:
        return True
    return None if yes + sum(name not in votes for name in asked) >= approvals else False


def masked(answers: Mapping[str, Hashable], faulty: int) -> Hashable | None:
    """The answer that more than `faulty` give, hence one who is honest; None if there is none, or two.

    With 2f + 1 answers, f of them false, there is one: the right one.

    >>> masked({"ann": 4, "bob": 4, "eve": 5}, faulty=1)
    4
    >>> masked({"ann": 4, "eve": 5}, faulty=1) is None
    True
    """
    if faulty < 0:
        raise ValueError(f"faulty={faulty}: rogues are counted from 0. Write masked(answers, faulty=1).")
    given = list(answers.values())
    backed = [each for each in dict.fromkeys(given) if given.count(each) > faulty]
    return backed[0] if len(backed) == 1 else None


def members(given: Iterable[Member | str]) -> tuple[Member, ...]:
    """Members, of whom a name is enough, each once.

    >>> members(["ann", Member("bob", kin="x")])
    (Member(name='ann', kin=''), Member(name='bob', kin='x'))
    """
    all_ = tuple(each if isinstance(each, Member) else Member(each) for each in given)
    names = [each.name for each in all_]
    if len(set(names)) < len(names):
        raise ValueError(
            f"members {', '.join(names)}: somebody is there twice, and would have two votes. Name each once."
        )
    return all_


def numbers(given: Iterable[int]) -> tuple[int, ...]:
    """Tasks, each once.

    >>> numbers([3, 1, 3])
    (3, 1)
    """
    tasks = tuple(dict.fromkeys(given))
    for task in tasks:
        if not isinstance(task, int):
            raise ValueError(f"task {task!r}: a whole number is meant, to be squared. Write for example 12.")
    return tasks


def lasting(**seconds: float | None) -> None:
    """Refuse what is no time to wait; None is never.

    >>> lasting(patience=0.5)
    """
    for name, value in seconds.items():
        if value is not None and not 0 < value < inf:
            raise ValueError(
                f"{name}={value!r}: seconds are meant, above 0, and with an end. Write for example {name}=1."
            )


def objection(sender: str, agent: str, crew: Sequence[str]) -> str | None:
    """Why an order to remove an agent is not followed; None if it is.

    >>> objection("bob", "ann", ["ann", "bob"])
    'bob wants ann removed, but only the operator has a say in it. Ask the operator.'
    """
    if sender != "operator":
        return f"{sender} wants {agent} removed, but only the operator has a say in it. Ask the operator."
    if agent not in crew:
        return f"{agent} is to be removed, but the members are {', '.join(crew)}. Name one of these."
    return None


# --- what a pool puts on record ----------------------------------------------------------------------


@message
class Assigned:
    """This is yours to do."""

    task: int
    agent: str
    job: int


@message
class TakenBack:
    """This needs somebody else."""

    task: int
    agent: str
    because: str


@message
class Accepted:
    """This is the answer."""

    task: int
    agent: str
    job: int
    answer: int
    approved_by: tuple[str, ...]


@message
class GivenUp:
    """This has no answer."""

    task: int
    because: str


@message
class Refused:
    """This counts nothing."""

    agent: str
    what: str
    job: int


@message
class Checked:
    """It has had a task whose answer is known."""

    agent: str
    right: bool


@message
class Removed:
    """It is out, and others get its work."""

    agent: str
    who: str
    why: str
    tasks: tuple[int, ...]


# --- what a record says -----------------------------------------------------------------------------

CONVICTED, CLEARED = "convicted", "cleared"


@message
class Record:
    """So many checks came out right, and so many wrong."""

    right: int = 0
    wrong: int = 0

    def plus(self, right: bool) -> Record:
        """One check more."""
        return Record(self.right + right, self.wrong + (not right))

    @property
    def reputation(self) -> float:
        """How likely the next one is right: the mean of a beta distribution that began as flat.

        A. Jøsang and R. Ismail, The Beta Reputation System, Bled eConference 2002.

        >>> Record().reputation, Record(8, 0).reputation, Record(8, 2).reputation
        (0.5, 0.9, 0.75)
        """
        return learnt(self.right, self.wrong)


@dataclass(frozen=True)
class SequentialTest:
    """Whether somebody is right with a chance of `honest` or more, or of `rogue` or less, in few checks.

    Of those who are honest it convicts a share of about `false_alarm`, of rogues it clears about `miss`; so
    whoever is tested again and again is convicted some day, and must have a way back.

    It is the sequential probability ratio test: A. Wald, Sequential Analysis, 1947, chapter 3.

    >>> test = SequentialTest(honest=0.9, rogue=0.6)
    >>> test.verdict(Record(0, 3)), test.verdict(Record(8, 0)), test.verdict(Record(3, 2))
    ('convicted', 'cleared', None)
    """

    honest: float = 0.9
    rogue: float = 0.6
    false_alarm: float = 0.05
    miss: float = 0.05

    def __post_init__(self) -> None:
        if not 0 < self.rogue < self.honest < 1:
            raise ValueError(
                f"honest={self.honest}, rogue={self.rogue}: chances to be right, between 0 and 1, of which "
                f"the first is higher. Write honest=0.9, rogue=0.6."
            )
        if not (self.false_alarm > 0 < self.miss and self.false_alarm + self.miss < 1):
            raise ValueError(
                f"false_alarm={self.false_alarm}, miss={self.miss}: chances to err, above 0 and together "
                f"below 1. Write false_alarm=0.05, miss=0.05."
            )

    @property
    def bounds(self) -> tuple[float, float]:
        """At or below which ratio it clears, and at or above which it convicts; as logarithms."""
        return log(self.miss / (1 - self.false_alarm)), log((1 - self.miss) / self.false_alarm)

    def ratio(self, right: float, wrong: float) -> float:
        """The logarithm of how much likelier such checks are from a rogue than from an honest one."""
        return right * log(self.rogue / self.honest) + wrong * log((1 - self.rogue) / (1 - self.honest))

    def verdict(self, record: Record) -> str | None:
        """Convicted, cleared, or None as long as it cannot tell."""
        low, high = self.bounds
        ratio = self.ratio(record.right, record.wrong)
        return CONVICTED if ratio >= high else CLEARED if ratio <= low else None

    def enough(self, rate: float) -> int:
        """How many checks in a row convict whoever is wrong in a share of `rate` of them, at the latest.

        That is when tests follow each other, and the checks begin just before the last one clears.

        >>> test = SequentialTest()
        >>> test.enough(rate=0.4), test.enough(rate=1.0)
        (19, 5)
        """
        gain = self.ratio(1 - rate, rate)
        if not (rate <= 1 and gain > 0):
            raise ValueError(
                f"rate={rate}: a share of wrong answers is meant that speaks for a rogue rather than for an "
                f"honest one, up to 1. Write for instance rate={1 - self.rogue:.2g}."
            )
        low, high = self.bounds
        return ceil((high - low) / gain - 1e-9)


DEFAULT = SequentialTest()


class TrustRecord:
    """What a pool thinks of a member: a breaker, of which one call is one test, from first check to last.

    Closed it is trusted; convicted, it is isolated for `quarantine` seconds (open), then on probation
    (half-open), and trusted again when the next test clears it.  Forced open it is removed for good.  Its
    `token` is another one after each such change.

    >>> ann = TrustRecord("ann", quarantine=2.0)
    >>> for now in (0.0, 0.1, 0.2):
    ...     assert ann.testing(now)
    ...     verdict = ann.learn(right=False, now=now)
    >>> verdict, ann.state, ann.token, ann.testing(now=1.0), ann.testing(now=2.2), ann.state
    ('convicted', 'open', 1, False, True, 'half-open')
    """

    def __init__(
        self,
        name: str,
        test: SequentialTest = DEFAULT,
        quarantine: float = 2.0,
        listeners: tuple[Listener, ...] = (),
    ) -> None:
        guard = Settings(failures=1, wait=quarantine, probe_wait=inf)
        self.breaker, self.test = Breaker(guard, name, listeners), test
        self.permit: Permit | None = None  # for the test under way
        self.trial = self.record = Record()  # of this test, and of all

    def __repr__(self) -> str:
        return f"<TrustRecord of {self.breaker.name}, {self.state}>"

    @property
    def state(self) -> str:
        """That of the breaker."""
        return self.breaker.state

    @property
    def trusted(self) -> bool:
        """Whether it may work and review."""
        return self.state == CLOSED

    @property
    def token(self) -> int:
        """What the fence lets in."""
        return self.breaker.generation

    def testing(self, now: float) -> bool:
        """Whether a test is under way, or can begin: not while it is isolated, nor once it is removed."""
        self.breaker.tick(now)
        if self.permit is None or self.permit.generation != self.token:
            leave = self.breaker.admit(now)
            self.permit, self.trial = leave if isinstance(leave, Permit) else None, Record()
        return self.permit is not None

    def learn(self, right: bool, now: float) -> str | None:
        """The verdict after one check more, if there is one; it moves the breaker."""
        if self.permit is None:
            raise ValueError(f"{self!r}: no test is under way. Ask testing(now) before each check.")
        self.trial, self.record = self.trial.plus(right), self.record.plus(right)
        verdict = self.test.verdict(self.trial)
        if verdict:
            permit, self.permit = self.permit, None
            self.breaker.outcome(permit, now, FAILURE if verdict == CONVICTED else SUCCESS)
        return verdict

    def remove(self, now: float) -> None:
        """Trust it no more, whatever tests say."""
        self.breaker.force(FORCED_OPEN, now)


# --- the fence --------------------------------------------------------------------------------------

Tokens = Mapping[str, int]  # of all members, as they are now


@dataclass
class Job:
    """A task, or a check, in somebody's hands.  Only what comes with the tokens of now has an effect.

    >>> job, tokens = Job(1, 12, "ann", token=0), {"ann": 0, "bob": 0}
    >>> job.answered("ann", 0, 144, tokens), job.answered("ann", 0, 145, tokens), job.answer
    (True, False, 144)
    >>> job.asked["bob"] = 0
    >>> job.voted("bob", 0, True, {"ann": 0, "bob": 1})
    False
    """

    number: int
    task: int
    agent: str
    token: int
    answer: int | None = None
    asked: dict[str, int] = field(default_factory=dict)  # who is to review it, and the token of each
    votes: dict[str, bool] = field(default_factory=dict)

    def valid(self, tokens: Tokens) -> bool:
        """Whether its agent stands as it did when it got the job."""
        return tokens[self.agent] == self.token

    def answered(self, sender: str, token: int, answer: int, tokens: Tokens) -> bool:
        """Whether this answer counts: the first, from whose job it is."""
        counts = sender == self.agent and self.answer is None and token == self.token and self.valid(tokens)
        if counts:
            self.answer = answer
        return counts

    def voted(self, sender: str, token: int, approves: bool, tokens: Tokens) -> bool:
        """Whether this vote counts: the first of each who was asked."""
        counts = sender not in self.votes and self.asked.get(sender) == token == tokens.get(sender)
        if counts:
            self.votes[sender] = approves
        return counts

    def panel(self, tokens: Tokens) -> list[str]:
        """The reviewers who stand as they did when they were asked."""
        return [name for name, token in self.asked.items() if token == tokens[name]]

    def approving(self, tokens: Tokens) -> tuple[str, ...]:
        """Those of them who approve."""
        return tuple(name for name in self.panel(tokens) if self.votes.get(name))

    def approved(self, tokens: Tokens, needed: Quorum | None) -> bool | None:
        """Whether enough of them approve; None while that is open, or nothing is enough."""
        return tally(self.votes, self.panel(tokens), needed.approvals) if needed else None

    def settled(self, tokens: Tokens, needed: Quorum | None) -> bool:
        """Whether there is nothing more to wait for."""
        return not self.valid(tokens) or self.approved(tokens, needed) is not None


def best_first(names: Iterable[str], standing: Mapping[str, TrustRecord]) -> list[str]:
    """Members by reputation; who was named first is first among equals.

    >>> standing = {name: TrustRecord(name) for name in ("ann", "bob")}
    >>> standing["bob"].record = Record(right=1)
    >>> best_first(["ann", "bob"], standing)
    ['bob', 'ann']
    """
    return sorted(names, key=lambda name: -standing[name].record.reputation)


def idle(trusted: Sequence[str], busy: Collection[str], tried: Collection[str]) -> list[str]:
    """Who has its hands free and has not tried it yet; if all have tried it, they may again.

    >>> idle(["ann", "bob", "cat"], busy=["ann"], tried=["bob"])
    ['cat']
    """
    fresh = [name for name in trusted if name not in tried] or trusted
    return [name for name in fresh if name not in busy]


# --- how they behave --------------------------------------------------------------------------------


def truth(task: int) -> int:
    """The right answer to a task, which is a number to be squared.

    >>> truth(12)
    144
    """
    return task * task


def lie(task: int) -> int:
    """The wrong answer on which those who collude have agreed.

    >>> lie(12)
    -144
    """
    return -truth(task) or -1


def answer(how: str | None, task: int, competence: float, dice: random.Random) -> int | None:
    """What an agent answers that is rogue in this way (None: honest, and right with its competence).

    None if it says nothing.

    >>> import random
    >>> [answer(how, 12, 1.0, random.Random(1)) for how in (None, "colludes", "silent")]
    [144, -144, None]
    """
    mistake = truth(task) + 1 + dice.randrange(999)
    honest = truth(task) if dice.random() < competence else mistake
    anything = dice.randrange(1_000_000)
    said = {None: honest, "random": anything, "colludes": lie(task), "silent": None}
    return said.get(how, mistake)


def opinion(
    how: str | None, task: int, given: int, sensitivity: float, false_alarm: float, dice: random.Random
) -> bool | None:
    """Whether such an agent approves of an answer; None if it says nothing.

    One that is honest finds an error with the chance `sensitivity`, and sees one where there is none with
    the chance `false_alarm`.

    >>> import random
    >>> [opinion(how, 12, 144, 1.0, 0.0, random.Random(1)) for how in (None, "wrong", "colludes")]
    [True, False, False]
    """
    right = given == truth(task)
    objects = dice.random() < (false_alarm if right else sensitivity)
    said = {None: not objects, "random": dice.random() < 0.5, "colludes": given == lie(task), "silent": None}
    return said.get(how, not right)
