"""What votes promise: the runs that keep it, the traces that break it, and the disasters it survives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from hypothesis import strategies as st

from coordlab import World
from coordlab.patterns.voting import CallForVotes, Chair, Vote, Voter
from coordlab.patterns.voting.checks import properties
from coordlab.patterns.voting.rules import Choice, Majority, Rule
from coordlab.trace.trace import HANDLE, Event, Trace
from coordlab.world.run import Run
from tests.disasters import moments, plans
from tests.properties.mutated import changed, late, made, repeated, without


def hold_vote(choices: Sequence[object], rule: Rule | None = None, quorum: int | None = None) -> Run:
    """A run with one vote of voters v1, v2 … with these choices; None is silence."""
    world = World(seed=7, latency=0.01).add(Chair(rule=rule, quorum=quorum))
    world.add(Voter(f"v{number}", choice) for number, choice in enumerate(choices, 1))
    return world.expect(*properties(rule, quorum)).run(until=2.0)


RULE = Choice(("a", "b"), "copeland")


@cache
def voted() -> Run:
    """Ann and Bob say yes, then Cat no, after the vote on tea was closed; all say no to soup."""

    class Guest(Voter):
        def judge(self, proposal: str) -> Any:
            return self.choice if proposal == "tea" else "no"

    world = World(latency=0.01).add(Chair(proposals=("tea", "soup")))
    world.add(Guest("ann", "yes"), Guest("bob", "yes", thinking=0.2), Guest("cat", "no", thinking=0.3))
    return world.expect(*properties()).run(until=3.0)


@cache
def elected() -> Run:
    """Two of three rank a above b."""
    return hold_vote([("a", "b"), ("a", "b"), ("b", "a")], RULE)


def vote() -> Trace:
    return voted().trace


def ranked() -> Trace:
    return elected().trace


def closed(proposal: str = "tea") -> Event:
    return next(each for each in vote().select("decision") if each.data.proposal == proposal)


def note(voter: str) -> Event:
    return next(each for each in vote().select("note") if each.data.voter == voter)


def decided(proposal: str = "tea", **fields: Any) -> Trace:
    """The vote was closed otherwise."""
    return changed(vote(), closed(proposal), data=replace(closed(proposal).data, **fields))


def a_ballot_was_lost() -> Trace:
    """The chair never acted on Bob's ballot."""
    handled = next(each for each in vote().select("Vote", kind=HANDLE) if each.peer == "bob")
    return without(vote(), handled)


def accepted_with_fewer() -> Trace:
    """Tea was rejected with two yes, soup accepted with none."""
    trace = decided(result="rejected", missing=())
    return changed(trace, closed("soup"), data=replace(closed("soup").data, result="accepted", missing=()))


def counted_after_the_close() -> Trace:
    """Cat's ballot counts, though it was late."""
    return changed(vote(), note("cat"), data=replace(note("cat").data, verdict="counted"))


def counted_in_anothers_name() -> Trace:
    """Bob sent the ballot that counts as Ann's."""
    return changed(vote(), note("ann"), data=replace(note("ann").data, sender="bob"))


def closed_too_early() -> Trace:
    """Tea was accepted on one yes; two who came later said no."""
    trace = changed(vote(), note("bob"), data=replace(note("bob").data, choice="no", verdict="late"))
    return late(trace, trace[note("bob").seq], trace[closed().seq])


def told_otherwise() -> Trace:
    """Bob hears that tea was rejected."""
    told = next(each for each in vote().select("Result") if each.peer == "bob")
    return changed(vote(), told, data=replace(told.data, result="rejected"))


def closed_late() -> Trace:
    """The vote on tea is closed when the run is nearly over."""
    trace = made(vote(), vote().rows, 5.0)
    last = changed(trace, trace[len(trace) - 1], time=int(2.9e6))
    return late(last, last[closed().seq], last[len(last) - 1])


def the_loser_wins() -> Trace:
    """B is elected, whom A beats."""
    event = ranked().select("decision")[0]
    return changed(ranked(), event, data=replace(event.data, winners=("b",)))


