"""The leases lab: who may lead when, and what becomes of a write that is too late."""

from __future__ import annotations

import pytest

from coordlab import labs
from tests.labs.opened import opened, problems, shown


@pytest.mark.parametrize("seed", range(13))
def test_the_lab_keeps_every_promise_and_agrees_with_theory(seed: int) -> None:
    assert problems(labs.leases(seed=seed)) == []


@pytest.mark.parametrize(
    ("settings", "broken"),
    [
        ({"version": "no-lease"}, ["one leader at once"]),
        ({"version": "no-drift", "off": 0.3}, ["one leader at once"]),
        ({"off": 0.1}, []),
        ({"off": 0.6, "apart": "members"}, ["one leader at once"]),
        (
            {"off": 0.6, "apart": "members", "version": "no-fencing"},
            ["one leader at once", "the storage is fenced"],
        ),
    ],
)
def test_what_each_version_breaks(settings: dict[str, object], broken: list[str]) -> None:
    """A fence does not prevent two leaders; it keeps what the second one wrote."""
    assert problems(labs.leases(**settings)) == broken


def test_a_leader_without_a_lease_never_hears_that_it_is_out_of_date() -> None:
    lab = opened("leases", "A leader without a lease")
    assert problems(lab) == ["one leader at once"]
    assert lab.run.trace.count("role", agent="1", since=4, before=9) == 0


def test_a_late_write_is_refused_by_its_token() -> None:
    lab = opened("leases", "A write that comes late")
    (refused,) = lab.run.trace.select("Fenced")
    assert (refused.peer, refused.time > 6, problems(lab)) == ("1", True, [])
    assert "the storage is fenced" in problems(lab.set(version="no-fencing"))


def test_if_all_stand_at_once_nobody_wins() -> None:
    trace = labs.leases(starts=5).heal().run.trace
    assert [event.data for event in trace.select("role", before=1.0)] == ["stands"] * 5 + ["follows"] * 5


def test_two_lead_if_clocks_are_off_and_nobody_allows_for_it() -> None:
    lab = opened("leases", "Clocks that nobody allows for")
    assert problems(lab) == ["one leader at once"]
    assert problems(lab.set(version="textbook")) == []


def test_the_leases_show_that_the_old_leader_gives_up_before_the_others_are_free() -> None:
    lab = labs.leases(seed=3)
    bound, tokens = dict.fromkeys("2345", "bound to 1"), {"storage": "token 1"}
    assert shown(lab, "leases", 4.5) == {"1": "leads", **bound, **tokens}
    assert shown(lab, "leases", 4.75) == {"1": "bound to 1", **bound, **tokens}
    assert shown(lab, "leases", 5.6) == {
        "2": "leads",
        **dict.fromkeys("345", "bound to 2"),
        **tokens,
    }


def test_the_terms_show_who_voted_for_whom_and_what_was_kept() -> None:
    follows = {"does": "follows", "term": "1", "votes for": "1"}
    assert shown(labs.leases(seed=3), "terms", 1.0) == {
        "1": {"does": "leads", "term": "1", "votes for": "1", "writes kept": "3"},
        **dict.fromkeys("2345", follows),
        "storage": {"term": "token 1"},
    }


@pytest.mark.slow
def test_clocks_within_the_bound_do_no_harm_and_the_others_stay_below_the_curve() -> None:
    made = labs.leases().figure("For how long do two lead, if clocks are wrong?")
    assert made.judged == "textbook: 9 of 9 points agree; no-drift: 9 of 9 points agree"


@pytest.mark.slow
def test_a_fourth_member_does_not_help() -> None:
    made = labs.leases().figure("Does one more member help, if each is up with probability 0.7?")
    assert made.judged == "most are up: 7 of 7 points agree"
