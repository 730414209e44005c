"""What the lab of replicas adds: what the copies are of and who changes them when; and two first tries."""

from __future__ import annotations

from math import log2
from typing import Any

from coordlab.labs.declaration import Parameters, numbered
from coordlab.patterns.replicas.agents import Exchange, Push, Replica
from coordlab.patterns.replicas.rules import LastWriter, ORSet, PNCounter, Replicated, Siblings, Update

APART = 2.0  # when the two halves lose each other; in seconds, as all times here
START: dict[str, Replicated] = {
    "set": ORSet(),
    "last-writer": LastWriter(),
    "siblings": Siblings(),
    "counter": PNCounter(),
}
CITIES = (("first", 0.0, "write", "Rome"), ("first", 3.0, "write", "Oslo"), ("last", 3.2, "write", "Bern"))
CHANGES: dict[str, tuple[tuple[str, float, str, object], ...]] = {
    "set": (
        ("first", 0.0, "add", "milk"),
        ("last", 0.0, "add", "bread"),
        ("first", 3.0, "remove", "milk"),
        ("first", 3.1, "remove", "bread"),
        ("last", 3.2, "add", "milk"),
    ),
    "last-writer": CITIES,
    "siblings": CITIES,
    "counter": (("first", 0.0, "add", 3), ("first", 3.0, "remove", 2), ("last", 3.2, "remove", 2)),
}
"""Who changes what, and when; 0.0 is in the middle of the first period.  At 3 s the halves are apart."""


def names(given: Parameters) -> tuple[str, ...]:
    """The names of the replicas."""
    return numbered("", given["replicas"])


def updates(given: Parameters) -> dict[str, list[Update]]:
    """Who changes what, and when."""
    found: dict[str, list[Update]] = {}
    for who, at, operation, value in CHANGES[given["copies"]]:
        name = names(given)[0 if who == "first" else -1]
        found.setdefault(name, []).append(Update(at or given["period"] / 2, operation, value))
    return found


def within(given: Parameters) -> float:
    """Seconds in which gossip reaches all, with much to spare, also if messages are lost."""
    rounds = (8 + 5 * log2(given["replicas"])) / (1 - given["loss"]) ** 2
    return float(round(given["period"] * rounds, 1))


def faults(given: Parameters) -> tuple[str, ...]:
    """The two halves lose each other for a while, and the clock of 1 is ahead."""
    half, everybody = given["replicas"] // 2, names(given)
    groups = "/".join(",".join(group) for group in (everybody[:half], everybody[half:]))
    parted = [f"partition {groups} @{APART:g}..{APART + given['parted']:g}"] if given["parted"] else []
    return (*parted, *([f"skew 1 x1 +{given['ahead']:g} @0"] if given["ahead"] else []))


class Adopts(Replica):
    """Takes the copy that comes, instead of merging it with its own."""

    def on_push(self, sender: str, message: Push) -> None:
        self.take(message.copy)

    def on_exchange(self, sender: str, message: Exchange) -> Push:
        self.take(message.copy)
        return Push(self.copy)


class Forgets(Replica):
    """Forgets what was removed, to save room."""

    def take(self, copy: Any) -> None:
        """Have this copy without its tombstones."""
        super().take(ORSet(copy.added - copy.removed) if isinstance(copy, ORSet) else copy)
