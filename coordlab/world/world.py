"""The world: agents, the network between them, the faults that strike them, and the trace of it all.

    world = World(seed=7, latency=uniform(0.01, 0.05))
    world.add(Candidate(rank) for rank in range(1, 6))
    world.inject(Crash("5", at=3.0))
    run = world.run(until=20)

A world runs once.  What comes of it is a `Run`: data, from which another run can be branched.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, replace
from heapq import heappush
from types import CoroutineType
from typing import TYPE_CHECKING, Any

from coordlab.trace.faults import LATEST, Drop, Fault, FaultError, Rogue, is_name, read_fault, seconds
from coordlab.trace.scenario import Scenario, Value
from coordlab.trace.trace import (
    CRASH,
    DELIVER,
    DROP,
    FAULT,
    HANDLE,
    HEAL,
    LATE,
    RESTART,
    SEND,
    START,
    Row,
    Trace,
)
from coordlab.world.agent import Agent, Answer, Question, Talk, snapshot
from coordlab.world.errors import (
    AgentError,
    BudgetError,
    DeadlockError,
    UnhandledMessage,
    WorldError,
    blame,
    listed,
    overrun,
    stuck,
)
from coordlab.world.loop import Overrun, VirtualLoop
from coordlab.world.message import handler_name, is_message
from coordlab.world.network import Latency, Network
from coordlab.world.run import Run
from coordlab.world.task import MICRO, Task, micros

if TYPE_CHECKING:
    import networkx

__all__ = [
    "AgentError",
    "Budget",
    "BudgetError",
    "DeadlockError",
    "Run",
    "UnhandledMessage",
    "World",
    "WorldError",
    "listed",
]


@dataclass(frozen=True)
class Budget:
    """What a run may use: events in all and at one instant, virtual seconds, and real seconds.

    The instant has room for a message from everybody to everybody besides.
    """

    events: int = 1_000_000
    instant: int = 200_000
    time: float = 1_000_000.0
    wall: float = 60.0


class World:
    """Agents in a network.  The same world with the same seed gives the same trace.

    `latency` is in seconds, or a distribution such as `uniform(0.01, 0.05)`; `loss`, `duplicate` and
    `reorder` are chances from 0 to 1; `topology` is a networkx graph of who reaches whom.
    """

    def __init__(
        self,
        seed: int = 0,
        latency: Latency | float | str = 0.01,
        loss: float = 0.0,
        duplicate: float = 0.0,
        reorder: float = 0.0,
        topology: networkx.Graph[Any] | None = None,
        budget: Budget = Budget(),
    ) -> None:
        if isinstance(seed, bool) or not hasattr(seed, "__index__"):
            raise TypeError(f"seed={seed!r} is no whole number. Write for instance seed=7.")
        self.seed = seed = int(seed)
        self.budget = budget
        self.network = Network(latency, loss, duplicate, reorder, topology, seed)
        self.loop = VirtualLoop(budget.instant, budget.wall)
        self.loop.overrun, self.loop.spend, self.loop.look = self._overrun, self._spend, self._look
        self.agents: dict[str, Agent] = {}
        self.present: dict[str, Agent] = {}  # those who have joined, in that order
        self.faults: list[Fault] = []
        self.rogues: dict[str, Rogue] = {}  # who misbehaves now, and how
        self.rows: list[Row] = []
        self.loop.kept = self.rows.__len__
        self.says: dict[str, str] = {}
        self.names: dict[type, str] = {}
        self.sent = 0
        self.started = False
        self._arrivals: list[tuple[float, Agent]] = []
        self._makings: dict[str, Any] = {}
        chances = {"loss": loss, "duplicate": duplicate, "reorder": reorder}
        self._settings: dict[str, Any] = {"latency": latency, "topology": topology, **chances}
        self.properties: tuple[Callable[[Trace], Any], ...] = ()
        shown: dict[str, Value] = {name: value for name, value in chances.items() if value}
        latency = str(self.network.latency).replace(" ", "")
        self.scenario = Scenario("world", {"latency": latency, **shown}, seed=seed)

    def __getitem__(self, name: str) -> Agent:
        return self._known(name)

    def __repr__(self) -> str:
        return f"<World of {len(self.agents)} agents, seed {self.seed}, {seconds(self.now)} s>"

    @property
    def now(self) -> float:
        """True time, in virtual seconds."""
        return self.loop.now / MICRO

    # --- before the run ----------------------------------------------------------------------------

    def add(self, *agents: Agent | Iterable[Agent], at: float = 0.0) -> World:
        """Let agents, or iterables of agents, join at `at` seconds."""
        if self.started:
            raise RuntimeError(
                "this world runs already, or has: add everybody before, those who come later with "
                "world.add(agent, at=5.0)."
            )
        if not 0 <= at <= LATEST:
            raise ValueError(f"at={at!r} is no moment: give virtual seconds, as in world.add(agent, at=5.0).")
        for each in agents:
            for agent in each if isinstance(each, Iterable) else (each,):
                self._join(agent, at)
        return self

    def _join(self, agent: Agent, at: float) -> None:
        if not isinstance(agent, Agent) or not hasattr(agent, "_name"):
            what = repr(agent) if not isinstance(agent, Agent) else f"this {type(agent).__name__}"
            raise TypeError(
                f"{what} is no agent with a name. Pass instances of a subclass of Agent whose __init__ "
                f"calls super().__init__(name)."
            )
        if agent.name in self.agents or not is_name(agent.name):
            raise ValueError(
                f"{agent.name!r} cannot be an agent's name here: a name is unique in its world and has no "
                f"space and none of , > / | @ # in it. Taken so far: {listed(self.agents)}."
            )
        if isinstance(agent._world, World):
            raise ValueError(f"{agent!r} is in a world already. Make another one for this world.")
        args, named = agent._making
        if any(isinstance(each, Agent) for each in (*args, *named.values())):
            raise ValueError(
                f"{agent!r} was made with another agent, which a branch of the run would share with it. "
                f"Agents know each other by name: pass the name, and send."
            )
        agent._world = self
        self.agents[agent.name] = agent
        self._arrivals.append((at, agent))

    def inject(self, *faults: Fault | str) -> World:
        """Let faults strike; a text such as "crash 5 @3" does as well.  In a running world None is now."""
        if self.loop.is_closed():
            raise RuntimeError("this run is over, and data now. Branch from it: run.branch(Crash(...)).")
        for each in faults:
            if not isinstance(each, (Fault, str)):
                raise FaultError(
                    f"{each!r} is no fault. Write for instance Crash('5', at=3) or 'crash 5 @3'."
                )
            fault = self._checked(read_fault(each) if isinstance(each, str) else each)
            if not self.loop.is_running():  # else an agent did it, and will do it again in a branch
                self.faults.append(fault)
            if self.started:
                self._schedule(fault)
        return self

    def _checked(self, fault: Fault) -> Fault:
        """A fault that can strike here, with its time: what comes now must come then in a branch, too."""
        for name in fault.agents:
            if name not in self.agents:
                raise FaultError(
                    f"{str(fault)!r}: there is no agent {name!r}. The agents here are {listed(self.agents)}. "
                    f"Add it first with world.add(...), or fix the name."
                )
        if self.started and isinstance(fault, Drop):
            passed = self.network.link(*fault.agents).count
            if passed >= fault.nth:
                raise FaultError(f"{str(fault)!r} comes too late: that link has carried {passed} messages.")
        elif self.started and fault.at is None:
            return replace(fault, at=(self.loop.now + 1) / MICRO)
        if self.started and fault.at is not None and micros(fault.at) <= self.loop.now:
            raise FaultError(
                f"{str(fault)!r} lies in the past: it is {seconds(self.now)} s now. Give a later moment, or "
                f"none for now."
            )
        return fault

    def expect(self, *properties: Callable[[Trace], Any]) -> World:
        """Let the run be judged by these properties (see `coordlab.properties`)."""
        for each in properties:
            if not callable(each):
                raise TypeError(
                    f"{each!r} is no property: give what judges a trace, as in "
                    f"world.expect(always('one leader', lambda now: len(now.where('role', 'leads')) <= 1))."
                )
        self.properties += properties
        return self

    def again(self, *, seed: int | None = None, faults: Iterable[Fault] | None = None) -> World:
        """This world as it was before it ran, or with another seed, or other faults.

        Agents are made anew from their arguments.
        """
        world = World(self.seed if seed is None else seed, **self._settings, budget=self.budget)
        makings = deepcopy(self._makings)
        for at, agent in self._arrivals:
            args, named = makings.get(agent.name, agent._making)
            world.add(type(agent)(*args, **named), at=at)
        world.scenario, world.properties = self.scenario, self.properties
        return world.inject(*(self.faults if faults is None else faults))

    # --- the run -----------------------------------------------------------------------------------

    def run(self, until: float | None = None) -> Run:
        """Run until nothing is left to do, or until `until` seconds of virtual time."""
        with self._once(until) as end, self.loop.parked():
            self.loop.drive(end)
            self._conclude(until)
        return self._result(until)

    async def run_live(self, until: float | None = None, speed: float = 1.0) -> Run:
        """Run beside whatever else the caller's event loop does, `speed` virtual seconds to a real one.

        Gives the same trace as `run`.  Meanwhile `inject` strikes at once.
        """
        if not 0 < speed < float("inf"):
            raise ValueError(f"speed={speed!r} would never get anywhere. Write speed=1.0 for real time.")
        clock, loop = asyncio.get_running_loop().time, self.loop
        began = clock()
        with self._once(until) as end:
            while until is not None or not loop.idle():
                elapsed = micros((clock() - began) * speed)
                if elapsed >= loop.due(end):
                    with loop.parked():
                        loop.drive(min(end, elapsed))
                if elapsed >= end:
                    break
                due = loop.due(end)
                loop.now = max(loop.now, min(elapsed, due - 1))  # by which `inject` goes
                await asyncio.sleep(min(0.02, max(0, due - elapsed) / MICRO / speed))
            self._conclude(until)
        return self._result(until)

    @contextmanager
    def _once(self, until: float | None) -> Iterator[int]:
        """Set everybody going; whatever happens, leave nothing behind that still runs."""
        if self.started:
            raise RuntimeError(
                "this world has run already, and its run is data now. Build another world, "
                "or branch from the run: run.branch(Crash(...))."
            )
        if until is not None and not 0 <= until <= LATEST:
            raise ValueError(f"until={until!r}: give the end in virtual seconds, as in run(until=20).")
        self.started = True
        try:
            self._boot()
            yield micros(self.budget.time if until is None else until)
        except WorldError as error:
            error.run = self._result(until)
            raise
        except Exception as error:
            wrapped = AgentError(blame(self, error))
            wrapped.run = self._result(until)
            raise wrapped from error
        finally:
            self._close(until)

    def _boot(self) -> None:
        self.network.check_nodes(self.agents)
        self.loop.instant += len(self.agents) ** 2 + 20 * len(self.agents)
        makings = {name: agent._making for name, agent in self.agents.items() if not _plain(agent._making)}
        self._makings = _copied(makings)
        for agent in self.agents.values():
            agent._handlers.clear()  # a notebook may have changed a handler since the last run
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

    def _conclude(self, until: float | None) -> None:
        """The run must have come to a proper end: nobody stuck, no error unseen."""
        idle = self.loop.idle()
        if until is None and not idle:
            raise self._overrun("time")
        for task, failed_at in self.loop.failed:
            if task._log_traceback:
                self.loop.acting, self.loop.cause, self.loop.now = task.owner, task.cause, failed_at
                raise task.exception() or RuntimeError("a task failed")
        if idle and self.loop.tasks:
            raise DeadlockError(stuck(self))
        if until is not None:
            self.loop.now = micros(until)

    def _close(self, until: float | None) -> None:
        for agent in self.agents.values():
            agent._alive = False
        try:
            self.loop.kill_all()
        except Overrun as over:
            error = self._overrun(over.kind)
            error.run = self._result(until)
            raise error from None
        finally:
            self.loop.abandon()
            self.loop.close()

    def _result(self, until: float | None) -> Run:
        last = self.rows[-1][0] / MICRO if self.rows else 0.0
        end = last if until is None else until
        return Run(Trace(self.rows, tuple(self.agents), self.says, end), self, until)

    # --- messages ----------------------------------------------------------------------------------

    def post(self, sender: Agent, to: str, message: Any, talk: Talk) -> None:
        """Put a message on its way.  `talk` is the question that it asks, or answers."""
        recipient = self.agents.get(to) if to.__class__ is str else None
        name = self.names.get(message.__class__)
        if recipient is None or name is None or not sender._alive:
            if not self._may_send(sender, to):
                return
            name = self._introduce(sender, message)
            recipient = self.agents[to]
        loop, rows = self.loop, self.rows
        now, source = loop.now, sender._name
        self.sent = number = self.sent + 1
        envelope = (message, name, source, recipient, number, len(rows), talk)
        rows.append((now, SEND, source, to, number, name, loop.cause, message))
        delay = self.network.delay
        if delay is None:
            self._route(envelope)
        else:
            loop.order = order = loop.order + 1
            heappush(loop.heap, (now + delay, order, self._deliver, envelope, None))
        if loop.order > loop.limit:
            loop.check()

    def _route(self, envelope: Envelope) -> None:
        """Send a envelope over a network where something may befall it."""
        source, to, network = envelope[2], envelope[3]._name, self.network
        if network.topology is not None and not network.linked(source, to):
            raise ValueError(
                f"{source} has no link to {to}: the topology links it to {listed(self.peers(source))}. "
                f"Send to one of these, or add the edge to the graph."
            )
        loop = self.loop
        for arrival, fate in network.carry(source, to, loop.now):
            loop.at(arrival, self._deliver, envelope, fate)

    def _deliver(self, envelope: Envelope, fate: str | None) -> None:
        _, name, source, agent, number, sent, _ = envelope
        loop, rows = self.loop, self.rows
        if (
            fate is not None
            or not agent._alive
            or (self.network.severed and self.network.parted(source, agent._name))
        ):
            self._drop(envelope, fate, sent)
            return
        delivered = len(rows)
        rows.append((loop.now, DELIVER, agent._name, source, number, name, sent, None))
        if agent._delayed:
            self._queue(envelope, delivered)
        else:
            self._handle(envelope, delivered)

    def _queue(self, envelope: Envelope, delivered: int) -> None:
        """Let a slow agent handle a message later, but not before those that came earlier."""
        agent, loop = envelope[3], self.loop
        agent._busy = max(loop.now + agent._slow, agent._busy)
        agent._delayed = agent._slow > 0 or agent._busy > loop.now
        loop.at(agent._busy, self._dequeue, envelope, (delivered, agent._life))

    def _dequeue(self, envelope: Envelope, queued: tuple[int, int]) -> None:
        delivered, life = queued
        if envelope[3]._alive and envelope[3]._life == life:
            self._handle(envelope, delivered)
        else:
            self._drop(envelope, "down", delivered)

    def _handle(self, envelope: Envelope, delivered: int) -> None:
        message, name, source, agent, number, _, talk = envelope
        loop = self.loop
        loop.acting, loop.cause = agent, len(self.rows)
        if talk.__class__ is Answer:
            self._answered(envelope, delivered)
            return
        handler = agent._handlers.get(message.__class__)
        if handler is None:
            handler = self._find_handler(agent, message, source)
        self.rows.append((loop.now, HANDLE, agent._name, source, number, name, delivered, None))
        reply = handler(agent, source, message)
        if reply is not None:  # and `talk` a question, if anything
            self._reply(agent, source, reply, talk)  # type: ignore[arg-type]

    def _drop(self, envelope: Envelope, fate: str | None, cause: int) -> None:
        _, name, source, agent, number, _, _ = envelope
        fate = fate or ("cut" if agent._alive else "down")
        self.rows.append((self.loop.now, DROP, agent._name, source, number, name, cause, fate))

    def _answered(self, envelope: Envelope, delivered: int) -> None:
        """A reply has come back to the agent that asked."""
        message, name, source, agent, number, _, talk = envelope
        assert isinstance(talk, Answer)
        question = talk.question
        fresh = question.open and source not in question.replies
        handler = None if fresh else self._handler(type(agent), message)
        kind = HANDLE if fresh or handler is not None else LATE
        self.rows.append((self.loop.now, kind, agent._name, source, number, name, delivered, None))
        if handler is not None:
            self._reply(agent, source, handler(agent, source, message), None)
        elif fresh:
            question.replies[source] = message
            if len(question.replies) >= question.enough:
                question.open = False
                self.loop.resume(question.task)

    def _reply(self, agent: Agent, to: str, reply: Any, question: Question | None) -> None:
        """Send what a handler returned, once an async one is done."""
        if reply.__class__ is CoroutineType:
            work = self.spawn(agent, reply)
            work.add_done_callback(lambda _: self._reply_of(work, agent, to, question))
        elif reply is not None:
            self.post(agent, to, reply, None if question is None else Answer(question))

    def _reply_of(self, work: Task, agent: Agent, to: str, question: Question | None) -> None:
        if not work.cancelled():
            self._reply(agent, to, work.result(), question)

    def _may_send(self, sender: Agent, to: Any) -> bool:
        """Whether a message that cannot take the short way is lawful; a crashed agent sends nothing."""
        if not self.started or self.loop.is_closed():
            raise RuntimeError(
                f"{sender.name} can only send while the world runs. Put the sending into its run() or a "
                f"handler, or let a fault or another agent bring it about."
            )
        if not isinstance(to, str) or to not in self.agents:
            raise LookupError(
                f"{sender.name} wrote to {to!r}, but the agents here are {listed(self.agents)}. "
                f"Write to one of these names, or add the agent with world.add(...)."
            )
        return sender._alive

    def _introduce(self, sender: Agent, message: Any) -> str:
        """The name of a message type that is sent for the first time."""
        kind = type(message)
        if not is_message(kind):
            raise TypeError(
                f"{sender.name} sent {message!r} (or a handler returned it, as its reply), which is no "
                f"message: only instances of a class made with @message travel, so that nobody can change "
                f"them on the way. Declare one: @message class Hello: 'Hello there.'"
            )
        name: str = kind.__name__
        for other in self.names:
            if other.__name__ == name and other.__qualname__ != kind.__qualname__:
                raise TypeError(
                    f"two classes of messages are called {name}: {other.__qualname__} and "
                    f"{kind.__qualname__}. Rename one, for the trace knows them by name."
                )
        self.names[kind] = name
        self.says[name] = kind.says
        return name

    def _handler(self, cls: type[Agent], message: Any) -> Callable[..., Any] | None:
        handler: Callable[..., Any] | None = getattr(cls, handler_name(type(message)), None)
        if handler is not None:
            cls._handlers[type(message)] = handler
        return handler

    def _find_handler(self, agent: Agent, message: Any, source: str) -> Callable[..., Any]:
        handler = self._handler(type(agent), message)
        if handler is None:
            ours = sorted(name for name in dir(agent) if name.startswith("on_"))
            raise UnhandledMessage(
                f"{agent.name} got {message!r} from {source}, but {type(agent).__name__} does not handle it. "
                f"It handles {listed(ours).replace('nobody', 'nothing')}. Add to the class: "
                f"def {handler_name(type(message))}(self, sender, message): ..."
            )
        return handler

    # --- what agents and faults ask of the world ---------------------------------------------------

    def record(
        self,
        kind: str,
        agent: str | None,
        peer: str | None = None,
        message: int | None = None,
        name: str | None = None,
        data: Any = None,
    ) -> None:
        """Add an event to the trace; its cause is the event being acted upon."""
        loop = self.loop
        self.rows.append((loop.now, kind, agent, peer, message, name, loop.cause, data))
        loop.order += 1
        if loop.order > loop.limit:
            loop.check()

    def spawn(self, agent: Agent, work: Coroutine[Any, Any, Any]) -> Task:
        """Let `agent` do `work`; an error in it ends the run."""
        if not isinstance(work, Coroutine):
            raise TypeError(
                f"{agent.name} was to do {work!r}, which is no coroutine. Write `async def` without `yield`, "
                f"and call it: self.spawn(self.work())."
            )
        if not self.started or self.loop.is_closed():
            work.close()
            raise RuntimeError(
                f"{agent.name} can only spawn while the world runs: in its run() or a handler."
            )
        before, self.loop.acting = self.loop.acting, agent
        task = Task(work, loop=self.loop)
        task.fatal = True
        self.loop.acting = before
        if not agent._alive:
            task.kill()
        elif self.loop.order > self.loop.limit:
            self.loop.check()
        return task

    def place(self, name: str) -> tuple[int, str]:
        """Where in the order of joining an agent stands; strangers come last."""
        order = list(self.agents)
        return (order.index(name) if name in self.agents else len(order), str(name))

    def peers(self, name: str) -> list[str]:
        """Whom the agent called `name` can reach, in order of joining."""
        return self.network.neighbours(name, self.present if self.started else self.agents)

    def crash(self, name: str) -> None:
        """Cut the power of an agent: at once, and without a last word."""
        agent = self._known(name)
        if agent._alive:
            self.record(CRASH, name)
            agent._alive = False
            stored = dict(agent.stable)
            self.loop.kill(agent)
            agent._stable = stored  # what it wrote while it died is lost

    def restart(self, name: str) -> None:
        """Build an agent that is down anew, with its stable storage, and start it."""
        agent = self._known(name)
        if not agent._alive and name in self.present:
            agent.__dict__.clear()
            agent._watches = ()
            args, named = deepcopy(self._makings.get(name, agent._making))
            agent.__init__(*args, **named)  # type: ignore[misc]
            self._start(agent, RESTART)

    def slow(self, who: tuple[str, ...], by: float) -> None:
        """Slow an agent, or a link, down by `by` seconds (up again, if negative)."""
        if len(who) == 2:
            self.network.slow(*who, micros(by))
        else:
            agent = self._known(who[0])
            agent._slow += micros(by)
            agent._delayed = True

    def skew(self, name: str, clock: tuple[float, float] | None) -> None:
        """Let an agent's clock show `rate * true time + ahead`; None puts it right."""
        self._known(name)._clock = clock

    def corrupt(self, name: str, how: Rogue | None) -> None:
        """Let an agent go rogue; None brings it to reason."""
        self._known(name)
        self.rogues.pop(name, None)
        if how:
            self.rogues[name] = how

    def _known(self, name: str) -> Agent:
        try:
            return self.agents[name]
        except KeyError:
            raise LookupError(f"there is no agent {name!r} here, only {listed(self.agents)}.") from None

    # --- what the loop asks of the world -----------------------------------------------------------

    def _look(self) -> None:
        agent = self.loop.acting
        if isinstance(agent, Agent) and agent._watches:
            agent._look()

    def _spend(self) -> None:
        if len(self.rows) > self.budget.events:
            raise self._overrun("events")

    def _overrun(self, kind: str) -> BudgetError:
        return overrun(self, kind)


_ATOMS = (type(None), bool, int, float, str)


def _plain(making: Any) -> bool:
    args, named = making
    return all(isinstance(each, _ATOMS) for each in (*args, *named.values()))


def _copied(makings: dict[str, Any]) -> dict[str, Any]:
    """The arguments as they are before the run, which may change them; where they resist, as they are."""
    try:
        return deepcopy(makings)
    except (AttributeError, RecursionError, TypeError, ValueError):
        return {}


Envelope = tuple[Any, str, str, Agent, int, int, Talk]
