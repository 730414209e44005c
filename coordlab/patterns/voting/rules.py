"""Voting: which ballots count, and what they decide.

    >>> ballots = [Ballot("ann", "yes"), Ballot("bob", "no"), Ballot("cat", "Yes."), Ballot("dan", "abstain")]
    >>> decide(ballots, electorate=["ann", "bob", "cat", "dan", "eve"])
    <Outcome accepted: 2 yes, 1 no, 1 abstain; missing eve>

To abstain is to take part: an abstention counts towards the quorum.  To be silent is not.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import inf
from typing import Any, Protocol

from coordlab.patterns.voting.ranked import METHODS, Levels, completed, profile, tiers
from coordlab.world.message import message

YES, NO, ABSTAIN = "yes", "no", "abstain"
ACCEPTED, REJECTED, ELECTED, TIE, NO_QUORUM = "accepted", "rejected", "elected", "tie", "no_quorum"
COUNTED, FORGED, UNKNOWN, LATE = "counted", "another's name", "unknown voter", "late"
MALFORMED, DUPLICATE, NO_VOTE = "malformed", "duplicate", "no such vote"
BASES = ("simple", "present", "absolute")
QUOTES = "\"'`“”„‘’«» "

Tally = Counter[Any]
"""How many voted so: for yes and no, for a text, or for a ranking."""


@message
class Ballot:
    """This is how I vote."""

    voter: str  # who it claims to be from
    choice: Any
    at: float = 0.0  # when it came, in seconds
    sender: str | None = None  # who sent it, if that is not the same


@message
class Checked:
    """This has become of a ballot."""

    ballot: Ballot
    verdict: str  # counted, another's name, unknown voter, late, malformed or duplicate


@message
class Outcome:
    """This is what the ballots say."""

    result: str  # accepted, rejected, elected, tie or no_quorum
    counts: tuple[tuple[Any, int], ...]
    missing: tuple[str, ...]  # of whom no ballot counts
    audit: tuple[Checked, ...]  # what has become of each ballot, in order of arrival
    winners: tuple[str, ...] = ()  # of an election among several

    def votes(self, choice: Any) -> int:
        """How many voted so."""
        return int(dict(self.counts).get(choice, 0))

    @property
    def present(self) -> int:
        """How many took part."""
        return sum(many for _, many in self.counts)

    def __repr__(self) -> str:
        counts = ", ".join(f"{many} {shown(choice)}" for choice, many in self.counts)
        who = f" {', '.join(self.winners)}" if self.winners else ""
        missing = f"; missing {', '.join(self.missing)}" if self.missing else ""
        spoilt = [f"{each.ballot.voter} ({each.verdict})" for each in self.audit if each.verdict != COUNTED]
        lost = f"; not counted: {', '.join(spoilt)}" if spoilt else ""
        return f"<Outcome {self.result}{who}: {counts or 'no ballot'}{missing}{lost}>"


def shown(choice: Any) -> str:
    """A choice as one reads it.

    >>> shown((("ann",), ("bob", "cat")))
    'ann > bob = cat'
    """
    return choice if isinstance(choice, str) else " > ".join(" = ".join(level) for level in choice)


def canonical(text: str) -> str:
    """A text without what does not matter: case, width, surrounding quotes, spaces, a full stop at its end.

    >>> canonical(' “Paris” . ') == canonical("PARIS!") == canonical("paris")
    True
    >>> canonical("-5."), canonical("5!"), canonical("C++")
    ('-5', '5!', 'c++')
    """
    plain = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    bare = plain.lstrip(QUOTES).rstrip(QUOTES + ".,;:")
    word = bare.rstrip(QUOTES + ".,;:!?")
    return word if word[-1:].isidentifier() else bare  # after a digit, ! may be more than emphasis


# --- what decides ---------------------------------------------------------------------------------


class Rule(Protocol):
    """Reads choices, and says what a tally of them decides, given how many have a vote."""

    def read(self, choice: Any) -> Any:
        """The choice as it is counted; None if it is malformed."""

    def result(self, tally: Tally, size: int) -> tuple[str, tuple[str, ...]]:
        """What these decide, and who wins."""

    def extremes(self, tally: Tally) -> tuple[Any, ...]:
        """The choices of which one, if all who are missing took it, would change the most; () if unknown."""


@dataclass(frozen=True)
class Majority:
    """Yes or no: accepted if more than half of the base say yes; above one half, if `threshold` of it do.

    The base is those who voted yes or no ("simple"), all who took part ("present"), or all who have a vote
    ("absolute").  Exactly half is a tie, and so is nothing of nothing; `tie` says what becomes of it: "tie",
    or "rejected" (all stays as it is), or "accepted".  Only the simple majority treats yes and no alike: a
    wider base or a higher threshold favours what is.
    """

    base: str = "simple"
    threshold: Fraction | float | str = Fraction(1, 2)
    tie: str = TIE

    def __post_init__(self) -> None:
        _one_of("base", self.base, BASES)
        _one_of("tie", self.tie, (TIE, REJECTED, ACCEPTED))
        object.__setattr__(self, "threshold", _share(self.threshold))

    def read(self, choice: Any) -> str | None:
        """Yes, no or abstain, in any case and with any punctuation around it; None if it is another word."""
        plain = canonical(choice) if isinstance(choice, str) else None
        return plain if plain in (YES, NO, ABSTAIN) else None

    def result(self, tally: Tally, size: int) -> tuple[str, tuple[str, ...]]:
        """Accepted, rejected or tie."""
        yes, no = tally[YES], tally[NO]
        base = {"simple": yes + no, "present": yes + no + tally[ABSTAIN], "absolute": size}[self.base]
        needed = Fraction(self.threshold) * base
        if yes == needed and (base == 0 or self.threshold == Fraction(1, 2)):
            return self.tie, ()
        return (ACCEPTED if yes >= needed else REJECTED), ()

    def extremes(self, tally: Tally) -> tuple[str, ...]:
        """All yes, or all no: everything else lies between, for one more yes never helps the noes."""
        return (YES, NO)


@dataclass(frozen=True)
class Choice:
    """One of several `alternatives`, by a method of `ranked`; by default of all that is named.

    A ballot names one, or ranks several.  `tie` is "tie", or "order": the first of those who tie wins.
    """

    alternatives: tuple[str, ...] = ()
    method: str = "plurality"
    tie: str = TIE

    def __post_init__(self) -> None:
        _one_of("method", self.method, tuple(METHODS))
        _one_of("tie", self.tie, (TIE, "order"))
        if not isinstance(self.alternatives, tuple) or not _names(self.alternatives):
            raise TypeError(f"alternatives={self.alternatives!r}: give a tuple of texts, ('tea', 'coffee').")
        if len(self.alternatives) == 1:
            raise ValueError(f"{self.alternatives[0]!r} alone is no choice. Declare two or more, or none.")
        read = [canonical(each) for each in self.alternatives]
        if same := [each for each in read if read.count(each) > 1 or each in ("", ABSTAIN)]:
            raise ValueError(
                f"among {', '.join(self.alternatives)}, {same[0]!r} cannot be told from another choice. "
                f"Give alternatives that differ in more than case and punctuation, and are not 'abstain'."
            )

    def read(self, choice: Any) -> Any:
        """A ranking of alternatives as they were declared, or abstain."""
        if isinstance(choice, str) and canonical(choice) == ABSTAIN:
            return ABSTAIN
        known = {canonical(each): each for each in self.alternatives}
        try:
            named = tiers((choice,) if isinstance(choice, str) else choice)
            levels = tiers(tuple(tuple(canonical(each) for each in level) for level in named))
            meant = tuple(tuple(known.get(each, each) for each in level) for level in levels)
            completed(meant, self.alternatives or [each for level in meant for each in level])
        except (TypeError, ValueError):
            return None
        return meant if all(all(level) for level in meant) and meant else None

    def result(self, tally: Tally, size: int) -> tuple[str, tuple[str, ...]]:
        """Elected, or tie, and who."""
        ballots: dict[Levels, int] = {each: many for each, many in tally.items() if each != ABSTAIN}
        named = sorted({name for levels in ballots for level in levels for name in level})
        if not named:
            return TIE, ()
        winners = METHODS[self.method](profile(ballots, self.alternatives or named))
        winners = winners[:1] if self.tie == "order" else winners
        return (ELECTED if len(winners) == 1 else TIE), winners

    def extremes(self, tally: Tally) -> tuple[Levels, ...]:
        """All for one of them, where one more ballot is one more point; for other methods nobody knows."""
        if self.method not in ("plurality", "approval"):
            return ()
        named = {name for levels in tally if levels != ABSTAIN for level in levels for name in level}
        standing = self.alternatives or (*sorted(named), "")
        return tuple(((each,),) for each in standing) if len(standing) > 1 else ()


def _one_of(name: str, value: object, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ValueError(f"{name}={value!r} is none of {', '.join(allowed)}. Write {name}={allowed[0]!r}.")


def _share(threshold: Fraction | float | str) -> Fraction:
    """A share between one half and one; 2/3 as a float is two thirds."""
    try:
        share = Fraction(threshold).limit_denominator(1000)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        share = Fraction(0)
    if not Fraction(1, 2) <= share <= 1:
        raise ValueError(
            f"threshold={threshold!r}: a share from 1/2 to 1 is meant, for below it both sides could win. "
            f"Write threshold='2/3'."
        )
    return share


# --- the count ------------------------------------------------------------------------------------


class Poll:
    """An open vote: takes ballots as they come, knows when the rest cannot change it, and closes once.

    `quorum` is how many must take part; by default more than half.  Ballots later than `closes` (seconds) are
    late, as are all after `close()`.  The first valid ballot of a voter counts.

    >>> poll = Poll(["ann", "bob", "cat"])
    >>> poll.take(Ballot("ann", "yes")).verdict, poll.settled
    ('counted', False)
    >>> poll.take(Ballot("bob", "yes", sender="eve")).verdict, poll.settled
    ("another's name", False)
    >>> poll.take(Ballot("cat", "yes")).verdict, poll.settled
    ('counted', True)
    """

    def __init__(
        self,
        electorate: Sequence[str],
        rule: Rule | None = None,
        quorum: int | None = None,
        closes: float = inf,
    ) -> None:
        self.electorate = dict.fromkeys(_electorate(electorate))
        self.rule: Rule = Majority() if rule is None else rule
        if not hasattr(self.rule, "read") or closes != closes:  # noqa: PLR0124  (only NaN differs from itself)
            raise TypeError(
                f"rule={rule!r}, closes={closes!r}: a rule is a Majority or a Choice, and a vote closes at "
                f"some second. Write Poll(names, Choice(('tea', 'coffee'), 'schulze'), closes=5.0)."
            )
        self.quorum, self.closes, self.open = _quorum(quorum, len(self.electorate)), closes, True
        self.votes: dict[str, Any] = {}
        self.tally: Tally = Counter()
        self.audit: list[Checked] = []

    @property
    def missing(self) -> tuple[str, ...]:
        """Of whom no ballot counts so far."""
        return tuple(name for name in self.electorate if name not in self.votes)

    @property
    def settled(self) -> bool:
        """Whether the outcome is the same however those vote who are missing, and also if they do not."""
        rest = len(self.electorate) - len(self.votes)
        if rest == 0 or len(self.votes) < self.quorum:
            return rest == 0
        ends = [self.tally + Counter({choice: rest}) for choice in self.rule.extremes(self.tally)]
        results = [self.rule.result(end, len(self.electorate)) for end in ends]
        return len(results) > 0 and all(result == results[0] for result in results)

    def take(self, ballot: Ballot) -> Checked:
        """Count a ballot, or say why not."""
        choice = self.rule.read(ballot.choice)
        checked = Checked(ballot, self._verdict(ballot, choice))
        if checked.verdict == COUNTED:
            self.votes[ballot.voter] = choice
            self.tally[choice] += 1
        self.audit.append(checked)
        return checked

    def _verdict(self, ballot: Ballot, choice: Any) -> str:
        if ballot.sender not in (None, ballot.voter):
            return FORGED
        if ballot.voter not in self.electorate:
            return UNKNOWN
        if not self.open or ballot.at > self.closes:
            return LATE
        if choice is None:
            return MALFORMED
        return DUPLICATE if ballot.voter in self.votes else COUNTED

    def close(self) -> Outcome:
        """What the ballots that count decide; from now on every ballot is late."""
        self.open = False
        present = len(self.votes) >= self.quorum
        result, winners = self.rule.result(self.tally, len(self.electorate)) if present else (NO_QUORUM, ())
        counts = tuple(sorted(self.tally.items(), key=_shown_first))
        return Outcome(result, counts, self.missing, tuple(self.audit), winners)


def _shown_first(count: tuple[Any, int]) -> tuple[bool, int, str]:
    """The most votes first, abstentions last."""
    choice, many = count
    return choice == ABSTAIN, -many, shown(choice)


def decide(
    ballots: Iterable[Ballot],
    electorate: Sequence[str],
    base: str = "simple",
    threshold: Fraction | float | str = Fraction(1, 2),
    quorum: int | None = None,
    tie: str = TIE,
    closes: float = inf,
) -> Outcome:
    """What these ballots decide on yes or no: see `Majority` and `Poll`.

    >>> silent = [f"voter {number}" for number in range(99)]
    >>> decide([Ballot("ann", "yes")], ["ann", *silent]).result
    'no_quorum'
    """
    return _counted(ballots, Poll(electorate, Majority(base, threshold, tie), quorum, closes))


def elect(
    ballots: Iterable[Ballot],
    electorate: Sequence[str],
    alternatives: tuple[str, ...] = (),
    method: str = "plurality",
    quorum: int | None = None,
    tie: str = TIE,
    closes: float = inf,
) -> Outcome:
    """Which of several alternatives these ballots elect: see `Choice` and `Poll`.

    >>> answers = [Ballot("ann", "Paris"), Ballot("bob", "paris."), Ballot("cat", "Lyon")]
    >>> elect(answers, ["ann", "bob", "cat"])
    <Outcome elected paris: 2 paris, 1 lyon>
    """
    return _counted(ballots, Poll(electorate, Choice(alternatives, method, tie), quorum, closes))


def _counted(ballots: Iterable[Ballot], poll: Poll) -> Outcome:
    for ballot in ballots:
        if not isinstance(ballot, Ballot):
            raise TypeError(f"{ballot!r} is no ballot. Write Ballot('ann', 'yes'): who votes, and how.")
        poll.take(ballot)
    return poll.close()


def _names(given: Iterable[object]) -> bool:
    return all(isinstance(each, str) for each in given)


def _electorate(names: Sequence[str]) -> list[str]:
    """Who has a vote, each once."""
    if isinstance(names, str) or not isinstance(names, Sequence) or not _names(names):
        raise TypeError(f"electorate={names!r} is no list of texts. Give a list of names: ['ann', 'bob'].")
    found = list(names)
    if not found:
        raise ValueError("nobody has a vote: the electorate is empty. Give the names of all who may vote.")
    if twice := [name for name, many in Counter(found).items() if many > 1]:
        raise ValueError(
            f"{twice[0]!r} stands twice in the electorate, where each voter stands once. Name it once."
        )
    return found


def _quorum(quorum: int | None, size: int) -> int:
    """How many must take part."""
    if quorum is None:
        return size // 2 + 1
    if type(quorum) is not int or not 1 <= quorum <= size:
        raise ValueError(
            f"quorum={quorum!r} of {size} voters: give a whole number from 1 to {size}, "
            f"or None for more than half."
        )
    return quorum
