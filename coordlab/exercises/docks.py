"""Who may use which dock, and who may ask for it: the checks of part 12b."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from coordlab.exercises.ending import by_the_end
from coordlab.exercises.part import Variant
from coordlab.properties import Objection, Property, safety
from coordlab.trace.trace import HANDLE, SEND, STATE, Trace

TIMES, WORK, END = 4, 0.3, 20.0  # how often each robot works; seconds for that, and of a run
LOWER, TOLD = "the lower dock first", "works only after both were granted"
Wants = tuple[tuple[str, int], ...]
"""The owners of the docks that a robot needs, and their heights."""


def wanted(variant: Variant) -> dict[str, Wants]:
    """The docks that each robot needs, and their heights: those of the second and third after it."""
    pairs = [each.split(":") for each in str(variant["docks"]).split(",")]
    docks = [(name, int(height)) for name, height in pairs]
    return {name: (docks[(i + 2) % 5], docks[(i + 3) % 5]) for i, (name, _) in enumerate(docks)}


Round = tuple[str, float, float]
"""A robot at work, and from when to when."""


def rounds(trace: Trace) -> Iterator[Round]:
    """The rounds of work that have ended."""
    for name in trace.agents:
        for one, two in pairwise(trace.select("role", kind=STATE, agent=name)):
            if one.data == "works":
                yield name, one.time, two.time


def all_done(variant: Variant) -> Property:
    """In the end each says that it is done, and has worked so often, long enough, alone at its docks."""
    docks = {name: {dock for dock, _ in wants} for name, wants in wanted(variant).items()}

    def alone(mine: Round, other: Round) -> bool:
        apart = mine[0] == other[0] or not docks[mine[0]] & docks[other[0]]
        return apart or mine[1] >= other[2] or mine[2] <= other[1]

    def undone(trace: Trace) -> Iterator[str]:
        found = list(rounds(trace))
        for name in trace.agents:
            own = [each for each in found if each[0] == name and each[2] > each[1] + WORK - 1e-6]
            worked = sum(all(alone(each, other) for other in found) for each in own)
            states = trace.select("role", kind=STATE, agent=name)
            if worked < TIMES or [event.data for event in states][-1:] != ["is done"]:
                yield f"{name} has worked {worked} of {TIMES} rounds, alone at its docks."

    return by_the_end("every robot gets its work done", END, undone)


def one_user(variant: Variant) -> Property:
    """No two robots that need the same dock work at once."""
    wants = wanted(variant)

    @safety("one user of a dock at a time")
    def judge(trace: Trace) -> Iterator[Objection]:
        users: dict[str, str | None] = {}
        for event in trace.select("role", kind=STATE):
            users = {dock: user for dock, user in users.items() if user != event.agent}
            for dock, _ in wants[str(event.agent)] if event.data == "works" else ():
                if other := users.get(dock):
                    yield event, f"{event.agent} works at the dock of {dock}, and so does {other}."
                users[dock] = event.agent

    return judge


def granted_first(variant: Variant, name: str) -> Property:
    """Each asks for a dock after the lower one was granted, or it works after all were."""
    wants = wanted(variant)

    @safety(name)
    def judge(trace: Trace) -> Iterator[Objection]:
        has: dict[str | None, set[str | None]] = {each: set() for each in trace.agents}
        for event in trace:
            own = event.agent
            if (event.kind, event.name) == (HANDLE, "Granted"):
                has[own].add(event.peer)
            elif (event.kind, event.name, name) == (SEND, "Take", LOWER):
                height = dict(wants[str(own)]).get(str(event.peer), 0)
                if missing := [
                    dock for dock, low in wants[str(own)] if low < height and dock not in has[own]
                ]:
                    yield event, f"{own} asks {event.peer} before the lower dock of {missing[0]} is its own."
            elif event.kind == STATE and event.name == "role":
                lacks = [dock for dock, _ in wants[str(own)] if dock not in has[own]]
                if event.data == "works" and lacks and name == TOLD:
                    yield event, f"{own} works, and {lacks[0]} has not granted its dock."
                has[own] = set() if event.data == "works" else has[own]

    return judge
