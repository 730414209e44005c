"""The contract net: who is awarded, what it costs, and what it survives."""

from __future__ import annotations

from collections import Counter
from math import inf, nan
from statistics import mean, stdev
from typing import Any

import pytest

from coordlab import World
from coordlab.patterns.contract_net import DIG, Manager, theory
from coordlab.patterns.contract_net.checks import properties
from coordlab.patterns.contract_net.contractor import (
    AcceptProposal,
    CallForProposals,
    Cancel,
    Contractor,
    Failure,
    InformDone,
    InformResult,
    Propose,
    RejectProposal,
)
from coordlab.patterns.contract_net.rules import (
    DEFAULT,
    Bid,
    Policy,
    Scoring,
    Task,
    by_priority,
    cheapest,
)
from coordlab.world.agent import Agent
from coordlab.world.world import AgentError, Run
from tests.patterns.contract_net.story import hold_round
from tests.patterns.contract_net.tables import one_by_one, optimal, random_tables, total
from tests.sampling import disaster_count

ONCE = Policy(attempts=1)


def net(
    *contractors: Agent,
    tasks: Any = (DIG,),
    policy: Policy = DEFAULT,
    latency: float = 0.01,
    also: Agent | None = None,
    at: float = 0.0,
    fault: str | None = None,
    until: float | None = None,
    **settings: Any,
) -> Run:
    """A run of Ann, a manager, and these contractors, which breaks no promise; `also` joins them later."""
    names = [each.name for each in contractors]
    world = World(latency=latency).add(Manager("ann", tasks, names, policy, **settings))
    world.add(contractors).add([also] if also else [], at=at).inject(*[fault] if fault else [])
    run = world.expect(*properties(policy)).run(until=until)
    assert violated(run) == []
    return run


def digger(name: str, cost: float = 100.0, seconds: float = 1.0, **settings: Any) -> Contractor:
    return Contractor(name, Bid(cost, seconds), ["dig"], **settings)


def outcomes(run: Run) -> list[tuple[str, str, str | None, int]]:
    """The outcome of each task: its name, status, contractor and number of attempts."""
    decided = [each.data for each in run.trace.select("Outcome")]
    return [(each.task, each.status, each.contractor, each.attempts) for each in decided]


def winners(run: Run) -> dict[str, str | None]:
    return {event.data.task.name: event.peer for event in run.trace.select("AcceptProposal")}


def violated(run: Run) -> list[str]:
    return [verdict.name for verdict in run.verdicts if verdict.status == "violated"]


def told(run: Run, contractor: str) -> list[tuple[str, str | None]]:
    """What a contractor was told by the manager, and why."""
    sent = run.trace.select("send", peer=contractor)
    return [(str(each.name), getattr(each.data, "reason", None)) for each in sent]


def test_the_cheaper_of_two_digs() -> None:
    """Bob and Cat can dig, Dan cannot; bidding closes when all have answered, long before the deadline."""
    run = net(digger("bob", 90.0), digger("cat", 80.0), Contractor("dan", Bid(1.0, 1.0)))
    happened = [str(each) for each in run.trace if each.kind in ("send", "state", "timer", "decision")]
    outcome = {"task": "dig", "status": "done", "contractor": "cat", "result": None, "attempts": 1}
    assert happened == [
        "0.000 ann state role calling",
        "0.000 ann send CallForProposals -> bob",
        "0.000 ann send CallForProposals -> cat",
        "0.000 ann send CallForProposals -> dan",
        "0.010 bob state role bound",
        "0.010 bob send Propose -> ann",
        "0.010 cat state role bound",
        "0.010 cat send Propose -> ann",
        "0.010 dan send Refuse -> ann",
        "0.020 ann decision Closed {'conversation': 'ann-1', 'winner': 'cat'}",
        "0.020 ann send RejectProposal -> bob",
        "0.020 ann state role awaiting",
        "0.020 ann send AcceptProposal -> cat",
        "0.030 bob state role idle",
        "0.030 cat state role working",
        "1.030 cat timer its sleep to end 1.0",
        "1.030 cat state role idle",
        "1.030 cat send InformDone -> ann",
        "1.040 ann state role idle",
        f"1.040 ann decision Outcome {outcome}",
    ]
    assert {verdict.status for verdict in run.verdicts} == {"holds"}


