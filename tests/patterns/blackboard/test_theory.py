"""What it costs to hear of news, beside what is counted on a run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from coordlab.patterns.blackboard.theory import notices, polling_reads, throughput
from coordlab.world.loop import simulate


def test_only_those_interested_are_told() -> None:
    assert [notices(8, 5, share) for share in (0.0, 0.25, 1.0)] == [0.0, 10.0, 40.0]


@pytest.mark.parametrize("agents", [1, 5, 50])
@pytest.mark.parametrize("hold", [0.01, 0.25])
def test_one_lock_bounds_what_any_number_of_agents_can_do(agents: int, hold: float) -> None:
    """A hundred operations behind one lock take a hundred times its hold, for any number of agents."""

    async def works(lock: asyncio.Lock, share: int) -> None:
        for _ in range(share):
            async with lock:
                await asyncio.sleep(hold)

    async def all_work() -> float:
        lock = asyncio.Lock()
        await asyncio.gather(*(works(lock, 100 // agents) for _ in range(agents)))
        return asyncio.get_running_loop().time()

    assert 100 / simulate(all_work()) == pytest.approx(throughput(hold))


@pytest.mark.parametrize(
    ("wrong", "advice"),
    [
        (lambda: polling_reads(-1, 5), r"agents=-1: expected a whole number, 0 or more"),
        (lambda: notices(4, -5), r"writes=-5: expected a whole number"),
        (lambda: notices(4, 5, 1.5), r"interested=1.5: expected a share from 0 to 1"),
        (lambda: throughput(0), r"hold=0: expected seconds above 0"),
    ],
)
def test_refusals(wrong: Callable[[], float], advice: str) -> None:
    with pytest.raises(ValueError, match=advice):
        wrong()
