"""The crew lab."""

from __future__ import annotations

import pytest

from coordlab import labs
from coordlab.labs.lab import Lab
from coordlab.labs.views import Cell
from coordlab.patterns.crew.pictures import progress, schedule
from coordlab.trace.trace import Trace


def counted(lab: Lab) -> dict[str, object]:
    """What was counted, by its label."""
    return {each.label: each.counted for each in lab.measures}


@pytest.mark.parametrize("version", ["textbook", "sequential", "hierarchical"])
def test_at_many_seeds_all_properties_hold_and_all_counts_are_those_of_theory(version: str) -> None:
    for seed in range(13):
        lab = labs.crew(version=version, seed=seed)
        assert {each.status for each in lab.run.verdicts} == {"holds"}
        assert [each.label for each in lab.measures if each.agrees is False] == []


def test_a_manager_who_only_passes_on_triples_the_turns_and_costs_time() -> None:
    one_by_one, managed = (
        labs.crew().try_out("One after the other"),
        labs.crew().try_out("A manager delegates"),
    )
    found = [(counted(lab)["turns"], counted(lab)["makespan, s"]) for lab in (one_by_one, managed)]
    assert found == [(5, 11.1), (15, 13.3)]


def test_without_a_guardrail_a_long_report_is_the_output() -> None:
    lab = labs.crew().try_out("Nobody checks the report")
    assert [each.name for each in lab.run.verdicts if each.status == "violated"] == [
        "only what passes is an output"
    ]


def test_the_schedule_shows_that_the_parts_run_side_by_side() -> None:
    lab = labs.crew()
    parts = {(bar.since, bar.until) for bar in schedule({}, lab.run.trace).bars if bar.text[:4] == "part"}
    assert parts == {(1.02, 4.04)}


def test_a_refused_draft_is_seen_in_the_table_of_tasks() -> None:
    lab = labs.crew(chance=0.0, retries=1)
    states = [cell.text for cell in _report(lab.parameters, lab.run.trace)]
    assert states == ["try 1", "refused: 10 words", "try 2", "refused: 10 words"]


def _report(given: dict[str, object], trace: Trace) -> list[Cell]:
    return [cell for cell in progress(given, trace).cells if (cell.row, cell.column) == ("report", "state")]


def test_retries_make_a_report_as_sure_as_theory_says() -> None:
    made = labs.crew().figure("How often does a report")
    assert made.judged == "passes: 7 of 7 points agree"
