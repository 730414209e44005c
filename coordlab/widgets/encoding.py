"""The encoding of a trace for the browser: a JSON description and one block of binary columns.

The columns are little-endian, one after the other:

- for each event: `time` f64 (microseconds since the event before); `cause` i32 (events back; 0: none);
  `message` i32 (how far below the highest number so far; -1: the next number; 2147483647: none); `text` i32
  (-1: none); `agent`, `peer`, `name` u16 (65535: none); `kind` u8;
- for each span of a lane, agent by agent: the event that began it i32, its role i32 (-1: down);
- for each flight of a message, in order of ending: the events that sent and ended it i32 (-1: on the way),
  its fate u8, whether it is a copy u8.

`text`, `name`, `role` and the agents are positions in tables of the description, so each text is sent once.
Times, causes and messages count from the event before: such small numbers repeat, and a page packs them well.
"""

from __future__ import annotations

import sys
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import sub
from typing import Any, TypeAlias

from coordlab import requirements as require
from coordlab.trace.lanes import (
    DASHES,
    DOWN,
    LASTING,
    RESTING,
    WIDTHS,
    FaultSpan,
    Flight,
    Span,
    background,
    fault_spans,
    first_look,
    flights,
    links,
    roles,
    spans,
)
from coordlab.trace.trace import (
    KINDS,
    MICRO,
    RESTART,
    SEND,
    SPOKEN,
    START,
    STATE,
    Row,
    Trace,
    brief,
    in_words,
    noted,
)

Meta = dict[str, Any]  # what JSON can hold
Divergence = dict[str, float]  # {"event": its number, "at": seconds}
Column: TypeAlias = "array[int] | array[float]"

NO_ROW, NO_WORD, NO_MESSAGE = -1, 65535, 2**31 - 1
OWN: Meta = {"views": [], "tones": {}, "offers": []}


@dataclass(frozen=True, eq=False)
class Recording:
    """A trace as the player reads it.  It is sent once, so a recording equals only itself."""

    meta: Meta
    columns: bytes


@dataclass(frozen=True)
class Branch:
    """One of several runs: its recording, its name, its parent's position, and where the two first differ.

    turning: when the run was lost, if that was asked: see `types.d.ts`.
    opens: the moment that is shown first, if not that of the recording: see `types.d.ts`.
    """

    recording: Recording
    name: str = "run"
    parent: int | None = None
    divergence: Divergence | None = None
    turning: Meta | None = None
    opens: Meta | None = None

    @property
    def label(self) -> Meta:
        """Everything but the recording, as the player reads it."""
        more = {"divergence": self.divergence, "turning": self.turning, "opens": self.opens}
        return {"name": self.name, "parent": self.parent, **more}

    @property
    def meta(self) -> Meta:
        """The whole description."""
        return {**self.recording.meta, **self.label}

    @property
    def columns(self) -> bytes:
        """The binary columns of the recording."""
        return self.recording.columns


def pack(
    trace: Trace,
    *,
    title: str = "",
    question: str = "",
    line: str = "",
    verdicts: Iterable[object] = (),
    measures: Iterable[Mapping[str, str]] = (),
    templates: Mapping[str, str] | None = None,
    lanes: Sequence[str] | None = None,
    focus: tuple[float, float] | None = None,
    problem: str = "",
    own: Meta = OWN,
) -> Recording:
    """Encode a trace, with what the player shows around it.

    verdicts: objects with name, status, at, event and because.
    measures: what was counted, in words.  templates: a sentence for each kind of event.
    lanes: the agents from top to bottom.  Default: in order of joining.
    focus: what is shown first, in virtual seconds; default: the first fault and the answer to it.
    problem: why the run broke off, if it did; then its end is shown first.
    own: the pattern's views, the tones of its roles, and the faults that it offers; see `types.d.ts`.

    Raises ValueError for more than 65,535 agents, or names of messages and notes.
    """
    agents, texts = Table(lanes or trace.agents), Table()
    names = Table(dict.fromkeys(row[5] for row in trace.rows if row[5] is not None))
    given = f"a run with {len(agents):,} agents and {len(names):,} names of messages and notes"
    allowed, most = f"the player shows at most {NO_WORD:,} of each", max(len(agents), len(names))
    require.that(most <= NO_WORD, given, allowed, "print(run.verdicts)")
    events = _events(trace.rows, agents, names, texts)
    pictured, drawn = _pictured(trace, agents, focus, problem)
    meta = {
        **{"title": title, "question": question, "line": line, "problem": problem},
        **{"agents": list(agents), "until": trace.until, "count": len(trace), "kinds": list(KINDS)},
        **{"names": list(names), "texts": list(texts), "says": dict(trace.says)},
        **{"verdicts": list(map(_verdict, verdicts)), "measures": list(map(dict, measures))},
        **{"templates": dict(templates or {}), **pictured, **own},
    }
    return Recording(meta, b"".join(map(_little_endian, (*events, *drawn))))


