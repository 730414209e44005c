"""One round of the contract net with a hundred contractors: call, proposals, award, rejections, report."""

from __future__ import annotations

import time
from statistics import median

from coordlab.patterns.contract_net import Manager
from coordlab.patterns.contract_net.contractor import Contractor
from coordlab.patterns.contract_net.rules import Bid, Task
from coordlab.world.world import World
from tests.benchmarks.footprint import Figure

CONTRACTORS = [f"c{number}" for number in range(1, 101)]


def net(rounds: int) -> World:
    """A manager with so many tasks, one at a time, and a hundred contractors who all want them."""
    tasks = [Task(f"t{number}", frozenset({"dig"}), within=0.5) for number in range(rounds)]
    world = World(latency=0.01).add(Manager("m", tasks, CONTRACTORS, interval=1.0))
    return world.add(
        Contractor(name, Bid(100.0 + place * 37 % 101, 0.1 + place / 1000), ["dig"])
        for place, name in enumerate(CONTRACTORS)
    )


def round_millis(rounds: int = 20, times: int = 15) -> float:
    """CPU milliseconds for one round, the median of `times` worlds; making the world is not counted."""
    return median(_millis(rounds) for _ in range(times))


def _millis(rounds: int) -> float:
    world = net(rounds)
    began = time.process_time()
    run = world.run()
    spent = time.process_time() - began
    assert run.trace.count("InformDone") == rounds
    return spent / rounds * 1000


def contract_round(rounds: int) -> list[Figure]:
    """The figure with its target."""
    ours = median(round_millis() for _ in range(rounds))
    return [Figure("one contract-net round, 100 contractors, CPU ms", {"coordlab": ours}, 2.0, "< 2")]


if __name__ == "__main__":
    print(f"{round_millis():.3f} ms of CPU for one round with {len(CONTRACTORS)} contractors")  # noqa: T201
