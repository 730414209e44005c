"""The coordination tax: what each style costs, what it does to throughput, and what people say of it."""

from __future__ import annotations

from functools import cache
from typing import Any

import networkx
import pytest
from hypothesis import strategies as st

from coordlab import World
from coordlab.patterns.topology import Member, Server, demo, tax, team, theory
from coordlab.patterns.topology.naive import BANDS, advice
from coordlab.patterns.topology.rules import STEPS, channels
from tests.disasters import over, plans
from tests.sampling import disaster_count

COUNTED = ["mesh", "star", "tree", "bus"]
SIZES = [1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 24, 30, 40]


@cache
def throughput(style: str, agents: int, **settings: float) -> float:
    return tax(team(style, agents, tasks=120, **settings).run()).throughput  # type: ignore[arg-type]


# --- the happy trace ------------------------------------------------------------------------------


def test_two_tell_each_other_what_they_found() -> None:
    """One round of a mesh of two: a second of work, and 30 ms until each knows what the other found."""
    run = team("mesh", agents=2, tasks=2).run()
    assert run.trace.select("send", "handle", "state", "note").as_text() == (
        "0.000 1 state busy True\n"
        "0.000 2 state busy True\n"
        "1.000 1 note Finished {'round': 0}\n"
        "1.000 1 state role shares\n"
        "1.000 2 note Finished {'round': 0}\n"
        "1.000 2 state role shares\n"
        "1.010 1 send Share -> 2\n"
        "1.010 1 state busy False\n"
        "1.010 2 send Share -> 1\n"
        "1.010 2 state busy False\n"
        "1.020 2 handle Share <- 1\n"
        "1.020 2 state busy True\n"
        "1.020 1 handle Share <- 2\n"
        "1.020 1 state busy True\n"
        "1.030 2 state role is done\n"
        "1.030 2 state busy False\n"
        "1.030 1 state role is done\n"
        "1.030 1 state busy False"
    )


@pytest.mark.parametrize("style", STEPS)
@pytest.mark.parametrize("agents", [1, 2, 7, 20])
def test_every_style_gets_all_the_work_done(style: str, agents: int) -> None:
    """Every promise holds, from a team of one to a team of twenty."""
    run = team(style, agents, tasks=3 * agents, latency="uniform(0.01, 0.05)", seed=agents).run()
    assert {verdict.status for verdict in run.verdicts} == {"holds"}


# --- what it costs --------------------------------------------------------------------------------


@pytest.mark.parametrize("style", COUNTED)
def test_theory_counts_the_messages_of_a_round(style: str) -> None:
    """For 1 to 20 agents the closed form, and twice the channels where each carries a message both ways."""
    sizes = range(1, 21)
    sent = {n: tax(team(style, n, tasks=2 * n).run()).messages for n in sizes}
    assert sent == {n: theory.messages(style, n) for n in sizes}
    if style != "bus":
        assert sent == {n: 2 * len(channels(style, n)) for n in sizes}


@pytest.mark.parametrize("style", ["mesh", "star", "bus"])
@pytest.mark.parametrize("agents", [2, 3, 10, 40])
def test_theory_tells_how_long_a_round_takes(style: str, agents: int) -> None:
    """To the microsecond, in a team that starts together."""
    run = team(style, agents, tasks=agents, handling=0.01, latency=0.01).run()
    assert tax(run).makespan == round(1.0 + theory.seconds(style, agents, 0.01, 0.01), 6)


@pytest.mark.parametrize(("style", "agents"), [("star", 40), ("tree", 40), ("tree", 7), ("mesh", 12)])
def test_a_hierarchy_lowers_the_fan_in_and_not_the_messages(style: str, agents: int) -> None:
    """The busiest handles what theory says, and one message more where it has a parent."""
    paid = tax(team(style, agents, tasks=agents, branching=3).run())
    assert paid.busiest == theory.fan_in(style, agents, 3) + (style == "tree")
    assert theory.messages("tree", agents) == theory.messages("star", agents)


@pytest.mark.parametrize("branching", [1, 2, 3, 5])
@pytest.mark.parametrize("agents", [1, 2, 7, 13, 40])
def test_a_tree_is_as_deep_as_theory_says(agents: int, branching: int) -> None:
    """The longest way down, found by networkx."""
    graph = networkx.Graph(channels("tree", agents, branching))
    graph.add_nodes_from(range(1, agents + 1))
    deepest = max(networkx.single_source_shortest_path_length(graph, 1).values())
    assert (deepest, networkx.is_tree(graph)) == (theory.depth(agents, branching), True)


@pytest.mark.parametrize("style", STEPS)
def test_only_declared_channels_are_used(style: str) -> None:
    """The team works just as well in a network that has no other links."""
    graph = networkx.Graph([("bus" if one == 0 else str(one), str(to)) for one, to in channels(style, 9)])
    world = World(topology=graph)
    world.add(Member(each, style, agents=9) for each in range(1, 10))
    if style == "bus":
        world.add(Server("bus", style, 9, 0.01, 2))
    assert world.run().trace.count(kind="drop") == 0


@pytest.mark.slow
def test_gossip_ends_after_about_as_many_questions_as_theory_says() -> None:
    """Forty agents, each asking at random: the mean is up to a fifth above log2 n + ln n."""
    messages = [tax(team("gossip", 40, tasks=40, seed=seed).run()).messages for seed in range(10)]
    rounds = sum(messages) / len(messages) / 2 / 40
    assert theory.gossip_rounds(40) < rounds < 1.2 * theory.gossip_rounds(40)


