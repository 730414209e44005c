"""The replicas lab: what each kind of copy makes of changes that are made apart."""

from __future__ import annotations

import pytest

from coordlab import labs
from tests.labs.opened import opened, problems, shown


def says(lab: labs.Lab, at: float) -> list[str]:
    """What each replica says, in order."""
    return [row["says"] for row in shown(lab, "copies", at).values()]


@pytest.mark.parametrize("seed", range(13))
@pytest.mark.parametrize("copies", ["set", "last-writer", "siblings", "counter"])
def test_the_lab_keeps_every_promise_and_agrees_with_theory(copies: str, seed: int) -> None:
    assert problems(labs.replicas(copies=copies, seed=seed)) == []


@pytest.mark.parametrize(
    ("copies", "ends"),
    [("set", "milk"), ("last-writer", "Bern"), ("siblings", "Bern, Oslo"), ("counter", "-1")],
)
def test_all_end_with_the_same(copies: str, ends: str) -> None:
    """The milk is added by who has not heard that it was removed: it stays."""
    assert says(labs.replicas(copies=copies), 20.0) == [ends] * 5


def test_the_older_write_wins_by_a_fast_clock() -> None:
    lab = opened("replicas", "The newer write is lost")
    assert (problems(lab), says(lab, 20.0), lab.measures[3].counted) == ([], ["Oslo"] * 5, 1)


def test_what_was_removed_comes_back_if_that_is_forgotten() -> None:
    lab = opened("replicas", "What was removed comes back")
    assert problems(lab)[:2] == ["nothing is dropped", "removed is removed"]
    assert says(lab, 20.0) == ["bread, milk"] * 5


def test_a_copy_that_is_adopted_and_not_merged_loses_news() -> None:
    assert "nothing is dropped" in problems(labs.replicas(version="adopts"))


def test_the_stock_falls_below_zero() -> None:
    lab = opened("replicas", "Sold twice")
    assert (problems(lab), says(lab, 4.9), says(lab, 20.0)) == ([], ["1"] * 5, ["-1"] * 5)


def test_the_news_show_how_many_know_all_there_is() -> None:
    """While the halves are apart nobody does, after a change on each side; then all do."""
    lab = labs.replicas()
    assert [shown(lab, "news", at)["know all there is"] for at in (4.5, 20.0)] == [0.0, 5.0]


@pytest.mark.slow
def test_news_take_as_many_periods_as_theory_says() -> None:
    made = labs.replicas().figure("How long does news")
    assert made.judged == (
        "push: 6 of 6 points agree; pull: 6 of 6 points agree; push-pull (at most): 6 of 6 points agree"
    )
