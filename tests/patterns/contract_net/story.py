"""What the contract net promises: the run that keeps it, the traces that break it, the disasters it bears."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

from hypothesis import strategies as st

from coordlab import World
from coordlab.patterns.contract_net import DIG, Manager
from coordlab.patterns.contract_net.checks import properties
from coordlab.patterns.contract_net.contractor import Contractor, NotUnderstood
from coordlab.patterns.contract_net.rules import Bid, Policy, Task
from coordlab.trace.trace import HANDLE, SEND, Event, Trace
from coordlab.world.run import Run
from tests.disasters import plans
from tests.properties.mutated import changed, late, made, repeated, swapped, without


def hold_round(invited: int = 5, proposing: int = 5, rounds: int = 1, directed: bool = False) -> Run:
    """A run with one task, in which each bid costs 1 more than the one before.

    invited, proposing: how many contractors are called, and how many of them can do the task.
    rounds: rounds of the call.
    directed: whether the first contractor is awarded the task without a call.
    """
    names = [f"c{number}" for number in range(1, invited + 1)]
    policy, to = Policy(rounds=rounds), "c1" if directed else None
    world = World(latency=0.01).add(Manager("m", [DIG], names, policy, directed=to))
    for place, name in enumerate(names):
        skills = ["dig"] if place < proposing else []
        world.add(Contractor(name, Bid(100.0 + place, 1.0), skills))
    return world.expect(*properties(policy)).run()


@cache
def story() -> Run:
    """Bob, the cheapest, is late; Cat is awarded, crashes at work, and is cancelled; Dan does it."""
    world = World(latency=0.01).add(Manager("ann", [DIG], ["bob", "cat", "dan", "eve"]))
    for name, cost in (("bob", 70.0), ("cat", 80.0), ("dan", 90.0), ("eve", 95.0)):
        world.add(Contractor(name, Bid(cost, 1.0), [] if name == "eve" else ["dig"]))
    world.inject("slow bob 0.6 @0..0.5", "crash cat @1", "crash bob @2")
    return world.expect(*properties()).run(until=6.0)


def trace() -> Trace:
    return story().trace


def sent(name: str, peer: str | None = None, agent: str | None = None, nth: int = 0) -> Event:
    return trace().select(name, kind=SEND, peer=peer, agent=agent)[nth]


def handled(name: str, peer: str | None = None, agent: str | None = None, nth: int = 0) -> Event:
    return trace().select(name, kind=HANDLE, peer=peer, agent=agent)[nth]


def for_long(trace: Trace) -> Trace:
    """Nothing more happens for a minute."""
    return made(trace, trace.rows, until=60.0)


def awarded_twice() -> Trace:
    """Dan is awarded the same attempt as Cat, instead of being rejected."""
    award = sent("AcceptProposal")
    return changed(trace(), sent("RejectProposal", peer="dan"), name=award.name, data=award.data)


def not_rejected() -> Trace:
    """Dan, who lost, is told nothing."""
    return without(trace(), sent("RejectProposal", peer="dan"))


def late_and_told_otherwise() -> Trace:
    """Bob, who was late, is told that somebody was better."""
    rejection = sent("RejectProposal", peer="bob")
    return changed(trace(), rejection, data=replace(rejection.data, reason="outbid"))


def rejected_too_late() -> Trace:
    """Dan is told only half a second later."""
    later = next(each for each in trace() if each.time > 0.9)
    return late(trace(), sent("RejectProposal", peer="dan"), after=later)


def proposed_and_refused() -> Trace:
    """Dan proposes, and does not understand."""
    proposal = sent("Propose", agent="dan")
    return repeated(trace(), proposal, message=999, name="NotUnderstood", data=NotUnderstood("ann-1"))


def done_after_the_cancel() -> Trace:
    """Dan was told to stop, and reports all the same."""
    award = handled("AcceptProposal", agent="dan")
    row = {"kind": HANDLE, "name": "Cancel", "message": award.message}
    return repeated(trace(), award, **row)


def the_worse_wins() -> Trace:
    """Cat and Dan change places: the dearer is awarded, the cheaper rejected."""
    award, rejection = sent("AcceptProposal"), sent("RejectProposal", peer="dan")
    return changed(changed(trace(), award, peer="dan"), rejection, peer="cat")


def the_dearer_wins() -> Trace:
    """Cat's bid was dearer than Dan's."""
    proposal = sent("Propose", agent="cat")
    return changed(trace(), proposal, data=replace(proposal.data, bid=Bid(99.0, 1.0)))


def overbooked() -> Trace:
    """Dan proposes for something else at the same time."""
    proposal = sent("Propose", agent="dan", nth=1)
    other = replace(proposal.data, conversation="zoe-1")
    return repeated(trace(), proposal, message=999, data=other)


def overworked() -> Trace:
    """Dan is awarded something else while he works."""
    award = sent("AcceptProposal", peer="dan")
    other = replace(award.data, conversation="zoe-1", task=Task("sew"))
    worked = repeated(trace(), handled("AcceptProposal", agent="dan"), message=999)
    return repeated(worked, award, message=999, data=other)


def closed_too_late() -> Trace:
    """Bidding is declared over only after the deadline."""
    closed = trace().select("decision")[0]
    return late(trace(), closed, after=sent("Cancel"))


def cancelled_though_done() -> Trace:
    """Dan is told to stop when he has reported."""
    report, cancel = handled("InformDone"), sent("Cancel")
    data = replace(cancel.data, conversation=sent("InformDone").data.conversation)
    return repeated(trace(), report, kind=SEND, agent="ann", peer="dan", name="Cancel", data=data)


def outcome() -> Event:
    return trace().select("Outcome")[0]


STORY = (story,)
GROWS = (lambda: hold_round(20, 20), lambda: hold_round(80, 80))
BROKEN: dict[str, list[Callable[[], Trace]]] = {
    "one award for each attempt": [awarded_twice],
    "awarded only if proposed in time": [
        lambda: without(trace(), handled("Propose", peer="cat")),
        lambda: late(trace(), handled("Propose", peer="cat"), after=trace().select("decision")[0]),
        lambda: swapped(trace(), handled("Propose", peer="cat"), sent("AcceptProposal")),
    ],
    "one decision for each proposal": [
        not_rejected,
        lambda: without(trace(), sent("RejectProposal", peer="bob")),  # who was late
        late_and_told_otherwise,
        lambda: repeated(trace(), sent("RejectProposal", peer="dan")),
        rejected_too_late,
    ],
    "one reply to each call": [lambda: repeated(trace(), sent("Refuse")), proposed_and_refused],
    "reports from the awarded, once": [
        lambda: repeated(trace(), sent("InformDone")),
        lambda: changed(trace(), sent("InformDone"), agent="eve"),
        done_after_the_cancel,
    ],
    "the best score wins": [the_worse_wins, the_dearer_wins],
    "never more than the capacity": [overbooked, overworked],
    "an outcome says what the last report said": [
        lambda: changed(trace(), outcome(), data=replace(outcome().data, status="the contractor failed")),
        lambda: repeated(trace(), outcome()),
        lambda: repeated(trace(), sent("CallForProposals"), after=outcome()),
    ],
    "bidding closes by the deadline": [
        lambda: without(trace(), trace().select("decision")[0]),
        closed_too_late,
    ],
    "every award comes to an end": [
        lambda: for_long(without(trace(), sent("Cancel"))),
        lambda: for_long(changed(trace(), handled("InformDone"), peer="eve")),
        cancelled_though_done,
        lambda: for_long(without(trace(), handled("InformDone"))),
    ],
    "every task has an outcome": [lambda: for_long(without(trace(), trace().select("decision")[-1]))],
}

UNTIL = 4.0 + Policy(bidding=0.12, attempts=4, rounds=2).longest(2.0)


@st.composite
def disasters(draw: st.DrawFn) -> World:
    """Two managers with two tasks each, three contractors, up to five faults; some messages are lost."""
    managers, contractors = ["ann", "bob"], ["c1", "c2", "c3"]
    policy = Policy(bidding=0.12, attempts=4, rounds=draw(st.integers(1, 2)))
    loss = draw(st.sampled_from([0.0, 0.05, 0.1]))
    world = World(draw(st.integers(0, 999)), latency="uniform(0.01, 0.05)", loss=loss, duplicate=0.05)
    for name in managers:
        tasks = [Task(f"{name}'s {what}", DIG.needs, within=2.0) for what in ("field", "garden")]
        world.add(Manager(name, tasks, contractors, policy))
    for place, name in enumerate(contractors):
        world.add(Contractor(name, Bid(100.0 + place, 0.3 + 0.2 * place), ["dig"], fails=0.1))
    late = draw(st.sampled_from(managers)), draw(st.sampled_from(contractors)), draw(st.integers(2, 4))
    world.inject("delay {}>{} #{} 3.0".format(*late))
    kinds = "crash crash partition cut slow drop duplicate delay"
    world.inject(*draw(plans([*managers, *contractors], kinds, end=4.0, most=5)))
    return world.expect(*properties(policy))


def also(run: Run) -> None:
    """Nothing is left open."""
    assert {verdict.status for verdict in run.verdicts} == {"holds"}, run.line


def attempts(run: Run) -> list[int]:
    """How many attempts each task took."""
    return [each.data.attempts for each in run.trace.select("Outcome", kind="decision")]


SEEN: dict[str, Callable[[Run], Any]] = {
    "a crash": lambda run: run.trace.count("crash"),
    "a Cancel": lambda run: run.trace.count("Cancel"),
    "a Failure": lambda run: run.trace.count("Failure"),
    "a late proposal": lambda run: "late" in [e.data.reason for e in run.trace.select("RejectProposal")],
    "a fourth attempt": lambda run: 4 in attempts(run),
}
