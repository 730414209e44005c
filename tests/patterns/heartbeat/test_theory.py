"""Closed forms of failure detectors, against runs, against simulation, and against other ways of counting."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import count
from statistics import mean

import numpy as np
import pytest

from coordlab import World
from coordlab.patterns.heartbeat import Peer, theory, watched
from coordlab.patterns.heartbeat.rules import PhiAccrual, Timeout, phi_exponential, phi_normal, silence


@pytest.mark.parametrize("agents", range(1, 13))
def test_if_all_watch_all_each_pair_costs_a_heartbeat_an_interval(agents: int) -> None:
    names = [f"p{number}" for number in range(agents)]
    trace = World().add(Peer(name, names) for name in names).run(until=9.5).trace
    assert trace.count("Heartbeat") == 10 * theory.messages(agents)


@pytest.mark.slow
def test_a_fixed_time_out_finds_a_crash_between_its_bounds() -> None:
    least, most = theory.detection(timeout=3.0, interval=1.0, period=0.5)
    dice, waits = random.Random(7), []
    for _ in range(200):
        at = round(dice.uniform(2, 3), 6)
        run = watched(1, Timeout(3.0), latency=1e-6).inject(f"crash a1 @{at:.6f}").run(until=8.0)
        waits.append(run.trace.select("Suspected", kind="decision")[0].time - at)
    assert (least, most) == (2.0, 3.5)
    assert least < min(waits) < least + 0.6  # it looks only every half a second
    assert most - 0.1 < max(waits) <= most + 2e-6


def chance_of_a_run(loss: float, misses: int) -> float:
    """The mean time until this many are lost in a row, by the Markov chain of how many were lost just now."""
    stay = np.zeros((misses, misses))
    stay[:, 0] = 1 - loss
    stay[range(misses - 1), range(1, misses)] = loss
    return float(np.linalg.solve(np.eye(misses) - stay, np.ones(misses))[0])


@pytest.mark.parametrize("loss", [0.01, 0.1, 0.5, 0.9])
@pytest.mark.parametrize("misses", [1, 2, 3, 5])
def test_beats_to_a_false_alarm_solve_the_chain(loss: float, misses: int) -> None:
    assert theory.beats_to_false_alarm(loss, misses) == pytest.approx(chance_of_a_run(loss, misses), rel=1e-6)


@pytest.mark.parametrize("loss", [0.01, 0.1, 0.5, 0.9])
@pytest.mark.parametrize("misses", [1, 2, 3, 5])
def test_a_mistake_comes_after_a_false_alarm_and_the_next_heartbeat(loss: float, misses: int) -> None:
    """One in so many beats: until the alarm, and until a heartbeat comes that ends the mistake."""
    beats = theory.beats_to_false_alarm(loss, misses) + 1 / (1 - loss)
    assert theory.mistakes_per_hour(loss, misses, interval=2.0) == pytest.approx(1800 / beats)


def beats_until(misses: int, loss: float, dice: random.Random) -> int:
    running = 0
    for beat in count(1):
        running = running + 1 if dice.random() < loss else 0
        if running == misses:
            return beat
    raise AssertionError


@pytest.mark.slow
def test_three_misses_of_one_in_ten_are_a_false_alarm_every_1110_beats() -> None:
    dice = random.Random(1)
    drawn = [beats_until(3, 0.1, dice) for _ in range(2000)]
    expected = theory.beats_to_false_alarm(0.1, 3)
    assert round(expected) == 1110
    assert abs(mean(drawn) - expected) < 3 * float(np.std(drawn)) / 2000**0.5


@pytest.mark.slow
def test_a_monitor_on_a_lossy_network_raises_as_many_false_alarms() -> None:
    """A time-out of three and a half intervals, 32,000 heartbeats of which a tenth is lost: within 3 sd."""
    run = watched(8, Timeout(3.5), seed=3, latency=0.001, loss=0.1).run(until=4000.0)
    beats, alarms = run.trace.count("Heartbeat"), run.trace.count("Suspected", kind="decision")
    expected = beats / theory.beats_to_false_alarm(0.1, 3)
    assert (beats, abs(alarms - expected) < 3 * expected**0.5) == (32_008, True)


def test_the_wrong_distribution_breaks_the_promise_134000_times() -> None:
    wait = silence(8, phi_normal, 1.0, 1.0)
    assert round(theory.broken_promise(wait, 1.0, 8), -3) == 134_000
    dice, wait, beats = random.Random(2), silence(3, phi_normal, 1.0, 1.0), 100_000
    late = sum(dice.expovariate(1.0) > wait for _ in range(beats))
    expected = beats * theory.false_suspicions(3) * theory.broken_promise(wait, 1.0, 3)
    assert abs(late - expected) < 3 * expected**0.5


@pytest.mark.parametrize("phi", [0.5, 1, 3, 8, 16])
def test_the_exponential_form_waits_for_so_many_means(phi: float) -> None:
    assert silence(phi, phi_exponential, 2.5, 1.0) == pytest.approx(2.5 * theory.means_of_silence(phi))
    detector = PhiAccrual(phi, form="exponential", first=2.5)
    detector.heard(0.0)
    wait = 2.5 * theory.means_of_silence(phi)
    assert [detector.suspects(wait * share) for share in (0.999, 1.001)] == [False, True]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda: theory.messages(0), "agents=0: expected a whole number, 1 or more"),
        (lambda: theory.detection(1.0, 2.0, 0.5), "timeout=1.0: expected seconds, 2 or more"),
        (lambda: theory.detection(3.0, 1.0, 0.0), "period=0.0: expected seconds above 0"),
        (lambda: theory.beats_to_false_alarm(0.0, 3), "loss=0.0: expected a probability above 0 and below 1"),
        (lambda: theory.beats_to_false_alarm(0.1, 0), "misses=0: expected a whole number, 1 or more"),
        (lambda: theory.misses(0.0, 1.0), "timeout=0.0: expected seconds above 0"),
        (lambda: theory.misses(1.0, 0.0), "interval=0.0: expected seconds above 0"),
        (lambda: theory.mistakes_per_hour(1.5, 1, 1.0), "loss=1.5: expected a probability from 0 to 1"),
        (lambda: theory.mistakes_per_hour(0.1, 0, 1.0), "misses=0: expected a whole number, 1 or more"),
        (lambda: theory.false_suspicions(-1), "phi=-1: expected a number, 0 or more. For example: phi=8"),
        (lambda: theory.means_of_silence(float("nan")), "phi=nan"),
        (lambda: theory.broken_promise(0.0, 1.0, 8), "silence=0.0: expected seconds above 0"),
    ],
)
def test_what_has_no_meaning_is_refused(wrong: Callable[[], object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        wrong()
