"""The pictures of planning, the tree of tasks and the facts; and what is counted for them."""

from __future__ import annotations

from collections.abc import Iterator

from coordlab.labs.declaration import Parameters
from coordlab.labs.views import BEFORE, Cell, Graph, Mark, Table
from coordlab.patterns.htn.rules import Task, said
from coordlab.properties import recorded
from coordlab.trace.trace import HANDLE, SEND, START, STATE, Event, Trace, brief


def searches(trace: Trace) -> list[Event]:
    """The plans, and what was given up after a search."""
    return [event for event in recorded(trace, "Planned", "GivenUp") if event.data.tried]


def first_effort(trace: Trace) -> int | None:
    """How often the first search tried an action or a method; None if there was no search."""
    return next((event.data.tried for event in searches(trace)), None)


def actions_tried(trace: Trace) -> int:
    """How many actions were asked for, each once however often it was asked."""
    return len({(event.agent, event.data.number) for event in trace.select("Do", kind=SEND)})


def done_at(trace: Trace) -> float | None:
    """When all tasks were done, in seconds; None if they were not."""
    ends = [event.time for event in trace.select("role", kind=STATE) if event.data == "done"]
    return round(ends[0], 3) if ends else None


class _Tree:
    """Trees of tasks, one for each search; each node has a name of its own, edges lead to the parts."""

    def __init__(self) -> None:
        self.nodes: dict[str, None] = {}
        self.edges: list[tuple[str, str]] = []
        self.marks: list[Mark] = []

    def add(self, event: int, name: str, parent: str, text: str, tone: str = "idle") -> str:
        """A new node below another one ("": a root), and its edge, which appear with an event."""
        same = sum(each == name or each.startswith(f"{name} (") for each in self.nodes)
        node = f"{name} ({same + 1})" if same else name
        self.nodes[node] = None
        self.marks.append(Mark(event, node, text, tone))
        if parent:
            self.edges.append((parent, node))
            self.marks.append(Mark(event, (parent, node)))
        return node

    def grow(self, event: Event) -> Iterator[str]:
        """The tree of one search, with what was in its way; gives its actions in order.

        The name of the one who plans is left out: it would be in every node.
        """
        told, who = event.data, str(event.agent)
        plan = hasattr(told, "plan")
        root = self.add(event.seq, "plan" if plan else "no plan", "", "", "normal" if plan else "failed")
        path, places = [root], dict[object, str]()
        for row in getattr(told, "chosen", ()):
            del path[row.level + 1 :]
            node = self.add(event.seq, _without(who, row.task), path[-1], row.by)
            path.append(node)
            places.setdefault(row.task, node)
            if not row.by:
                yield node
        for each in told.refusals:
            action = each.by == each.task[0]
            name = _without(who, each.task) if action else each.by
            why = each.because.removeprefix(f"{who} ")
            self.add(event.seq, name, places.get(each.task, root), why, "failed")


def _without(who: str, task: Task) -> str:
    return said(tuple(each for each in task if each != who))


def tree(_: Parameters, trace: Trace) -> Graph:
    """The tasks of each plan, by which methods, what was in the way, and what became of the actions."""
    made, left, now, number = _Tree(), list[str](), "", 0
    found = {event.seq: event for event in searches(trace)}
    for event in trace:
        if event.seq in found:
            left = list(made.grow(found[event.seq]))
        elif event.kind == SEND and event.name == "Do" and event.data.number > number and left:
            now, number = left.pop(0), event.data.number
            made.marks.append(Mark(event.seq, now, "doing", "active"))
        elif event.kind == HANDLE and event.name in ("Done", "Failed") and now:
            failed = event.name == "Failed"
            text, tone = (event.content.because, "failed") if failed else ("done", "normal")
            made.marks.append(Mark(event.seq, now, text, tone))
            now = ""
    return Graph(tuple(made.nodes), tuple(made.edges), tuple(made.marks), layout="tree")


def facts(_: Parameters, trace: Trace) -> Table:
    """The facts at the environment, first those that change; the new values stand out."""
    cells, known = list[Cell](), dict[str, str]()
    shown = ((event, dict(event.data).get("facts")) for event in trace.select(kind=START, agent="site"))
    for event, pairs in (*shown, *((each, each.data) for each in trace.select("facts", kind=STATE))):
        seq = BEFORE if event.kind == START else event.seq
        for name, value in _in_words(pairs or ()):
            if known.get(name) != value:
                cells.append(Cell(seq, name, "is", value, "active" if name in known else "normal"))
                known[name] = value
    changed = dict.fromkeys(cell.row for cell in cells if cell.event != BEFORE)
    return Table(tuple({**changed, **known}), ("is",), tuple(cells), head="fact")


def _in_words(pairs: tuple[tuple[object, object], ...]) -> Iterator[tuple[str, str]]:
    for name, value in pairs:
        words = " ".join(map(str, name)) if isinstance(name, tuple) else str(name)
        yield words, brief(value)
