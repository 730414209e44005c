"""What the lab of leases lets go wrong: a leader without a lease, a storage that keeps all, clocks, cuts."""

from __future__ import annotations

from math import inf
from typing import Any

from coordlab.labs.declaration import Parameters, numbered
from coordlab.patterns.leases.agents import Heartbeat, Member, RequestVote, Storage, Store, Stored
from coordlab.world.agent import Agent, State

WRONG, CUT = "2..9", "4..9"  # when clocks go wrong, and when 1 is cut off


class Everlasting(Member):
    """Leads until it hears of a later term."""

    def __init__(self, name: str, members: tuple[str, ...], **how: Any) -> None:
        super().__init__(name, members, **how)
        self.held = inf


class Unfenced(Storage):
    """Keeps whatever comes."""

    def on_store(self, sender: str, message: Store) -> Stored:
        self.highest = self.stable["highest"] = message.token
        return Stored(message.token)


class OutOfOrder(Agent):
    """A member that does not work."""

    role = State("is out of order")

    def on_request_vote(self, sender: str, message: RequestVote) -> None: ...

    def on_heartbeat(self, sender: str, message: Heartbeat) -> None: ...


def names(given: Parameters) -> tuple[str, ...]:
    """The names of the members."""
    return numbered("", given["members"])


def faults(given: Parameters) -> tuple[str, ...]:
    """1 is cut off, and the clocks go wrong."""
    first, *others = names(given)
    cuts = {
        "all": [f"partition {first}/{','.join(others)},storage @{CUT}"] if others else [],
        "members": [f"cut {a}>{b} @{CUT}" for each in others for a, b in ((first, each), (each, first))],
        "nobody": [],
    }
    off = round(given["off"], 6)
    rates = [(name, 1 + off) for name in others] + [(first, 1 - off)]
    return (*cuts[given["apart"]], *(f"skew {name} x{rate:g} +0 @{WRONG}" for name, rate in rates if off))
