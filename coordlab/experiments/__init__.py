"""Measure instead of guess: sweep parameters with many seeds, and put theory over what was counted.

    found = sweep(labs.bully(), {"agents": [3, 5, 8]}, replications=20)
    found.plot("messages of this election", theory=lambda n: n * n - n - 1)

Every cell of the grid gets the same seeds, so that a difference between cells is not one of the dice.
"""

from coordlab.experiments.result import Result, Row
from coordlab.experiments.sweeping import ExperimentError, sweep

__all__ = ["ExperimentError", "Result", "Row", "sweep"]
