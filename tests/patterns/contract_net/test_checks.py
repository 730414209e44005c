"""Each property of the contract net: kept by the protocol, and broken by a trace that deserves it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest

from coordlab import World
from coordlab.patterns.contract_net import DIG, Manager, hold_round
from coordlab.patterns.contract_net.checks import properties
from coordlab.patterns.contract_net.contractor import Contractor, NotUnderstood, Refuse
from coordlab.patterns.contract_net.rules import DEFAULT, Bid, Policy, Task
from coordlab.properties import Verdict
from coordlab.trace.trace import CRASH, HANDLE, SEND, Event, Trace
from tests.properties.linear import growth
from tests.properties.mutated import changed, ended, late, made, repeated, swapped, without

NAMES = {
    "S1": "one award for each attempt",
    "S2": "awarded only if proposed in time",
    "S3": "one decision for each proposal",
    "S4": "one reply to each call",
    "S5": "reports from the awarded, once",
    "S6": "the best score wins",
    "S7": "never more than the capacity",
    "L1": "bidding closes by the deadline",
    "L2": "every award comes to an end",
    "L3": "every task has an outcome",
}


@cache
def story() -> Trace:
    """Bob, the cheapest, is late; Cat is awarded, crashes at work, and is cancelled; Dan does it."""
    world = World(latency=0.01).add(Manager("ann", [DIG], ["bob", "cat", "dan", "eve"]))
    for name, cost in (("bob", 70.0), ("cat", 80.0), ("dan", 90.0), ("eve", 95.0)):
        world.add(Contractor(name, Bid(cost, 1.0), [] if name == "eve" else ["dig"]))
    return world.inject("slow bob 0.6 @0..0.5", "crash cat @1", "crash bob @2").run(until=6.0).trace


def judged(trace: Trace, policy: Policy = DEFAULT) -> dict[str, Verdict]:
    return {verdict.name: verdict for verdict in (each(trace) for each in properties(policy))}


def violated(trace: Trace) -> list[str]:
    """The short names of the properties that object."""
    verdicts = judged(trace)
    return [short for short, name in NAMES.items() if verdicts[name].status == "violated"]


def sent(name: str, peer: str | None = None, agent: str | None = None, nth: int = 0) -> Event:
    return story().select(name, kind=SEND, peer=peer, agent=agent)[nth]


def handled(name: str, peer: str | None = None, agent: str | None = None, nth: int = 0) -> Event:
    return story().select(name, kind=HANDLE, peer=peer, agent=agent)[nth]


def awarded_twice() -> Trace:
    """Dan is awarded the same attempt as Cat, instead of being rejected."""
    award = sent("AcceptProposal")
    return changed(story(), sent("RejectProposal", peer="dan"), name=award.name, data=award.data)


def awarded_without_a_proposal() -> Trace:
    """Cat's proposal never came."""
    return without(story(), handled("Propose", peer="cat"))


def awarded_though_late() -> Trace:
    """Cat's proposal comes only when bidding is closed."""
    return late(story(), handled("Propose", peer="cat"), after=story().select("decision")[0])


def not_rejected() -> Trace:
    """Dan, who lost, is told nothing."""
    return without(story(), sent("RejectProposal", peer="dan"))


def late_and_not_rejected() -> Trace:
    """Bob, who was late, is told nothing."""
    return without(story(), sent("RejectProposal", peer="bob"))


def late_and_told_otherwise() -> Trace:
    """Bob, who was late, is told that somebody was better."""
    rejection = sent("RejectProposal", peer="bob")
    return changed(story(), rejection, data=replace(rejection.data, reason="outbid"))


def rejected_twice() -> Trace:
    """Dan is told twice that he has lost."""
    return repeated(story(), sent("RejectProposal", peer="dan"))


def rejected_too_late() -> Trace:
    """Dan is told only half a second later."""
    later = next(each for each in story() if each.time > 0.9)
    return late(story(), sent("RejectProposal", peer="dan"), after=later)


def answered_twice() -> Trace:
    """Eve refuses twice."""
    return repeated(story(), sent("Refuse"))


