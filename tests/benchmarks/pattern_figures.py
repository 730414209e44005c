"""What a pattern's rules cost: a round of the contract net, a plan, a count, a search for a deadlock."""

from __future__ import annotations

import time
from collections.abc import Callable
from random import Random
from statistics import median

from coordlab.patterns.contract_net import Manager
from coordlab.patterns.contract_net.contractor import Contractor
from coordlab.patterns.contract_net.rules import Bid, Task
from coordlab.patterns.deadlock.rules import all_of, cycle
from coordlab.patterns.htn.planner import find_plan
from coordlab.patterns.voting.ranked import profile, schulze
from coordlab.patterns.voting.theory import jury
from coordlab.world.world import World
from tests.benchmarks.footprint import Figure
from tests.patterns.htn.domains import BLOCKS, blocks
from tests.patterns.voting.juries import simulated

Work = Callable[[], float]  # done once; gives how many units of the figure it was


def contract_round(seed: int, rounds: int = 20) -> Work:
    """A hundred contractors and one task at a time: call, proposals, award, rejections, report."""
    names = [f"c{number}" for number in range(1, 101)]
    tasks = [Task(f"t{number}", frozenset({"dig"}), within=0.5) for number in range(rounds)]
    world = World(seed, latency=0.01).add(Manager("m", tasks, names, interval=1.0))
    world.add(
        Contractor(name, Bid(100.0 + place * 37 % 101, 0.1 + place / 1000), ["dig"])
        for place, name in enumerate(names)
    )

    def work() -> float:
        assert world.run().trace.count("InformDone") == rounds
        return rounds

    return work


def plan(seed: int, count: int = 150, steps: int = 500) -> Work:
    """So many blocks on towers at random, built into other towers."""
    dice = Random(seed)

    def towers() -> dict[int, int | str]:
        tops: list[int | str] = []
        on: dict[int, int | str] = {}
        for block in dice.sample(range(count), count):
            place = dice.randrange(len(tops)) if tops and dice.random() < 0.9 else len(tops)
            if place == len(tops):
                tops.append("table")
            on[block], tops[place] = tops[place], block
        return on

    start, goal = towers(), towers()

    def work() -> float:
        found = len(find_plan(blocks(start), [("build", tuple(goal.items()))], BLOCKS).plan or ())
        assert 0.9 * steps < found < 1.1 * steps, f"a plan of {found} steps is another measurement"
        return found / steps

    return work


def ranked_count(seed: int) -> Work:
    """A thousand full rankings of twenty alternatives, counted by Schulze's method."""
    dice, names = Random(seed), [f"c{number}" for number in range(20)]
    ballots = [tuple(dice.sample(names, len(names))) for _ in range(1_000)]
    return lambda: float(bool(schulze(profile(ballots))))


def juries(_: int, voters: int = 101, competence: float = 0.6) -> Work:
    """A million juries, each vote drawn by itself; within 0.001 of the exact share."""
    simulated(1, [competence] * voters)  # loads numpy

    def work() -> float:
        assert abs(simulated(1_000_000, [competence] * voters) - jury(voters, competence)) < 0.001
        return 1.0

    return work


def deadlock(seed: int) -> Work:
    """A thousand agents, of which nine in ten wait for all of one to five others."""
    dice = Random(seed)
    names = [f"a{number}" for number in range(1_000)]
    drawn = {name: dice.sample(names, dice.randint(1, 5)) for name in names}
    others = {name: [each for each in on if each != name] for name, on in drawn.items()}
    waits = {name: all_of(*on) for name, on in others.items() if on and dice.random() < 0.9}

    def work() -> float:
        assert cycle(waits), "nobody is stuck: that is another measurement"
        return 1.0

    return work


# what is timed, its unit in seconds, and the most it may take
FIGURES: dict[str, tuple[Callable[[int], Work], float, float]] = {
    "one contract-net round, 100 contractors, CPU ms": (contract_round, 1e-3, 2.0),
    "a 500-step blocks-world plan (150 blocks), CPU s": (plan, 1.0, 1.0),
    "Schulze, 20 alternatives, 1,000 ballots, CPU s": (ranked_count, 1.0, 1.0),
    "a million juries of 101, CPU s": (juries, 1.0, 1.0),
    "a ring among 1,000 who wait, CPU ms": (deadlock, 1e-3, 50.0),
}


def figure(name: str, rounds: int) -> Figure:
    """One of them, the median of so many rounds; preparing the work is not counted."""
    prepare, unit, limit = FIGURES[name]

    def spent(seed: int) -> float:
        work = prepare(seed)
        began = time.process_time()
        done = work()
        return (time.process_time() - began) / done / unit

    return Figure(name, {"coordlab": median(map(spent, range(rounds)))}, limit, f"< {limit:g}")


def pattern_figures(rounds: int) -> list[Figure]:
    """All of them."""
    return [figure(name, rounds) for name in FIGURES]
