"""The diamonds of the lab, and what must hold of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from operator import add
from typing import Any

from coordlab.labs import declaration as lab
from coordlab.patterns.orchestration.rules import Stop
from coordlab.patterns.orchestration.turns import is_result
from coordlab.patterns.state_graph.graph import END, START, Graph, StateGraph
from coordlab.patterns.state_graph.rules import Interrupt
from coordlab.properties import Objection, recorded, safety
from coordlab.trace.trace import Trace


def edges(stages: int, arm: int) -> dict[str, list[str]]:
    """The diamonds: each splits into a short arm of one node and a long one, which meet again."""
    found, before = dict[str, list[str]](), START
    for number in range(1, stages + 1):
        long = [f"long{number}{letter}" for letter in "abcd"[: arm + 1]]
        split, short, join = f"split{number}", f"short{number}", f"join{number}"
        found |= {before: [split], split: [short, long[0]], short: [join]}
        found |= dict(zip(long, ([each] for each in (*long[1:], join)), strict=True))
        before = join
    return found


def graph(given: lab.Parameters) -> Graph:
    """The graph of a setting."""
    plain = edges(given["stages"], given["arm"])
    runs = None if given["version"] == "last-value" else add
    made = StateGraph({"runs": runs, "draft": add, "verdict": None})
    last, review = f"join{given['stages']}", bool(given["drafts"])
    for name in (*list(plain)[1:], last, *(["review"] if review else [])):
        made.add_node(name)
    into: dict[str, list[str]] = {}
    for source, targets in plain.items():
        for target in targets:
            into.setdefault(target, []).append(source)
    for target, sources in into.items():
        if len(sources) > 1 and given["version"] != "plain-edges":
            made.add_edge(sources, target)
        else:
            for source in sources:
                made.add_edge(source, target)
    if review:
        made.add_edge(last, "review")
        back = lambda state: END if state["verdict"] == "yes" else last
        made.add_conditional_edges("review", back, [last, END])
    return made.compile()


def reviewed(state: Mapping[str, Any], *said: object) -> object:
    """The work of the review: it asks whether to publish the draft, and keeps the answer."""
    return {"verdict": said[0]} if said else Interrupt(f"Publish draft {state['draft']}?")


@safety("no node runs twice")
def once(trace: Trace) -> Iterator[Objection]:
    """What two arms lead to runs when both have arrived, and not once for each."""
    steps: dict[str, int] = {}
    for event in recorded(trace, "Checkpoint"):  # after a crash the last one comes again
        for name in sorted({task.node for task in event.data.tasks}):
            if steps.setdefault(name, event.data.step) != event.data.step:
                yield event, f"{name} is to run again in super-step {event.data.step + 1}."


@safety("no mistake in the graph ends the run")
def sound(trace: Trace) -> Iterator[Objection]:
    """The run does not fail because of the graph itself, such as two nodes that write one key at once."""
    for event in filter(is_result, trace):
        reason = event.data.reason
        if reason.kind == Stop.FAILED and reason.what == event.agent:
            yield event, f"The run failed: {reason.why}"
