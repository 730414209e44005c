"""The SWIM lab."""

from __future__ import annotations

import pytest

from coordlab import labs
from coordlab.labs import Lab
from coordlab.labs.views import Table
from coordlab.patterns.swim import theory
from coordlab.patterns.swim.lab import SPEC
from coordlab.patterns.swim.pictures import first_probe
from coordlab.properties.verdicts import VIOLATED
from coordlab.trace.trace import CRASH, DECISION


def broken(lab: Lab) -> list[str]:
    return [each.name for each in lab.run.verdicts if each.status == VIOLATED]


def told(lab: Lab, name: str, target: str) -> list[tuple[str | None, int]]:
    """Who says this of a target, and of which incarnation."""
    events = lab.run.trace.select(name, kind=DECISION)
    return [(each.agent, each.data.incarnation) for each in events if each.data.target == target]


@pytest.mark.parametrize("seed", range(1, 13))
def test_the_textbook_s_group_is_right_at_any_seed(seed: int) -> None:
    lab = labs.swim(seed=seed)
    assert {each.status for each in lab.run.verdicts} == {"holds"}
    assert {each.agrees for each in lab.measures if each.theory} == {True}


def test_helpers_find_a_way_around_a_bad_link() -> None:
    lab = labs.swim().try_out("One bad link")
    assert (lab.run.trace.count("Suspected", kind=DECISION), broken(lab)) == (0, [])


def test_who_asks_nobody_suspects_alone_and_the_suspect_objects() -> None:
    lab = labs.swim().try_out("No helpers are asked")
    assert told(lab, "Suspected", "m2")[0] == ("m1", 1)
    assert {incarnation for who, incarnation in told(lab, "Restored", "m2") if who != "m2"} > {1, 2}
    assert broken(lab) == ["helpers are asked before a suspicion"]


def test_who_never_objects_stays_dead() -> None:
    lab = labs.swim().try_out("No objection")
    assert sorted(who or "" for who, _ in told(lab, "Buried", "m2")) == ["m1", "m3", "m4", "m5", "m6"]
    assert told(lab, "Restored", "m2")[-1][1] == 1
    assert "mistakes are taken back within 11 s" in broken(lab)


def test_a_table_shows_who_believes_what() -> None:
    """m2 crashes: it is suspected, and dead for m1; it has forgotten what it believed."""
    lab = labs.swim()
    table = SPEC.views[0].draw(lab.parameters, lab.run.trace)
    assert isinstance(table, Table)
    down = lab.run.trace.select(kind=CRASH)[0].seq
    column = [each.text for each in table.cells if (each.row, each.column) == ("m1", "m2")]
    assert column == ["up 1", "suspect 1", "dead 1", "up 2"]
    gone = sorted((each.column, each.text) for each in table.cells if each.event == down)
    assert gone == [("m1", ""), ("m2", "is down"), ("m3", ""), ("m4", ""), ("m5", ""), ("m6", "")]


def test_a_member_that_crashes_before_its_second_probe_is_counted_like_any_other() -> None:
    """m1 is down from 0.5 s on, and is probed in the first periods after that."""
    lab = labs.swim(outage=False).inject("crash m1 @0.5")
    assert first_probe(lab.run.trace) in (1, 2, 3)


@pytest.mark.slow
def test_the_first_probe_comes_as_soon_as_theory_says() -> None:
    """The mean of 300 groups of six, within three standard errors."""
    found = []
    for seed in range(300):
        world = SPEC.build({}, seed, **SPEC.checked({})).inject("crash m2 @4")
        found.append(first_probe(world.run(14.0).trace) or 0)
    assert sum(found) / 300 == pytest.approx(theory.first_detection_after(6, 4), abs=3 * 0.75 / 300**0.5)
