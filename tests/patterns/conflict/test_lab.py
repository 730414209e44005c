"""The conflict lab: which step settles what, and what happens without a limit."""

from __future__ import annotations

import pytest

from coordlab import labs
from coordlab.labs.lab import Lab
from tests.labs.opened import opened, problems, shown


@pytest.mark.parametrize("seed", range(13))
def test_the_lab_keeps_every_promise_and_uses_every_step(seed: int) -> None:
    lab = labs.conflict(seed=seed)
    assert problems(lab) == []
    assert lab.measures[2].counted == "merge 1, retry 1, tie-break 1, escalate 1, default 1"


def test_who_comes_first_wins_against_the_declared_order() -> None:
    """The tags could be merged, and cat comes before ann, whose priority is higher."""
    assert problems(labs.conflict(version="first-come", seed=1)) == [
        "the order of arrival decides nothing",
        "settled by what was said",
    ]


def test_a_clock_that_is_ahead_wins_every_tie_break() -> None:
    lab = opened("conflict", "A fast clock wins")
    assert (problems(lab), lab.measures[6].counted) == ([], 10)
    assert lab.set(ahead=0.0).measures[6].counted < 8


def test_without_a_budget_or_a_time_limit_a_conflict_stays_open() -> None:
    endless, holiday = opened("conflict", "Nobody gives way"), opened("conflict", "The human is on holiday")
    assert problems(endless) == ["retries within the budget", "settled within 2.75 s"]
    assert problems(holiday) == ["settled within 2.75 s"]
    assert {shown(lab, "waits", 5.9)["city"] for lab in (endless, holiday)} == {"is open"}


def test_the_reader_is_the_human() -> None:
    """Your ruling stands if it comes in time; if you are slow, away or absent, the default stands."""

    def stands(lab: Lab) -> tuple[str, ...]:
        rows = shown(lab, "conflicts", 5.9)
        assert problems(lab) == []
        return rows["city"]["stands"], rows["date"]["stands"]

    lab = labs.conflict(favours="bob")
    assert stands(lab) == ("Oslo", "as before")
    assert stands(lab.set(takes=0.5)) == ("Oslo", "June")
    assert stands(lab.set(favours="ann")) == ("Rome", "May")
    assert stands(lab.set(takes=2.5)) == ("as before", "as before")
    assert stands(labs.conflict(favours="bob", takes=0.5, absent=True)) == ("as before", "as before")
    away = lab.offers["you are away"].text(at=0.2)
    assert stands(labs.conflict(favours="bob", takes=0.5).inject(away)) == ("as before", "as before")


def test_the_conflicts_show_what_each_wants_and_which_step_settled_it() -> None:
    early, late = (shown(labs.conflict(), "conflicts", at) for at in (0.1, 3.0))
    assert early["name"] == {"ann": "x", "cat": "y", "step": "merge: no rule makes one of x, y"}
    assert {name: (row["step"], row["stands"]) for name, row in late.items()} == {
        "tags": ("merge: made of {old}, {new}", "{new, old}"),
        "cause": ("retry: all agree, asked again", "net"),
        "name": ("tie-break: ann is first by priority", "x"),
        "city": ("escalate: ann's was chosen", "Rome"),
        "date": ("default: nothing else settled it", "as before"),
    }


@pytest.mark.slow
def test_figures_agree_with_theory() -> None:
    lab = labs.conflict()
    assert lab.figure("How often").judged == "1 / (2p(1 - p)), at most 20: 10 of 10 points agree"
    assert lab.figure("What does a budget").judged == "one gives way in time: 8 of 8 points agree"
