"""The ring election: who rules, what it costs, and what it survives."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations
from statistics import mean
from typing import Any

import pytest

from coordlab import World
from coordlab.labs.clicks import nth_on_link
from coordlab.patterns.ring import Member, demo, hold_election, theory
from coordlab.patterns.ring.checks import properties
from coordlab.world.run import Run

RING = (2, 5, 1, 4, 3)


def members() -> World:
    world = World(seed=7, latency="uniform(0.01, 0.05)")
    world.add(Member(rank, RING) for rank in RING)
    return world.expect(*properties(len(RING)))


def statuses(run: Run) -> set[str]:
    return {verdict.status for verdict in run.verdicts}


def rulers(run: Run, since: float = 0.0) -> list[str | None]:
    """The agents that became coordinator, in this order."""
    return [event.agent for event in run.trace.select("role", since=since) if event.data == "coordinates"]


def counted(ring: tuple[int, ...]) -> int:
    """Election messages if all start: each rank goes on until it meets a higher one, or itself."""
    places = 0
    for at, rank in enumerate(ring):
        ahead = [*ring[at + 1 :], *ring[: at + 1]]
        places += 1 + next(far for far, other in enumerate(ahead) if other >= rank)
    return places


# --- the happy trace ------------------------------------------------------------------------------


def test_the_highest_rank_comes_round_and_all_hear_of_it() -> None:
    """2 starts in the ring 2, 1, 3: 1 passes it on, 3 sends its own, which comes back; then 3 tells."""
    trace = hold_election([2, 1, 3], starts=[2]).trace
    happened = trace.select("send", "state")
    assert [str(event) for event in happened if event.name not in ("Ack", "coordinator")] == [
        "0.000 2 state role electing",
        "0.000 2 send Election -> 1",
        "0.010 1 state role electing",
        "0.010 1 send Election -> 3",
        "0.020 3 state role electing",
        "0.020 3 send Election -> 2",
        "0.030 2 send Election -> 1",
        "0.040 1 send Election -> 3",
        "0.050 3 state role coordinates",
        "0.050 3 send Elected -> 2",
        "0.060 2 state role follows",
        "0.060 2 send Elected -> 1",
        "0.070 1 state role follows",
        "0.070 1 send Elected -> 3",
    ]


def test_the_second_highest_takes_over_and_gives_way() -> None:
    """4 takes over when 5 falls, and 5 rules again when it is back."""
    assert rulers(demo()) == ["5", "4", "5"]


def test_who_has_heard_of_no_coordinator_calls_an_election() -> None:
    """1 alone starts, but its first message takes longer than the others' heartbeat: these start as well."""
    world = World(latency=2.0).add(Member(rank, (1, 2, 3), rank == 1, patience=5.0) for rank in (1, 2, 3))
    assert rulers(world.run(until=20.0))[0] == "3"


# --- what it costs --------------------------------------------------------------------------------


@pytest.mark.parametrize("agents", [*range(1, 5), pytest.param(5, marks=pytest.mark.slow)])
def test_the_election_costs_what_theory_says_in_every_order_of_the_ring(agents: int) -> None:
    """All start, all n! orders: the worst, the best and the mean are exact; Elected goes round once."""
    orders = list(permutations(range(1, agents + 1)))
    traces = {order: hold_election(order).trace for order in orders}
    sent = {order: trace.count("Election") for order, trace in traces.items()}
    assert sent == {order: counted(order) for order in orders}
    assert (max(sent.values()), min(sent.values())) == (theory.worst(agents), theory.best(agents))
    assert mean(map(Fraction, sent.values())) == theory.average(agents)
    assert {trace.count("Elected") for trace in traces.values()} == {theory.elected(agents)}
    assert all(trace.count("Ack") == trace.count("Election", "Elected") for trace in traces.values())


def test_the_mean_over_all_orders_of_seven_is_exact() -> None:
    """5040 orders, counted by hand rather than run."""
    assert mean(Fraction(counted(order)) for order in permutations(range(7))) == theory.average(7)


@pytest.mark.parametrize("agents", [10, 25])
def test_worst_and_best_of_larger_rings(agents: int) -> None:
    """Falling ranks are the worst order, rising ranks the best, however long the messages take."""
    falling, rising = range(agents, 0, -1), range(1, agents + 1)
    counts = [
        hold_election(ring, latency="uniform(0.01, 0.1)").trace.count("Election")
        for ring in (falling, rising)
    ]
    assert counts == [theory.worst(agents), theory.best(agents)]


@pytest.mark.slow
@pytest.mark.parametrize("start", range(1, 6))
def test_an_election_begun_by_one_costs_its_distance_from_the_highest(start: int) -> None:
    """In all orders of five: as many messages as there are places to the highest, and twice round."""
    for ring in permutations(range(1, 6)):
        distance = (ring.index(5) - ring.index(start)) % 5
        trace = hold_election(ring, starts=[start]).trace
        assert trace.count("Election", "Elected") == theory.single(5, distance)


