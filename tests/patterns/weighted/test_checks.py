"""What the properties of weighted consensus say of learning and of few decisions."""

from __future__ import annotations

from typing import Any

from coordlab.patterns.weighted import ask_panel
from coordlab.patterns.weighted.checks import properties
from coordlab.trace.trace import Trace
from tests.patterns.weighted.story import PANEL
from tests.properties.mutated import repeated


def status(name: str, trace: Trace, **settings: Any) -> str:
    """What the property of this name says of a panel that knows its members."""
    return next(each(trace).status for each in properties(known=PANEL, **settings) if each.name == name)


def test_no_answer_may_set_the_weight_by_which_it_counts() -> None:
    """What is learnt from a question shows in the next, and not twice."""
    name = "weights rest on what was graded before"
    learning = ask_panel(PANEL, questions=5, learning=True).trace
    assert status(name, learning, learning=True) == "holds"
    assert status(name, learning) == "violated"  # as if nothing had been learnt
    graded = learning.select("Graded", kind="note")[1]
    assert status(name, repeated(learning, graded), learning=True) == "violated"


def test_few_decisions_do_not_tell_whether_confidences_are_true() -> None:
    """Nineteen graded ones are too few."""
    verdicts = ask_panel(PANEL, questions=19).verdicts
    assert [each.name for each in verdicts if each.status != "holds"] == ["confidences are true"]


def test_confidences_that_are_too_small_are_not_true_either() -> None:
    """The panel knows more than it is believed to know."""
    known = dict.fromkeys(PANEL, 0.55)
    verdicts = ask_panel(dict.fromkeys(PANEL, 0.95), questions=100, known=known).verdicts
    (wrong,) = (each for each in verdicts if each.status == "violated")
    assert "too many were right" in wrong.because
