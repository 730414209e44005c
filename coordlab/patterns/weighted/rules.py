"""Weighted consensus: how loud each voice should be, and how sure one may be of what they say together.

Who is right with probability p deserves the weight ln(p / (1 - p)): nothing at one half, and below it the
contrary counts.  The sum of these weights is the logarithm of the odds that the answer is yes.

    >>> decide({"ann": "yes", "bob": "no", "cat": "no"}, {"ann": 0.95, "bob": 0.6, "cat": 0.6})
    <Consensus accepted: margin 0.57, confidence 0.894>

S. Nitzan and J. Paroush, International Economic Review 23(2), 1982.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from math import exp, fsum, inf, log
from typing import Any

from coordlab.patterns.voting.rules import ABSTAIN, ACCEPTED, NO, NO_QUORUM, REJECTED, TIE, YES, Majority
from coordlab.world.message import message

Weigh = Callable[[float], float]
ROUNDING = 1e-9  # what is smaller than this part of all weights together is a rounding error


# --- what a voice is worth ------------------------------------------------------------------------


def log_odds(competence: float) -> float:
    """The logarithm of the odds of being right.

    >>> round(log_odds(0.9), 3), round(log_odds(0.6), 3), log_odds(0.5), round(log_odds(0.1), 3)
    (2.197, 0.405, 0.0, -2.197)
    """
    return log(_chance("competence", competence) / (1 - competence))


def linear(competence: float) -> float:
    """The competence itself, which wastes what one knows: a coin has a voice, and a liar is believed."""
    return _chance("competence", competence)


def equal(competence: float) -> float:
    """One voter, one vote."""
    return 1.0


WEIGHTS: dict[str, Weigh] = {"log_odds": log_odds, "linear": linear, "equal": equal}


def learnt(right: int, wrong: int, prior: float = 0.5, trust: float = 2.0) -> float:
    """The competence that a record of answers suggests, drawn towards `prior` as by `trust` more of them.

    It is the mean of the beta distribution that the record leaves, and never 0 or 1.

    >>> learnt(0, 0), learnt(8, 2), learnt(8, 2, trust=10)
    (0.5, 0.75, 0.65)
    """
    if not (0 <= right < inf and 0 <= wrong < inf and 0 < trust < inf):
        raise ValueError(
            f"right={right}, wrong={wrong}, trust={trust}: answers are counted from 0, and trust is above 0. "
            f"Write learnt(8, 2)."
        )
    return (right + trust * _chance("prior", prior)) / (right + wrong + trust)


def _chance(name: str, p: float) -> float:
    if not isinstance(p, (int, float)) or not 0 < p < 1:
        raise ValueError(
            f"{name}={p!r}: a probability above 0 and below 1 is meant, for nobody is always right. "
            f"Take learnt(right, wrong) of a record, or 0.99."
        )
    return p


# --- what they say together -----------------------------------------------------------------------


@message
class Voice:
    """This is how one voted, and how much it weighs."""

    voter: str
    choice: str
    weight: float  # 0 for an abstention
    known: bool = True  # or a stranger


@message
class Consensus:
    """This is what the voices say together."""

    result: str  # accepted, rejected, tie or no_quorum
    margin: float  # of one side over the other, as a share of the weight of all who voted
    confidence: float  # how likely it is right, from 0.5 to 1
    voices: tuple[Voice, ...]

    def __repr__(self) -> str:
        return f"<Consensus {self.result}: margin {self.margin:.2f}, confidence {self.confidence:.3f}>"


def decide(
    votes: Mapping[str, Any],
    competences: Mapping[str, float],
    weigh: str | Weigh = "log_odds",
    cap: float = inf,
    stranger: float = 0.5,
    strangers: float = 0.0,
    prior: float = 0.5,
    quorum: int = 1,
) -> Consensus:
    """What voters of these competences say together: yes, no or abstain each.

    No weight exceeds `cap`.  Who is in `votes` but not in `competences` is a stranger, and taken to have the
    competence `stranger`; all strangers who vote share a weight of at most `strangers`, so that it does not
    help to come under many names.  `prior` is how likely yes was before; it counts like one more voice.  An
    abstention counts nowhere, and at least `quorum` must vote yes or no.

    The confidence is the probability that the result is right, if votes are independent and the competences
    true: what an agent says of its own confidence is no competence.  A rule that is not "log_odds" may decide
    against the evidence; its confidence is then 0.5.

    >>> decide({"ann": "yes", "bob": "abstain"}, {"ann": 0.6, "bob": 0.99})
    <Consensus accepted: margin 1.00, confidence 0.600>
    >>> decide({"ann": "abstain"}, {"ann": 0.9})
    <Consensus no_quorum: margin 0.00, confidence 0.500>
    """
    rule = _rule(weigh)
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
    """The mean squared error of confidences, each with whether what it was about was right; 0.25 for a coin.

    G. Brier, Verification of Forecasts Expressed in Terms of Probability, Monthly Weather Review 78(1), 1950.

    >>> brier([(0.9, True), (0.6, False)])
    0.185
    """
    errors = [(confidence - right) ** 2 for confidence, right in forecasts]
    if not errors:
        raise ValueError("no forecast has been graded yet: give at least one (confidence, right).")
    return fsum(errors) / len(errors)


def _rule(weigh: str | Weigh) -> Weigh:
    if isinstance(weigh, str) and weigh not in WEIGHTS:
        raise ValueError(
            f"weigh={weigh!r} is none of {', '.join(WEIGHTS)}. Write weigh='log_odds', or give a function."
        )
    return WEIGHTS[weigh] if isinstance(weigh, str) else weigh


def _check(
    competences: Mapping[str, float], stranger: float, cap: float, strangers: float, quorum: int
) -> None:
    for voter, p in competences.items():
        _chance(f"competence of {voter}", p)
    _chance("stranger", stranger)
    if not (cap > 0 and strangers >= 0 and type(quorum) is int and quorum >= 1):
        raise ValueError(
            f"cap={cap}, strangers={strangers}, quorum={quorum}: a cap is above 0, strangers share 0 or more "
            f"and at least 1 must vote. Write cap=3.0, strangers=0.5, quorum=1."
        )


def _read(voter: str, choice: Any) -> int:
    """1 for yes, -1 for no, 0 for abstain."""
    read = Majority().read(choice)
    if read is None:
        raise ValueError(
            f"{voter} says {choice!r}, which is none of yes, no, abstain. Leave it out, or ask again."
        )
    return {YES: 1, NO: -1, ABSTAIN: 0}[read]
