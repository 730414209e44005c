"""What must hold of a pool with rogues in it: invariants RG-S1 to RG-S5, RG-L1, and that the work gets done.

Read are the messages of work and review, and what the pool puts on record: see `rules.py`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable
from typing import Any

from coordlab.patterns.circuit_breaker.rules import CLOSED, FORCED_OPEN, OPEN
from coordlab.patterns.rogue.rules import (
    DEFAULT,
    Accepted,
    Member,
    Quorum,
    SequentialTest,
    TooFew,
    members,
    quorum,
)
from coordlab.properties import UNDECIDED, Begun, Complaint, Property, Verdict, leads_to, on_record, watched
from coordlab.properties.records import as_one_of
from coordlab.trace.trace import CRASH, HANDLE, RESTART, SEND, START, Event, Trace

Crew = Iterable[Member | str]


def reviewed_by_others(crew: Crew) -> Property:
    """RG-S1: nobody reviews its own work, or its kin's, or twice; nor do two of one kin review the same."""
    voices = {member.name: member.voice for member in members(crew)}

    def watch(_: Trace) -> Complaint:
        heard: dict[int, dict[object, str]] = {}  # who speaks with which voice, by job

        def wrong(event: Event) -> str | None:
            if on_record(event, "Assigned"):
                heard[event.data.job] = {voices[event.data.agent]: event.data.agent}
            if event.kind != SEND or event.name != "Review":
                return None
            reviewer, job = str(event.peer), heard.setdefault(event.data.job, {})
            before = job.get(voices[reviewer])
            job[voices[reviewer]] = reviewer
            return f"{reviewer} was to review {event.data.task}, like {before}." if before else None

        return wrong

    return watched("reviewed by others, each once", watch)


def enough_approved() -> Property:
    """RG-S2: what is accepted was approved by a quorum of more than f, all different, heard and trusted."""

    def watch(trace: Trace) -> Complaint:
        said = {event.message: event.data for event in trace.select("Opinion") if event.data.approves}
        heard: dict[int, set[str | None]] = {}
        distrusted: set[str | None] = set()
        needed: Quorum | None = None

        def wrong(event: Event) -> str | None:
            nonlocal needed
            if on_record(event, "Quorum", "TooFew"):
                needed = event.data if hasattr(event.data, "approvals") else None
            elif on_record(event, "Transition"):
                (distrusted.discard if event.data.after == CLOSED else distrusted.add)(event.data.breaker)
            elif event.kind == HANDLE and event.message in said:
                heard.setdefault(said[event.message].job, set()).add(event.peer)
            elif on_record(event, "Accepted"):
                approving = heard.get(event.data.job, set()) - distrusted - {event.data.agent}
                return _unapproved(event.data, approving, needed)
            return None

        return wrong

    return watched("accepted only by a quorum", watch)


def _unapproved(what: Accepted, approving: set[str | None], needed: Quorum | None) -> str | None:
    """Why it should not have been accepted."""
    if needed is None:
        return f"{what.task} was accepted though there are too few to review it."
    if needed.approvals <= needed.faulty:
        return f"{needed.approvals} had to approve, and as many may be rogue."
    if missing := [name for name in what.approved_by if name not in approving]:
        return f"{missing[0]} cannot have approved of {what.task}."
    many = len(set(what.approved_by))
    return f"{many} approved of {what.task}, not {needed.approvals}." if many < needed.approvals else None


def removed_is_out() -> Property:
    """RG-S3: after its removal an agent gets nothing to do, and nothing that it says has an effect."""

    def watch(_: Trace) -> Complaint:
        removed: set[str | None] = set()
        said: Event | None = None  # by one who was removed: to be refused at once

        def wrong(event: Event) -> str | None:
            nonlocal said
            before, said = said, None
            if before and not (on_record(event, "Refused") and event.cause == before.seq):
                return f"a message of {before.peer}, which had been removed, was not refused."
            if on_record(event, "Removed"):
                removed.add(event.data.agent)
            elif on_record(event, "Accepted") and removed & {event.data.agent, *event.data.approved_by}:
                return f"{event.data.task} was accepted from, or by, one that had been removed."
            elif event.peer in removed and event.kind == SEND and event.name in ("Do", "Review"):
                return f"{event.peer} was given work after its removal."
            elif event.peer in removed and event.kind == HANDLE and event.name in ("Result", "Opinion"):
                said = event
            return None

        return wrong

    return watched("who is removed is out", watch)


def one_owner() -> Property:
    """RG-S3: a task is in one pair of hands, is given on when it has left them, and is closed once."""

    def watch(_: Trace) -> Complaint:
        owner: dict[int, str] = {}
        closed: set[int] = set()

        def wrong(event: Event) -> str | None:
            data = event.data
            if not on_record(event, "Assigned", "TakenBack", "Accepted", "GivenUp"):
                return None
            had = owner.pop(data.task, None)
            if data.task in closed:
                return f"{data.task} was closed already."
            if on_record(event, "TakenBack", "Accepted") and had != data.agent:
                return f"{data.agent} did not have {data.task}: {had or 'nobody'} had."
            if on_record(event, "Assigned"):
                owner[data.task] = data.agent
                return f"{data.agent} was given {data.task}, which {had} had." if had else None
            if on_record(event, "Accepted", "GivenUp"):
                closed.add(data.task)
            return None

        return wrong

    return watched("each task in one pair of hands", watch)


def taken_over(within: float) -> Property:
    """RG-S3: what a removed agent had is given to another, or given up, `within` so many seconds."""

    def begins(event: Event) -> Iterable[Hashable]:
        return event.data.tasks if on_record(event, "Removed") else ()

    def ends(event: Event, _: Begun) -> Iterable[Hashable]:
        return (event.data.task,) if on_record(event, "Assigned", "GivenUp") else ()

    return leads_to(f"its work is taken over within {within:g} s", begins, ends, within)


