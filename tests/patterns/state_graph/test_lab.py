"""The state graph lab."""

from __future__ import annotations

import pytest

from coordlab import labs
from coordlab.labs.lab import Lab
from coordlab.patterns.state_graph.pictures import running, state


def counted(lab: Lab) -> dict[str, object]:
    """What was counted, by its label."""
    return {each.label: each.counted for each in lab.measures}


@pytest.mark.parametrize("drafts", [0, 1, 3])
@pytest.mark.parametrize("stages", [1, 3])
def test_all_properties_hold_and_all_counts_are_those_of_theory(stages: int, drafts: int) -> None:
    lab = labs.state_graph(stages=stages, drafts=drafts)
    assert {each.status for each in lab.run.verdicts} == {"holds"}
    assert [each.label for each in lab.measures if each.agrees is False] == []


def test_with_plain_edges_the_last_node_of_the_diamond_runs_twice() -> None:
    lab = labs.state_graph().try_out("Plain edges")
    broken = {each.name: each.because for each in lab.run.verdicts if each.status == "violated"}
    assert broken == {"no node runs twice": "join1 is to run again in super-step 4."}
    assert counted(lab)["executions of nodes"] == 6


def test_two_that_write_one_plain_key_side_by_side_are_an_error() -> None:
    assert str(counted(labs.state_graph().try_out("Two write one key"))["reason for the end"]).startswith(
        "failed: graph (long1a and short1 both wrote 'runs' in super-step 2"
    )


def test_after_a_crash_of_the_runner_the_second_draft_is_published() -> None:
    lab = labs.state_graph().try_out("An editor, and a crash")
    assert {each.status for each in lab.run.verdicts} == {"holds"}
    assert (counted(lab)["super-steps"], counted(lab)["reason for the end"]) == (7, "done")


def test_the_picture_says_which_node_asks_and_how_often_each_ran() -> None:
    lab = labs.state_graph(drafts=2)
    last = {mark.what: mark.text for mark in running(lab.parameters, lab.run.trace).marks}
    assert (last["join1"], last["review"]) == ("ran 2 times", "ran 4 times")


def test_the_state_is_told_after_each_super_step() -> None:
    lab = labs.state_graph()
    runs = [cell.text for cell in state({}, lab.run.trace).cells if cell.column == "runs"]
    assert runs == ["0", "1", "3", "4", "5"]


def test_a_runner_that_falls_right_after_a_super_step_runs_no_node_twice() -> None:
    """It records the same checkpoint again, for the same super-step."""
    lab = labs.state_graph(seed=4).inject("crash graph @1.800001..1.811")
    assert [e.data.step for e in lab.run.trace.select("Checkpoint")] == [0, 1, 2, 3, 3, 4]
    assert {each.status for each in lab.run.verdicts} == {"holds"}
