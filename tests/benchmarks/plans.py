"""Planning: how long a plan of some 500 steps takes in a blocks world, found by refining tasks."""

from __future__ import annotations

import time
from random import Random
from statistics import median

from coordlab.patterns.htn.planner import find_plan
from tests.benchmarks.footprint import Figure
from tests.patterns.htn.domains import BLOCKS, blocks

COUNT, STEPS = 150, 500


def towers(dice: Random) -> dict[int, int | str]:
    """Blocks on towers at random: what each stands on."""
    tops: list[int | str] = []
    on: dict[int, int | str] = {}
    for block in dice.sample(range(COUNT), COUNT):
        place = dice.randrange(len(tops)) if tops and dice.random() < 0.9 else len(tops)
        if place == len(tops):
            tops.append("table")
        on[block], tops[place] = tops[place], block
    return on


def plan_seconds(seed: int) -> float:
    """CPU seconds for one plan of `STEPS` steps, more or less."""
    dice = Random(seed)
    on, goal = towers(dice), towers(dice)
    began = time.process_time()
    found = find_plan(blocks(on), [("build", tuple(goal.items()))], BLOCKS)
    took = time.process_time() - began
    steps = len(found.plan or ())
    assert 0.9 * STEPS < steps < 1.1 * STEPS, f"a plan of {steps} steps is another measurement"
    return took * STEPS / steps


def plans(rounds: int) -> list[Figure]:
    """One figure, in seconds for 500 steps; each round plans for other blocks."""
    took = median(plan_seconds(seed) for seed in range(rounds))
    return [Figure(f"a {STEPS}-step blocks-world plan ({COUNT} blocks), s", {"coordlab": took}, 1.0, "< 1")]
