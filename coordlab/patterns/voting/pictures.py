"""What one sees of a vote: the tally, how far yes is ahead, and what is counted."""

from __future__ import annotations

from collections.abc import Iterator

from coordlab.labs.views import Cell, Curves, Table
from coordlab.patterns.voting.rules import ABSTAIN, ACCEPTED, COUNTED, NO, YES
from coordlab.properties import on_record, recorded
from coordlab.trace.trace import SEND, Event, Trace

MISSING, OUTCOME = "missing", "outcome"
TONES = {YES: "active", NO: "no", MISSING: "between"}


def counts(trace: Trace) -> Iterator[tuple[Event, dict[str, list[str]], str]]:
    """After each event that changes it: who voted for what and who is missing, and the outcome."""
    voters, question = [name for name in trace.agents if name != "chair"], ""
    count: dict[str, list[str]] = {}
    for event in trace:
        told = event.content
        if event.kind == SEND and event.name == "CallForVotes" and told.proposal != question:
            question, count = told.proposal, {MISSING: list(voters)}
            yield event, count, ""
        elif on_record(event, "Recorded") and (told.verdict, told.proposal) == (COUNTED, question):
            count.setdefault(_first(told.choice), []).append(told.voter)
            count[MISSING].remove(told.voter)
            yield event, count, ""
        elif on_record(event, "Closed"):
            yield event, count, ", ".join(told.winners) or told.result


def _first(choice: object) -> str:
    """What a ballot is for: yes or no, or the first of a ranking."""
    return str(choice) if isinstance(choice, str) else str(choice[0])  # type: ignore[index]


def tally(_: object, trace: Trace) -> Table:
    """Who voted for what, who is missing, and how the vote ended."""
    cells, before = list[Cell](), dict[tuple[str, str], str]()
    for event, count, outcome in counts(trace):
        now = {(row, "ballots"): str(len(names)) for row, names in count.items()}
        now |= {(row, "voters"): " ".join(names) for row, names in count.items()}
        now[OUTCOME, "ballots"] = outcome
        gone = dict.fromkeys(before.keys() - now.keys(), "")
        for (row, column), text in sorted({**now, **gone}.items()):
            if before.get((row, column), "") != text:
                cells.append(Cell(event.seq, row, column, text, TONES.get(row, "normal")))
        before = now
    rows = sorted({cell.row for cell in cells} - {MISSING, OUTCOME, ABSTAIN}, reverse=True)
    return Table((*rows, ABSTAIN, MISSING, OUTCOME), ("ballots", "voters"), tuple(cells), head="choice")


def lead(_: object, trace: Trace) -> Curves:
    """How many more say yes than no, and what the missing can still make of it; of rankings, first places."""
    told = [
        (event.time, {row: len(names) for row, names in count.items()}) for event, count, _ in counts(trace)
    ]
    choices = sorted({row for _, count in told for row in count} - {MISSING, ABSTAIN})
    if not {YES, NO} & {*choices}:
        places = {each: tuple((at, float(count.get(each, 0))) for at, count in told) for each in choices}
        return Curves(places, unit="first places")
    ahead = [(at, count.get(YES, 0) - count.get(NO, 0), count[MISSING]) for at, count in told]
    curves = {
        "yes ahead": tuple((at, float(now)) for at, now, _ in ahead),
        "at most": tuple((at, float(now + missing)) for at, now, missing in ahead),
        "at least": tuple((at, float(now - missing)) for at, now, missing in ahead),
    }
    return Curves(curves, unit="votes", lines={"even": 0.0}, tones={"yes ahead": "active"})


def closed(trace: Trace) -> list[Event]:
    """The ends of votes."""
    return list(recorded(trace, "Closed"))


def share_right(trace: Trace) -> float | None:
    """The share of the votes on yes or no which found the right answer; None if none is closed."""
    results = [event.data.result for event in closed(trace) if not event.data.winners]
    return results.count(ACCEPTED) / len(results) if results else None


def last_outcome(trace: Trace) -> str | None:
    """Who won the last vote, or how it ended."""
    done = closed(trace)
    return ", ".join(done[-1].data.winners) or str(done[-1].data.result) if done else None


def longest(trace: Trace) -> float:
    """Seconds from the first call of a vote to its close, or to the end of the run, in the longest vote."""
    began: dict[str, float] = {}
    for event in trace.select("CallForVotes", kind="send"):
        began.setdefault(event.data.proposal, event.time)
    ended = {event.data.proposal: event.time for event in closed(trace)}
    return max((round(ended.get(each, trace.until) - at, 3) for each, at in began.items()), default=0.0)
