"""Weighted consensus: the weight of each voice, and how sure the result of all of them is.

A voter that is right with probability p deserves the weight ln(p / (1 - p)): nothing at one half, and below
it the contrary counts.  The sum of these weights is the logarithm of the odds that the answer is yes.

    >>> decide({"ann": "yes", "bob": "no", "cat": "no"}, {"ann": 0.95, "bob": 0.6, "cat": 0.6})
    <Consensus accepted: margin 0.57, confidence 0.894>

S. Nitzan and J. Paroush, International Economic Review 23(2), 1982.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from math import exp, fsum, inf, log

from coordlab import requirements as require
from coordlab.patterns.voting.rules import ABSTAIN, ACCEPTED, NO, NO_QUORUM, REJECTED, TIE, YES, Majority
from coordlab.world.message import message

Weigh = Callable[[float], float]
ROUNDING = 1e-9  # a smaller share of all weights together is a rounding error


# --- what a voice is worth ------------------------------------------------------------------------


def log_odds(competence: float) -> float:
    """The logarithm of the odds of being right.

    >>> round(log_odds(0.9), 3), round(log_odds(0.6), 3), log_odds(0.5), round(log_odds(0.1), 3)
    (2.197, 0.405, 0.0, -2.197)
    """
    return log(_chance("competence", competence) / (1 - competence))


def linear(competence: float) -> float:
    """The competence itself, which wastes knowledge: a coin has a voice, and a liar is believed."""
    return _chance("competence", competence)


def equal(competence: float) -> float:
    """One voter, one vote."""
    return 1.0


WEIGHTS: dict[str, Weigh] = {"log_odds": log_odds, "linear": linear, "equal": equal}


def learnt(right: float, wrong: float, prior: float = 0.5, trust: float = 2.0) -> float:
    """The competence that a record of answers suggests.

    It is the mean of the beta distribution that the record leaves, and never 0 or 1.

    right, wrong: how many answers were right and wrong, 0 or more.
    prior: the competence without a record, above 0 and below 1.
    trust: how many answers the prior counts for, above 0.

    >>> learnt(0, 0), learnt(8, 2), learnt(8, 2, trust=10)
    (0.5, 0.75, 0.65)
    """
    right, wrong = require.number("right", right, 0), require.number("wrong", wrong, 0)
    trust = require.number("trust", trust, above=0)
    return (right + trust * _chance("prior", prior)) / (right + wrong + trust)


def _chance(name: str, p: float) -> float:
    return require.probability(name, p, certain=False)


# --- the result of all voices -----------------------------------------------------------------------


@message
class Voice:
    """This is one vote, and its weight."""

    voter: str
    choice: str
    weight: float  # 0 for an abstention
    known: bool = True  # or a stranger


@message
class Consensus:
    """This is the result of all voices."""

    result: str  # accepted, rejected, tie or no_quorum
    margin: float  # of one side over the other, as a share of the weight of all who voted
    confidence: float  # the probability that the result is right, from 0.5 to 1
    voices: tuple[Voice, ...]

    def __repr__(self) -> str:
        return f"<Consensus {self.result}: margin {self.margin:.2f}, confidence {self.confidence:.3f}>"


def decide(
    votes: Mapping[str, object],
    competences: Mapping[str, float],
    weigh: str | Weigh = "log_odds",
    cap: float = inf,
    stranger: float = 0.5,
    strangers: float = 0.0,
    prior: float = 0.5,
    quorum: int = 1,
) -> Consensus:
    """The result of votes, each yes, no or abstain, from voters of these competences.

    competences: the probability that a voter is right, above 0 and below 1; all other voters are strangers.
    weigh: "log_odds", "linear" or "equal", or a function from a competence to a weight.
    cap: the largest weight of one voter, above 0.
    stranger: the competence of a stranger, above 0 and below 1.
    strangers: the weight that all strangers who vote share at most, 0 or more, so that it does not help to
        come under many names.
    prior: how likely yes was before, above 0 and below 1; it counts like one more voice.
    quorum: how many must vote yes or no, 1 or more; an abstention counts nowhere.

    The confidence is the probability that the result is right, if votes are independent and the competences
    true: what an agent says of its own confidence is not a competence.  A rule that is not "log_odds" may
    decide against the evidence; its confidence is then 0.5.  Raises ValueError for any other vote or setting.
    """
    rule = WEIGHTS[require.one_of("weigh", weigh, WEIGHTS)] if isinstance(weigh, str) else weigh
    _check(competences, stranger, cap, strangers, quorum)
    said = {voter: _read(voter, choice) for voter, choice in votes.items()}
    unknown = [voter for voter, sign in said.items() if sign and voter not in competences]
    share = min(cap, strangers / max(1, len(unknown)))
    leads = [rule(_chance("prior", prior)) - rule(0.5)]
    evidence, voices = [log_odds(prior)], []
    for voter, sign in said.items():
        p, most = competences.get(voter, stranger), cap if voter in competences else share
        weight = max(-most, min(most, abs(sign) * rule(p)))
        leads.append(sign * weight)
        evidence.append(sign * log_odds(p) * (weight / rule(p) if rule(p) else 1))
        voices.append(Voice(voter, SPELT[sign], weight, voter in competences))
    return _consensus(leads, fsum(evidence), tuple(voices), quorum)


SPELT = {1: YES, -1: NO, 0: ABSTAIN}


def _consensus(leads: list[float], evidence: float, voices: tuple[Voice, ...], quorum: int) -> Consensus:
    lead, total = fsum(leads), fsum(map(abs, leads))
    if sum(voice.choice != ABSTAIN for voice in voices) < quorum:
        return Consensus(NO_QUORUM, 0.0, 0.5, voices)
    if abs(lead) <= ROUNDING * total:
        return Consensus(TIE, 0.0, 0.5, voices)
    sure = max(0.0, evidence if lead > 0 else -evidence)
    return Consensus(ACCEPTED if lead > 0 else REJECTED, abs(lead) / total, 1 / (1 + exp(-sure)), voices)


def brier(forecasts: Iterable[tuple[float, bool]]) -> float:
    """The mean squared error of confidences, each with whether the decision was right; 0.25 for a coin.

    G. Brier, Verification of Forecasts Expressed in Terms of Probability, Monthly Weather Review 78(1), 1950.

    >>> brier([(0.9, True), (0.6, False)])
    0.185
    """
    errors = [(require.probability("confidence", each) - right) ** 2 for each, right in forecasts]
    allowed = "expected at least one confidence, and whether it was right"
    require.that(errors, "no forecasts", allowed, "[(0.9, True)]")
    return fsum(errors) / len(errors)


def _check(
    competences: Mapping[str, float], stranger: float, cap: float, strangers: float, quorum: int
) -> None:
    """Raise ValueError if a setting of `decide` is out of range."""
    for voter, p in competences.items():
        _chance(f"competence of {voter}", p)
    _chance("stranger", stranger)
    require.that(cap > 0, f"cap={cap!r}", "expected a weight above 0", "cap=3.0")
    require.number("strangers", strangers, 0, example=0.5)
    require.count("quorum", quorum, 1)


def _read(voter: str, choice: object) -> int:
    """1 for yes, -1 for no, 0 for abstain."""
    read = Majority().read(choice)
    if read is None:
        require.fail(f"{voter} says {choice!r}", "expected yes, no or abstain", f"{{{voter!r}: 'abstain'}}")
    return {YES: 1, NO: -1, ABSTAIN: 0}[read]
