"""Find the schedule that breaks a property, and show what makes the difference.

    found = explore(labs.leases(), budget=2_000)
    found.pairs[0]      # the smallest failing schedule beside its nearest neighbour that passes

`explore` searches fault schedules, `exhaust` runs all of a tiny world, `robustness` compares kinds of fault,
`point_of_no_return` finds the moment from which a failing run could hardly be saved; `lint` reads an
agent.
"""

from coordlab.explore.exhausting import Answer, exhaust
from coordlab.explore.exploration import Exploration, explore
from coordlab.explore.lint import Finding, Findings, lint
from coordlab.explore.pairs import Pair
from coordlab.explore.robustness import Profile, robustness
from coordlab.explore.search import WORKS, ExploreError, Failure
from coordlab.explore.turning import TurningPoint, point_of_no_return
from coordlab.trace.limits import Limits

__all__ = [
    "WORKS",
    "Answer",
    "Exploration",
    "ExploreError",
    "Failure",
    "Finding",
    "Findings",
    "Limits",
    "Pair",
    "Profile",
    "TurningPoint",
    "exhaust",
    "explore",
    "lint",
    "point_of_no_return",
    "robustness",
]
