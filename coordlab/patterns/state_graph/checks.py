"""What must hold of a run of a state graph: invariants LG-S1 to LG-S6 and LG-L1 on a trace.

Read are the checkpoints that the runner notes, the turns it gives with what their nodes are to read, the
replies it handles, and the result it decides on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from coordlab.patterns.orchestration.checks import ends
from coordlab.patterns.orchestration.rules import Stop
from coordlab.patterns.state_graph.rules import (
    END,
    START,
    Checkpoint,
    Command,
    Graph,
    GraphError,
    Interrupt,
    Pairs,
    Send,
    Task,
    command,
    depth,
    merge,
)
from coordlab.properties import UNDECIDED, Complaint, Objection, Property, Verdict, on_record, safety, watched
from coordlab.properties.records import as_message, as_one_of
from coordlab.trace.trace import HANDLE, SEND, Event, Trace

AtBarrier = Callable[[Checkpoint, Checkpoint], "str | None"]


class Course:
    """How far the run of a graph has come, as far as a trace has been told: see `take`."""

    def __init__(self, trace: Trace) -> None:
        self.replies = {event.message: event.data for event in trace.select("Reply")}
        self.last: Checkpoint | None = None  # from which the runner goes on
        self.given: dict[int, Task] = {}  # its turns since
        self.came: dict[Task, list[Command | Interrupt]] = {}  # and what came of them

    def take(self, event: Event) -> Checkpoint | None:
        """Go on to the moment after `event`; if it ends a super-step, that one, with its results."""
        done = None
        if turn := _turn(event):
            self.given[turn.id] = as_message(Task, turn.context[0])
        elif event.kind == HANDLE and event.name == "Reply":
            reply = self.replies[event.message]
            if task := self.given.get(reply.turn):
                content = as_one_of((Command, Interrupt, Send), reply.content)
                self.came.setdefault(task, []).append(command(content))
        elif checkpoint := _checkpoint(event):
            if self.last is not None and checkpoint.step > self.last.step:
                done = replace(self.last, tasks=tuple(map(self._ran, self.last.tasks)))
            self.last, self.given, self.came = checkpoint, {}, {}
        return done

    def _ran(self, task: Task) -> Task:
        """A task with the result that came of it, if any did."""
        results = self.came.get(task)
        result = results.pop(0) if results else None
        return replace(task, result=result) if isinstance(result, Command) else task


def _turn(event: Event) -> Any:
    return event.data if event.kind == SEND and event.name == "Turn" else None


def _checkpoint(event: Event) -> Checkpoint | None:
    is_checkpoint = on_record(event, "Checkpoint")
    return as_message(Checkpoint, event.data) if is_checkpoint else None


def _checkpoints(trace: Trace) -> Iterator[Checkpoint]:
    return filter(None, map(_checkpoint, trace))


def _result(event: Event) -> Any:
    return event.data if on_record(event, "Result") else None


def _at_barriers(name: str, watch: Callable[[], AtBarrier]) -> Property:
    """A safety property of super-steps: `watch()(done, reached)` finds nothing wrong at any barrier."""

    @safety(name)
    def judge(trace: Trace) -> Iterator[Objection]:
        course, wrong = Course(trace), watch()
        for event in trace:
            done = course.take(event)
            if done and course.last and (why := wrong(done, course.last)):
                yield event, why

    return judge


def _nodes(checkpoint: Checkpoint) -> set[str]:
    """Which nodes are triggered, be it for later."""
    return {task.node for task in checkpoint.tasks} | set(checkpoint.deferred)


def _ran(done: Checkpoint) -> set[str]:
    return {task.node for task in done.tasks if task.result is not None}


def triggered_only(graph: Graph) -> Property:
    """LG-S1: a node runs only if one that ran in the super-step before leads to it, once for each task."""

    def watch(trace: Trace) -> Complaint:
        course = Course(trace)
        left: list[Task] = []

        def wrong(event: Event) -> str | None:
            nonlocal left
            if turn := _turn(event):
                task = as_message(Task, turn.context[0])
                if task not in left or event.peer != task.node:
                    return f"{event.peer} runs, though nothing triggers it."
                left.remove(task)
            first = course.last is None
            done = course.take(event)
            if not (checkpoint := _checkpoint(event)):
                return None
            left = list(checkpoint.ready)
            ran = _ran(done) if done else {START}
            if done or (first and checkpoint.step == 0):
                led = {node for each in ran for node in graph.possible(each)}
                stray = sorted(_nodes(checkpoint) - led - set(done.deferred if done else ()))
                return f"{stray[0]} is triggered, though no node that ran leads to it." if stray else None
            return None

        return wrong

    return watched("nodes run only if triggered", watch)


def one_snapshot() -> Property:
    """LG-S2: all nodes of a super-step read the same state, the one of the last checkpoint."""

    def watch(trace: Trace) -> Complaint:
        course = Course(trace)

        def wrong(event: Event) -> str | None:
            course.take(event)
            if (turn := _turn(event)) and course.last:
                task, values = turn.context
                if values != (() if task.sent else course.last.values):
                    return f"{task.node} reads another state than the others of its super-step."
            return None

        return wrong

    return watched("one snapshot for all", watch)


def merged(graph: Graph, commutative: bool = True) -> Property:
    """LG-S3: what a super-step wrote is merged; in which order, makes no difference.

    With reducers that do not commute, such as appending, only that they are merged in the order of tasks.
    """

    def wrong(done: Checkpoint, reached: Checkpoint) -> str | None:
        orders = [done.tasks, done.tasks[::-1]] if commutative else [done.tasks]
        for tasks in orders:
            values = _merged(graph, done, tasks)
            if values != reached.values:
                order = ", ".join(task.node for task in tasks)
                return (
                    f"super-step {reached.step} gave {reached.values}; in the order {order} it is {values}."
                )
        return None

    return _at_barriers("writes are merged", lambda: wrong)


def _merged(graph: Graph, done: Checkpoint, tasks: tuple[Task, ...]) -> Pairs | str:
    """What comes of merging in this order, or why it cannot be done."""
    try:
        return merge(graph, replace(done, tasks=tasks), [task.result or Command() for task in tasks])
    except GraphError as error:
        return str(error)


def full_joins(graph: Graph) -> Property:
    """LG-S4: a join triggers once for each full set of those it waits for, and not before."""

    def watch() -> AtBarrier:
        here: list[set[str]] = []

        def wrong(done: Checkpoint, reached: Checkpoint) -> str | None:
            here[:] = here or [set(arrived) for arrived in done.arrived]
            ran = _ran(done)
            otherwise = _besides_joins(graph, ran) | set(done.deferred)
            full = []
            for at, (sources, target) in enumerate(graph.joins):
                here[at] |= ran.intersection(sources)
                if len(here[at]) == len(sources):
                    here[at] = set()
                    full.append(target)
            for _, target in graph.joins:
                if target in full and target not in _nodes(reached):
                    return f"all have come to {target}, and it is not triggered."
                if target in _nodes(reached) and target not in full and target not in otherwise:
                    return f"{target} is triggered before all have come to it."
            return None

        return wrong

    return _at_barriers("joins wait for all", watch)


def _besides_joins(graph: Graph, ran: Iterable[str]) -> set[str]:
    """What these nodes can trigger by other edges than joins."""
    goals: list[str] = []
    for node in ran:
        routed = graph.routes[node].targets if node in graph.routes else ()
        goals += [*graph.edges.get(node, ()), *routed, *graph.gotos.get(node, ())]
    return set(goals) - {END}


def limited(limit: int) -> Property:
    """LG-S5: no more super-steps than the limit, and a run that needs more does not count as done."""

    def watch(_: Trace) -> Complaint:
        last: Checkpoint | None = None

        def wrong(event: Event) -> str | None:
            nonlocal last
            last = _checkpoint(event) or last
            if last and _turn(event) and last.step >= limit:
                return f"super-step {last.step + 1} begins; the limit is {limit}."
            if last and (result := _result(event)) and result.reason.kind == Stop.DONE and last.tasks:
                return f"it is said to be done, and {last.tasks[0].node} is yet to run."
            return None

        return wrong

    return watched(f"at most {limit} super-steps", watch)


def goes_on_where_it_was() -> Property:
    """LG-S6: a run loses no super-step and repeats none, through crashes and interrupts.

    What ran twice because a super-step was cut short is merged once.
    """

    def watch(_: Trace) -> Complaint:
        last: Checkpoint | None = None

        def wrong(event: Event) -> str | None:
            nonlocal last
            if not (checkpoint := _checkpoint(event)):
                return None
            before, last = last, checkpoint
            if before is None or checkpoint.step == before.step + 1:
                return None
            if checkpoint.step == before.step and _place(checkpoint) == _place(before):
                return None
            return f"after the checkpoint of super-step {before.step} came another one of {checkpoint.step}."

        return wrong

    return watched("it goes on where it was", watch)


def _place(checkpoint: Checkpoint) -> tuple[Any, ...]:
    """All of a checkpoint but what has become of its tasks."""
    tasks = [(task.node, task.sent) for task in checkpoint.tasks]
    return checkpoint.values, tasks, checkpoint.arrived, checkpoint.deferred


def as_uninterrupted(reference: Trace) -> Property:
    """LG-S6: each super-step leads to the same checkpoint as in `reference`, a run that nothing disturbed.

    Undecided until it has come to the last of them.
    """
    name = "as if uninterrupted"
    expected = {checkpoint.step: _place(checkpoint) for checkpoint in _checkpoints(reference)}
    end = max(expected)

    def watch(_: Trace) -> Complaint:
        def wrong(event: Event) -> str | None:
            if not (checkpoint := _checkpoint(event)):
                return None
            same = _place(checkpoint) == expected.get(checkpoint.step)
            return None if same else f"super-step {checkpoint.step} led to {checkpoint.values}."

        return wrong

    def judge(trace: Trace) -> Verdict:
        verdict = watched(name, watch)(trace)
        if verdict and not any(checkpoint.step == end for checkpoint in _checkpoints(trace)):
            return Verdict(name, UNDECIDED, because=f"it has not come to super-step {end}")
        return verdict

    return Property(name, judge)


def ends_in_depth(graph: Graph) -> Property:
    """LG-L1: a graph without cycles takes no more super-steps than it is deep; holds of every other."""
    deepest = depth(graph)

    def watch(_: Trace) -> Complaint:
        def wrong(event: Event) -> str | None:
            checkpoint = _checkpoint(event)
            if deepest is None or checkpoint is None or checkpoint.step + bool(checkpoint.tasks) <= deepest:
                return None
            return f"super-step {deepest + 1} is to come of a graph that is {deepest} deep."

        return wrong

    return watched("ends within its depth", watch)


def properties(
    graph: Graph, limit: int = 25, within: float = 60.0, commutative: bool = True
) -> tuple[Property, ...]:
    """All of them that need no other run, for a runner of this graph with this limit, done in `within` s."""
    return (
        triggered_only(graph),
        one_snapshot(),
        merged(graph, commutative),
        full_joins(graph),
        limited(limit),
        goes_on_where_it_was(),
        ends(within),  # LG-L1, too
        ends_in_depth(graph),
    )
