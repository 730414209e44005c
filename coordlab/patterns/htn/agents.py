"""HTN planning: the messages and the agents."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any

from coordlab import requirements as require
from coordlab.patterns.htn.checks import properties
from coordlab.patterns.htn.domains import JOURNEY, at_home
from coordlab.patterns.htn.planner import Outcome, find_plan
from coordlab.patterns.htn.rules import (
    Domain,
    Refined,
    Refusal,
    State as Facts,
    Task,
    execute,
    remaining,
    settled,
)
from coordlab.world.agent import Agent, State
from coordlab.world.message import message
from coordlab.world.world import Run, World

__all__ = ["Actor", "Changed", "Do", "Done", "Environment", "Failed", "GivenUp"]
__all__ += ["Observation", "Observe", "Performed", "Planned", "demo"]

Pairs = tuple[tuple[Any, Any], ...]  # variables and their values


@message
class Observe:
    """What is the case?"""


@message
class Observation:
    """This is the case."""

    facts: Pairs


@message
class Do:
    """Do this."""

    number: int
    task: Task


@message
class Done:
    """I have done it."""

    number: int


@message
class Failed:
    """I could not do it."""

    number: int
    because: str


@message
class Planned:
    """This is what I am going to do."""

    tasks: tuple[Task, ...]
    plan: tuple[Task, ...]
    chosen: tuple[Refined, ...]  # the decomposition tree
    tried: int = 0  # how often the search tried an action or a method
    refusals: tuple[Refusal, ...] = ()  # what was in its way


@message
class GivenUp:
    """I cannot do what is left."""

    tasks: tuple[Task, ...]
    status: str  # exhausted, limit, silent or restless
    because: str
    tried: int = 0  # by the last search, as in a plan
    refusals: tuple[Refusal, ...] = ()


@message
class Performed:
    """This action was done here."""

    task: Task


@message
class Changed:
    """This came about by itself."""

    effects: Pairs


class Environment(Agent):
    """Where actions are performed: it knows the facts, and some of them change by themselves.

    facts    the value of each variable at the start.
    domain   what the actions do.
    changes  pairs of a moment in seconds and the variables that change then, with their new values.
    pace     seconds that an action takes.
    failure  probability from 0 to 1 that an action fails for no reason.

    Raises ValueError if `failure` is not a probability, DomainError if a fact could change.
    """

    role = State("quiet")  # or busy
    facts = State[Pairs](())

    def __init__(
        self,
        facts: Mapping[Any, Hashable],
        domain: Domain,
        changes: tuple[tuple[float, Pairs], ...] = (),
        pace: float = 0.5,
        failure: float = 0.0,
        name: str = "site",
    ) -> None:
        super().__init__(name)
        self.changes = sorted(changes, key=lambda each: each[0])
        self.domain, self.pace, self.failure = domain, pace, require.probability("failure", failure)
        self.doing: set[tuple[str, int]] = set()
        self.facts = self.stable.setdefault("facts", tuple(settled(facts).items()))

    async def run(self) -> None:
        """Apply the scheduled changes, each at its time."""
        for at, effects in self.changes[self.stable.setdefault("changes", 0) :]:
            await self.sleep(max(0.0, at - self.now))
            self.stable["changes"] += 1
            self.decide(Changed(effects))
            self.become(Facts(self.facts).after(dict(effects)))

    def become(self, facts: Facts) -> None:
        """Store these facts, so that they survive a crash."""
        self.facts = self.stable["facts"] = tuple(facts.items())

    def on_observe(self, sender: str, message: Observe) -> Observation:
        return Observation(self.facts)

    async def on_do(self, sender: str, message: Do) -> Done | Failed | None:
        replies: dict[tuple[str, int], Done | Failed] = self.stable.setdefault("replies", {})
        which = sender, message.number
        if which in self.doing:
            return None  # the actor asks again, and then the reply is there
        if which not in replies:
            self.doing.add(which)
            self.role = "busy"
            await self.sleep(self.pace)
            replies[which] = self.perform(message)
            self.role = "quiet"
            self.doing.remove(which)
        return replies[which]

    def perform(self, message: Do) -> Done | Failed:
        """Try an action."""
        after = execute(Facts(self.facts), (message.task,), self.domain)
        if isinstance(after, Refusal) or self.dice.random() < self.failure:
            return Failed(message.number, after.because if isinstance(after, Refusal) else "it went wrong")
        self.decide(Performed(message.task))
        self.become(after)
        return Done(message.number)


class Actor(Agent):
    """Does `tasks` in an environment: it looks, plans, acts, and plans again when an action fails.

    domain    what can be done; raises DomainError if it does not know one of the tasks.
    site      the name of the environment.
    patience  seconds that it waits for each reply.
    attempts  how often it asks each question, and how many plans it makes at most.
    limit     how many tasks a search may look at.
    """

    role = State("planning")  # or acting, done, gave up

    def __init__(
        self,
        name: str,
        tasks: Iterable[Task],
        domain: Domain,
        site: str = "site",
        patience: float = 1.0,
        attempts: int = 20,
        limit: int = 100_000,
    ) -> None:
        super().__init__(name)
        self.tasks = tuple(domain.check(task) for task in tasks)
        self.domain, self.site = domain, site
        self.patience, self.attempts, self.limit = patience, attempts, limit

    async def run(self) -> None:
        """Do all tasks, or say why not."""
        tasks = self.stable.setdefault("tasks", self.tasks)
        for _ in range(self.attempts):
            if not tasks:
                break
            seen = await self.insist(Observe())
            self.role = "planning"
            if not isinstance(seen, Observation):
                self.give_up(tasks, "silent", f"{self.site} does not answer")
                return
            if (found := self.plan(tasks, seen)) is None:
                return
            tasks = await self.carry_out(tasks, found)
        if tasks:
            self.give_up(tasks, "restless", f"{self.attempts} plans have failed")
        else:
            self.role = "done"

    def plan(self, tasks: tuple[Task, ...], seen: Observation) -> Outcome | None:
        """A plan for what was observed; if there is none, give up."""
        found = self.search(Facts(seen.facts), tasks)
        effort = sum(found.tried.values()), found.refusals
        if found.plan is None:
            self.give_up(tasks, found.status, found.because, *effort)
            return None
        self.decide(Planned(tasks, found.plan, found.chosen, *effort))
        return found

    def search(self, facts: Facts, tasks: tuple[Task, ...]) -> Outcome:
        """The preferred plan, or why there is none; a subclass may search in another way."""
        return find_plan(facts, tasks, self.domain, self.limit)

    def give_up(
        self,
        tasks: tuple[Task, ...],
        status: str,
        because: str,
        tried: int = 0,
        refusals: tuple[Refusal, ...] = (),
    ) -> None:
        """Say so, and why."""
        self.decide(GivenUp(tasks, status, because, tried, refusals))
        self.role = "gave up"

    async def carry_out(self, tasks: tuple[Task, ...], found: Outcome) -> tuple[Task, ...]:
        """Act until an action fails; the tasks that are left then."""
        self.role = "acting"
        self.stable["tasks"] = remaining(tasks, found.chosen, 0)
        for done, task in enumerate(found.plan or (), 1):
            number = self.stable["number"] = self.stable.get("number", 0) + 1
            reply = await self.insist(Do(number, task))
            if not isinstance(reply, Done):
                self.note(reply.because if isinstance(reply, Failed) else "no answer")
                break
            self.stable["tasks"] = remaining(tasks, found.chosen, done)
        return tuple(self.stable["tasks"])

    async def insist(self, message: Observe | Do) -> Observation | Done | Failed | None:
        """The environment's reply, asked for up to `attempts` times; None if it never comes."""
        for _ in range(self.attempts):
            if replies := await self.ask(self.site, message, within=self.patience):
                reply: Observation | Done | Failed = replies[self.site]
                return reply
        return None


def demo() -> Run:
    """Alice wants to take a taxi to the park, but somebody else calls it before her.

    >>> [len(event.data.plan) for event in demo().trace.select("decision", agent="alice")]
    [3, 1]
    """
    world = World(seed=7, latency="uniform(0.01, 0.05)")
    world.add(Environment(at_home(), JOURNEY, changes=((0.3, (("taxi is free", False),)),)))
    world.add(Actor("alice", [("travel", "alice", "park")], JOURNEY))
    return world.expect(*properties(JOURNEY)).run(until=12.0)
