"""Each figure beside a claim is computed again: by theory, by the usual first attempt, or in a run."""

import re
from collections import Counter
from collections.abc import Callable
from functools import reduce
from itertools import permutations

import pytest

from coordlab import labs
from coordlab.course import capstone
from coordlab.course.capstone.delivery import Van
from coordlab.course.chapters import BY_NUMBER
from coordlab.course.claims import CLAIMS, DOES_NOT, HOLDS, HOLDS_IF
from coordlab.patterns import (
    blackboard,
    bully,
    bus,
    circuit_breaker,
    conflict,
    contract_net,
    counter,
    crew,
    deadlock,
    delegation,
    group_chat,
    heartbeat,
    htn,
    leases,
    replicas,
    rogue,
    state_graph,
    topology,
    voting,
    weighted,
)
from coordlab.properties import moments
from coordlab.world.world import World

ROUND = topology.theory.messages
EXPERT = (0.9, 0.6, 0.6, 0.6, 0.6)


def share(value: float) -> str:
    """.979 for 0.9791."""
    return f"{value:.3f}".removeprefix("0")


def two_leaders() -> float:
    """Seconds for which two of five coordinate while 1 and 2 are cut off from the others."""
    world = World(latency=0.02).add(bully.Candidate(rank) for rank in range(1, 6))
    trace = world.inject("partition 1,2/3,4,5 @3..9").run(until=12).trace
    times = [now.time for now in moments(trace) if len(now.where("role", "coordinates")) > 1]
    return max(times) - min(times)


def two_rooms() -> str:
    """How many lead at once in two rooms: of five bullies, and of five members with a lease."""
    cut = "partition 1,2/3,4,5 @4..9"
    bullies = World(latency=0.02).add(bully.Candidate(rank) for rank in range(1, 6))
    runs = {
        "coordinates": bullies.inject(cut).run(until=12),
        "leads": leases.elections(faults=[cut.replace("5", "5,storage")]),
    }
    bold, bound = (
        max(len(now.where("role", role)) for now in moments(run.trace)) for role, run in runs.items()
    )
    return f"{bold} leaders against {bound}"


def overslept() -> str:
    """For how long two are called leaders while the first is paused."""
    both = labs.leases(apart="nobody").inject("pause 1 @4..6").measures[0].counted
    return f"2 leaders for {both:.1f} s"


def awards_alike() -> str:
    traces = [contract_net.demo().trace for _ in range(2)]
    return f"{len(traces)} runs, {1 if traces[0] == traces[1] else 2} trace"


def silent() -> str:
    decision, count = voting.naive.one_yes_of_a_hundred()
    return f"{count['yes']} yes, {count['abstain']} silent: {'accepted' if decision else 'refused'}"


def counted(world: World) -> int:
    """What the board shows in the end."""
    return world.run().world["board"].value  # type: ignore[attr-defined, no-any-return]


def added() -> str:
    run = counter.counting(5, steps=5, method="one-message").run()
    shown, each = run.world["board"].value, run.trace.count("send") / 25  # type: ignore[attr-defined]
    return f"{shown} of 25 counted, {each:.0f} messages each"


