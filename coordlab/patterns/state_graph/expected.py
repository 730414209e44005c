"""What theory expects of a run of the state graph lab, and when it says nothing."""

from __future__ import annotations

from coordlab.labs import declaration as lab
from coordlab.patterns.orchestration.turns import result
from coordlab.patterns.state_graph import theory
from coordlab.patterns.state_graph.lab_agents import edges
from coordlab.trace.trace import FAULT, Trace


def _expected(given: lab.Parameters, trace: Trace) -> tuple[int, int, str]:
    """Executions, super-steps, and why they say nothing of this run.

    A review is called twice, before and after the answer; each draft but the last brings one more.
    """
    plain, joins = edges(given["stages"], given["arm"]), given["version"] != "plain-edges"
    drafts, again = given["drafts"], max(0, given["drafts"] - 1)
    calls = theory.executions(plain, joins) + again + 2 * drafts
    depth = theory.super_steps(plain) + again + drafts
    done = result(trace)
    reasons = {
        "a fault strikes": trace.select(kind=FAULT),
        "a draft may be published twice, as the last node runs twice": drafts and not joins,
        "the graph did not run to its end": not done or str(done.reason.kind) != "done",
    }
    return calls, depth, lab.why_not(reasons)


def calls(given: lab.Parameters, trace: Trace) -> lab.Theory:
    """How often nodes are called."""
    number, _, unless = _expected(given, trace)
    return lab.Theory(number, unless=unless)


def depth(given: lab.Parameters, trace: Trace) -> lab.Theory:
    """How many super-steps there are."""
    _, number, unless = _expected(given, trace)
    return lab.Theory(number, unless=unless)


def seconds(given: lab.Parameters, trace: Trace) -> lab.Theory:
    """When it has stopped, if nobody is asked."""
    _, number, unless = _expected(given, trace)
    unless = unless or ("the editor takes time" if given["drafts"] else "")
    return lab.Theory(round(theory.seconds([[given["work"]]] * number, given["latency"]), 6), unless=unless)


def curve(joins: bool) -> lab.Curve:
    """Executions by the number of diamonds, with joins or with plain edges."""
    return lab.Curve(
        lambda given, stages: theory.executions(edges(int(stages), given["arm"]), joins),
        applies=lambda given: not given["drafts"],
    )
