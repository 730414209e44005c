"""When silence is too long: three forms of phi, two detectors, and what a watch makes of them."""

from __future__ import annotations

import random
from collections.abc import Callable
from copy import deepcopy
from itertools import pairwise
from math import copysign, inf, isfinite, log, nan
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy.stats import expon, norm

from coordlab.patterns.heartbeat.rules import (
    ALIVE,
    DEAD,
    PHIS,
    RECOVERED,
    SUSPECT,
    UNKNOWN,
    PhiAccrual,
    Timeout,
    Watch,
    phi_exponential,
    phi_logistic,
    phi_normal,
    silence,
)

MICROS = st.integers(0, 10**9)


def test_the_same_threshold_is_another_time_out() -> None:
    """Phi 8 after 1561 ms or 1523 ms of silence; after 18.4 means, if gaps are taken to be exponential."""
    waits = [silence(8, phi, 1.0, 0.1) for phi in PHIS.values()]
    assert [round(1000 * wait) for wait in waits] == [1561, 1523, 18421]


@pytest.mark.parametrize("far", [-8, -3, -1, 0, 1, 3, 8, 20, 35.3, 35.4, 36, 60, 200, 1000])
def test_the_normal_form_is_exact_however_far_out(far: float) -> None:
    assert phi_normal(5 + far * 0.1, 5.0, 0.1) == pytest.approx(-norm.logsf(far) / log(10), rel=1e-6)


def test_the_logistic_form_has_the_same_distribution_to_a_thousandth() -> None:
    silences = [second / 1000 for second in range(400, 1700)]
    apart = max(abs(10 ** -phi_normal(t, 1.0, 0.1) - 10 ** -phi_logistic(t, 1.0, 0.1)) for t in silences)
    assert 1e-4 < apart < 1e-3


@given(st.floats(0, 1e6), st.floats(1e-3, 1e3))
def test_the_exponential_form_is_the_tail_of_the_exponential_distribution(
    elapsed: float, mean: float
) -> None:
    expected = -expon.logsf(elapsed, scale=mean) / log(10)
    assert phi_exponential(elapsed, mean) == pytest.approx(expected)


@pytest.mark.parametrize("form", PHIS)
@given(st.floats(0, 1e4), st.floats(0, 1e3), st.floats(0.01, 100), st.floats(0.01, 10))
def test_suspicion_never_falls_while_silence_lasts(
    form: str, elapsed: float, more: float, mean: float, deviation: float
) -> None:
    before, after = (PHIS[form](t, mean, deviation) for t in (elapsed, elapsed + more))
    assert isfinite(after)
    assert 0 <= before <= after


@pytest.mark.parametrize("form", PHIS)
@given(st.floats(0.5, 300), st.floats(0.1, 100), st.floats(0.01, 10))
def test_silence_is_where_suspicion_reaches_the_threshold(
    form: str, threshold: float, mean: float, deviation: float
) -> None:
    wait = silence(threshold, PHIS[form], mean, deviation)
    assert PHIS[form](wait, mean, deviation) >= threshold
    assert PHIS[form](wait * (1 - 1e-9) - 1e-9, mean, deviation) <= threshold


# --- detectors ------------------------------------------------------------------------------------


def told(detector: PhiAccrual, gaps: list[float]) -> float:
    """Tell it of heartbeats with these gaps; when the last one came."""
    now = 0.0
    detector.heard(now)
    for gap in gaps:
        now += gap
        detector.heard(now, outage=False)
    return now


@given(MICROS, st.integers(1, 10**8))
def test_a_time_out_is_over_exactly_when_it_is_over(at: int, wait: int) -> None:
    detector = Timeout(wait / 1e6)
    detector.heard(at / 1e6)
    assert [detector.suspects((at + wait + late) / 1e6) for late in (-1, 0, 1)] == [False, True, True]


@pytest.mark.parametrize("detector", [Timeout(3.0), PhiAccrual()], ids=["time-out", "phi"])
def test_before_the_first_sign_there_is_no_silence(detector: Timeout | PhiAccrual) -> None:
    assert not detector.suspects(1.75e9)


def test_the_defaults_are_those_of_akka() -> None:
    """Threshold 8, a window of 1000, at least 100 ms, first 1 s give or take a quarter, and no pause."""
    detector = PhiAccrual()
    assert repr(detector) == (
        "PhiAccrual(threshold=8.0, form='normal', window=1000, least=0.1, first=1.0, pause=0.0)"
    )
    assert list(detector.gaps) == [750_000_000, 1_250_000_000]  # nanoseconds


@given(st.floats(0.1, 30), st.floats(0, 60))
def test_before_the_first_gap_it_goes_by_the_first_estimate(first: float, elapsed: float) -> None:
    detector = PhiAccrual(first=first, least=0.001)
    detector.heard(5.0)
    assert detector.level(5.0 + elapsed) == pytest.approx(phi_normal(elapsed, first, first / 4), 1e-6, 1e-6)


