"""Each property of the blackboard: kept by the pattern, and broken by a trace that deserves it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest

from coordlab import Agent, World
from coordlab.patterns.blackboard import Blackboard, Notify, Retract, Subscribe, Unsubscribe, Write
from coordlab.patterns.blackboard.checks import closure, properties
from coordlab.patterns.blackboard.expert import RULES, Observer, Reporter, Rule, demo
from coordlab.patterns.blackboard.rules import Query, first_come
from coordlab.properties import Property, Verdict
from coordlab.trace.trace import DELIVER, DROP, Event, Trace
from tests.properties.linear import growth
from tests.properties.mutated import changed, ended, late, made, repeated, swapped, without

run = cache(demo)
WANTED = Query("fact:*", "observation")


class Editor(Agent):
    """Writes, corrects, withdraws and writes again; then finds that somebody else was quicker."""

    async def run(self) -> None:
        """One thing after the other."""
        for wish in (
            Write("fact:hair", True, "observation"),
            Write("fact:hair", True, "observation", 0.9, expected=1),
            Retract("fact:hair"),
            Write("fact:hair", True, "observation", expected=3),
            Write("fact:hair", False, "observation", expected=3),
        ):
            await self.ask("board", wish)


class Listener(Agent):
    """Wants observations, until it has heard two of them."""

    heard = 0

    async def run(self) -> None:
        """Ask for them."""
        self.send("board", Subscribe(WANTED))

    def on_notify(self, sender: str, message: Notify) -> None:
        self.heard += 1
        if self.heard == 2:
            self.send("board", Unsubscribe(WANTED))


@cache
def edited() -> Trace:
    """Two versions, a retraction, a third, and a refusal."""
    world = World(latency=0.01).add(Blackboard(), Editor("editor"), Listener("listener"))
    return world.run(until=5).trace


def judged(trace: Trace) -> dict[str, Verdict]:
    return {verdict.name: verdict for verdict in (each(trace) for each in properties(first_come, RULES))}


def notices() -> list[Event]:
    return run().trace.select("Notify")


def told_without_asking() -> Trace:
    """The observer is told of a conclusion, though it never subscribed."""
    return changed(run().trace, notices()[0], peer="eye")


def told_of_the_wrong_level() -> Trace:
    """The reporter asked for conclusions and is told of an observation."""
    entry = run().trace.select("Written")[0].data.entry
    return changed(run().trace, notices()[-1], data=Notify(notices()[-1].data.query, entry))


def told_of_nothing() -> Trace:
    """A notice of a version that never stood on the board."""
    notice = notices()[0]
    entry = replace(notice.data.entry, version=9)
    return changed(run().trace, notice, data=replace(notice.data, entry=entry))


def told_after_leaving() -> Trace:
    """The listener unsubscribed, and is told all the same."""
    notice, end = edited().select("Notify")[0], edited().select("handle", "Unsubscribe")[-1]
    return repeated(edited(), notice, after=end)


def version_lost() -> Trace:
    """The first version of a key is its second."""
    written = run().trace.select("Written")[0]
    entry = replace(written.data.entry, version=2)
    return changed(run().trace, written, data=replace(written.data, entry=entry))


def version_twice() -> Trace:
    """One version is committed twice."""
    return repeated(run().trace, run().trace.select("Written")[0])


def retraction_lost() -> Trace:
    """Nobody said that the entry was withdrawn, and yet the next version skips one."""
    return without(edited(), edited().select("Retracted")[0])


def activated_twice() -> Trace:
    """A source is sent to the same entry again."""
    return repeated(run().trace, run().trace.select("Activate")[8])


def queue_jumped() -> Trace:
    """Of two on the agenda the later goes first."""
    one, other = run().trace.select("decision")[:2]
    return swapped(run().trace, one, other)


def never_on_the_agenda() -> Trace:
    """Somebody is chosen who was not on the agenda."""
    return without(run().trace, run().trace.select("note", agent="board")[0])


def overwrites_unseen() -> Trace:
    """A write that expected version 2 succeeds over version 1."""
    write = next(each for each in edited().select("Write") if each.data.expected == 1)
    return changed(edited(), write, data=replace(write.data, expected=2))


def never_told() -> Trace:
    """A conclusion is written, and the reporter is not notified."""
    return without(run().trace, notices()[1])


def told_late() -> Trace:
    """The first notice arrives after the last."""
    arrived = run().trace.select("Notify", kind=DELIVER)
    return late(run().trace, arrived[0], run().trace[-1])


def notice_lost() -> Trace:
    """The network loses a notice, and nobody repeats it."""
    arrival = run().trace.select("Notify", kind=DELIVER)[0]
    return changed(run().trace, arrival, kind=DROP, data="lost")


def conclusion_missing() -> Trace:
    """The cheetah follows, and never comes."""
    written = run().trace.select("Written")
    return without(run().trace, *[each for each in written if each.data.entry.key == "fact:cheetah"])


def conclusion_from_nothing() -> Trace:
    """The one observation that a conclusion rests on was never made."""
    written = run().trace.select("Written")[0]
    entry = replace(written.data.entry, key="fact:scales", level="hunch")
    return changed(run().trace, written, data=replace(written.data, entry=entry))


def told_by_another_query() -> Trace:
    """The reporter is told of what it asked for, but by a query that it never made."""
    notice = notices()[0]
    return changed(run().trace, notice, data=replace(notice.data, query=Query("*")))


BROKEN = {
    "notices match what was asked for": [
        told_without_asking,
        told_of_the_wrong_level,
        told_of_nothing,
        told_after_leaving,
        told_by_another_query,
    ],
    "versions count up": [version_lost, version_twice, retraction_lost],
    "each source once for each version": [activated_twice],
    "the best rated acts first": [queue_jumped, never_on_the_agenda],
    "compare-and-set compares": [overwrites_unseen],
    "everyone is told within 1 s": [never_told, told_late, notice_lost],
    "all that follows is found": [conclusion_missing, conclusion_from_nothing],
}


@pytest.mark.parametrize("trace", [lambda: run().trace, edited], ids=["experts", "editor"])
def test_the_pattern_keeps_them_all(trace: Callable[[], Trace]) -> None:
    """The runs as they were: every property holds, but what the editor takes back implies nothing."""
    verdicts = judged(trace())
    broken = {name for name, verdict in verdicts.items() if not verdict}
    assert broken == ({"all that follows is found"} if trace is edited else set())


@pytest.mark.parametrize(
    ("name", "mutation"), [(name, each) for name, mutations in BROKEN.items() for each in mutations]
)
def test_each_objects_to_the_trace_that_breaks_it(name: str, mutation: Callable[[], Trace]) -> None:
    """A violation names its moment and its reason."""
    verdict = judged(mutation())[name]
    assert verdict.status == "violated"
    assert verdict.at is not None
    assert verdict.because.endswith(".")


def test_every_property_has_such_a_trace() -> None:
    """None of them holds by construction."""
    assert set(BROKEN) == set(judged(run().trace))


def test_who_is_down_need_not_be_told() -> None:
    """The notice reached a crashed reporter: nobody's fault but the crash's."""
    arrival = run().trace.select("Notify", kind=DELIVER)[0]
    assert judged(changed(run().trace, arrival, kind=DROP, data="down"))["everyone is told within 1 s"]


def test_a_notice_under_way_at_the_end_decides_nothing() -> None:
    """The trace ends a millisecond after the notice was sent: it may still come in time."""
    verdict = judged(ended(run().trace, notices()[-1].time + 0.001))["everyone is told within 1 s"]
    assert str(verdict).endswith("undecided: reporter has not been told yet when the run ends")


@pytest.mark.parametrize("until", [1.0, 1.5, 2.0, 2.5, 3.0])
def test_a_run_cut_off_in_the_midst_of_work_decides_nothing(until: float) -> None:
    """As long as somebody is at work, what is missing may still come."""
    verdicts = judged(ended(run().trace, until))
    assert verdicts["all that follows is found"].status == "undecided"
    assert "violated" not in {each.status for each in verdicts.values()}


def test_a_trace_from_a_file_is_judged_alike() -> None:
    """What was written and read again, judged like what has just run."""
    assert judged(Trace.from_jsonl(run().trace.to_jsonl())) == judged(run().trace)


def test_an_empty_trace_decides_nothing() -> None:
    """Where nothing happened, nothing held."""
    assert {each.status for each in judged(made(run().trace, [], 0.0)).values()} == {"undecided"}


def test_the_closure_needs_every_need() -> None:
    """Rules chain; one whose needs are never met gives nothing; known facts stay."""
    rules = [(("b",), "c"), (("a",), "b"), (("c", "z"), "d")]
    assert closure({"a"}, rules) == {"a", "b", "c"}


def test_another_turn_after_subscribing_anew_is_no_second_turn() -> None:
    """A source that fell and came back may be activated for the same version; else it may not."""
    twice = activated_twice()
    again = twice.select("Activate")[9]
    asked = run().trace.select("handle", "Subscribe", peer=again.peer)[0]
    before = next(event for event in twice if event.seq == again.seq - 1)
    assert judged(repeated(twice, asked, after=before))["each source once for each version"]
    assert not judged(twice)["each source once for each version"]


def test_a_board_without_rules_promises_nothing_of_what_follows() -> None:
    """Then there is no closure to be reached."""
    names = {each.name for each in properties(first_come, RULES)} - {each.name for each in properties()}
    assert names == {"all that follows is found"}


@cache
def crowd(facts: int) -> Trace:
    """So many facts at once, a few rules, and somebody who listens."""
    seen = tuple((f"f{each}", 0.9) for each in range(facts))
    world = World(3, latency="uniform(0.01, 0.05)").add(Blackboard(), Observer("eye", seen, pause=0.02))
    world.add(Rule(f"r{each}", (f"f{each}",), f"g{each}", 0.9, 0.1) for each in range(5))
    return world.add(Reporter("reporter")).run().trace


@pytest.mark.parametrize("judge", properties(first_come, RULES), ids=lambda each: each.name)
def test_judging_four_times_as_many_facts_takes_four_times_the_work(judge: Property) -> None:
    """However long the agenda grows."""
    assert growth(judge, crowd(20), crowd(80)) < 1.2