@pytest.mark.parametrize("invited", [1, 2, 3, 5, 8, 13, 40, 100])
def test_theory_counts_the_messages_of_a_round(invited: int) -> None:
    """2n + j + 1, whatever part of those invited proposes: 3n + 1 if all do, 2n if nobody does."""
    for proposing in sorted({0, 1, invited // 2, invited - 1, invited}):
        sent = hold_round(invited, proposing).trace.count("send")
        assert sent == theory.messages(invited, proposing), (invited, proposing)
    assert theory.messages(invited, invited) == 3 * invited + 1


def test_theory_counts_a_directed_award() -> None:
    run = hold_round(5, directed=True)
    assert violated(run) == []
    assert run.trace.count("send") == theory.messages(5, 0, directed=True) == 2
    assert winners(run) == {"dig": "c1"}


@pytest.mark.parametrize("proposing", [1, 2, 3, 7, 8, 20])
@pytest.mark.parametrize("rounds", [1, 2, 3, 6])
def test_theory_counts_an_iterated_call(proposing: int, rounds: int) -> None:
    run = hold_round(proposing, proposing, rounds)
    assert violated(run) == []
    assert run.trace.count("send") == theory.iterated_messages(proposing, rounds)


def test_a_round_takes_four_messages_and_the_work_and_a_directed_award_two() -> None:
    ends = [hold_round(5, directed=directed).trace.until for directed in (False, True)]
    assert ends == pytest.approx([1.04, 1.02])


def test_a_slow_contractor_is_told_that_it_was_late() -> None:
    """Bob would be cheaper, but answers after the deadline; Cat is awarded at the deadline."""
    run = net(digger("bob", 1.0), digger("cat"), fault="slow bob 0.6 @0..0.5")
    assert told(run, "bob") == [("CallForProposals", None), ("RejectProposal", "late")]
    closed = run.trace.select("decision")[0]
    assert (closed.time, closed.data.winner) == (0.5, "cat")


def test_an_answer_exactly_at_the_deadline_is_late() -> None:
    """Proposals that arrive as bidding closes are all rejected, none is forgotten."""
    run = net(digger("bob"), digger("cat"), policy=ONCE, latency=0.25)
    assert outcomes(run) == [("dig", "not all answered", None, 1)]
    assert told(run, "bob")[1:] == told(run, "cat")[1:] == [("RejectProposal", "late")]


def test_the_first_proposal_counts() -> None:
    """Each message comes twice: every call is answered once, every proposal decided once, all done once."""
    world = World(duplicate=1.0).add(Manager("ann", [DIG], ["bob", "cat"]), digger("bob"), digger("cat"))
    run = world.expect(*properties()).run()
    assert violated(run) == []
    sent = {"CallForProposals": 2, "Propose": 2, "RejectProposal": 1, "AcceptProposal": 1, "InformDone": 1}
    assert Counter(each.name for each in run.trace.select("send")) == sent
    assert "bob proposes again in ann-1: the first time counts" in [e.data for e in run.trace.select("note")]


def test_nobody_capable_is_not_the_same_as_all_busy() -> None:
    incapable = net(digger("bob"), digger("cat"), tasks=[Task("fly", needs=frozenset({"fly"}))])
    busy = net(digger("bob", seconds=9.0), tasks=[DIG, Task("dig more", DIG.needs)])
    silent = net(digger("bob"), policy=Policy(attempts=2), fault="crash bob @0")
    assert outcomes(incapable) == [("fly", "nobody is capable", None, 1)]
    assert outcomes(busy)[0] == ("dig more", "all refused", None, 3)
    assert outcomes(silent) == [("dig", "not all answered", None, 2)]


def test_a_task_that_needs_nothing_is_anybodys() -> None:
    bidders = Contractor("bob", Bid(9.0, 1.0)), Contractor("cat", Bid(8.0, 1.0)), digger("dan", 10.0)
    assert winners(net(*bidders, tasks=[Task("wait")])) == {"wait": "cat"}


class Bidding(Contractor):
    """Bids whatever it is given."""

    def __init__(self, name: str, says: Any, **settings: Any) -> None:
        super().__init__(name, Bid(1.0, 1.0), ["dig"], **settings)
        self.says = says

    def bid_for(self, call: CallForProposals) -> Bid | None:
        return self.says  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("bid", "reason"),
    [
        (Bid(nan, 1.0), "its cost is nan"),
        (Bid(-1.0, 1.0), "its cost is -1.0"),
        (Bid(10**400, 1.0), f"its cost is {10**400}"),
        (Bid("1", 1.0), "its cost is '1'"),  # type: ignore[arg-type]
        (Bid(1.0, nan), "its seconds is nan"),
        (Bid(1.0, 11.0), "it takes 11 s of 10 s"),
        (Bid(1.0, 1.0, True), "its confidence is True"),
        (DIG, "its cost is None"),
    ],
)
def test_an_impossible_bid_is_rejected_and_says_why(bid: Bid, reason: str) -> None:
    """It never wins, never changes the scores of others, and is never dropped without a word."""
    run = net(Bidding("bob", bid), digger("cat"), policy=ONCE)
    assert told(run, "bob")[1:] == [("RejectProposal", reason)]
    assert winners(run) == {"dig": "cat"}
    assert outcomes(net(Bidding("bob", bid), policy=ONCE))[0][1] == "no valid proposal"


def test_a_contractor_that_does_not_want_a_task_refuses_it() -> None:
    run = net(Bidding("bob", None), policy=ONCE)
    assert run.trace.select("Refuse")[0].data.reason == "unwilling"
    assert outcomes(run) == [("dig", "all refused", None, 1)]


class Stranger(Agent):
    """Calls for something that is not a task, and awards it all the same."""

    async def run(self) -> None:
        nonsense: Any = "sing!"
        self.note((await self.ask("bob", CallForProposals("x", nonsense, 1.0)))["bob"])
        self.note((await self.ask("bob", AcceptProposal("x", nonsense)))["bob"])


def test_something_else_than_a_task_is_not_understood() -> None:
    run = World().add(Stranger("zoe"), digger("bob")).run()
    answers = [str(event.data) for event in run.trace.select("note")]
    assert answers == [
        "NotUnderstood(conversation='x', reason='not understood')",
        "Failure(conversation='x', reason='not understood')",
    ]
    assert run.trace.count("state") == 0


class Mistaken(Contractor):
    """Answers for another conversation, or with something else altogether."""

    def on_call_for_proposals(self, sender: str, message: CallForProposals) -> Any:
        return Propose("other", self.bid, inf) if self.name == "bob" else Cancel("what?")


def test_an_answer_to_another_question_does_not_count() -> None:
    world = World().add(Manager("ann", [DIG], ["bob", "cat", "dan"]), digger("dan"))
    world.add(Mistaken(name, Bid(1.0, 1.0)) for name in ("bob", "cat"))
    assert winners(world.run()) == {"dig": "dan"}


@pytest.mark.parametrize(
    ("priority", "scoring", "winner"),
    [(0.0, by_priority, "cheap"), (1.0, by_priority, "fast"), (1.0, cheapest, "cheap")],
)
def test_priority_and_weights_choose(priority: float, scoring: Scoring, winner: str) -> None:
    """The same bids, another winner: what an urgent task is worth, unless cost alone counts."""
    bidders = digger("cheap", cost=50.0, seconds=2.0), digger("fast", cost=100.0, seconds=1.0)
    tasks = [Task("dig", DIG.needs, priority)]
    assert winners(net(*bidders, tasks=tasks, policy=Policy(scoring=scoring))) == {"dig": winner}


@pytest.mark.parametrize("order", ["bob cat dan", "dan cat bob", "cat dan bob"])
def test_the_first_in_the_alphabet_wins_a_tie(order: str) -> None:
    assert winners(net(*map(digger, order.split()))) == {"dig": "bob"}


@pytest.mark.parametrize(
    ("scores", "says"),
    [
        ({}, r"scores=\{\}: expected a score for each of \['bob'\]\. .*scoring=cheapest"),
        ({"zed": 1.0}, r"scores=.*: expected a score for each of \['bob'\]"),
        (None, r"scores=None: expected a score for each of \['bob'\]"),
        ({"bob": nan}, r"bob's score is nan: expected a score from 0 to 1\. .*award\(task, bids\)"),
    ],
)
def test_a_scoring_must_score_every_bidder(scores: Any, says: str) -> None:
    with pytest.raises(AgentError, match=says):
        net(digger("bob"), policy=Policy(scoring=lambda task, bids: scores))


@pytest.mark.parametrize(("rounds", "winner", "asked"), [(1, "bob", [110]), (2, "cat", [110, 77])])
def test_further_rounds_bring_the_price_down(rounds: int, winner: str, asked: list[int]) -> None:
    """Cat asks more than Bob, but yields: after two rounds she is cheaper."""
    bidders = digger("bob", 100.0), digger("cat", 110.0, yields=0.3), digger("dan", 300.0)
    run = net(*bidders, policy=Policy(rounds=rounds))
    assert winners(run) == {"dig": winner}
    assert [round(each.data.bid.cost) for each in run.trace.select("Propose", agent="cat")] == asked


class Fickle(Contractor):
    """Wants a task in the first round, and in the second no more."""

    def bid_for(self, call: CallForProposals) -> Bid | None:
        return self.bid if call.round == 1 else None


def test_a_contractor_that_withdraws_in_a_further_round_is_out() -> None:
    """Bob's first proposal is void, though it was the best."""
    run = net(Fickle("bob", Bid(1.0, 1.0), ["dig"]), digger("cat"), digger("dan"), policy=Policy(rounds=2))
    assert winners(run) == {"dig": "cat"}


def test_silence_in_a_further_round_leaves_the_proposal_binding() -> None:
    """The second call to Bob is lost: what he proposed in the first still binds him, and wins."""
    bidders = digger("bob", 1.0), digger("cat"), digger("dan")
    run = net(*bidders, policy=Policy(rounds=2), fault="drop ann>bob #2")
    assert outcomes(run) == [("dig", "done", "bob", 1)]


def test_a_contractor_that_withdraws_too_late_may_be_awarded() -> None:
    """Bob's refusal in the second round comes after the deadline: his first proposal has stood until then."""
    bidders = Fickle("bob", Bid(1.0, 1.0), ["dig"]), digger("cat"), digger("dan")
    run = net(*bidders, policy=Policy(rounds=2), fault="delay bob>ann #2 0.6")
    assert outcomes(run) == [("dig", "done", "bob", 1)]


def test_a_declined_award_that_comes_twice_is_no_work() -> None:
    """Both copies arrive at once; Bob works for Zoe and has no room."""
    zoe = Manager("zoe", [Task("hers", DIG.needs)], ["bob"], ONCE)
    world = World(latency=0.01).add(Manager("ann", [DIG], ["bob"], ONCE), digger("bob")).add(zoe, at=0.7)
    world.inject("delay ann>bob #2 1.0", "duplicate ann>bob #2")
    assert violated(world.expect(*properties(ONCE)).run(until=9.0)) == []


def eager(seed: int, contractors: int, kind: type[Contractor] = Contractor) -> Run:
    """Two managers call at once; every contractor can do one task at a time."""
    names, policy = [f"c{number}" for number in range(contractors)], Policy(attempts=8)
    world = World(seed, latency="uniform(0.01, 0.05)").add(
        Manager(name, [DIG], names, policy) for name in "mn"
    )
    world.add(kind(name, Bid(100.0, 0.3), ["dig"]) for name in names)
    return world.expect(*properties(policy)).run()


def test_an_eager_bidder_never_promises_more_than_it_can_do() -> None:
    for seed in range(disaster_count()):
        run = eager(seed, contractors=1 + seed % 2)
        assert {verdict.status for verdict in run.verdicts} == {"holds"}, run.line
        assert {status for _, status, _, _ in outcomes(run)} == {"done"}


class Overeager(Contractor):
    """Forgets at once what it has proposed."""

    def on_call_for_proposals(self, sender: str, message: CallForProposals) -> Any:
        answer = super().on_call_for_proposals(sender, message)
        self.commitments.drop(message.conversation)
        return answer


def test_a_bidder_that_keeps_no_room_is_overbooked() -> None:
    """The promise is not empty: without commitments two proposals are out at once."""
    assert "never more than the capacity" in violated(eager(1, contractors=1, kind=Overeager))


def test_simultaneous_calls_in_the_same_order_serve_one_task() -> None:
    """Five calls reach five contractors in the same order: all commit to the first, four get no proposal."""
    tasks = [Task(f"t{number}", DIG.needs) for number in range(5)]
    run = net(*(digger(f"c{number}") for number in range(5)), tasks=tasks, policy=ONCE)
    assert Counter(status for _, status, _, _ in outcomes(run)) == {"all refused": 4, "done": 1}


@pytest.mark.slow
def test_simultaneous_calls_in_random_order_serve_as_many_as_theory_says() -> None:
    """Each of five contractors takes whichever of five calls comes first: 3.36 tasks on average."""
    counts, names = list[int](), [f"c{number}" for number in range(5)]
    for seed in range(200):
        world = World(seed, latency="uniform(0.01, 0.05)").add(map(digger, names))
        world.add(Manager(f"m{number}", [Task(f"t{number}", DIG.needs)], names, ONCE) for number in range(5))
        counts.append(len(winners(world.run(until=0.6))))
    error = stdev(counts) / len(counts) ** 0.5
    assert abs(mean(counts) - theory.expected_served(5, 5)) < 3 * error


def test_work_is_spread_over_equals() -> None:
    """A busy contractor asks more: four tasks go round among three who can do two each."""
    tasks = [Task(f"t{number}", DIG.needs) for number in range(4)]
    run = net(*(digger(name, capacity=2) for name in ("bob", "cat", "dan")), tasks=tasks, interval=0.1)
    assert list(winners(run).values()) == ["bob", "cat", "dan", "bob"]


def test_a_proposal_lapses_when_the_manager_is_gone() -> None:
    """Ann crashes before she decides; Bob is bound until 1 s, refuses Zoe before, and is hers after."""
    zoe = Manager("zoe", [Task("early", DIG.needs), Task("in time", DIG.needs)], ["bob"], ONCE, interval=0.8)
    run = net(digger("bob"), policy=ONCE, also=zoe, at=0.3, fault="crash ann @0.015", until=5.0)
    assert outcomes(run) == [("early", "all refused", None, 1), ("in time", "done", "bob", 1)]
    assert [each.data for each in run.trace.select("note")] == ["its proposal in ann-1 has lapsed"]


def test_an_award_that_comes_too_late_is_honoured_only_if_there_is_room() -> None:
    """Ann's award is held up; meanwhile Bob's proposal lapses, and he has promised himself to Zoe."""
    zoe = Manager("zoe", [Task("hers", DIG.needs)], ["bob"], ONCE)
    policy = Policy(attempts=1, patience=2.0)
    run = net(digger("bob"), policy=policy, also=zoe, at=1.2, fault="delay ann>bob #2 1.5")
    assert [each.data.reason for each in run.trace.select("Failure")] == ["no capacity left"]
    assert ("dig", "the contractor failed", "bob", 1) in outcomes(run)


def test_a_cancelled_contractor_stops() -> None:
    """Bob needs longer than he promised: at the time-out he is told to stop, and reports nothing."""

    class Slow(Contractor):
        async def perform(self, conversation: str, task: Task) -> InformDone | InformResult | Failure:
            await self.sleep(5.0)
            return await super().perform(conversation, task)

    run = net(Slow("bob", Bid(1.0, 1.0), ["dig"]), policy=ONCE)
    assert outcomes(run) == [("dig", "the contractor was not done in time", "bob", 1)]
    assert run.trace.select("role", agent="bob")[-1].time == run.trace.select("Cancel", kind="handle")[0].time
    assert run.trace.count("InformDone") == 0


def test_an_award_after_its_cancel_is_not_begun() -> None:
    run = net(digger("bob", seconds=0.1), policy=ONCE, fault="delay ann>bob #2 2")
    assert [each.name for each in run.trace.select("handle", agent="bob")][1:] == ["Cancel", "AcceptProposal"]
    assert run.trace.count("InformDone") == 0


def test_a_failed_task_is_announced_again_up_to_the_limit() -> None:
    run = net(digger("bob", fails=1.0))
    assert outcomes(run) == [("dig", "the contractor failed", "bob", 3)]
    assert run.trace.count("CallForProposals") == run.trace.count("Failure") == 3


def test_a_manager_comes_back_to_what_it_has_not_finished() -> None:
    """Ann crashes after the first of two tasks: it is not done again, the second is, under a new name."""
    tasks = [Task("first", DIG.needs), Task("second", DIG.needs)]
    run = net(digger("bob"), tasks=tasks, interval=2.0, fault="crash ann @2.015..4")
    assert [task for task, *_ in outcomes(run)] == ["first", "second"]
    called = [event.data.conversation for event in run.trace.select("CallForProposals")]
    assert called == ["ann-1", "ann-2", "ann-3"]


class Priced(Contractor):
    """Asks for each task what its column of a table says."""

    def __init__(self, name: str, prices: tuple[float, ...]) -> None:
        super().__init__(name, Bid(1.0, 9.0), ["dig"])
        self.prices = prices

    def bid_for(self, call: CallForProposals) -> Bid | None:
        return Bid(self.prices[int(call.task.name)], 9.0)


def awarded(costs: list[list[float]]) -> tuple[int, ...]:
    tasks = [Task(str(number), DIG.needs) for number in range(len(costs))]
    columns = zip(*costs, strict=True)
    contractors = [Priced(f"c{place:02}", tuple(prices)) for place, prices in enumerate(columns)]
    policy = Policy(cheapest, attempts=1)
    run = net(*contractors, tasks=tasks, policy=policy, interval=0.1, until=5.0)
    return tuple(int(str(who)[1:]) for who in winners(run).values())


@pytest.mark.slow
def test_the_net_awards_one_by_one() -> None:
    """Twenty tables of random costs: what is awarded is what the rule says, never better than the optimum."""
    for costs in random_tables(2):
        made = awarded(costs)
        assert made == one_by_one(costs)
        assert total(costs, made) >= total(costs, optimal(costs)) - 1e-12


class Broker(Manager, Contractor):
    """A contractor that has no time, and lets others do what it is awarded."""

    def __init__(self, name: str, contractors: list[str]) -> None:
        Manager.__init__(self, name, (), contractors)
        Contractor.__init__(self, name, Bid(50.0, 5.0), ["dig"])

    async def perform(self, conversation: str, task: Task) -> InformDone | InformResult | Failure:
        outcome = await self.contract(task)
        if outcome.status == "done":
            return InformResult(conversation, f"{outcome.contractor} did it")
        return Failure(conversation, outcome.status)


def test_a_contractor_may_be_a_manager_too() -> None:
    """Bob wins, awards the task to Cat, and reports her result as his."""
    run = net(Broker("bob", ["cat"]), digger("dan"), also=digger("cat"))
    assert run.trace.select("Outcome", agent="ann")[0].data.result == "cat did it"


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Manager("ann", [DIG]), r"contractors=\(\): expected at least one name\. .*\['ann', 'bob'\]"),
        (lambda: Manager("ann", [DIG], "bob"), r"contractors='bob': expected a list or tuple of names\."),
        (lambda: Manager("ann", ["dig"], ["bob"]), r"tasks='dig': expected Task, not str\. .*Task\('dig'\)"),
        (lambda: Manager("ann", [DIG, DIG], ["bob"]), r"tasks: 'dig' is listed twice; .*Task\('dig 2'\)"),
        (lambda: Manager("ann", [DIG], ["bob"], cheapest), r"policy=.*: expected Policy, not Weighted\."),
        (lambda: Manager("ann", [DIG], ["bob"], interval=-1), r"interval=-1: expected seconds, 0 or more\."),
        (lambda: Contractor("bob", 80.0), r"bid=80\.0: expected Bid, .*bid=Bid\(cost=80, seconds=1\)"),
        (lambda: Contractor("bob", Bid(1, 1), "dig"), r"skills='dig': expected a list or set\. .*\['dig'\]"),
        (lambda: Contractor("bob", Bid(1, 1), capacity=0), r"capacity=0: expected a whole number, 1 or"),
        (lambda: Contractor("bob", Bid(1, 1), patience=nan), r"patience=nan: expected seconds, 0 or more\."),
        (lambda: Contractor("bob", Bid(1, 1), fails=2), r"fails=2: expected a probability from 0 to 1\."),
    ],
)
def test_what_cannot_be_is_refused(make: Any, says: str) -> None:
    with pytest.raises((TypeError, ValueError), match=says):
        make()


