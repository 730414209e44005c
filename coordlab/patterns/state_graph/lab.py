"""The state graph lab: what runs next, how often, and who may write what at the same time?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from operator import add
from typing import Any

from coordlab.labs import declaration as lab
from coordlab.labs.views import Cell, Graph as Picture, Mark, Table
from coordlab.patterns.orchestration.agents import Member
from coordlab.patterns.orchestration.turns import is_result, is_turn, result
from coordlab.patterns.state_graph import theory
from coordlab.patterns.state_graph.agents import Editor, Runner, node
from coordlab.patterns.state_graph.checks import properties
from coordlab.patterns.state_graph.graph import END, START, Graph, StateGraph
from coordlab.patterns.state_graph.rules import Interrupt
from coordlab.properties import Objection, recorded, safety
from coordlab.trace.trace import FAULT, HANDLE, Trace, brief
from coordlab.world.agent import Agent
from coordlab.world.world import World

VERSIONS = ("textbook", "plain-edges", "last-value")
UNTIL = 60.0
ASKS = ("asks", "between")
PARAMETERS = (
    lab.Parameter("stages", 1, 1, 4, 1, group="Graph", help="diamonds, one after the other"),
    lab.Parameter("arm", 1, 0, 3, 1, group="Graph", label="longer arm",
                  help="how many nodes more one arm of a diamond has than the other"),
    lab.Parameter("version", "textbook", choices=VERSIONS, group="Graph",
                  help="arms meet in a join; or in plain edges; or side by side they write one plain key"),
    lab.Parameter("drafts", 0, 0, 3, 1, group="Editor",
                  help="which draft a human publishes, the others go back; 0: nobody is asked"),
    lab.Parameter("limit", 25, 1, 40, 1, group="Runner", label="most super-steps", help="more is an error"),
    lab.Parameter("work", 0.5, 0.1, 2.0, 0.1, unit="s", group="Runner", help="how long a node works"),
    lab.Parameter("latency", 0.05, 0.01, 0.5, 0.01, unit="s", group="Runner", help="of each message"),
)  # fmt: skip


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


def build(roles: Mapping[str, type[Agent]], seed: int, **given: Any) -> World:
    """A runner, its nodes, and an editor, of the learner's classes if given."""
    made, last = graph(given), f"join{given['stages']}"
    world = World(seed, given["latency"], budget=lab.BUDGET)
    human = "ed" if given["drafts"] else None
    world.add(Runner(made, {"runs": 0, "draft": 0}, given["limit"], human))
    works: dict[str, Callable[..., object]] = {
        **dict.fromkeys(made.nodes, lambda state: {"runs": 1}),
        last: lambda state: {"runs": 1, "draft": 1},
        "review": _reviewed,
    }
    kind = roles.get("node", Member)
    world.add(lab.fitting(kind, name, node(works[name]), seconds=given["work"]) for name in made.nodes)
    return world.add(lab.fitting(roles.get("editor", Editor), "ed", given["drafts"])) if human else world


def _reviewed(state: Mapping[str, Any], *said: object) -> object:
    return {"verdict": said[0]} if said else Interrupt(f"Publish draft {state['draft']}?")


@safety("no node runs twice")
def once(trace: Trace) -> Iterator[Objection]:
    """What two arms lead to runs when both have arrived, and not once for each."""
    before: set[str] = set()
    for event in recorded(trace, "Checkpoint"):
        nodes = {task.node for task in event.data.tasks}
        for name in sorted(nodes & before):
            yield event, f"{name} is to run again in super-step {event.data.step + 1}."
        before |= nodes


def executions(trace: Trace) -> int:
    """How often nodes were called."""
    return sum(is_turn(event) for event in trace.select("Turn", kind="send"))


def steps(trace: Trace) -> int:
    """Super-steps that are done."""
    return max((event.data.step for event in recorded(trace, "Checkpoint")), default=0)


def ended(trace: Trace) -> tuple[str, float] | None:
    """Why the graph stopped last, and when; None if it never did."""
    found = [event for event in trace if is_result(event)]
    return (str(found[-1].data.reason), round(found[-1].time, 6)) if found else None


def _theory(given: lab.Parameters, trace: Trace) -> tuple[int, int, str]:
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
    return calls, depth, next((reason for reason, holds in reasons.items() if holds), "")


def _calls(given: lab.Parameters, trace: Trace) -> lab.Theory:
    calls, _, unless = _theory(given, trace)
    return lab.Theory(calls, unless=unless)


def _depth(given: lab.Parameters, trace: Trace) -> lab.Theory:
    _, depth, unless = _theory(given, trace)
    return lab.Theory(depth, unless=unless)


