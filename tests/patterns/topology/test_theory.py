"""The laws of scaling, and whether a fit finds what was put in."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import pytest
from hypothesis import given, strategies as st

from coordlab.patterns.topology import theory

SIZES = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("s", "k"), [(0.05, 0.02), (0.02, 0.01), (0.1, 0.002)])
def test_a_fit_finds_the_peak_of_noisy_data(s: float, k: float, seed: int) -> None:
    """Two per cent of noise: the peak within ten per cent of the true one."""
    dice = random.Random(seed)
    points = [theory.usl(n, s, k) * dice.gauss(1, 0.02) for n in SIZES for _ in range(3)]
    fitted = theory.fit_usl([n for n in SIZES for _ in range(3)], points).parameters
    contention, coherency = fitted["contention"].mean, fitted["coherency"].mean
    assert theory.peak(contention, coherency) == pytest.approx(theory.peak(s, k), rel=0.1)
    assert min(contention, coherency) >= 0


@pytest.mark.parametrize("agents", [10, 40, 100])
def test_rounds_of_asking_lie_between_one_rumour_and_another_ln_n(agents: int) -> None:
    """All ask at the same instants until the last knows everything: 7.3, 11.6 and 14.5 rounds on average."""
    dice, took = random.Random(agents), []
    for _ in range(40):
        known, count = [1 << each for each in range(agents)], 0
        while min(known) + 1 < 1 << agents:
            asked = [dice.choice([*range(each), *range(each + 1, agents)]) for each in range(agents)]
            known, count = [have | known[to] for have, to in zip(known, asked, strict=True)], count + 1
        took.append(count)
    mean = sum(took) / len(took)
    assert theory.gossip_rounds(agents) < mean < theory.gossip_rounds(agents) + math.log(agents)


@pytest.mark.slow
def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    """Of 200 fits with noise, between 90 and 99 per cent hold the true coherency."""
    hits = 0
    for seed in range(200):
        dice = random.Random(seed)
        fit = theory.fit_usl(SIZES, [theory.usl(n, 0.05, 0.02) + dice.gauss(0, 0.02) for n in SIZES])
        hits += fit.parameters["coherency"].low <= 0.02 <= fit.parameters["coherency"].high
    assert 180 <= hits <= 198


@given(st.floats(0, 0.9), st.floats(1e-4, 0.2))
def test_the_peak_is_the_peak(s: float, k: float) -> None:
    """Nothing beside it is higher."""
    top = theory.peak(s, k)
    assert theory.usl(top, s, k) >= max(theory.usl(top * by, s, k) for by in (0.9, 1.1))


@given(st.floats(0, 0.99), st.floats(0, 0.1))
def test_ten_to_five_is_a_matter_of_coherency(s: float, k: float) -> None:
    """The closed form says what the law says."""
    five, ten = theory.usl(5, s, k), theory.usl(10, s, k)
    if not math.isclose(five, ten, rel_tol=1e-9):
        assert theory.fewer_is_faster(s, k) == (five > ten)


@given(st.integers(1, 1000), st.floats(0, 1))
def test_amdahl_is_the_law_without_coherency(agents: int, parallel: float) -> None:
    """A serial share is contention."""
    assert theory.amdahl(agents, parallel) == pytest.approx(theory.usl(agents, 1 - parallel, 0))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: theory.amdahl(4, 1.5), r"parallel=1\.5: expected a share of the work from 0 to 1"),
        (lambda: theory.amdahl(0, 0.9), r"agents=0: expected a number above 0"),
        (lambda: theory.usl(4, -0.1, 0), r"contention=-0\.1: expected a number, 0 or more"),
        (lambda: theory.peak(1.5, 0.1), r"contention=1\.5: expected a number from 0 to 1"),
        (lambda: theory.messages("gossip", 4), r"style='gossip': expected one of 'mesh', 'star'"),
        (lambda: theory.messages("mesh", 1.5), r"agents=1\.5: expected a whole number, 1 or more"),
        (lambda: theory.seconds("mesh", 1, 0.01, 0.01), r"agents=1: expected a whole number, 2 or more"),
        (lambda: theory.seconds("gossip", 4, 0.01, 0.01), r"style='gossip': expected one of 'mesh', 'star'"),
        (lambda: theory.seconds("mesh", 4, -1.0, 0.01), r"latency=-1\.0: expected seconds, 0 or more"),
        (lambda: theory.fan_in("gossip", 4), r"style='gossip': expected one of"),
        (lambda: theory.depth(7, 0), r"branching=0: expected a whole number, 1 or more"),
        (lambda: theory.gossip_rounds(0), r"agents=0: expected a whole number, 1 or more"),
        (lambda: theory.overhead(7.2, alone=0), r"alone=0: expected a number above 0"),
        (lambda: theory.efficiency(0.5, float("nan"), 7.2), r"turns=nan: expected a number above 0"),
        (lambda: theory.fit_usl([1, 2, 2], [1, 2, 2]), r"more different x than parameters"),
        (lambda: theory.fit_usl([1, 2, 3, 4], [1, 2, 3, float("nan")]), r"as many x as y, finite"),
        (lambda: theory.fit_amdahl([1, 2, 4], [1, 2]), r"3 x, 3 of them different, 2 y"),
    ],
)
def test_theory_refuses_numbers_that_make_no_sense(call: Callable[[], object], words: str) -> None:
    """With what was given and what is allowed."""
    with pytest.raises(ValueError, match=words):
        call()
