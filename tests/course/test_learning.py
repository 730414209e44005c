"""Predictions, sources, expected errors, and saved answers."""

import json
import os
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction
from math import inf, nan

import numpy as np
import pytest

from coordlab import requirements as require
from coordlab.course import learning, progress
from coordlab.course.learning import (
    check,
    compare,
    expect_error,
    judged,
    load_progress,
    save_progress,
    source,
)
from coordlab.course.progress import ProgressError
from coordlab.patterns import bully


@pytest.fixture(autouse=True)
def a_new_session():
    progress.answers.clear()
    progress.answers.file = None


# --- compare and check ------------------------------------------------------------------------------


@pytest.mark.parametrize("nothing", [..., None])
def test_a_missing_prediction_is_not_wrong(nothing):
    shown = compare(nothing, 19, "missing")
    assert progress.answers == {}
    assert repr(shown) == "You have not predicted yet: write your guess above, then run this again."
    assert "Your turn" in shown.markup
    assert "<details class='cl-covered'><summary>show me</summary>It is 19.</details>" in shown.markup
    assert "<p class='cl-printed' hidden>It is 19.</p>" in shown.markup


def test_a_wrong_prediction_says_by_how_much():
    assert repr(compare(12, 19)) == "You predicted 12, and it is 19: your 12 was 7 too low."
    assert "3.5 too high" in repr(compare(12.5, 9))
    assert repr(compare(1200000.5, 1234567.25)) == (
        "You predicted 1200000.5, and it is 1234567.25: your 1200000.5 was 34566.75 too low."
    )


SAME = [
    (0.0313, 0.03125),  # a value read from a figure is precise enough
    ("2", 2),
    (" 2.0 ", 2),
    ("Careful  work", "careful work"),
    ("true", True),
    ((1, 2), [1, 2]),
    ([0.1 + 0.2], [0.3]),
    (inf, inf),
    (nan, nan),
    ({3, 1, 2}, {1, 2, 3}),
    ({"a": 1, "b": [2]}, {"b": [2.0], "a": 1}),
    (19, np.int64(19)),
    ([1, 2], np.array([1, 2])),
    (0.5, Fraction(1, 2)),
    ("0.1", Decimal("0.1")),
]
OTHER = [
    (0.04, 0.03125),
    (5, inf),
    (False, True),
    ("a guess", "careful work"),
    ([1, 2], [1, 2, 3]),
    ({1}, {2}),
    (0, 1e-9),
]


@pytest.mark.parametrize(("prediction", "actual"), SAME, ids=str)
def test_values_are_compared_by_what_they_say(prediction, actual):
    assert repr(compare(prediction, actual)).endswith("and so it is.")
    compare(prediction, actual, "kept")
    assert repr(compare(..., actual, "kept")).endswith("and so it is.")


@pytest.mark.parametrize(("prediction", "actual"), OTHER, ids=str)
def test_another_value_is_a_surprise(prediction, actual):
    assert "A surprise" in compare(prediction, actual).markup


def test_words_and_truth_values_have_no_difference():
    assert repr(compare("a guess", "careful work")) == "You predicted a guess, and it is careful work."
    assert repr(compare(False, True)) == "You predicted False, and it is True."
    assert repr(compare([0.1 + 0.2], [1])) == "You predicted [0.3], and it is [1]."


WRONG = [
    (True, 2, "True, but a number is asked for. Write for example 12,"),
    ("two", 2, "'two', but a number is asked for. Write for example 12,"),
    (nan, 2, "'nan', but a number is asked for. Write for example 12,"),
    ("", 0, "'', but a number is asked for. Write for example 12,"),
    ([0.1], 1, "[0.1], but a number is asked for. Write for example 12,"),
    (3, "answer", '3, but a word is asked for. Write for example "yes",'),
    ("maybe", True, "'maybe', but True or False is asked for. Write for example True,"),
    (2, [1, 2], "2, but a list is asked for. Write for example [1, 2],"),
    (2, {"ann": 1}, "2, but a dictionary is asked for. Write for example {'a': 1},"),
]


@pytest.mark.parametrize(("prediction", "actual", "words"), WRONG, ids=str)
def test_a_prediction_of_another_kind_is_told_what_to_write_and_sees_no_result(prediction, actual, words):
    """The prediction that was kept before stays."""
    compare(actual, actual, "kept")
    before = dict(progress.answers)
    shown = compare(prediction, actual, "kept")
    assert repr(shown) == f"You predicted {words} then run this again."
    assert "Your turn." in shown.markup
    assert "<summary>show me</summary>" in shown.markup
    assert progress.answers == before


def test_text_of_the_learner_never_becomes_markup():
    assert "<script>" not in compare("<script>alert(1)</script>", 1).markup


def test_a_named_prediction_is_used_again():
    compare(12, 19, "07 lowest")
    assert "You predicted 12" in repr(compare(..., 19, "07 lowest"))


