"""Juries drawn at random, to compare with their theory; a million take a moment."""

from __future__ import annotations

from collections.abc import Sequence

import numpy


def simulated(elections: int, competences: Sequence[float], copied: float = 0.0, seed: int = 7) -> float:
    """The share of juries that are right, a coin breaking ties; of `copied` all votes are one."""
    dice, voters = numpy.random.default_rng(seed), len(competences)
    right = numpy.zeros(elections)
    for p in competences:
        right += dice.random(elections, dtype=numpy.float32) < p
    ahead = 2 * right - voters + (dice.random(elections) - 0.5)  # the last term decides ties
    source = dice.random(elections) < sum(competences) / voters
    return float(numpy.where(dice.random(elections) < copied, source, ahead > 0).mean())
