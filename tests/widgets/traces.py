"""Traces for tests of the player: a bully election of any length and size, written by a small simulation."""

from __future__ import annotations

import heapq
import random
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from coordlab.trace.trace import MICRO, Row, Trace
from coordlab.widgets.encoding import Branch, first_difference, pack


@dataclass(frozen=True)
class Election:
    """Is anyone above me alive?"""

    term: int = 1


@dataclass(frozen=True)
class Answer:
    """I am, and I outrank you: stand back."""


@dataclass(frozen=True)
class Coordinator:
    """I coordinate from now on."""

    term: int = 1


@dataclass(frozen=True)
class Ping:
    """Are you still there?"""


@dataclass(frozen=True)
class Pong:
    """I am."""


SAYS = {kind.__name__: str(kind.__doc__) for kind in (Election, Answer, Coordinator, Ping, Pong)}
TEMPLATES = {
    "start": "{agent} joins.",
    "crash": "{agent} crashes.",
    "restart": "{agent} comes back.",
    "send": "{agent} tells {peer}: {says}",
    "deliver": "{peer}'s {name} reaches {agent}.",
    "drop": "{peer}'s {name} never reaches {agent}: {data}.",
    "handle": "{agent} acts on {peer}'s {name}: {says}",
    "timer": "{agent} has waited {data} s for {name}.",
    "state": "{agent}: {name} is now {data}.",
    "decision": "{agent} decides: {data}",
    "note": "{agent} notes: {data}",
    "fault": "From outside: {data}.",
    "heal": "Over: {data}.",
}