def test_the_numbers_of_the_literature() -> None:
    """Of five: 15, 9, 137/12 and 5; 3n - 1 = 14 if the worst placed one starts."""
    numbers = (theory.worst(5), theory.best(5), theory.average(5), theory.elected(5), theory.single(5))
    assert numbers == (15, 9, Fraction(137, 12), 5, 14)


# --- what it survives -----------------------------------------------------------------------------


def test_a_dead_neighbour_is_skipped_after_a_time_out() -> None:
    """5 is down; who comes before it waits for an Ack, and then asks the one after it."""
    run = members().inject("crash 5 @3").run(until=20)
    asked = run.trace.select("Election", agent="2", since=3)
    assert [event.peer for event in asked[:4:3]] == ["5", "1"]
    assert rulers(run, since=3) == ["4"]
    assert statuses(run) == {"holds"}


def test_the_last_one_elects_itself() -> None:
    """All others are down: its own rank comes round at once."""
    run = members().inject(*(f"crash {rank} @3" for rank in (2, 5, 1, 4))).run(until=30)
    assert rulers(run, since=3) == ["3"]
    assert statuses(run) == {"holds"}


def test_a_rank_whose_owner_died_does_not_go_round_for_ever() -> None:
    """5 falls while its rank is under way: nobody passes it on beyond the place where 5 was."""
    run = members().inject("crash 5 @0.06").run(until=30)
    assert 5 in {event.data.rank for event in run.trace.select("Election", since=0.06)}
    assert run.trace.count("Election", since=15) == 0
    assert rulers(run)[-1] == "4"
    assert statuses(run) == {"holds"}


def test_two_rule_while_the_ring_is_broken_and_one_after() -> None:
    """Each half closes its own ring; once they hear each other again, the higher rules."""
    run = members().inject("partition 1,2,3/4,5 @3..15").run(until=40)
    assert rulers(run, since=3)[0] == "3"
    assert run.trace.select("role", agent="3")[-1].data == "follows"
    assert statuses(run) == {"holds"}


def test_late_news_of_a_lower_rank_moves_the_higher_to_ask_again() -> None:
    """What 2 told 5 of 4's rule reaches it only when 5 is back: it sends its rank round, and rules."""
    calm = members().inject("crash 5 @3..9").run(until=24).trace
    letter = calm.select("Elected", agent="2", peer="5", since=3)[0]
    sender, to, nth = nth_on_link(calm, letter.message or 0)
    run = members().inject("crash 5 @3..9", f"delay {sender}>{to} #{nth} 8").run(until=36)
    heard = run.trace.select("Elected", kind="handle", agent="5", since=9)
    came = next(event for event in heard if event.message == letter.message)
    again = run.trace.select("role", agent="5", since=came.time)
    assert [event.data for event in again] == ["electing", "coordinates"]
    assert statuses(run) == {"holds"}


def test_a_rank_that_comes_round_twice_is_told_once() -> None:
    """The last hop of 5's rank is doubled: it rules at the first, and takes no notice of the second."""
    calm = members().run(until=2.5).trace
    home = next(e for e in calm.select("Election", peer="5") if e.data.rank == 5)
    sender, to, nth = nth_on_link(calm, home.message or 0)
    run = members().inject(f"duplicate {sender}>{to} #{nth}").run(until=2.5)
    came = [e for e in run.trace.select("Election", kind="handle", agent="5") if e.message == home.message]
    assert len(came) == 2
    assert run.trace.count("Elected") == calm.count("Elected")


# --- what cannot be -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (
            lambda: Member(7, (1, 2, 3)),
            r"rank 7 in the ring \[1, 2, 3\]: expected a ring of whole numbers, .* ring=",
        ),
        (lambda: Member(1, (1, 1, 2)), r"rank 1 in the ring \[1, 1, 2\]: .* each once"),
        (lambda: Member("1", ("1", "2")), r"rank '1' in the ring .*: expected a ring of whole numbers"),
        (lambda: Member(True, (True, 2)), r"rank True in the ring .*: expected a ring of whole numbers"),
        (lambda: Member(1, (1, 2), patience=0), r"patience=0: expected seconds above 0\. .*patience=0\.25\."),
        (lambda: hold_election([1, 2], starts=[9]), r"rank 9 in the ring \[1, 2\]"),
        (lambda: theory.worst(0), r"agents=0: expected a whole number, 1 or more\."),
        (lambda: theory.single(5, 5), r"distance=5: expected a whole number from 0 to 4\."),
    ],
)
def test_what_cannot_be_is_refused(make: Any, says: str) -> None:
    """What was given, what is allowed, what to write."""
    with pytest.raises(ValueError, match=says):
        make()