# --- the two laws, and what people say ------------------------------------------------------------


@pytest.mark.slow
def test_contention_and_coherency_come_out_of_queues_alone() -> None:
    """In a mesh each waits for n - 1 messages, on a bus the broker for n² of them."""
    mesh, bus = (
        theory.fit_usl(SIZES, [throughput(style, n) for n in SIZES]).parameters for style in ("mesh", "bus")
    )
    assert mesh["contention"].low < 2 * 0.01 < mesh["contention"].high
    assert mesh["coherency"].high < 1e-5
    assert bus["coherency"].mean == pytest.approx(0.01, rel=0.05)
    assert theory.peak(bus["contention"].mean, bus["coherency"].mean) == pytest.approx(10, rel=0.1)
    assert max(SIZES, key=lambda n: throughput("bus", n)) == 10


@pytest.mark.slow
def test_amdahls_law_suffices_for_a_mesh() -> None:
    """Without coherency, what is left is a serial share: two handlings in a second of work."""
    fit = theory.fit_amdahl(SIZES, [throughput("mesh", n) for n in SIZES])
    assert fit.parameters["contention"].mean == pytest.approx(0.02, rel=0.02)


@pytest.mark.slow
@pytest.mark.parametrize("handling", [0.002, 0.015, 0.05])
def test_ten_to_five_agents_is_faster_exactly_where_theory_says(handling: float) -> None:
    """On a bus, as handling a message takes longer: fewer are faster where k > (1 - s) / 50, as fitted."""
    fit = theory.fit_usl(SIZES, [throughput("bus", n, handling=handling) for n in SIZES]).parameters
    faster = throughput("bus", 5, handling=handling) > throughput("bus", 10, handling=handling)
    assert faster == theory.fewer_is_faster(fit["contention"].mean, fit["coherency"].mean)


@pytest.mark.slow
def test_ten_to_five_is_no_law() -> None:
    """With cheap messages ten do more than five in every style; with expensive ones not on a bus."""
    cheap = {style: throughput(style, 10) > throughput(style, 5) for style in STEPS}
    assert cheap == dict.fromkeys(STEPS, True)
    dear = {
        style: throughput(style, 10, handling=0.03) > throughput(style, 5, handling=0.03) for style in STEPS
    }
    assert [style for style, more in dear.items() if not more] == ["bus"]


@pytest.mark.slow
def test_the_usual_bands_are_a_matter_of_what_a_message_costs() -> None:
    """Which style is fastest changes with the price of a message, not with the size of the team alone."""

    def fastest(agents: int, handling: float) -> str:
        return max(COUNTED, key=lambda style: throughput(style, agents, handling=handling))

    assert [fastest(n, 0.001) for n in (3, 10, 40)] == ["mesh", "mesh", "mesh"]
    assert [fastest(n, 0.02) for n in (3, 10, 40)] == ["mesh", "tree", "tree"]
    assert advice(10) == [style for style, (low, high) in BANDS.items() if low <= 10 <= high]
    assert len(advice(10)) == 2


# --- what it survives -----------------------------------------------------------------------------


@pytest.mark.parametrize("style", STEPS)
def test_crashes_and_losses_cost_the_rest_but_never_a_wrong_result(style: str) -> None:
    """The assumption is broken: the team stops, and tells nothing that was not found."""
    names, ended = [str(n) for n in range(1, 7)], set()

    def judged(given: tuple[int, list[str]]) -> None:
        seed, faults = given
        run = team(style, 6, tasks=12, seed=seed).inject(*faults).run(until=20.0)
        verdicts = {verdict.name.split()[0]: verdict.status for verdict in run.verdicts}
        assert "violated" not in (verdicts["no"], verdicts["only"]), run.line
        ended.add(verdicts["done"])

    plan = plans(names, "crash drop partition", end=3.0)
    over(st.tuples(st.integers(0, 999), plan), judged, disaster_count(), shrink=True)
    assert "undecided" in ended or style == "gossip"  # which asks again until it has an answer


def test_a_star_without_its_hub_stops() -> None:
    """The hub crashes in the second round: nobody starts the third."""
    run = team("star", 5, tasks=15).inject("crash 1 @1.5").run(until=60.0)
    assert max(event.data.round for event in run.trace.select("note")) == 1


def test_demo_is_a_tree_of_seven() -> None:
    """Twelve messages a round."""
    assert tax(demo()).messages == 12.0


# --- what bad input gets --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (("ring", 3, 3), r"style='ring': expected one of 'mesh', 'star', 'tree', 'bus', 'gossip'"),
        (("mesh", 0, 3), r"agents=0: expected a whole number, 1 or more"),
        (("mesh", 3, 3.0), r"tasks=3\.0: expected a whole number, 1 or more. For example: tasks=9"),
        (("tree", 3, 3, 1.0, 0.01, 0), r"branching=0: expected a whole number, 1 or more"),
        (("mesh", 4, 10), r"tasks=10, agents=4: tasks must be a multiple of agents.*tasks=12"),
    ],
)
def test_a_team_refuses_arguments_that_make_no_sense(wrong: tuple[Any, ...], words: str) -> None:
    """With what was given, what is allowed, and what to write."""
    with pytest.raises(ValueError, match=words):
        team(*wrong)


def test_a_run_that_was_cut_short_has_no_tax() -> None:
    """The members that were not done are named."""
    run = team("star", agents=3, tasks=3).run(until=1.02)
    with pytest.raises(ValueError, match=r"\['1', '2', '3'\] are not done: expected a whole run"):
        tax(run)
