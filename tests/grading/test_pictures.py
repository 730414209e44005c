"""The pair on a student's page: two drawings of one stretch of time, with a ring where they part."""

from __future__ import annotations

import pytest

from coordlab.draw import space_time
from coordlab.draw.looks import Looks
from coordlab.grading import pages
from coordlab.grading.pictures import _first_difference, pictures
from coordlab.patterns.bully import Candidate
from coordlab.trace.lanes import flights, spans
from coordlab.world.world import World


def election(*faults):
    return World(seed=1, latency=0.02).add(Candidate(rank) for rank in (1, 2, 3)).inject(*faults).run(until=6)


def test_what_differs_first_is_the_fault_that_only_one_run_has():
    one, other = election("crash 3 @2..5").trace, election().trace
    mine, theirs = _first_difference(one, other)
    assert (one[mine].kind, one[mine].agent, one[mine].time) == ("fault", "3", 2.0)
    assert other[theirs].time >= 2.0


def test_equal_runs_differ_nowhere():
    assert _first_difference(election().trace, election().trace) == (None, None)


def test_both_runs_are_drawn_and_ringed():
    found = pictures([election("crash 3 @2..5").trace, election().trace], 4.0)
    assert [each["svg"].count('class="ring"') for each in found] == [1, 1]


def test_roles_and_messages_have_the_same_colours_in_both():
    """In the passing run there are roles that the failing one never gets to."""
    traces = [election("crash 3 @2..5").trace, election().trace]
    looks = [Looks(one, spans(one), flights(one), like=other) for one, other in (traces, reversed(traces))]
    assert looks[0].roles == looks[1].roles != {}
    assert [*map(looks[0].type, looks[0].types)] == [*map(looks[1].type, looks[1].types)]
    assert looks[0].resting == looks[1].resting


def test_a_failing_run_without_a_neighbour_is_drawn_alone_without_a_ring():
    [found] = pictures([election("crash 3 @2..5").trace], None)
    assert 'class="ring"' not in found["svg"]


def test_what_never_ran_is_not_drawn():
    assert pictures([World(1).run(0.0).trace], None) == []


def test_the_page_shows_the_pair_as_two_pictures_each_with_its_line():
    explained = {"failing": "07b seed=1", "passing": "07b seed=2", "change": "with seed 2"}
    drawn = [{"svg": "<svg></svg>", "alt": "<script>"}, {"svg": "<svg></svg>", "alt": "2"}]
    text = "".join(pages._pair(explained, drawn))
    assert text.count("<figure>") == text.count('src="data:image/svg+xml;base64,') == 2
    assert text.index("07b seed=1") < text.index("with seed 2") < text.index("07b seed=2")
    assert "<script>" not in text


@pytest.mark.parametrize(("since", "rings"), [(0, 1), (3, 0)])
def test_a_ring_is_drawn_if_its_event_is_in_the_part_that_is_drawn(since, rings):
    trace = election("crash 3 @2..5").trace
    crash = trace.select(kind="crash")[0].seq
    assert space_time(trace, since, 6, ringed=crash).svg.count('class="ring"') == rings
