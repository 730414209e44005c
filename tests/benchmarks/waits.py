"""Deadlock: how long it takes to find who is stuck, and in which ring, among a thousand who wait."""

from __future__ import annotations

import time
from random import Random
from statistics import median

from coordlab.patterns.deadlock.rules import Wait, all_of, cycle
from tests.benchmarks.footprint import Figure

AGENTS = 1_000


def waiting(seed: int) -> dict[str, Wait]:
    """Nine of ten wait for all of one to five others."""
    dice = Random(seed)
    names = [f"a{number}" for number in range(AGENTS)]
    drawn = {name: dice.sample(names, dice.randint(1, 5)) for name in names}
    others = {name: [each for each in on if each != name] for name, on in drawn.items()}
    return {name: all_of(*on) for name, on in others.items() if on and dice.random() < 0.9}


def find_millis(seed: int) -> float:
    """CPU milliseconds to find a ring."""
    waits = waiting(seed)
    began = time.process_time()
    ring = cycle(waits)
    took = time.process_time() - began
    assert ring, "nobody is stuck: that is another measurement"
    return took * 1000


def waits(rounds: int) -> list[Figure]:
    """The figure with its target."""
    ours = median(find_millis(seed) for seed in range(5 * rounds))
    return [Figure("a ring among 1,000 who wait, CPU ms", {"coordlab": ours}, 50.0, "< 50")]
