"""The pictures of the ring: the ranks under way, what each member did with them; and what is counted."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import takewhile

from coordlab.labs.declaration import Parameters
from coordlab.labs.views import Cell, Graph, Mark, Table, states
from coordlab.patterns.bully.pictures import TONES
from coordlab.trace.trace import DELIVER, DROP, FAULT, HANDLE, SEND, Selection, Trace

ROUND = ("Election", "Elected")  # the messages that go round the ring


def first(trace: Trace, name: str) -> Selection:
    """The messages of this name that are sent before the first fault."""
    struck = trace.select(kind=FAULT)
    return trace.select(name, kind=SEND, before=struck[0].time if struck else trace.until + 1)


def over(trace: Trace) -> bool:
    """Whether the first election is over before the first fault: the news has come round."""
    struck = trace.select(kind=FAULT)
    before = struck[0].time if struck else trace.until
    news = trace.select("Elected", kind=HANDLE, before=before)
    return any(str(event.content.rank) == event.agent for event in news)


def again(trace: Trace) -> bool:
    """Whether anybody takes part twice before the first fault."""
    calm = takewhile(lambda event: event.kind != FAULT, trace)
    took_part = Counter(event.agent for event in calm if ("role", "electing") in states(event))
    return max(took_part.values(), default=0) > 1


def ring(given: Parameters, trace: Trace) -> Graph:
    """The ring, what each member does, and the rank that is on its way to the next."""
    names = trace.agents
    circle = [(name, names[(place + 1) % len(names)]) for place, name in enumerate(names)]
    marks, under_way = list[Mark](), defaultdict[tuple[str, str], dict[int | None, str]](dict)
    for event in trace:
        agent, peer = str(event.agent), str(event.peer)
        marks += [
            Mark(event.seq, agent, value, TONES.get(value, "down"))
            for state, value in states(event)
            if state == "role"
        ]
        if event.name not in ROUND or event.kind not in (SEND, DELIVER, DROP):
            continue
        link = (agent, peer) if event.kind == SEND else (peer, agent)
        if event.kind == SEND:
            under_way[link][event.message] = f"{event.content.rank}{'!' if event.name == 'Elected' else ''}"
        else:
            under_way[link].pop(event.message, None)
        words = ", ".join(under_way[link].values())
        tone = "active" if words else "normal" if link in circle else ""
        marks.append(Mark(event.seq, link, words, tone))
    edges = dict.fromkeys([*circle, *(mark.what for mark in marks if isinstance(mark.what, tuple))])
    edges = {edge: None for edge in edges if edge[0] != edge[1]}
    marks = [mark for mark in marks if isinstance(mark.what, str) or mark.what in edges]
    return Graph(names, tuple(edges), tuple(marks), "ring")


def ranks(given: Parameters, trace: Trace) -> Table:
    """Whom each follows, and how many ranks it has sent on and held back."""
    cells, counts, electing = list[Cell](), Counter[tuple[str, str]](), dict[str, bool]()
    for event in trace:
        agent = str(event.agent)
        for state, value in states(event):
            if state == "role":
                electing[agent] = value == "electing"
                cells.append(Cell(event.seq, agent, "does", value, TONES.get(value, "down")))
            elif state == "coordinator":
                cells.append(Cell(event.seq, agent, "follows", value or ""))
        lower = event.name == "Election" and event.kind == HANDLE and event.content.rank < int(agent)
        sent = event.name == "Election" and event.kind == SEND
        if sent or (lower and electing.get(agent)):
            column = "ranks sent" if sent else "held back"
            counts[agent, column] += 1
            cells.append(Cell(event.seq, agent, column, str(counts[agent, column])))
    return Table(trace.agents, ("does", "follows", "ranks sent", "held back"), tuple(cells), "rank")
