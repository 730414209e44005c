"""What weighted consensus promises: runs that keep it, traces that break it, disasters it survives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

from hypothesis import strategies as st

from coordlab import World
from coordlab.patterns.weighted import Expert, Moderator, Opinion, Outcome, Question, ask_panel
from coordlab.patterns.weighted.checks import properties
from coordlab.trace.trace import Event, Trace
from coordlab.world.run import Run
from tests.disasters import moments, plans
from tests.properties.mutated import changed, late, without

PANEL = {"ann": 0.8, "bob": 0.8, "cat": 0.8}


@cache
def panel() -> Run:
    """Thirty questions to three equals."""
    return ask_panel(PANEL, questions=30)


@cache
def lesson() -> Run:
    """Thirty questions to three of whom nothing is known at first."""
    return ask_panel(PANEL, questions=30, known={}, learning=True)


def trace() -> Trace:
    return panel().trace


def decision(number: int = 3) -> Event:
    return trace().select("decision")[number - 1]


def decided(**fields: Any) -> Trace:
    """The third question was decided otherwise."""
    return changed(trace(), decision(), data=replace(decision().data, **fields))


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
    told, other = trace(), {"yes": "no", "no": "yes"}
    for event in trace().select("Graded", kind="note"):
        told = changed(told, event, data=replace(event.data, truth=other[event.data.truth]))
    return told


def decided_late() -> Trace:
    """The third decision comes with the last."""
    stretched = changed(trace(), trace()[len(trace()) - 1], time=int(9e6))
    return late(stretched, stretched[decision().seq], stretched[len(stretched) - 1])


STORY = (panel, lesson)
GROWS = tuple(
    lambda many=many: ask_panel({f"e{n}": 0.7 for n in range(many)}, questions=25) for many in (5, 20)
)
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
    "voices are the opinions that came": [
        lambda: voiced(0, choice="abstain", weight=0.0),
        lambda: decided(voices=decision().data.voices[1:]),
    ],
    "all are told the result": [
        lambda: without(trace(), trace().select("Outcome")[1]),
        lambda: changed(trace(), trace().select("Outcome")[1], data=Outcome(1, "maybe")),
    ],
    "an outcome within 1.1 s": [lambda: without(trace(), decision(30)), decided_late],
}


UNTIL = 10.0


class Chatterbox(Expert):
    """Answers three times, and a question that was not asked."""

    async def on_question(self, sender: str, message: Question) -> Opinion:
        for number in (message.number, message.number, message.number + 7):
            self.send(sender, Opinion(number, "yes"))
        return Opinion(message.number, "no")


@st.composite
def disasters(draw: st.DrawFn) -> World:
    """Up to six experts, some known, four questions, and up to four faults, of the moderator too."""
    names = [f"e{number}" for number in range(1, draw(st.integers(2, 6)) + 1)]
    competences = st.integers(5, 95).map(lambda percent: percent / 100)
    settings: dict[str, Any] = {
        "known": {name: draw(competences) for name in names if draw(st.booleans())},
        "learning": draw(st.booleans()),
        "strangers": draw(st.sampled_from([0.0, 0.5, 0.5])),
        "weigh": draw(st.sampled_from(["log_odds", "linear", "equal"])),
        "cap": draw(st.sampled_from([0.7, 10.0])),
    }
    loss = draw(st.sampled_from([0.0, 0.1]))
    world = World(draw(st.integers(0, 999)), latency="uniform(0.01, 0.2)", loss=loss)
    world.add(Moderator(questions=4, stranger=0.7, **settings))
    for name in names:
        kind, reserve = draw(st.sampled_from([Expert, Expert, Chatterbox])), draw(st.sampled_from([0.0, 0.3]))
        world.add(kind(name, draw(competences), reserve, draw(moments(0, 1.2))))
    kinds = "crash partition cut slow drop duplicate delay"
    world.inject(*draw(plans(["moderator", *names], kinds, end=4.0)))
    return world.expect(*properties(**settings))


def also(run: Run) -> None:
    """Every question is decided."""
    assert run.trace.count("decision") == 4, run.line


def decisions(run: Run) -> list[Any]:
    return [event.data for event in run.trace.select("decision")]


SEEN: dict[str, Callable[[Run], Any]] = {
    **{
        f"an outcome: {result}": lambda run, result=result: result in [each.result for each in decisions(run)]
        for result in ("accepted", "rejected", "tie", "no_quorum")
    },
    "a stranger is heard": lambda run: [
        voice for each in decisions(run) for voice in each.voices if not voice.known and voice.weight
    ],
    "the moderator crashes": lambda run: run.trace.count("crash", agent="moderator"),
    "an opinion does not count": lambda run: [e for e in run.trace.select("note") if e.name is None],
}
