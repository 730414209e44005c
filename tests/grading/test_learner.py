"""What a learner calls: whose variant it is, the task, a check, hints, and a line that plays."""

from __future__ import annotations

import pytest

from coordlab.course import progress
from coordlab.exercises import ExerciseError, every_part
from coordlab.grading import check, hint, learner, me, score, task, watch
from coordlab.grading.report import Report
from tests.exercises import answers_07

PART = every_part()["07a"]


@pytest.fixture(autouse=True)
def _nobody(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("COORDLAB_STUDENT", "COORDLAB_COURSE", "COORDLAB_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(progress.answers, "remember", {}.__setitem__)
    me("...")
    yield
    me("...")


def right(student="", course=""):
    return tuple(map(int, PART.right(PART.variant(student, course))))


def test_without_a_name_it_is_the_released_variant():
    assert learner.student() == ""
    assert check("07a", answers_07.price(PART.row(0))).full


def test_a_name_is_given_by_me_or_the_environment_or_a_file(tmp_path, monkeypatch):
    (tmp_path / "student.txt").write_text("from the file\nmore\n")
    assert learner.student() == "from the file"
    monkeypatch.setenv("COORDLAB_STUDENT", "from the environment")
    assert learner.student() == "from the environment"
    me("  ann ")
    assert learner.student() == "ann"
    assert score("07a", right("ann")) == 2


def test_an_empty_file_is_nobody(tmp_path):
    (tmp_path / "student.txt").write_text("")
    assert learner.student() == ""


@pytest.mark.parametrize("name", ["", "  ", 5, None])
def test_me_asks_for_a_name(name):
    with pytest.raises(ExerciseError, match=r'me\("s042"\)'):
        me(name)


def test_another_course_deals_another_variant(monkeypatch):
    me("ann")
    before = task("07a")
    monkeypatch.setenv("COORDLAB_COURSE", "spring")
    assert task("07a") != before
    assert score("07a", right("ann", "spring")) == 2


def test_the_task_is_shown_as_text():
    found = task("07a")
    assert repr(found) == str(found) == found._repr_markdown_()
    assert str(PART.row(0)["agents"]) in found


@pytest.mark.parametrize("part", ["07d", "", 7, None])
def test_a_part_that_does_not_exist_is_named_with_those_that_do(part):
    with pytest.raises(ExerciseError, match="07a"):
        check(part, 1)


def test_the_best_result_is_kept(monkeypatch):
    kept = {}
    monkeypatch.setattr(progress.answers, "remember", kept.__setitem__)
    monkeypatch.setattr(progress.answers, "get", kept.get)
    for answer, best in ((..., None), ((1, 2, 3), 0), (right(), 2), ((1, 2, 3), 2)):
        check("07a", answer)
        assert kept.get("exercise 07a") == best


def test_hints_come_in_three_steps():
    check_of = PART.checks[0]
    assert [hint("07a", step).endswith(check_of.hints[step - 1]) for step in (1, 2, 3)] == [True] * 3
    assert "Which Elections" in hint("07a", 1, about="Answer messages")
    with pytest.raises(ExerciseError):
        hint("07a", 4)
    with pytest.raises(ExerciseError, match="Answer messages"):
        hint("07a", 1, about="nothing")


def test_a_line_of_the_report_plays_with_your_class():
    part = every_part()["07b"]
    scenario = part.source(answers_07.Nothing, part.row(0)).scenario
    assert watch("07b", answers_07.Nothing, str(scenario)).trace.until == 16
    with pytest.raises(ExerciseError, match="judged on schedules"):
        watch("07a", answers_07.Nothing, "x")
    with pytest.raises(ValueError, match="of your variant"):
        watch("07b", answers_07.Nothing, "07b fleet=ann:5 seed=1 until=16")


# --- what the report shows ---------------------------------------------------------------------------------


def report(answer, part="07a"):
    found = every_part()[part]
    return Report(found, found.row(0), found.grade(answer, found.row(0)))


def test_a_report_without_a_mistake_has_no_hints():
    found = report(right())
    assert found.text.startswith("07a The price of an election: 2 of 2 points")
    assert "Hint" not in found.text + found.html
    assert found.missed is None


def test_a_report_of_a_mistake_names_what_is_missed_and_keeps_the_hints_closed():
    found = report((0, 0, 0))
    assert "✗ Election messages: 0 of 1" in repr(found)
    assert 'Hints: hint("07a", 1)' in found.text
    assert found.html.count("<details>") == 3
    assert "<details open" not in found.html
    assert found._repr_mimebundle_()["text/plain"] == found.text


def test_a_report_shows_the_pair_and_when_it_breaks():
    found = report(answers_07.ElectsOnce, "07b")
    for shown in (found.text, found.html):
        assert "breaks: 07b" in shown
        assert "holds: 07b" in shown
        assert "What happened" in shown
    assert "Runs in which all checks held, by kind of fault:" in found.text


def test_a_pair_without_a_neighbour_says_so():
    found = report(answers_07.ElectsOnce, "07b")
    alone = type(found.graded.pair)(**{**vars(found.graded.pair), "passing": None})
    vars(found.graded)["pair"] = alone
    assert "No neighbour holds: " in found.text


@pytest.mark.parametrize(("answer", "words"), [(..., "not started, 2 points"), ("x", "not judged, 2 points")])
def test_what_cannot_be_judged_says_what_to_do(answer, words):
    found = report(answer)
    assert words in found.text
    assert words in found.html
    assert not found.full


def test_nothing_of_an_answer_is_code_in_the_page():
    assert "<script>" not in report("<script>alert(1)</script>").html
