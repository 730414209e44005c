"""A pair is honest: its passing side holds, and still does when the run goes on as long as the search ran."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from coordlab import labs
from coordlab.explore import WORKS, Exploration, Pair, explore
from coordlab.properties import Property, Verdict, always
from coordlab.trace.scenario import Scenario
from coordlab.trace.trace import Trace
from coordlab.world.source import attempt
from tests.explore.broken import fragile, overtaken

LABS: dict[str, dict[str, Any]] = {
    "bully": {"version": "keeps-ruling"},
    "voting": {"version": "waits-for-all"},
    "leases": {"version": "no-lease"},
    "ring": {"version": "never-skips"},
}
"""In each, a neighbour would seem to pass if its run were cut off before the violation, or left undecided."""


@cache
def explored(name: str) -> Exploration:
    return explore(getattr(labs, name)(**LABS[name]), budget=40)


def status(found: Exploration, pair: Pair, scenario: Scenario, until: float | None) -> str:
    verdicts = attempt(found.source, replace(scenario, until=until), found.properties).run.verdicts
    return next(each.status for each in verdicts if each.name == pair.verdict.name)


@pytest.mark.parametrize("name", LABS)
def test_what_passes_holds_at_the_end_of_the_pair_and_at_that_of_the_search(name: str) -> None:
    """So does what fails: both sides play until the same moment, and more time changes neither."""
    found = explored(name)
    assert found.pairs
    for pair in found.pairs:
        assert pair.passing is not None
        failing, passing = pair.failing.scenario, pair.passing.scenario
        assert failing.until == passing.until
        for until in (failing.until, found.source.scenario.until):
            assert status(found, pair, failing, until) == "violated"
            assert status(found, pair, passing, until) == "holds"


@pytest.mark.parametrize("name", LABS)
def test_what_is_named_happens_before_the_end(name: str) -> None:
    """A fault that would strike, or end, when the run is over, makes no difference to see."""
    for pair in explored(name).pairs:
        assert pair.passing is not None
        end = pair.passing.trace.until
        changed = set(pair.passing.scenario.faults) - set(pair.failing.scenario.faults)
        assert all(time < end for fault in changed for time in (fault.at, fault.until) if time is not None)


def both_arrive(trace: Trace) -> Verdict:
    """Judged at the end only: two messages were delivered."""
    arrived = trace.count("deliver")
    return Verdict("both arrive", "holds" if arrived == 2 else "violated", because=f"{arrived} arrived")


def test_a_failing_run_is_not_cut_off_to_make_it_fail() -> None:
    """What is certain only at the end must be so at the end of the search, too."""
    found = explore(overtaken, Property("both arrive", both_arrive), budget=40, faults="drop", until=5)
    (pair,) = found.pairs
    (lost,) = map(str, pair.failing.scenario.faults)
    assert pair.change == f"without “{lost}”"
    assert status(found, pair, pair.failing.scenario, 5) == "violated"


def test_no_agent_fails_in_the_neighbour_of_a_run_in_which_one_does() -> None:
    exploration = explore(fragile, budget=100, faults="crash partition delay", until=20)
    pair = next(each for each in exploration.pairs if each.verdict.name == WORKS)
    assert pair.passing is not None
    assert not attempt(exploration.source, replace(pair.passing.scenario, until=20)).problem


def test_a_pair_says_that_no_neighbour_passes() -> None:
    """What happens in every run needs no fault, and no other seed changes it."""
    quiet = always("nothing is sent", lambda now: now.trace.count("send") == 0)
    (pair,) = explore(overtaken, quiet, budget=1, until=5).pairs
    assert (pair.passing, pair.change) == (None, "")
    assert repr(pair).splitlines()[2] == (
        "No neighbour that differs in one thing passes: it fails with seed 1, and with 28 others."
    )
