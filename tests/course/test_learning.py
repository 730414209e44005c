"""Predictions, sources, expected errors, and saved answers."""

import json
import subprocess
import sys

import pytest

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
    yield
    progress.answers.clear()


# --- compare and check ------------------------------------------------------------------------------


def test_a_missing_prediction_is_not_wrong():
    shown = compare(..., 19)
    assert repr(shown) == "You have not predicted yet: write your guess above, then run this again."
    assert "Your turn" in shown.markup
    assert "<details><summary>show me</summary>It is 19.</details>" in shown.markup


def test_a_wrong_prediction_says_by_how_much():
    assert repr(compare(12, 19)) == "You predicted 12, and it is 19: your 12 was 7 too low."
    assert "3.5 too high" in repr(compare(12.5, 9))


def test_a_value_read_from_a_figure_is_precise_enough():
    assert "so it is" in repr(compare(0.0313, 0.03125))
    assert "so it is" not in repr(compare(0.04, 0.03125))


def test_a_boolean_is_not_a_number():
    assert "too" not in repr(compare(True, 2))


def test_texts_and_lists_are_compared():
    assert "so it is" in repr(compare((1, 2), [1, 2]))
    assert repr(compare("a guess", "careful work")) == "You predicted a guess, and it is careful work."


def test_text_of_the_learner_never_becomes_markup():
    assert "<script>" not in compare("<script>alert(1)</script>", 1).markup


def test_a_named_prediction_is_used_again():
    compare(12, 19, "07 lowest")
    assert "You predicted 12" in repr(compare(..., 19, "07 lowest"))


def test_output_has_text_and_markup():
    bundle = compare(1, 1)._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html"}


def test_an_answer_is_checked_and_remembered():
    assert "Your turn" in repr(check(..., lambda answer: answer == 42, "first"))
    assert progress.answers == {}
    assert "Not yet" in repr(check(41, lambda answer: answer == 42, "first"))
    assert "Right" in repr(check(42, lambda answer: answer == 42, "first"))
    assert progress.answers == {"first": True}


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
    compare((1, "two", 3.5, None, True), 0, "mixed")
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


def test_saving_writes_one_file(tmp_path):
    compare(1, 1, "first")
    save_progress(tmp_path / "me.json")
    assert [path.name for path in tmp_path.iterdir()] == ["me.json"]


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


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"me\.json"):
        load_progress(tmp_path / "me.json")


@pytest.mark.parametrize("odd", [float("nan"), float("inf"), {"a": 1}, {1, 2}, [1, [2, {3: 4}]], object])
def test_any_prediction_can_be_saved_and_read(tmp_path, odd):
    compare(odd, 1, "odd")
    save_progress(tmp_path / "me.json")
    load_progress(tmp_path / "me.json")


def test_importing_it_loads_no_widgets():
    code = "import sys, coordlab.course.learning; print({'ipywidgets', 'matplotlib'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
