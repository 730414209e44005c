"""What must hold of a pool with rogues: invariants RG-S1 to RG-S6 and RG-L1, and that all work ends.

They read the messages of work and review, and what the pool puts on record: see `rules.py`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable, Iterator

from coordlab.patterns.circuit_breaker.rules import CLOSED, FORCED_OPEN, OPEN
from coordlab.patterns.rogue.rules import Accepted, Member, Quorum, Remove, members
from coordlab.patterns.rogue.trust import DEFAULT, SequentialTest
from coordlab.properties import (
    UNDECIDED,
    Begun,
    Objection,
    Property,
    Verdict,
    leads_to,
    on_record,
    recorded,
    safety,
)
from coordlab.trace.trace import CRASH, HANDLE, RESTART, SEND, START, Event, Trace

Crew = Iterable[Member | str]


def reviewed_by_others(crew: Crew) -> Property:
    """RG-S1: no agent reviews its own work, its kin's, or anything twice; one reviewer of each kin."""
    voices = {member.name: member.voice for member in members(crew)}

    @safety("reviewed by others, each once")
    def judge(trace: Trace) -> Iterator[Objection]:
        heard: dict[int, dict[object, str]] = {}  # job -> voice -> the agent that used it
        for event in trace:
            told = event.content
            if on_record(event, "Assigned"):
                heard[told.job] = {voices[told.agent]: told.agent}
            elif event.kind == SEND and event.name == "Review":
                reviewer, used = str(event.peer), heard.setdefault(told.job, {})
                if before := used.get(voices[reviewer]):
                    yield event, f"{reviewer} was asked to review {told.task}, like {before}."
                used[voices[reviewer]] = reviewer

    return judge


@safety("accepted only by a quorum")
def enough_approved(trace: Trace) -> Iterator[Objection]:
    """RG-S2: what is accepted was approved by a quorum of more than f, all different, heard and trusted."""
    heard: dict[int, set[str | None]] = {}
    distrusted: set[str | None] = set()
    needed: Quorum | None = None
    for event in trace:
        told = event.content
        if on_record(event, "Quorum", "TooFew"):
            needed = told if event.name == "Quorum" else None
        elif on_record(event, "Transition"):
            (distrusted.discard if told.after == CLOSED else distrusted.add)(told.breaker)
        elif event.kind == HANDLE and event.name == "Opinion" and told.approves:
            heard.setdefault(told.job, set()).add(event.peer)
        elif on_record(event, "Accepted"):
            approving = heard.get(told.job, set()) - distrusted - {told.agent}
            if why := _unapproved(told, approving, needed):
                yield event, why


def _unapproved(what: Accepted, approving: set[str | None], needed: Quorum | None) -> str | None:
    """Why the answer should not have been accepted."""
    if needed is None:
        return f"{what.task} was accepted although there are too few to review it."
    if needed.approvals <= needed.faulty:
        return f"{needed.approvals} had to approve, and {needed.faulty} of them may be rogue."
    if missing := [name for name in what.approved_by if name not in approving]:
        return f"{missing[0]} cannot have approved {what.task}."
    count = len(set(what.approved_by))
    return f"{count} approved {what.task}, not {needed.approvals}." if count < needed.approvals else None


@safety("who is removed is out")
def removed_is_out(trace: Trace) -> Iterator[Objection]:
    """RG-S3: after its removal an agent gets no work, and no message of it has an effect."""
    removed: set[str | None] = set()
    said: Event | None = None  # a message of a removed agent, to be refused at once
    for event in trace:
        told, before, said = event.content, said, None
        if before and not (on_record(event, "Refused") and event.cause == before.seq):
            yield event, f"a message of {before.peer}, which had been removed, was not refused."
        if on_record(event, "Removed"):
            removed.add(told.agent)
        elif on_record(event, "Accepted") and removed & {told.agent, *told.approved_by}:
            yield event, f"{told.task} was accepted from, or by, an agent that had been removed."
        elif event.peer in removed and event.kind == SEND and event.name in ("Do", "Review"):
            yield event, f"{event.peer} was given work after its removal."
        elif event.peer in removed and event.kind == HANDLE and event.name in ("Result", "Opinion"):
            said = event