class Simulation:
    """Simulates an election with a queue of events and its own random numbers."""

    def __init__(self, agents: int, until: float, seed: int, crash: bool = True, parted: bool = True) -> None:
        self.names = tuple(str(rank) for rank in range(1, agents + 1))
        self.until, self.dice = int(until * MICRO), random.Random(seed)
        self.rows: list[Row] = []
        self.heap: list[tuple[int, int, Any, tuple[Any, ...]]] = []
        self.ticket = self.messages = self.term = 0
        self.role = dict.fromkeys(self.names, "follows")
        self.up = dict.fromkeys(self.names, True)
        self.parted: tuple[frozenset[str], ...] = ()
        self.plan(crash, parted)

    def at(self, time: int, act: Any, *what: Any) -> None:
        self.ticket += 1
        heapq.heappush(self.heap, (time, self.ticket, act, what))

    def plan(self, crash: bool, parted: bool) -> None:
        last = self.names[-1]
        for name in self.names:
            self.at(0, self.start, name)
        self.at(1, self.elect, self.names[0], None)
        for second in range(1, self.until // MICRO):
            self.at(second * MICRO, self.heartbeat)
        if crash:
            self.at(3 * MICRO, self.crash, last)
            self.at(9 * MICRO, self.restart, last)
        if parted:
            self.at(12 * MICRO, self.part)
            self.at(15 * MICRO, self.heal)

    def tell(
        self,
        now: int,
        kind: str,
        agent: Any = None,
        peer: Any = None,
        message: Any = None,
        name: Any = None,
        cause: Any = None,
        data: Any = None,
    ) -> int:
        self.rows.append((now, kind, agent, peer, message, name, cause, data))
        return len(self.rows) - 1

    def run(self) -> Trace:
        while self.heap and self.heap[0][0] < self.until:
            now, _, act, what = heapq.heappop(self.heap)
            act(now, *what)
        return Trace(self.rows, self.names, SAYS, self.until / MICRO)

    def start(self, now: int, name: str) -> None:
        self.tell(now, "start", name, name="Candidate", data=(("role", "follows"), ("coordinator", None)))

    def become(self, now: int, name: str, role: str, cause: Any) -> int:
        if self.role[name] == role:
            return cause
        self.role[name] = role
        return self.tell(now, "state", name, name="role", cause=cause, data=role)

    def elect(self, now: int, name: str, cause: Any) -> None:
        if not self.up[name] or self.role[name] == "electing":
            return
        self.term += 1
        seq = self.tell(
            now, "decision", name, cause=cause, data="the coordinator is silent: I call an election"
        )
        seq = self.become(now, name, "electing", seq)
        for other in self.names[self.names.index(name) + 1 :]:
            self.send(now, name, other, Election(self.term), seq)
        self.at(now + 250_000, self.settle, name, seq)

    def settle(self, now: int, name: str, cause: int) -> None:
        if not self.up[name] or self.role[name] != "electing":
            return
        seq = self.tell(now, "timer", name, name="Answer", cause=cause, data=0.25)
        above = self.names[self.names.index(name) + 1 :]
        if any(self.up[other] and not self.apart(name, other) for other in above):
            self.become(now, name, "follows", seq)
            return
        seq = self.become(now, name, "coordinates", seq)
        for other in self.names:
            if other != name:
                self.send(now, name, other, Coordinator(self.term), seq)

    def apart(self, one: str, other: str) -> bool:
        return bool(self.parted) and not any(one in side and other in side for side in self.parted)

    def send(self, now: int, agent: str, peer: str, data: Any, cause: Any) -> None:
        self.messages += 1
        number, name = self.messages, type(data).__name__
        seq = self.tell(now, "send", agent, peer, number, name, cause, data)
        delay = self.dice.randint(10_000, 60_000)
        lost = "cut" if self.apart(agent, peer) else "lost" if self.dice.random() < 0.04 else None
        self.at(now + delay, self.arrive, agent, peer, number, name, seq, lost)
        if self.dice.random() < 0.03:
            self.at(now + delay + 40_000, self.arrive, agent, peer, number, name, seq, None)

    def arrive(self, now: int, agent: str, peer: str, number: int, name: str, cause: int, lost: Any) -> None:
        reason = lost or (None if self.up[peer] else "down")
        if reason:
            self.tell(now, "drop", peer, agent, number, name, cause, reason)
            return
        seq = self.tell(now, "deliver", peer, agent, number, name, cause)
        seq = self.tell(now, "handle", peer, agent, number, name, seq)
        if name == "Election":
            self.send(now, peer, agent, Answer(), seq)
            self.elect(now, peer, seq)
        elif name == "Ping":
            self.send(now, peer, agent, Pong(), seq)
        elif name == "Coordinator":
            self.become(now, peer, "follows", seq)

    def heartbeat(self, now: int) -> None:
        up = [name for name in self.names if self.up[name]]
        for name in up:
            chief = next(
                (c for c in reversed(up) if self.role[c] == "coordinates" and not self.apart(name, c)), None
            )
            if chief is None and name == up[0]:
                self.elect(now + 1, name, None)
            elif chief is not None and chief != name:
                self.send(now, name, chief, Ping(), self.tell(now, "timer", name, name="heartbeat", data=1.0))

    def crash(self, now: int, name: str) -> None:
        seq = self.tell(now, "fault", name, name="Crash", data=f"crash {name} @{now // MICRO}")
        self.tell(now, "crash", name, cause=seq)
        self.up[name], self.role[name] = False, "down"
        self.at(now + 413_000, self.elect, self.names[-2], seq)

    def restart(self, now: int, name: str) -> None:
        seq = self.tell(now, "fault", name, name="Restart", data=f"restart {name} @{now // MICRO}")
        states = (("role", "follows"), ("coordinator", None))
        seq = self.tell(now, "restart", name, name="Candidate", cause=seq, data=states)
        self.up[name], self.role[name] = True, "follows"
        self.elect(now, name, seq)

    def part(self, now: int) -> None:
        sides = self.names[:2], self.names[2:]
        self.parted = tuple(map(frozenset, sides))
        self.text = f"partition {'/'.join(map(','.join, sides))} @12..15"
        self.tell(now, "fault", self.names[0], name="Partition", data=self.text)
        self.at(now + 200_000, self.elect, self.names[1], None)

    def heal(self, now: int) -> None:
        self.parted = ()
        self.tell(now, "heal", self.names[0], name="Partition", data=self.text)


def election(
    agents: int = 5, until: float = 20, seed: int = 11, crash: bool = True, parted: bool = True
) -> Trace:
    """An election with a crash at 3 s, a restart at 9 s, a partition from 12 to 15 s, and losses."""
    return Simulation(agents, until, seed, crash, parted).run()


def long_election(events: int) -> Trace:
    """The first `events` events of a long election among twelve agents."""
    trace = election(agents=12, until=events / 60)
    rows = trace.rows[:events]
    return Trace(rows, trace.agents, trace.says, rows[-1][0] / MICRO)


def verdicts(trace: Trace) -> list[SimpleNamespace]:
    """Verdicts of each status, one of them with an event."""
    broken = next((event for event in trace if event.kind == "state" and event.time > 12), trace[0])
    why = f"{broken.agent} and another both coordinate: neither hears the other across the partition."
    rows = (
        ("one coordinator at a time", "violated", broken.time, broken.seq, why),
        ("highest alive rules", "holds", None, None, "held throughout"),
        ("agreement within 1.5 s", "holds", 3.8, None, "agreed after 0.73 s"),
        ("all follow the same", "undecided", None, None, "the run ended first"),
    )
    fields = ("name", "status", "at", "event", "because")
    return [SimpleNamespace(**dict(zip(fields, row, strict=True))) for row in rows]


def branch(
    trace: Trace,
    name: str = "run",
    parent: int | None = None,
    divergence: dict[str, Any] | None = None,
    **about: Any,
) -> Branch:
    """`trace` as a branch with title, line, verdicts and measures."""
    measures = [("messages", trace.count("send"), "≤ 27"), ("silence until agreement", "0.73 s", None)]
    words = {
        "title": "Bully election",
        "question": "Who leads when the leader falls silent, and what does it cost?",
        "line": "bully agents=5 loss=4% seed=11 | crash 5 @3 | restart 5 @9",
        "verdicts": verdicts(trace) if len(trace) else [],
        "measures": measures,
        "templates": TEMPLATES,
        "lanes": tuple(reversed(trace.agents)),
        **about,
    }
    return Branch(pack(trace, **words), name, parent, divergence)


def family() -> list[Branch]:
    """The run without faults, and its branch with them."""
    calm, struck = election(crash=False, parted=False), election()
    return [
        branch(calm, "recorded run", line="bully agents=5 loss=4% seed=11"),
        branch(struck, "crash 5 at 3 s, back at 9 s", parent=0, divergence=first_difference(struck, calm)),
    ]
