"""Leaders by majority, with terms, leases and tokens: who leads, what it costs, and what it survives."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from math import comb, prod
from typing import Any

import pytest

from coordlab import Agent, World
from coordlab.labs.clicks import nth_on_link
from coordlab.patterns import bully
from coordlab.patterns.leases import Member, Storage, Store, Vote, demo, elections, theory
from coordlab.patterns.leases.checks import properties
from coordlab.world.run import Run

THREE = ("1", "2", "3")


def three(
    cls: type[Member] = Member, seed: int = 7, latency: float | str = 0.02, drift: float = 0.01
) -> World:
    """Three members of a class, and a storage."""
    members = (cls(name, THREE, drift=drift) for name in THREE)
    return World(seed, latency=latency).add(Storage(), members).expect(*properties(3))


def statuses(run: Run) -> dict[str, str]:
    return {verdict.name: verdict.status for verdict in run.verdicts}


def leaders(run: Run, since: float = 0.0) -> list[str | None]:
    """Who became leader, in this order."""
    return [event.agent for event in run.trace.select("role", since=since) if event.data == "leads"]


# --- the happy trace ------------------------------------------------------------------------------


def test_most_votes_and_then_most_followers_make_a_leader() -> None:
    """3 loses patience first: it is voted for, then followed, and then leads and writes with its term."""
    happened = three().run(until=1.5).trace.select("send", "state", before=1.45)
    start = happened[0].time
    assert [f"{event.time - start:.3f} {str(event)[6:]}" for event in happened] == [
        "0.000 3 state role stands",
        "0.000 3 state term 1",
        "0.000 3 send RequestVote -> 1",
        "0.000 3 send RequestVote -> 2",
        "0.020 1 state term 1",
        "0.020 1 send Vote -> 3",
        "0.020 2 state term 1",
        "0.020 2 send Vote -> 3",
        "0.040 3 send Heartbeat -> 1",
        "0.040 3 send Heartbeat -> 2",
        "0.060 1 send Vote -> 3",
        "0.060 2 send Vote -> 3",
        "0.080 3 state role leads",
        "0.290 3 send Store -> storage",
        "0.290 3 send Heartbeat -> 1",
        "0.290 3 send Heartbeat -> 2",
        "0.310 storage state highest 1",
        "0.310 storage send Stored -> 3",
        "0.310 1 send Vote -> 3",
        "0.310 2 send Vote -> 3",
    ]


def test_the_demo_keeps_every_promise() -> None:
    """Cut off, the old leader lets its lease run out before the majority elects another one."""
    run = demo()
    assert set(statuses(run).values()) == {"holds"}
    assert leaders(run)[:2] == ["3", "2"]


# --- what it costs --------------------------------------------------------------------------------


@pytest.mark.parametrize("members", range(1, 10))
def test_an_election_without_a_split_vote_costs_what_theory_says(members: int) -> None:
    """A request to each of the others, and a vote from each; then as much again at every beat."""
    names = [str(number) for number in range(members)]
    world = World(2, latency=0.001).add(Storage(), (Member(name, names) for name in names))
    trace = world.run(until=4.0).trace
    assert len([event for event in trace.select("role") if event.data == "stands"]) == 1
    requests, beats = trace.select("RequestVote"), trace.select("Heartbeat")
    asked = {event.data.asked for event in requests}
    votes = [event for event in trace.select("Vote") if event.data.asked in asked]
    assert len(requests) + len(votes) == theory.messages(members)
    rounds = {event.data.asked for event in beats}
    assert len(beats) + trace.count("Vote") - len(votes) == len(rounds) * theory.messages(members)


@pytest.mark.parametrize("members", [3, 4, 5])
def test_there_is_a_leader_exactly_if_most_are_up(members: int) -> None:
    """Every set of members that may be up, tried one by one; weighted by its chance they give the formula."""
    chance = 0.0
    for up in product([True, False], repeat=members):
        down = [f"crash {number} @0" for number, alive in enumerate(up, start=1) if not alive]
        led = bool(leaders(elections(members, faults=down, until=8.0)))
        assert led == (sum(up) > members / 2)
        chance += led * prod(0.9 if alive else 0.1 for alive in up)
    assert chance == pytest.approx(theory.availability(members, 0.9))


@pytest.mark.parametrize("members", range(1, 12))
def test_an_even_number_is_no_better_than_the_odd_one_below(members: int) -> None:
    """One member more helps only if it does not raise the majority."""
    below, here = theory.availability(members, 0.9), theory.availability(members + 1, 0.9)
    assert (here > below) == (members % 2 == 0)
    assert theory.availability(members, 0.5) == pytest.approx(
        sum(comb(members, k) for k in range(members + 1) if 2 * k > members) / 2**members
    )


# --- what it survives -----------------------------------------------------------------------------


def test_while_parted_a_bully_has_two_coordinators_and_a_lease_one_leader() -> None:
    """Two here, three there: both halves elect a bully, only the larger one a leader."""
    parted = "partition 1,2/3,4,5,storage @4..12"
    leads = elections(faults=[parted], until=11.9)
    bullies = World(seed=7).add(bully.Candidate(rank) for rank in range(1, 6))
    rules = bullies.inject(parted.replace(",storage", "")).run(until=11.9)
    assert [leads.world[name].role for name in "12345"].count("leads") == 1  # type: ignore[attr-defined]
    assert [rules.world[name].role for name in "12345"].count("coordinates") == 2  # type: ignore[attr-defined]
    assert statuses(leads)["one leader at once"] == "holds"


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_a_leader_cut_off_with_fewer_than_half_stops_leading_before_another_begins(seed: int) -> None:
    """The leader, with one other of five, steps down within a lease; not until then is there a new one."""
    first = leaders(elections(seed=seed, until=4.0))[0]
    friend = next(name for name in "12345" if name != first)
    rest = ",".join(name for name in "12345" if name not in (first, friend))
    run = elections(seed=seed, faults=[f"partition {first},{friend}/{rest},storage @4..12"], until=12)
    stops = next(e for e in run.trace.select("role", agent=first, since=4) if e.data == "follows")
    begins = next(e for e in run.trace.select("role", since=4) if e.data == "leads")
    assert stops.time <= 4 + 1.0
    assert stops.time < begins.time
    assert begins.agent in rest


def test_a_member_remembers_its_vote_and_its_promise_when_it_comes_back() -> None:
    """All three fall at once and are back at once: nobody votes twice in a term, or before its time."""
    falls = [f"crash {name} @3..3.01" for name in THREE]
    run = three().inject(*falls).run(until=12)
    assert set(statuses(run).values()) == {"holds"}
    assert len(leaders(run)) == 2


def slow_clock(rate: float, drift: float) -> Run:
    """The leader is cut off from the others, not from the storage; from then on its clock goes at this rate.

    The others' clocks are as much faster as its own is slower.
    """
    first = leaders(three(drift=drift).run(until=3.0))[0]
    rest = [name for name in THREE if name != first]
    cuts = [f"cut {one}>{other} @4" for each in rest for one, other in ((first, each), (each, first))]
    fast = [f"skew {name} x{2 - rate} +0 @4" for name in rest]
    return three(drift=drift).inject(f"skew {first} x{rate} +0 @4", *fast, *cuts).run(until=12)


@pytest.mark.parametrize(("rate", "drift"), [(0.99, 0.01), (1.01, 0.01), (0.7, 0.3), (1.0, 0.0)])
def test_clocks_that_drift_no_more_than_was_said_are_safe(rate: float, drift: float) -> None:
    """However slow the clock of a leader that nobody hears, its lease is over in time; another takes over."""
    run = slow_clock(rate, drift)
    assert set(statuses(run).values()) == {"holds"}
    assert len(leaders(run)) == 2


@pytest.mark.parametrize("seed", range(5))
def test_a_clock_that_is_set_right_again_breaks_no_lease(seed: int) -> None:
    """The leader's fast clock slows down to the usual rate, without a jump, while nobody hears it."""
    first = leaders(three(seed=seed, drift=0.3).run(until=3.0))[0]
    rest = ",".join(name for name in THREE if name != first)
    faults = f"skew {first} x1.3 @3..9", f"partition {first}/{rest},storage @8.8..12"
    run = three(seed=seed, drift=0.3).inject(*faults).run(until=15)
    assert statuses(run)["one leader at once"] == "holds"


