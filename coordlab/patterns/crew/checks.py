"""What must hold of a crew: invariants CW-S1 to CW-S5 and CW-L1 on a trace.

A crew notes its plan when it begins, each output when a task is done, and each answer a guardrail refuses.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from coordlab.patterns.crew.rules import contexts
from coordlab.patterns.orchestration import checks as shared
from coordlab.patterns.orchestration.checks import delegated_by_right, is_result, is_turn
from coordlab.patterns.orchestration.rules import DEFAULT, Budget, Rights, Stop
from coordlab.properties import Complaint, Property, on_record, watched
from coordlab.trace.trace import Event, Trace


def is_plan(event: Event) -> bool:
    """Whether a crew says here how it goes about it."""
    return on_record(event, "Plan")


def is_output(event: Event) -> bool:
    """Whether a task is done here."""
    return on_record(event, "Output")


def is_refusal(event: Event) -> bool:
    """Whether a guardrail refuses an answer here."""
    return on_record(event, "Refused")


class Progress:
    """What crews have planned and done, as far as a trace has been told: see `take`."""

    def __init__(self) -> None:
        self.plans: dict[str | None, Any] = {}
        self.steps: dict[tuple[str | None, str], Any] = {}
        self.reads: dict[tuple[str | None, str], tuple[str, ...]] = {}
        self.done: dict[tuple[str | None, str], Any] = {}
        self.refused: dict[str | None, dict[str, list[Any]]] = {}  # since a crew began, or went on

    def take(self, event: Event) -> None:
        """Go on to the moment after `event`."""
        if is_plan(event):
            self.plans[event.agent], self.refused[event.agent] = event.data, {}
            self.steps.update({(event.agent, step.name): step for step in event.data.steps})
            reads = contexts(event.data.steps)
            self.reads.update({(event.agent, name): context for name, context in reads.items()})
        elif is_output(event):
            self.done[event.agent, event.data.task] = event.data
        elif is_refusal(event):
            self.refused.setdefault(event.agent, {}).setdefault(event.data.task, []).append(event.data)

    def step(self, event: Event) -> Any:
        """The step of the plan that a turn is given for; None if this is no such turn."""
        return self.steps.get((event.agent, event.data.about)) if is_turn(event) else None

    def context(self, event: Event) -> tuple[str, ...]:
        """The tasks whose outputs that step reads."""
        return self.reads[event.agent, event.data.about] if self.step(event) else ()

    def refusals(self, event: Event) -> list[Any]:
        """What guardrails refused of the task that a turn is about."""
        return self.refused.get(event.agent, {}).get(event.data.about, [])

    def manager(self, crew: str | None) -> Any:
        """The manager of a crew, or None."""
        return self.plans[crew].manager if crew in self.plans else None


def starts_after_context() -> Property:
    """CW-S1: a task is begun only when all tasks whose outputs it reads are done."""

    def watch(_: Trace) -> Complaint:
        crews = Progress()

        def wrong(event: Event) -> str | None:
            crews.take(event)
            for name in crews.context(event):
                if (event.agent, name) not in crews.done:
                    return f"{event.data.about} was begun though {name} was not done."
            return None

        return wrong

    return watched("a task starts after its context", watch)


def one_answers_for_each() -> Property:
    """CW-S2: each output is of one task of the plan, and of one agent, which had a turn for it."""

    def watch(_: Trace) -> Complaint:
        crews = Progress()
        had: set[tuple[str | None, str, str]] = set()

        def wrong(event: Event) -> str | None:
            if is_turn(event):
                had.add((event.agent, event.data.about, str(event.peer)))
            if is_output(event):
                output = event.data
                if (event.agent, output.task) in crews.done:
                    return f"{output.task} was done twice."
                if (event.agent, output.task) not in crews.steps:
                    return f"{output.task} was never planned."
                if not output.skipped and (event.agent, output.task, output.agent) not in had:
                    return f"{output.agent} had no turn for {output.task}."
            crews.take(event)
            return None

        return wrong

    return watched("each output is of one agent", watch)


def manager_delegates() -> Property:
    """CW-S3: the manager does no task: for each, others have turns, and nobody delegates to the manager."""

    def watch(_: Trace) -> Complaint:
        crews = Progress()
        worked: set[tuple[str | None, str]] = set()

        def wrong(event: Event) -> str | None:
            crews.take(event)
            manager = crews.manager(event.agent)
            if manager is None:
                return None
            if is_turn(event) and event.peer != manager:
                worked.add((event.agent, event.data.about))
            elif is_turn(event) and event.data.parent:
                return f"{event.data.about} was delegated to the manager, {manager}."
            undone = is_output(event) and not event.data.skipped
            if undone and (event.agent, event.data.task) not in worked:
                return f"{manager} did {event.data.task} without delegating."
            return None

        return wrong

    return watched("the manager does no task itself", watch)


def retries_are_counted() -> Property:
    """CW-S4: a guardrail refuses at most retries + 1 answers to a task, and after that none is asked for."""

    def watch(_: Trace) -> Complaint:
        crews = Progress()

        def wrong(event: Event) -> str | None:
            crews.take(event)
            if step := crews.step(event):
                counts = Counter(each.place for each in crews.refusals(event))
                if max(counts.values(), default=0) > step.retries:
                    return f"{step.name} was tried again though its retries were used up."
            return None

        return wrong

    return watched("retries are counted", watch)


def context_is_read() -> Property:
    """CW-S5: whoever is given a task reads all its context, in order; a retry, what was refused besides."""

    def watch(_: Trace) -> Complaint:
        crews = Progress()

        def wrong(event: Event) -> str | None:
            crews.take(event)
            step = crews.step(event)
            if step and not event.data.parent:
                due = [crews.done.get((event.agent, name)) for name in crews.context(event)]
                given = [each for each in event.data.context if hasattr(each, "task")]
                if given != due + crews.refusals(event):
                    return f"{event.peer} did not get what {step.name} builds on."
            return None

        return wrong

    return watched("context is read, and kept by a retry", watch)


def everything_is_told() -> Property:
    """CW-L1: a crew is done with an output for every task, or stops with those there are.

    If it failed, it says at which task, and that one has no output; or which agent is not there.
    """

    def watch(_: Trace) -> Complaint:
        crews = Progress()

        def wrong(event: Event) -> str | None:
            crews.take(event)
            if not is_result(event) or event.agent not in crews.plans:
                return None
            plan = crews.plans[event.agent]
            tasks = [step.name for step in plan.steps]
            done = [crews.done[event.agent, task] for task in tasks if (event.agent, task) in crews.done]
            reason = event.data.reason
            if list(event.data.outputs) != done:
                return f"{event.agent} does not tell what is done, in the order of its tasks."
            missing = [task for task in tasks if (event.agent, task) not in crews.done]
            if reason.kind == Stop.DONE and missing:
                return f"{event.agent} says that it is done, but {missing[0]} is not."
            if reason.kind == Stop.FAILED and reason.what not in (*missing, *plan.agents, plan.manager):
                return f"{event.agent} says that {reason.what!r} failed, which did not."
            return None

        return wrong

    return watched("the end tells what is done and what failed", watch)


def properties(
    budget: Budget = DEFAULT, rights: Rights | None = None, within: float = 3600.0
) -> tuple[Property, ...]:
    """All of them, for crews with this budget that end `within` so many seconds; with `rights`, those too."""
    return (
        starts_after_context(),
        one_answers_for_each(),
        manager_delegates(),
        retries_are_counted(),
        context_is_read(),
        everything_is_told(),
        *shared.properties(budget, within),
        *((delegated_by_right(rights),) if rights is not None else ()),
    )
