"""A shared counter: what is lost without a safeguard, and what each safeguard costs."""

from __future__ import annotations

import pytest

from coordlab import World
from coordlab.patterns.counter import Adder, Board, checks, counting, in_order, theory


def shows(world: World) -> int:
    """What the board shows in the end."""
    board = world.run(until=60).world["board"]
    assert isinstance(board, Board)
    return board.value


def test_one_agent_loses_nothing() -> None:
    assert [shows(counting(1, seed, steps=10)) for seed in range(5)] == [10] * 5


def test_of_two_who_work_at_the_same_time_half_the_steps_are_lost() -> None:
    run = counting(2, steps=5).run()
    verdict = checks.no_update_is_lost(run.trace)
    assert str(verdict.because).startswith("bob had read 0, and writes 1 over 1: 1 update is lost.")
    assert shows(counting(2, steps=5)) == 5


@pytest.mark.parametrize("ending", range(2, 11))
def test_the_agents_do_what_the_orders_of_theory_say(ending: int) -> None:
    assert shows(in_order(theory.order(2, 5, ending))) == ending


def test_three_agents_can_end_at_two_as_well() -> None:
    assert shows(in_order(theory.order(3, 3, ending=2))) == 2


@pytest.mark.parametrize("method", checks.METHODS[1:])
@pytest.mark.parametrize("seed", range(4))
def test_a_safeguard_counts_every_step_for_the_messages_of_theory(method: str, seed: int) -> None:
    run = counting(5, seed, method=method).run()
    assert shows(counting(5, seed, method=method)) == 25
    each = run.trace.count("send") / 25
    limit = theory.messages(method, 5, 5)
    assert each <= limit if method == "compare-and-set" else each == limit


def test_compare_and_set_in_step_takes_one_more_attempt_for_each_agent() -> None:
    """Five read the same number: one writes it, four read again, and so on: the worst case of one step."""
    world = World(latency=0.1).add(Board())
    run = world.add(Adder(name, 1, method="compare-and-set") for name in ("ann", "bob", "cat", "dan")).run()
    assert run.trace.count("Read", kind="send") == theory.attempts(4, 1) == 10
    assert run.trace.count("Refused", kind="send") == 6


def test_who_crashes_with_the_lock_stops_all_others() -> None:
    run = counting(3, method="lock").inject("crash ann @0.2").add(Waiter("clock")).run(until=20)
    assert run.trace.count("Stored") == 0
    free = counting(3, method="compare-and-set").inject("crash ann @0.2").run()
    assert [event.data.by for event in free.trace.select("Stored")].count("cat") == 5


class Waiter(Adder):
    """Keeps the run going."""

    async def run(self) -> None:
        await self.sleep(1e6)


def test_a_late_unlock_does_not_open_the_next_lock() -> None:
    """An agent that does not wait for Unlocked would ask for the lock again, and then lose it."""
    run = counting(2, method="lock").inject("delay ann>board #4 0.4").run()
    assert checks.no_update_is_lost(run.trace)
    assert run.world["board"].value == 10  # type: ignore[attr-defined]


def test_who_comes_back_goes_on_with_the_lock_that_it_had() -> None:
    run = counting(2, method="lock", steps=2).inject("crash ann @0.1..0.5").run()
    assert [event.data.by for event in run.trace.select("Stored")] == ["ann", "bob", "ann", "bob"]
    assert run.world["board"].role == "open"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "settings", [{"steps": 0}, {"work": -1}, {"spread": -1}, {"method": "hope"}, {"agents": 9}]
)
def test_what_is_not_allowed_is_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="{}={!r}".format(*next(iter(settings.items())))):
        counting(**settings)  # type: ignore[arg-type]
