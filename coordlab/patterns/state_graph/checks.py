"""What must hold of a run of a state graph: invariants LG-S1 to LG-S7 and LG-L1 on a trace.

The checks read the checkpoints that the runner notes, the turns it gives with what their nodes are to read,
the replies it handles, and the result it decides on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from coordlab.patterns.orchestration.checks import ends
from coordlab.patterns.orchestration.rules import Stop
from coordlab.patterns.orchestration.turns import is_result, is_turn
from coordlab.patterns.state_graph.graph import END, START, Graph, GraphError, Send, depth
from coordlab.patterns.state_graph.rules import Checkpoint, Command, Interrupt, Pairs, Task, command, merge
from coordlab.properties import (
    HOLDS,
    UNDECIDED,
    VIOLATED,
    Objection,
    Property,
    Verdict,
    on_record,
    recorded,
    safety,
)
from coordlab.properties.records import as_message, as_one_of
from coordlab.trace.trace import HANDLE, Event, Trace


def _told(trace: Trace) -> Iterator[tuple[Event, Checkpoint | None, Checkpoint | None]]:
    """Each event, and the last checkpoint; if it ends a super-step, also the one before, with its results."""
    last: Checkpoint | None = None
    given: dict[int, Task] = {}  # the task of each turn since then
    replies: dict[Task, list[object]] = {}  # what nodes have answered since then
    for event in trace:
        done = None
        if is_turn(event):
            given[event.content.id] = as_message(Task, event.content.context[0])
        elif event.kind == HANDLE and event.name == "Reply" and event.content.turn in given:
            replies.setdefault(given[event.content.turn], []).append(event.content.content)
        elif on_record(event, "Checkpoint"):
            before, last = last, as_message(Checkpoint, event.data)
            if before and last.step > before.step:
                done = replace(before, tasks=tuple(_with_result(task, replies) for task in before.tasks))
            given, replies = {}, {}
        yield event, last, done


def _with_result(task: Task, replies: dict[Task, list[object]]) -> Task:
    """A task with what its node wrote, unless it asked or broke the rules."""
    if not replies.get(task):
        return task
    try:
        result = command(as_one_of((Command, Interrupt, Send), replies[task].pop(0)))
    except GraphError:
        return task
    return replace(task, result=result) if isinstance(result, Command) else task


def _checkpoints(trace: Trace) -> Iterator[tuple[Event, Checkpoint]]:
    return ((event, as_message(Checkpoint, event.data)) for event in recorded(trace, "Checkpoint"))


def _nodes(checkpoint: Checkpoint) -> set[str]:
    """Which nodes are triggered, now or for later."""
    return {task.node for task in checkpoint.tasks} | set(checkpoint.deferred)


def _ran(done: Checkpoint) -> set[str]:
    return {task.node for task in done.tasks if task.result is not None}


def triggered_only(graph: Graph) -> Property:
    """LG-S1: a node runs only if one that ran in the super-step before leads to it, once for each task."""

    @safety("nodes run only if triggered")
    def judge(trace: Trace) -> Iterator[Objection]:
        left: list[Task] | None = None
        for event, last, done in _told(trace):
            if is_turn(event):
                task = as_message(Task, event.content.context[0])
                if left is None or task not in left or event.peer != task.node:
                    yield event, f"{event.peer} runs, though nothing triggers it."
                else:
                    left.remove(task)
            elif last and on_record(event, "Checkpoint"):
                ran = _ran(done) if done else {START} if left is None and last.step == 0 else None
                led = {node for each in ran or () for node in graph.possible(each)}
                stray = sorted(_nodes(last) - led - set(done.deferred if done else ()))
                if stray and ran is not None:
                    yield event, f"{stray[0]} is triggered, though no node that ran leads to it."
                left = list(last.ready)

    return judge


def edges_followed(graph: Graph) -> Property:
    """LG-S7: where plain edges lead from a node that has run, a node is triggered."""

    @safety("edges are followed")
    def judge(trace: Trace) -> Iterator[Objection]:
        for event, last, done in _told(trace):
            if done and last:
                due = {to for node in _ran(done) for to in graph.edges.get(node, ())} - {END}
                for node in sorted(due - _nodes(last)):
                    yield event, f"an edge leads to {node}, which is not triggered."

    return judge


@safety("one snapshot for all")
def one_snapshot(trace: Trace) -> Iterator[Objection]:
    """LG-S2: all nodes of a super-step read the same state, that of the last checkpoint."""
    for event, last, _ in _told(trace):
        if last and is_turn(event):
            task, values = event.content.context
            if values != (() if task.sent else last.values):
                yield event, f"{task.node} reads another state than the others of its super-step."


def merged(graph: Graph, commutative: bool = True) -> Property:
    """LG-S3: what a super-step wrote is merged; the order makes no difference.

    With reducers that do not commute, such as appending: it is merged in the order of the tasks.
    """

    @safety("writes are merged")
    def judge(trace: Trace) -> Iterator[Objection]:
        for event, last, done in _told(trace):
            if not done or not last:
                continue
            for tasks in [done.tasks, done.tasks[::-1]] if commutative else [done.tasks]:
                values = _merged(graph, done, tasks)
                if values != last.values:
                    order = ", ".join(task.node for task in tasks)
                    got = f"super-step {last.step} gave {last.values}"
                    yield event, f"{got}; in the order {order} it is {values}."

    return judge


def _merged(graph: Graph, done: Checkpoint, tasks: tuple[Task, ...]) -> Pairs | str:
    """The state after merging in this order, or why that fails."""
    try:
        return merge(graph, replace(done, tasks=tasks), [task.result or Command() for task in tasks])
    except GraphError as error:
        return str(error)


def full_joins(graph: Graph) -> Property:
    """LG-S4: a join triggers once for each full set of those it waits for, and not before."""

    @safety("joins wait for all")
    def judge(trace: Trace) -> Iterator[Objection]:
        here: list[set[str]] = []
        for event, last, done in _told(trace):
            if not done or not last:
                continue
            here = here or [set(arrived) for arrived in done.arrived]
            ran, triggered, full = _ran(done), _nodes(last), set()
            for at, (sources, target) in enumerate(graph.joins):
                here[at] |= ran.intersection(sources)
                if len(here[at]) == len(sources):
                    here[at] = set()
                    full.add(target)
            otherwise = {goal for node in ran for goal in (*graph.edges.get(node, ()), *graph.chosen(node))}
            for target in [target for _, target in graph.joins if (target in full) != (target in triggered)]:
                if target in full:
                    yield event, f"all have come to {target}, and it is not triggered."
                elif target not in otherwise.union(done.deferred):
                    yield event, f"{target} is triggered before all have come to it."

    return judge


def limited(limit: int) -> Property:
    """LG-S5: no more super-steps than the limit, and a run that needs more does not count as done."""

    @safety(f"at most {limit} super-steps")
    def judge(trace: Trace) -> Iterator[Objection]:
        for event, last, _ in _told(trace):
            if last and is_turn(event) and last.step >= limit:
                yield event, f"super-step {last.step + 1} begins; the limit is {limit}."
            if last and last.tasks and is_result(event) and event.data.reason.kind == Stop.DONE:
                yield event, f"it is said to be done, and {last.tasks[0].node} is yet to run."

    return judge


@safety("it goes on where it was")
def goes_on_where_it_was(trace: Trace) -> Iterator[Objection]:
    """LG-S6: a run loses no super-step and repeats none, through crashes and interrupts.

    What ran twice because a super-step was cut short is merged once.
    """
    before: Checkpoint | None = None
    for event, checkpoint in _checkpoints(trace):
        if before and checkpoint.step != before.step + 1 and _place(checkpoint) != _place(before):
            after = f"after the checkpoint of super-step {before.step}"
            yield event, f"{after} came another one of {checkpoint.step}."
        before = checkpoint


def _place(checkpoint: Checkpoint) -> tuple[object, ...]:
    """All of a checkpoint except what has become of its tasks."""
    tasks = [(task.node, task.sent) for task in checkpoint.tasks]
    return checkpoint.step, checkpoint.values, tasks, checkpoint.arrived, checkpoint.deferred


def as_uninterrupted(reference: Trace) -> Property:
    """LG-S6: each super-step leads to the same checkpoint as in `reference`, a run without disturbances.

    Undecided until the run has come to the last of them.
    """
    name = "as if uninterrupted"
    expected = {checkpoint.step: _place(checkpoint) for _, checkpoint in _checkpoints(reference)}
    end = max(expected)

    def judge(trace: Trace) -> Verdict:
        came = False
        for event, checkpoint in _checkpoints(trace):
            if _place(checkpoint) != expected.get(checkpoint.step):
                why = f"super-step {checkpoint.step} led to {checkpoint.values}."
                return Verdict(name, VIOLATED, event.time, event.seq, why)
            came = came or checkpoint.step == end
        because = f"it has not come to super-step {end}"
        return Verdict(name, HOLDS) if came else Verdict(name, UNDECIDED, because=because)

    return Property(name, judge)


def ends_in_depth(graph: Graph) -> Property:
    """LG-L1: a graph without cycles takes no more super-steps than its depth; holds of every other graph."""
    deepest = depth(graph)

    @safety("ends within its depth")
    def judge(trace: Trace) -> Iterator[Objection]:
        for event, checkpoint in _checkpoints(trace):
            if deepest is not None and checkpoint.step + bool(checkpoint.tasks) > deepest:
                yield event, f"super-step {deepest + 1} is to follow in a graph that is {deepest} deep."

    return judge


def properties(
    graph: Graph, limit: int = 25, within: float = 60.0, commutative: bool = True
) -> tuple[Property, ...]:
    """All of them that need no other run.

    - `graph`, `limit`: what the runner was given.
    - `within`: in how many seconds it must end.
    - `commutative`: whether all reducers give the same in every order.
    """
    return (
        triggered_only(graph),
        edges_followed(graph),
        one_snapshot,
        full_joins(graph),
        merged(graph, commutative),
        limited(limit),
        goes_on_where_it_was,
        ends(within),
        ends_in_depth(graph),
    )  # LG-L1: the last two