def test_beyond_the_bound_two_lead_and_the_storage_is_still_fenced() -> None:
    """The leader's clock runs at a fifth: it goes on leading, and is told that its time is over."""
    run = slow_clock(rate=0.2, drift=0.01)
    broken = [name for name, status in statuses(run).items() if status == "violated"]
    assert broken == ["one leader at once"]
    (fenced,) = run.trace.select("Fenced")
    ended = run.trace.select("role", agent=fenced.peer, since=fenced.time)[0]
    assert (ended.data, round(ended.time - fenced.time, 6)) == ("follows", 0.02)


@pytest.mark.parametrize("away", ["1", "1,2"])
def test_who_was_cut_off_costs_a_healthy_leader_no_more_than_another_election(away: str) -> None:
    """Its later term ends the reign; the same one leads again within a beat and four message delays."""
    run = elections(faults=[f"partition {away} @4..9.01"], until=15.0)
    assert [event.data for event in run.trace.select("role", agent="3", since=4)] == [
        "follows",
        "stands",
        "leads",
    ]
    ends, _, begins = run.trace.select("role", agent="3", since=4)
    assert 9 < ends.time < begins.time < ends.time + 0.25 + 4 * 0.05
    assert leaders(run) == ["3", "3"]
    assert set(statuses(run).values()) == {"holds"}


