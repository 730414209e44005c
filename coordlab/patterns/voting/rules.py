"""Voting: which ballots count, and what they decide.

An abstention counts towards the quorum; silence does not.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import inf
from typing import Protocol, cast

from coordlab import requirements as require
from coordlab.patterns.voting.ranked import METHODS, Levels, Ranking, completed, profile, tiers
from coordlab.world.message import message

YES, NO, ABSTAIN = "yes", "no", "abstain"
ACCEPTED, REJECTED, ELECTED, TIE, NO_QUORUM = "accepted", "rejected", "elected", "tie", "no_quorum"
COUNTED, FORGED, UNKNOWN, LATE = "counted", "another's name", "unknown voter", "late"
MALFORMED, DUPLICATE, NO_VOTE = "malformed", "duplicate", "no such vote"
BASES = ("simple", "present", "absolute")
HALF = Fraction(1, 2)
JOINERS = "\u200c\u200d"
QUOTES = "\"'`“”„‘’«» "

Tallied = str | Levels
"""A choice as it is counted: yes, no or abstain, or a ranking."""
Tally = Counter[Tallied]
"""How many ballots each choice has."""


@message
class Ballot:
    """This is how I vote."""

    voter: str  # the name it is cast in
    choice: object
    at: float = 0.0  # when it arrived, in seconds
    sender: str | None = None  # the name of the sender, if known


@message
class Checked:
    """This is the verdict on a ballot."""

    ballot: Ballot
    verdict: str  # counted, another's name, unknown voter, late, malformed or duplicate


@message
class Outcome:
    """This is what the ballots decide."""

    result: str  # accepted, rejected, elected, tie or no_quorum
    counts: tuple[tuple[Tallied, int], ...]
    missing: tuple[str, ...]  # voters of whom no ballot counts
    audit: tuple[Checked, ...]  # the verdict on each ballot, in order of arrival
    winners: tuple[str, ...] = ()  # of an election among several

    def __repr__(self) -> str:
        counts = ", ".join(f"{many} {shown(choice)}" for choice, many in self.counts)
        who = f" {', '.join(self.winners)}" if self.winners else ""
        missing = f"; missing {', '.join(self.missing)}" if self.missing else ""
        spoilt = [f"{each.ballot.voter} ({each.verdict})" for each in self.audit if each.verdict != COUNTED]
        lost = f"; not counted: {', '.join(spoilt)}" if spoilt else ""
        return f"<Outcome {self.result}{who}: {counts or 'no ballot'}{missing}{lost}>"


def shown(choice: Tallied) -> str:
    """A choice in words, a ranking as ann > bob = cat."""
    return choice if isinstance(choice, str) else " > ".join(" = ".join(level) for level in choice)


def canonical(text: str) -> str:
    """A text without differences of case, width, surrounding quotes, spaces and final punctuation.

    Invisible characters go, too (category Cf), except joiners between letters, which some scripts spell with.
    """
    wide = f" {unicodedata.normalize('NFKC', text)} "
    kinds = [unicodedata.category(each) for each in wide]
    shown = (
        each
        for place, each in enumerate(wide)
        if kinds[place] != "Cf" or (each in JOINERS and {kinds[place - 1][0], kinds[place + 1][0]} <= {*"LM"})
    )
    plain = " ".join("".join(shown).casefold().split())
    bare = plain.lstrip(QUOTES).rstrip(QUOTES + ".,;:")
    word = bare.rstrip(QUOTES + ".,;:!?")
    return word if word[-1:].isidentifier() else bare  # after a digit, ! may be more than emphasis


class Rule(Protocol):
    """Reads choices, and tells what a tally of them decides if `size` voters have a vote."""

    def read(self, choice: object) -> Tallied | None:
        """The choice as it is counted; None if it is malformed."""

    def result(self, tally: Tally, size: int) -> tuple[str, tuple[str, ...]]:
        """The result, and the winners."""

    def extremes(self, tally: Tally) -> Sequence[Tallied]:
        """The choices that change the outcome most if all missing voters take one; () if unknown."""


@dataclass(frozen=True)
class Majority:
    """Yes or no: accepted if more than half of the base say yes; above one half, if `threshold` of it do.

    base: "simple" for all who vote yes or no, "present" for all who take part, "absolute" for the electorate.
    threshold: the share of yes that is needed, from 1/2 to 1: a Fraction, a float or a text such as "2/3".
    tie: the result of exactly half, and of no votes at all: "tie", "rejected" or "accepted".

    Only the simple majority treats yes and no alike; a wider base or a higher threshold favours no.
    """

    base: str = "simple"
    threshold: Fraction | float | str = HALF
    tie: str = TIE

    def __post_init__(self) -> None:
        require.one_of("base", self.base, BASES)
        require.one_of("tie", self.tie, (TIE, REJECTED, ACCEPTED))
        object.__setattr__(self, "threshold", _share(self.threshold))

    def read(self, choice: object) -> str | None:
        """Yes, no or abstain, with any case and punctuation; None for any other word."""
        plain = canonical(choice) if isinstance(choice, str) else None
        return plain if plain in (YES, NO, ABSTAIN) else None

    def result(self, tally: Tally, size: int) -> tuple[str, tuple[str, ...]]:
        yes, no = tally[YES], tally[NO]
        base = {"simple": yes + no, "present": yes + no + tally[ABSTAIN], "absolute": size}[self.base]
        needed = Fraction(self.threshold) * base
        if yes == needed and (base == 0 or self.threshold == HALF):
            return self.tie, ()
        return (ACCEPTED if yes >= needed else REJECTED), ()

    def extremes(self, tally: Tally) -> tuple[str, ...]:
        """All yes, or all no: everything else lies between."""
        return (YES, NO)


@dataclass(frozen=True)
class Choice:
    """An election of one of several alternatives.

    alternatives: texts that differ in more than case and punctuation; by default all that a ballot names.
    method: one of `ranked.METHODS`.  A ballot names one alternative, or ranks several.
    tie: "tie", or "order": the first of the alternatives that tie wins.
    """

    alternatives: tuple[str, ...] = ()
    method: str = "plurality"
    tie: str = TIE

    def __post_init__(self) -> None:
        require.one_of("method", self.method, METHODS)
        require.one_of("tie", self.tie, (TIE, "order"))
        example = "('tea', 'coffee')"
        names = require.names("alternatives", self.alternatives, empty=True, example=example)
        object.__setattr__(self, "alternatives", names)
        require.that(len(names) != 1, f"alternatives={names}", "expected two or more, or none", example)
        read = [canonical(each) for each in names]
        same = [each for each in read if read.count(each) > 1 or each in ("", ABSTAIN)]
        allowed = "they must differ in more than case and punctuation, and from 'abstain'"
        require.that(not same, f"alternatives={names}", allowed, example)

    def read(self, choice: object) -> Tallied | None:
        """A ranking of alternatives as they were declared, or abstain; None if it is malformed."""
        if isinstance(choice, str) and canonical(choice) == ABSTAIN:
            return ABSTAIN
        known = {canonical(each): each for each in self.alternatives}
        try:
            named = tiers((choice,) if isinstance(choice, str) else cast("Ranking", choice))
            levels = tiers(tuple(tuple(canonical(each) for each in level) for level in named))
            meant = tuple(tuple(known.get(each, each) for each in level) for level in levels)
            completed(meant, self.alternatives or [each for level in meant for each in level])
        except (TypeError, ValueError):
            return None
        return meant if all(all(level) for level in meant) and meant else None

    def result(self, tally: Tally, size: int) -> tuple[str, tuple[str, ...]]:
        ballots = {each: many for each, many in tally.items() if isinstance(each, tuple)}
        named = sorted({name for levels in ballots for level in levels for name in level})
        if not named:
            return TIE, ()
        winners = METHODS[self.method](profile(ballots, self.alternatives or named))
        winners = winners[:1] if self.tie == "order" else winners
        return (ELECTED if len(winners) == 1 else TIE), winners

    def extremes(self, tally: Tally) -> tuple[Levels, ...]:
        """All for one of them, where one more ballot is one more point; unknown for other methods."""
        if self.method not in ("plurality", "approval"):
            return ()
        named = {name for each in tally if isinstance(each, tuple) for level in each for name in level}
        standing = self.alternatives or (*sorted(named), "")
        return tuple(((each,),) for each in standing) if len(standing) > 1 else ()


def _share(threshold: Fraction | float | str) -> Fraction:
    """A share between one half and one, exactly; a float means the fraction or decimal that it shows."""
    try:
        share = Fraction(
            threshold if isinstance(threshold, (str, Fraction, Decimal)) else repr(float(threshold))
        )
        simple = share.limit_denominator(10**6)  # 2/3 as a float is two thirds
        share = simple if isinstance(threshold, float) and float(simple) == threshold else share
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        share = Fraction(0)
    given, allowed = f"threshold={threshold!r}", "expected a share from 1/2 to 1"
    require.that(HALF <= share <= 1, given, allowed, "threshold='2/3'")
    return share


class Poll(require.Readable):
    """An open vote: takes ballots as they arrive, knows when the rest cannot change it, and closes once.

    electorate: the names of all voters, each once.  The first valid ballot of a voter counts.
    rule: a `Majority` or a `Choice`; by default a simple majority.
    quorum: how many must take part, 0 or more; by default more than half.
    closes: the moment, in seconds, after which ballots are late, as are all after `close()`.
    """

    def __init__(
        self,
        electorate: Sequence[str],
        rule: Rule | None = None,
        quorum: int | None = None,
        closes: float = inf,
    ) -> None:
        self.electorate = dict.fromkeys(require.names("electorate", electorate))
        self.rule: Rule = Majority() if rule is None else rule
        given, allowed = f"rule={rule!r}", "expected a Majority or a Choice"
        require.that(hasattr(self.rule, "read"), given, allowed, "rule=Majority()", TypeError)
        size = len(self.electorate)
        self.quorum = size // 2 + 1 if quorum is None else require.count("quorum", quorum, 0, size)
        endless = isinstance(closes, float) and closes == inf
        self.closes, self.open = closes if endless else require.number("closes", closes, example=1), True
        self.votes: dict[str, Tallied] = {}
        self.tally: Tally = Counter()
        self.audit: list[Checked] = []

    @property
    def missing(self) -> tuple[str, ...]:
        """The voters of whom no ballot counts so far."""
        return tuple(name for name in self.electorate if name not in self.votes)

    @property
    def settled(self) -> bool:
        """Whether the outcome is the same however the missing voters vote, and also if they do not."""
        rest = len(self.electorate) - len(self.votes)
        if rest == 0 or len(self.votes) < self.quorum:
            return rest == 0
        ends = [self.tally + Counter({choice: rest}) for choice in self.rule.extremes(self.tally)]
        results = [self.rule.result(end, len(self.electorate)) for end in ends]
        return len(results) > 0 and all(result == results[0] for result in results)

    def take(self, ballot: Ballot) -> Checked:
        """Count a ballot, or tell why it does not count."""
        require.instance("ballot", ballot, Ballot, "Ballot('ann', 'yes')")
        choice = self.rule.read(ballot.choice)
        verdict = self._verdict(ballot, choice)
        if choice is not None and verdict == COUNTED:
            self.votes[ballot.voter] = choice
            self.tally[choice] += 1
        self.audit.append(Checked(ballot, verdict))
        return self.audit[-1]

    def _verdict(self, ballot: Ballot, choice: Tallied | None) -> str:
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
        """The outcome of the ballots that count; from now on every ballot is late."""
        self.open = False
        present = len(self.votes) >= self.quorum
        result, winners = self.rule.result(self.tally, len(self.electorate)) if present else (NO_QUORUM, ())
        counts = tuple(sorted(self.tally.items(), key=_shown_first))
        return Outcome(result, counts, self.missing, tuple(self.audit), winners)


def _shown_first(count: tuple[Tallied, int]) -> tuple[bool, int, str]:
    """The most votes first, abstentions last."""
    choice, many = count
    return choice == ABSTAIN, -many, shown(choice)


def decide(
    ballots: Iterable[Ballot],
    electorate: Sequence[str],
    rule: Rule | None = None,
    quorum: int | None = None,
    closes: float = inf,
) -> Outcome:
    """The outcome of these ballots: for the settings see `Poll`.

    >>> answers = [Ballot("ann", "Paris"), Ballot("bob", "paris."), Ballot("cat", "Lyon")]
    >>> decide(answers, ["ann", "bob", "cat"], Choice())
    <Outcome elected paris: 2 paris, 1 lyon>
    """
    poll = Poll(electorate, rule, quorum, closes)
    for ballot in ballots:
        poll.take(require.instance("ballot", ballot, Ballot, "Ballot('ann', 'yes')"))
    return poll.close()
