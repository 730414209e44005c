"""What must hold of delegated work: invariants DG-S1 to DG-L1, and that nothing is faster than possible.

Read are the messages that assign work and answer, the workers' state `running`, and the coordinator's
decisions (completed, lost, given up, report) and state `role` (delegating, reported).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from coordlab.patterns.delegation.rules import Leaf, Member, shortest
from coordlab.properties import Complaint, Property, leads_to, on_record, watched
from coordlab.trace.trace import CRASH, HANDLE, RESTART, SEND, START, STATE, Event, Trace


def within_capacity(crew: Sequence[Member]) -> Property:
    """DG-S1: at every instant every member does no more at a time than it has room for."""
    room = {member.name: member.capacity for member in crew}

    def wrong(event: Event) -> str | None:
        if event.kind != STATE or event.name != "running" or len(event.data) <= room[str(event.agent)]:
            return None
        return (
            f"{event.agent} does {', '.join(event.data)} at once, but has room for {room[str(event.agent)]}."
        )

    return watched("no more at a time than there is room for", lambda _: wrong)


class Holders:
    """Who has which leaf, as far as a trace has been told: see `take`."""

    def __init__(self, trace: Trace) -> None:
        self.answers = {e.message: e.data.leaf for e in trace.select("Failed") + trace.select("Busy")}
        self.now: dict[str, str | None] = {}
        self.completed: set[str] = set()

    def take(self, event: Event) -> None:
        """Go on to the moment after `event`."""
        if event.kind == SEND and event.name == "Assign":
            self.now[event.data.leaf.name] = event.peer
        elif event.kind == HANDLE and event.name in ("Failed", "Busy"):
            leaf = self.answers[event.message]
            if self.now.get(leaf) == event.peer:
                self.now[leaf] = None
        elif on_record(event, "Lost") or on_record(event, "Completed"):
            self.now[event.data.leaf] = None
            if on_record(event, "Completed"):
                self.completed.add(event.data.leaf)


def done_once(crew: Sequence[Member]) -> Property:
    """DG-S2: each leaf is given to one who can do it, to another only after that, and completed once."""
    skills = {member.name: member.capabilities for member in crew}

    def watch(trace: Trace) -> Complaint:
        holders = Holders(trace)

        def wrong(event: Event) -> str | None:
            why = _out_of_place(event, holders, skills)
            holders.take(event)
            return why

        return wrong

    return watched("each leaf by one who can, and once", watch)


def _out_of_place(event: Event, holders: Holders, skills: Mapping[str, tuple[str, ...]]) -> str | None:
    if on_record(event, "Completed") and event.data.leaf in holders.completed:
        return f"{event.data.leaf} was completed twice."
    if event.kind != SEND or event.name != "Assign":
        return None
    leaf, to = event.data.leaf, str(event.peer)
    if leaf.capability not in skills.get(to, ()):
        return f"{to} was to do {leaf.name}, but cannot {leaf.capability}."
    if leaf.name in holders.completed:
        return f"{to} was to do {leaf.name}, which was done already."
    before = holders.now.get(leaf.name)
    return f"{to} was to do {leaf.name}, which {before} has." if before else None


def in_its_turn(leaves: Sequence[Leaf]) -> Property:
    """DG-S3: a leaf is begun only when all it waits for are done, and with their results."""
    after = {leaf.name: leaf.after for leaf in leaves}

    def watch(_: Trace) -> Complaint:
        results: dict[str, str] = {}

        def wrong(event: Event) -> str | None:
            if on_record(event, "Completed"):
                results[event.data.leaf] = event.data.output
            elif event.kind == SEND and event.name == "Assign":
                leaf = event.data.leaf
                if event.data.inputs != tuple((name, results.get(name)) for name in leaf.after):
                    return f"{leaf.name} was not given the results that it builds on."
            elif event.kind == STATE and event.name == "running":
                for name in event.data:
                    if early := [each for each in after.get(name, ()) if each not in results]:
                        return f"{event.agent} is at {name} before {early[0]} is done."
            return None

        return wrong

    return watched("nothing before what it waits for", watch)


def reported_truly(leaves: Sequence[Leaf]) -> Property:
    """DG-L1, what is reported: every leaf, done or failed, and as it was decided; the results are kept."""

    def watch(_: Trace) -> Complaint:
        results: dict[str, str] = {}
        failures: dict[str, str] = {}

        def wrong(event: Event) -> str | None:
            if on_record(event, "Completed"):
                results[event.data.leaf] = event.data.output
            elif on_record(event, "GivenUp"):
                failures[event.data.leaf] = event.data.because
            elif on_record(event, "Report"):
                if (dict(event.data.results), dict(event.data.failures)) != (results, failures):
                    return "the report says other things than were decided."
                told = [leaf.name for leaf in leaves if (leaf.name in results) + (leaf.name in failures) != 1]
                return f"the report does not say what became of {told[0]}." if told else None
            return None

        return wrong

    return watched("the report says what became of all", watch)


def reported(within: float) -> Property:
    """DG-L1: `within` so many seconds of each start the coordinator has reported, unless it crashed."""

    def begins(event: Event) -> list[str | None]:
        starts = event.kind in (START, RESTART) and ("role", "delegating") in event.data
        return [event.agent] if starts else []

    def ends(event: Event, _: object) -> list[str | None]:
        over = event.kind == CRASH or (event.kind == STATE and event.data == "reported")
        return [event.agent] if over else []

    return leads_to(f"reported within {within:g} s", begins, ends, within)


def not_faster(leaves: Sequence[Leaf], crew: Sequence[Member]) -> Property:
    """If all is done, it took at least as long as the longest chain, and as the work of all shared out."""

    def watch(_: Trace) -> Complaint:
        began: dict[str | None, float] = {}

        def wrong(event: Event) -> str | None:
            if event.kind == START:
                began[event.agent] = event.time
            if not on_record(event, "Report") or event.data.failures:
                return None
            took, least = event.time - began[event.agent], shortest(leaves, crew)
            return f"it took {took:g} s, which is less than {least:g} s." if took < least - 1e-6 else None

        return wrong

    return watched("no faster than possible", watch)


def properties(leaves: Sequence[Leaf], crew: Sequence[Member], within: float = 30.0) -> tuple[Property, ...]:
    """All of them, for these leaves, this crew, and a report `within` so many seconds."""
    return (
        within_capacity(crew),
        done_once(crew),
        in_its_turn(leaves),
        reported_truly(leaves),
        reported(within),
        not_faster(leaves, crew),
    )
