"""What one sees of a chat: what was said and what each turn read; and what is counted."""

from __future__ import annotations

from coordlab.labs import declaration as lab
from coordlab.labs.views import Cell, Curves, Table
from coordlab.patterns.group_chat import rules
from coordlab.patterns.group_chat.lab_agents import RIGHT
from coordlab.patterns.orchestration.rules import Utterance
from coordlab.patterns.orchestration.turns import is_turn, result
from coordlab.properties import recorded
from coordlab.trace.trace import Trace


def turns(trace: Trace) -> list[tuple[int, str, int, int]]:
    """For each turn of a member: the event, the member, and how many messages and tokens it reads."""
    floor = [event for event in trace.select("Turn", kind="send") if is_turn(event) and event.peer != "host"]
    return [(e.seq, str(e.peer), len(e.content.context), e.content.tokens) for e in floor]


def said(trace: Trace) -> list[tuple[int, float, Utterance]]:
    """What members have said: the event, the time, and the utterance."""
    spoken = [(event.seq, event.time, event.data) for event in recorded(trace, "Utterance")]
    return [each for each in spoken if each[2].agent != rules.USER]


def right(trace: Trace) -> float | None:
    """The share of the members whose last answer is right; None until one has spoken."""
    last = {each.agent: each.content for _, _, each in said(trace)}
    return round(list(last.values()).count(RIGHT) / len(last), 3) if last else None


def why(trace: Trace) -> str | None:
    """Why the chat ended."""
    ended = result(trace)
    return str(ended.reason) if ended else None


def transcript(_: lab.Parameters, trace: Trace) -> Table:
    """Who said what, and what each turn read."""
    cells = []
    for number, (event, name, messages, tokens) in enumerate(turns(trace), 1):
        read = {"speaker": name, "reads": str(messages), "tokens": str(tokens)}
        cells += [Cell(event, str(number), column, text) for column, text in read.items()]
    for number, (event, _time, each) in enumerate(said(trace), 1):
        tone = "active" if each.content == RIGHT else "no"
        cells.append(Cell(event, str(number), "says", str(each.content), tone))
    rows = tuple(dict.fromkeys(cell.row for cell in cells))
    return Table(rows, ("speaker", "says", "reads", "tokens"), tuple(sorted(cells)), head="turn")


def read_so_far(_: lab.Parameters, trace: Trace) -> Curves:
    """Messages read by all members together."""
    points, total = [(0.0, 0.0)], 0
    for event, _name, messages, _tokens in turns(trace):
        total += messages
        points.append((trace[event].time, float(total)))
    return Curves({"messages read": tuple(points)}, unit="messages")
