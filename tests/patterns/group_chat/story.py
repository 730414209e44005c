"""What a group chat promises: the runs that keep it, the traces that break it, and disasters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

from hypothesis import strategies as st

from coordlab import World
from coordlab.patterns.group_chat import Chair
from coordlab.patterns.group_chat.checks import properties
from coordlab.patterns.group_chat.rules import (
    Condition,
    LastMessages,
    Selector,
    Unchanged,
    max_messages,
    max_turns,
    round_robin,
    stop_word,
    timeout,
)
from coordlab.patterns.orchestration import Scripted
from coordlab.patterns.orchestration.rules import Budget, Stop, StopReason, Utterance
from coordlab.patterns.orchestration.turns import result
from coordlab.properties import recorded
from coordlab.trace.trace import Event, Trace
from coordlab.world.run import Run
from tests.disasters import moments, plans
from tests.properties.mutated import changed, made, repeated, without

NAMES = ("ann", "bob", "cat")


def over() -> Condition:
    return max_messages(5) | stop_word("DONE")


@cache
def talked() -> Run:
    """The task and four turns, of which the second fails at first."""
    world = World(latency=0.01).add(Chair(NAMES, "How many?", over()))
    lines = {"ann": ("5", "8"), "bob": (OSError("down"), "8"), "cat": ("7", "8")}
    world.add(Scripted(name, *each) for name, each in lines.items())
    return world.expect(*properties(NAMES, round_robin, over(), limit=5, within=2.0)).run(until=1.0)


@cache
def long(turns: int) -> Run:
    """Many turns, all different."""
    limit = max_messages(turns + 1)
    world = World(latency=0.01).add(Chair(NAMES, "How many?", limit))
    world.add(Scripted(name, *map(str, range(turns))) for name in NAMES)
    return world.expect(*properties(NAMES, round_robin, limit, limit=turns + 1)).run()


def chat() -> Trace:
    return talked().trace


def turn(nth: int) -> Event:
    return chat().select("Turn")[nth]


def noted(nth: int) -> Event:
    """The nth utterance."""
    return list(recorded(chat(), "Utterance"))[nth]


def the_result() -> Event:
    return chat().select("decision")[0]


def told(**fields: Any) -> Trace:
    """The result reads otherwise."""
    return changed(chat(), the_result(), data=replace(the_result().data, **fields))


def out_of_turn() -> Trace:
    """Cat is given the floor instead of ann."""
    return changed(chat(), turn(0), peer="cat")


def asked_twice() -> Trace:
    """Ann has the floor twice in a row."""
    return repeated(chat(), turn(0), after=noted(1))


def reads_something_else() -> Trace:
    """Bob does not see what ann said."""
    return changed(chat(), turn(1), data=replace(turn(1).data, context=turn(0).data.context))


def puts_words_into_a_mouth() -> Trace:
    """What is noted of cat is not what it said."""
    return changed(chat(), noted(2), data=Utterance("cat", "9", 1))


def speaks_for_the_user() -> Trace:
    """In the middle, a member is the user."""
    return changed(chat(), noted(2), data=Utterance("user", "7", 1))


def leaves_out() -> Trace:
    """The result lacks the last message."""
    return told(outputs=the_result().data.outputs[:-1])


def says_one_thing_more() -> Trace:
    """After the fifth message comes a sixth."""
    return repeated(chat(), noted(4))


def misses_the_word() -> Trace:
    """The stop word was said, and the talk went on."""
    return changed(chat(), noted(2), data=Utterance("cat", "DONE", 1))


def lies_about_the_reason() -> Trace:
    """It was the fifth message, and the word is blamed."""
    return told(reason=StopReason(Stop.CONDITION, "stop_word('DONE')", "bob"))


def stops_for_nothing() -> Trace:
    """A condition is said to hold after two messages."""
    return repeated(chat(), the_result(), after=noted(2))


def ends_twice() -> Trace:
    """The result is decided once more."""
    return repeated(chat(), the_result())


def never_ends() -> Trace:
    """There is no result."""
    return made(chat(), list(without(chat(), the_result()).rows), until=3.0)


STORY = (talked,)
GROWS = tuple(lambda turns=turns: long(turns) for turns in (20, 80))
BROKEN: dict[str, list[Callable[[], Trace]]] = {
    "speakers follow the policy": [out_of_turn, asked_twice],
    "one transcript, only added to": [
        *(reads_something_else, puts_words_into_a_mouth, speaks_for_the_user, leaves_out)
    ],
    "it stops with the first message that ends it": [
        *(says_one_thing_more, misses_the_word, lies_about_the_reason, stops_for_nothing)
    ],
    "at most 5 messages": [says_one_thing_more],
    "a limit that ended the chat was reached": [stops_for_nothing, lies_about_the_reason],
    "turns go round": [out_of_turn],
    "one stop reason": [ends_twice],
    "a run ends within 2 s": [never_ends],
}
OVER: list[Callable[[], Condition]] = [
    lambda: max_messages(15),
    lambda: timeout(1.5) | max_turns(40),
    lambda: max_turns(20) | Unchanged(NAMES, 1),
    lambda: stop_word("9") & max_turns(6),
]
UNTIL = 60.0


@st.composite
def disasters(draw: st.DrawFn) -> World:
    """Three who estimate, and up to six faults, most often crashes, of the chair too."""
    condition = draw(st.sampled_from(OVER))()
    policy = draw(st.sampled_from([round_robin, Selector()]))
    window = draw(st.sampled_from([LastMessages(3), LastMessages(99)]))
    chair = Chair(NAMES, "How many?", condition, policy, window, patience=0.5, budget=Budget(40, time=30.0))
    world = World(draw(st.integers(0, 999)), latency="uniform(0.01, 0.05)").add(chair)
    for name in NAMES:
        lines = draw(st.lists(st.sampled_from("789"), min_size=1, max_size=9))
        world.add(Scripted(name, *lines * 99, seconds=0.05))
    world.inject(*draw(plans(["chair", *NAMES], "crash cut slow drop duplicate delay", end=2.0, most=5)))
    if draw(st.booleans()):
        begun = draw(moments(0, 4))
        world.inject(f"crash chair @{begun:.3f}..{begun + 0.3:.3f}")
    return world.expect(*properties(NAMES, policy, condition, window, limit=60, within=31.0))


def also(run: Run) -> None:
    """It always ends."""
    assert result(run.trace), run.line


SEEN: dict[str, Callable[[Run], Any]] = {
    **{
        f"stopped: {kind}": lambda run, kind=kind: result(run.trace).reason.kind == kind
        for kind in (Stop.CONDITION, Stop.LOOP)
    },
    "a turn fails": lambda run: any(recorded(run.trace, "Failed")),
    "the chair restarts": lambda run: run.trace.count("restart", agent="chair"),
}
