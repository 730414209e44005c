"""Bully: of fifty agents the highest is down and the lowest calls an election; coordlab's own page of it."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from typing import Any

from coordlab.patterns.bully import Answer, Candidate, Coordinator, Election
from coordlab.world.world import World
from tests.benchmarks.nets import LATENCY, HeapNet, QueueNet, SimpyNet
from tests.benchmarks.workload import MICRO, Target, Workload, account, on_solipsism

AGENTS, PATIENCE = 50, 250_000
MESSAGES = AGENTS**2 - AGENTS - 1  # of one such election
NAMES = [str(rank) for rank in range(1, AGENTS + 1)]
LOWEST, HIGHEST = NAMES[0], NAMES[-1]


class Starter(Candidate):
    """A candidate of which only the lowest starts an election."""

    async def run(self) -> None:
        if self.name == LOWEST:
            await self.call_election()


def coordlab(elections: int) -> list[Any]:
    """The pattern's page, as it stands."""
    return [_world().run().trace.rows for _ in range(elections)]


def _world() -> World:
    world = World(latency=LATENCY / MICRO)
    world.add(Starter(rank, patience=PATIENCE / MICRO) for rank in range(1, AGENTS + 1))
    return world.inject(f"crash {HIGHEST} @0")


class Peer:
    """What all other contenders share: the rules. They differ in how `elect` waits."""

    def __init__(self, net: Any, name: str) -> None:
        self.net, self.name = net, name
        rank = int(name)
        self.lower, self.higher = NAMES[: rank - 1], NAMES[rank:]
        self.role, self.coordinator, self.crowned = "follows", "", 0
        self.holding = False
        self.answers: set[str] = set()

    def turn(self, role: str, coordinator: str) -> None:
        """Change role or coordinator, and record what changed."""
        if role != self.role:
            self.role = role
            self.net.record("state", self.name, "role", role)
        if coordinator != self.coordinator:
            self.coordinator = coordinator
            self.net.record("state", self.name, "coordinator", coordinator or None)

    def receive(self, sender: str, message: Any) -> None:
        """Act upon a message."""
        kind = message.__class__
        if kind is Answer:
            self.answers.add(sender)
            if len(self.answers) == len(self.higher):
                self.all_answered()
        elif kind is Election:
            if not self.holding:
                self.elect()
            self.net.send(self.name, sender, Answer())
        else:
            self.turn("follows", sender)
            self.crowned_other()

    def begin(self) -> None:
        """Ask everybody above."""
        self.holding = True
        self.answers.clear()
        self.turn("electing", "")
        question = Election()
        for peer in self.higher:
            self.net.send(self.name, peer, question)

    def rule(self) -> None:
        """Tell everybody below."""
        self.holding = False
        self.turn("coordinates", self.name)
        for peer in self.lower:
            self.net.send(self.name, peer, Coordinator())

    def time_up(self) -> None:
        """Record that patience is at its end."""
        self.net.record("timer", self.name, "answers to Election", PATIENCE)

    def elect(self) -> None:
        raise NotImplementedError

    def all_answered(self) -> None:
        raise NotImplementedError

    def crowned_other(self) -> None:
        raise NotImplementedError


class HeapPeer(Peer):
    """Waits by callbacks; a timer of an earlier phase is void."""

    phase = 0

    def elect(self) -> None:
        self.begin()
        self.net.after(PATIENCE, self.patience_over, self.phase)

    def patience_over(self, phase: int) -> None:
        if phase == self.phase:
            self.time_up()
            self.all_answered()

    def all_answered(self) -> None:
        self.phase += 1
        if self.answers:
            self.net.after(3 * PATIENCE, self.crown_over, self.phase)
        else:
            self.rule()

    def crown_over(self, phase: int) -> None:
        if phase == self.phase:
            self.elect()

    def crowned_other(self) -> None:
        self.phase += 1
        self.holding = False


class SimpyPeer(Peer):
    """One process serves the inbox, another holds the election and waits for events."""

    def serve(self) -> Generator[Any, Any, None]:
        net, inbox = self.net, self.net.inbox(self.name)
        while True:
            self.receive(*net.handle((yield inbox.get())))

    def elect(self) -> None:
        self.holding = True
        self.net.env.process(self.election())

    def election(self) -> Generator[Any, Any, None]:
        env = self.net.env
        while self.holding:
            self.answered, self.crown = env.event(), env.event()
            self.begin()
            yield self.answered | env.timeout(PATIENCE)
            if not self.answered.triggered:
                self.time_up()
            if not self.answers:
                self.rule()
            else:
                yield self.crown | env.timeout(3 * PATIENCE)
                self.holding = not self.crown.triggered

    def all_answered(self) -> None:
        self.answered.succeed()

    def crowned_other(self) -> None:
        if self.holding:
            self.crown.succeed()


class TaskPeer(Peer):
    """One task serves the inbox, another holds the election and waits for asyncio events."""

    async def serve(self) -> None:
        net, inbox = self.net, self.net.inbox(self.name)
        while True:
            self.receive(*net.handle(await inbox.get()))

    def elect(self) -> None:
        self.holding = True
        self.task = asyncio.create_task(self.election())

    async def election(self) -> None:
        while self.holding:
            self.answered, self.crown = asyncio.Event(), asyncio.Event()
            self.begin()
            if not await self.wait(self.answered, PATIENCE):
                self.time_up()
            if not self.answers:
                self.rule()
            else:
                self.holding = not await self.wait(self.crown, 3 * PATIENCE)

    async def wait(self, event: asyncio.Event, most: int) -> bool:
        try:
            async with asyncio.timeout(most / MICRO):
                return await event.wait()
        except TimeoutError:
            return False

    def all_answered(self) -> None:
        self.answered.set()

    def crowned_other(self) -> None:
        if self.holding:
            self.crown.set()


def bare_heap(elections: int) -> list[Any]:
    """Handlers and timers on a bare heap."""
    return [_heap_election() for _ in range(elections)]


def _heap_election() -> list[Any]:
    net = HeapNet()
    peers = [HeapPeer(net, name) for name in NAMES]
    net.handlers.update({peer.name: peer.receive for peer in peers})
    net.down.add(HIGHEST)
    peers[0].elect()
    return net.run()


def simpy_processes(elections: int) -> list[Any]:
    """SimPy processes, stores and events."""
    return [_simpy_election() for _ in range(elections)]


def _simpy_election() -> list[Any]:
    net = SimpyNet()
    peers = [SimpyPeer(net, name) for name in NAMES]
    for peer in peers:
        net.env.process(peer.serve())
    net.down.add(HIGHEST)
    peers[0].elect()
    return net.run()


async def _task_election() -> list[Any]:
    net = QueueNet()
    peers = [TaskPeer(net, name) for name in NAMES]
    servers = [asyncio.create_task(peer.serve()) for peer in peers]
    net.down.add(HIGHEST)
    peers[0].elect()
    await asyncio.sleep(8 * PATIENCE / MICRO)
    for server in servers:
        server.cancel()
    return net.rows


def solipsism(elections: int) -> list[Any]:
    """Tasks, queues and events on async-solipsism's loop."""
    return [on_solipsism(_task_election()) for _ in range(elections)]


WORKLOAD = Workload(
    title=f"bully, {AGENTS} agents",
    unit="message",
    size=20,
    contenders={
        "bare heap": bare_heap,
        "coordlab": coordlab,
        "SimPy": simpy_processes,
        "async-solipsism": solipsism,
    },
    answer=lambda runs: account(runs[-1]),
    counted=lambda runs: MESSAGES * len(runs),
    targets=(Target("coordlab", "SimPy", 5.0),),
)