def test_output_has_text_and_markup():
    bundle = compare(1, 1)._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html"}


def test_an_answer_is_checked_and_remembered():
    for nothing in (..., None):
        assert "Your turn" in repr(check(nothing, lambda answer: answer == 42, "first"))
    assert progress.answers == {}
    assert "Not yet" in repr(check(41, lambda answer: answer == 42, "first"))
    assert "Right" in repr(check(42, lambda answer: answer == 42, "first"))
    assert progress.answers == {"first": True}


def test_an_answer_that_fails_is_told_where_and_asked_again():
    def divides(answer):
        return answer / 0

    shown = check(1, divides, "second")
    assert repr(shown) == "✗ Not yet. Your answer stopped with ZeroDivisionError: division by zero"
    assert "<summary>where</summary>" in shown.markup
    assert "return answer / 0" in shown.markup
    assert progress.answers == {"second": False}


def test_an_exercise_that_needs_another_one_says_that_it_is_open():
    first = ...
    shown = check("crash ann @1", lambda line: first(line) == 2)
    assert repr(shown) == "Your turn: this check needs an answer that is still `...`. Write that one first."


def test_an_interrupt_ends_a_check():
    def stop(answer):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check(1, stop)


def test_verdicts_are_shown_as_sentences():
    shown = judged("✓ one leader: holds", "✗ 1 < 2: violated")
    assert repr(shown) == "✓ one leader: holds\n✗ 1 < 2: violated"
    assert shown.markup == "<div>✓ one leader: holds</div><div>✗ 1 &lt; 2: violated</div>"


# --- source and errors ------------------------------------------------------------------------------


def test_the_source_of_a_pattern_is_its_docstring_and_its_agents():
    code = repr(source(bully))
    assert code.startswith('"""Bully election')
    assert code.index("Source.") < code.index("from __future__") < code.index("class Candidate")
    assert "<code>coordlab/patterns/bully</code>" in source(bully).markup


def test_the_source_of_a_module_is_folded():
    shown = source(learning)
    assert repr(shown).startswith('"""Functions for the notebooks')
    assert shown.kind == "text/markdown"
    assert "<code>coordlab/course/learning.py</code>" in shown.markup


def test_the_source_of_a_method_is_not_indented():
    shown = source(learning.Shown._repr_mimebundle_)
    assert repr(shown).startswith("def _repr_mimebundle_")
    assert shown.markup.startswith("```python\ndef ")


def test_an_expected_error_is_shown_and_the_cell_continues(capsys):
    with expect_error(LookupError):
        raise LookupError("there is no agent 'zed'. <b>")
    assert capsys.readouterr().out == "LookupError: there is no agent 'zed'. <b>\n"


def test_a_missing_error_is_an_error():
    with (
        pytest.raises(AssertionError, match="expected KeyError or ValueError; the block raised no error"),
        expect_error(KeyError, ValueError),
    ):
        pass


def test_an_error_of_another_kind_is_not_caught():
    with pytest.raises(ZeroDivisionError), expect_error(KeyError):
        _ = 1 / 0


def test_an_interrupt_is_never_expected():
    with pytest.raises(KeyboardInterrupt), expect_error():
        raise KeyboardInterrupt


# --- progress ---------------------------------------------------------------------------------------


def test_answers_come_back_in_another_session(tmp_path):
    compare((1, "two", 3.5, None, True), [0], "mixed")
    assert save_progress(tmp_path / "me.json") == "1 answer saved in me.json."
    progress.answers.clear()
    assert load_progress(tmp_path / "me.json") == "1 answer found in me.json."
    assert progress.answers == {"mixed": [1, "two", 3.5, None, True]}


def test_saving_keeps_what_another_chapter_saved(tmp_path):
    path = tmp_path / "me.json"
    compare(1, 1, "first")
    save_progress(path)
    progress.answers.clear()
    compare(2, 2, "second")
    save_progress(path)
    assert json.loads(path.read_text())["answers"] == {"first": 1, "second": 2}


def test_answers_of_this_session_have_priority(tmp_path):
    path = tmp_path / "me.json"
    compare(1, 1, "first")
    save_progress(path)
    compare(9, 1, "first")
    load_progress(path)
    assert progress.answers == {"first": 9}


def test_further_answers_are_saved_at_once(tmp_path, monkeypatch):
    """Once the learner has asked for a file; also after the notebook has changed its folder."""
    monkeypatch.chdir(tmp_path)
    save_progress("me.json")
    monkeypatch.chdir(tmp_path.parent)
    compare(1, 1, "first")
    check(2, lambda answer: answer == 2, "second")
    progress.answers.clear()
    load_progress(tmp_path / "me.json")
    assert progress.answers == {"first": 1, "second": True}
    assert [path.name for path in tmp_path.iterdir()] == ["me.json"]


