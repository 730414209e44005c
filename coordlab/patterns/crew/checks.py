"""What must hold of a crew: invariants CW-S1 to CW-S6 and CW-L1 on a trace.

A crew notes its plan when it begins, each output when a task is done, and each answer a guardrail refuses.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from coordlab.patterns.crew.rules import Output, Plan, Refused, Step, Task
from coordlab.patterns.orchestration import checks as shared
from coordlab.patterns.orchestration.rules import DEFAULT, Budget, Rights, Stop
from coordlab.patterns.orchestration.turns import is_result, is_turn
from coordlab.properties import Objection, Property, on_record, safety
from coordlab.properties.records import as_message, as_one_of
from coordlab.trace.trace import HANDLE, Event, Trace, plain


class Progress:
    """What one crew has planned and done, as a trace tells it event by event."""

    def __init__(self) -> None:
        self.plan = Plan((), None, ())
        self.steps: dict[str, Step] = {}
        self.reads: dict[str, tuple[str, ...]] = {}
        self.done: dict[str, Output] = {}
        self.refused: dict[str, list[Refused]] = {}  # since the crew began, or went on after a crash

    def take(self, event: Event) -> None:
        """Advance past `event`, which is the crew's."""
        if on_record(event, "Plan"):
            self.plan, self.refused = as_message(Plan, event.data), {}
            self.steps = {step.name: step for step in self.plan.steps}
            self.reads = _reads(self.plan.steps)
        elif on_record(event, "Output"):
            self.done[event.data.task] = as_message(Output, event.data)
        elif on_record(event, "Refused"):
            self.refused.setdefault(event.data.task, []).append(as_message(Refused, event.data))

    def step(self, event: Event) -> Step | None:
        """The step of the plan for which a turn is given; None if the event is not such a turn."""
        return self.steps.get(event.data.about) if is_turn(event) else None


def _reads(steps: Sequence[Step]) -> dict[str, tuple[str, ...]]:
    """What each step reads, told from the plan: what it names, else all before it that are over by then.

    Of those before an asynchronous step, the asynchronous ones that come right before it are not over.
    """
    names, over = tuple(step.name for step in steps), 0
    read: dict[str, tuple[str, ...]] = {}
    for place, step in enumerate(steps):
        over = over if step.asynchronous else place
        read[step.name] = names[:over] if step.context is None else step.context
        over += not step.asynchronous
    return read


def _told(trace: Trace) -> Iterator[tuple[Event, Progress]]:
    """The events of crews, each with what that crew had done before it."""
    crews: dict[str | None, Progress] = {}
    for event in trace:
        if on_record(event, "Plan"):
            crews.setdefault(event.agent, Progress())
        if crew := crews.get(event.agent):
            yield event, crew
            crew.take(event)


@safety("a task starts after its context")
def starts_after_context(trace: Trace) -> Iterator[Objection]:
    """CW-S1: a task is begun only when all tasks whose outputs it reads are done."""
    for event, crew in _told(trace):
        if step := crew.step(event):
            for name in crew.reads[step.name]:
                if name not in crew.done:
                    yield event, f"{step.name} was begun though {name} was not done."


@safety("each output is of one agent")
def one_answers_for_each(trace: Trace) -> Iterator[Objection]:
    """CW-S2: each output is of one task of the plan, and of the agent that was to do it, in a turn."""
    had: set[tuple[str | None, str, str]] = set()
    for event, crew in _told(trace):
        if is_turn(event):
            had.add((event.agent, event.data.about, str(event.peer)))
        if on_record(event, "Output"):
            output = event.data
            if output.task in crew.done:
                yield event, f"{output.task} was done twice."
            if output.task not in crew.steps:
                yield event, f"{output.task} was never planned."
            planned = crew.plan.manager or getattr(crew.steps.get(output.task), "agent", None)
            if planned not in (None, output.agent):
                yield event, f"{output.agent} did {output.task}, which was planned for {planned}."
            if not output.skipped and (event.agent, output.task, output.agent) not in had:
                yield event, f"{output.agent} had no turn for {output.task}."


@safety("the manager does no task itself")
def manager_delegates(trace: Trace) -> Iterator[Objection]:
    """CW-S3: the manager does no task: for each, others have turns, and none delegates to the manager."""
    worked: set[tuple[str | None, str]] = set()
    for event, crew in _told(trace):
        manager = crew.plan.manager
        if manager is None:
            continue
        if is_turn(event) and event.peer != manager:
            worked.add((event.agent, event.data.about))
        elif is_turn(event) and event.data.parent:
            yield event, f"{event.data.about} was delegated to the manager, {manager}."
        done = on_record(event, "Output") and not event.data.skipped
        if done and (event.agent, event.data.task) not in worked:
            yield event, f"{manager} did {event.data.task} without delegating."


