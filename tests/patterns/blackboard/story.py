"""What a blackboard promises: runs that keep it, traces that break it, and disasters it survives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

from hypothesis import strategies as st

from coordlab import Agent, World
from coordlab.patterns.blackboard import Blackboard, Notify, Retract, Subscribe, Unsubscribe, Write
from coordlab.patterns.blackboard.checks import properties
from coordlab.patterns.blackboard.expert import ANIMALS, RULES, SEEN as FACTS, Observer, Reporter, Rule, demo
from coordlab.patterns.blackboard.rules import Query, first_come
from coordlab.trace.trace import DELIVER, DROP, Event, Trace
from coordlab.world.run import Run
from tests.disasters import plans
from tests.properties.mutated import changed, late, repeated, swapped, without

WANTED = Query("fact:*", "observation")
NAMES = [name for name, *_ in ANIMALS]

experts = cache(demo)


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
def editing() -> Run:
    """Two versions, a retraction, a third, and a refusal."""
    world = World(latency=0.01).add(Blackboard(), Editor("editor"), Listener("listener"))
    return world.expect(*properties(concurrent=1)).run(until=5)


def cheetah() -> Trace:
    return experts().trace


def edited() -> Trace:
    return editing().trace


def notices() -> list[Event]:
    return cheetah().select("Notify")


def told_without_asking() -> Trace:
    """The observer is told of a conclusion, though it never subscribed."""
    return changed(cheetah(), notices()[0], peer="eye")


def told_of_the_wrong_level() -> Trace:
    """The reporter asked for conclusions and is told of an observation."""
    entry = cheetah().select("Written")[0].data.entry
    return changed(cheetah(), notices()[-1], data=Notify(notices()[-1].data.query, entry))


def told_of_nothing() -> Trace:
    """A notice of a version that was never on the board."""
    notice = notices()[0]
    entry = replace(notice.data.entry, version=9)
    return changed(cheetah(), notice, data=replace(notice.data, entry=entry))


def told_after_leaving() -> Trace:
    """The listener unsubscribed, and is told anyway."""
    notice, end = edited().select("Notify")[0], edited().select("handle", "Unsubscribe")[-1]
    return repeated(edited(), notice, after=end)


def version_lost() -> Trace:
    """The first version of a key is its second."""
    written = cheetah().select("Written")[0]
    entry = replace(written.data.entry, version=2)
    return changed(cheetah(), written, data=replace(written.data, entry=entry))


def version_twice() -> Trace:
    """One version is committed twice."""
    return repeated(cheetah(), cheetah().select("Written")[0])


def retraction_lost() -> Trace:
    """Nothing says that the entry was withdrawn, but the next version skips one."""
    return without(edited(), edited().select("Retracted")[0])


def activated_twice() -> Trace:
    """A source is sent to the same entry again."""
    return repeated(cheetah(), cheetah().select("Activate")[8])


def queue_jumped() -> Trace:
    """Of two on the agenda the later goes first."""
    one, other = cheetah().select("decision")[:2]
    return swapped(cheetah(), one, other)


def never_on_the_agenda() -> Trace:
    """A source is chosen that was not on the agenda."""
    return without(cheetah(), cheetah().select("note", agent="board")[0])


def overwrites_unseen() -> Trace:
    """A write that expected version 2 succeeds over version 1."""
    write = next(each for each in edited().select("Write") if each.data.expected == 1)
    return changed(edited(), write, data=replace(write.data, expected=2))


def never_told() -> Trace:
    """A conclusion is written, and the reporter is not notified."""
    return without(cheetah(), notices()[1])


def told_late() -> Trace:
    """The first notice arrives after the last."""
    arrived = cheetah().select("Notify", kind=DELIVER)
    return late(cheetah(), arrived[0], cheetah()[-1])


def notice_lost() -> Trace:
    """The network loses a notice, and nobody repeats it."""
    arrival = cheetah().select("Notify", kind=DELIVER)[0]
    return changed(cheetah(), arrival, kind=DROP, data="lost")


def conclusion_missing() -> Trace:
    """The cheetah follows, and is never written."""
    written = cheetah().select("Written")
    return without(cheetah(), *[each for each in written if each.data.entry.key == "fact:cheetah"])


def conclusion_from_nothing() -> Trace:
    """The one observation that a conclusion rests on was never made."""
    written = cheetah().select("Written")[0]
    entry = replace(written.data.entry, key="fact:scales", level="hunch")
    return changed(cheetah(), written, data=replace(written.data, entry=entry))


def told_by_another_query() -> Trace:
    """The reporter is told of what it asked for, but by a query that it never made."""
    notice = notices()[0]
    return changed(cheetah(), notice, data=replace(notice.data, query=Query("*")))


def told_of_its_own() -> Trace:
    """The reporter itself wrote what it is told of."""
    entry = notices()[0].data.entry
    return changed(
        cheetah(),
        *(each for each in cheetah().select("Written") if each.data.entry == entry),
        peer="reporter",
    )


def told_twice() -> Trace:
    """One notice is sent twice."""
    return repeated(cheetah(), notices()[0])


def activated_for_its_own() -> Trace:
    """A source was the author of what it is activated for."""
    activate = cheetah().select("Activate")[0]
    (written,) = (e for e in cheetah().select("Written") if e.data.entry == activate.data.entry)
    return changed(cheetah(), written, peer=activate.peer)


def activated_before_the_other_is_done() -> Trace:
    """Of two edits, each activates a source, and nothing says that the first is done."""
    activate = cheetah().select("Activate")[0]
    return repeated(cheetah(), activate, peer="zebras")


def concluded(**fields: Any) -> Trace:
    """The cheetah is concluded otherwise."""
    written = next(each for each in cheetah().select("Written") if each.data.entry.key == "fact:cheetah")
    entry = replace(written.data.entry, **fields)
    return changed(cheetah(), written, data=replace(written.data, entry=entry))


BROKEN: dict[str, list[Callable[[], Trace]]] = {
    "notices match what was asked for": [
        *(told_without_asking, told_of_the_wrong_level, told_of_nothing),
        *(told_after_leaving, told_by_another_query, told_of_its_own, told_twice),
    ],
    "versions count up": [version_lost, version_twice, retraction_lost],
    "each source once for each version": [activated_twice, activated_for_its_own],
    "no more than 1 acting at a time": [activated_before_the_other_is_done],
    "the best rated acts first": [queue_jumped, never_on_the_agenda],
    "compare-and-set compares": [overwrites_unseen],
    "everyone is told within 1 s": [never_told, told_late, notice_lost],
    "all that follows is found": [
        *(conclusion_missing, conclusion_from_nothing),
        lambda: concluded(sources=()),
        lambda: concluded(confidence=1.0),
    ],
}


def crowd(facts: int) -> Run:
    """This many facts at once, a few rules, and a reporter that listens."""
    seen = tuple((f"f{each}", 0.9) for each in range(facts))
    world = World(3, latency="uniform(0.01, 0.05)").add(Blackboard(), Observer("eye", seen, pause=0.02))
    world.add(Rule(f"r{each}", (f"f{each}",), f"g{each}", 0.9, 0.1) for each in range(5))
    return world.add(Reporter("reporter")).expect(*properties(first_come, RULES)).run()


STORY = (experts, editing)
GROWS = (lambda: crowd(8), lambda: crowd(32))
UNTIL = 120.0


@st.composite
def disasters(draw: st.DrawFn) -> World:
    """Any agent but the board crashes and comes back, or is slow; messages are late or duplicated."""
    rules = draw(st.permutations(ANIMALS))
    concurrent = draw(st.integers(1, 3))
    board = Blackboard(limit=1.0, concurrent=concurrent)
    world = World(draw(st.integers(0, 999)), latency="uniform(0.01, 0.05)").add(board, Observer("eye", FACTS))
    world.add(Rule(name, needs, gives, strength) for name, needs, gives, strength in rules)
    faults = draw(plans(["eye", "reporter", *NAMES], "crash slow", end=6.0))
    for _ in range(draw(st.integers(0, 2))):
        link = draw(st.sampled_from(["{}>board", "board>{}"])).format(draw(st.sampled_from(NAMES)))
        kind = draw(st.sampled_from(["delay {} #{} 0.5", "duplicate {} #{}"]))
        faults.append(kind.format(link, draw(st.integers(1, 6))))
    world.add(Reporter("reporter")).inject(*dict.fromkeys(faults))
    return world.expect(*properties(first_come, RULES, concurrent=concurrent, limit=1.0))


def also(run: Run) -> None:
    """In the end all that follows is on the board."""
    assert {verdict.status for verdict in run.verdicts} == {"holds"}, run.line


SEEN: dict[str, Callable[[Run], Any]] = {
    "an agent is down": lambda run: [each for each in run.trace.select("drop") if each.data == "down"],
    "a duplicate": lambda run: run.trace.count(kind="deliver") > run.trace.count(kind="send"),
    "a source that crashes": lambda run: [e for e in run.trace.select("crash") if e.agent in NAMES],
}