STORY = (voted, elected)
GROWS = tuple(lambda many=many: hold_vote([("a", "b")] * many, RULE) for many in (20, 80))
BROKEN: dict[str, list[Callable[[], Trace]]] = {
    "the outcome follows from the ballots": [
        a_ballot_was_lost,
        lambda: decided(result="tie"),
        lambda: without(vote(), note("bob")),
        lambda: without(vote(), *vote().select("CallForVotes")),
    ],
    "a count by hand comes to the same": [accepted_with_fewer, lambda: decided(result="no_quorum")],
    "one ballot each, none after the close": [
        lambda: repeated(vote(), note("ann")),
        counted_after_the_close,
        counted_in_anothers_name,
    ],
    "what is decided early stays so": [closed_too_early],
    "all are told what was decided": [
        told_otherwise,
        lambda: without(vote(), vote().select("Result")[1]),
        lambda: late(vote(), closed(), vote().select("Result")[0]),
    ],
    "an outcome within 1.1 s": [
        lambda: without(vote(), closed("soup"), *vote().select("Result", since=closed("soup").time)),
        closed_late,
    ],
    "who beats everybody is elected": [the_loser_wins],
}


class Impostor(Voter):
    """Votes for itself, and against the proposal in the name of another voter."""

    async def on_call_for_votes(self, sender: str, message: CallForVotes) -> Vote:
        self.send(sender, Vote(message.proposal, "no", voter="v2"))
        return Vote(message.proposal, self.choice)


class Repeater(Voter):
    """Votes three times, once for something that is not put to the vote."""

    async def on_call_for_votes(self, sender: str, message: CallForVotes) -> Vote:
        for proposal in ("something else", message.proposal, message.proposal):
            self.send(sender, Vote(proposal, self.choice))
        return Vote(message.proposal, self.choice)


RULES: list[Rule] = [
    Majority(),
    Majority("absolute"),
    Majority("absolute", "2/3"),
    Choice(("yes", "no", "abstain it")),
    Choice(("yes", "no"), "schulze"),
]
UNTIL = 6.0


@st.composite
def disasters(draw: st.DrawFn) -> World:
    """Up to seven voters of several kinds, two proposals, and up to four faults, of the chair too."""
    rule, size = draw(st.sampled_from(RULES)), draw(st.integers(2, 7))
    names = [f"v{number}" for number in range(1, size + 1)]
    loss = draw(st.sampled_from([0.0, 0.1]))
    world = World(draw(st.integers(0, 999)), latency="uniform(0.01, 0.2)", loss=loss)
    world.add(Chair(proposals=("tea", "soup"), rule=rule))
    for name in names:
        kind = draw(st.sampled_from([Voter, Voter, Voter, Impostor, Repeater]))
        choice = draw(st.sampled_from(["yes", "yes", "no", "no", "abstain", "perhaps", None]))
        world.add(kind(name, choice, draw(moments(0, 1.5))))
    kinds = "crash partition cut slow drop duplicate delay"
    world.inject("crash chair @4.5..5", *draw(plans(["chair", *names], kinds, end=2.5)))
    return world.expect(*properties(rule))


def also(run: Run) -> None:
    """Both votes end."""
    assert run.trace.count("decision") == 2, run.line


def fates(run: Run) -> Counter[str]:
    """How many ballots were counted, late, forged and so on."""
    return Counter(note.data.verdict for note in run.trace.select("note"))


def results(run: Run) -> set[str]:
    return {event.data.result for event in run.trace.select("decision")}


SEEN: dict[str, Callable[[Run], Any]] = {
    **{
        f"a ballot: {fate}": lambda run, fate=fate: fates(run)[fate]
        for fate in ("counted", "another's name", "duplicate", "late", "malformed", "no such vote")
    },
    **{
        f"an outcome: {result}": lambda run, result=result: result in results(run)
        for result in ("accepted", "rejected", "elected", "tie", "no_quorum")
    },
    "a crash": lambda run: run.trace.count("crash"),
}
