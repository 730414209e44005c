"""What theory expects of a run of the bus lab, and when it says nothing."""

from __future__ import annotations

from coordlab.labs import declaration as lab
from coordlab.patterns.bus import pictures, theory
from coordlab.trace.trace import FAULT, HANDLE, NOTE, Trace


def subscribers(given: lab.Parameters) -> tuple[str, ...]:
    """The clients that subscribe."""
    return lab.numbered("s", given["subscribers"])


def faults(given: lab.Parameters) -> tuple[str, ...]:
    """The bus crashes and comes back."""
    return (f"crash bus @3..{round(3 + given['outage'], 6):g}",) if given["outage"] else ()


def end(given: lab.Parameters) -> float:
    """Virtual seconds in which all letters are published, and delivered one after the other."""
    letters = given["publishers"] * given["letters"]
    delivered = letters * given["patience"] * theory.tries(given["loss"])
    return round(7 + 0.5 * float(given["letters"]) + float(given["outage"]) + float(delivered), 1)


def durable(given: lab.Parameters) -> bool:
    """Whether the bus keeps letters over a crash."""
    return bool(given["version"] != "forgetful")


def _strange(given: lab.Parameters, trace: Trace) -> bool:
    """Whether a fault strikes beside the one that the lab comes with."""
    own = faults(given)
    return any(str(event.data) not in own for event in trace.select(kind=FAULT))


def effects(given: lab.Parameters, trace: Trace) -> lab.Theory:
    """Each letter takes effect once for who wants it; at most once if nothing is repeated."""
    if given["version"] == "at-most-once":
        return lab.Theory(1.0, "most", lab.why_not({"no letter is wanted": not pictures.wanted(trace)}))
    reasons = {
        "no letter is wanted": not pictures.wanted(trace),
        "the bus forgets in a crash": given["version"] == "forgetful" and trace.select(kind=FAULT),
        "letters are shed or dead": trace.select("Shed", kind=NOTE) or trace.select("DeadLetter", kind=NOTE),
        "another fault strikes": _strange(given, trace),
        "the run ends before all have arrived": _unfinished(given, trace),
    }
    says = "least" if given["version"] == "no-memory" else "equal"
    return lab.Theory(1.0, says, lab.why_not(reasons))


def mean_effects(given: lab.Parameters, loss: float) -> float:
    """The same on average, without a crash."""
    version = given["version"]
    return theory.effects(version != "at-most-once", version != "no-memory", loss)


def _unfinished(given: lab.Parameters, trace: Trace) -> bool:
    """Whether letters still wait at the end, or are not published yet."""
    table = pictures.Queues(durable(given))
    for event in trace:
        table.take(event)
    taken = {event.content.letter for event in trace.select("Publish", kind=HANDLE)}
    waiting = any(counts["waiting"] for counts in table.counts.values())
    joined = len(table.patterns) == given["subscribers"]
    return waiting or not joined or len(taken) < given["publishers"] * given["letters"]


def messages(given: lab.Parameters, trace: Trace) -> lab.Theory | None:
    """Each letter to the bus and on to who wants it, and the answers; more if some are lost."""
    if given["version"] in ("at-most-once", "forgetful"):
        return None
    receivers = given["subscribers"] if given["wants"] == "all" else 1
    number = theory.messages(given["publishers"] * given["letters"], receivers, acknowledged=True)
    lossy = given["loss"] or given["duplicate"] or trace.select(kind=FAULT)
    reasons = {
        "answers take longer than patience": 2 * given["slowest"] > given["patience"],
        "letters are shed or dead": trace.select("Shed", kind=NOTE) or trace.select("DeadLetter", kind=NOTE),
        "the run ends before all have arrived": _unfinished(given, trace),
    }
    return lab.Theory(number, "least" if lossy else "equal", lab.why_not(reasons))
