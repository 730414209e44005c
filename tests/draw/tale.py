"""Traces written by hand, so that a test knows each mark of a drawing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from coordlab.trace.trace import MICRO, Trace


@dataclass(frozen=True)
class Hello:
    """Hello!"""


class Tale:
    """Collects events in any order, and makes a trace of them."""

    def __init__(self, *agents: str, role: str | None = "idle", until: float = 10.0) -> None:
        self.agents, self.until, self.number = agents, until, 0
        self.events: list[tuple[float, list[Any], Any]] = []
        for agent in agents:
            self.tell(0, "start", agent, name="A", data=(("role", role),) if role else ())

    def tell(self, at: float, kind: str, agent: str, cause: Any = None, **more: Any) -> list[Any]:
        row = [kind, agent, *(more.get(column) for column in ("peer", "message", "name")), more.get("data")]
        self.events.append((at, row, cause))
        return row

    def send(
        self, at: float, sender: str, to: str, *arrivals: float, fate: str | None = None, name: str = "Hello"
    ) -> list[Any]:
        """A message and its arrivals; with a `fate` the last one is a drop."""
        self.number += 1
        which = {"message": self.number, "name": name}
        sent = self.tell(at, "send", sender, peer=to, data=Hello(), **which)
        for number, arrival in enumerate(arrivals, 1):
            lost = fate is not None and number == len(arrivals)
            self.tell(
                arrival,
                "drop" if lost else "deliver",
                to,
                sent,
                peer=sender,
                data=fate if lost else None,
                **which,
            )
        return sent

    def turn(self, at: float, agent: str, role: str, state: str = "role") -> Tale:
        self.tell(at, "state", agent, name=state, data=role)
        return self

    def crash(self, at: float, agent: str, until: float | None = None) -> Tale:
        self.tell(
            at, "crash", agent, self.tell(at, "fault", agent, name="Crash", data=f"crash {agent} @{at:g}")
        )
        if until is not None:
            self.tell(until, "restart", agent, name="A", data=(("role", "idle"),))
        return self

    def fault(self, kind: str, text: str, agent: str, at: float, until: float | None = None) -> Tale:
        self.tell(at, "fault", agent, name=kind, data=text)
        if until is not None:
            self.tell(until, "heal", agent, name=kind, data=text)
        return self

    @property
    def trace(self) -> Trace:
        events = sorted(self.events, key=lambda event: event[0])
        seq = {id(row): number for number, (_, row, _) in enumerate(events)}
        rows = [(round(at * MICRO), *row[:5], seq.get(id(cause)), row[5]) for at, row, cause in events]
        return Trace(rows, self.agents, {"Hello": "Hello!"}, self.until)


def small() -> Tale:
    """Three agents; b crashes and restarts; two of five messages are not delivered, one is on the way."""
    tale = Tale("a", "b", "c").crash(3, "b", until=5).turn(1, "a", "busy").turn(6, "a", "idle")
    tale.send(1, "a", "b", 1.5)
    tale.send(2, "a", "c", 2.5, 2.7)
    tale.send(2.5, "c", "b", 3.5, fate="down")
    tale.send(6, "c", "a", 7, fate="lost")
    tale.send(9.8, "a", "c")
    return tale