@pytest.mark.parametrize("form", PHIS)
@given(st.lists(st.floats(0.01, 10), max_size=40), st.integers(1, 20), st.floats(0, 30))
def test_it_goes_by_the_last_gaps_of_its_window(
    form: str, gaps: list[float], window: int, wait: float
) -> None:
    detector = PhiAccrual(form=form, window=window)
    last = told(detector, gaps)
    known = [0.75, 1.25, *gaps][-window:]
    expected = PHIS[form](wait, float(np.mean(known)), max(0.1, float(np.std(known))))
    assert detector.level(last + wait) == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_a_very_long_gap_is_forgotten_with_the_window() -> None:
    detector = PhiAccrual(window=10)
    last = told(detector, [3600.0, *[1.0] * 10])
    assert detector.level(last + 1.2) == pytest.approx(phi_normal(1.2, 1.0, 0.1), rel=1e-3)


def test_an_outage_teaches_nothing() -> None:
    one, other = PhiAccrual(), PhiAccrual()
    last = told(one, [1.0] * 5)
    told(other, [1.0] * 5)
    one.heard(last + 60, outage=True)
    assert one.level(last + 62) == pytest.approx(other.level(last + 2))


@pytest.mark.parametrize("outage", [None, False])
@pytest.mark.parametrize("pause", [60.0, 1e9])
def test_a_pause_of_any_length_is_forgotten(outage: bool | None, pause: float) -> None:
    """At once if it is an outage, which the detector sees by itself as Akka's does; else with its window."""
    detector, calm = PhiAccrual(window=10), PhiAccrual(window=10)
    told(calm, [1.0] * 10)
    detector.heard(told(detector, [1.0] * 10) + pause, outage)
    last = detector.last
    for beat in range(0 if outage is None else 10):
        detector.heard(last := pause + 11 + beat, outage=False)
    assert detector.level(last + 1.4) == pytest.approx(calm.level(calm.last + 1.4), rel=1e-5)


def test_perfect_regularity_leaves_a_least_doubt() -> None:
    detector = PhiAccrual()
    last = told(detector, [1.0] * 1000)
    assert round(detector.level(last + 1.4), 3) == 4.499


@pytest.mark.parametrize("form", PHIS)
def test_a_pause_is_forgiven(form: str) -> None:
    """With the 3 s of an Akka cluster, 4.2 s of silence are as suspicious as 1.2 s without."""
    plain, patient = PhiAccrual(form=form), PhiAccrual(form=form, pause=3.0)
    last = told(plain, [1.0] * 100)
    told(patient, [1.0] * 100)
    assert patient.level(last + 4.2) == pytest.approx(plain.level(last + 1.2))
    assert patient.level(last + 1.0) == pytest.approx(0.0, abs=1e-9)


REFUSED: list[tuple[Callable[[], Any], str]] = [
    *(
        (lambda form=form, given=given: PHIS[form](*given), rf"{name}=.*: expected seconds.*{name}=")
        for form in PHIS
        for name, given in (
            *(("deviation", (1.0, 1.0, bad)) for bad in (0.0, nan, inf, "1")),
            *(("mean", (1.0, bad, 0.1)) for bad in (0.0, -1.0, nan, None)),
            *(("elapsed", (bad, 1.0, 0.1)) for bad in (-1.0, nan, inf, True)),
        )
    ),
    *(
        (lambda make=make, bad=bad: make(bad), r"now=.*: expected seconds from -1e\+15 to 1e\+15")
        for bad in (nan, inf, -inf, 1e300, "5", None)
        for detector in (Timeout(3.0), PhiAccrual())
        for make in (detector.heard, detector.suspects)
    ),
    (lambda: PhiAccrual(first=1e300), r"first=1e\+300: expected seconds above 0, up to 1e\+15"),
    *(
        (lambda level=level: silence(level, phi_normal, 1.0, 0.1), r"threshold=.*For example: threshold=8")
        for level in (0, -1, inf, nan)
    ),
    *(
        (lambda seconds=seconds: Timeout(seconds), r"seconds=.*: expected seconds above 0")
        for seconds in (0, -1.0, nan, "3", None, True)
    ),
    (lambda: PhiAccrual(form="gamma"), r"form='gamma': expected one of 'normal', 'logistic', 'exponential'"),
    (lambda: PhiAccrual(threshold=0), r"threshold=0: expected a number above 0"),
    (lambda: PhiAccrual(threshold=float("nan")), r"threshold=nan"),
    (lambda: PhiAccrual(window=0), r"window=0: expected a whole number, 1 or more"),
    (lambda: PhiAccrual(window=2.5), r"window=2\.5: expected a whole number"),  # type: ignore[arg-type]
    (lambda: PhiAccrual(least=0.0), r"least=0\.0: expected seconds above 0"),
    (lambda: PhiAccrual(first=-1.0), r"first=-1\.0: expected seconds above 0"),
    (lambda: PhiAccrual(pause=-0.1), r"pause=-0\.1: expected seconds, 0 or more"),
    (lambda: Watch(3.0, 1.0), r"detector=3\.0: expected Detector.*For example: Timeout"),  # type: ignore[arg-type]
    (lambda: Watch(Timeout(3.0), -1.0), r"grave=-1\.0: expected seconds, 0 or more"),
    (lambda: Watch(Timeout(3.0), float("nan")), r"grave=nan"),
]


