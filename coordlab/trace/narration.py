"""The trace in sentences, in the agents' own words; made when they are asked for."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from coordlab.trace.trace import (
    CRASH,
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
    chain = islice((event for event in trace.causes(seq) if event.kind in _REASONS), links)
    reasons = [f"{event.time:.3f} s, {sentence(trace, event.seq).rstrip('.')}" for event in chain]
    return "; because at ".join(reasons)


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
