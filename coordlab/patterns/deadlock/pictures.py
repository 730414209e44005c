"""What is counted in a run of the deadlock lab, who waits for whom, and who holds which fork."""

from __future__ import annotations

from coordlab.labs.views import BEFORE, Bar, Graph, Mark, Spans
from coordlab.patterns.deadlock import checks
from coordlab.trace.trace import HANDLE, SEND, STATE, Trace


def cycles(trace: Trace) -> list[tuple[float, float]]:
    """When each deadlock began, and when it was over or the run ended, in seconds."""
    found: list[tuple[float, float]] = []
    began: float | None = None
    for event, stuck in checks.deadlocks(trace):
        if stuck and began is None:
            began = event.time
        elif not stuck and began is not None:
            found.append((began, event.time))
            began = None
    return found if began is None else [*found, (began, trace.until)]


def longest(trace: Trace) -> float:
    """Seconds that the longest deadlock lasted; 0 if there was none."""
    return max((round(end - began, 3) for began, end in cycles(trace)), default=0.0)


def victims(trace: Trace) -> int:
    """How many gave up, or were chosen to go back."""
    return trace.count("GaveUp") + sum(len(event.data.victims) for event in trace.select("Deadlock"))


def false_victims(trace: Trace) -> int:
    """How many of them were in no deadlock, and so would have got their forks."""
    found = 0
    for event, waits in checks.waiting(trace, "GaveUp", "Deadlock"):
        keys = event.data.victims if event.name == "Deadlock" else (event.data.key,)
        found += sum(key not in checks.stuck(waits) for key in keys)
    return found


def of_a_look(trace: Trace) -> float | None:
    """Messages of the first look; None without a coordinator."""
    looks = trace.select("Look", kind=SEND)
    if not looks:
        return None
    asked = sum(event.time == looks[0].time for event in looks)
    return asked + min(asked, trace.count("Table"))


ROLES = {"thinks": "idle", "waits": "between", "works": "active", "is done": "normal"}


def workers(trace: Trace) -> tuple[str, ...]:
    """The names of those who take forks."""
    return tuple(each for each in trace.agents if each.startswith("p"))


def waits(trace: Trace) -> Graph:
    """The wait-for graph: an arrow from each worker to the one that holds what it waits for."""
    crew = workers(trace)
    neighbours = [(who, crew[index - 1]) for index, who in enumerate(crew)]
    edges = tuple(dict.fromkeys(pair for one, other in neighbours for pair in ((one, other), (other, one))))
    marks = [Mark(BEFORE, edge, "", "") for edge in edges]
    marks += [Mark(BEFORE, who, "thinks", ROLES["thinks"]) for who in crew]
    roles, drawn = dict.fromkeys(crew, "thinks"), Arrows(trace)
    for event in trace:
        drawn.locks.take(event)
        if event.kind == STATE and event.name == "role" and event.agent in roles:
            roles[event.agent] = str(event.data)
            marks.append(Mark(event.seq, event.agent, *_shown(event.agent, roles, drawn.stuck)))
        elif event.kind in (SEND, HANDLE) and event.name in ("Request", "Release", "Granted"):
            edges_now, turned = drawn.turn()
            marks += [Mark(event.seq, *each) for each in edges_now]
            marks += [Mark(event.seq, each, *_shown(each, roles, drawn.stuck)) for each in turned]
    return Graph(crew, edges, tuple(marks), layout="ring")


class Arrows:
    """Who waits for whom, by name, as far as `locks` was told, and who is stuck."""

    def __init__(self, trace: Trace) -> None:
        self.locks = checks.Locks(trace)
        self.now: dict[tuple[str, str], bool] = {}  # each arrow, and whether it is of a deadlock
        self.stuck: set[str] = set()

    def turn(self) -> tuple[list[tuple[tuple[str, str], str, str]], list[str]]:
        """The arrows that have changed, with word and tone, and those who are stuck now, or no longer."""
        waits = self.locks.waits
        stuck = {_worker(key) for key in checks.stuck(waits)}
        pairs = [(_worker(key), _worker(each)) for key, wait in waits.items() for each in wait.on]
        now = {pair: pair[0] in stuck for pair in pairs}
        gone = [(edge, "", "") for edge in self.now if edge not in now]
        new = [edge for edge, red in now.items() if self.now.get(edge) is not red]
        turned = sorted(stuck ^ self.stuck)
        self.now, self.stuck = now, stuck
        return [*gone, *((edge, "waits for", "stuck" if now[edge] else "between") for edge in new)], turned


def _worker(key: str) -> str:
    return key.rpartition(".")[0]


def _shown(who: str, roles: dict[str, str], stuck: set[str]) -> tuple[str, str]:
    """The word and the tone of a worker."""
    return ("is stuck", "stuck") if who in stuck else (roles[who], ROLES[roles[who]])


def forks(trace: Trace) -> Spans:
    """Who holds each fork, and when: a bar with the name of the worker."""
    lanes = tuple(each for each in trace.agents if each.startswith("fork"))
    locks, held, bars = checks.Locks(trace), dict[str, tuple[str, float]](), list[Bar]()
    for event in trace:
        locks.take(event)
        lock = str(event.agent)
        if lock in lanes and event.kind in (SEND, HANDLE):
            holder = next((_worker(key) for key in locks.holders[lock]), "")
            before, since = held.get(lock, ("", 0.0))
            if holder != before:
                if before:
                    bars.append(Bar(lock, since, event.time, before, "active"))
                held[lock] = holder, event.time
    bars += [Bar(lock, since, None, who, "active") for lock, (who, since) in held.items() if who]
    return Spans(lanes, tuple(bars))
