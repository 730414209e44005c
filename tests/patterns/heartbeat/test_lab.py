"""The heartbeat lab."""

from __future__ import annotations

import pytest

from coordlab import labs
from coordlab.labs import Lab
from coordlab.labs.views import Cell, Curves, Table
from coordlab.patterns.heartbeat.checks import quality
from coordlab.patterns.heartbeat.lab import SPEC
from coordlab.properties.verdicts import VIOLATED
from coordlab.trace.trace import DECISION


def suspected(lab: Lab) -> list[tuple[float, str]]:
    """When the monitor suspects whom."""
    return [(e.time, e.data.target) for e in lab.run.trace.select("Suspected", kind=DECISION)]


@pytest.mark.parametrize("seed", range(0, 300, 25))
@pytest.mark.parametrize("detector", ["time-out", "normal"])
def test_the_textbook_s_monitor_is_right_at_any_seed(seed: int, detector: str) -> None:
    """Without the pause, which surprises phi."""
    lab = labs.heartbeat(seed=seed, detector=detector, stopped=0.0)
    assert {each.status for each in lab.run.verdicts} == {"holds"}
    assert [each.agrees for each in lab.measures if each.theory] == [True, True]


FLAWS = {
    "repeats": "each change is told once",
    "since-1970": "only silence is suspected",
    "wall-clock": "only silence is suspected",
}


@pytest.mark.parametrize("version", FLAWS)
def test_each_first_try_breaks_a_promise(version: str) -> None:
    broken = [each.name for each in labs.heartbeat(version=version).run.verdicts if each.status == VIOLATED]
    assert FLAWS[version] in broken


def test_a_process_that_stops_for_3_s_is_suspected_though_it_lives() -> None:
    lab = labs.heartbeat().try_out("Too slow, or dead?")
    assert [who for _, who in suspected(lab)] == ["a1", "a2"]
    assert len(quality(lab.run.trace).mistakes) == 1


def test_phi_suspects_an_even_beat_after_less_than_two_seconds() -> None:
    lab = labs.heartbeat().try_out("Phi suspects early")
    when, who = suspected(lab)[0]
    last = lab.run.trace.select("Heartbeat", kind="handle", peer="a1", before=when)[-1].time
    assert (who, round(when - last, 1)) == ("a1", 1.8)


def test_a_clock_that_is_set_makes_all_suspects() -> None:
    assert suspected(labs.heartbeat().try_out("The clock is set"))[1:] == [(16.75, "a1"), (16.75, "a3")]
    assert len(suspected(labs.heartbeat().inject("skew monitor +60 @16.6"))) == 1


def test_a_silence_grows_until_the_next_heartbeat_or_the_time_out() -> None:
    """The curve of a2 passes the line when it is suspected."""
    lab = labs.heartbeat()
    curves = SPEC.views[0].draw(lab.parameters, lab.run.trace)
    assert isinstance(curves, Curves)
    when = suspected(lab)[0][0]
    high = [
        at for at, value in curves.curves["a2"] if value is not None and value >= curves.lines["time-out"]
    ]
    assert (high[0], curves.unit, [*curves.curves]) == (when, "s", ["a1", "a2", "a3"])


def test_the_monitor_is_wrong_between_a_crash_and_its_suspicion() -> None:
    lab = labs.heartbeat()
    table = SPEC.views[1].draw(lab.parameters, lab.run.trace)
    assert isinstance(table, Table)
    judged = [each for each in table.cells if (each.row, each.column) == ("a2", "judged")]
    assert [(round(lab.run.trace[each.event].time, 1), each.text) for each in judged] == [
        (0.0, "right"), (10.3, "not found yet"), (12.8, "right"), (20.3, "mistaken"), (20.3, "right")
    ]  # fmt: skip
    down = lab.run.trace.select(kind="crash")[0].seq
    assert judged[1] == Cell(down, "a2", "judged", "not found yet", "between")


def test_a_monitor_that_was_down_has_no_opinion() -> None:
    lab = labs.heartbeat().inject("crash monitor @12..14")
    curves, table = (each.draw(lab.parameters, lab.run.trace) for each in SPEC.views)
    assert isinstance(curves, Curves)
    assert isinstance(table, Table)
    assert (12.0, None) in curves.curves["a1"]
    down = lab.run.trace.select(kind="crash", agent="monitor")[0].seq
    said = [each for each in table.cells if (each.event, each.column) == (down, "opinion")]
    assert sorted((each.row, each.text) for each in said) == [("a1", ""), ("a2", ""), ("a3", "")]


def test_gaps_of_no_length_are_judged() -> None:
    """Beats that arrive together have a mean gap of 0, after which any silence is too long."""
    lab = labs.heartbeat(agents=8, detector="exponential", window=2, slowest=1, interval=0.2, threshold=0.5)
    assert [each.status for each in lab.run.verdicts if each.name == "only silence is suspected"] == ["holds"]
