"""What theory expects of a run of the bully lab, and when it says nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from coordlab.labs import declaration as lab
from coordlab.patterns.bully import theory
from coordlab.patterns.bully.checks import settling_time
from coordlab.patterns.bully.lab_agents import watching
from coordlab.patterns.bully.pictures import agreed_at, crashed_at, span
from coordlab.trace.trace import CRASH, FAULT, HEAL, Trace


def _says(given: lab.Parameters) -> str:
    """If one alone watches, it is known who notices."""
    return "most" if given["noticed"] == "all" else "equal"


def silence(given: lab.Parameters, trace: Trace) -> lab.Theory:
    """How long agents may disagree, if the run is long enough to tell."""
    bound = settling_time(given["patience"], given["heartbeat"])
    short = agreed_at(trace) is None and trace.until < crashed_at(trace) + bound
    why = "the run ends before that" if short else ""
    return lab.Theory(round(bound, 3), says="most", unless=_other_experiment(given, trace) or why)


def messages(given: lab.Parameters, trace: Trace) -> lab.Theory:
    """The price from the lowest, or from who watches alone, if each agent asks once.

    An Election after the news of its result, from an agent that had not heard it yet, begins another.
    """
    since, before = span(trace)
    elects = trace.select("Election", since=since, before=before)
    pairs = Counter((event.agent, event.peer) for event in elects)
    again = "an agent asks a second time" if max(pairs.values(), default=0) > 1 else ""
    skips = given["version"] == "skip-silent" and given["noticed"] != "all"
    price = theory.messages(given["agents"], watching(given)[0], skip_silent=skips)
    says = "most" if skips else _says(given)  # who asks nobody may rule before others have asked
    return lab.Theory(price, says, unless=_other_experiment(given, trace) or again)


def held(given: lab.Parameters, trace: Trace) -> lab.Theory | None:
    """Each that takes part holds one election; without the guard each doubles them."""
    if given["version"] == "skip-silent":
        return None  # who would ask the silent one alone asks nobody
    if given["version"] == "unguarded" and given["noticed"] == "all":
        return None
    first = watching(given)[0]
    taking_part = given["agents"] - first
    doubled = theory.unguarded_elections(taking_part + 1)
    number = doubled if given["version"] == "unguarded" else taking_part
    again = messages(given, trace).unless if given["version"] != "unguarded" else ""
    return lab.Theory(number, _says(given), unless=_other_experiment(given, trace) or again)


def two_at_once(given: lab.Parameters, trace: Trace) -> lab.Theory:
    """No two coordinate before the first crash, if agents wait for the slowest answer and none is lost."""
    early = trace.select(kind=FAULT, before=crashed_at(trace) or trace.until)
    reasons = {
        "patience < 2 × slowest": given["patience"] < 2 * given["slowest"],
        "messages may be lost": given["loss"] > 0,
        "another fault strikes before": early,
    }
    return lab.Theory(0, says="most", unless=lab.why_not(reasons))


def _other_experiment(given: lab.Parameters, trace: Trace) -> str:
    """Why the run is not what theory speaks of: one election, begun by one crash, over a reliable network."""
    since, before = span(trace)
    strokes = trace.select(kind=FAULT, before=before) + trace.select(kind=HEAL, since=since, before=before)
    return lab.why_not({
        "nobody crashes": not trace.select(kind=CRASH),
        "patience < 2 × slowest": given["patience"] < 2 * given["slowest"],
        "another fault strikes, or one ends, before all agree": len(strokes) > 1,
        "a message is lost": lab.lost(trace, since, before),
    })  # fmt: skip


def reliable(given: lab.Parameters) -> bool:
    """Whether every answer comes in time."""
    return not given["loss"] and bool(given["patience"] >= 2 * given["slowest"])


def noticed_by(lowest: bool) -> lab.Curve:
    """The price by the number of agents, if the lowest notices, or the second highest."""
    return lab.Curve(lambda given, n: theory.messages(int(n), 1 if lowest else int(n) - 1), applies=reliable)


def elections(held: Callable[[int], int]) -> lab.Curve:
    """How many elections are held, by the number of agents."""
    return lab.Curve(lambda given, n: held(int(n)), applies=reliable)


SILENT = lab.Curve(lambda given, wait: settling_time(wait, given["heartbeat"]), "most", reliable)
"""The longest silence, by how long agents wait for an answer."""