@safety("each task in one pair of hands")
def one_owner(trace: Trace) -> Iterator[Objection]:
    """RG-S3: a task has one agent at a time, goes to another only when taken back, and is closed once.

    An agent that is trusted no more loses what it has at once.
    """
    owner: dict[int, str] = {}
    closed: set[int] = set()
    turned: Event | None = None  # a member is trusted no more
    for event in recorded(trace, "Assigned", "TakenBack", "Accepted", "GivenUp", "Transition"):
        told = event.content
        if turned and event.time > turned.time:
            if turned.content.breaker in owner.values():
                yield event, f"{turned.content.breaker} is trusted no more, and keeps its work."
            turned = None
        if event.name == "Transition":
            turned = event if told.before == CLOSED else turned
            continue
        had = owner.pop(told.task, None)
        if told.task in closed:
            yield event, f"{told.task} was closed already."
        if event.name in ("TakenBack", "Accepted") and had != told.agent:
            yield event, f"{told.agent} did not have {told.task}: {had or 'nobody'} had."
        if event.name == "Assigned":
            owner[told.task] = told.agent
            if had:
                yield event, f"{told.agent} was given {told.task}, which {had} had."
        if event.name in ("Accepted", "GivenUp"):
            closed.add(told.task)


def taken_over(within: float) -> Property:
    """RG-S3: the tasks of a removed agent go to another, or are given up, `within` seconds."""

    def begins(event: Event) -> Iterable[Hashable]:
        return event.content.tasks if on_record(event, "Removed") else ()

    def ends(event: Event, _: Begun) -> Iterable[Hashable]:
        return (event.content.task,) if on_record(event, "Assigned", "GivenUp") else ()

    return leads_to(f"its work is taken over within {within:g} s", begins, ends, within)


@safety("an order to remove wins")
def order_wins(trace: Trace) -> Iterator[Objection]:
    """RG-S4: an agent is removed if ordered, at once and for good, on record by whom and why; no other is."""
    forced: set[str] = set()
    members = {event.peer for event in trace.select("Do")}
    ordered: Remove | None = None  # must be on record next
    removed: Event | None = None  # must take effect at the same instant
    for event in trace:
        told, order, ordered = event.content, ordered, None
        if on_record(event, "Transition"):
            if told.breaker in forced:
                yield event, f"{told.breaker} had been removed by hand, and became {told.after}."
            if told.after == FORCED_OPEN:
                forced.add(told.breaker)
        elif event.kind == HANDLE and event.name == "Remove" and event.peer == "operator":
            ordered = told
        elif on_record(event, "Removed"):
            removed = event
            if order is None or (told.agent, told.who, told.why) != (order.agent, order.who, order.why):
                yield event, f"nobody ordered that {told.agent} be removed by {told.who}: {told.why}."
        elif order and order.agent not in forced and (order.agent in members or event.name != "Declined"):
            yield event, f"{order.who} ordered that {order.agent} be removed, without effect."
        if removed and event.time > removed.time and removed.content.agent not in forced:
            yield event, f"{removed.content.agent} is on record as removed, and is not."


