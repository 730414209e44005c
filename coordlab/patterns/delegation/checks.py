"""What must hold of delegated work: invariants DG-S1 to DG-L1, and that nothing is faster than possible.

They read the messages that assign work and reply, the workers' state `running`, and the coordinator's
decisions (completed, lost, given up, report) and state `role` (delegating, reported).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import fsum

from coordlab.patterns.delegation.rules import Leaf, Member, shortest
from coordlab.properties import Objection, Property, leads_to, on_record, recorded, safety
from coordlab.trace.trace import CRASH, HANDLE, RESTART, SEND, START, STATE, Event, Trace


def within_capacity(crew: Sequence[Member]) -> Property:
    """DG-S1: at every moment every member does at most as many leaves as it has room for."""
    room = {member.name: member.capacity for member in crew}

    @safety("no more at a time than there is room for")
    def objections(trace: Trace) -> Iterator[Objection]:
        for event in trace.select("running", kind=STATE):
            most = room[str(event.agent)]
            if len(event.data) > most:
                doing = ", ".join(event.data)
                yield event, f"{event.agent} does {doing} at once, but has room for {most}."

    return objections


def done_once(crew: Sequence[Member]) -> Property:
    """DG-S2: each leaf is given to a member that can do it, to one at a time, and completed once."""
    skills = {member.name: member.capabilities for member in crew}

    @safety("each leaf by one who can, and once")
    def objections(trace: Trace) -> Iterator[Objection]:
        holder: dict[str, str | None] = {}  # who has which leaf
        completed: set[str] = set()
        for event in trace:
            if event.kind == SEND and event.name == "Assign":
                leaf, to = event.data.leaf, str(event.peer)
                if leaf.capability not in skills.get(to, ()):
                    yield event, f"{to} was to do {leaf.name}, but cannot {leaf.capability}."
                if leaf.name in completed:
                    yield event, f"{to} was to do {leaf.name}, which was done already."
                if before := holder.get(leaf.name):
                    yield event, f"{to} was to do {leaf.name}, which {before} has."
                holder[leaf.name] = to
            elif event.kind == HANDLE and event.name in ("Failed", "Busy"):
                name = event.content.leaf
                holder[name] = None if holder.get(name) == event.peer else holder.get(name)
            elif on_record(event, "Lost", "Completed"):
                holder[event.data.leaf] = None
                if event.name == "Completed" and event.data.leaf in completed:
                    yield event, f"{event.data.leaf} was completed twice."
                completed.update([event.data.leaf] if event.name == "Completed" else [])

    return objections


def in_its_turn(leaves: Sequence[Leaf]) -> Property:
    """DG-S3: a leaf is begun only when all it waits for is done, and with the results of that."""
    after = {leaf.name: leaf.after for leaf in leaves}

    @safety("nothing before what it waits for")
    def objections(trace: Trace) -> Iterator[Objection]:
        results: dict[str, str] = {}
        for event in trace:
            if on_record(event, "Completed"):
                results[event.data.leaf] = event.data.output
            elif event.kind == SEND and event.name == "Assign":
                leaf = event.data.leaf
                if event.data.inputs != tuple((name, results.get(name)) for name in leaf.after):
                    yield event, f"{leaf.name} was not given the results that it builds on."
            elif event.kind == STATE and event.name == "running":
                for name in event.data:
                    if early := [each for each in after.get(name, ()) if each not in results]:
                        yield event, f"{event.agent} works on {name} before {early[0]} is done."

    return objections


def reported_truly(leaves: Sequence[Leaf]) -> Property:
    """DG-L1, what is reported: every leaf, done or failed, as it was decided; all results are kept; once."""

    @safety("the report says what became of all")
    def objections(trace: Trace) -> Iterator[Objection]:
        results: dict[str, str] = {}
        failures: dict[str, str] = {}
        reported = False
        for event in recorded(trace, "Completed", "GivenUp", "Report"):
            if event.name == "Completed":
                results[event.data.leaf] = event.data.output
            elif event.name == "GivenUp":
                failures[event.data.leaf] = event.data.because
            elif reported:
                yield event, "it has reported already."
            elif (dict(event.data.results), dict(event.data.failures)) != (results, failures):
                yield event, "the report differs from what was decided."
            else:
                for leaf in leaves:
                    if (leaf.name in results) + (leaf.name in failures) != 1:
                        yield event, f"the report does not say what became of {leaf.name}."
            reported = event.name == "Report"

    return objections


@safety("what is completed was done")
def told_by_workers(trace: Trace) -> Iterator[Objection]:
    """DG-S4: a member that had the leaf said so, with this output; each Done follows an Assign."""
    asked: set[tuple[str | None, str]] = set()
    told: set[tuple[object, ...]] = set()
    for event in trace:
        if event.kind == HANDLE and event.name == "Assign":
            asked.add((event.agent, event.content.leaf.name))
        elif event.kind == SEND and event.name == "Done" and (event.agent, event.data.leaf) not in asked:
            yield event, f"{event.agent} was never asked to do {event.data.leaf}."
        elif event.kind == HANDLE and event.name == "Done":
            told.add((event.peer, event.content.leaf, event.content.output))
        done = (event.data.by, event.data.leaf, event.data.output) if on_record(event, "Completed") else None
        if done and done not in told:
            yield event, f"{event.data.by} has not said that {event.data.leaf} is done."


def tried_again(leaves: Sequence[Leaf], crew: Sequence[Member], patience: float = 1.0) -> Property:
    """DG-L2: a lost leaf goes out again, or is settled, in the time in which all work could be lost once.

    patience  seconds that the coordinator waits longer than the work should take.
    """
    slowest = min((member.speed for member in crew), default=1.0)
    within = fsum(leaf.work / slowest + 2 * patience for leaf in leaves)

    @safety("what is lost is tried again")
    def objections(trace: Trace) -> Iterator[Objection]:
        lost: dict[str, Event] = {}
        for event in trace:
            if event.kind == CRASH and event.agent in [each.agent for each in lost.values()]:
                lost.clear()
            elif event.kind == SEND and event.name in ("Assign", "CallForProposals"):
                lost.pop(event.data.leaf.name, None)
            elif on_record(event, "Completed", "GivenUp"):
                lost.pop(event.data.leaf, None)
            elif on_record(event, "Lost"):
                lost.setdefault(event.data.leaf, event)
            elif on_record(event, "Report"):
                lost.clear()
            for first in [*lost.values()][:1]:
                if event.time > first.time + within:
                    yield first, f"{first.data.leaf} was not tried again in {within:g} s."

    return objections


def reported(within: float) -> Property:
    """DG-L1: `within` this many seconds of each start the coordinator has reported, unless it crashed."""

    def begins(event: Event) -> list[str | None]:
        starts = event.kind in (START, RESTART) and ("role", "delegating") in event.data
        return [event.agent] if starts else []

    def ends(event: Event, _: object) -> list[str | None]:
        over = event.kind == CRASH or (event.kind == STATE and event.data == "reported")
        return [event.agent] if over else []

    return leads_to(f"reported within {within:g} s", begins, ends, within)


def not_faster(leaves: Sequence[Leaf], crew: Sequence[Member]) -> Property:
    """If all is done, it took at least as long as the longest chain, and as all work shared out evenly."""

    @safety("no faster than possible")
    def objections(trace: Trace) -> Iterator[Objection]:
        began = {event.agent: event.time for event in trace.select(kind=START)}
        for event in recorded(trace, "Report"):
            took, least = event.time - began[event.agent], shortest(leaves, crew)
            if took < least - 1e-6 and not event.data.failures:
                yield event, f"it took {took:g} s, which is less than {least:g} s."

    return objections


def properties(
    leaves: Sequence[Leaf], crew: Sequence[Member], within: float = 30.0, patience: float = 1.0
) -> tuple[Property, ...]:
    """All of them, for these leaves, this crew, and a coordinator with these settings, in seconds."""
    told = (told_by_workers, reported_truly(leaves), reported(within), not_faster(leaves, crew))
    return (
        within_capacity(crew),
        done_once(crew),
        in_its_turn(leaves),
        tried_again(leaves, crew, patience),
        *told,
    )