@pytest.mark.parametrize(("make", "says"), REFUSED)
def test_what_makes_no_sense_is_refused(make: Callable[[], Any], says: str) -> None:
    with pytest.raises((ValueError, TypeError), match=says):
        make()


@pytest.mark.parametrize(("phi", "promise"), [(1, 0.1), (2, 0.01)])
def test_false_suspicions_are_as_rare_as_phi_says(phi: int, promise: float) -> None:
    """Gaps from N(1000 ms, 100 ms²): one in ten is longer than phi 1 allows, one in a hundred phi 2; 3 sd."""
    dice, detector, beats = random.Random(phi), PhiAccrual(threshold=phi, least=0.001), 20_000
    now = told(detector, [dice.gauss(1.0, 0.1) for _ in range(1000)])
    naive = deepcopy(detector)  # leaves out what it suspected: the rest looks too regular
    suspected = doubted = 0
    for _ in range(beats):
        now += dice.gauss(1.0, 0.1)
        suspected += detector.suspects(now)
        detector.heard(now, outage=False)
        doubts = naive.suspects(now)
        doubted += doubts
        naive.heard(now, outage=doubts)
    assert abs(suspected - beats * promise) < 3 * (beats * promise * (1 - promise)) ** 0.5
    assert doubted > 2 * suspected if phi == 1 else doubted > suspected


# --- what an observer makes of it -----------------------------------------------------------------


def watch(grave: float = inf) -> Watch:
    made = Watch(Timeout(3.0), grave)
    made.listen(0.0)
    return made


def test_a_life_told_at_its_edges() -> None:
    one = watch(grave=2.0)
    seen = [
        one.status,
        *[one.beat(t, 1) for t in (1.0, 2.0)],
        *[one.check(t) for t in (4.9, 5.0, 6.0, 7.0, 8.0)],
        *[one.beat(t, 2) for t in (9.0, 10.0)],
        *[one.check(t) for t in (12.0, 13.0)],
        one.beat(14.0, 2),
    ]
    alive, suspect = [ALIVE, None], [None, SUSPECT, None, DEAD, None]
    assert seen == [UNKNOWN, *alive, *suspect, RECOVERED, None, None, SUSPECT, ALIVE]


def test_a_quick_restart_does_not_go_unnoticed() -> None:
    one = watch()
    told = [one.beat(t, number) for t, number in ((1.0, 1), (2.0, 2), (3.0, 3))]
    assert told == [ALIVE, RECOVERED, RECOVERED]


@pytest.mark.parametrize("status", [ALIVE, SUSPECT, DEAD])
def test_a_late_heartbeat_of_an_earlier_life_changes_nothing(status: str) -> None:
    one = watch(grave=1.0)
    one.beat(1.0, 2)
    for now in {ALIVE: [], SUSPECT: [4.0], DEAD: [4.0, 5.0]}[status]:
        one.check(now)
    before = repr(one), one.detector.last  # type: ignore[attr-defined]
    assert one.beat(5.5, 1) is None
    assert (repr(one), one.detector.last) == before  # type: ignore[attr-defined]


@given(
    st.lists(st.tuples(st.integers(1, 2_000), st.integers(0, 3)), max_size=60), st.sampled_from([2.0, inf])
)
def test_whatever_happens_each_change_is_one(events: list[tuple[int, int]], grave: float) -> None:
    one, now, told_of, incarnations = watch(grave), 0.0, [UNKNOWN], [0]
    for later, incarnation in events:
        now += later / 1000
        told_now = one.beat(now, incarnation) if incarnation else one.check(now)
        incarnations.append(one.incarnation)
        if told_now is not None:
            told_of.append(told_now)
            assert told_now == one.status
    follows = {UNKNOWN: {ALIVE, SUSPECT}, ALIVE: {SUSPECT, RECOVERED}, DEAD: {ALIVE, RECOVERED}}
    follows |= {SUSPECT: {ALIVE, DEAD, RECOVERED}, RECOVERED: {SUSPECT, RECOVERED}}
    assert all(after in follows[before] for before, after in pairwise(told_of))
    assert incarnations == sorted(incarnations)


@pytest.mark.parametrize("detector", [Timeout(3.0), PhiAccrual()], ids=["time-out", "phi"])
@pytest.mark.parametrize("now", [4.0, -4.0])
def test_time_that_goes_back_is_refused(detector: Timeout | PhiAccrual, now: float) -> None:
    detector = deepcopy(detector)
    detector.heard(5.0)
    before = deepcopy(detector)
    with pytest.raises(ValueError, match=r"now=.*, after a heartbeat at 5\.0: .*For example: heard"):
        detector.heard(now)
    assert vars(detector) == vars(before)


@pytest.mark.parametrize("form", PHIS)
def test_no_suspicion_has_no_sign(form: str) -> None:
    detector = PhiAccrual(form=form)
    told(detector, [10.0] * 100)
    assert copysign(1.0, detector.level(detector.last)) == 1.0
