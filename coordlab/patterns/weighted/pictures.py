"""The pictures of weighted consensus, the weights over time and the voices; and what is counted for them."""

from __future__ import annotations

from collections import Counter
from math import fsum

from coordlab.labs.declaration import Parameters, numbered
from coordlab.labs.views import BEFORE, Cell, Curves, Table
from coordlab.patterns.voting.rules import ABSTAIN, ACCEPTED, NO_QUORUM, REJECTED, TIE, YES
from coordlab.patterns.weighted.lab_agents import PANELS
from coordlab.patterns.weighted.rules import WEIGHTS, brier
from coordlab.properties import recorded
from coordlab.trace.trace import Trace

LAST = 20  # questions


def panel(given: Parameters) -> dict[str, float]:
    """The competence of each expert."""
    return {f"e{number}": p for number, p in enumerate(PANELS[given["panel"]], 1)}


def strangers(given: Parameters) -> tuple[str, ...]:
    """The names of the sybils: voters that nobody knows."""
    return numbered("s", given["sybils"])


def marks(trace: Trace) -> list[float]:
    """For each question with a grade: 1 if the decision was right, 0 if wrong, and half if there was none."""
    said = {event.data.number: event.data.result for event in recorded(trace, "Decided")}
    truth = {event.data.number: event.data.truth for event in recorded(trace, "Graded")}
    right = {number: ACCEPTED if each == YES else REJECTED for number, each in truth.items()}
    return [
        0.5 if said[number] in (TIE, NO_QUORUM) else float(said[number] == right[number])
        for number in truth
        if number in said
    ]


def share_right(trace: Trace) -> float | None:
    """The share of right decisions; None if nothing was decided."""
    found = marks(trace)
    return round(fsum(found) / len(found), 4) if found else None


def share_of_the_last(trace: Trace) -> float | None:
    """The same of the last 20 questions alone."""
    found = marks(trace)[-LAST:]
    return round(fsum(found) / len(found), 4) if found else None


def confidence(trace: Trace) -> float | None:
    """The mean confidence of the decisions; None if there was none."""
    found = [event.data.confidence for event in recorded(trace, "Decided")]
    return round(fsum(found) / len(found), 3) if found else None


def score(trace: Trace) -> float | None:
    """The Brier score of the confidences: 0 is best, and 0.25 that of a coin; None if nothing was decided."""
    sure = [event.data.confidence for event in recorded(trace, "Decided")]
    pairs = [(each, bool(mark)) for each, mark in zip(sure, marks(trace), strict=False) if mark != 0.5]
    return round(brier(pairs), 3) if pairs else None


def weights(given: Parameters, trace: Trace) -> Curves:
    """The weight of each expert in each decision, and what it should be, by the competence of the best."""
    curves: dict[str, list[tuple[float, float | None]]] = {}
    for event in recorded(trace, "Decided"):
        for each in event.data.voices:
            if each.choice != ABSTAIN:
                curves.setdefault(each.voter, []).append((event.time, round(each.weight, 3)))
    rule = WEIGHTS[given["rule"]]
    lines = {f"deserved at {p:g}": round(rule(p), 3) for p in dict.fromkeys(panel(given).values())}
    return Curves({who: tuple(curves[who]) for who in sorted(curves)}, "weight", lines=lines)


def voices(given: Parameters, trace: Trace) -> Table:
    """What each says to the question under way, with which weight, and how often it was right."""
    rows = (*panel(given), *strangers(given), "all")
    cells = [Cell(BEFORE, who, "right so far", "0 of 0") for who in rows]
    said, right, graded = dict[str, str](), Counter[str](), Counter[str]()
    for event in recorded(trace, "Decided", "Graded"):
        told = event.data
        if event.name == "Decided":
            said = {each.voter: each.choice for each in told.voices}
            for each in told.voices:
                tone = {YES: "active", ABSTAIN: "idle"}.get(each.choice, "no")
                cells.append(Cell(event.seq, each.voter, "says", each.choice, tone))
                weight = f"{each.weight:.2f}" if each.choice != ABSTAIN else ""
                cells.append(Cell(event.seq, each.voter, "weight", weight))
            cells.append(Cell(event.seq, "all", "says", told.result))
            cells.append(Cell(event.seq, "all", "weight", f"margin {told.margin:.2f}"))
            said["all"] = {ACCEPTED: YES, REJECTED: "no"}.get(told.result, ABSTAIN)
        else:
            for who, choice in said.items():
                graded[who] += choice != ABSTAIN
                right[who] += choice == told.truth
                cells.append(Cell(event.seq, who, "right so far", f"{right[who]} of {graded[who]}"))
    return Table(rows, ("says", "weight", "right so far"), tuple(cells), head="voice")
