"""The trace in sentences, in the agents' own words; made when they are asked for."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice, takewhile
from math import inf

from coordlab.trace.trace import (
    CRASH,
    DROP,
    FAULT,
    NOTE,
    RESTART,
    SEND,
    SPOKEN,
    START,
    TIMER,
    Event,
    Trace,
    brief,
    in_words,
    noted,
)

# One sentence for each kind of event; the player in the browser fills in the same ones.
TEMPLATES = {
    "start": "{agent} starts.",
    "crash": "{agent} crashes: all it was doing stops.",
    "restart": "{agent} starts again.",
    "send": "{agent} to {peer}: “{says}”",
    "deliver": "{name} from {peer} reaches {agent}.",
    "drop": "{name} from {peer} does not reach {agent}: {data}.",
    "handle": "{agent} acts on {name} from {peer}.",
    "late": "{name} from {peer} reaches {agent} too late.",
    "timer": "{agent} has waited {data} s for {name}.",
    "state": "{agent}: {name} is now {data}.",
    "note": "{agent} notes: {data}",
    "decision": "{agent} decides: {data}",
    "fault": "Fault: {data}.",
    "heal": "Over: {data}.",
}
_LONGEST = 200  # characters of a note in a sentence: the trace has all of it
_REASONS = {SEND, TIMER, FAULT, CRASH, RESTART, START, NOTE}  # the kinds of causes that explain something


def sentence(trace: Trace, seq: int) -> str:
    """Event `seq` as one sentence, without its time."""
    event = trace[seq]
    says = trace.says.get(event.name or "", event.name)
    return TEMPLATES[event.kind].format(**{**event._asdict(), "says": says, "data": _said(event)})


def because(trace: Trace, seq: int, links: int = 3) -> str:
    """Why event `seq` happened: the nearest `links` causes that explain something, the nearest first."""
    reasons = [_when(trace, event) for event in _reasons(trace, seq, links)]
    return "; because at ".join(reasons)


def explained(trace: Trace, seq: int, links: int = 3, lost: Iterable[Event] = ()) -> str:
    """Event `seq` with its nearest causes, and with what was sent from these and did not arrive.

    lost: further losses.  They are named only if every loss found was of a message to an agent that was down.
    """
    told = [f"at {_when(trace, trace[seq])}."]
    if why := because(trace, seq, links):
        told.append(f"That was because at {why}.")
    found = missing(trace, seq, links)
    told_of = {event.seq for event in found}
    more = all(event.data == "down" for event in found)
    others = [event for event in lost if more and event.seq not in told_of]
    return " ".join([*told, *_lost(trace, [*found, *others])])


def unfinished(trace: Trace, seq: int, until: float) -> str:
    """Event `seq`, and what was sent in consequence of it and lost by `until` virtual seconds."""
    began, lost = trace[seq].time, []
    for event in trace.select(DROP, since=began):
        since = takewhile(lambda each: each.time >= began, trace.causes(event.seq))
        if event.time <= until and any(each.seq == seq for each in since):
            lost.append(event)
    return " ".join([sentence(trace, seq), *_lost(trace, lost)])


def missing(trace: Trace, seq: int, links: int = 3) -> list[Event]:
    """The losses, at most three, that may have led an agent to event `seq`.

    These are messages to or from this agent that were lost before, and that were sent in consequence of one
    of the nearest `links` causes; only the latest such cause counts, as it belongs to the last question.
    A message to an agent that was down is named only if no other was lost.
    """
    named = _reasons(trace, seq, links)
    since, who = named[-1].time if named else inf, trace.rows[seq][2]
    chain = {event.seq for event in takewhile(lambda event: event.time >= since, trace.causes(seq))}
    found: dict[float, list[Event]] = {}
    for event in trace.select(DROP, since=since):
        if event.seq < seq and who in (event.agent, event.peer):
            past = (each for each in trace.causes(event.seq) if each.message != event.message)
            recent = takewhile(lambda event: event.time >= since, past)
            if branch := next((each for each in recent if each.seq in chain), None):
                found.setdefault(branch.time, []).append(event)
    return _named(found[max(found)]) if found else []


def _named(lost: list[Event]) -> list[Event]:
    """At most three losses; those of agents that were down only if there are no others."""
    return ([event for event in lost if event.data != "down"] or lost)[:3]


def _lost(trace: Trace, lost: list[Event]) -> list[str]:
    """The sentence about losses, if there are any."""
    told = [_when(trace, event) for event in _named(lost)]
    return [f"What did not arrive: at {'; at '.join(told)}."] if told else []


def _reasons(trace: Trace, seq: int, links: int) -> list[Event]:
    """The nearest `links` causes of an event that explain something."""
    return list(islice((event for event in trace.causes(seq) if event.kind in _REASONS), links))


def _when(trace: Trace, event: Event) -> str:
    return f"{event.time:.3f} s, {sentence(trace, event.seq).rstrip('.')}"


def told(trace: Trace, events: Iterable[Event]) -> list[str]:
    """One line for each event: its time and its sentence."""
    return [f"{event.time:9.3f} s  {sentence(trace, event.seq)}" for event in events]


def narration(trace: Trace, most: int = 40) -> str:
    """The run in words, without deliveries, handling and timers, in at most `most` lines.

    If there are more events, the lines begin at the first fault, or at the beginning if there is none.
    """
    hidden = {"deliver", "handle", "timer"}
    events = [event for event in trace if event.kind not in hidden]
    struck = next((place for place, event in enumerate(events) if event.kind == FAULT), 0)
    begin = struck if len(events) > most else 0
    lines = told(trace, events[begin : begin + most])
    before = [f"… {begin} before, and then"] if begin else []
    more = len(events) - begin - most
    after = [f"… and {more} more: run.trace has them all"] if more > 0 else []
    return "\n".join([*before, *lines, *after])


def _said(event: Event) -> str:
    if event.kind == SEND or event.kind in SPOKEN:
        words = (in_words if event.kind == SEND else noted)(event.name, event.data)
        return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…"
    return brief(event.data)
