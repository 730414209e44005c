"""The research team: findings that build on each other are published, and no false one.

Readers write what they find on a blackboard.  A finding counts when enough of those who work on it agree,
which is a vote; an editor publishes what counts.  The board and the editor do not crash.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from coordlab.labs import declaration as lab
from coordlab.patterns.blackboard import Blackboard, Notify, Subscribe, Write
from coordlab.patterns.blackboard.rules import Query
from coordlab.properties import HOLDS, UNDECIDED, VIOLATED, Objection, Property, Verdict, safety
from coordlab.trace.narration import explained, unfinished
from coordlab.trace.trace import DECISION, SEND, Trace
from coordlab.world.agent import Agent, State
from coordlab.world.message import message
from coordlab.world.world import World

DEADLINE, UNTIL, CALM = 14.0, 16.0, 9.0  # seconds: for the last finding, of a run, and when faults are over
READING = 1.0  # seconds of work on a finding
FALSE = 100  # what a liar adds to the right value


@message
class Published:
    """This is what we have found."""

    finding: int
    value: int


class Follower(Agent):
    """Hears of all findings that are written on the board.

    agree: how many readers must have written the same, so that a finding counts.
    again: seconds between two subscriptions, of which each repeats all that is on the board; 0: only one.
    """

    def __init__(self, name: str, agree: int = 1, again: float = 0.0) -> None:
        super().__init__(name)
        self.agree, self.again = agree, again
        self.written: dict[int, dict[str, int]] = {0: dict.fromkeys(map(str, range(agree)), 0)}

    async def run(self) -> None:
        """Subscribe, once or again and again."""
        self.send("board", Subscribe(Query("finding:*")))
        if self.again:
            async for _ in self.every(self.again):
                self.send("board", Subscribe(Query("finding:*")))

    def on_notify(self, sender: str, message: Notify) -> None:
        """The board tells of an entry."""
        finding = int(message.entry.key.split(":")[1])
        self.heard(finding, message.entry.author, message.entry.value)

    def heard(self, finding: int, author: str, value: int) -> None:
        """Somebody has written a value."""
        self.written.setdefault(finding, {})[author] = value

    def counts(self, finding: int) -> int | None:
        """The value on which enough readers agree; None if there is none."""
        votes = Counter(self.written.get(finding, {}).values())
        return next((value for value, many in votes.items() if many >= self.agree), None)


class Editor(Follower):
    """Publishes each finding that counts."""

    role = State("listens")
    published = State[tuple[int, ...]](())

    def heard(self, finding: int, author: str, value: int) -> None:
        """Publish it, once, if it counts now."""
        super().heard(finding, author, value)
        counted = self.counts(finding)
        if counted is not None and finding not in self.published:
            self.published = (*self.published, finding)
            self.decide(Published(finding, counted))


class Reader(Follower):
    """Works on findings, one after the other: each is 1 more than the one before.  A liar adds more.

    mine: the numbers of the findings that it works on, in order.
    """

    role = State("waits")  # or reads

    def __init__(self, name: str, mine: tuple[int, ...], agree: int = 1, again: float = 0.0) -> None:
        super().__init__(name, agree, again)
        self.mine = mine

    async def run(self) -> None:
        """Work on each finding as soon as the one before counts."""
        self.spawn(super().run())
        for finding in self.mine:
            before = await self.until(partial(self.known, finding - 1), within=UNTIL)
            if before is None:
                return
            self.role = "reads"
            await self.sleep(READING)
            self.role = "waits"
            await self.write(finding, before[0] + 1 + (FALSE if self.rogue else 0))

    def known(self, finding: int) -> tuple[int, ...]:
        """The value of a finding, if it counts; else nothing."""
        value = self.counts(finding)
        return () if value is None else (value,)

    async def write(self, finding: int, value: int) -> None:
        """Write it on the board: once, or until the board answers."""
        self.heard(finding, self.name, value)
        entry = Write(f"finding:{finding}:{self.name}", value)
        while not await self.ask("board", entry, within=0.5) and self.again:
            await self.sleep(self.again)


@safety("nothing false is published")
def nothing_false(trace: Trace) -> Iterator[Objection]:
    """Each published finding has its right value, which is its number."""
    for event in trace.select("Published", kind=DECISION):
        told = event.data
        if told.value != told.finding:
            yield event, f"finding {told.finding} is published as {told.value}: {explained(trace, event.seq)}"


def all_published(findings: int) -> Property:
    """All findings are published in time."""
    name = f"all is published within {DEADLINE:g} s"

    def judge(trace: Trace) -> Verdict:
        told = {event.data.finding for event in trace.select("Published", kind=DECISION, before=DEADLINE)}
        missing = next((each for each in range(1, findings + 1) if each not in told), None)
        if missing is None:
            return Verdict(name, HOLDS)
        if trace.until < DEADLINE:
            return Verdict(name, UNDECIDED, because=f"finding {missing} is not out when the run ends")
        seq, why = _why(trace, missing)
        return Verdict(name, VIOLATED, DEADLINE, seq, f"finding {missing} is not published. {why}")

    return Property(name, judge)


def _why(trace: Trace, finding: int) -> tuple[int | None, str]:
    """What was written last about a finding, or the one before, and what did not arrive."""
    for number in (finding, finding - 1):
        written = [e for e in trace.select("Write", kind=SEND) if e.content.key.split(":")[1] == str(number)]
        if written:
            at = written[-1]
            told = (
                f"Of finding {number} the last was, at {at.time:.3f} s: {unfinished(trace, at.seq, DEADLINE)}"
            )
            return at.seq, told
    return None, "Nobody wrote anything."


PARAMETERS = (
    lab.Parameter("copies", 1, 1, 5, 2, group="Design",
                  help="how many readers work on each finding; more than half of them must agree, or it "
                  "does not count"),
    lab.Parameter("again", 0.0, 0.0, 3.0, 0.5, unit="s", label="repeat every", group="Design",
                  help="how often readers subscribe again, which repeats what they have missed, and write "
                  "again what was not answered; 0: never"),
    lab.Parameter("readers", 5, 5, 9, 1, group="World", help="how many readers there are"),
    lab.Parameter("liars", 0, 0, 3, 1, group="World", help="how many of them, the first ones, lie"),
    lab.Parameter("findings", 6, 1, 8, 1, group="World", help="how many findings there are"),
)  # fmt: skip


def readers(given: lab.Parameters) -> tuple[str, ...]:
    """The names of the readers."""
    return lab.numbered("r", given["readers"])


def build(roles: Mapping[str, type[Agent]], seed: int, **given: Any) -> World:
    """A board, an editor, and readers, of the learner's class if given."""
    world, copies = World(seed, "uniform(0.01,0.05)", budget=lab.BUDGET), given["copies"]
    how = {"agree": copies // 2 + 1, "again": given["again"]}
    world.add(Blackboard(), Editor("editor", **how))
    names, all_of_them = readers(given), range(1, given["findings"] + 1)
    for place, name in enumerate(names):
        mine = tuple(each for each in all_of_them if (place - each + 1) % len(names) < copies)
        world.add(lab.fitting(roles.get("reader", Reader), name, mine, **how))
    return world


SPEC = lab.LabSpec(
    name="research",
    title="The research team",
    question="Which design publishes all findings, and no false one?",
    parameters=PARAMETERS,
    build=build,
    roles=(lab.Role("reader", Reader),),
    properties=lambda given: (nothing_false, all_published(given["findings"])),
    measures=(
        lab.Measure("findings published", lambda trace: trace.count("Published", kind=DECISION)),
        lab.Measure("of these false", lambda trace: sum(
            event.data.value != event.data.finding for event in trace.select("Published", kind=DECISION)
        )),
        lab.Measure("messages", lambda trace: trace.count(kind=SEND)),
    ),
    until=UNTIL,
    faults=lambda given: tuple(f"rogue {name} wrong" for name in readers(given)[: given["liars"]]),
    limits=lambda given: lab.Limits(
        "crash partition cut slow", slow=3.0, over=CALM, spared=("board", "editor")
    ),
    lanes=lambda given: ("board", *readers(given), "editor"),
    schedules=(
        lab.Schedule("One liar", "Look at the findings: how many are false? Then let three work on each.",
                     {"liars": 1}),
        lab.Schedule("Two liars of three", "Look at finding 1: who agrees with whom? Then let five work on "
                     "each.", {"liars": 2, "copies": 3}),
        lab.Schedule("A reader who hears nothing", "Look at r2 after 1 s: what does it wait for? Then repeat "
                     "every second.", {}, ("cut board>r2 @1..2",)),
    ),
    offers=lambda given: (
        lab.Offer("a reader lies", "rogue {agent} wrong @{at}", readers(given)),
        lab.Offer("a reader crashes and comes back", "crash {agent} @{at}..{until}", readers(given)),
        lab.Offer("the editor hears nothing", "cut board>editor @{at}..{until}"),
    ),
    tones={"quiet": "idle", "listens": "idle", "waits": "idle", "reads": "active"},
    chapter="16_capstone",
)  # fmt: skip
