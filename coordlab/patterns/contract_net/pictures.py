"""The pictures of the contract net: the proposals beside each other, and what each contractor is bound to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from math import fsum

from coordlab.labs import declaration as lab
from coordlab.labs.views import BEFORE, Bar, Cell, Spans, Table, stacked
from coordlab.patterns.contract_net.checks import REPORTS
from coordlab.patterns.contract_net.rules import BUSY, DONE, planned
from coordlab.trace.trace import CRASH, HANDLE, SEND, START, Trace


def contractors(given: lab.Parameters) -> tuple[str, ...]:
    """Their names."""
    return lab.numbered("c", given["contractors"])


def tasks_called(trace: Trace) -> dict[str, str]:
    """The task of each conversation, in order of their beginnings."""
    opened = trace.select("CallForProposals", "AcceptProposal", kind=SEND)
    return {event.data.conversation: event.data.task.name for event in opened}


def prices_of(trace: Trace) -> dict[str, dict[str, float]]:
    """What each contractor asks for each task."""
    states = {str(event.agent): dict(event.data) for event in trace.select(kind=START)}
    return {name: dict(own["terms"]) for name, own in states.items() if own.get("terms")}


def served(trace: Trace) -> int:
    """How many tasks were awarded at their first call."""
    first: dict[str, str] = {}
    for conversation, task in tasks_called(trace).items():
        first.setdefault(task, conversation)
    closed = trace.select("Closed", kind="decision")
    return sum(e.data.winner is not None and e.data.conversation in first.values() for e in closed)


def awards_of(trace: Trace) -> dict[str, str]:
    """The contractor to which each task was awarded last."""
    return {e.data.task.name: str(e.peer) for e in trace.select("AcceptProposal", kind=SEND)}


def done(trace: Trace) -> list[float]:
    """When tasks were done."""
    ended = trace.select("Outcome", kind="decision")
    return [round(event.time, 3) for event in ended if event.data.status == DONE]


def broken(trace: Trace) -> int:
    """How often a contractor that was awarded a task had no room for it."""
    return sum(event.data.reason == BUSY for event in trace.select("Failure", kind=SEND))


def cost(trace: Trace) -> float | None:
    """What the awarded contractors asked for their tasks; None if nothing was awarded."""
    terms, awards = prices_of(trace), awards_of(trace)
    known = [terms[who][task] for task, who in awards.items() if who in terms]
    return round(fsum(known), 2) if known else None


_OPENS = {(SEND, "Propose"): "between", (HANDLE, "AcceptProposal"): "active"}
_CLOSES = {(HANDLE, "RejectProposal"), (HANDLE, "Cancel"), *((SEND, each) for each in REPORTS)}
_TOLD = {"AcceptProposal": ("wins", "active"), "RejectProposal": ("outbid", "no")}
_SAID = {"InformDone": ("done", "normal"), "Failure": ("failed", "failed"), "Refuse": ("no room", "idle")}


def bids(given: lab.Parameters, trace: Trace) -> Table:
    """What each contractor asks for each task, and what became of it."""
    terms, tasks = prices_of(trace), tasks_called(trace)
    plan = planned(terms, given["capacity"]) if terms else {}
    price = {
        (who, task): f"{each:.2f}{' *' if plan[task] == who else ''}"
        for who, own in terms.items()
        for task, each in own.items()
    }
    cells = [Cell(BEFORE, who, task, text, "idle") for (who, task), text in price.items()]
    for event in trace.select(*_TOLD, *_SAID, "Propose", kind=SEND):
        who = str(event.peer if event.name in _TOLD else event.agent)
        task = tasks[event.data.conversation]
        word, tone = {**_TOLD, **_SAID, "Propose": ("bid", "between")}[str(event.name)]
        cells.append(Cell(event.seq, who, task, f"{price.get((who, task), '')} {word}".strip(), tone))
    columns = lab.numbered("t", given["tasks"])
    return Table(contractors(given), columns, tuple(cells), head="contractor")


def promises(given: lab.Parameters, trace: Trace) -> Spans:
    """What each contractor is bound to by a proposal, and works on; red: beyond its capacity."""
    return stacked(contractors(given), _bound(trace), given["capacity"])


def _bound(trace: Trace) -> Iterator[Bar]:
    """What each contractor was bound to, in order of the ends."""
    tasks, held, over = tasks_called(trace), defaultdict[str, dict[str, Bar]](dict), set[tuple[str, str]]()

    def end(who: str, which: Iterable[str], now: float) -> Iterator[Bar]:
        found = [held[who].pop(each) for each in list(which) if each in held[who]]
        ended = [each._replace(until=now if each.until is None else min(each.until, now)) for each in found]
        yield from (each for each in ended if each.until != each.since)

    for event in trace:
        who, now, own, step = str(event.agent), event.time, held[str(event.agent)], (event.kind, event.name)
        what = getattr(event.content, "conversation", "")
        if event.kind == CRASH:
            yield from end(who, own, now)
        elif step in _OPENS and what in tasks and (who, what) not in over:
            yield from end(who, [what], now)
            until = max(now, event.content.binding_until) if event.name == "Propose" else None
            own[what] = Bar(who, now, until, tasks[what], _OPENS[step])
        elif step in _CLOSES:
            yield from end(who, [what], now)
            over |= {(who, what)} if event.name != "RejectProposal" else set()
    for own in held.values():
        yield from own.values()
