"""The ring lab: what an order costs, and what becomes of a ring with a gap."""

from __future__ import annotations

import pytest

from coordlab import labs
from tests.labs.opened import opened, problems, shown


@pytest.mark.parametrize("seed", range(13))
def test_the_lab_keeps_every_promise_and_agrees_with_theory(seed: int) -> None:
    assert problems(labs.ring(seed=seed)) == []


def test_who_passes_on_lower_ranks_pays_more_than_the_worst_order() -> None:
    lab = labs.ring(version="passes-all", order="falling")
    assert problems(lab) == [
        "only the higher rank goes on",
        "an election takes no more messages than at worst",
    ]
    assert lab.measures[0].counted > 15


@pytest.mark.parametrize(("title", "sent"), [("The worst order", 15), ("The best order", 9)])
def test_an_order_costs_what_its_schedule_says(title: str, sent: int) -> None:
    lab = opened("ring", title)
    assert problems(lab) == []
    rows = shown(lab, "ranks", 2.0)
    assert sum(int(row["ranks sent"]) for row in rows.values()) == lab.measures[0].counted == sent


def test_where_nobody_skips_the_silent_one_nobody_is_elected() -> None:
    lab = opened("ring", "Nobody skips the silent one")
    assert problems(lab) == ["the last one elected is the highest", "agreement within 10.75 s"]
    assert lab.run.trace.count("Elected", since=4.5) == 0


def test_the_ring_shows_the_ranks_on_their_way() -> None:
    """In the best order: 5 comes round, held back by nobody; a little later the news of it has left 2."""
    lab = opened("ring", "The best order")
    calm = dict.fromkeys([("1", "2"), ("2", "3"), ("3", "4"), ("4", "5"), ("5", "1")], "")
    electing = dict.fromkeys("12345", "electing")
    assert shown(lab, "ring", 0.13) == {**electing, **calm, ("4", "5"): "5"}
    told = {"1": "follows", "2": "follows", "5": "coordinates"}
    assert shown(lab, "ring", 0.2) == {**electing, **told, **calm, ("2", "3"): "5!"}


def test_the_ranks_show_who_held_back_what() -> None:
    """In the best order each stops the rank of the one before; 1 meets only the highest."""
    each = {"does": "follows", "follows": "5", "ranks sent": "2"}
    assert shown(opened("ring", "The best order"), "ranks", 2.0) == {
        "1": each,
        **{name: {**each, "held back": "1"} for name in "234"},
        "5": {"does": "coordinates", "follows": "5", "ranks sent": "1", "held back": "1"},
    }


@pytest.mark.slow
def test_each_order_costs_what_theory_says() -> None:
    made = labs.ring().figure("What does the order of the ring cost?")
    assert made.judged == (
        "at worst: 7 of 7 points agree; on average: 7 of 7 points agree; at best: 7 of 7 points agree"
    )