def test_an_answer_that_cannot_be_saved_is_a_warning(tmp_path):
    save_progress(tmp_path / "me.json")
    (tmp_path / "me.json").write_text("my notes")
    with pytest.warns(UserWarning, match=r"this answer is not saved: me\.json: .*Nothing was changed"):
        assert "so it is" in repr(compare(1, 1, "first"))


@pytest.mark.skipif(os.name != "posix", reason="permissions and links are of another kind here")
def test_a_saved_file_keeps_its_permissions_and_its_link(tmp_path):
    """A new one has those that the user's other files have."""
    before = os.umask(0o027)
    try:
        save_progress(tmp_path / "me.json")
    finally:
        os.umask(before)
    modes = [(tmp_path / "me.json").stat().st_mode & 0o777]
    (tmp_path / "me.json").chmod(0o664)
    (tmp_path / "link.json").symlink_to("me.json")
    compare(1, 1, "first")
    save_progress(tmp_path / "link.json")
    modes.append((tmp_path / "me.json").stat().st_mode & 0o777)
    assert (modes, (tmp_path / "link.json").is_symlink()) == ([0o640, 0o664], True)
    assert load_progress(tmp_path / "me.json") == "1 answer found in me.json."


STRANGE = {
    "empty": "",
    "not text": b"\xff\xfe\x00",
    "prose": "my notes, nothing else",
    "cut off": '{"format":"coordlab-progress","version":1,"answ',
    "another's": '{"format":"coordlab-scenario","version":1}',
    "a list": "[1, 2]",
    "from the future": '{"format":"coordlab-progress","version":2,"answers":{}}',
    "no answers": '{"format":"coordlab-progress","version":1,"answers":[1]}',
    "objects inside": '{"format":"coordlab-progress","version":1,"answers":{"a":{"__class__":"os.system"}}}',
    "objects in a list": '{"format":"coordlab-progress","version":1,"answers":{"a":[[{"b":1}]]}}',
    "no number": '{"format":"coordlab-progress","version":1,"answers":{"a":NaN}}',
    "endless": "[" * 100_000,
    "huge": '"' + "x" * 1_000_001 + '"',
    "huge number": '{"format":"coordlab-progress","version":1,"answers":{"a":1e999}}',
    "many digits": '{"format":"coordlab-progress","version":1,"answers":{"a":' + "9" * 5000 + "}}",
}


@pytest.mark.parametrize("content", STRANGE.values(), ids=STRANGE.keys())
def test_a_strange_file_is_neither_read_nor_overwritten(tmp_path, content):
    path = tmp_path / "me.json"
    data = content if isinstance(content, bytes) else content.encode()
    path.write_bytes(data)
    compare(1, 1, "first")
    for attempt in (load_progress, save_progress):
        with pytest.raises(ProgressError, match=r"me\.json: .* Nothing was changed"):
            attempt(path)
    assert path.read_bytes() == data
    assert progress.answers == {"first": 1}
    assert len(list(tmp_path.iterdir())) == 1


def test_a_missing_file_or_folder_is_named_as_written(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"me\.json"):
        load_progress(tmp_path / "me.json")
    with pytest.raises(FileNotFoundError, match=r"^'no/me\.json': there is no folder 'no'; .*my-progress"):
        save_progress("no/me.json")


def test_answers_that_could_not_be_read_again_are_not_written(tmp_path):
    for number in range(101):
        compare("x" * 20_000, "y", str(number))
    with pytest.raises(ProgressError, match=r"me\.json: 1,.* bytes: expected at most 1,000,000 bytes"):
        save_progress(tmp_path / "me.json")
    assert list(tmp_path.iterdir()) == []


ENDLESS = []
ENDLESS.extend([ENDLESS] * 5)
SHARED = [0]
for _ in range(40):
    SHARED = [SHARED, SHARED]


ODD = [
    nan,
    inf,
    {"a": 1},
    {1, 2},
    [1, [2, {3: 4}]],
    object,
    10**5000,
    "x" * 2_000_000,
    ENDLESS,
    {1: ENDLESS},
    1j,
]


@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
def test_any_prediction_can_be_saved_and_read(tmp_path, odd):
    compare(odd, 1, "odd")
    save_progress(tmp_path / "me.json")
    load_progress(tmp_path / "me.json")


def test_what_a_value_holds_again_and_again_is_read_up_to_a_bound():
    """Each list holds the next one twice: read in full, the 0 would be found a million million times."""
    assert progress.plain([ENDLESS, 1]) == [["…"] * 5, 1]
    kept = str(progress.plain(SHARED))
    assert 20_000 <= kept.count("[") + kept.count("…") <= 40_000
    assert len(require.shown(SHARED)) == 121


def test_importing_it_loads_no_widgets():
    code = "import sys, coordlab.course.learning; print({'ipywidgets', 'matplotlib'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