def test_a_contractor_that_is_not_there_is_named() -> None:
    with pytest.raises(AgentError, match=r"ann sends to 'zed': the agents here are ann, bob"):
        World().add(Manager("ann", [DIG], ["zed"]), digger("bob")).run()


def test_a_rejection_of_what_was_never_proposed_changes_nothing() -> None:

    class Confused(Agent):
        async def run(self) -> None:
            self.send("bob", RejectProposal("x", "no"))
            self.send("bob", Cancel("x"))

    run = World().add(Confused("zoe"), digger("bob")).run()
    assert run.trace.count("state") == 0


def test_an_award_that_is_cancelled_at_the_moment_it_is_handled_is_no_work() -> None:
    """What a slow contractor has queued it handles at once: an award, a call, and the Cancel of the award."""
    digger, bob = Contractor("c1", Bid(100.0, 1.0), ["dig"]), Manager("bob", [DIG], ["c1"], ONCE)
    run = net(digger, policy=ONCE, also=bob, at=1.1, fault="slow c1 2 @0.025..0.04")
    handled = run.trace.select(kind="handle", agent="c1", since=0.02)[:3]
    assert [event.name for event in handled] == ["AcceptProposal", "CallForProposals", "Cancel"]
    assert {event.time for event in handled} == {2.03}
    assert "working" not in [event.data for event in run.trace.select("role", agent="c1")]