def _pictured(
    trace: Trace, agents: Table, focus: tuple[float, float] | None, problem: str
) -> tuple[Meta, tuple[Column, ...]]:
    """What the pictures show: lanes, flights, links and faults; and the columns of the first two."""
    lanes, sent, struck = spans(trace), flights(trace), fault_spans(trace)
    resting, others = roles(trace, lanes)
    looks, counts = Table([*resting, *others]), Counter(span.agent for span in lanes)
    chosen = focus if focus and focus[1] <= trace.until and not problem else None
    shown = chosen or first_look(trace, lanes, struck, broken=bool(problem))
    meta = {
        **{"focus": shown, "roles": list(looks), "resting": len(resting), "hatches": RESTING},
        **{"spans": [counts[agent] for agent in agents], "flights": len(sent)},
        **{"background": sorted(background(trace, sent)), "dashes": DASHES, "widths": WIDTHS},
        "links": [(agents[one], agents[other]) for one, other in links(sent)],
        "faults": [_fault(fault) for fault in struck],
    }
    return meta, (*_spans(lanes, agents, looks), *_flights(sent))


def first_difference(trace: Trace, parent: Trace) -> Divergence | None:
    """The first event in which `trace` differs from `parent`; None if they are equal."""
    seq = trace.divergence(parent)
    if seq is None:
        return None
    longer = trace if seq < len(trace) else parent
    return {"event": min(seq, len(trace) - 1), "at": longer.rows[seq][0] / MICRO}


class Table(dict[str, int]):
    """Texts numbered in order of first use: `table[text]` is its number."""

    def __init__(self, words: Iterable[str] = ()) -> None:
        super().__init__((word, number) for number, word in enumerate(words))

    def __missing__(self, word: str) -> int:
        self[word] = number = len(self)
        return number


def _events(rows: list[Row], agents: Table, names: Table, texts: Table) -> tuple[Column, ...]:
    """The columns of the events, in the order of the encoding."""
    kind_codes = {kind: code for code, kind in enumerate(KINDS)}
    times, kinds, who, peers, messages, labels, causes, _ = zip(*rows, strict=True) if rows else [()] * 8
    return (
        array("d", map(sub, times, (0, *times))),
        array("i", [0 if cause is None else seq - cause for seq, cause in enumerate(causes)]),
        array("i", _below(messages)),
        array("i", _texts(rows, texts)),
        array("H", [NO_WORD if agent is None else agents[agent] for agent in who]),
        array("H", [NO_WORD if peer is None else agents[peer] for peer in peers]),
        array("H", [NO_WORD if label is None else names[label] for label in labels]),
        array("B", [kind_codes[kind] for kind in kinds]),
    )


def _below(messages: Iterable[int | None]) -> Iterator[int]:
    """How far the number of each message is below the highest before it."""
    highest = 0
    for message in messages:
        if message is None:
            yield NO_MESSAGE
        else:
            yield highest - message
            highest = max(highest, message)


def _spans(lanes: list[Span], agents: Table, roles: Table) -> tuple[Column, ...]:
    """The columns of the spans, in the order of the lanes."""
    ordered = sorted(lanes, key=lambda span: agents[span.agent])  # stable: in time on each lane
    numbers = [-1 if span.role == DOWN else roles[span.role] for span in ordered]
    return array("i", [span.seq for span in ordered]), array("i", numbers)


def _flights(sent: list[Flight]) -> tuple[Column, ...]:
    """The columns of the flights, in order of ending; those on the way at the end come last."""
    ordered = sorted(sent, key=lambda flight: (flight.over is None, flight.over or 0))
    fates = {"": 0, "lost": 1, "cut": 2, "down": 3, "dropped": 4, None: 5, "failed": 6}
    return (
        array("i", [flight.seq for flight in ordered]),
        array("i", [NO_ROW if flight.over is None else flight.over for flight in ordered]),
        array("B", [fates.get(flight.fate, 1) for flight in ordered]),
        array("B", [flight.again for flight in ordered]),
    )


def _little_endian(column: Column) -> bytes:
    if sys.byteorder == "big":
        column.byteswap()
    return column.tobytes()


def _texts(rows: list[Row], texts: Table) -> list[int]:
    """For each row the number of its text.  A broadcast message is one object and is formatted once."""
    said: dict[tuple[str, int], int] = {}
    numbers = []
    for _, kind, _, _, _, name, _, data in rows:
        if data is None and kind != STATE:
            numbers.append(NO_ROW)
            continue
        number = said.get((kind, id(data)))
        if number is None:
            number = said[kind, id(data)] = texts[_text(kind, name, data)]
        numbers.append(number)
    return numbers


def _text(kind: str, name: str | None, data: Any) -> str:
    if kind == SEND:
        return in_words(name, data)
    if kind in SPOKEN:
        return noted(name, data)
    return _states(data) if kind in (START, RESTART) else brief(data)


def _states(pairs: Iterable[tuple[str, object]]) -> str:
    return ", ".join(f"{name}={brief(value)}" for name, value in pairs)


def _verdict(verdict: object) -> Meta:
    return {field: getattr(verdict, field) for field in ("name", "status", "at", "event", "because")}


def _fault(fault: FaultSpan) -> Meta:
    return {
        **{"kind": fault.kind, "text": fault.text, "at": fault.since, "until": fault.until},
        **{"lasts": fault.kind in LASTING, "agents": fault.agents, "groups": fault.groups or None},
    }
