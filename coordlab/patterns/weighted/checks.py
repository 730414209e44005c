"""What must hold of weighted consensus, whatever the competences: invariants WC-S1 to WC-S6 on a trace.

The moderator decides with all voices and their weights (`Decided`), and notes the truth after it (`Graded`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from math import fsum, inf, log, sqrt

from coordlab.patterns.voting.checks import closed_in_time
from coordlab.patterns.voting.rules import ABSTAIN, ACCEPTED, NO_QUORUM, REJECTED, TIE, YES
from coordlab.patterns.weighted.rules import ROUNDING, Voice, brier
from coordlab.properties import on_record, recorded
from coordlab.properties.verdicts import HOLDS, UNDECIDED, VIOLATED, Objection, Property, Verdict, safety
from coordlab.trace.trace import HANDLE, SEND, Event, Trace

ENOUGH = 20  # graded decisions, below which nobody can say whether confidences are true


def says(voices: Iterable[Voice], factor: float = 1.0) -> str:
    """The result of these voices, with all weights multiplied by `factor`."""
    leads = [
        factor * each.weight * (1 if each.choice == YES else -1) for each in voices if each.choice != ABSTAIN
    ]
    lead = fsum(leads)
    if not leads:
        return NO_QUORUM
    return TIE if abs(lead) <= ROUNDING * fsum(map(abs, leads)) else ACCEPTED if lead > 0 else REJECTED


@safety("who weighs nothing changes nothing")
def weightless_change_nothing(trace: Trace) -> Iterator[Objection]:
    """WC-S1: abstentions and voices without weight have no part in the decision; each voter has one voice."""
    for event in recorded(trace, "Decided"):
        done = event.content
        if abstaining := [each.voter for each in done.voices if each.choice == ABSTAIN and each.weight]:
            yield event, f"{abstaining[0]} abstains, but has a weight."
        if len({each.voter for each in done.voices}) < len(done.voices):
            yield event, f"a voter has two voices on question {done.number}."
        heard = [each for each in done.voices if each.weight]
        if heard and says(heard) != done.result:
            yield event, f"the voices with a weight say {says(heard)}, and the outcome was {done.result}."


@safety("only proportions count")
def scale_changes_nothing(trace: Trace) -> Iterator[Objection]:
    """WC-S2: the decision is the same if all weights are multiplied by one factor."""
    for event in recorded(trace, "Decided"):
        larger = says(event.content.voices, factor=1000.0)
        if larger != event.content.result:
            yield event, f"with 1000 times the weights they say {larger}, not {event.content.result}."


@safety("equals are a simple majority")
def equals_are_a_majority(trace: Trace) -> Iterator[Objection]:
    """WC-S3: where all who vote have the same weight, the simple majority decides."""
    for event in recorded(trace, "Decided"):
        voting = [each for each in event.content.voices if each.choice != ABSTAIN]
        weights = [each.weight for each in voting]
        if not weights or min(weights) <= 0 or max(weights) - min(weights) > ROUNDING:
            continue
        yes = sum(each.choice == YES for each in voting)
        count = TIE if 2 * yes == len(voting) else ACCEPTED if 2 * yes > len(voting) else REJECTED
        if count != event.content.result:
            yield event, f"{yes} of {len(voting)} equals say yes, but the outcome was {event.content.result}."


def weights_are_earned(weight: Callable[[str, tuple[int, int]], float | None]) -> Property:
    """WC-S4: each weight is the one that the answers graded before deserve, and no others.

    `weight(voter, (right, wrong))` returns it; None for a stranger.  That log-odds are the best weights is a
    theorem: see `coordlab.patterns.weighted.theory.best_accuracy`.
    """

    @safety("weights rest on what was graded before")
    def judge(trace: Trace) -> Iterator[Objection]:
        records: dict[str, tuple[int, int]] = {}
        last: list[Voice] = []
        for event in recorded(trace, "Decided", "Graded"):
            if event.name == "Graded":
                for each in last:
                    right, false = records.get(each.voter, (0, 0))
                    agrees = each.choice == event.content.truth
                    records[each.voter] = right + agrees, false + (not agrees)
                continue
            last = [each for each in event.content.voices if each.choice != ABSTAIN]
            for each in last:
                due = weight(each.voter, records.get(each.voter, (0, 0)))
                if due is not None and abs(each.weight - due) > ROUNDING:
                    yield event, f"{each.voter} weighs {each.weight:.3f}, but its record deserves {due:.3f}."

    return judge


def calibrated(deviations: float = 4.0) -> Property:
    """WC-S5: confidences are from 0.5 to 1, and as many decisions are right as they promise.

    Within this many standard deviations; undecided if fewer than 20 decisions were graded.
    """
    name = "confidences are true"

    def judge(trace: Trace) -> Verdict:
        last, forecasts = None, list[tuple[float, bool]]()
        for event in recorded(trace, "Decided", "Graded"):
            told = event.content
            if event.name == "Decided":
                last = told
                if not 0.5 <= told.confidence <= 1:
                    why = f"the confidence on question {told.number} is {told.confidence:g}."
                    return Verdict(name, VIOLATED, event.time, event.seq, why)
            elif last and last.result in (ACCEPTED, REJECTED):
                forecasts.append((last.confidence, (last.result == ACCEPTED) == (told.truth == YES)))
        if len(forecasts) < ENOUGH:
            return Verdict(name, UNDECIDED, because=f"only {len(forecasts)} decisions were graded")
        off = fsum(confidence - right for confidence, right in forecasts)
        if abs(off) <= deviations * sqrt(fsum(each * (1 - each) for each, _ in forecasts)):
            return Verdict(name, HOLDS)
        why = f"{abs(off):.1f} decisions of {len(forecasts)} too {'few' if off > 0 else 'many'} were right"
        score = f"the Brier score is {brier(forecasts):.3f}"
        return Verdict(name, VIOLATED, trace.until, None, f"{why}; {score}.")

    return Property(name, judge)


def strangers_bounded(strangers: float = 0.0) -> Property:
    """WC-S6: all unknown voters together weigh no more than was declared."""

    @safety("strangers weigh no more than declared")
    def judge(trace: Trace) -> Iterator[Objection]:
        for event in recorded(trace, "Decided"):
            weight = fsum(abs(each.weight) for each in event.content.voices if not each.known)
            if weight > strangers + ROUNDING:
                yield event, f"strangers weigh {weight:g}, but {strangers:g} was declared."

    return judge


@safety("voices are the opinions that came")
def voices_were_heard(trace: Trace) -> Iterator[Objection]:
    """WC-S7, by messages alone: the first opinion of each counts, as it was given.

    A moderator that crashes asks again, and what it had heard is void.
    """
    said: dict[str | None, str] = {}
    asked = 0, -1.0
    for event in trace:
        told = event.content
        if event.kind == SEND and event.name == "Question":
            said = said if asked == (told.number, event.time) else {}
            asked = told.number, event.time
        elif event.kind == HANDLE and event.name == "Opinion" and told.number == asked[0]:
            if told.choice in ("yes", "no", "abstain"):
                said.setdefault(event.peer, told.choice)
        elif on_record(event, "Decided") and {each.voter: each.choice for each in told.voices} != said:
            yield event, f"the voices on question {told.number} are not the opinions that came."


@safety("all are told the result")
def told_alike(trace: Trace) -> Iterator[Objection]:
    """WC-S8: each that was asked gets an Outcome at once, with the result that was decided."""
    asked: dict[str | None, None] = {}
    owed: dict[str | None, Event] = {}
    result = ""
    for event in trace:
        if owed and event.time > next(iter(owed.values())).time:
            yield next(iter(owed.values())), f"{next(iter(owed))} was not told the result."
        if event.kind == SEND and event.name == "Question":
            asked[event.peer] = None
        elif on_record(event, "Decided"):
            result, owed = event.content.result, dict.fromkeys(asked, event)
        elif event.kind == SEND and event.name == "Outcome":
            owed.pop(event.peer, None)
            if event.content.result != result:
                yield event, f"{event.peer} was told {event.content.result}, and it was {result}."


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
        right, answers = (record[0], sum(record)) if learning else (0, 0)
        p = (right + trust * prior.get(voter, 0.5)) / (answers + trust)
        return max(-cap, min(cap, {"log_odds": log(p / (1 - p)), "linear": p, "equal": 1.0}[weigh]))

    return (
        weightless_change_nothing,
        scale_changes_nothing,
        equals_are_a_majority,
        weights_are_earned(weight),
        calibrated(),
        strangers_bounded(strangers),
        voices_were_heard,
        told_alike,
        closed_in_time(deadline, call="Question", close="Decided"),
    )
