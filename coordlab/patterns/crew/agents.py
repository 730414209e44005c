"""Crew: the messages and the agents."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence

from coordlab import requirements as require
from coordlab.patterns.crew import rules
from coordlab.patterns.crew.checks import properties
from coordlab.patterns.crew.rules import Ask, CrewError, Delegate, Output, Process, Task, requests
from coordlab.patterns.orchestration import rules as shared
from coordlab.patterns.orchestration.agents import Conductor, Member, Scripted, settled
from coordlab.patterns.orchestration.rules import Ended, Failed, Reply, StopReason, Turn, Utterance, find_name
from coordlab.world.world import Run, World

__all__ = ["Crew", "Manager", "demo"]

Pending = dict[str, asyncio.Task[Ended | None]]


class Manager(Member):
    """A member that decides by a policy, a plain function of its turn, in `seconds` of virtual time."""

    def __init__(self, name: str, policy: rules.Policy = rules.least_busy, seconds: float = 0.0) -> None:
        super().__init__(name, None, seconds)
        self.policy = policy

    async def reply(self, turn: Turn) -> object:
        return self.policy(turn)


class Crew(Conductor):
    """Gets tasks done by its agents.

    - `agents`: their names in the world.
    - `tasks`: in the order in which they are done.
    - `process`: sequential or hierarchical; `manager` is the name of the agent that delegates then.
    - `rights`: who may delegate to whom; by default the manager to all agents, and no other agent.
    - `tries`: how often an agent that fails or is silent is called, 1 or more; language models often have 3.
    - `name`, `budget`, `patience`, `repeats`, `tokens`: see `Conductor`.

    Raises CrewError if these do not make a crew.
    """

    def __init__(
        self,
        agents: Sequence[str],
        tasks: Sequence[Task],
        process: Process | str = Process.SEQUENTIAL,
        manager: str | None = None,
        rights: shared.Rights | None = None,
        tries: int = 1,
        name: str = "crew",
        budget: shared.Budget = shared.DEFAULT,
        patience: float = 60.0,
        repeats: int | None = 3,
        tokens: shared.Estimate = shared.estimate,
    ) -> None:
        super().__init__(name, budget, patience, repeats, tokens)
        self.tasks = rules.validate(agents, tasks, Process(process), manager)
        self.tries = require.count("tries", tries, 1, example=3, error=CrewError)
        self.agents, self.manager = tuple(agents), manager
        self.reads = rules.contexts(self.tasks)
        self.place = {task.name: place for place, task in enumerate(self.tasks)}
        self.coworkers = rules.coworkers(agents, self.tasks, manager, rights)
        self.free = {name: asyncio.Lock() for name in self.coworkers}
        self.busy = dict.fromkeys(self.coworkers, 0)
        self.done: dict[str, Output] = {}

    async def conduct(self) -> StopReason:
        """Task by task; asynchronous ones run side by side, until one comes that is not."""
        self.note(rules.Plan(self.agents, self.manager, tuple(task.step for task in self.tasks)))
        if missing := self.missing(*self.coworkers):
            return missing
        if not self.spent.messages:
            self.spend(messages=1, check=True)  # the job itself
        self.done = {each.task: each for each in self.outputs}
        pending: Pending = {}
        for task in self.tasks:
            if task.name in self.done:
                continue
            if task.asynchronous:
                pending[task.name] = asyncio.ensure_future(settled(self.perform(task, dict(pending))))
            else:
                await self.together(*pending.values())
                pending = {}
                await self.perform(task, {})
        await self.together(*pending.values())
        return StopReason(shared.Stop.DONE)

    async def perform(self, task: Task, pending: Pending) -> None:
        """Get one task done, and its answer past the guardrails."""
        await self.together(*[pending[name] for name in task.context or () if name in pending])
        agent = self.manager or str(task.agent)
        context: tuple[object, ...] = tuple([self.done[name] for name in self.reads[task.name]])
        before = self.done.get(self.tasks[self.place[task.name] - 1].name)
        if not rules.wanted(task, before):
            return self.finish(Output(task.name, agent, "", skipped=True))
        refusals = [0] * len(task.guardrails)
        read = context
        while True:
            reply = await self.work(agent, task.description or task.name, task, read)
            if isinstance(reply, Failed):
                raise rules.failed(task, f"{agent}: {reply.why}")
            outcome = rules.examined(task, agent, reply.content, reply.tokens)
            if isinstance(outcome, Output):
                return self.finish(outcome)
            self.note(outcome)
            refusals[outcome.place] += 1
            if (count := refusals[outcome.place]) > task.retries:
                raise rules.failed(task, f"{outcome.guardrail} refused {count} answers: {outcome.why}")
            read = (*context, outcome)

    def finish(self, output: Output) -> None:
        """A task is done; outputs are in the order of the tasks."""
        self.done[output.task] = output
        self.note(output)
        self.keep(output)
        if self.tasks[self.place[output.task]].asynchronous:
            in_order = sorted(self.outputs, key=lambda each: self.place[each.task])
            self.outputs = self.stable["outputs"] = tuple(in_order)

    async def work(
        self, who: str, text: str, task: Task, context: tuple[object, ...], parent: int = 0
    ) -> Reply | Failed:
        """An agent's answer, after all it delegates has come back; the manager must have delegated."""
        delegated = who != self.manager
        while True:
            reply = await self.call(who, text, task, context, parent)
            if isinstance(reply, Failed) or (delegated and not requests(reply.content)):
                return reply
            self.heard(who, f"{task.name}: {reply.content}")
            orders = [self.order(who, each, task, reply.turn) for each in requests(reply.content)]
            answers = await self.together(*orders)
            delegated = delegated or any(each.agent in self.agents for each in answers)
            context += tuple(answers) or (Utterance(self.name, "You hold no task yourself: delegate."),)

    async def call(
        self, who: str, text: str, task: Task, context: tuple[object, ...], parent: int
    ) -> Reply | Failed:
        """A turn for an agent, as soon as it has no other one from here; again if it fails."""
        async with self.free[who]:
            team = tuple((each, self.busy[each]) for each in self.allowed(who, task))
            read = (rules.Team(team), *context) if team else context
            for _ in range(self.tries):
                reply = await self.turn(who, text, read, parent, task.name)
                if isinstance(reply, Reply):
                    break
        return reply

    def order(
        self, who: str, order: Delegate | Ask, task: Task, parent: int
    ) -> Coroutine[object, None, Utterance]:
        """Count what an agent delegates at once, so that the next one knows of it; then carry it out."""
        to = find_name(str(order.to), self.allowed(who, task))
        if to is not None:
            self.busy[to] += 1
        return self.carry_out(who, to, order, task, parent)

    async def carry_out(
        self, who: str, to: str | None, order: Delegate | Ask, task: Task, parent: int
    ) -> Utterance:
        """The result in words: an answer, a failure, or that it cannot be delegated in this way."""
        if to is None:
            allowed = ", ".join(self.allowed(who, task)) or "nobody"
            return Utterance(self.name, f"{who} cannot delegate to {order.to!r}, only to: {allowed}")
        reply = await self.work(to, str(order.what), task, (order,) if order.context else (), parent)
        self.busy[to] -= 1
        if isinstance(reply, Failed):
            return Utterance(to, f"failed: {reply.why}")
        return Utterance(to, reply.content, reply.tokens)

    def allowed(self, who: str, task: Task) -> tuple[str, ...]:
        """The agents to which one may delegate: the manager, if the task has an agent, only to that one."""
        if who == self.manager and task.agent is not None:
            return tuple(each for each in self.coworkers[who] if each == task.agent)
        return self.coworkers[who]


def demo(asynchronous: bool = True) -> Run:
    """A plan, three researches side by side, and a report that passes the second time.

    >>> demo().trace.until, demo(asynchronous=False).trace.until
    (6.08, 12.12)
    """
    parts = {"ann": "cost", "bob": "risk", "cat": "benefit"}
    research = (Task(parts[who], "", who, ("plan",), asynchronous) for who in parts)
    report = Task("report", agent="pat", guardrails=(rules.at_most(5),))
    crew = Crew(("pat", *parts), (Task("plan", "Plan the report.", "pat"), *research, report))
    world = World(seed=7, latency=0.01).add(crew)
    world.add(Scripted("pat", "three parts", "It costs much, but it pays.", "It pays.", seconds=1.0))
    world.add(Scripted(who, f"all on {parts[who]}", seconds=3.0) for who in parts)
    return world.expect(*properties()).run()
