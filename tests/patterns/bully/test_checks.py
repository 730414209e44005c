"""What the properties of the bully election say of waiting, of a crash, and of the end of a trace."""

from __future__ import annotations

from coordlab import World
from coordlab.patterns.bully import Candidate
from coordlab.patterns.bully.checks import one_election_at_a_time, properties
from tests.patterns.bully.story import trace
from tests.properties.mutated import ended, repeated

one_at_a_time = one_election_at_a_time(0.25)


def test_asking_again_after_the_wait_is_not_a_second_election() -> None:
    """An agent may ask again after a patience without an answer, but not before."""
    ask = trace().select("Election", agent="1", peer="5", since=3)[0]
    end = next(each for each in trace() if each.time >= ask.time + 0.25)
    soon = next(each for each in trace() if each.time > ask.time)
    assert one_at_a_time(repeated(trace(), ask, after=end))
    assert not one_at_a_time(repeated(trace(), ask, after=soon))


def test_a_crash_ends_the_wait() -> None:
    """An agent that crashed while it waited may ask at once when it is back."""
    world = World(latency=0.01).add(Candidate(rank) for rank in range(1, 6))
    run = world.inject("crash 5 @3", "crash 1 @3.35..3.4").run(until=12)
    asked = [each.time for each in run.trace.select("Election", agent="1", peer="5", since=3)]
    assert asked[1] - asked[0] < 0.25
    assert one_at_a_time(run.trace)


def test_a_broken_agreement_names_who_was_left_behind_and_what_did_not_reach_it() -> None:
    """1 never hears of 4, which coordinates; what 2 does last, at 1's request, decides nothing."""
    world = World(latency=0.01).add(Candidate(rank) for rank in range(1, 6))
    run = world.inject("crash 5 @3", "cut 4>1 @3..9").run(until=12)
    [agreement] = [each(run.trace) for each in properties() if each.name.startswith("agreement")]
    assert " s, 1: coordinator is now None. That was because" in agreement.because
    lost = agreement.because.partition("What did not arrive: ")[2].rstrip(".").split("; at ")
    assert {each.partition(" s, ")[2].split(" from")[0] for each in lost} == {"Answer", "Coordinator"}
    assert all(each.endswith("from 4 does not reach 1: cut") for each in lost)


def test_a_trace_that_ends_early_decides_nothing_about_the_end() -> None:
    """0.1 s after the crash nobody can know whether all will agree; and nothing was ever calm."""
    verdicts = [judge(ended(trace(), 3.1)) for judge in properties()]
    assert [verdict.name for verdict in verdicts if verdict.status == "undecided"] == [
        "one coordinator per component",
        "the highest alive coordinates",
        "agreement within 4.375 s",
    ]
