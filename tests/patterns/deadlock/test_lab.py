"""The deadlock lab."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from coordlab import labs
from coordlab.labs import Lab
from coordlab.labs.views import Graph, Mark, Spans
from coordlab.patterns.deadlock.agents import Worker
from coordlab.patterns.deadlock.lab import SPEC
from coordlab.properties.verdicts import VIOLATED


def counted(lab: Lab, label: str) -> object:
    return next(each.counted for each in lab.measures if each.label == label)


def graph(lab: Lab) -> Graph:
    found = SPEC.views[0].draw(lab.parameters, lab.run.trace)
    assert isinstance(found, Graph)
    return found


def arrows(lab: Lab, at: float) -> dict[tuple[str, str], str]:
    """The arrows at a moment, with their tones."""
    now: dict[tuple[str, str], str] = {}
    for mark in graph(lab).marks:
        if isinstance(mark.what, tuple) and (mark.event < 0 or lab.run.trace[mark.event].time <= at):
            now[mark.what] = mark.tone
    return {edge: tone for edge, tone in now.items() if tone}


@pytest.mark.parametrize("seed", range(1, 13))
@pytest.mark.parametrize("version", ["coordinator", "probes", "order"])
def test_each_method_keeps_its_promises_at_any_seed(version: str, seed: int) -> None:
    """Theory says nothing of a deadlock's length where there was none."""
    lab = labs.deadlock(seed=seed, version=version)
    assert {each.status for each in lab.run.verdicts} <= {"holds", "undecided"}
    assert False not in [each.agrees for each in lab.measures]


def test_five_wait_in_a_cycle_for_ever() -> None:
    """Each for its neighbour, and none goes on: the run breaks two promises."""
    lab = labs.deadlock().try_out("Nobody looks for deadlocks")
    cycle = {(f"p{number}", f"p{number % 5 + 1}"): "stuck" for number in range(1, 6)}
    assert arrows(lab, at=5.0) == arrows(lab, at=lab.run.trace.until) == cycle
    broken = {each.name: each.because for each in lab.run.verdicts if each.status == VIOLATED}
    assert [*broken] == ["deadlocks end within 1.2 s", "everybody is done within 14.3 s"]
    assert "wait for each other" in broken["deadlocks end within 1.2 s"]


def test_a_learners_worker_must_be_done_too() -> None:
    """The promise is judged whatever the name of the class: one that takes its forks in order keeps it."""

    class Tidy(Worker):
        def __init__(self, name: str, wants: tuple[str, ...], **settings: Any) -> None:
            super().__init__(name, tuple(sorted(wants)), **settings)

    class Careless(Worker):
        pass

    for worker, status in ((Tidy, "holds"), (Careless, "violated")):
        done = labs.deadlock(worker=worker, version="nobody", think=0.0).run.verdicts[5]
        assert (done.name, done.status) == ("everybody is done within 14.3 s", status)


def test_one_who_takes_the_other_fork_first_prevents_it() -> None:
    lab = labs.deadlock().try_out("One left-handed worker")
    tones = {mark.tone for mark in graph(lab).marks}
    assert (counted(lab, "deadlocks"), "stuck" in tones, "between" in tones) == (0, False, True)


def test_impatience_sends_back_those_who_would_have_got_their_forks() -> None:
    lab = labs.deadlock().try_out("A short time-out")
    assert 20 < int(str(counted(lab, "false victims"))) < int(str(counted(lab, "victims")))
    assert counted(labs.deadlock(), "false victims") == 0


def test_a_cycle_turns_red_until_a_victim_has_let_go() -> None:
    """Its five arrows are red from when it closes until the first of them is gone."""
    lab = labs.deadlock()
    red = [mark for mark in graph(lab).marks if isinstance(mark.what, tuple) and mark.tone == "stuck"]
    began = lab.run.trace[red[-1].event].time
    assert len(red) == 5
    assert list(arrows(lab, began).values()) == ["stuck"] * 5
    end = began + float(str(counted(lab, "longest deadlock, s")))
    assert "stuck" not in arrows(lab, end + 0.001).values()
    assert graph(lab).marks[0] == Mark(-1, ("p1", "p5"), "", "")


def test_no_fork_is_held_by_two() -> None:
    lab = labs.deadlock()
    spans = SPEC.views[1].draw(lab.parameters, lab.run.trace)
    assert isinstance(spans, Spans)
    for fork in spans.lanes:
        bars = sorted((bar.since, bar.until or lab.run.trace.until) for bar in spans.bars if bar.lane == fork)
        assert all(one[1] <= other[0] for one, other in pairwise(bars))
        assert len(bars) > 5
