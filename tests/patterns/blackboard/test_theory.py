"""What it costs to hear of news, beside what is counted on a run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from coordlab import labs
from coordlab.patterns.blackboard.theory import notices, polling_reads, throughput
from coordlab.world.loop import simulate


@pytest.mark.parametrize("readers", range(5))
def test_polling_costs_a_read_for_each_reader_key_and_tick(readers: int) -> None:
    """News or no news: theory and the lab's count agree for any number of readers."""
    trace = labs.blackboard(readers=readers, news="poll").run.trace
    asked = sum(str(event.agent).startswith("reader") for event in trace.select("Query"))
    assert asked == polling_reads(readers, keys=6, ticks=12)


@pytest.mark.parametrize("readers", range(5))
def test_notifying_costs_a_message_for_each_match(readers: int) -> None:
    """Three conclusions follow from what was seen; each reader is told of each."""
    assert labs.blackboard(readers=readers).run.trace.count("Notify") == notices(readers, writes=3)


def test_only_those_interested_are_told() -> None:
    """A share of them, from none to all."""
    assert [notices(8, 5, share) for share in (0.0, 0.25, 1.0)] == [0.0, 10.0, 40.0]


@pytest.mark.parametrize("agents", [1, 5, 50])
@pytest.mark.parametrize("hold", [0.01, 0.25])
def test_one_lock_bounds_what_any_number_of_agents_can_do(agents: int, hold: float) -> None:
    """A hundred operations behind one lock take a hundred times its hold, whoever does them."""

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
    """Negative numbers, shares above one, a lock that is never held."""
    with pytest.raises(ValueError, match=advice):
        wrong()
