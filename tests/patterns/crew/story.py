"""What a crew promises: the runs that keep it, the traces that break it, and the disasters it survives."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

from hypothesis import strategies as st

from coordlab import World
from coordlab.patterns.crew import Crew, Manager
from coordlab.patterns.crew.checks import OWN, only_what_passes, properties
from coordlab.patterns.crew.rules import Delegate, Task, at_most, default_rights, least_busy, pass_on
from coordlab.patterns.orchestration import Member, Scripted
from coordlab.patterns.orchestration.rules import Budget, Stop, StopReason, Turn, Utterance
from coordlab.patterns.orchestration.turns import is_result, result
from coordlab.properties import recorded
from coordlab.trace.trace import Event, Trace
from coordlab.world.run import Run
from tests.disasters import moments, plans
from tests.properties.mutated import changed, late, repeated, without


def relay(turn: Turn) -> object:
    """A policy that delegates everything to the first of the team."""
    return pass_on(turn, lambda team: team[0][0])


def lazy(turn: Turn) -> object:
    """A policy that does the task itself, until it is told to delegate."""
    heard = [each for each in turn.context if isinstance(each, Utterance)]
    if not heard:
        return "I did it"
    return Delegate("ann", turn.task) if heard[-1].agent == "crew" else heard[-1].content


@cache
def crewed(hierarchical: bool = False, tasks: int = 3) -> Run:
    """Ann plans, Bob writes twice, because at first it is too long, and Ann prints; delegated or not.

    Only the crew's own properties are expected: the others are shared by all styles, and tried there.
    """
    some = [Task(f"t{place}", agent="ann", context=() if place < 2 else ("t1",)) for place in range(tasks)]
    some[1] = Task("t1", agent="bob", guardrails=(at_most(5),), retries=1)
    boss: dict[str, Any] = {"process": "hierarchical", "manager": "boss"} if hierarchical else {}
    world = World(latency=0.01).add(Crew(("ann", "bob"), some, budget=Budget(turns=None), **boss))
    world.add(Manager("boss"), Scripted("ann", *["done"] * tasks))
    world.add(Scripted("bob", "one word more than there may be", "short"))
    return world.expect(*OWN, only_what_passes(some)).run()


def managed() -> Run:
    return crewed(hierarchical=True)


def trace(hierarchical: bool = False) -> Trace:
    return crewed(hierarchical).trace


def turns(about: str, hierarchical: bool = False) -> list[Event]:
    return [event for event in trace(hierarchical).select("Turn") if event.data.about == about]


def output(task: str) -> Event:
    return next(event for event in recorded(trace(), "Output") if event.data.task == task)


def refusal() -> Event:
    return next(recorded(trace(), "Refused"))


def told(**change: Any) -> Trace:
    """The result reads otherwise."""
    last = next(filter(is_result, trace()))
    return changed(trace(), last, data=replace(last.data, **change))


def outputs() -> tuple[Any, ...]:
    kept: tuple[Any, ...] = result(trace()).outputs  # type: ignore[union-attr]
    return kept


def begins_too_early() -> Trace:
    """What t2 reads is done only after it has begun."""
    return late(trace(), output("t1"), after=turns("t2")[-1])


def unplanned() -> Trace:
    """An output of a task that is not in the plan."""
    return changed(trace(), output("t0"), data=replace(output("t0").data, task="zed"))


def done_twice() -> Trace:
    """The same output comes again."""
    return repeated(trace(), output("t0"))


def of_another_agent() -> Trace:
    """Ann's output is said to be Bob's."""
    return changed(trace(), output("t0"), data=replace(output("t0").data, agent="bob"))


def manager_does_it() -> Trace:
    """Ann never had a turn for t0, and the manager answers for it."""
    return without(trace(True), *(event for event in turns("t0", True) if event.peer == "ann"))


def manager_is_delegated_to() -> Trace:
    """Ann's turn goes to the manager."""
    turn = next(event for event in turns("t0", True) if event.peer == "ann")
    return changed(trace(True), turn, peer="boss")


def refused_once_more() -> Trace:
    """Two refusals with one retry, and still a turn."""
    return repeated(trace(), refusal())


def answers(task: str, words: str) -> Trace:
    """The last answer to a task was another one, and so is its output."""
    told, said = output(task), trace().select("Reply", agent="bob")[-1]
    mutated = changed(trace(), said, data=replace(said.data, content=f"{words}, which are more than five"))
    return changed(mutated, told, data=replace(told.data, content=words))


def forgets(task: str) -> Trace:
    """The last turn of a task has nothing to read."""
    turn = turns(task)[-1]
    return changed(trace(), turn, data=replace(turn.data, context=()))


def forgets_the_context() -> Trace:
    """T2 is begun without what it builds on."""
    return forgets("t2")


