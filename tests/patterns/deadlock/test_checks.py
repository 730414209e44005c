"""Properties of locks and probes where the verdict is not the plain one of the story."""

from __future__ import annotations

import pytest

from coordlab.patterns.deadlock import probe_checks
from coordlab.patterns.deadlock.checks import everybody_finishes, reported_in_time
from coordlab.patterns.deadlock.probes import waiting
from coordlab.patterns.deadlock.rules import all_of
from tests.patterns.deadlock import story
from tests.properties.linear import steps
from tests.properties.mutated import ended


def test_late_is_violated_and_cut_off_is_undecided() -> None:
    """A cycle that lasts most of a second, three meals that take more, and a silent cycle."""
    assert reported_in_time(0.1)(story.dined()).status == "violated"
    assert reported_in_time(2.0)(ended(story.a_cycle_that_nobody_breaks(), 1.0)).status == "undecided"
    assert everybody_finishes(1.0)(story.dined()).status == "violated"
    found = story.cycle().world.properties[1]
    assert found(ended(story.silent(), 3.0)).status == "undecided"


@pytest.mark.parametrize("number", range(3))
def test_probe_properties_do_linear_work(number: int) -> None:
    """A cycle four times as long, with sixteen times the probes."""
    waits = [{str(n): (str((n + 1) % agents),) for n in range(agents)} for agents in (5, 20)]
    told = [waiting(each).run(until=6.0).trace for each in waits]
    models = [{who: all_of(*on) for who, on in each.items()} for each in waits]
    judges = [probe_checks.properties(model)[number] for model in models]
    steps(judges[0], told[0])  # does not count: see `growth`
    work = [steps(judge, trace) for judge, trace in zip(judges, told, strict=True)]
    assert work[1] / work[0] < 1.5 * len(told[1]) / len(told[0])
