"""What theory expects of a run of the crew lab, and when it says nothing."""

from __future__ import annotations

from coordlab.labs import declaration as lab
from coordlab.patterns.crew import theory
from coordlab.patterns.crew.pictures import passed, refused
from coordlab.patterns.orchestration.turns import result
from coordlab.trace.trace import FAULT, Trace

PLANNING, DECIDING = 1.0, 0.2  # virtual seconds of the plan, and of each decision of a manager


def duration(given: lab.Parameters, parts: float, again: int = 0) -> float:
    """Makespan by theory, if drafts are refused `again` times."""
    trip, names = given["latency"], [f"part {number}" for number in range(1, int(parts) + 1)]
    drafts = [given["report"]] * (1 + again)
    if given["version"] == "hierarchical":
        works = [PLANNING, *[given["research"]] * len(names), *drafts]
        return theory.serial([each for work in works for each in (DECIDING, work, DECIDING)], trip)
    if given["version"] == "sequential":
        return theory.serial([PLANNING, *[given["research"]] * len(names), *drafts], trip)
    parted = dict.fromkeys(names, ("plan",))
    needs: dict[str, tuple[str, ...]] = {"plan": (), **parted, "draft 0": tuple(names)}
    needs |= {f"draft {number}": (f"draft {number - 1}",) for number in range(1, 1 + again)}
    written = dict.fromkeys(needs, float(given["report"]))
    seconds = {**written, "plan": PLANNING, **dict.fromkeys(names, float(given["research"]))}
    return theory.critical_path(seconds, needs, trip)


def makespan(given: lab.Parameters, trace: Trace) -> lab.Theory:
    """The makespan, with as many drafts as were refused."""
    again = refused(trace) - (1 - passed(trace))
    return lab.Theory(round(duration(given, given["parts"], again), 6), unless=_disturbed(given, trace))


def turns(given: lab.Parameters, trace: Trace) -> lab.Theory:
    """One for each attempt, or three if a manager delegates it."""
    attempts = given["parts"] + 1 + passed(trace) + refused(trace)
    each = theory.hierarchical_turns(1) if given["version"] == "hierarchical" else 1
    return lab.Theory(attempts * each, unless=_disturbed(given, trace))


def _disturbed(given: lab.Parameters, trace: Trace) -> str:
    if trace.select(kind=FAULT):
        return "a fault strikes"
    if given["failing"]:
        return "turns fail"
    return "" if result(trace) else "the run ends before the crew has stopped"


def curve(version: str) -> lab.Curve:
    """The makespan of a version by the number of parts."""
    return lab.Curve(lambda given, parts: duration({**given, "version": version}, parts))