def forgets_what_was_refused() -> Trace:
    """The retry does not know why."""
    return forgets("t1")


def out_of_order() -> Trace:
    """All outputs are told, but backwards."""
    return told(outputs=outputs()[::-1])


def done_too_soon() -> Trace:
    """It says that it is done, and the last task is not."""
    return without(told(outputs=outputs()[:2]), output("t2"))


STORY = (crewed, managed)
GROWS = tuple(lambda tasks=tasks: crewed(tasks=tasks) for tasks in (20, 80))
BROKEN: dict[str, list[Callable[[], Trace]]] = {
    "a task starts after its context": [begins_too_early],
    "each output is of one agent": [unplanned, done_twice, of_another_agent],
    "the manager does no task itself": [manager_does_it, manager_is_delegated_to],
    "retries are counted": [refused_once_more],
    "context is read, and kept by a retry": [forgets_the_context, forgets_what_was_refused],
    "only what passes is an output": [
        lambda: changed(trace(), output("t1"), data=replace(output("t1").data, content="long")),
        lambda: answers("t1", "two words too many here"),
    ],
    "the end tells what is done and what failed": [
        lambda: told(outputs=outputs()[1:]),
        out_of_order,
        done_too_soon,
        lambda: told(reason=StopReason(Stop.FAILED, "t1", "bob: down")),
    ],
}
UNTIL = 400.0


@st.composite
def jobs(draw: st.DrawFn, agents: tuple[str, ...], free: bool) -> list[Task]:
    """Up to six tasks, some asynchronous, guarded or conditional; with `free`, some have no agent."""
    good = lambda text: (text[-1] < "7", text)
    tasks: list[Task] = []
    for place in range(draw(st.integers(1, 6))):
        beside = draw(st.booleans())
        conditional = place and not beside and draw(st.integers(0, 4)) == 4
        earlier = [each.name for each in tasks]
        context = st.none() | st.lists(st.sampled_from(earlier), unique=True) if earlier else st.none()
        tasks.append(
            Task(
                f"t{place}",
                agent=draw(st.sampled_from([*agents, *([None] * 6 if free else [])])),
                context=draw(context),
                asynchronous=beside,
                guardrails=draw(st.sampled_from([(), (good,), (good, good)])),
                retries=draw(st.integers(0, 2)),
                condition=(lambda before: before.task == "t0") if conditional else None,
            )
        )
    return tasks


@st.composite
def disasters(draw: st.DrawFn) -> World:
    """A crew, sequential or hierarchical, on a bad network with agents that fail."""
    agents, hierarchical, seed = ("ann", "bob", "cat"), draw(st.booleans()), draw(st.integers(0, 999))

    async def act(turn: Turn) -> Any:
        dice = random.Random(f"{seed} {turn.id}")  # not one for all: the world can be run again
        await asyncio.sleep(dice.uniform(0.0, 1.0))
        if dice.random() < 0.05:
            raise OSError("down")
        return f"{turn.task} done, of {dice.randrange(10)}"

    tasks = draw(jobs(agents, hierarchical))
    limits = {"tokens": draw(st.sampled_from([None, 2000])), "time": draw(st.sampled_from([None, 20.0]))}
    budget = Budget(draw(st.sampled_from([8, 100])), **limits)  # type: ignore[arg-type]
    boss = {"process": "hierarchical", "manager": "boss"} if hierarchical else {}
    world = World(seed, latency="uniform(0.01, 0.1)", loss=0.01, duplicate=0.03)
    world.add(Crew(agents, tasks, tries=2, budget=budget, patience=3.0, **boss))  # type: ignore[arg-type]
    world.add(Manager("boss", draw(st.sampled_from([relay, least_busy, lazy]))))
    world.add(Member(name, act) for name in agents)
    world.inject(*draw(plans((*agents, "crew"), "crash partition cut slow drop delay", end=8.0)))
    if draw(st.booleans()):
        begun = draw(moments(0, 2))
        world.inject(f"crash crew @{begun:.3f}..{begun + 1:.3f}")
    rights = default_rights(agents, "boss" if hierarchical else None)
    return world.expect(*properties(budget, rights, within=300.0, tasks=tasks))


def also(run: Run) -> None:
    """It ends, once."""
    assert run.trace.count("decision") == 1, run.line


SEEN: dict[str, Callable[[Run], Any]] = {
    **{
        f"stopped: {kind}": lambda run, kind=kind: result(run.trace).reason.kind == kind
        for kind in (Stop.DONE, Stop.FAILED, Stop.BUDGET)
    },
    "an answer is refused": lambda run: any(recorded(run.trace, "Refused")),
    "a task is skipped": lambda run: any(each.data.skipped for each in recorded(run.trace, "Output")),
    "the crew restarts": lambda run: run.trace.count("restart", agent="crew"),
}
