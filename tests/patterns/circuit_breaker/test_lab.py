"""The circuit breaker lab."""

from __future__ import annotations

import pytest

from coordlab import labs
from coordlab.labs import Lab
from coordlab.labs.views import Curves, Table
from coordlab.patterns.circuit_breaker.lab import SPEC
from coordlab.patterns.circuit_breaker.pictures import trips
from coordlab.properties.verdicts import VIOLATED


def broken(lab: Lab) -> list[str]:
    return [each.name for each in lab.run.verdicts if each.status == VIOLATED]


def rates(lab: Lab, label: str, since: float, before: float) -> list[float]:
    """A curve of the first view between two moments."""
    curves = SPEC.views[0].draw(lab.parameters, lab.run.trace)
    assert isinstance(curves, Curves)
    return [value or 0.0 for at, value in curves.curves[label] if since <= at < before]


@pytest.mark.parametrize("seed", range(1, 13))
def test_the_textbook_s_breaker_is_right_at_any_seed(seed: int) -> None:
    lab = labs.circuit_breaker(seed=seed)
    assert {each.status for each in lab.run.verdicts} == {"holds"}
    assert {each.agrees for each in lab.measures if each.theory} == {True}


def test_retries_keep_a_service_down_that_is_back() -> None:
    """It could serve 50 a second, and 40 are asked for; three retries each make 160 of them."""
    lab = labs.circuit_breaker().try_out("A retry storm")
    assert set(rates(lab, "results", since=8.0, before=15.0)) == {0.0}
    assert min(rates(lab, "requests sent", since=8.0, before=14.5)) > 50.0
    assert "its own outcomes turn it" in broken(lab)


def test_with_a_breaker_all_is_well_again_within_two_seconds() -> None:
    lab = labs.circuit_breaker().try_out("The same with a breaker")
    assert max(rates(lab, "refused at once", since=3.5, before=7.0)) > 0.0
    assert min(rates(lab, "results", since=9.0, before=14.5)) > 35.0
    assert broken(lab) == []


def test_a_herd_tries_all_at_once() -> None:
    assert broken(labs.circuit_breaker().try_out("A thundering herd")) == ["no more than 1 probing at once"]


def test_a_breaker_may_go_by_the_rate() -> None:
    """Of three calls one fails: seldom three in a row, but often four of the last ten."""
    how = {"failing": 0.3, "outage": 0.0, "rate": 0.4}
    row, rate = (labs.circuit_breaker(trips=by, **how) for by in ("in-a-row", "by-rate"))
    assert (broken(row), broken(rate)) == ([], [])
    assert trips(row.run.trace) < trips(rate.run.trace)


def test_a_table_shows_how_a_breaker_trips() -> None:
    """Three failures in a row open it."""
    lab = labs.circuit_breaker()
    table = SPEC.views[1].draw(lab.parameters, lab.run.trace)
    assert isinstance(table, Table)
    row = [each for each in table.cells if each.row == "c1" and each.column in ("state", "failures in a row")]
    opened = next(at for at, each in enumerate(row) if each.text == "open")
    before = [each.text for each in row[:opened] if each.column == "failures in a row" and each.text != "0"]
    assert (row[0].text, before[:3]) == ("closed", ["1", "2", "3"])
