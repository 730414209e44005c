"""What the lab adds: contractors with prices of their own, and agents of a first try."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from coordlab.labs.declaration import Parameters, numbered
from coordlab.patterns.contract_net.agents import Manager
from coordlab.patterns.contract_net.contractor import CallForProposals, Contractor
from coordlab.patterns.contract_net.rules import (
    OUTBID,
    Bid,
    Bids,
    Commitments,
    Policy,
    Scoring,
    Task,
    Weighted,
    by_priority,
)
from coordlab.world.agent import State
from coordlab.world.dice import dice

VERSIONS = ("textbook", "eager", "first-come", "silent", "planned")
SCORINGS: dict[str, Scoring] = {
    "cheapest": Weighted(1.0),
    "fastest": Weighted(0.0, 1.0),
    "by-priority": by_priority,
}
CALLS = ("by-chance", "alike", "one-by-one")


class Digger(Contractor):
    """Asks a price of its own for each task.

    terms: the price of each task by its name; in its state, so that the trace knows them.
    seconds: how long it works on a task.
    """

    terms = State[tuple[tuple[str, float], ...]](())

    def __init__(self, name: str, terms: Mapping[str, float], seconds: float = 1.0, **settings: Any) -> None:
        super().__init__(name, Bid(1.0, seconds), **settings)
        self.terms = tuple(terms.items())

    def bid_for(self, call: CallForProposals) -> Bid:
        """The price of the task, and the time."""
        return replace(self.bid, cost=dict(self.terms).get(call.task.name, self.bid.cost))


class Unkept(Commitments):
    """Keeps no room for what was proposed."""

    def hold(self, conversation: str, until: float) -> None: ...


class Eager(Digger):
    """A first try: it proposes whenever it does not work, as often as it is called."""

    def __init__(self, *given: Any, **settings: Any) -> None:
        super().__init__(*given, **settings)
        self.commitments = Unkept(self.capacity)


class Silent(Manager):
    """A first try: it tells the winner, and nobody else."""

    def reject(self, conversation: str, contractors: Iterable[str], reason: str = OUTBID) -> None: ...


def first_come(_: Task, bids: Bids) -> dict[str, float]:
    """The earlier a bid came, the better."""
    return {name: 1 - place / len(bids) for place, name in enumerate(bids)}


def managers(given: Parameters) -> tuple[str, ...]:
    """One that calls for all tasks one by one, or one for each task."""
    alone = given["calls"] == "one-by-one" and given["version"] != "planned"
    return numbered("m", 1 if alone else given["tasks"])


def prices_of_all(seed: int, tasks: int, contractors: int) -> dict[str, dict[str, float]]:
    """What each contractor asks for each task: exponential with mean 1, whatever the others ask."""
    drawn = {name: dice(seed, "prices", name) for name in numbered("c", contractors)}
    return {
        who: {task: round(draw.expovariate(1.0), 2) for task in numbered("t", tasks)}
        for who, draw in drawn.items()
    }


def policy_of(given: Parameters) -> Policy:
    """How the managers of a setting call and award."""
    return Policy(SCORINGS[given["scoring"]], given["deadline"], attempts=given["attempts"])