def proposed_and_refused() -> Trace:
    """Dan proposes, and does not understand."""
    proposal = sent("Propose", agent="dan")
    return repeated(story(), proposal, message=999, name="NotUnderstood", data=NotUnderstood("ann-1"))


def done_twice() -> Trace:
    """Dan reports twice."""
    return repeated(story(), sent("InformDone"))


def done_by_another() -> Trace:
    """Eve reports what Dan was awarded."""
    return changed(story(), sent("InformDone"), agent="eve")


def done_after_the_cancel() -> Trace:
    """Dan was told to stop, and reports all the same."""
    award = handled("AcceptProposal", agent="dan")
    row = {"kind": HANDLE, "name": "Cancel", "message": award.message}
    return repeated(story(), award, **row)


def the_worse_wins() -> Trace:
    """Cat and Dan change places: the dearer is awarded, the cheaper rejected."""
    award, rejection = sent("AcceptProposal"), sent("RejectProposal", peer="dan")
    return changed(changed(story(), award, peer="dan"), rejection, peer="cat")


def the_dearer_wins() -> Trace:
    """Cat's bid was dearer than Dan's."""
    proposal = sent("Propose", agent="cat")
    return changed(story(), proposal, data=replace(proposal.data, bid=Bid(99.0, 1.0)))


def overbooked() -> Trace:
    """Dan proposes for something else at the same time."""
    proposal = sent("Propose", agent="dan", nth=1)
    other = replace(proposal.data, conversation="zoe-1")
    return repeated(story(), proposal, message=999, data=other)


def overworked() -> Trace:
    """Dan is awarded something else while he works."""
    award = sent("AcceptProposal", peer="dan")
    other = replace(award.data, conversation="zoe-1", task=Task("sew"))
    trace = repeated(story(), handled("AcceptProposal", agent="dan"), message=999)
    return repeated(trace, award, message=999, data=other)


def never_closed() -> Trace:
    """Nobody says that bidding is over."""
    return without(story(), story().select("decision")[0])


def closed_too_late() -> Trace:
    """Bidding is declared over only after the deadline."""
    closed = story().select("decision")[0]
    return late(story(), closed, after=sent("Cancel"))


def never_cancelled() -> Trace:
    """Cat's award comes to no end."""
    trace = without(story(), sent("Cancel"))
    return made(trace, trace.rows, until=30.0)


def cancelled_though_done() -> Trace:
    """Dan is told to stop when he has reported."""
    report, cancel = handled("InformDone"), sent("Cancel")
    data = replace(cancel.data, conversation=sent("InformDone").data.conversation)
    return repeated(story(), report, kind=SEND, agent="ann", peer="dan", name="Cancel", data=data)


def report_never_heard() -> Trace:
    """Dan's report does not arrive, and nobody does anything about it."""
    trace = without(story(), handled("InformDone"))
    return made(trace, trace.rows, until=30.0)


def no_outcome() -> Trace:
    """The last word is missing, for long."""
    trace = without(story(), story().select("decision")[-1])
    return made(trace, trace.rows, until=60.0)


BROKEN: dict[Callable[[], Trace], list[str]] = {
    awarded_twice: ["S1", "S6"],
    awarded_without_a_proposal: ["S2", "S6"],
    awarded_though_late: ["S2", "S3", "S6"],
    not_rejected: ["S3"],
    late_and_not_rejected: ["S3"],
    late_and_told_otherwise: ["S3"],
    rejected_twice: ["S3"],
    rejected_too_late: ["S3"],
    answered_twice: ["S4"],
    proposed_and_refused: ["S4"],
    done_twice: ["S5"],
    done_by_another: ["S5"],
    done_after_the_cancel: ["S5"],
    the_worse_wins: ["S6"],
    the_dearer_wins: ["S6"],
    overbooked: ["S4", "S7"],
    overworked: ["S7"],
    never_closed: ["L1"],
    closed_too_late: ["L1"],
    never_cancelled: ["L2"],
    cancelled_though_done: ["L2"],
    report_never_heard: ["L2"],
    no_outcome: ["L3"],
}


