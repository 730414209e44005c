"""Each property of weighted consensus: kept by the moderator, and broken by a trace that deserves it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from coordlab import World
from coordlab.patterns.weighted import Expert, Moderator, ask_panel
from coordlab.patterns.weighted.checks import properties
from coordlab.properties import Verdict
from coordlab.trace.trace import Event, Trace
from tests.properties.linear import growth
from tests.properties.mutated import changed, ended, late, made, repeated, without

PANEL = {"ann": 0.8, "bob": 0.8, "cat": 0.8}


@cache
def panel() -> Trace:
    """Thirty questions to three equals."""
    return ask_panel(PANEL, questions=30).trace


def judged(trace: Trace, **settings: Any) -> dict[str, Verdict]:
    wanted = {"known": PANEL, **settings}
    return {verdict.name: verdict for verdict in (each(trace) for each in properties(**wanted))}


def decision(number: int = 3) -> Event:
    return panel().select("decision")[number - 1]


def decided(**fields: Any) -> Trace:
    """The third question was decided otherwise."""
    return changed(panel(), decision(), data=replace(decision().data, **fields))


def voiced(place: int, **fields: Any) -> Trace:
    """One voice on it was another."""
    voices = list(decision().data.voices)
    voices[place] = replace(voices[place], **fields)
    return decided(voices=tuple(voices))


def turned() -> Trace:
    """The losers win."""
    return decided(result={"accepted": "rejected", "rejected": "accepted"}[decision().data.result])


def wrong_throughout() -> Trace:
    """What was true was false."""
    trace, other = panel(), {"yes": "no", "no": "yes"}
    for event in panel().select("Graded", kind="note"):
        trace = changed(trace, event, data=replace(event.data, truth=other[event.data.truth]))
    return trace


def never_decided() -> Trace:
    return without(panel(), decision(30))


def decided_late() -> Trace:
    """The third decision comes with the last."""
    stretched = changed(panel(), panel()[len(panel()) - 1], time=int(9e6))
    return late(stretched, stretched[decision().seq], stretched[len(stretched) - 1])


BROKEN: dict[str, list[Callable[[], Trace]]] = {
    "who weighs nothing changes nothing": [
        turned,
        lambda: voiced(0, choice="abstain"),
        lambda: decided(voices=decision().data.voices * 2),
    ],
    "only proportions count": [turned, lambda: decided(result="tie")],
    "equals are a simple majority": [turned],
    "weights rest on what was graded before": [lambda: voiced(1, weight=2.0)],
    "confidences are true": [
        wrong_throughout,
        lambda: decided(confidence=2.0),
        lambda: decided(confidence=0.4),
    ],
    "strangers weigh no more than declared": [lambda: voiced(2, known=False)],
    "a decision within 1.1 s": [never_decided, decided_late],
}


def test_the_moderator_keeps_them_all() -> None:
    """The run as it was: every property holds."""
    assert {each.status for each in judged(panel()).values()} == {"holds"}


@pytest.mark.parametrize(
    ("name", "mutation"), [(name, each) for name, mutations in BROKEN.items() for each in mutations]
)
def test_each_objects_to_the_trace_that_breaks_it(name: str, mutation: Callable[[], Trace]) -> None:
    """A violation names its moment and its reason."""
    verdict = judged(mutation())[name]
    assert verdict.status == "violated"
    assert verdict.at is not None
    assert verdict.because


def test_every_property_has_such_a_trace() -> None:
    """None of them holds by construction."""
    assert set(BROKEN) == set(judged(panel()))


def test_no_answer_may_set_the_weight_by_which_it_counts() -> None:
    """What is learnt from a question shows in the next, and not twice."""
    name = "weights rest on what was graded before"
    learning = ask_panel(PANEL, questions=5, learning=True).trace
    assert judged(learning, learning=True)[name].status == "holds"
    assert judged(learning)[name].status == "violated"  # as if nothing had been learnt
    graded = learning.select("Graded", kind="note")[1]
    twice = repeated(learning, graded)
    assert judged(twice, learning=True)[name].status == "violated"


def test_few_decisions_do_not_tell_whether_confidences_are_true() -> None:
    """Nineteen graded ones are too few."""
    names = {each.status for each in judged(ask_panel(PANEL, questions=19).trace).values()}
    assert names == {"holds", "undecided"}
    assert judged(ask_panel(PANEL, questions=19).trace)["confidences are true"].status == "undecided"


def test_a_trace_that_ends_early_does_not_tell_whether_there_will_be_a_decision() -> None:
    """Nor one without a question; a crash of the moderator ends the wait."""
    name = "a decision within 1.1 s"
    assert judged(ended(panel(), 0.05))[name].status == "undecided"
    assert judged(World().add(Expert("ann")).run(until=1.0).trace)[name].status == "undecided"
    world = World(latency=0.01).add(Moderator(), Expert("ann", thinking=5.0))
    assert judged(world.inject("crash moderator @0.5").run(until=5.0).trace)[name].status == "holds"


def test_an_empty_trace_decides_nothing() -> None:
    """Where nothing happened, nothing held."""
    assert {each.status for each in judged(made(panel(), [], 0.0)).values()} == {"undecided"}


@pytest.mark.parametrize("number", range(7))
def test_the_work_grows_with_the_trace(number: int) -> None:
    """Four times the experts, four times the work."""
    traces = [ask_panel({f"e{n}": 0.7 for n in range(many)}, questions=25).trace for many in (5, 20)]
    assert growth(properties({f"e{n}": 0.7 for n in range(20)})[number], *traces) < 1.5