@safety("retries are counted")
def retries_are_counted(trace: Trace) -> Iterator[Objection]:
    """CW-S4: a guardrail refuses at most retries + 1 answers to a task; after that none is asked for."""
    for event, crew in _told(trace):
        if step := crew.step(event):
            counts = Counter(each.place for each in crew.refused.get(step.name, ()))
            if max(counts.values(), default=0) > step.retries:
                yield event, f"{step.name} was tried again though its retries were used up."


@safety("context is read, and kept by a retry")
def context_is_read(trace: Trace) -> Iterator[Objection]:
    """CW-S5: an agent that is given a task reads all its context, in order; a retry also the last refusal."""
    for event, crew in _told(trace):
        step = crew.step(event)
        if step and not event.data.parent:
            due = [crew.done.get(name) for name in crew.reads[step.name]]
            read = as_one_of((Output, Refused), event.data.context)
            given = [each for each in read if isinstance(each, (Output, Refused))]
            if given != [*due, *crew.refused.get(step.name, ())[-1:]]:
                yield event, f"{event.peer} did not get what {step.name} builds on."


def only_what_passes(tasks: Iterable[Task]) -> Property:
    """CW-S6: an output is the last answer of its agent, as the guardrails of its task let it pass.

    The guardrails are asked again here: they must be functions of the content alone.
    """
    guardrails = {task.name: task.guardrails for task in tasks}

    @safety("only what passes is an output")
    def judge(trace: Trace) -> Iterator[Objection]:
        asked: dict[tuple[str | None, int], tuple[str, str | None]] = {}  # a turn's task and agent
        answers: dict[tuple[str, str | None], object] = {}
        for event in trace:
            if is_turn(event) and not event.data.parent:
                asked[event.agent, event.data.id] = event.data.about, event.peer
            elif event.name == "Reply" and event.kind == HANDLE:
                if turn := asked.get((event.agent, event.content.turn)):
                    answers[turn] = event.content.content
            elif on_record(event, "Output") and not event.content.skipped:
                told = event.content
                passed, content = True, answers.get((told.task, told.agent))
                for guardrail in guardrails.get(told.task, ()) if content is not None else ():
                    passed, content = guardrail(content) if passed else (passed, content)
                if not passed:
                    yield event, f"the answer to {told.task} is an output, but was to be refused: {content}"
                elif plain(content) != plain(told.content):
                    yield event, f"{told.agent} did not answer {told.task} in this way."

    return judge


@safety("the end tells what is done and what failed")
def everything_is_told(trace: Trace) -> Iterator[Objection]:
    """CW-L1: a crew is done with an output for every task, or stops with those there are.

    If it failed, it says at which task, and that one has no output; or which agent is not there.
    """
    for event, crew in _told(trace):
        if not is_result(event):
            continue
        done = [crew.done[task] for task in crew.steps if task in crew.done]
        missing = [task for task in crew.steps if task not in crew.done]
        reason, plan = event.data.reason, crew.plan
        if [as_message(Output, each) for each in event.data.outputs] != done:
            yield event, f"{event.agent} does not tell what is done, in the order of its tasks."
        if reason.kind == Stop.DONE and missing:
            yield event, f"{event.agent} says that it is done, but {missing[0]} is not."
        if reason.kind == Stop.FAILED and reason.what not in (*missing, *plan.agents, plan.manager):
            yield event, f"{event.agent} says that {reason.what!r} failed, which did not."


OWN = (
    starts_after_context,
    one_answers_for_each,
    manager_delegates,
    retries_are_counted,
    context_is_read,
    everything_is_told,
)


def properties(
    budget: Budget = DEFAULT,
    rights: Rights | None = None,
    within: float = 3600.0,
    tasks: Iterable[Task] | None = None,
) -> tuple[Property, ...]:
    """All of them, for crews with this budget, these rights and tasks that end `within` this many seconds."""
    delegated = () if rights is None else (shared.delegated_by_right(rights),)
    passing = () if tasks is None else (only_what_passes(tasks),)
    return (*OWN, *passing, *shared.properties(budget, within), *delegated)