class Diligent(Member):
    """Works on each write, for 0.1 s or for `work` seconds, after it has looked at its clock."""

    work = 0.1

    async def write(self) -> None:
        await self.sleep(self.work)
        await super().write()


class Slowpoke(Diligent):
    """Works for a little longer than it may lead, so that nobody has taken over yet."""

    work = 1.0


@pytest.mark.parametrize(("pause", "refused"), [("pause 1 @0.99..2.4", 0), ("pause 1 @1..2.4", 1)])
def test_a_pause_after_the_look_at_the_clock_makes_a_write_late(pause: str, refused: int) -> None:
    """The leader looks at 0.996 s.  Paused before, it gives up; paused after, its late write is refused."""
    members = (Diligent(name, THREE, drift=0.1, starts=name == "1") for name in THREE)
    world = World(7, latency="uniform(0.01, 0.05)").add(Storage(), members).expect(*properties(3))
    run = world.inject(pause).run(until=4)
    assert run.trace.count("Fenced") == refused
    assert run.trace.select("role", agent="1", since=2)[0].data == "follows"
    assert statuses(run)["the storage is fenced"] == "holds"


def test_a_leader_whose_write_takes_longer_than_its_lease_gives_up() -> None:
    """It does not wait for an answer, follows, and somebody is elected again."""
    run = three(Slowpoke).run(until=12)
    ends = run.trace.select("role", agent=leaders(run)[0])[2]
    written = run.trace.select("Store", kind="send")[0]
    assert (ends.time, ends.data) == (written.time, "follows")
    assert len(leaders(run)) > 1
    assert statuses(run)["the storage is fenced"] == "holds"


class Careless(Member):
    """Counts every vote in its term, whichever question it answers."""

    def on_vote(self, sender: str, message: Vote) -> None:
        if message.term == self.term:
            self.votes = {*self.votes, sender}


def late_votes(cls: type[Member], seed: int) -> Run:
    """Nobody hears the leader's beats any more; the votes for its last one come after the next question."""
    calm = three(seed=seed).run(until=6).trace
    beat = calm.select("Heartbeat", since=5)[0]
    votes = calm.select("Vote", peer=beat.agent, since=beat.time)[:2]
    late = ["delay {}>{} #{} 0.65".format(*nth_on_link(calm, vote.message or 0)) for vote in votes]
    cuts = [f"cut {beat.agent}>{name} @{beat.time + 0.03:.3f}" for name in THREE if name != beat.agent]
    return three(cls, seed).inject(*late, *cuts).run(until=12)


@pytest.mark.slow
def test_a_vote_answers_one_question_and_prolongs_no_later_lease() -> None:
    """Who counts late votes for a later question leads on while others elect; who does not is safe."""
    careful, careless = (
        [statuses(late_votes(cls, seed))["one leader at once"] for seed in range(10)]
        for cls in (Member, Careless)
    )
    assert set(careful) == {"holds"}
    assert careless.count("violated") >= 3


def test_the_storage_remembers_the_highest_token_when_it_comes_back() -> None:
    """Who led before it crashed, and does not know that others lead now, is fenced all the same."""

    class Writer(Agent):
        async def run(self) -> None:
            for at, token in ((0.1, 5), (1.0, 4)):
                await self.sleep(at)
                (reply,) = (await self.ask("storage", Store(token, "mine"))).values()
                self.note(type(reply).__name__)

    run = World().add(Storage(), Writer("ann")).inject("crash storage @0.5..0.6").run(until=3.0)
    assert [each.data for each in run.trace.select("note")] == ["Stored", "Fenced"]


# --- bad input ------------------------------------------------------------------------------------


def one(**wrong: Any) -> Member:
    return Member(**{"name": "1", "members": THREE, **wrong})


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: one(name="zed"), r"name='zed': not a member"),
        (lambda: one(members=("1", "1", "2")), r"members: '1' is listed twice"),
        (lambda: one(lease=0), r"lease=0: expected seconds above 0"),
        (lambda: one(lease=float("inf")), r"lease=inf: expected seconds above 0"),
        (lambda: one(lease=float("nan")), r"lease=nan: expected seconds above 0"),
        (lambda: one(drift=1.0), r"drift=1\.0: expected a share below 1\. For example: drift=0\.01"),
        (lambda: one(drift=-0.1), r"drift=-0\.1: expected a share"),
        (lambda: one(beat=1.0), r"beat=1\.0: expected seconds above 0 and below 0\.9801"),
        (lambda: one(beat=0.0), r"beat=0\.0: expected seconds above 0"),
        (lambda: elections(0), r"members=0: expected a whole number, 1 or more"),
        (lambda: theory.messages(0), r"members=0: expected a whole number, 1 or more"),
        (lambda: theory.availability(3, 90), r"up=90: expected a probability from 0 to 1"),
    ],
)
def test_what_makes_no_sense_is_refused(make: Callable[[], Any], says: str) -> None:
    """With what was given, what is allowed, and what to write."""
    with pytest.raises(ValueError, match=says):
        make()
