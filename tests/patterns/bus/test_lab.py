"""The bus lab."""

from __future__ import annotations

import pytest

from coordlab import labs
from coordlab.labs import Lab
from coordlab.labs.views import Curves, Table
from coordlab.patterns.bus.lab import SPEC
from coordlab.properties.verdicts import VIOLATED


def counted(lab: Lab, label: str) -> object:
    return next(each.counted for each in lab.measures if each.label == label)


def broken(lab: Lab) -> list[str]:
    return [each.name for each in lab.run.verdicts if each.status == VIOLATED]


@pytest.mark.parametrize("seed", range(1, 13))
def test_every_letter_takes_effect_once_at_any_seed(seed: int) -> None:
    lab = labs.bus(seed=seed)
    assert {each.status for each in lab.run.verdicts} == {"holds"}
    assert {each.agrees for each in lab.measures if each.theory} == {True}


def test_without_loss_the_messages_are_those_of_theory() -> None:
    """Sixteen letters to the bus, each on to three, and the answers."""
    found = labs.bus(loss=0.0, outage=0.0).measures[-1]
    assert (found.counted, str(found.theory), found.agrees) == (128, "128", True)


def test_at_most_once_loses_letters_and_breaks_no_promise() -> None:
    lab = labs.bus().try_out("At most once")
    assert broken(lab) == []
    assert counted(lab, "letters missed") != 0


def test_without_a_memory_a_lost_answer_takes_effect_twice() -> None:
    lab = labs.bus().try_out("Without a memory")
    assert broken(lab) == ["nobody acts twice on a letter"]
    assert counted(lab, "letters that took effect twice") != 0


def test_a_bus_that_forgets_delivers_nothing_after_its_crash() -> None:
    assert broken(labs.bus(version="forgetful")) == ["everything arrives within 10 s"]


def test_a_full_queue_sheds_letters() -> None:
    """s1 is down: three letters wait for it, and one is dead after twenty attempts."""
    lab = labs.bus().try_out("A short queue")
    curves, table = (each.draw(lab.parameters, lab.run.trace) for each in SPEC.views)
    assert isinstance(curves, Curves)
    assert isinstance(table, Table)
    assert max(value or 0.0 for _, value in curves.curves["s1"]) >= curves.lines["bound"] == 3.0
    last = {each.column: each.text for each in table.cells if each.row == "s1"}
    assert (last["waiting"], last["dead"]) == ("0", "1")
    assert int(last["shed"]) > 5


def test_a_queue_is_as_long_as_the_bus_says() -> None:
    """What the picture shows and what the bus itself records agree, for the longest of the queues."""
    lab = labs.bus(loss=0.3)
    curves = SPEC.views[0].draw(lab.parameters, lab.run.trace)
    assert isinstance(curves, Curves)
    longest = max(value or 0.0 for points in curves.curves.values() for _, value in points)
    assert longest == counted(lab, "longest queue")