def test_the_protocol_keeps_them_all() -> None:
    """The run as it was, with a late proposal, a crash and a second attempt: every property holds."""
    assert {each.status for each in judged(story()).values()} == {"holds"}
    assert list(judged(story())) == list(NAMES.values())


@pytest.mark.parametrize("mutation", BROKEN, ids=lambda each: each.__name__)
def test_each_objects_to_the_trace_that_breaks_it(mutation: Callable[[], Trace]) -> None:
    """And those that are not concerned do not; a violation names its moment, its event and its reason."""
    trace = mutation()
    assert violated(trace) == BROKEN[mutation]
    for verdict in judged(trace).values():
        if verdict.status == "violated":
            assert verdict.at is not None
            assert verdict.event is not None
            assert verdict.because


def test_every_property_has_such_a_trace() -> None:
    """None of them holds by construction, and each but L3 has one that breaks nothing else."""
    assert {short for objecting in BROKEN.values() for short in objecting} == set(NAMES)


def test_a_swap_of_proposal_and_award_is_seen() -> None:
    """The award went out before the proposal had come."""
    trace = swapped(story(), handled("Propose", peer="cat"), sent("AcceptProposal"))
    assert "S2" in violated(trace)


def test_a_crash_ends_what_was_promised_and_what_was_waited_for() -> None:
    """Who is down has forgotten: what it would have had to decide on, and what bound it."""
    crash = {"kind": CRASH, "peer": None, "message": None, "name": None, "data": None}
    closed = story().select("decision")[0]
    assert "S3" not in violated(repeated(not_rejected(), closed, agent="ann", **crash))
    assert "S3" not in violated(repeated(without(not_rejected(), closed), closed, agent="ann", **crash))
    refused = repeated(story(), sent("Refuse"))
    again = repeated(refused, sent("Refuse"), agent="eve", **crash)
    assert (violated(refused), violated(again)) == (["S4"], [])


def test_a_trace_that_ends_early_decides_nothing_about_the_end() -> None:
    """While bids come in, the award is out, and the task is under way."""
    open_at = {0.3: {"S3", "L1", "L2", "L3"}, 1.5: {"L2", "L3"}, 2.3: {"L3"}}
    for until, expected in open_at.items():
        verdicts = judged(ended(story(), until))
        undecided = {short for short, name in NAMES.items() if verdicts[name].status == "undecided"}
        assert undecided == expected, until


def test_an_empty_trace_decides_nothing() -> None:
    """Where nothing happened, nothing held."""
    assert {each.status for each in judged(made(story(), [], 0.0)).values()} == {"undecided"}


def test_a_directed_award_needs_no_call() -> None:
    """Nothing was called for, so nothing had to be closed, and whoever was awarded is right."""
    verdicts = judged(hold_round(3, directed=True).trace)
    assert {each.status for each in verdicts.values()} == {"holds", "undecided"}
    assert verdicts[NAMES["L1"]].because == "nothing was opened"


@pytest.mark.parametrize("number", range(len(NAMES)), ids=list(NAMES))
def test_checking_takes_time_in_proportion(number: int) -> None:
    """A longer trace takes longer, and no more than that."""
    short, long = (hold_round(invited, invited).trace for invited in (20, 80))
    assert growth(properties()[number], short, long) < 1.5


def test_a_refusal_in_a_further_round_needs_no_decision() -> None:
    """Whoever withdraws knows it."""
    trace = hold_round(4, 4, rounds=2).trace
    again = trace.select("Propose", agent="c2")[1]
    rejection = trace.select("RejectProposal", peer="c2")[0]
    answer = {"name": "Refuse", "data": Refuse("m-1", "unwilling")}
    refused = changed(trace, again, **answer)
    handling = next(each for each in trace if (each.kind, each.message) == (HANDLE, again.message))
    refused = without(changed(refused, handling, name="Refuse"), rejection)
    assert {each.status for each in judged(refused, Policy(rounds=2)).values()} == {"holds"}
