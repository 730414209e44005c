"""Rogue agents: the pool that hands out work, has it reviewed, and isolates rogues."""

from __future__ import annotations

from collections.abc import Iterable

from coordlab import requirements as require
from coordlab.patterns.circuit_breaker.rules import CLOSED, Told, Transition
from coordlab.patterns.rogue.checks import properties
from coordlab.patterns.rogue.rules import (
    Accepted,
    Assigned,
    Checked,
    GivenUp,
    Job,
    Member,
    Quorum,
    Refused,
    Remove,
    Removed,
    TakenBack,
    idle,
    members,
    panel,
    quorum,
    truth,
)
from coordlab.patterns.rogue.trust import DEFAULT, SequentialTest, TrustRecord, best_first
from coordlab.patterns.rogue.workers import Declined, Do, Operator, Opinion, Result, Review, Worker
from coordlab.world.agent import Agent, State
from coordlab.world.world import Run, World

__all__ = ["Operator", "Pool", "Remove", "Worker", "demo"]


class Pool(Agent):
    """Has tasks done and reviewed by its crew, and takes orders from the operator only.

    faulty      how many rogues to mask; `least` if there are too few voices for that
    test        convicts and clears by the answers to checks
    period      seconds between two checks of each agent; None: no checks
    patience    seconds to wait for an answer
    quarantine  seconds of isolation after a conviction
    within      seconds until open tasks are given up
    """

    role = State("working")  # or too few, or done
    trusted = State[tuple[str, ...]](())

    def __init__(
        self,
        crew: Iterable[Member | str],
        tasks: Iterable[int],
        faulty: int = 1,
        least: int = 1,
        test: SequentialTest = DEFAULT,
        period: float | None = 0.25,
        patience: float = 0.5,
        quarantine: float = 2.0,
        within: float = 30.0,
    ) -> None:
        super().__init__("pool")
        quorum((), faulty, least)  # refuses wrong values now rather than in the run
        self.crew = {each.name: each for each in members(crew)}
        self.tasks = tuple(dict.fromkeys(require.count("task", task) for task in tasks))
        self.faulty, self.least = faulty, least
        self.period = period if period is None else require.seconds("period", period, positive=True)
        self.patience = require.seconds("patience", patience, positive=True)
        self.within = require.seconds("within", within, positive=True)
        fresh = {name: TrustRecord(name, test, quarantine, (self.heard,)) for name in self.crew}
        self.records: dict[str, TrustRecord] = self.stable.setdefault("records", fresh)
        self.removed: dict[str, Removed] = self.stable.setdefault("removed", {})
        self.hands: dict[int, str] = self.stable.setdefault("hands", {})  # task -> the agent that has it
        self.outcomes: dict[int, Accepted | GivenUp] = self.stable.setdefault("outcomes", {})
        self.tokens = {name: record.token for name, record in self.records.items()}
        self.tried: dict[int, list[str]] = {}
        self.jobs: dict[int, Job] = {}
        self.quorum: Quorum | None = None

    async def run(self) -> None:
        """Hand out the tasks, until each has an answer or time is up."""
        until = self.stable.setdefault("until", self.now + self.within)
        self.take_back("the pool was down", *self.hands)
        self.recount()
        if self.period:
            for name in self.crew:
                self.spawn(self.watch(name, self.period))
        ready = lambda: bool(len(self.outcomes) == len(self.tasks) or self.match())
        while bool(self.open) and await self.until(ready, within=max(0.0, until - self.now)):
            if match := self.match():
                self.assign(*match)
        for task in self.open:
            self.close(GivenUp(task, f"no answer was approved within {self.within:g} s"))
        self.role = "done"

    @property
    def open(self) -> list[int]:
        """The tasks that have no outcome yet."""
        return [task for task in self.tasks if task not in self.outcomes]

    def close(self, outcome: Accepted | GivenUp) -> None:
        """End a task with this outcome."""
        self.hands.pop(outcome.task, None)
        self.outcomes[outcome.task] = outcome
        self.decide(outcome)

    def match(self) -> tuple[int, str] | None:
        """A waiting task, and the best of the idle agents that have not tried it yet."""
        if self.quorum and len(self.hands) < len(self.trusted):  # each has one task at most
            for task in self.tasks:
                if task in self.outcomes or task in self.hands:
                    continue
                if names := idle(self.trusted, self.hands.values(), self.tried.get(task, ())):
                    return task, best_first(names, self.records)[0]
        return None

    def assign(self, task: int, agent: str) -> None:
        """Have an agent do a task."""
        self.hands[task] = agent
        self.tried.setdefault(task, []).append(agent)
        job = self.job(task, agent)
        self.decide(Assigned(task, agent, job.number))
        self.spawn(self.see_to(job))

    async def see_to(self, job: Job) -> None:
        """Wait for the answer, and let others review it."""
        if (answer := await self.answer(job)) is not None:
            await self.review(job, answer)
        self.conclude(job)

    def job(self, task: int, agent: str) -> Job:
        """A new job, under a number that no job had before."""
        number = self.stable["jobs"] = self.stable.get("jobs", 0) + 1
        return self.jobs.setdefault(number, Job(number, task, agent, self.tokens[agent]))

    async def answer(self, job: Job) -> int | None:
        """The answer to a task, or to a check, which looks the same; None if it does not come in time."""
        self.send(job.agent, Do(job.number, job.task, job.token))
        await self.until(lambda: job.answer is not None or not job.valid(self.tokens), within=self.patience)
        return job.answer

    async def review(self, job: Job, answer: int) -> None:
        """Have an answer reviewed, until the votes decide or time is up."""
        size = self.quorum.reviewers if self.quorum else 0
        reviewers = panel(self.crew, job.agent, best_first(self.trusted, self.records), size)
        job.asked = {name: self.tokens[name] for name in reviewers}
        for name, token in job.asked.items():
            self.send(name, Review(job.number, job.task, answer, token))
        await self.until(lambda: job.settled(self.tokens, self.quorum), within=self.patience)

    def conclude(self, job: Job) -> None:
        """Accept an approved answer, or let another agent try; nothing if the task was taken back."""
        del self.jobs[job.number]
        if job.task in self.outcomes or not job.valid(self.tokens):
            return
        if job.answer is not None and job.approved(self.tokens, self.quorum):
            self.close(Accepted(job.task, job.agent, job.number, job.answer, job.approving(self.tokens)))
        else:
            self.take_back("there was no answer" if job.answer is None else "too few approved", job.task)

    def take_back(self, because: str, *tasks: int) -> None:
        """Take these tasks from the agents that have them."""
        for task in tasks:
            self.decide(TakenBack(task, self.hands.pop(task), because))

    async def watch(self, name: str, period: float) -> None:
        """Check an agent again and again, unless it is isolated."""
        record = self.records[name]
        async for _ in self.every(period):
            if self.role == "done":
                return
            if record.testing(self.now):
                job = self.job(self.dice.randrange(1000), name)
                right = await self.answer(job) == truth(job.task)
                del self.jobs[job.number]
                if job.valid(self.tokens):
                    self.note(Checked(name, right))
                    record.learn(right, self.now)

    def heard(self, what: Told) -> None:
        """A breaker has moved: an agent that is no longer trusted loses its work, and the quorum changes."""
        if isinstance(what, Transition):
            self.note(what)
            self.tokens[what.breaker] = what.generation
            if CLOSED in (what.before, what.after):
                held = [task for task, agent in self.hands.items() if agent == what.breaker]
                self.take_back(f"{what.breaker} is trusted no more", *held)
                self.recount()

    def recount(self) -> None:
        """Find out who is trusted and how many of them must approve, and put it on record."""
        self.trusted = tuple(name for name, record in self.records.items() if record.trusted)
        needed = quorum((self.crew[name] for name in self.trusted), self.faulty, self.least)
        self.quorum = needed if isinstance(needed, Quorum) else None
        self.decide(needed)
        if self.role != "done":
            self.role = "working" if self.quorum else "too few"

    def on_remove(self, sender: str, message: Remove) -> Removed | Declined:
        name = message.agent
        if sender != "operator":
            return Declined(f"{sender} wants {name} removed, but only the operator may. Ask the operator.")
        if name not in self.crew:
            return Declined(f"{name} is not a member. Name one of {', '.join(self.crew)}.")
        if name not in self.removed:
            held = tuple(task for task, agent in self.hands.items() if agent == name)
            self.removed[name] = Removed(name, message.who, message.why, held)
            self.decide(self.removed[name])
            self.records[name].remove(self.now)
        return self.removed[name]

    def on_result(self, sender: str, message: Result) -> None:
        job = self.jobs.get(message.job)
        counts = job is not None and job.answered(sender, message.token, message.answer, self.tokens)
        self.fence(sender, message, counts)

    def on_opinion(self, sender: str, message: Opinion) -> None:
        job = self.jobs.get(message.job)
        counts = job is not None and job.voted(sender, message.token, message.approves, self.tokens)
        self.fence(sender, message, counts)

    def fence(self, sender: str, message: Result | Opinion, counts: bool) -> None:
        """Put on record a message that does not count, unless it is only late."""
        late = message.job not in self.jobs and message.token == self.tokens.get(sender)
        if not counts and (sender in self.removed or not late):
            self.note(Refused(sender, type(message).__name__, message.job))


def demo() -> Run:
    """Seven agents: two collude for a while, are isolated and come back; one is removed by hand.

    >>> demo().world["pool"].trusted
    ('ann', 'bob', 'cat', 'dan', 'eve', 'fay')
    """
    crew, tasks = ("ann", "bob", "cat", "dan", "eve", "fay", "gil"), range(1, 61)
    world = World(seed=16, latency="uniform(0.01, 0.05)")
    world.add(Pool(crew, tasks, faulty=2, quarantine=1.0), (Worker(name, seconds=0.2) for name in crew))
    world.add(Operator([(0.5, Remove("gil", who="hal", why="it leaks what it is told"))]))
    world.inject("rogue bob colludes @0.2..1.5", "rogue cat colludes @0.2..1.5")
    return world.expect(*properties(crew, tasks, faulty=2)).run(until=31.0)