def in_each_way() -> str:
    one, two = (counted(counter.counting(agents, steps=10 // agents)) for agents in (1, 2))
    return f"{one}, {two} and {counted(counter.in_order(counter.theory.order(2, 5, 2)))} are counted"


def pace(style: str, agents: int, **settings: float) -> float:
    """Tasks per second of a team that does sixty; a message takes 1/45 of a task, unless told otherwise."""
    how = {"work": 0.9, "handling": 0.02} | settings
    return topology.tax(topology.team(style, agents, 60, **how).run()).throughput  # type: ignore[arg-type]


def sharing(style: str, agents: int) -> float:
    """Seconds from the end of the work until all know all."""
    return topology.tax(topology.team(style, agents, agents, work=0.9, handling=0.02).run()).makespan - 0.9


def twice(cost: Callable[[str, int], float]) -> float:
    """How many times as much twenty in a mesh cost as ten."""
    return cost("mesh", 20) / cost("mesh", 10)


def best() -> float:
    """The peak of the law that is fitted to teams behind a broker."""
    sizes = [1, 2, 3, 4, 5, 6, 10, 12, 15, 20]
    law = topology.theory.fit_usl(sizes, [pace("bus", agents) for agents in sizes]).parameters
    return topology.theory.peak(law["contention"].mean, law["coherency"].mean)


def never_had() -> str:
    """What a bus records of a letter that it cannot deliver."""
    world = World(latency=0.02).add(bus.Bus(attempts=3), bus.Client("shop", ("price",)))
    trace = world.add(bus.Client("desk", says=(("price", 3),))).inject("cut bus>shop @0.4").run(until=3).trace
    tries = trace.count("Deliver", kind="send")
    assert trace.count("DeadLetter", kind="note") == 1
    return f"{tries} tries and a dead letter"


def waits() -> str:
    """Seconds until a conflict is settled if the human is absent, with a limit, and without one."""
    lab = labs.conflict(absent=True)
    asked = lab.run.trace.select("Escalate", kind="send")[0].time
    settled = lab.run.trace.select("decision")[-1].time
    return f"{settled - asked:.0f} s, or {conflict.naive.a_silent_human_blocks()}"


def winners() -> str:
    """How many different winners five equals have, over all orders of arrival."""
    five = [conflict.rules.Candidate(name, name) for name in "abcde"]
    orders = list(permutations(five))
    won = {conflict.rules.tie_break("c1", each, ("priority", "draw", "id")) for each in orders}
    return f"{len(orders)} orders, {len(won)} winner"


def writes_lost() -> str:
    """How many of eight concurrent writes show nowhere after all copies are merged."""
    register, basket = replicas.rules.LastWriter(), replicas.rules.ORSet()
    writes = [register.write(number, f"w{number}", at=0.2) for number in range(8)]
    additions = [basket.add(number, f"w{number}") for number in range(8)]
    lost = reduce(replicas.rules.merge, writes).lost
    kept = reduce(replicas.rules.merge, additions).value
    return f"{len(lost)} against {8 - len(kept)} writes lost"


def stock() -> str:
    """What a counter of three says if two that are cut off take two each."""
    start = replicas.rules.PNCounter().add(3, "shop 1")
    one, other = start.remove(2, "shop 1"), start.remove(2, "shop 2")
    return f"{replicas.rules.merge(one, other).value} in stock"


def over_the_board() -> str:
    """The messages from what one reader writes to what the next one hears of it."""
    trace = capstone.research().run.trace
    heard = trace.select("Notify", kind="handle", agent="r2")[0]
    way = [event.name for event in trace.past(heard.seq) if event.kind == "send" and event.agent != "r2"]
    return f"{len(way[way.index('Write') :])} messages instead of 1"


def busiest() -> str:
    """The parcels of the busiest van, if bids rise with the load, and if not."""

    class Blind(Van):
        """It asks the same, however much it carries."""

        def bid_for(self, call: contract_net.CallForProposals) -> contract_net.rules.Bid:
            return self.bid

    counts = [
        max(Counter(event.peer for event in lab.run.trace.select("AcceptProposal", kind="send")).values())
        for lab in (capstone.fleet(plan="auction", parcels=10, seed=1, van=kind) for kind in (Van, Blind))
    ]
    return f"at most {counts[0]} parcels for a van, else {counts[1]}"


def gone() -> str:
    """What an auction and a plan survive where vans are gone, and what they cost."""
    both = [capstone.fleet(plan=plan, attempts=6, door="remembers") for plan in ("auction", "fixed")]
    kept = [round(20 * capstone.exam(lab).survived["gone"].mean) for lab in both]
    costs = [capstone.cost(lab) for lab in both]
    return f"{kept[0]} against {kept[1]} of 20 schedules survived, {costs[0]} against {costs[1]} messages"


FIGURES: dict[str, Callable[[], str]] = {
    "choose": lambda: (
        ", ".join(f"{ROUND(style, 10)}" for style in ("mesh", "star", "tree", "bus")) + " messages"
    ),
    "alone": in_each_way,
    "five": lambda: (
        f"{100 * counter.theory.loss(5, 0.05, 1.0):.0f} % of all runs lose an update, "
        f"{100 * counter.theory.loss(2, 0.05, 1.0):.0f} % with two agents"
    ),
    "unsure": added,
    "each call": lambda: f"{blackboard.naive.updates_are_lost(2, 10)} of 20 are counted",
    "board": lambda: f"{len(blackboard.naive.heard('finding:*', 'finding:ai'))} calls",
    "board late": lambda: f"{blackboard.theory.throughput(0.05):.0f} a second",
    "board slow": over_the_board,
    "net": lambda: (
        f"{contract_net.theory.awarded_cost(10, 10):.2f} against "
        f"{contract_net.theory.least_cost(10, 10):.2f} mean costs"
    ),
    "net late": lambda: f"{contract_net.theory.messages(5, 5)} messages a task",
    "net same": awards_alike,
    "net load": busiest,
    "vote": lambda: (
        f"{share(voting.theory.jury(101, 0.6))} against at most "
        f"{share(voting.theory.correlated_limit(0.6, 0.1))}"
    ),
    "silent": silent,
    "weight": lambda: (
        f"majority {share(weighted.theory.accuracy([1.0] * 5, EXPERT))}, "
        f"best weights {share(weighted.theory.best_accuracy(EXPERT))}"
    ),
    "parts": lambda: f"{htn.theory.checks(2, 10)} checks against {htn.theory.leaves(2, 10):,}",
    "chain": lambda: f"{share(delegation.theory.all_done(10, 0.05))} of all jobs",
    "leader": lambda: f"2 leaders for {two_leaders():.1f} s",
    "bully": lambda: f"{bully.naive.elections_and_coronations(12)[0]:,} elections instead of {12 - 1}",
    "replaced": lambda: f"{len(bully.naive.leaders_after_a_revival())} leaders",
    "rooms": two_rooms,
    "orders": overslept,
    "odd": lambda: "{}, {} and {}".format(*(share(leases.theory.availability(n, 0.9)) for n in (3, 4, 5))),
    "context": lambda: (
        f"{conflict.theory.within(0.5, 2):.0%} against {conflict.theory.within(1.0, 2):.0%} settled"
    ).replace("%", " %"),
    "human": waits,
    "stamp": lambda: (
        f"{labs.conflict().try_out('A fast clock wins').measures[6].counted} of 10 for the fast clock"
    ),
    "chance": lambda: f"{conflict.naive.random_is_no_fallback(1000)} decided in two ways",
    "fixed": winners,
    "eventual": writes_lost,
    "later": stock,
    "beats": lambda: f"one every {heartbeat.theory.beats_to_false_alarm(0.1, 3):,.0f} beats",
    "breaker": lambda: f"{circuit_breaker.theory.calls_per_click(3, 3)} calls a click",
    "square": lambda: f"{ROUND('mesh', 10)} and {ROUND('mesh', 50):,} messages",
    "tree": lambda: (
        f"{ROUND('tree', 50)} messages, and {topology.theory.fan_in('tree', 50)} instead of "
        f"{topology.theory.fan_in('star', 50)} at one agent"
    ),
    "bus all": lambda: f"{ROUND('bus', 10)} messages, {ROUND('mesh', 10)} without",
    "quadratic": lambda: f"{twice(ROUND):.1f} times the messages, {twice(sharing):.1f} times the time",
    "band 3": lambda: f"{pace('mesh', 3):.2f} against {pace('star', 3):.2f} tasks a second",
    "band 10": lambda: (
        f"{ROUND('mesh', 10)} against {ROUND('star', 10)} messages, "
        f"{pace('mesh', 10):.2f} against {pace('star', 10):.2f} tasks a second"
    ),
    "band 50": lambda: f"{pace('tree', 30):.1f} against {pace('mesh', 30):.1f} tasks a second",
    "band more": lambda: f"{pace('tree', 60):.1f} against {pace('gossip', 60):.1f} tasks a second",
    "styles": lambda: f"{group_chat.theory.reads(10)} against {10} messages read",
    "crew": lambda: "{ann} tasks for ann, {bob} for bob".format(**crew.naive.no_agent_manages()),
    "manager": lambda: f"{5 * crew.theory.hierarchical_turns(1)} turns instead of {5}",
    "talk": lambda: f"{group_chat.naive.consensus_ends_nothing()[1]} messages",
    "edges": lambda: f"b runs {state_graph.naive.the_edges_are_not_read()} times",
    "which": lambda: (
        f"{blackboard.theory.polling_reads(4, 6, 12)} reads against "
        f"{blackboard.theory.notices(4, 3):.0f} notices"
    ),
    "papers": lambda: "{} of 6 findings false, or {}".format(
        *(capstone.research(liars=1, copies=each).measures[1].counted for each in (1, 3))
    ),
    "jobs": gone,
    "deadlock": lambda: f"{deadlock.theory.philosophers(4)} of all runs",
    "count": lambda: f"best at {best():.1f} agents",
    "fewer": lambda: f"{pace('bus', 5):.2f} against {pace('bus', 10):.2f} tasks a second",
    "breaker of locks": lambda: "{} s, or {} s".format(
        *(
            lab.measures[1].counted
            for lab in (labs.deadlock(), labs.deadlock().inject("crash coordinator @0.5..2.5"))
        )
    ),
    "rogue": lambda: f"{rogue.theory.to_mask(1)} answers for 1 rogue",
    "confident": lambda: f"a decision that is {weighted.naive.surer_than_certain()[1]:.0%} sure".replace(
        "%", " %"
    ),
    "remove": lambda: f"about {rogue.theory.sprt(0.6)[1]:.0f} checks",
    "pub": lambda: f"{bus.theory.messages(1, 3):.0f} against {3} messages",
    "debug": never_had,
}


@pytest.mark.parametrize("name", CLAIMS)
def test_the_figure_of_a_claim_is_computed(name: str) -> None:
    assert FIGURES[name]() == CLAIMS[name].figure


def test_a_verdict_is_one_of_three_and_its_chapter_is_about_the_pattern() -> None:
    assert {claim.verdict for claim in CLAIMS.values()} == {HOLDS, HOLDS_IF, DOES_NOT}
    assert {claim.chapter for claim in CLAIMS.values()} <= BY_NUMBER.keys()


def test_ten_agents_can_be_slower_than_five() -> None:
    """What the claim about the number of agents says besides its figure."""
    assert topology.theory.fewer_is_faster(0.05, 0.02)
    assert round(topology.theory.peak(0.05, 0.02), 1) == 6.9
    assert re.fullmatch(r"best at 6\.9 agents", CLAIMS["count"].figure)


def test_cheap_messages_make_a_mesh_of_thirty_as_quick_as_a_tree() -> None:
    """What the claim about ten to fifty agents says besides its figure."""
    tree, mesh = (pace(style, 30, work=1.0, handling=0.002) for style in ("tree", "mesh"))
    assert abs(tree / mesh - 1) < 0.01


def test_a_tree_receives_less_at_one_agent_but_sends_as_much() -> None:
    assert ROUND("tree", 50) == ROUND("star", 50)
    assert topology.theory.fan_in("tree", 50) < topology.theory.fan_in("star", 50)