def _seconds(given: lab.Parameters, trace: Trace) -> lab.Theory:
    _, depth, unless = _theory(given, trace)
    unless = unless or ("the editor takes time" if given["drafts"] else "")
    return lab.Theory(round(theory.seconds([[given["work"]]] * depth, given["latency"]), 6), unless=unless)


def running(given: lab.Parameters, trace: Trace) -> Picture:
    """The graph: which nodes run, have run and how often, ask, or failed."""
    times, marks = Counter[str](), []
    for event in trace:
        name = str(event.peer)
        if is_turn(event):
            times[name] += 1
            marks.append(Mark(event.seq, name, f"runs ({times[name]})", "active"))
        elif event.kind == HANDLE and event.agent == "graph" and event.name in ("Reply", "Failed"):
            asks = isinstance(getattr(event.content, "content", None), Interrupt)
            failed, ran = ("failed", "failed"), (f"ran {times[name]} times", "normal")
            marks.append(
                Mark(event.seq, name, *(failed if event.name == "Failed" else ASKS if asks else ran))
            )
    arrows = [(one, other) for one, more in edges(given["stages"], given["arm"]).items() for other in more]
    last = f"join{given['stages']}"
    arrows += [(last, "review"), ("review", last)] if given["drafts"] else []
    return Picture((START, *graph(given).nodes), tuple(arrows), tuple(marks), layout="layers")


def state(_: lab.Parameters, trace: Trace) -> Table:
    """The state after each super-step."""
    cells = [
        Cell(event.seq, f"after {event.data.step}", str(key), brief(value))
        for event in recorded(trace, "Checkpoint")
        for key, value in event.data.values
    ]
    rows = tuple(dict.fromkeys(cell.row for cell in cells))
    return Table(rows, ("runs", "draft", "verdict"), tuple(cells), head="super-step")


def _curve(joins: bool) -> lab.Curve:
    return lab.Curve(
        lambda given, stages: theory.executions(edges(int(stages), given["arm"]), joins),
        applies=lambda given: not given["drafts"],
    )


SPEC = lab.LabSpec(
    name="state_graph",
    title="State graph",
    question="What runs next, how often, and who may write what at the same time?",
    parameters=PARAMETERS,
    build=build,
    roles=(lab.Role("node", Member), lab.Role("editor", Editor)),
    properties=lambda given: (
        *properties(graph(given), given["limit"], UNTIL, commutative=given["version"] != "last-value"),
        *(() if given["drafts"] else (once,)),
    ),
    measures=(
        lab.Measure("executions of nodes", executions, _calls),
        lab.Measure("super-steps", steps, _depth),
        lab.Measure("stopped after, s", lambda trace: (ended(trace) or (None, None))[1], _seconds),
        lab.Measure("because", lambda trace: (ended(trace) or (None, None))[0]),
    ),
    until=UNTIL,
    focus=lambda given: (0.0, 6 * (given["work"] + 2 * given["latency"])),
    views=(
        lab.View("Graph", "Which nodes run, how often they have, and which one asks.", running),
        lab.View("State", "What the nodes have written, merged after each super-step.", state),
    ),
    figures=(
        lab.Figure(
            "How often do nodes run, with joins and with plain edges?",
            x="stages",
            values=(1, 2, 3, 4),
            measure="executions of nodes",
            theory={"textbook": _curve(True), "plain-edges": _curve(False)},
            series={each: {"version": each} for each in ("textbook", "plain-edges")},
            replications=1,
        ),
    ),
    schedules=(
        lab.Schedule("Plain edges", "Look at the last node: it runs twice, once for each arm.",
                     {"version": "plain-edges"}),
        lab.Schedule("Two write one key", "Look at the second super-step: two values for one key.",
                     {"version": "last-value"}),
        lab.Schedule("An editor, and a crash", "Look at the graph: after the crash it goes on where it was.",
                     {"drafts": 2}, ("crash graph @1..2",)),
    ),
    offers=lambda given: (
        lab.Offer("the runner crashes and comes back", "crash graph @{at}..{until}", (), 1.0),
        lab.Offer("a node crashes", "crash {agent} @{at}", tuple(graph(given).nodes)),
        lab.Offer("a node is slow", "slow {agent} 10 @{at}..{until}", tuple(graph(given).nodes)),
    ),
    tones={"working": "active", "conducting": "normal", "idle": "idle", "stopped": "idle"},
    page="coordlab.patterns.state_graph.agents",
    chapter="15_orchestration",
)  # fmt: skip