def order_wins() -> Property:
    """RG-S4: who is to be removed is, at once and for good, on record by whom and why; nobody else is."""

    def watch(trace: Trace) -> Complaint:
        orders = {event.message: event.data for event in trace.select("Remove", agent="operator")}
        forced: set[str] = set()
        ordered: Any = None  # what must be on record next
        recorded: Event | None = None  # and must come about at the same instant

        def wrong(event: Event) -> str | None:
            nonlocal ordered, recorded
            data, order, ordered = event.data, ordered, None
            if on_record(event, "Transition") and data.breaker in forced:
                return f"{data.breaker} had been removed by hand, and became {data.after}."
            if on_record(event, "Transition") and data.after == FORCED_OPEN:
                forced.add(data.breaker)
            elif event.kind == HANDLE and event.message in orders:
                ordered = orders[event.message]
            elif on_record(event, "Removed"):
                recorded = event
                if order is None or (data.agent, data.who, data.why) != (order.agent, order.who, order.why):
                    return f"nobody ordered that {data.agent} be removed by {data.who}: {data.why}."
            elif order and order.agent not in forced and not _declined(event):
                return f"{order.who} ordered that {order.agent} be removed, and nothing came of it."
            if recorded and event.time > recorded.time and recorded.data.agent not in forced:
                return f"{recorded.data.agent} is on record as removed, and is not."
            return None

        return wrong

    return watched("an order to remove wins", watch)


def _declined(event: Event) -> bool:
    return event.kind == SEND and event.name == "Declined"


def quorum_is_told(crew: Crew, faulty: int = 1, least: int = 1) -> Property:
    """RG-S5: when it changes who is trusted, the new quorum is on record at the same instant, and right."""
    everybody = {member.name: member for member in members(crew)}

    def watch(_: Trace) -> Complaint:
        trusted = dict(everybody)
        changed: Event | None = None

        def wrong(event: Event) -> str | None:
            nonlocal changed
            data = event.data
            if on_record(event, "Quorum", "TooFew"):
                changed, right = None, quorum(trusted.values(), faulty, least)
                said = as_one_of((Quorum, TooFew), data)
                return f"the quorum was said to be {said!r}, but is {right!r}." if said != right else None
            if changed and (event.time > changed.time or on_record(event, "Accepted")):
                return f"{changed.data.breaker} became {changed.data.after}, and no quorum was told."
            if on_record(event, "Transition") and CLOSED in (data.before, data.after):
                changed = event
                if data.after == CLOSED:
                    trusted[data.breaker] = everybody[data.breaker]
                else:
                    trusted.pop(data.breaker, None)
            return None

        return wrong

    return watched("a new quorum is told", watch)


def isolated(rate: float = 0.4, test: SequentialTest = DEFAULT) -> Property:
    """RG-L1: who is wrong in a share of `rate` of the last checks, as many as `test` needs, is isolated.

    Undecided if nobody was isolated.
    """
    many = test.enough(rate)
    name = f"isolated after {many} checks at the latest"

    def watch(_: Trace) -> Complaint:
        checks: dict[str, deque[bool]] = {}
        due: str | None = None  # who must be isolated next

        def wrong(event: Event) -> str | None:
            nonlocal due
            before, due = due, None
            if on_record(event, "Transition"):
                checks.pop(event.data.breaker, None)
            elif before:
                return f"{before} failed {rate:.0%} of {many} checks and was not isolated."
            elif on_record(event, "Checked"):
                latest = checks.setdefault(event.data.agent, deque(maxlen=many))
                latest.append(event.data.right)
                due = event.data.agent if many == len(latest) and latest.count(False) >= rate * many else None
            return None

        return wrong

    def judge(trace: Trace) -> Verdict:
        verdict = watched(name, watch)(trace)
        if verdict and not any(on_record(e, "Transition") and e.data.after == OPEN for e in trace):
            return Verdict(name, UNDECIDED, because="nobody was isolated")
        return verdict

    return Property(name, judge)


def all_come_to_an_end(tasks: Iterable[int], within: float) -> Property:
    """Each task has an answer or is given up `within` so many seconds of each start of the pool."""
    every = tuple(dict.fromkeys(tasks))

    def judge(trace: Trace) -> Verdict:
        closed: set[int] = set()

        def begins(event: Event) -> Iterable[Hashable]:
            up = event.kind in (START, RESTART) and event.agent == "pool"
            return [task for task in every if task not in closed] if up else ()

        def ends(event: Event, begun: Begun) -> Iterable[Hashable]:
            if event.kind == CRASH and event.agent == "pool":
                return list(begun)
            if on_record(event, "Accepted", "GivenUp"):
                closed.add(event.data.task)
                return (event.data.task,)
            return ()

        return leads_to(name, begins, ends, within)(trace)

    name = f"every task comes to an end within {within:g} s"
    return Property(name, judge)


def properties(
    crew: Crew,
    tasks: Iterable[int],
    faulty: int = 1,
    least: int = 1,
    rate: float = 0.4,
    test: SequentialTest = DEFAULT,
    within: float = 30.0,
) -> tuple[Property, ...]:
    """All of them, for a pool with these settings, and rogues that are wrong with this rate."""
    crew = members(crew)
    return (
        reviewed_by_others(crew),
        enough_approved(),
        removed_is_out(),
        one_owner(),
        taken_over(within),
        order_wins(),
        quorum_is_told(crew, faulty, least),
        isolated(rate, test),
        all_come_to_an_end(tasks, within),
    )
