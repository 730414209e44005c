"""The world: agents, the network between them, the faults that strike them, and the trace of it all.

    world = World(seed=7, latency=uniform(0.01, 0.05))
    world.add(Candidate(rank) for rank in range(1, 6))
    world.inject(Crash("5", at=3.0))
    run = world.run(until=20)

A world runs once.  What comes of it is a `Run`: data, from which another run can be branched.
"""

from __future__ import annotations

import asyncio
import re
import traceback
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from heapq import heappush
from pathlib import Path
from types import CoroutineType
from typing import TYPE_CHECKING, Any

from coordlab.world.agent import Agent, Question, snapshot
from coordlab.world.faults import Fault, FaultError, read_fault, seconds, _is_name
from coordlab.world.loop import MICRO, Task, VirtualLoop, micros
from coordlab.world.message import handler_name, is_message
from coordlab.world.network import Latency, Network
from coordlab.world.scenario import Scenario
from coordlab.world.story import narration
from coordlab.world.trace import CRASH, DELIVER, DROP, FAULT, HANDLE, HEAL, LATE, RESTART, SEND, START
from coordlab.world.trace import Row, Trace

if TYPE_CHECKING:
    import networkx


class WorldError(RuntimeError):
    """A run that could not go on.  `run` is what happened until then."""

    run: Run


class AgentError(WorldError):
    """An agent raised an exception: who, when, upon which message, and in which of its lines."""


class DeadlockError(WorldError):
    """Everybody waits and nothing lies ahead: who waits for what, since when."""


class BudgetError(WorldError):
    """The run went beyond its budget: which one, and who used it up."""


class UnhandledMessage(LookupError):
    """A message arrived for which its recipient has no handler."""


