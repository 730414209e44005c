"""The travel office: the same lines in every style, and what is read in each."""

from operator import add

import pytest

from coordlab.course import office
from coordlab.patterns.group_chat import theory
from coordlab.patterns.group_chat.rules import max_turns, stop_word
from coordlab.patterns.orchestration.turns import result
from coordlab.patterns.state_graph.graph import GraphError


@pytest.mark.parametrize("build", [office.pipeline, office.conversation, office.graph])
def test_the_offer_is_the_same_in_every_style(build):
    ended = result(build().run().trace)
    assert office.LINES[4] in str(ended.outputs[-1])
    assert (ended.spent.turns, ended.spent.seconds) == (5, 5.1)


@pytest.mark.parametrize("turns", [1, 3, 5, 12])
def test_each_way_reads_as_much_as_its_formula_says(turns):
    read = {way: office.lines_read(office.at_work(0, turns, way).run().trace) for way in office.WAYS}
    everything = theory.reads(turns)
    assert list(read.values()) == [turns, everything - turns + 1, everything, theory.reads(turns, 5)]


def test_a_graph_reads_what_its_state_keeps():
    kept = [office.lines_read(office.graph(keeps=keeps).run().trace) for keeps in ("last", "all")]
    assert kept == [5, theory.reads(5)]


def test_a_writer_who_reads_less_writes_the_same_drafts():
    """With one seed the drafts are the same, so the difference is what was read: some tokens a draft."""
    for seed in range(20):
        whole, less = (office.offer(seed, reads).run().trace for reads in ("all", "parts"))
        drafts = [trace.count("Turn", kind="send", peer="pat") for trace in (whole, less)]
        assert drafts[0] == drafts[1]
        assert office.tokens(whole) - office.tokens(less) == 9 * drafts[0]


def test_the_tokens_of_a_run_that_goes_on_are_not_known():
    with pytest.raises(ValueError, match="has not stopped"):
        office.tokens(office.offer(0).run(until=1.0).trace)


def test_groups_have_a_mean_each_and_what_is_left_over_is_not_one():
    groups = office.in_groups([1.0, 3.0, 5.0, 5.0, 9.0], size=2)
    assert {number: each.mean for number, each in groups.items()} == {1: 2.0, 2: 5.0}


def test_a_chat_of_two_tells_why_it_is_over():
    assert office.end(stop_word("DONE"), ["8"], ["8, DONE"]) == "condition: stop_word('DONE') (bob)"
    assert office.end(max_turns(9), ["You first."], ["No, you."]) == "loop: ann, bob (said 3 times)"


def test_two_who_write_the_sum_count_the_old_value_three_times():
    sums = {"ann": lambda state: {"n": state["n"] + 1}, "bob": lambda state: {"n": state["n"] + 2}}
    assert office.merged(add, 10, sums) == 33
    with pytest.raises(GraphError, match="takes one write"):
        office.merged(None, 10, sums)
