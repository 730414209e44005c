"""The coordination tax: the messages and the agents."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from coordlab import requirements as require
from coordlab.patterns.topology.checks import properties
from coordlab.patterns.topology.rules import BUS, STEPS, check
from coordlab.world.agent import Agent, State
from coordlab.world.message import message
from coordlab.world.world import Run, World

__all__ = ["Ask", "Finished", "Member", "Server", "Share", "Tax", "demo", "tax", "team"]


@message
class Share:
    """This is what was found in this round, as far as I know."""

    round: int
    found: tuple[int, ...]  # the numbers of the members whose results are in here


@message
class Ask:
    """What was found in this round? I lack results."""

    round: int


@message
class Finished:
    """My task of this round is done."""

    round: int


class Server(Agent):
    """Does one thing at a time: what comes meanwhile waits for its turn."""

    busy = State(False)

    def __init__(self, name: str, style: str, agents: int, handling: float, branching: int) -> None:
        super().__init__(name)
        self.style, self.size, self.handling, self.branching = style, agents, handling, branching
        self.jobs: deque[tuple[float, Callable[[], object]]] = deque()
        self.passed_on: set[tuple[int, tuple[int, ...]]] = set()

    @property
    def number(self) -> int:
        """The number of the member, or BUS."""
        return BUS if self.name == "bus" else int(self.name)

    def do(self, seconds: float, action: Callable[[], object]) -> None:
        """Wait `seconds` and then act, after all that waits already."""
        self.jobs.append((seconds, action))
        if not self.busy:
            self.busy = True
            self.spawn(self.serve())

    async def serve(self) -> None:
        """One job after the other, until none is left."""
        while self.jobs:
            seconds, action = self.jobs.popleft()
            await self.sleep(seconds)
            action()
        self.busy = False

    def tell(self, whom: Iterable[int], share: Share | Ask) -> None:
        """Send a message to each, one after the other."""
        for each in whom:
            self.do(self.handling, partial(self.send, "bus" if each == BUS else str(each), share))

    def step(self, known: Iterable[int], teller: int) -> tuple[int, ...]:
        """The members to tell now."""
        return STEPS[self.style](self.number, self.size, self.branching, tuple(known), teller)

    def on_share(self, sender: str, message: Share) -> None:
        self.do(self.handling, partial(self.hear, BUS if sender == "bus" else int(sender), message))

    def hear(self, teller: int, share: Share) -> None:
        """A broker passes each result on, once."""
        if (share.round, share.found) not in self.passed_on:
            self.passed_on.add((share.round, share.found))
            self.tell(self.step(share.found, teller), share)


class Member(Server):
    """A member of a team: does a task in each round, and shares what it found.

    - `number`: which of the members 1 to `agents` it is
    - `style`: who tells whom, one of STEPS
    - `rounds`: the number of its tasks
    - `work`: seconds for a task
    - `handling`: seconds for sending or handling a message
    - `branching`: children of a member in a tree
    - `patience`: in gossip, the seconds it waits for an answer before it asks another member
    """

    role = State("works")  # or shares, or is done

    def __init__(
        self,
        number: int,
        style: str,
        agents: int,
        rounds: int = 3,
        work: float = 1.0,
        handling: float = 0.01,
        branching: int = 2,
        patience: float = 1.0,
    ) -> None:
        super().__init__(str(number), style, agents, handling, branching)
        self.rounds, self.work, self.patience = rounds, work, patience
        self.round = self.heard = 0
        self.known: list[dict[int, None]] = [{} for _ in range(rounds + 1)]  # by round, in order of hearing

    async def run(self) -> None:
        """Do the first task; all else follows from what is heard."""
        self.do(self.work, self.finish)

    def finish(self) -> None:
        """Record that the task is done, and share its result."""
        self.note(Finished(self.round))
        self.role = "shares"
        self.learn(self.number, Share(self.round, (self.number,)))
        if self.style == "gossip" and self.size > 1:
            self.spawn(self.beg(self.round))

    def hear(self, teller: int, share: Share) -> None:
        """Learn from a share, unless all of it is known."""
        self.heard += 1
        if not self.known[share.round].keys() >= set(share.found):
            self.learn(teller, share)

    def learn(self, teller: int, share: Share) -> None:
        """Remember, pass on what the style says, and start the next round once all is known."""
        known = self.known[share.round]
        known.update(dict.fromkeys(share.found))
        found = tuple(sorted(known)) if self.style != "mesh" else share.found
        self.tell(self.step(known, teller), Share(share.round, found))
        if share.round == self.round and len(known) == self.size:
            self.round += 1
            more = self.round < self.rounds
            self.do(0.0, partial(setattr, self, "role", "works" if more else "is done"))
            if more:
                self.do(self.work, self.finish)

    async def beg(self, number: int) -> None:
        """Ask random members, one after the other, until nothing is missing."""
        while len(self.known[number]) < self.size:
            before = self.heard
            self.tell([int(self.dice.choice(self.peers))], Ask(number))
            await self.until(lambda: self.heard > before, within=self.patience)  # noqa: B023

    def on_ask(self, sender: str, message: Ask) -> None:
        self.do(self.handling, partial(self.answer, int(sender), message.round))

    def answer(self, asker: int, number: int) -> None:
        """Tell what it knows, even if that is nothing."""
        self.tell([asker], Share(number, tuple(sorted(self.known[number]))))


@dataclass(frozen=True)
class Tax:
    """What a run cost."""

    messages: float  # per round
    busiest: float  # messages that the busiest agent handles, per round
    makespan: float  # seconds, from the start until all are done
    throughput: float  # tasks per second
    cost: float  # agent-seconds per task, spent on work and on messages


def team(
    style: str,
    agents: int,
    tasks: int,
    work: float = 1.0,
    handling: float = 0.01,
    branching: int = 2,
    latency: float | str = 0.01,
    seed: int = 0,
) -> World:
    """A world with a team that does `tasks`, the same number by each, and the properties it must have.

    The other parameters are those of `Member`; `latency` and `seed` are those of `World`.  Raises ValueError
    if the style is unknown, the team is empty, or the tasks cannot be shared evenly.
    """
    check(style, agents, branching)
    if require.count("tasks", tasks, least=1, example=3 * agents) % agents:
        example = f"tasks={3 * agents}"
        require.fail(f"tasks={tasks}, agents={agents}", "tasks must be a multiple of agents", example)
    rounds = tasks // agents
    world = World(seed, latency=latency)
    world.add(Member(each, style, agents, rounds, work, handling, branching) for each in range(1, agents + 1))
    if style == "bus":
        world.add(Server("bus", style, agents, handling, branching))
    return world.expect(*properties(style, agents, rounds))


def tax(run: Run, work: float = 1.0, handling: float = 0.01) -> Tax:
    """What a run of a team cost, read from its trace; `work` and `handling` in seconds, as in the run.

    Raises ValueError if a member is not done.

    >>> tax(team("star", agents=5, tasks=15).run())
    Tax(messages=8.0, busiest=4.0, makespan=3.3, throughput=4.545455, cost=1.032)
    """
    done = {event.agent: event.time for event in run.trace.select("role") if event.data == "is done"}
    tasks, late = run.trace.select("Finished"), {*run.trace.agents} - {*done, "bus"}
    if late or not done:
        require.fail(f"{sorted(late)} are not done", "expected a whole run", "tax(team(...).run())")
    rounds = 1 + max(event.data.round for event in tasks)
    sent = run.trace.count("Share", "Ask", kind="send")
    handled: dict[str | None, int] = {}
    for event in run.trace.select("Share", "Ask", kind="handle"):
        handled[event.agent] = handled.get(event.agent, 0) + 1
    busiest = max(handled.values(), default=0) / rounds
    cost = work + 2 * handling * sent / len(tasks)
    ended = max(done.values())
    return Tax(sent / rounds, busiest, ended, round(len(tasks) / ended, 6), round(cost, 6))


def demo() -> Run:
    """Seven agents in a tree, three rounds.

    >>> tax(demo()).messages
    12.0
    """
    return team("tree", agents=7, tasks=21, latency="uniform(0.01, 0.05)", seed=7).run()
