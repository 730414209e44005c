"""Each property of the group chat: kept by the chair, and broken by a trace that deserves it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest

from coordlab import World
from coordlab.patterns.group_chat import Chair
from coordlab.patterns.group_chat.checks import properties
from coordlab.patterns.group_chat.rules import (
    Condition,
    Handoff,
    Policy,
    max_messages,
    round_robin,
    stop_word,
    swarm,
)
from coordlab.patterns.orchestration import Scripted
from coordlab.patterns.orchestration.rules import Stop, StopReason, Utterance
from coordlab.properties import Verdict
from coordlab.trace.trace import Event, Trace
from tests.properties.linear import growth
from tests.properties.mutated import changed, ended, made, repeated, without

NAMES = ("ann", "bob", "cat")


def over() -> Condition:
    return max_messages(5) | stop_word("DONE")


@cache
def chat() -> Trace:
    """The task and four turns, of which the second fails at first."""
    world = World(latency=0.01).add(Chair(NAMES, "How many?", over()))
    lines = {"ann": ("5", "8"), "bob": (OSError("down"), "8"), "cat": ("7", "8")}
    return world.add(Scripted(name, *each) for name, each in lines.items()).run(until=1.0).trace


def judged(trace: Trace, policy: Policy = round_robin) -> dict[str, Verdict]:
    judges = properties(NAMES, policy, over(), limit=5, within=2.0)
    return {verdict.name: verdict for verdict in (each(trace) for each in judges)}


def turn(nth: int) -> Event:
    return chat().select("Turn")[nth]


def noted(nth: int) -> Event:
    """The nth utterance."""
    return [each for each in chat().select("note") if isinstance(each.data, Utterance)][nth]


def result() -> Event:
    return chat().select("decision")[0]


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
    """In the middle, somebody is the user."""
    return changed(chat(), noted(2), data=Utterance("user", "7", 1))


def leaves_out() -> Trace:
    """The result lacks the last message."""
    return changed(chat(), result(), data=replace(result().data, outputs=result().data.outputs[:-1]))


def says_one_thing_more() -> Trace:
    """After the fifth message comes a sixth."""
    return repeated(chat(), noted(4))


def misses_the_word() -> Trace:
    """The stop word was said, and the talk went on."""
    return changed(chat(), noted(2), data=Utterance("cat", "DONE", 1))


def lies_about_the_reason() -> Trace:
    """It was the fifth message, and the word is blamed."""
    wrong = StopReason(Stop.CONDITION, "stop_word('DONE')", "bob")
    return changed(chat(), result(), data=replace(result().data, reason=wrong))


def stops_for_nothing() -> Trace:
    """A condition is said to hold after two messages."""
    return repeated(chat(), result(), after=noted(2))


def never_ends() -> Trace:
    """There is no result."""
    return made(chat(), list(without(chat(), result()).rows), until=3.0)


BROKEN = {
    "speakers follow the policy": [out_of_turn, asked_twice],
    "one transcript, only added to": [
        *(reads_something_else, puts_words_into_a_mouth, speaks_for_the_user, leaves_out),
    ],
    "it stops with the first message that ends it": [
        *(says_one_thing_more, misses_the_word, lies_about_the_reason, stops_for_nothing),
    ],
    "at most 5 messages": [says_one_thing_more],
    "a run ends within 2 s": [never_ends],
}


def test_the_chair_keeps_them_all() -> None:
    """The run as it was: every property holds."""
    assert {each.status for each in judged(chat()).values()} == {"holds"}


@pytest.mark.parametrize(
    ("name", "mutation"), [(name, each) for name, mutations in BROKEN.items() for each in mutations]
)
def test_each_objects_to_the_trace_that_breaks_it(name: str, mutation: Callable[[], Trace]) -> None:
    """A violation names its moment, its event and its reason."""
    verdict = judged(mutation())[name]
    assert verdict.status == "violated"
    assert verdict.at is not None
    assert verdict.because


def test_every_property_has_such_a_trace() -> None:
    """None of them holds by construction."""
    assert set(BROKEN) == set(judged(chat()))


@pytest.mark.parametrize("mutation", [out_of_turn, reads_something_else, lies_about_the_reason, never_ends])
def test_only_that_one_objects(mutation: Callable[[], Trace]) -> None:
    """What is wrong in one way is right in the others."""
    names = [name for name, verdict in judged(mutation()).items() if verdict.status == "violated"]
    assert names == [name for name, mutations in BROKEN.items() if mutation in mutations]


def test_a_policy_that_allows_nobody_is_broken_by_whoever_speaks() -> None:
    """In a swarm the floor cannot be handed to a stranger."""
    stranger = changed(chat(), noted(1), data=Utterance("ann", Handoff("zed"), 1))
    verdict = judged(stranger, swarm)["speakers follow the policy"]
    assert verdict.status == "violated"
    assert "handed over to 'zed'" in verdict.because


def test_a_trace_that_ends_early_decides_nothing_about_the_end() -> None:
    """0.05 s are not the end."""
    verdicts = judged(ended(chat(), 0.05))
    assert [name for name, each in verdicts.items() if each.status == "undecided"] == [
        "a run ends within 2 s"
    ]


def test_an_empty_trace_decides_nothing() -> None:
    """Where nothing happened, nothing held."""
    assert {each.status for each in judged(made(chat(), [], 0.0)).values()} == {"undecided"}


@cache
def long_chat() -> Trace:
    """Eighty turns."""
    world = World(latency=0.01).add(Chair(NAMES, "How many?", max_messages(81)))
    return world.add(Scripted(name, *map(str, range(80))) for name in NAMES).run().trace


@pytest.mark.parametrize("at", range(5))
def test_each_goes_through_the_trace_once(at: int) -> None:
    """Four times the turns, four times the work."""
    judge = properties(NAMES, round_robin, max_messages(81), limit=81)[at]
    assert growth(judge, ended(long_chat(), 0.4), long_chat()) < 1.5