def quorum_is_told(crew: Crew, faulty: int = 1, least: int = 1) -> Property:
    """RG-S5: when the trusted members change, the new quorum is on record at that instant, and right."""
    everybody = {member.name: member for member in members(crew)}

    @safety("a new quorum is told")
    def judge(trace: Trace) -> Iterator[Objection]:
        trusted = dict(everybody)
        changed: Event | None = None  # a change of trust without a new quorum so far
        for event in trace:
            told = event.content
            if on_record(event, "Quorum", "TooFew"):
                changed, voices = None, len({member.voice for member in trusted.values()})
                most = min(faulty, voices // 2 - 1)  # 2f + 2 voices stand f rogues
                right = (voices, most, most + 1, 2 * most + 1) if most >= least else (voices, 2 * least + 2)
                if tuple(vars(told).values()) != right:
                    yield (
                        event,
                        f"the quorum was said to be {told!r}, but {voices} voices stand {most} rogues.",
                    )
            elif changed and (event.time > changed.time or on_record(event, "Accepted")):
                what = changed.content
                yield event, f"{what.breaker} became {what.after}, and no quorum was told."
            elif on_record(event, "Transition") and CLOSED in (told.before, told.after):
                changed = event
                trusted.pop(told.breaker, None)
                if told.after == CLOSED:
                    trusted[told.breaker] = everybody[told.breaker]

    return judge


@safety("answers are taken as they were given")
def taken_as_given(trace: Trace) -> Iterator[Objection]:
    """RG-S6: what is accepted was its agent's first answer to that job; a check was right if its answer was.

    No two jobs have the same number.  The answer to a check that did not come in time is wrong.
    """
    jobs: dict[int, int] = {}  # the task of each job
    answers: dict[tuple[int, str | None], int] = {}
    for event in trace:
        told = event.content
        if event.name == "Do" and event.kind == SEND:
            if told.job in jobs:
                yield event, f"the number {told.job} was used before."
            jobs[told.job] = told.task
        elif event.name == "Result" and event.kind == HANDLE:
            answers.setdefault((told.job, event.peer), told.answer)
        elif on_record(event, "Accepted") and answers.get((told.job, told.agent)) != told.answer:
            yield event, f"{told.agent} did not answer {told.answer} to {told.task}."
        elif on_record(event, "Checked"):
            why = trace[event.cause or 0]
            answered = why.name == "Result" and why.kind == HANDLE
            if told.right != (answered and why.content.answer == jobs[why.content.job] ** 2):
                yield (
                    event,
                    f"{told.agent} was {'' if told.right else 'not '}right, it says, and that is wrong.",
                )


def isolated(rate: float = 0.4, test: SequentialTest = DEFAULT) -> Property:
    """RG-L1: an agent that was wrong in a share `rate` of its last `test.enough(rate)` checks is isolated.

    Undecided if nobody was isolated.
    """
    many = test.enough(rate)
    name = f"isolated after {many} checks at the latest"

    @safety(name)
    def in_time(trace: Trace) -> Iterator[Objection]:
        checks: dict[str, deque[bool]] = {}
        due: str | None = None  # must be isolated next
        for event in trace:
            told, before, due = event.content, due, None
            if on_record(event, "Transition"):
                checks.pop(told.breaker, None)
            elif before:
                yield event, f"{before} failed {rate:.0%} of {many} checks and was not isolated."
            elif on_record(event, "Checked"):
                latest = checks.setdefault(told.agent, deque(maxlen=many))
                latest.append(told.right)
                due = told.agent if len(latest) == many and latest.count(False) >= rate * many else None

    def judge(trace: Trace) -> Verdict:
        verdict = in_time(trace)
        if verdict and all(event.content.after != OPEN for event in recorded(trace, "Transition")):
            return Verdict(name, UNDECIDED, because="nobody was isolated")
        return verdict

    return Property(name, judge)


def all_come_to_an_end(tasks: Iterable[int], within: float) -> Property:
    """Each task is answered or given up `within` seconds of each start of the pool."""
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
                closed.add(event.content.task)
                return (event.content.task,)
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
    """All properties of a pool with these settings, whose rogues are wrong in a share `rate` of answers."""
    crew = members(crew)
    return (
        reviewed_by_others(crew),
        enough_approved,
        removed_is_out,
        one_owner,
        taken_over(within),
        order_wins,
        quorum_is_told(crew, faulty, least),
        taken_as_given,
        isolated(rate, test),
        all_come_to_an_end(tasks, within),
    )
