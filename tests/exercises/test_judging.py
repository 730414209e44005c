"""A property as an answer: judged on runs that keep a promise and runs that break it, also in isolation."""

from __future__ import annotations

import pytest

from coordlab import labs
from coordlab.exercises import every_part
from coordlab.exercises.judging import nameless
from coordlab.exercises.part import ExerciseError
from coordlab.grading import learner
from coordlab.grading.isolation import Limits
from coordlab.grading.marking import GRADED, NOT_JUDGED, STOPPED, mark
from coordlab.grading.report import Report
from coordlab.grading.submission import Submission

PART = every_part()["10c"]
VARIANT = PART.row(0)
RIGHT = f"""
from coordlab.properties import safety

@safety("only the silent")
def answer_10c(trace):
    began, last, before = 0.0, {{}}, set()
    for event in trace.select(agent="monitor"):
        if event.kind in ("start", "restart"):
            began, last, before = event.time, {{}}, set()
        elif event.kind == "handle":
            last[event.peer] = event.time
        elif event.kind == "state" and event.name == {VARIANT["word"]!r}:
            for name in sorted(set(event.data) - before):
                if event.time - last.get(name, began) < {VARIANT["bound"]} - 1e-6:
                    yield event, "too early"
            before = set(event.data)
"""


def marked(source, limits=None):
    """What a grader makes of a submission."""
    return mark(Submission((source,)), PART, VARIANT, "a key of the instructor", limits or Limits())


def graded(answer):
    return PART.grade(answer, VARIANT)


def test_a_grader_gives_a_right_property_all_points_in_a_process_of_its_own():
    found = marked(RIGHT)
    assert (found["status"], found["earned"]) == (GRADED, PART.points)


def test_a_grader_gives_nothing_for_what_accepts_or_rejects_all():
    for says in ("True", "'wrong'", "False"):
        found = marked(f"def answer_10c(trace):\n    return {says}")
        assert (found["status"], found["earned"]) == (GRADED, 0)
        assert found["explained"]["because"].startswith("Your property ")


def test_in_isolation_and_here_the_same_is_earned():
    names = {}
    exec(RIGHT, names)
    hidden = PART.grade(names["answer_10c"], VARIANT, "a key of the instructor")
    assert hidden.earned == marked(RIGHT)["earned"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("raise SystemExit", NOT_JUDGED),
        ("return 1 / 0", NOT_JUDGED),
        ("return None", NOT_JUDGED),
        ("while True: pass", STOPPED),
        ("return [0] * 10**10", NOT_JUDGED),
    ],
)
def test_what_fails_or_hangs_costs_its_own_part_and_is_told(body, status):
    found = marked(f"def answer_10c(trace):\n    {body}", Limits(wall=8.0, cpu=2))
    assert (found["status"], found["earned"]) == (status, 0)
    assert found["problem"]


def test_nothing_in_a_trace_tells_which_version_ran():
    cases = list(PART.cases(VARIANT, "published"))
    first = [case for case in cases if case.run.scenario.seed == cases[0].run.scenario.seed]
    assert len({str(case.run.scenario.faults) for case in first}) == 1
    started = {event.name for case in cases for event in nameless(case.run.trace).select("start", "restart")}
    assert started == {"Agent"}
    assert {case.broken for case in cases} == {True, False}


def test_hidden_runs_are_others_than_the_published_ones():
    published = {case.text for case in PART.cases(VARIANT, "published")}
    hidden = {case.text for case in PART.cases(VARIANT, "a key")}
    assert not published & hidden


def test_the_report_shows_a_run_that_is_judged_wrongly(monkeypatch):
    missed = graded(lambda trace: True)
    assert "accepts this run, which breaks the promise" in missed.pair.verdict.because
    assert PART.promise(VARIANT)(missed.pair.failing.trace).status == "violated"
    rejected = graded(lambda trace: "no good")
    assert "rejects the run that holds, which keeps the promise: no good" in rejected.pair.verdict.because
    assert PART.promise(VARIANT)(rejected.pair.passing.trace)
    monkeypatch.setattr(learner, "_given", {})
    for run in (missed.pair.failing, rejected.pair.passing):
        assert learner.watch("10c", ..., run.line).trace == run.trace
    assert f"breaks: {missed.pair.failing.line}" in Report(PART, VARIANT, missed).text


def test_a_run_is_shown_beside_one_of_another_version():
    pair = graded(lambda trace: True).pair
    lab = labs.show(pair.failing, beside=pair.passing)
    assert [each.run.trace for each in lab.branches] == [pair.failing.trace, pair.passing.trace]


def test_a_line_of_another_variant_is_not_played():
    line = graded(lambda trace: True).pair.failing.line
    with pytest.raises(ExerciseError, match="of your variant"):
        PART.watched(line, PART.row(1))


def test_an_event_or_a_sentence_says_what_is_wrong():
    for wrong in (lambda trace: trace[0], lambda trace: "it is wrong", lambda trace: False):
        found = graded(wrong)
        assert [each.earned for each in found.outcomes] == [0, 0]
        assert "rejects" in found.outcomes[0].told


def test_an_answer_of_another_type_is_told_what_to_return():
    found = graded(lambda trace: [])
    assert "return True, or a sentence" in found.problem


def test_the_run_of_a_part_about_one_run_is_watched_without_an_answer(monkeypatch):
    monkeypatch.setattr(learner, "_given", {})
    assert learner.watch("10a").trace.count("Suspected")
