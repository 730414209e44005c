"""What theory expects of a run of the heartbeat lab, and when it says nothing."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt

from coordlab.labs import declaration as lab
from coordlab.patterns.heartbeat import theory
from coordlab.patterns.heartbeat.rules import PHIS, Detector, PhiAccrual, Timeout, silence
from coordlab.trace.trace import CRASH, DECISION, DROP, FAULT, Trace

TIMEOUT = "time-out"
DOWN, BACK = 10.3, 20.3  # virtual seconds at which a2 crashes, and at which it is up again


def detector(given: lab.Parameters) -> Detector:
    """The one that the parameters choose."""
    if given["detector"] == TIMEOUT:
        return Timeout(given["wait"])
    names = {"threshold": "threshold", "window": "window", "least": "least", "pause": "forgiven"}
    settings = {name: given[each] for name, each in names.items()}
    return PhiAccrual(form=given["detector"], first=given["interval"], **settings)


def faults(given: lab.Parameters) -> tuple[str, ...]:
    """A process that stops for a while, a crash, and a clock that is set."""
    pause = (f"pause a1 @5.2..{round(5.2 + given['stopped'], 6):g}",) if given["stopped"] else ()
    jump = ("skew monitor +60 @16.6",) if given["version"] == "wall-clock" else ()
    return (*pause, f"crash a2 @{DOWN}..{BACK}", *jump)


def learnt(given: lab.Parameters) -> tuple[float, float]:
    """The least and the most silence of a2 that is suspected when it crashes, in seconds.

    Delays make single gaps longer or shorter, but hardly their sum; phi begins with two gaps that are a
    quarter off.
    """
    if given["detector"] == TIMEOUT:
        return given["wait"], given["wait"]
    usual, jitter = given["interval"], _jitter(given)
    known = min(given["window"], int(DOWN / usual) + 2)
    off = (jitter + usual / 4) / known
    deviation = sqrt((2 * (usual / 4) ** 2 + known * jitter**2) / known)
    return _silences(given, (usual - off, given["least"]), (usual + off, deviation))


def worst(given: lab.Parameters) -> tuple[float, float]:
    """The same whenever an agent crashes, if all gaps that phi knows are the shortest or the longest."""
    if given["detector"] == TIMEOUT:
        return given["wait"], given["wait"]
    low = min(0.75 * given["interval"], given["interval"] - _jitter(given))
    high = max(1.25 * given["interval"], _longest_gap(given))
    return _silences(given, (low, given["least"]), (high, (high - low) / 2))


def _silences(
    given: lab.Parameters, least: tuple[float, float], most: tuple[float, float]
) -> tuple[float, float]:
    """The silences at which phi reaches the threshold, for two pairs of mean gap and deviation."""
    found = [
        silence(given["threshold"], PHIS[given["detector"]], max(0.01, mean), max(given["least"], deviation))
        for mean, deviation in (least, most)
    ]
    return found[0] + given["forgiven"], found[1] + given["forgiven"]


def _jitter(given: lab.Parameters) -> float:
    """The seconds by which delays change a gap at most."""
    return 0.8 * float(given["slowest"])


def _longest_gap(given: lab.Parameters) -> float:
    """Seconds between two heartbeats, at most, while none is lost."""
    return float(given["interval"] + _jitter(given) + given["stopped"])


def _detected(given: lab.Parameters, silent: float, most: bool) -> float:
    """The least or the most seconds from a crash to its suspicion after this silence."""
    least, longest = theory.detection(max(silent, given["interval"]), given["interval"], given["period"])
    slowest = float(given["slowest"])
    return round(longest + slowest if most else least + slowest / 5, 6)


def swept(name: str, most: bool) -> Callable[[lab.Parameters, float], float]:
    """The least or the most seconds from a crash to its suspicion, over values of a parameter."""
    return lambda given, x: _detected(given, learnt({**given, name: x})[most], most)


def finding(given: lab.Parameters, trace: Trace) -> lab.Theory:
    """A crash is found after the silence that is suspected; its last heartbeat came a little earlier."""
    low, high = learnt(given)
    expected = _detected(given, low, False), _detected(given, high, True)
    news = trace.select("Suspected", kind=DECISION, before=DOWN)
    why = {
        "a2 does not crash": not trace.select(kind=CRASH),
        "a2 is suspected before its crash": any(event.data.target == "a2" for event in news),
        "the run ends or a2 is back too early": min(trace.until, BACK) <= DOWN + expected[1],
        "another fault strikes": any("a2" in each or "monitor" in each for each in _others(given, trace)),
        "a heartbeat is lost": _lost(trace),
    }
    return lab.Theory(expected, says="within", unless=lab.why_not(why))


def never_wrong(given: lab.Parameters, trace: Trace) -> lab.Theory:
    """No gap is long enough."""
    short = worst(given)[0] <= _longest_gap(given) + given["period"]
    why = {
        "this version suspects without a silence": given["version"] in ("since-1970", "wall-clock"),
        "a gap may be long enough for a suspicion": short,
        "another fault strikes": any(".." in each or "crash" not in each for each in _others(given, trace)),
        "a heartbeat is lost": _lost(trace),
    }
    return lab.Theory(0, unless=lab.why_not(why))


def _others(given: lab.Parameters, trace: Trace) -> list[str]:
    """The faults that strike beside those that the lab comes with."""
    own = faults(given)
    return [str(event.data) for event in trace.select(kind=FAULT) if event.data not in own]


def _lost(trace: Trace) -> bool:
    return any(event.data != "down" for event in trace.select(kind=DROP))


def clear(given: lab.Parameters) -> bool:
    """Whether delays and looks cannot change how many heartbeats must be lost for a mistake."""
    needed = theory.misses(given["wait"], given["interval"])
    late = (needed + 1) * given["interval"] - _jitter(given) >= given["wait"] + given["period"]
    return bool(needed and late and needed * given["interval"] + _jitter(given) < given["wait"])


def mistake_rate(given: lab.Parameters, wait: float) -> float:
    """Mistakes an hour with this time-out."""
    needed = theory.misses(wait, given["interval"])
    return theory.mistakes_per_hour(given["loss"], max(1, needed), given["interval"])


def within(given: lab.Parameters) -> float:
    """Seconds in which a crash must be found, for the property."""
    return _detected(given, worst(given)[1], most=True)


def taken_back(given: lab.Parameters) -> float | None:
    """Seconds in which a mistake must be over; None: no promise, as heartbeats may be lost."""
    return None if given["loss"] else round(_longest_gap(given), 6)
