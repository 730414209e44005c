"""Contract net: a manager announces a task to ten bidders; the cheapest is awarded it and reports it done.

Once without deadlines, and once with a deadline for the bids and another for the report.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from dataclasses import fields, make_dataclass
from functools import partial
from types import SimpleNamespace
from typing import Any

from coordlab.world.agent import Agent
from coordlab.world.message import message
from coordlab.world.world import World
from tests.benchmarks.messages import BUDGET
from tests.benchmarks.nets import LATENCY, HeapNet, QueueNet, SimpyNet
from tests.benchmarks.workload import MICRO, Target, Workload, account, on_solipsism

MANAGER, BIDDERS = "manager", [str(number) for number in range(1, 11)]
PATIENCE = MICRO


@message
class CallForProposals:
    """Who can do this?"""

    task: int


@message
class Propose:
    """I can, at this cost."""

    cost: int


@message
class Award:
    """Do it."""

    task: int


@message
class Done:
    """It is done."""

    task: int


OURS = (CallForProposals, Propose, Award, Done)
PLAIN: Any = SimpleNamespace(  # what others send: dataclasses without our checks
    **{
        each.__name__: make_dataclass(each.__name__, [(part.name, int) for part in fields(each)], frozen=True)
        for each in OURS
    }
)


def cost(bidder: str, task: int) -> int:
    """What a task costs a bidder."""
    return (7919 * task + 104729 * int(bidder)) % 1009


def best(bids: dict[str, Any]) -> str:
    """Who bids least."""
    return min(bids, key=lambda name: (bids[name].cost, name))


def serve(bidder: str, request: Any) -> Any:
    """How a bidder replies, except in our world."""
    if request.__class__ is PLAIN.CallForProposals:
        return PLAIN.Propose(cost(bidder, request.task))
    return PLAIN.Done(request.task)


class HeapManager:
    """The manager as a state machine, called from a bare heap; a timer of an earlier phase is void."""

    def __init__(self, net: HeapNet, rounds: int, patience: int | None) -> None:
        self.net, self.rounds, self.patience = net, rounds, patience
        self.task = self.phase = 0
        self.bids: dict[str, Any] = {}

    def announce(self) -> None:
        self.bids.clear()
        call = PLAIN.CallForProposals(self.task)
        for bidder in BIDDERS:
            self.net.send(MANAGER, bidder, call)
        self.wait()

    def award(self) -> None:
        self.net.send(MANAGER, best(self.bids), PLAIN.Award(self.task))
        self.wait()

    def wait(self) -> None:
        self.phase += 1
        if self.patience is not None:
            self.net.after(self.patience, self.give_up, self.phase)

    def give_up(self, phase: int) -> None:
        if phase == self.phase:
            self.award() if self.bids else self.go_on()

    def go_on(self) -> None:
        self.phase += 1
        self.task += 1
        if self.task < self.rounds:
            self.announce()

    def receive(self, sender: str, reply: Any) -> None:
        if reply.__class__ is PLAIN.Done:
            self.go_on()
            return
        self.bids[sender] = reply
        if len(self.bids) == len(BIDDERS):
            self.award()


def bare_heap(rounds: int, patience: int | None = None) -> list[Any]:
    """Handlers called from a bare heap."""
    net = HeapNet()
    manager, send = HeapManager(net, rounds, patience), net.send

    def bidder(name: str) -> Callable[[str, Any], None]:
        return lambda sender, request: send(name, sender, serve(name, request))

    net.handlers.update({name: bidder(name) for name in BIDDERS})
    net.handlers[MANAGER] = manager.receive
    manager.announce()
    return net.run()


class Manager(Agent):
    """Announces and awards tasks, one after the other."""

    def __init__(self, rounds: int, patience: int | None) -> None:
        super().__init__(MANAGER)
        self.rounds, self.within = rounds, patience and patience / MICRO

    async def run(self) -> None:
        for task in range(self.rounds):
            bids = await self.ask(self.peers, CallForProposals(task), within=self.within)
            if bids:
                await self.ask(best(bids), Award(task), within=self.within)


class Bidder(Agent):
    """Bids for whatever is announced."""

    def on_call_for_proposals(self, sender: str, message: CallForProposals) -> Propose:
        return Propose(cost(self.name, message.task))

    def on_award(self, sender: str, message: Award) -> Done:
        return Done(message.task)


def coordlab(rounds: int, patience: int | None = None) -> list[Any]:
    """A world whose manager asks."""
    world = World(latency=LATENCY / MICRO, budget=BUDGET)
    return world.add(Manager(rounds, patience), map(Bidder, BIDDERS)).run().trace.rows


def simpy_processes(rounds: int, patience: int | None = None) -> list[Any]:
    """SimPy processes with stores."""
    net = SimpyNet()

    def deadline() -> Any:
        return None if patience is None else net.env.timeout(patience)

    def manager() -> Generator[Any, Any, None]:
        inbox = net.inbox(MANAGER)
        for task in range(rounds):
            bids, end, call = dict[str, Any](), deadline(), PLAIN.CallForProposals(task)
            for bidder in BIDDERS:
                net.send(MANAGER, bidder, call)
            while len(bids) < len(BIDDERS) and (arrived := (yield from net.take(inbox, end))):
                bids[arrived[0]] = arrived[1]
            if bids:
                net.send(MANAGER, best(bids), PLAIN.Award(task))
                yield from net.take(inbox, deadline())

    def bidder(name: str) -> Generator[Any, Any, None]:
        inbox = net.inbox(name)
        while True:
            sender, request = net.handle((yield inbox.get()))
            net.send(name, sender, serve(name, request))

    for name in BIDDERS:
        net.env.process(bidder(name))
    net.env.process(manager())
    return net.run()


async def _collect(
    net: QueueNet, inbox: asyncio.Queue[Any], wanted: int, patience: int | None
) -> dict[str, Any]:
    replies: dict[str, Any] = {}
    try:
        async with asyncio.timeout(patience and patience / MICRO):
            while len(replies) < wanted:
                sender, reply = net.handle(await inbox.get())
                replies[sender] = reply
    except TimeoutError:
        pass
    return replies


async def _tasks(rounds: int, patience: int | None) -> list[Any]:
    net = QueueNet()

    async def manager() -> None:
        inbox = net.inbox(MANAGER)
        for task in range(rounds):
            call = PLAIN.CallForProposals(task)
            for bidder in BIDDERS:
                net.send(MANAGER, bidder, call)
            bids = await _collect(net, inbox, len(BIDDERS), patience)
            if bids:
                net.send(MANAGER, best(bids), PLAIN.Award(task))
                await _collect(net, inbox, 1, patience)

    async def bidder(name: str, inbox: asyncio.Queue[Any]) -> None:
        while True:
            sender, request = net.handle(await inbox.get())
            net.send(name, sender, serve(name, request))

    bidders = [asyncio.create_task(bidder(name, net.inbox(name))) for name in BIDDERS]
    await manager()
    for task in bidders:
        task.cancel()
    return net.rows


def solipsism(rounds: int, patience: int | None = None) -> list[Any]:
    """Tasks with queues, on async-solipsism's loop."""
    return on_solipsism(_tasks(rounds, patience))


CONTENDERS = {
    "bare heap": bare_heap,
    "coordlab": coordlab,
    "SimPy": simpy_processes,
    "async-solipsism": solipsism,
}
WORKLOAD = Workload(
    title="contract net",
    unit="round",
    size=20_000,
    contenders={**CONTENDERS},
    answer=account,
    targets=(Target("coordlab", "SimPy", 5.0),),
)
WITH_DEADLINES = Workload(
    title="contract net with deadlines",
    unit="round",
    size=20_000,
    contenders={name: partial(run, patience=PATIENCE) for name, run in CONTENDERS.items()},
    answer=account,
    targets=(Target("coordlab", "SimPy", 5.0),),
    notes={"SimPy": "the manager yields `inbox.get() | deadline`, as the manual has it"},
)
