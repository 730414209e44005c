"""A bully election as one writes it at first: agents that hold references to each other, and look inside.

Each function shows one thing that is wrong with it: it plays the case on virtual time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from coordlab.world.loop import simulate


class Node:
    """Knows the others as objects.  It takes `news` seconds to tell that it leads."""

    def __init__(self, rank: int, others: dict[int, Node], news: float = 0.0) -> None:
        self.rank, self.others, self.news = rank, others, news
        self.alive, self.leads = True, False
        self.leader: int | None = None
        self.elections = self.coronations = 0
        others[rank] = self

    async def start_election(self) -> None:
        """Ask all above; lead if none of them is alive."""
        self.elections += 1
        above = [rank for rank in self.others if rank > self.rank]
        answers = await asyncio.gather(*map(self.ask, above), return_exceptions=True)
        if not any(answer is True for answer in answers):
            await self.become_leader()

    async def ask(self, rank: int) -> bool:
        """Let another one hold an election of its own; return whether it is alive."""
        other = self.others[rank]
        if other.alive:
            asyncio.create_task(other.start_election())  # noqa: RUF006  (nobody waits for it: that is wrong)
        return other.alive

    async def become_leader(self) -> None:
        """Write it into all objects."""
        self.coronations += 1
        self.leads, self.leader = True, self.rank
        if self.news:
            await asyncio.sleep(self.news)
        for other in self.others.values():
            if other is not self and other.alive:
                other.leads, other.leader = False, self.rank


Nodes = dict[int, Node]


def played(agents: int, dead: tuple[int, ...], play: Callable[[Nodes], Awaitable[object]]) -> Nodes:
    """The nodes 1 to `agents`, some of them dead, after `play` and an hour of virtual time."""

    async def main() -> Nodes:
        nodes: Nodes = {}
        for rank in range(1, agents + 1):
            Node(rank, nodes).alive = rank not in dead
        await play(nodes)
        await asyncio.sleep(3600)
        return nodes

    return simulate(main())


def leaders_when_it_prints(agents: int = 5, starts: int = 2) -> dict[int, int | None]:
    """The leader each node knows when the call of an election has returned, after the highest died.

    >>> leaders_when_it_prints()
    {1: None, 2: None, 3: None, 4: None, 5: None}
    """
    seen: dict[int, int | None] = {}

    async def play(nodes: Nodes) -> None:
        await nodes[starts].start_election()
        seen.update({rank: node.leader for rank, node in nodes.items()})

    played(agents, (agents,), play)
    return seen


def elections_and_coronations(agents: int) -> tuple[int, int]:
    """How many of each there are when the lowest starts an election after the highest died.

    >>> elections_and_coronations(5), elections_and_coronations(12)
    ((8, 4), (1024, 512))
    """
    nodes = played(agents, (agents,), lambda nodes: nodes[1].start_election()).values()
    return sum(node.elections for node in nodes), sum(node.coronations for node in nodes)


def seconds_to_notice() -> tuple[bool, float]:
    """Whether 5 answers 1, and after how long: no message and no time-out, but a look inside the object.

    >>> seconds_to_notice()
    (False, 0.0)
    """
    found = []

    async def play(nodes: Nodes) -> None:
        found.append((await nodes[1].ask(5), asyncio.get_running_loop().time()))

    played(5, (5,), play)
    return found[0]


def leaders_after_a_broken_promise() -> dict[int, int | None]:
    """The leader the living know if 3 says that it is alive, so that 2 stands back, and dies before it acts.

    >>> leaders_after_a_broken_promise()
    {1: None, 2: None}
    """

    async def play(nodes: Nodes) -> None:
        nodes[3].start_election = lambda: asyncio.sleep(0)  # type: ignore[method-assign]
        await nodes[2].start_election()
        nodes[3].alive = False

    return {rank: node.leader for rank, node in played(3, (), play).items() if node.alive}


def leaders_elected_by_the_dead() -> set[int | None]:
    """The leaders that all know after 5, which is dead, has called an election.

    >>> leaders_elected_by_the_dead()
    {5}
    """
    return {node.leader for node in played(5, (5,), lambda nodes: nodes[5].start_election()).values()}


def leaders_after_a_revival() -> list[int]:
    """Who leads when 3 had died as the leader, 2 has taken over, and 3 is alive again.

    >>> leaders_after_a_revival()
    [2, 3]
    """

    async def play(nodes: Nodes) -> None:
        await nodes[3].start_election()
        nodes[3].alive = False
        await nodes[2].start_election()
        nodes[3].alive = True

    return [rank for rank, node in played(3, (), play).items() if node.leads]


def elections_after_the_leader_died() -> int:
    """How many elections there are in the hour after the leader died: no node watches it.

    >>> elections_after_the_leader_died()
    0
    """

    async def play(nodes: Nodes) -> None:
        await nodes[5].start_election()
        nodes[5].alive, nodes[5].elections = False, 0

    return sum(node.elections for node in played(5, (), play).values())


def leaders_after_late_news() -> dict[int, int | None]:
    """The leader each node knows if 3 was elected while 4 was away, and its news comes after that of 4.

    >>> leaders_after_late_news()
    {1: 3, 2: 3, 3: 4, 4: 3}
    """

    async def play(nodes: Nodes) -> None:
        nodes[3].news = 1.0
        crowned = asyncio.create_task(nodes[3].start_election())
        await asyncio.sleep(0.5)
        nodes[4].alive = True
        await nodes[4].start_election()
        await crowned

    return {rank: node.leader for rank, node in played(4, (4,), play).items()}


def leader_after_a_slip() -> tuple[int | None, list[str]]:
    """Who leads, and which errors are seen, if asking 3, which is alive, has a programming error.

    >>> leader_after_a_slip()
    (2, [])
    """
    seen: list[str] = []

    async def slip(rank: int) -> bool:
        raise TypeError(f"unsupported rank: {rank!r}")

    async def play(nodes: Nodes) -> None:
        nodes[2].ask = slip  # type: ignore[method-assign]
        (error,) = await asyncio.gather(nodes[2].start_election(), return_exceptions=True)
        seen.extend([str(error)] if error else [])

    return played(3, (), play)[1].leader, seen