@dataclass(frozen=True)
class Budget:
    """What a run may use: events in all and at one instant, virtual seconds, and real seconds."""

    events: int = 5_000_000
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
        self.seed, self.budget = seed, budget
        self.network = Network(latency, loss, duplicate, reorder, topology, seed)
        self.loop = VirtualLoop(budget.instant, budget.wall)
        self.loop.overrun, self.loop.spend = self._overrun, self._spend
        self.agents: dict[str, Agent] = {}
        self.faults: list[Fault] = []
        self.rows: list[Row] = []
        self.says: dict[str, str] = {}
        self.names: dict[type, str] = {}
        self.sent = 0
        self.started = False
        self._arrivals: list[tuple[float, Agent]] = []
        self._settings: dict[str, Any] = dict(
            seed=seed, latency=latency, loss=loss, duplicate=duplicate, reorder=reorder, topology=topology
        )
        self.properties: tuple[Callable[[Trace], Any], ...] = ()
        given = {name: value for name, value in self._settings.items() if value and name not in ("seed", "topology")}
        self.scenario = Scenario("world", {name: _value(value) for name, value in given.items()}, seed=seed)

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
        for each in agents:
            for agent in (each,) if isinstance(each, Agent) else each:
                self._join(agent, at)
        return self

    def _join(self, agent: Agent, at: float) -> None:
        if not isinstance(agent, Agent) or "name" not in agent.__dict__:
            raise TypeError(
                f"{agent!r} is no agent with a name. Pass instances of a subclass of Agent whose __init__ "
                f"calls super().__init__(name)."
            )
        if agent.name in self.agents or not _is_name(agent.name):
            raise ValueError(
                f"{agent.name!r} cannot be an agent's name here: a name is unique in its world and has no "
                f"space and none of , > / | @ # in it. Taken so far: {listed(self.agents)}."
            )
        if "_world" in agent.__dict__:
            raise ValueError(f"{agent!r} is in a world already. Make another one for this world.")
        agent._world = self
        self.agents[agent.name] = agent
        self._arrivals.append((at, agent))

    def inject(self, *faults: Fault | str) -> World:
        """Let faults strike; a text such as "crash 5 @3" does as well.  In a running world None is now."""
        for each in faults:
            fault = read_fault(each) if isinstance(each, str) else each
            for name in fault.agents:
                if name not in self.agents:
                    raise FaultError(
                        f"{str(fault)!r}: there is no agent {name!r}. The agents here are {listed(self.agents)}. "
                        f"Add it first with world.add(...), or fix the name."
                    )
            if fault.at is not None and micros(fault.at) < self.loop.now:
                raise FaultError(
                    f"{str(fault)!r} lies in the past: it is {seconds(self.now)} s now. Give a later "
                    f"moment, or none for now."
                )
            self.faults.append(fault)
            if self.loop.order:
                self._schedule(fault)
        return self

    def expect(self, *properties: Callable[[Trace], Any]) -> World:
        """Let the run be judged by these properties (see `coordlab.checks`)."""
        self.properties += properties
        return self

    def again(self, *, seed: int | None = None, faults: Iterable[Fault] | None = None) -> World:
        """This world as it was before it ran, or with another seed, or other faults."""
        settings = self._settings if seed is None else {**self._settings, "seed": seed}
        world = World(**settings, budget=self.budget)
        for at, agent in self._arrivals:
            args, named = agent._making
            world.add(type(agent)(*args, **named), at=at)
        world.scenario, world.properties = replace(self.scenario, seed=world.seed), self.properties
        return world.inject(*(self.faults if faults is None else faults))

    # --- the run -----------------------------------------------------------------------------------

    def run(self, until: float | None = None) -> Run:
        """Run until nothing is left to do, or until `until` seconds of virtual time."""
        with self._once(until) as end:
            with self.loop.parked():
                self.loop.drive(end)
                self._conclude(until)
        return self._result(until)

    async def run_live(self, until: float | None = None, speed: float = 1.0) -> Run:
        """Run beside whatever else the caller's event loop does, `speed` virtual seconds to a real one.

        Gives the same trace as `run`.  Meanwhile `inject` strikes at once.
        """
        if not speed > 0:
            raise ValueError(f"speed={speed!r} would never get anywhere. Write speed=1.0 for real time.")
        clock = asyncio.get_running_loop().time
        began = clock()
        with self._once(until) as end:
            while (due := self.loop.due()) is not None or until is not None:
                due = min(end, due if due is not None else end)
                elapsed = micros((clock() - began) * speed)
                if elapsed < due:
                    self.loop.now = max(self.loop.now, elapsed)
                    await asyncio.sleep(min(0.02, (due - elapsed) / MICRO / speed))
                    continue
                with self.loop.parked():
                    self.loop.drive(due)
                if due >= end:
                    break
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
        if until is not None and not 0 <= until < float("inf"):
            raise ValueError(f"until={until!r}: give the end in virtual seconds, as in run(until=20).")
        self.started = True
        try:
            self._boot()
            yield micros(self.budget.time if until is None else until)
        except WorldError as error:
            error.run = self._result(until)
            raise
        except Exception as error:
            wrapped = AgentError(self._blame(error))
            wrapped.run = self._result(until)
            raise wrapped from error
        finally:
            self._close()

    def _boot(self) -> None:
        self.loop.limit += 20 * len(self.agents)
        for fault in self.faults:
            self._schedule(fault)
        for at, agent in self._arrivals:
            if at:
                self.loop.at(micros(at), self._start, agent, START)
            else:
                self._start(agent, START)

    def _start(self, agent: Agent, kind: str) -> None:
        agent.alive = True
        states = tuple((name, snapshot(getattr(agent, name))) for name in agent.states)
        self.record(kind, agent.name, None, None, type(agent).__name__, states)
        if type(agent).run is not Agent.run:
            self.loop.cause = len(self.rows) - 1
            self.spawn(agent, agent.run())

    def _schedule(self, fault: Fault) -> None:
        at = self.loop.now if fault.at is None else micros(fault.at)
        self.loop.at(at, self._strike, fault, False)
        if fault.until is not None:
            self.loop.at(micros(fault.until), self._strike, fault, True)

    def _strike(self, fault: Fault, ends: bool) -> None:
        self.loop.cause = None
        self.record(HEAL if ends else FAULT, fault.agents[0], name=type(fault).__name__, data=str(fault))
        self.loop.cause = len(self.rows) - 1
        (fault.end if ends else fault.strike)(self)

    def _conclude(self, until: float | None) -> None:
        """The run must have come to a proper end: nobody stuck, no error unseen."""
        if until is None and self.loop.heap:
            raise self._overrun("time")
        for task in self.loop.failed:
            if task._log_traceback:
                task._log_traceback = False
                self.loop.acting = task.owner
                raise task.exception()  # type: ignore[misc]
        if not self.loop.heap and self.loop.tasks:
            raise DeadlockError(self._stuck())
        if until is not None:
            self.loop.now = micros(until)

    def _close(self) -> None:
        self.loop.close()
        for agent in self.agents.values():
            agent.alive = False
        for task in list(self.loop.tasks):
            task.kill()

    def _result(self, until: float | None) -> Run:
        last = self.rows[-1][0] / MICRO if self.rows else 0.0  # timers nobody waits for any more do not count
        end = last if until is None else until
        return Run(Trace(self.rows, tuple(self.agents), self.says, end), self, until)

    # --- messages ----------------------------------------------------------------------------------

    def post(self, sender: Agent, to: str, message: Any, talk: Question | None) -> None:
        """Put a message on its way.  `talk` is the question that it asks, or answers."""
        recipient = self.agents.get(to)
        name = self.names.get(message.__class__)
        if recipient is None or name is None or not sender.alive:
            if not self._may_send(sender, to):
                return
            name = self._introduce(sender, message)
            recipient = self.agents[to]
        loop, rows = self.loop, self.rows
        self.sent = number = self.sent + 1
        parcel = (message, name, sender.name, recipient, number, len(rows), talk)
        rows.append((loop.now, SEND, sender.name, to, number, name, loop.cause, message))
        delay = self.network.delay
        if delay is None:
            return self._route(parcel)
        loop.order = order = loop.order + 1
        heappush(loop.heap, (loop.now + delay, order, self._deliver, parcel, None))
        if order > loop.limit:
            loop.check()
        return None

    def _route(self, parcel: Parcel) -> None:
        """Send a parcel over a network where something may befall it."""
        source, to = parcel[2], parcel[3].name
        topology = self.network.topology
        if topology is not None and not topology.has_edge(source, to):
            raise ValueError(
                f"{source} has no link to {to}: the topology links it to {listed(self.peers(source))}. "
                f"Send to one of these, or add the edge to the graph."
            )
        for arrival, fate in self.network.carry(source, to, self.loop.now):
            self.loop.at(arrival, self._deliver, parcel, fate)

    def _deliver(self, parcel: Parcel, fate: str | None) -> None:
        message, name, source, agent, number, sent, talk = parcel
        loop, rows = self.loop, self.rows
        if (
            fate is not None
            or not agent.alive
            or (self.network.severed and self.network.parted(source, agent.name))
        ):
            return self._drop(parcel, fate, sent)
        delivered = len(rows)
        rows.append((loop.now, DELIVER, agent.name, source, number, name, sent, None))
        if agent.slow:
            loop.at(loop.now + agent.slow, self._handle, parcel, delivered)
        else:
            self._handle(parcel, delivered)

    def _handle(self, parcel: Parcel, delivered: int) -> None:
        message, name, source, agent, number, _, talk = parcel
        loop = self.loop
        if not agent.alive:
            return self._drop(parcel, None, delivered)
        loop.acting, loop.cause = agent, len(self.rows)
        if talk is not None and talk.asker is agent:
            return self._answered(parcel, delivered)
        handler = agent.handlers.get(message.__class__)
        if handler is None:
            handler = self._find_handler(agent, message, source)
        self.rows.append((loop.now, HANDLE, agent.name, source, number, name, delivered, None))
        reply = handler(agent, source, message)
        if reply is not None:
            self._reply(agent, source, reply, talk)
        if agent.watches:
            agent.look()
        return None

    def _drop(self, parcel: Parcel, fate: str | None, cause: int) -> None:
        _, name, source, agent, number, _, _ = parcel
        fate = fate or ("cut" if agent.alive else "down")
        self.rows.append((self.loop.now, DROP, agent.name, source, number, name, cause, fate))

    def _answered(self, parcel: Parcel, delivered: int) -> None:
        """A reply has come back to the agent that asked."""
        message, name, source, agent, number, _, talk = parcel
        assert talk is not None
        fresh = talk.open and source not in talk.replies
        if not fresh and (handler := self._handler(type(agent), message)) is not None:
            self.rows.append((self.loop.now, HANDLE, agent.name, source, number, name, delivered, None))
            self._reply(agent, source, handler(agent, source, message), None)
            return
        kind = HANDLE if fresh else LATE
        self.rows.append((self.loop.now, kind, agent.name, source, number, name, delivered, None))
        if fresh:
            talk.replies[source] = message
            if len(talk.replies) >= talk.enough:
                talk.open = False
                self.loop.resume(talk.task)

    def _reply(self, agent: Agent, to: str, reply: Any, talk: Question | None) -> None:
        if isinstance(reply, CoroutineType):
            self.spawn(agent, self._reply_later(agent, to, reply, talk))
        elif reply is not None:
            self.post(agent, to, reply, talk)

    async def _reply_later(self, agent: Agent, to: str, work: Any, talk: Question | None) -> None:
        reply = await work
        if reply is not None:
            self.post(agent, to, reply, talk)

    def _may_send(self, sender: Agent, to: str) -> bool:
        """Whether a message that cannot take the short way is lawful; a crashed agent sends nothing."""
        if not self.started or self.loop.is_closed():
            raise RuntimeError(
                f"{sender.name} can only send while the world runs. Put the sending into its run() or a "
                f"handler, or let a fault or another agent bring it about."
            )
        if to not in self.agents:
            raise LookupError(
                f"{sender.name} wrote to {to!r}, but the agents here are {listed(self.agents)}. "
                f"Add it with world.add(...), or fix the name."
            )
        return sender.alive

    def _introduce(self, sender: Agent, message: Any) -> str:
        """The name of a message type that is sent for the first time."""
        kind = type(message)
        if not is_message(kind):
            raise TypeError(
                f"{sender.name} sent {message!r}, which is no message: only instances of a class made with "
                f"@message travel, so that nobody can change them on the way. Declare one: "
                f"@message class Hello: 'Hello there.'"
            )
        name = kind.__name__
        if name in self.says and self.names.get(kind) is None:
            raise TypeError(f"two classes of messages are called {name}: rename one, the trace knows them by name.")
        self.names[kind] = name
        self.says[name] = kind.says
        return name

    def _handler(self, cls: type[Agent], message: Any) -> Callable[..., Any] | None:
        handler = getattr(cls, handler_name(type(message)), None)
        if handler is not None:
            cls.handlers[type(message)] = handler
        return handler

    def _find_handler(self, agent: Agent, message: Any, source: str) -> Callable[..., Any]:
        handler = self._handler(type(agent), message)
        if handler is None:
            ours = sorted(name for name in dir(agent) if name.startswith("on_"))
            raise UnhandledMessage(
                f"{agent.name} got {message!r} from {source}, but {type(agent).__name__} does not handle it. "
                f"It has {listed(ours)}. Add to the class: "
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
        self.rows.append((self.loop.now, kind, agent, peer, message, name, self.loop.cause, data))

    def spawn(self, agent: Agent, work: Coroutine[Any, Any, Any]) -> Task:
        """Let `agent` do `work`; an error in it ends the run."""
        before, self.loop.acting = self.loop.acting, agent
        task = Task(work, loop=self.loop)
        task.fatal = True
        self.loop.acting = before
        return task

    def peers(self, name: str) -> list[str]:
        """Whom the agent called `name` can reach, in order of joining."""
        return self.network.neighbours(name, self.agents)

    def crash(self, name: str) -> None:
        """Cut the power of an agent: at once, and without a last word."""
        agent = self._known(name)
        if agent.alive:
            self.record(CRASH, name)
            agent.alive = False
            for task in [task for task in self.loop.tasks if task.owner is agent]:
                task.kill()

    def restart(self, name: str) -> None:
        """Build an agent that is down anew, with its stable storage, and start it."""
        agent = self._known(name)
        if not agent.alive:
            kept = {key: agent.__dict__[key] for key in ("_world", "_making", "_stable", "slow", "clock") if key in agent.__dict__}
            agent.__dict__.clear()
            agent.__dict__.update(kept)
            args, named = agent._making
            type(agent).__init__(agent, *args, **named)
            self._start(agent, RESTART)

    def slow(self, who: tuple[str, ...], by: float) -> None:
        """Slow an agent, or a link, down by `by` seconds (up again, if negative)."""
        if len(who) == 2:
            self.network.slow(*who, micros(by))
        else:
            self._known(who[0]).slow += micros(by)

    def _known(self, name: str) -> Agent:
        try:
            return self.agents[name]
        except KeyError:
            raise LookupError(f"there is no agent {name!r} here, only {listed(self.agents)}.") from None

    # --- when it goes wrong ------------------------------------------------------------------------

    def _blame(self, error: Exception) -> str:
        """Who failed, when, upon what, and in which line."""
        agent = self.loop.acting
        upon = self._upon(self.loop.cause)
        who = f"agent {agent.name} ({type(agent).__name__})" if isinstance(agent, Agent) else "the world"
        where = _own_line(error)
        return f"{who} failed at {seconds(self.now)} s{upon}: {type(error).__name__}: {error}{where}"

    def _upon(self, cause: int | None) -> str:
        if cause is None or cause >= len(self.rows):
            return ""
        _, kind, _, peer, number, name, *_ = self.rows[cause]
        if kind == HANDLE:
            sent = next(row for row in self.rows if row[1] == SEND and row[4] == number)
            return f", handling {sent[7]!r} from {peer}"
        return f", after {kind} {name or ''}".rstrip()

    def _stuck(self) -> str:
        lines = [
            f"{task.owner.name if task.owner else task.get_name()} has waited for "
            f"{_what(task.waiting)} since {seconds(task.since / MICRO)} s"
            for task in list(self.loop.tasks)[:10]
        ]
        more = len(self.loop.tasks) - len(lines)
        return (
            f"deadlock at {seconds(self.now)} s: everybody waits, and nothing lies ahead. "
            + "; ".join(lines)
            + (f"; and {more} more" if more > 0 else "")
            + ". Give the wait an end (within=...), or let somebody send."
        )

    def _spend(self) -> None:
        if len(self.rows) > self.budget.events:
            raise self._overrun("events")

    def _overrun(self, kind: str) -> BudgetError:
        """The error for a budget that is used up, naming who used most of it lately."""
        recent = Counter(row[2] for row in self.rows[-10_000:] if row[2] is not None)
        acting = self.loop.acting
        culprit = acting.name if kind == "wall" and isinstance(acting, Agent) else None
        culprit = culprit or (recent.most_common(1)[0][0] if recent else getattr(acting, "name", "nobody"))
        what = {
            "instant": f"more than {self.loop.instant:,} things happened while the clock stood at {seconds(self.now)} s",
            "wall": f"the run took more than {self.budget.wall:g} real seconds",
            "time": f"the run went on for more than {self.budget.time:g} virtual seconds",
            "events": f"the trace grew beyond {self.budget.events:,} events",
        }[kind]
        advice = {
            "instant": "Does it answer its own messages, or loop without await self.sleep(...)?",
            "wall": "Does it loop without an await?",
            "time": "Give the run an end: world.run(until=20).",
            "events": "End the run sooner, or raise it: World(budget=Budget(events=...)).",
        }[kind]
        return BudgetError(f"{what}; {culprit} was the busiest. {advice}")


class Run:
    """A run that is over: its trace, what its properties say of it, and the ways to vary it."""

    def __init__(self, trace: Trace, world: World, until: float | None) -> None:
        self.trace, self.world, self.until = trace, world, until

    @cached_property
    def verdicts(self) -> list[Any]:
        """What each expected property says of the trace."""
        return [judge(self.trace) for judge in self.world.properties]

    @property
    def scenario(self) -> Scenario:
        """What determined this run, as data."""
        return replace(self.world.scenario, faults=tuple(self.world.faults), until=self.until)

    @property
    def line(self) -> str:
        """What determined this run, on one line to share."""
        return str(self.scenario)

    def branch(self, *faults: Fault | str) -> Run:
        """The same run from zero, with more faults; agents are made anew from their arguments."""
        return self.world.again().inject(*faults).run(self.until)

    def divergence(self, other: Run) -> int | None:
        """The first event, by number, in which the two runs differ; None if they are equal."""
        pairs = zip(self.trace.rows, other.trace.rows, strict=False)
        first = next((seq for seq, (one, two) in enumerate(pairs) if one != two), None)
        shorter, longer = sorted((len(self.trace), len(other.trace)))
        return shorter if first is None and shorter < longer else first

    def __repr__(self) -> str:
        verdicts = "".join(f"\n{verdict}" for verdict in self.verdicts)
        return f"{self.line}\n{narration(self.trace)}{verdicts}"

    def _repr_mimebundle_(self, **_: Any) -> Any:
        return show(self)


def _show_nothing(run: Run) -> Any:
    return {"text/plain": repr(run)}


show: Callable[[Run], Any] = _show_nothing
"""How a run displays itself in a notebook; `coordlab.widgets` puts the player here."""


def listed(names: Iterable[str], most: int = 12) -> str:
    """Names for an error message: all of them, or the first few."""
    names = list(names)
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "") or "nobody"


def _value(setting: Any) -> Any:
    return setting if isinstance(setting, (bool, int, float, str)) else str(setting)


def _what(waiting: object) -> str:
    return type(waiting).__name__ if isinstance(waiting, asyncio.Future) else str(waiting)


def _own_line(error: BaseException) -> str:
    """The innermost line of the traceback that is neither ours nor asyncio's."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [each for each in frames if not re.search(r"coordlab.world.\w+\.py$|asyncio.\w+\.py$", each.filename)]
    if not own:
        return ""
    last = own[-1]
    file = "" if "ipykernel" in last.filename or last.filename.startswith("<") else f" of {Path(last.filename).name}"
    return f"\n  line {last.lineno}{file}, in {last.name}: {last.line}"


Parcel = tuple[Any, str, str, Agent, int, int, Question | None]
