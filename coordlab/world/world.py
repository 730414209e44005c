"""The world: agents, the network between them, the faults that strike them, and the trace of it all.

    world = World(seed=7, latency=uniform(0.01, 0.05))
    world.add(Candidate(rank) for rank in range(1, 6))
    world.inject(Crash("5", at=3.0))
    run = world.run(until=20)

A world runs once.  The result is a `Run`: data, from which another run can be branched.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Coroutine, Iterable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from functools import partial
from math import inf, prod
from typing import TYPE_CHECKING, Any

from coordlab import requirements as require
from coordlab.trace.faults import LATEST, Fault, Rogue, seconds
from coordlab.trace.limits import Limits
from coordlab.trace.parcel import Parcel, parcel
from coordlab.trace.scenario import Scenario
from coordlab.trace.trace import CRASH, FAULT, HEAL, RESTART, START, Row, Trace
from coordlab.world.agent import Agent, Making
from coordlab.world.budget import DEFAULT, Budget, overrun
from coordlab.world.entry import (
    check_agent,
    check_handlers,
    checked_fault,
    copied_makings,
    made_again,
    what_made,
)
from coordlab.world.errors import (
    AgentError,
    BudgetError,
    DeadlockError,
    WorldError,
    blame,
    listed,
    stuck,
    without_ours,
)
from coordlab.world.guards import Overrun
from coordlab.world.live import beside
from coordlab.world.loop import VirtualLoop
from coordlab.world.mail import Mail
from coordlab.world.network import Latency, Network
from coordlab.world.run import Judge, Run, check_properties
from coordlab.world.state import snapshot
from coordlab.world.task import MICRO, Task, micros

if TYPE_CHECKING:
    import networkx

__all__ = ["AgentError", "Budget", "BudgetError", "DeadlockError", "Run", "World", "WorldError"]


class World:
    """Agents in a network.  The same world with the same seed gives the same trace.

    seed: a whole number, from which all chance in the run is drawn.
    latency: how long a message takes: seconds above 0, or a distribution such as `uniform(0.01, 0.05)`.
    loss: the probability that a message is lost, from 0 to 1.
    duplicate: the probability that a message arrives twice, from 0 to 1.
    reorder: the probability that a message can be overtaken by later ones, from 0 to 1.
    topology: a networkx graph whose nodes are the agents' names; without one, all agents reach each other.
    budget: what the run may use.

    Raises ValueError if one of them is out of range, TypeError for what is not a graph or a budget.
    """

    def __init__(
        self,
        seed: int = 0,
        latency: Latency | float | str = 0.01,
        loss: float = 0.0,
        duplicate: float = 0.0,
        reorder: float = 0.0,
        topology: networkx.Graph[Any] | None = None,
        budget: Budget = DEFAULT,
    ) -> None:
        self.seed = seed = require.count("seed", seed, least=-inf, example=7)
        self.budget = require.instance("budget", budget, Budget, "World(budget=Budget(wall=10))")
        self.network = network = Network(latency, loss, duplicate, reorder, topology, seed)
        self.loop = loop = VirtualLoop(budget.instant, budget.wall, budget.tasks)
        loop.stoppable = False
        loop.overrun, loop.spend, loop.look = partial(overrun, self), self._spend, self._look
        self.agents: dict[str, Agent] = {}
        self.present: dict[str, Agent] = {}  # those that have joined, in that order
        self.faults: list[Fault] = []
        self.rogues = defaultdict[str, list[Rogue]](list)  # how agents misbehave now
        self.skews = defaultdict[str, list[float]](list)  # the rates of faults of their clocks
        self.rows: list[Row] = []
        loop.kept = self.rows.__len__
        self.mail = Mail(self)
        self.started = False
        self.until: float | None = None  # the end that its run was given
        self.chance: object = seed  # what all draws depend on from now on
        self._redraws: list[tuple[int, int]] = []
        self._arrivals: list[tuple[float, Agent]] = []
        self._makings: dict[str, Making] = {}
        self.properties: tuple[Judge, ...] = ()
        self.limits: Limits | None = None  # which faults are assumed at most
        shown = {name: value for name, value in network.chances.items() if value}
        self.scenario = Scenario(
            "world", {"latency": str(network.latency).replace(" ", ""), **shown}, seed=seed
        )

    def __getitem__(self, name: str) -> Agent:
        """The agent called `name`.  Raises LookupError if there is none."""
        if not isinstance(name, str) or name not in self.agents:
            allowed = f"the agents here are {listed(self.agents)}"
            example = "correct the name, or add the agent with world.add(...)"
            require.fail(f"no agent {require.shown(name)}", allowed, example, LookupError)
        return self.agents[name]

    def __repr__(self) -> str:
        return f"<World of {len(self.agents)} agents, seed {self.seed}, {seconds(self.now)} s>"

    def __reduce__(self) -> Parcel:
        return parcel(made_again, *what_made(self))

    @property
    def now(self) -> float:
        """True time, in virtual seconds."""
        return self.loop.now / MICRO

    @property
    def running(self) -> bool:
        """Whether the run has begun and is not over."""
        return self.started and not self.loop.is_closed()

    # --- before the run ----------------------------------------------------------------------------

    def add(self, *agents: Agent | Iterable[Agent], at: float = 0.0) -> World:
        """Let agents, or iterables of agents, join at `at` virtual seconds; returns the world.

        Raises RuntimeError if the run has begun, TypeError for what is not an agent, ValueError for a time or
        a name that is not allowed, for an agent of another world, and for one made with another agent.
        """
        given, allowed = "the run has begun", "agents are added before it, also those that join later"
        require.that(not self.started, given, allowed, "world.add(agent, at=5.0)", RuntimeError)
        at = require.number("at", at, 0, LATEST, unit="seconds", example=5)
        for each in agents:
            for agent in each if isinstance(each, Iterable) else (each,):
                check_agent(self, agent)
                agent._world = self
                self.agents[agent.name] = agent
                self._arrivals.append((at, agent))
        return self

    def inject(self, *faults: Fault | str) -> World:
        """Let faults strike, given as `Fault` or as text such as "crash 5 @3"; returns the world.

        During a live run, a fault without a time strikes now.  Raises FaultError for a fault that cannot
        strike here, RuntimeError if the run is over.
        """
        given, allowed = "the run is over", "faults strike before or during it"
        require.that(not self.loop.is_closed(), given, allowed, "run.branch(Crash('5', at=3))", RuntimeError)
        for each in faults:
            fault = checked_fault(self, each)
            if not self.loop.is_running():  # otherwise an agent did it, and will do it again in a branch
                self.faults.append(fault)
            if self.started:
                self._schedule(fault)
        return self

    def redraw(self, at: float, number: int) -> World:
        """Draw all chance from `at` virtual seconds on differently: latencies, losses, the agents' dice.

        What happens before stays the same; each `number` gives another future.  Returns the world.

        Raises ValueError for a time that is not allowed, RuntimeError if the run has begun.
        """
        given, allowed = "the run has begun", "chance is drawn again from a moment that was set before it"
        require.that(not self.started, given, allowed, "run.world.again().redraw(7.4, 1)", RuntimeError)
        moment = micros(require.number("at", at, 0, LATEST, unit="seconds", example=7.4))
        self._redraws.append((moment, require.count("number", number, example=1)))
        return self

    def expect(self, *properties: Judge) -> World:
        """Let the run be judged by these properties (see `coordlab.properties`); returns the world.

        Raises TypeError for what is no property, such as the predicate of one.
        """
        check_properties(properties)
        self.properties += properties
        return self

    def assume(self, limits: Limits) -> World:
        """State which faults are assumed at most: a search draws no others by default; returns the world."""
        self.limits = require.instance("limits", limits, Limits, "world.assume(Limits(over=6.0))")
        return self

    def again(self, *, seed: int | None = None, faults: Iterable[Fault] | None = None) -> World:
        """This world as it was before it ran, or with another seed, or other faults.

        Its agents are made again from the arguments with which these were made.
        """
        network, seed = self.network, self.seed if seed is None else seed
        world = World(seed, network.latency, **network.chances, topology=network.topology, budget=self.budget)
        makings = deepcopy(self._makings)
        for at, agent in self._arrivals:
            args, named = makings.get(agent.name, agent._making)
            world.add(type(agent)(*args, **named), at=at)
        world.scenario, world.properties, world.limits = self.scenario, self.properties, self.limits
        world._redraws += self._redraws
        return world.inject(*(self.faults if faults is None else faults))

    # --- the run -----------------------------------------------------------------------------------

    def run(self, until: float | None = None) -> Run:
        """Run until nothing is left to do, or until `until` virtual seconds, and return the `Run`.

        Raises an `AgentError` for an error in an agent, a `DeadlockError` if all wait for ever, a
        `BudgetError` if the run uses too much (all are `WorldError`s, whose `run` is what happened before),
        and RuntimeError if this world has run already.
        """
        try:
            with self.once(until) as end, self.loop.parked():
                self.loop.drive(end)
                self._conclude()
        except WorldError as error:
            raise error.with_traceback(None) from error.__cause__  # our own frames explain nothing
        return self._result()

    async def run_live(self, until: float | None = None, speed: float = 1.0) -> Run:
        """Run beside the rest of the caller's event loop, `speed` virtual seconds to a real one (above 0).

        The trace is the same as that of `run`.  Meanwhile `inject` strikes at once.
        """
        return await beside(self, until, speed)

    @contextmanager
    def once(self, until: float | None) -> Iterator[int]:
        """Start all agents; whatever happens, leave nothing behind that still runs."""
        given, allowed = "this world has run already", "a world runs once, and its run is data"
        example = "build another world, or branch from the run: run.branch(Crash('5', at=3))"
        require.that(not self.started, given, allowed, example, RuntimeError)
        if until is not None:
            self.until = require.number("until", until, 0, LATEST, unit="seconds", example=20)
        self.started = True
        try:
            self._boot()
            yield micros(self.budget.time if self.until is None else self.until)
        except WorldError as error:
            error.run = self._result(broken=True)
            raise
        except (KeyboardInterrupt, asyncio.CancelledError, GeneratorExit):
            raise  # they are meant for the caller
        except BaseException as error:  # noqa: BLE001  (an agent's `sys.exit` must not end the reader's kernel)
            wrapped = AgentError(blame(self, error))
            wrapped.run, wrapped.whole = self._result(broken=True), error.__traceback__
            raise wrapped from error.with_traceback(without_ours(error))
        finally:
            self._close()

    def _boot(self) -> None:
        self.network.check_nodes(self.agents)
        self.loop.instant += len(self.agents) ** 2 + 20 * len(self.agents)
        self.loop.crowd += len(self.agents)
        self._makings = copied_makings(self.agents)
        check_handlers(self)
        for moment, number in self._redraws:
            self.loop.first_at(moment, self._redraw, number, None)
        for fault in self.faults:
            self._schedule(fault)
        for at, agent in self._arrivals:
            if at:
                self.loop.at(micros(at), self._arrive, agent)
            else:
                self._arrive(agent)

    def _arrive(self, agent: Agent, _: None = None) -> None:
        self.loop.cause = None
        self.present[agent.name] = agent
        self._start(agent, START)

    def _start(self, agent: Agent, kind: str) -> None:
        self.loop.acting = agent
        agent._alive = True
        agent._life += 1
        states = tuple((name, snapshot(getattr(agent, name))) for name in agent._states)
        self.record(kind, agent.name, None, None, type(agent).__name__, states)
        if type(agent).run is not Agent.run:
            self.loop.cause = len(self.rows) - 1
            self.spawn(agent, agent.run())

    def _redraw(self, number: int, _: None) -> None:
        self.chance = f"{self.seed} {number}"
        self.network.redraw(self.chance)
        for agent in self.agents.values():
            agent._dice = None

    def _schedule(self, fault: Fault) -> None:
        at = self.loop.now if fault.at is None else micros(fault.at)
        self.loop.first_at(at, self._strike, fault, False)
        if fault.until is not None:
            self.loop.first_at(micros(fault.until), self._strike, fault, True)

    def _strike(self, fault: Fault, ends: bool) -> None:
        self.loop.acting = self.loop.cause = None
        self.record(HEAL if ends else FAULT, fault.agents[0], name=type(fault).__name__, data=str(fault))
        self.loop.cause = len(self.rows) - 1
        (fault.end if ends else fault.strike)(self)

    def _conclude(self) -> None:
        """Check that the run has ended properly: no agent waits for ever, and every error was seen."""
        idle = self.loop.idle()
        if self.until is None and not idle:
            raise overrun(self, "time")
        self.loop.raise_unheard()
        if idle and self.loop.tasks:
            raise DeadlockError(stuck(self.loop))
        if self.until is not None:
            self.loop.now = micros(self.until)

    def _close(self) -> None:
        for agent in self.agents.values():
            agent._alive = False
        try:
            self.loop.kill_all()
        except Overrun as over:
            error = overrun(self, over.kind)
            error.run = self._result(broken=True)
            raise error from None
        finally:
            self.loop.abandon()
            self.loop.close()

    def _result(self, broken: bool = False) -> Run:
        """The run; the trace of one that broke off ends there, so that nothing is said about later."""
        last = self.rows[-1][0] / MICRO if self.rows else 0.0
        end = last if self.until is None or broken else self.until
        return Run(Trace(self.rows, tuple(self.agents), self.mail.says, end, broken), self, self.until)

    # --- what agents and faults ask of the world ---------------------------------------------------

    def record(
        self,
        kind: str,
        agent: str | None,
        peer: str | None = None,
        message: int | None = None,
        name: str | None = None,
        data: object = None,
    ) -> None:
        """Add an event to the trace; its cause is the event being acted on."""
        loop = self.loop
        self.rows.append((loop.now, kind, agent, peer, message, name, loop.cause, data))
        loop.order += 1
        if loop.order > loop.limit:
            loop.check()

    def spawn(self, agent: Agent, work: Coroutine[Any, Any, object]) -> Task:
        """Let `agent` do `work` in a task of its own; an error in it ends the run.

        Raises TypeError if `work` is not a coroutine, RuntimeError outside a run.
        """
        if not isinstance(work, Coroutine):
            given = f"{agent.name} spawns {require.shown(work)}"
            allowed = "expected a coroutine: a call of an `async def` without `yield`"
            require.fail(given, allowed, "async def run(self): ..., or self.spawn(self.work())", TypeError)
        if not self.running:
            work.close()
            given, allowed = f"{agent.name} spawns outside a run", "agents spawn only while the world runs"
            require.fail(given, allowed, "self.spawn(self.work()) in run() or in a handler", RuntimeError)
        self.loop.admit(work)
        before, self.loop.acting = self.loop.acting, agent
        task = Task(work, loop=self.loop)
        task.fatal = True
        self.loop.acting = before
        if not agent._alive:
            self.loop.kill_task(task)
        elif self.loop.order > self.loop.limit:
            self.loop.check()
        return task

    def peers(self, name: str) -> list[str]:
        """The names that the agent called `name` can reach, in order of joining."""
        return self.network.neighbours(self[name]._name, self.present if self.started else self.agents)

    def crash(self, name: str) -> None:
        """Cut the power of an agent: it stops at once."""
        agent = self[name]
        if agent._alive:
            self.record(CRASH, name)
            agent._alive = False
            stored = dict(agent.stable)
            self.loop.kill(agent)
            if self.loop.held.pop(agent, None):
                agent._busy = self.loop.now
            agent._stable = stored  # what it wrote while it died is lost

    def restart(self, name: str) -> None:
        """Make an agent that is down again, with its stable storage, and start it."""
        agent = self[name]
        if not agent._alive and name in self.present:
            agent.__dict__.clear()
            agent._watches = ()
            args, named = deepcopy(self._makings.get(name, agent._making))
            agent.__init__(*args, **named)  # type: ignore[misc]
            self._start(agent, RESTART)

    def slow(self, who: tuple[str, ...], by: float) -> None:
        """Slow an agent, or a link, down by `by` seconds; a negative number speeds it up again."""
        if len(who) == 2:
            self.network.slow(*who, micros(by))
        else:
            agent = self[who[0]]
            agent._slow += micros(by)
            agent._delayed = True

    def pause(self, name: str, until: float | None) -> None:
        """Let an agent that is up do nothing until then; its clock goes on.  None ends a pause."""
        agent, held = self[name], self.loop.held
        if until is None:
            if held.get(agent, 0) <= self.loop.now:
                held.pop(agent, None)
        elif agent._alive:
            held[agent] = end = max(micros(until), held.get(agent, 0))
            agent._busy, agent._delayed = max(agent._busy, end), True

    def skew(self, name: str, rate: float, ahead: float = 0.0, *, ends: bool = False) -> None:
        """Let an agent's clock jump by `ahead` seconds and run `rate` times as fast, or end that."""
        (self.skews[name].remove if ends else self.skews[name].append)(rate)
        before, offset = self[name]._clock or (1.0, 0.0)
        now = prod(self.skews[name])
        self[name]._clock = now, ahead + offset + (before - now) * self.now

    def corrupt(self, name: str, how: Rogue, *, ends: bool = False) -> None:
        """Let an agent go rogue, or end that misbehaviour."""
        (self.rogues[name].remove if ends else self.rogues[name].append)(how)

    # --- what the loop asks of the world -----------------------------------------------------------

    def _look(self) -> None:
        agent = self.loop.acting
        if isinstance(agent, Agent) and agent._watches:
            agent._look()

    def _spend(self) -> None:
        if len(self.rows) > self.budget.events:
            raise overrun(self, "events")
