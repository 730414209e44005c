"""The shared counter lab."""

from __future__ import annotations

import pytest

from coordlab import labs
from coordlab.patterns.counter import Adder, checks
from tests.labs.opened import opened, problems


@pytest.mark.parametrize("method", checks.METHODS[1:])
@pytest.mark.parametrize("agents", [1, 2, 5, 8])
def test_a_safeguard_loses_nothing_and_costs_what_theory_says(method: str, agents: int) -> None:
    lab = labs.counter(version=method, agents=agents)
    assert problems(lab) == []
    assert [each.agrees for each in lab.measures] == [True, None, True, True]


def test_without_one_the_count_is_within_what_theory_allows() -> None:
    lab = labs.counter(version="unsynchronised", spread=2.0)
    assert problems(lab) == ["no update is lost"]
    assert lab.measures[0].agrees is True


def test_two_pauses_lead_to_the_worst_case() -> None:
    lab = opened("counter", "The worst case")
    assert [each.counted for each in lab.measures[:2]] == [2, 8]
    shown = str(lab.views["copies"].at(3.0))
    assert "0 + 1 (failed) from 0.026 to 0.886 s" in shown
    assert "board  0 from 0 to 0.213 s; 1 from 0.213 to 0.429 s" in shown


def test_a_crash_with_the_lock_keeps_the_others_waiting() -> None:
    lab = opened("counter", "The holder of the lock crashes")
    assert problems(lab) == ["all are done within 11.5 s"]
    assert [each.counted for each in lab.measures] == [0, 0, None, None]


def test_a_refused_write_is_shown() -> None:
    lab = labs.counter(version="compare-and-set")
    assert "0 + 1: refused (between)" in str(lab.views["copies"].at(5.0))


def test_a_class_of_the_learners_can_add_in_its_own_way() -> None:
    class Patient(Adder):
        async def add(self) -> None:
            while not await self.read_and_write(checked=True):
                await self.sleep(self.dice.uniform(0.0, 0.2))

    assert labs.counter(adder=Patient).measures[0].counted == 10


@pytest.mark.slow
def test_the_figure_agrees_with_theory() -> None:
    judged = labs.counter().figure("How many messages does a step take, as more agents add?").judged
    assert judged.count("7 of 7 points agree") == 4
