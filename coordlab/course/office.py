"""The travel office of chapter 15: one scripted team at work in three styles, and what it reads.

Five agents write an offer, each with a line of its own, so that only the style makes a difference.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from operator import add
from typing import Any

from coordlab.intervals import Interval, estimate
from coordlab.patterns.crew.agents import Crew
from coordlab.patterns.crew.rules import Task, at_most
from coordlab.patterns.group_chat.agents import Chair
from coordlab.patterns.group_chat.rules import Condition, LastMessages, everything, max_turns
from coordlab.patterns.orchestration.agents import Member, Scripted
from coordlab.patterns.orchestration.rules import Turn
from coordlab.patterns.orchestration.turns import is_turn, result
from coordlab.patterns.state_graph.agents import Runner
from coordlab.patterns.state_graph.graph import START, Reducer, StateGraph
from coordlab.patterns.state_graph.rules import invoke
from coordlab.trace.trace import Trace
from coordlab.world.world import World

NAMES = ("pia", "ann", "bob", "cat", "pat")
JOB = "Ten days in Norway in June, for a family of four."
LINES = (
    "Fly to Bergen, then drive and hike.",
    "Four flights: 1,240 euros.",
    "Three cabins: 1,500 euros.",
    "A car: 640 euros.",
    "All in all 3,380 euros, with three cabins, a car, and the sea.",
)
WAYS: dict[str, dict[str, Any]] = {
    "pipeline": {},
    "crew, no context": {"context": "all"},
    "conversation": {},
    "window of 5": {"window": 5},
}
"""How the team can work, with the settings of `pipeline` or `conversation`."""


def line(turn: int) -> str:
    """What is said in a turn; the turns count from 0, and after the fifth the agents add details."""
    return LINES[turn] if turn < len(LINES) else f"Detail {turn}."


def team(turns: int = 5, say: Callable[[str], object] = str) -> list[Scripted]:
    """The agents, who speak one after the other, a second each; `say` makes a reply of a line."""
    said = [[say(line(turn)) for turn in range(first, turns, 5)] for first in range(5)]
    return [Scripted(name, *lines, seconds=1.0) for name, lines in zip(NAMES, said, strict=True)]


def pipeline(seed: int = 0, turns: int = 5, context: str = "previous") -> World:
    """A crew with a task for each turn, whose agent reads the "previous" output, or "all" of them."""
    tasks = [Task("task 0", JOB, "pia")]
    for turn in range(1, turns):
        reads = None if context == "all" else (f"task {turn - 1}",)
        tasks.append(Task(f"task {turn}", "Go on.", NAMES[turn % 5], reads))
    return World(seed, latency=0.01).add(Crew(NAMES, tasks), *team(turns))


def conversation(seed: int = 0, turns: int = 5, window: int = 0) -> World:
    """A group chat, in which each speaker reads the last `window` messages; 0 is all of them."""
    reads = LastMessages(window) if window else everything
    chair = Chair(NAMES, JOB, over=max_turns(turns), window=reads)
    return World(seed, latency=0.01).add(chair, *team(turns))


def graph(seed: int = 0, keeps: str = "last") -> World:
    """A state graph that is a line; its key `said` keeps the "last" line, or "all" by adding them."""
    drawn = StateGraph({"said": add if keeps == "all" else None})
    for before, name in pairwise((START, *NAMES)):
        drawn.add_node(name).add_edge(before, name)

    def write(text: str) -> dict[str, object]:
        return {"said": (text,) if keeps == "all" else text}

    return World(seed, latency=0.01).add(Runner(drawn.compile(), write(JOB)), *team(say=write))


def at_work(seed: int, turns: int, way: str) -> World:
    """The team in one of `WAYS`."""
    settings = WAYS[way]
    crew = way == "pipeline" or "context" in settings
    return (pipeline if crew else conversation)(seed, turns, **settings)


def lines_read(trace: Trace) -> int:
    """How many lines all agents together are given to read; the job is one."""
    given = [f"{event.content.task} {event.content.context}" for event in trace if is_turn(event)]
    known = (JOB, *map(line, range(len(given))))
    return sum(each in text for text in given for each in known)


class Writer(Member):
    """Writes the offer; four of ten drafts are twice as long as they should be."""

    async def reply(self, turn: Turn) -> str:
        """A draft."""
        return LINES[4] if self.dice.random() < 0.6 else f"{LINES[4]} {LINES[4]}"


def offer(seed: int, reads: str = "all") -> World:
    """The crew with such a writer, who reads "all" earlier outputs, or only the three "parts"."""
    parts = ("flights", "cabins", "car")
    tasks = [Task(part, "", who, ("plan",)) for part, who in zip(parts, NAMES[1:4], strict=True)]
    given = None if reads == "all" else parts
    last = Task("offer", "", "pat", given, guardrails=(at_most(15),), retries=9)
    crew = Crew(NAMES, [Task("plan", JOB, "pia"), *tasks, last])
    return World(seed, latency=0.01).add(crew, Writer("pat", seconds=1.0), *team()[:4])


def tokens(trace: Trace) -> int:
    """What a run has read and said; raises ValueError if it has not stopped."""
    ended = result(trace)
    if ended is None:
        raise ValueError("the run has not stopped, so its tokens are not known: let it run longer")
    return ended.spent.tokens


def in_groups(values: Sequence[float], size: int = 10) -> dict[float, Interval]:
    """The mean of each `size` values in a row, with its 95 % interval, by the number of the group from 1."""
    starts = range(0, len(values) - size + 1, size)
    return {at // size + 1: estimate(values[at : at + size]) for at in starts}


def end(over: Condition, ann: Sequence[object], bob: Sequence[object], **settings: Any) -> str:
    """The reason why a chat of two agents ends; each repeats its last line.  `settings`: see `Chair`."""
    chair = Chair(["ann", "bob"], "How long? Say DONE at the end.", over, **settings)
    speakers = [Scripted(name, *lines, repeat=True) for name, lines in (("ann", ann), ("bob", bob))]
    ended = result(World(latency=0.01).add(chair, *speakers).run().trace)
    return str(ended and ended.reason)


def merged(merge: Reducer | None, start: object, works: Mapping[str, Callable[..., object]]) -> object:
    """The one key `n` of a state, after one super-step in which all these nodes run."""
    drawn = StateGraph({"n": merge})
    for name in works:
        drawn.add_node(name).add_edge(START, name)
    return invoke(drawn.compile(), works, {"n": start}).state["n"]
