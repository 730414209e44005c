"""What a crew takes, against longest paths and chances found another way."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import product

import networkx
import pytest

from coordlab.patterns.crew import theory


@pytest.mark.parametrize("seed", range(30))
def test_the_critical_path_is_the_longest_path(seed: int) -> None:
    dice = random.Random(seed)
    seconds = {str(number): dice.uniform(0, 5) for number in range(dice.randint(1, 9))}
    needs = {name: [other for other in seconds if other < name and dice.random() < 0.4] for name in seconds}
    graph = networkx.DiGraph()
    graph.add_nodes_from(seconds)
    graph.add_weighted_edges_from(
        (other, name, seconds[other]) for name, others in needs.items() for other in others
    )
    graph.add_weighted_edges_from((name, "end", seconds[name]) for name in seconds)
    assert theory.critical_path(seconds, needs) == pytest.approx(networkx.dag_longest_path_length(graph))


@pytest.mark.parametrize("retries", range(5))
def test_attempts_are_those_of_all_cases(retries: int) -> None:
    """Every sequence of answers, good ones with chance 0.3, weighed and counted."""
    chance, passed, mean = 0.3, 0.0, 0.0
    for answers in product([True, False], repeat=retries + 1):
        weight = chance ** answers.count(True) * (1 - chance) ** answers.count(False)
        passed += weight * any(answers)
        mean += weight * (answers.index(True) + 1 if any(answers) else retries + 1)
    assert theory.passes(chance, retries) == pytest.approx(passed)
    assert theory.expected_attempts(chance, retries) == pytest.approx(mean)
    assert theory.expected_attempts(0.0, retries) == theory.attempts(retries)


def test_a_checker_lowers_the_error_of_a_chain() -> None:
    """Ten hand-offs right with .95: .401 go wrong, with three of four errors caught .118, 3.4 times fewer."""
    plain, checked = 1 - theory.chain_success(10, 0.95), 1 - theory.chain_success(10, 0.95, caught=0.75)
    assert [round(plain, 3), round(checked, 3), round(plain / checked, 1)] == [0.401, 0.118, 3.4]


def test_a_manager_that_only_relays_doubles_the_cost() -> None:
    """2k + 1 turns where k would do: the more it delegates, the nearer to twice."""
    assert [theory.hierarchical_turns(k) / k for k in (1, 10, 100)] == [3.0, 2.1, 2.01]


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (lambda: theory.serial([-1.0]), r"seconds=-1\.0: expected seconds, 0 or more"),
        (lambda: theory.serial([1.0], latency=-1), r"latency=-1: expected seconds"),
        (lambda: theory.critical_path({"a": float("inf")}, {"a": ()}), r"seconds=inf"),
        (lambda: theory.critical_path({"a": 1}, {"a": ("b",)}), r"'a' needs 'b', which is not before it"),
        (lambda: theory.critical_path({}, {"a": ()}), r"'a' has no seconds.*'a': 1.0"),
        (lambda: theory.hierarchical_turns(-1), r"delegations=-1: expected a whole number, 0 or more"),
        (lambda: theory.attempts(True), r"retries=True"),
        (lambda: theory.passes(1.5, 3), r"chance=1\.5: expected a probability from 0 to 1"),
        (lambda: theory.chain_success(float("inf"), 0.9), r"steps=inf: expected a whole number"),
    ],
)
def test_what_has_no_answer_is_refused(wrong: Callable[[], float], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        wrong()
