"""The point of no return: a lost message after which nothing could save a run."""

from __future__ import annotations

from functools import cache

import pytest

from coordlab import World, labs
from coordlab.explore import ExploreError, TurningPoint, point_of_no_return
from coordlab.patterns.bully.checks import properties
from coordlab.trace.narration import missing
from coordlab.trace.trace import DROP, SEND
from coordlab.world.run import Run
from tests.sampling import some


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


@pytest.mark.slow
def test_the_same_question_has_the_same_answer() -> None:
    assert str(point_of_no_return(unlucky(), properties()[0])) == str(turned())


def test_a_fault_that_all_futures_share_is_not_what_decided() -> None:
    """Both faults strike at 0 s in every future; what chance decides is how long each worker thinks."""
    lab = labs.deadlock(version="nobody", think=2.0, seed=7).inject("slow fork2 0.3", "slow p5 1")
    found = lab.point_of_no_return("deadlocks end within 1.2 s")
    assert (found.before, found.after) == (0, 2.181023)
    assert "p5 has waited 2.181022 s for its sleep to end" in str(found)


def test_a_run_that_was_lost_from_the_beginning_says_so() -> None:
    """The settings decide, not chance; and it tells how many futures are drawn, and at last that all are."""
    told: list[tuple[int, int]] = []
    run = labs.bully(patience=0.05).run
    found = point_of_no_return(run, run.verdicts[0].name, 10, progress=lambda *done: told.append(done))
    assert (found.before, found.after, found.early.mean, found.event) == (0, 0, 1, None)
    assert str(found).startswith("All futures from the beginning break “one coordinator per component”")
    *drawn, last = told
    assert drawn == [(each, last[1]) for each in range(1, len(drawn) + 1)]
    assert len(drawn) < last[0] == last[1]


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


# Seeds of elections with two coordinators because messages were lost.
LOSSES = (
    *(20, 31, 52, 62, 121, 125, 133, 148, 205, 212),
    *(246, 276, 310, 340, 368, 425, 498, 511, 518, 530),
)


@cache
def with_losses(seed: int) -> Run:
    return labs.bully(seed=seed, loss=0.05).run


def test_the_reason_names_what_did_not_arrive() -> None:
    """Of each broken run: messages to or from the second coordinator, lost after its last question."""
    for seed in LOSSES:
        trace, verdict = with_losses(seed).trace, with_losses(seed).verdicts[0]
        assert verdict.status == "violated"
        assert "What did not arrive: at " in verdict.because
        who = trace[verdict.event].agent
        found = missing(trace, verdict.event)
        assert [each for each in found if each.data != "lost" or who not in (each.agent, each.peer)] == []


@pytest.mark.slow
def test_what_did_not_arrive_was_sent_when_the_run_turned() -> None:
    """In nearly all runs; in few the point of no return lies later, after the property was broken."""
    seeds, turned = some(LOSSES, 3), 0
    for seed in seeds:
        run = with_losses(seed)
        point = point_of_no_return(run, properties()[0], drawn=20)
        lost = {each.message for each in missing(run.trace, run.verdicts[0].event)}
        sent = [each.time for each in run.trace.select(SEND) if each.message in lost]
        turned += any(point.before <= time <= point.after for time in sent)
    assert turned >= 0.85 * len(seeds) - 1
