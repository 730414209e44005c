"""What the properties of the contract net say of crashes, of the end of a trace, and of directed awards."""

from __future__ import annotations

import pytest

from coordlab.patterns.contract_net.checks import properties
from coordlab.patterns.contract_net.contractor import Refuse
from coordlab.patterns.contract_net.rules import DEFAULT, Policy
from coordlab.trace.trace import CRASH, HANDLE, Trace
from tests.patterns.contract_net.story import hold_round, not_rejected, sent, trace
from tests.properties.mutated import changed, ended, repeated, without

DECIDED, REPLIED = "one decision for each proposal", "one reply to each call"
CLOSES, ENDS, OUTCOME = (
    "bidding closes by the deadline",
    "every award comes to an end",
    "every task has an outcome",
)


def judged(trace: Trace, status: str, policy: Policy = DEFAULT) -> set[str]:
    """The properties that give this verdict."""
    return {each.name for each in (judge(trace) for judge in properties(policy)) if each.status == status}


def test_a_crash_ends_what_was_promised_and_what_was_waited_for() -> None:
    """An agent that is down has forgotten what it had to decide on, and what it was bound to."""
    crash = {"kind": CRASH, "peer": None, "message": None, "name": None, "data": None}
    closed = trace().select("decision")[0]
    assert judged(not_rejected(), "violated") == {DECIDED}
    for broken in (not_rejected(), without(not_rejected(), closed)):
        assert DECIDED not in judged(repeated(broken, closed, agent="ann", **crash), "violated")
    refused = repeated(trace(), sent("Refuse"))
    assert judged(refused, "violated") == {REPLIED}
    assert judged(repeated(refused, sent("Refuse"), agent="eve", **crash), "violated") == set()


@pytest.mark.parametrize(
    ("until", "names"),
    [(0.3, {CLOSES, ENDS, OUTCOME}), (1.5, {ENDS, OUTCOME}), (2.3, {OUTCOME})],
)
def test_a_trace_that_ends_early_decides_nothing_about_the_end(until: float, names: set[str]) -> None:
    """While bids come in, the award is out, and the task is under way; one decision each is safety."""
    assert judged(ended(trace(), until), "undecided") == names


def test_a_directed_award_needs_no_call() -> None:
    """Nothing was called for, so nothing had to be closed, and the award is right."""
    directed = hold_round(3, directed=True)
    assert judged(directed.trace, "violated") == set()
    verdict = next(each for each in directed.verdicts if each.name == CLOSES)
    assert (verdict.status, verdict.because) == ("undecided", "nothing was opened")


def test_a_refusal_in_a_further_round_needs_no_decision() -> None:
    """A contractor that withdraws knows it."""
    held = hold_round(4, 4, rounds=2).trace
    again = held.select("Propose", agent="c2")[1]
    rejection = held.select("RejectProposal", peer="c2")[0]
    refused = changed(held, again, name="Refuse", data=Refuse("m-1", "unwilling"))
    handling = next(each for each in held if (each.kind, each.message) == (HANDLE, again.message))
    refused = without(changed(refused, handling, name="Refuse"), rejection)
    assert len(judged(refused, "holds", Policy(rounds=2))) == 11
