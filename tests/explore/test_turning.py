"""The point of no return: a lost message after which nothing could save a run."""

from __future__ import annotations

from functools import cache

import pytest

from coordlab import World, labs
from coordlab.explore import ExploreError, TurningPoint, point_of_no_return
from coordlab.patterns.bully.checks import properties
from coordlab.trace.trace import DROP, SEND
from coordlab.world.run import Run


@cache
def unlucky() -> Run:
    """The first election with two coordinators because a message was lost."""
    runs = (labs.bully(seed=seed, loss=0.03).run for seed in range(200))
    return next(run for run in runs if run.verdicts[0].status == "violated")


@cache
def turned() -> TurningPoint:
    return point_of_no_return(unlucky(), properties()[0])


def test_a_run_turns_where_a_message_is_lost() -> None:
    """Before it few futures fail, after it nearly all, and the sentence names what did not arrive."""
    found = turned()
    assert (found.early.mean < 0.3, found.late.mean > 0.9) == (True, True)
    assert found.before < found.after < found.before + 0.1
    assert found.event is not None
    assert found.event.kind == DROP
    sent = [each.time for each in found.run.trace.select(SEND) if each.message == found.event.message]
    assert found.before <= sent[0] <= found.after
    assert "does not reach" in str(found)


def test_the_curve_is_close_to_a_step() -> None:
    shares = [(at, each.mean) for at, each in turned().curve.items()]
    assert all(share < 0.5 for at, share in shares if at <= turned().before)
    assert all(share > 0.8 for at, share in shares if at >= turned().after)
    assert "futures that fail" in turned().plot().alt


def test_the_same_question_has_the_same_answer() -> None:
    assert str(point_of_no_return(unlucky(), properties()[0])) == str(turned())


def test_a_run_that_keeps_the_property_has_no_such_point() -> None:
    run = labs.bully().run
    with pytest.raises(ExploreError, match="expected a run that violates it"):
        point_of_no_return(run, properties()[0])


def test_chance_that_is_drawn_again_changes_nothing_before() -> None:
    """And after it everything that is drawn: latencies, and the agents' dice."""
    run, world = unlucky(), unlucky().world
    again = [world.again().redraw(5.0, number).run(run.until).trace for number in (1, 1, 2)]
    assert again[0] == again[1] != again[2]
    for trace in again:
        first = run.trace.divergence(trace)
        assert first is not None
        assert run.trace[first].time >= 5.0
    assert world.again().run(run.until).trace == run.trace


@pytest.mark.parametrize(("at", "number"), [(-1, 1), (float("nan"), 1), (1, -1), (1, 0.5)])
def test_chance_is_drawn_again_at_a_time_and_with_a_number(at: float, number: float) -> None:
    with pytest.raises((ValueError, TypeError)):
        World().redraw(at, number)  # type: ignore[arg-type]


def test_a_run_that_has_begun_keeps_its_chance() -> None:
    with pytest.raises(RuntimeError, match="the run has begun"):
        unlucky().world.redraw(1.0, 1)
