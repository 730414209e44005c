"""What every orchestrated run promises: the runs that keep it, the traces that break it, and disasters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

from hypothesis import strategies as st

from coordlab import World
from coordlab.patterns.crew import Crew
from coordlab.patterns.crew.rules import Delegate, Task
from coordlab.patterns.orchestration import Conductor, Scripted
from coordlab.patterns.orchestration.checks import delegated_by_right, properties
from coordlab.patterns.orchestration.rules import Budget, Cancel, Failed, Rights, Stop, StopReason, Utterance
from coordlab.patterns.orchestration.turns import is_result, result
from coordlab.trace.trace import Event, Trace
from coordlab.world.agent import Agent
from coordlab.world.run import Run
from tests.disasters import moments, plans
from tests.properties.mutated import changed, late, made, repeated, without

BUDGET, RIGHTS = Budget(turns=5, time=9.0), Rights({"boss": ("ann", "bob")})


class Rounds(Conductor):
    """Asks all members in turn, `rounds` times, and keeps what they say."""

    def __init__(self, members: tuple[str, ...], rounds: int = 1, **settings: Any) -> None:
        super().__init__("chair", **settings)
        self.members, self.rounds = members, rounds

    async def conduct(self) -> StopReason:
        for place in range(len(self.outputs), self.rounds * len(self.members)):
            to = self.members[place % len(self.members)]
            said = await self.turn(to, "go on", self.outputs)
            self.keep(Utterance(to, said.why if isinstance(said, Failed) else said.content, said.tokens))
            self.heard(to, self.outputs[-1].content)
        return StopReason(Stop.DONE)


class Everybody(Conductor):
    """Asks all at once."""

    def __init__(self, members: tuple[str, ...], **settings: Any) -> None:
        super().__init__("chair", **settings)
        self.members = members

    async def conduct(self) -> StopReason:
        for reply in await self.together(*(self.turn(to, "go on") for to in self.members)):
            self.keep(reply)
        return StopReason(Stop.DONE)


class User(Agent):
    """Cancels the run at some moment."""

    def __init__(self, at: float, why: str = "too dear") -> None:
        super().__init__("user")
        self.at, self.why = at, why

    async def run(self) -> None:
        await self.sleep(self.at)
        self.send("chair", Cancel(self.why))


@cache
def delegated(delegations: int = 2, budget: Budget = BUDGET) -> Run:
    """A manager delegates to Ann and to Bob in turn, a second each."""
    orders = [Delegate(("ann", "bob")[number % 2], f"part {number}") for number in range(delegations)]
    crew = Crew(("ann", "bob"), [Task("find")], "hierarchical", "boss", budget=budget)
    world = World(latency=0.01).add(crew, Scripted("boss", *orders, "found"))
    world.add(Scripted(name, *["done"] * delegations, seconds=1.0) for name in ("ann", "bob"))
    world.expect(*properties(budget, within=2.5 * delegations), delegated_by_right(RIGHTS))
    return world.run(until=3.0 + 2 * delegations)


def trace() -> Trace:
    return delegated().trace


def turn(number: int) -> Event:
    return trace().select("Turn")[number - 1]


def the_result() -> Event:
    return next(filter(is_result, trace()))


def turn_changed(number: int, **fields: Any) -> Trace:
    return changed(trace(), turn(number), data=replace(turn(number).data, **fields))


def result_changed(**fields: Any) -> Trace:
    return changed(trace(), the_result(), data=replace(the_result().data, **fields))


def turn_after_the_end() -> Trace:
    """The last turn is given again when all is over."""
    return repeated(trace(), turn(5), after=the_result())


def turn_before_the_beginning() -> Trace:
    """No conductor has begun."""
    return without(trace(), next(event for event in trace() if event.data == "conducting"))


def turn_when_time_is_over() -> Trace:
    """The last turn is given 9.5 s after the beginning."""
    later = made(
        trace(), [*trace().rows, (9_500_000, "timer", "ann", None, None, "nothing", None, 0.0)], 10.0
    )
    return late(later, turn(5), later[-1])


def uncounted_reply() -> Trace:
    """A reply was longer than counted."""
    reply = trace().select("Reply")[0]
    return changed(trace(), reply, data=replace(reply.data, tokens=99))


STORY = (delegated,)
GROWS = tuple(lambda many=many: delegated(many, Budget(turns=None)) for many in (20, 80))
BROKEN: dict[str, list[Callable[[], Trace]]] = {
    "one stop reason": [  # it stops twice; for an unknown reason; without having begun
        lambda: repeated(trace(), the_result()),
        lambda: result_changed(reason=StopReason("tired")),  # type: ignore[arg-type]
        turn_before_the_beginning,
    ],
    "a run ends within 5 s": [lambda: without(trace(), the_result())],
    "no turn after the stop": [turn_after_the_end, turn_before_the_beginning],
    "within the budget": [lambda: repeated(trace(), turn(5)), turn_when_time_is_over],
    "turns and tokens are counted": [
        lambda: result_changed(spent=replace(the_result().data.spent, turns=4)),
        uncounted_reply,
    ],
    "each turn has a parent": [  # after the second comes a fourth; one comes from a later one
        lambda: turn_changed(3, id=4),
        lambda: turn_changed(2, parent=3),
        turn_after_the_end,
    ],
    "each turn is acted on once": [lambda: repeated(trace(), trace().select("Reply")[0])],
    "only allowed delegations": [  # Ann's turn goes to a stranger; the manager's turn was Ann's
        lambda: changed(trace(), turn(2), peer="zed"),
        lambda: changed(trace(), turn(1), peer="ann"),
    ],
}
UNTIL = 100.0


@st.composite
def disasters(draw: st.DrawFn) -> World:
    """Members that fail now and then, over a bad network, with crashes and a cancellation."""
    members, rounds = ("ann", "bob", "cat"), draw(st.none() | st.integers(1, 9))
    limits = [draw(st.sampled_from([None, None, limit])) for limit in (6, 15, 5.0)]
    budget = Budget(draw(st.integers(1, 40)), *limits)
    settings: dict[str, Any] = {"patience": 3.0, "budget": budget, "repeats": 2}
    world = World(draw(st.integers(0, 999)), latency="uniform(0.01, 0.2)", loss=0.05, duplicate=0.05)
    world.add(Rounds(members, rounds, **settings) if rounds else Everybody(members, **settings))
    lines = draw(st.lists(st.sampled_from(["yes", "no", OSError("down")]), min_size=1, max_size=6))
    world.add(Scripted(name, *lines * 20, seconds=draw(moments(0, 1))) for name in members)
    if draw(st.booleans()):
        world.add(User(draw(moments(0, 10))))
    world.inject(*draw(plans((*members, "chair"), "crash partition cut slow drop delay", end=10.0)))
    if draw(st.booleans()):
        at = draw(moments(0, 8))
        world.inject(f"crash chair @{at:.3f}..{at + 1:.3f}")
    return world.expect(*properties(budget, within=80.0))


def also(run: Run) -> None:
    """Every run ends, once."""
    assert run.trace.count("decision") == 1, run.line


SEEN: dict[str, Callable[[Run], Any]] = {
    **{
        f"stopped: {kind}": lambda run, kind=kind: result(run.trace).reason.kind == kind
        for kind in (Stop.DONE, Stop.BUDGET, Stop.LOOP, Stop.CANCELLED)
    },
    "a member fails": lambda run: run.trace.count("Failed"),
    "the conductor restarts": lambda run: run.trace.count("restart", agent="chair"),
    "a turn is lost": lambda run: run.trace.count("Turn", kind="drop"),
}
