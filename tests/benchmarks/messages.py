"""Messages: ten agents in a ring pass twenty tokens on; every sending, delivery and handling is recorded."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from typing import Any

from coordlab.world.agent import Agent
from coordlab.world.message import message
from coordlab.world.world import Budget, World
from tests.benchmarks.nets import LATENCY, HeapNet, QueueNet, SimpyHandlers, SimpyNet
from tests.benchmarks.workload import MICRO, Target, Workload, account, on_solipsism

AGENTS, TOKENS = 10, 2
BUDGET = Budget(events=10**9, wall=3600.0)


@message
class Token:
    """Pass me on."""


TOKEN = Token()
RING = [(str(number), str((number + 1) % AGENTS)) for number in range(AGENTS)]


def passer(send: Callable[[str, str, Any], None], name: str, to: str, quota: int) -> Callable[..., None]:
    """A handler that passes tokens on until its quota is used up; has sent its first ones."""
    for _ in range(TOKENS):
        send(name, to, TOKEN)
    quota -= TOKENS

    def on_token(sender: str, token: Token) -> None:
        nonlocal quota
        if quota > 0:
            quota -= 1
            send(name, to, token)

    return on_token


def _with_handlers(net: HeapNet | SimpyHandlers, size: int) -> list[Any]:
    for name, to in RING:
        net.handlers[name] = passer(net.send, name, to, size // AGENTS)
    return net.run()


def bare_heap(size: int) -> list[Any]:
    """A bare heap that calls handlers and records what coordlab records."""
    return _with_handlers(HeapNet(), size)


def simpy_callbacks(size: int) -> list[Any]:
    """SimPy at its fastest: no processes, only callbacks on timeouts."""
    return _with_handlers(SimpyHandlers(), size)


def simpy_processes(size: int) -> list[Any]:
    """SimPy as its manual has it: an agent is a process, its inbox a store."""
    net = SimpyNet()

    def agent(name: str, to: str) -> Generator[Any, Any, None]:
        inbox = net.inbox(name)
        on_token = passer(net.send, name, to, size // AGENTS)
        while True:
            on_token(*net.handle((yield inbox.get())))

    for name, to in RING:
        net.env.process(agent(name, to))
    return net.run()


class Passer(Agent):
    """Passes tokens on until its quota is used up."""

    def __init__(self, name: str, to: str, quota: int) -> None:
        super().__init__(name)
        self.to, self.quota = to, quota - TOKENS

    async def run(self) -> None:
        for _ in range(TOKENS):
            self.send(self.to, TOKEN)

    def on_token(self, sender: str, message: Token) -> None:
        if self.quota > 0:
            self.quota -= 1
            self.send(self.to, message)


def coordlab(size: int) -> list[Any]:
    """A world of agents."""
    world = World(latency=LATENCY / MICRO, budget=BUDGET)
    return world.add(Passer(name, to, size // AGENTS) for name, to in RING).run().trace.rows


async def _queues(size: int, latency: int) -> list[Any]:
    net = QueueNet(latency)
    inboxes = [net.inbox(name) for name, _ in RING]

    async def agent(inbox: asyncio.Queue[Any], name: str, to: str) -> None:
        on_token = passer(net.send, name, to, size // AGENTS)
        for _ in range(size // AGENTS):
            on_token(*net.handle(await inbox.get()))

    await asyncio.gather(*(agent(inbox, *ends) for inbox, ends in zip(inboxes, RING, strict=True)))
    return net.rows


def solipsism(size: int) -> list[Any]:
    """Tasks with an asyncio.Queue each, deliveries by call_later."""
    return on_solipsism(_queues(size, LATENCY))


def plain_asyncio(size: int) -> list[Any]:
    """The same on asyncio's own loop; messages arrive at once, as nobody would wait for the real clock."""
    rows: list[Any] = asyncio.run(_queues(size, 0))
    return [(None, *row[1:]) for row in rows[:1]] + rows[1:]  # a first time of None: its times mean nothing


WORKLOAD = Workload(
    title="messages",
    unit="message",
    size=1_000_000,
    contenders={
        "bare heap": bare_heap,
        "coordlab": coordlab,
        "SimPy callbacks": simpy_callbacks,
        "SimPy": simpy_processes,
        "async-solipsism": solipsism,
        "plain asyncio": plain_asyncio,
    },
    answer=lambda rows: account(rows, timed=rows[0][0] is not None),
    targets=(Target("coordlab", "SimPy", 4.0), Target("coordlab", "bare heap", 1 / 2.5)),
    notes={
        "SimPy callbacks": "no processes: the callback of a Timeout calls the handler",
        "SimPy": "processes with a Store as inbox; the callback of a Timeout puts the message there",
        "plain asyncio": "queues, no latency: messages arrive at once",
    },
)
