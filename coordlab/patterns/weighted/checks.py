"""What must hold of weighted consensus, however competent its voices: invariants WC-S1 to WC-S6 on a trace.

The moderator decides with all voices and their weights (`Decided`), and notes the truth after it (`Graded`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from math import fsum, inf, sqrt
from typing import Any

from coordlab.patterns.voting.rules import ABSTAIN, ACCEPTED, NO_QUORUM, REJECTED, TIE, YES
from coordlab.patterns.weighted.rules import ROUNDING, WEIGHTS, brier, learnt
from coordlab.properties import (
    HOLDS,
    UNDECIDED,
    VIOLATED,
    Complaint,
    Property,
    Verdict,
    leads_to,
    on_record,
    watched,
)
from coordlab.trace.trace import CRASH, SEND, Event, Trace

ENOUGH = 20  # graded decisions, below which nobody can say whether confidences are true


def decided(event: Event) -> Any:
    """The decision that an event tells of, if it does."""
    return event.data if on_record(event, "Decided") else None


def graded(event: Event) -> Any:
    """The truth that an event tells of, if it does."""
    return event.data if on_record(event, "Graded") else None


def says(voices: Iterable[Any], factor: float = 1.0) -> str:
    """What voices come to by their weights."""
    leads = [
        factor * each.weight * (1 if each.choice == YES else -1) for each in voices if each.choice != ABSTAIN
    ]
    lead = fsum(leads)
    if not leads:
        return NO_QUORUM
    return TIE if abs(lead) <= ROUNDING * fsum(map(abs, leads)) else ACCEPTED if lead > 0 else REJECTED


def each_decision(name: str, wrong: Callable[[Any], str | None]) -> Property:
    """A property of single decisions: `wrong(decision)` says what is wrong with one."""

    def watch(_: Trace) -> Complaint:
        return lambda event: wrong(done) if (done := decided(event)) else None

    return watched(name, watch)


def weightless_change_nothing() -> Property:
    """WC-S1: who abstains or weighs nothing has no part in the decision, and each has one voice."""

    def wrong(done: Any) -> str | None:
        abstaining = [each.voter for each in done.voices if each.choice == ABSTAIN and each.weight]
        heard = [each for each in done.voices if each.weight]
        if abstaining:
            return f"{abstaining[0]} abstains and weighs something."
        if len({each.voter for each in done.voices}) < len(done.voices):
            return f"somebody has two voices on question {done.number}."
        if heard and says(heard) != done.result:
            return f"those who weigh something say {says(heard)}, and the outcome was {done.result}."
        return None

    return each_decision("who weighs nothing changes nothing", wrong)


def scale_changes_nothing(factor: float = 1000.0) -> Property:
    """WC-S2: the decision is the same if all weights are multiplied by one factor."""

    def wrong(done: Any) -> str | None:
        larger = says(done.voices, factor)
        return None if larger == done.result else f"times {factor:g} they say {larger}, not {done.result}."

    return each_decision("only proportions count", wrong)


def equals_are_a_majority() -> Property:
    """WC-S3: where all who vote weigh the same, the simple majority decides."""

    def wrong(done: Any) -> str | None:
        voting = [each for each in done.voices if each.choice != ABSTAIN]
        weights = [each.weight for each in voting]
        if not weights or min(weights) <= 0 or max(weights) - min(weights) > ROUNDING:
            return None
        yes = sum(each.choice == YES for each in voting)
        count = TIE if 2 * yes == len(voting) else ACCEPTED if 2 * yes > len(voting) else REJECTED
        return None if count == done.result else f"of equals {yes} of {len(voting)} say yes: {done.result}?"

    return each_decision("equals are a simple majority", wrong)


def weights_are_earned(weight: Callable[[str, tuple[int, int]], float | None]) -> Property:
    """WC-S4: each weight is the one that the answers graded before deserve, and no others.

    `weight(voter, (right, wrong))` gives it; None for a stranger.  That log-odds are the best weights is a
    theorem: see `coordlab.patterns.weighted.theory.best_accuracy`.
    """

    def watch(_: Trace) -> Complaint:
        records: dict[str, tuple[int, int]] = {}
        last: list[Any] = []

        def wrong(event: Event) -> str | None:
            if truth := graded(event):
                for each in last:
                    right, false = records.get(each.voter, (0, 0))
                    records[each.voter] = (
                        right + (each.choice == truth.truth),
                        false + (each.choice != truth.truth),
                    )
            elif done := decided(event):
                last[:] = [each for each in done.voices if each.choice != ABSTAIN]
                for each in last:
                    due = weight(each.voter, records.get(each.voter, (0, 0)))
                    if due is not None and abs(each.weight - due) > ROUNDING:
                        return f"{each.voter} weighs {each.weight:.3f}, and its record deserves {due:.3f}."
            return None

        return wrong

    return watched("weights rest on what was graded before", watch)


def calibrated(deviations: float = 4.0) -> Property:
    """WC-S5: confidences lie between 0.5 and 1, and as many decisions are right as they promise.

    Within so many standard deviations; undecided if fewer than 20 decisions were graded.
    """
    name = "confidences are true"

    def judge(trace: Trace) -> Verdict:
        last, forecasts = None, list[tuple[float, bool]]()
        for event in trace:
            if done := decided(event):
                last = done
                if not 0.5 <= done.confidence <= 1:
                    why = f"the confidence on question {done.number} is {done.confidence:g}."
                    return Verdict(name, VIOLATED, event.time, event.seq, why)
            elif (truth := graded(event)) and last and last.result in (ACCEPTED, REJECTED):
                forecasts.append((last.confidence, (last.result == ACCEPTED) == (truth.truth == YES)))
        if len(forecasts) < ENOUGH:
            return Verdict(name, UNDECIDED, because=f"only {len(forecasts)} decisions were graded")
        off = fsum(confidence - right for confidence, right in forecasts)
        if abs(off) <= deviations * sqrt(fsum(each * (1 - each) for each, _ in forecasts)):
            return Verdict(name, HOLDS)
        why = f"{abs(off):.1f} decisions of {len(forecasts)} too {'few' if off > 0 else 'many'} were right"
        return Verdict(
            name, VIOLATED, trace.until, None, f"{why}; the Brier score is {brier(forecasts):.3f}."
        )

    return Property(name, judge)


def strangers_bounded(strangers: float = 0.0) -> Property:
    """WC-S6: all who are unknown weigh together no more than was declared."""

    def wrong(done: Any) -> str | None:
        weight = fsum(abs(each.weight) for each in done.voices if not each.known)
        return None if weight <= strangers + ROUNDING else f"strangers weigh {weight:g}, not {strangers:g}."

    return each_decision("strangers weigh no more than declared", wrong)


def decided_in_time(deadline: float = 1.0, slack: float = 0.1) -> Property:
    """Every question is decided in `deadline` + `slack` seconds, if the moderator stays up."""

    def begins(event: Event) -> Iterator[Any]:
        if event.kind == SEND and event.name == "Question":
            yield event.data.number, event.agent

    def ends(event: Event, begun: Any) -> Iterator[Any]:
        if done := decided(event):
            yield done.number, event.agent
        elif event.kind == CRASH:
            yield from [each for each in begun if each[1] == event.agent]

    return leads_to(f"a decision within {deadline + slack:g} s", begins, ends, deadline + slack)


def properties(
    known: Mapping[str, float] | None = None,
    learning: bool = False,
    trust: float = 2.0,
    weigh: str = "log_odds",
    cap: float = inf,
    strangers: float = 0.0,
    deadline: float = 1.0,
) -> tuple[Property, ...]:
    """All of them, for a moderator with these settings; the deadline is in seconds."""
    prior = known or {}

    def weight(voter: str, record: tuple[int, int]) -> float | None:
        if voter not in prior and not (learning and any(record)):
            return None
        earned = learnt(*record, prior.get(voter, 0.5), trust) if learning else prior[voter]
        return max(-cap, min(cap, WEIGHTS[weigh](earned)))

    return (
        weightless_change_nothing(),
        scale_changes_nothing(),
        equals_are_a_majority(),
        weights_are_earned(weight),
        calibrated(),
        strangers_bounded(strangers),
        decided_in_time(deadline),
    )
