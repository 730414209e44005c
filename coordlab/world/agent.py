"""Agents: what a learner writes.

Subclass `Agent`, declare what matters about it with `State`, handle messages in `on_<message>`, and do
what it does of its own accord in `run`.  A handler's return value is the reply.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Coroutine, Iterable
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from coordlab.world.dice import dice
from coordlab.world.loop import MICRO, Task, micros, park, pause
from coordlab.world.message import is_message
from coordlab.world.trace import DECISION, NOTE, STATE, TIMER

if TYPE_CHECKING:
    from coordlab.world.world import World

T = TypeVar("T")


class State(Generic[T]):
    """An attribute whose every change is an event of the trace.

    The one called `role` colours and labels its agent's lane in the diagram.

    >>> class Voter(Agent):
    ...     role = State("undecided")
    >>> Voter("ann").role
    'undecided'
    """

    def __init__(self, initial: T) -> None:
        self.initial = initial

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, agent: None, owner: type) -> State[T]: ...
    @overload
    def __get__(self, agent: Agent, owner: type) -> T: ...
    def __get__(self, agent: Agent | None, owner: type) -> State[T] | T:
        if agent is None:
            return self
        value: T = agent.__dict__.get(self.name, self.initial)
        return value

    def __set__(self, agent: Agent, value: T) -> None:
        before = agent.__dict__.get(self.name, self.initial)
        agent.__dict__[self.name] = value
        if before is not value and before != value and agent.alive:
            agent._world.record(STATE, agent.name, None, None, self.name, snapshot(value))


class Question:
    """What was asked, of how many, and the replies so far."""

    __slots__ = ("asker", "enough", "name", "open", "replies", "task", "to")

    def __init__(self, asker: Agent, name: str, to: tuple[str, ...], enough: int, task: Task) -> None:
        self.asker, self.name, self.to, self.enough, self.task = asker, name, to, enough, task
        self.replies: dict[str, Any] = {}
        self.open = True

    def __str__(self) -> str:
        silent = [name for name in self.to if name not in self.replies]
        return f"an answer to {self.name} from {', '.join(silent)}"


class Watch:
    """A condition somebody waits for."""

    __slots__ = ("condition", "open", "task", "value")

    def __init__(self, condition: Callable[[], Any], task: Task) -> None:
        self.condition, self.task, self.open, self.value = condition, task, True, None

    def __str__(self) -> str:
        code = self.condition.__code__ if hasattr(self.condition, "__code__") else None
        return "a condition" + (f" (line {code.co_firstlineno} of {code.co_name})" if code else "")


class Beats:
    """What `async for beat in agent.every(period)` goes through."""

    __slots__ = ("agent", "beat", "period", "start")

    def __init__(self, agent: Agent, period: float) -> None:
        self.agent, self.period, self.start, self.beat = agent, period, agent.now, 0

    def __aiter__(self) -> Beats:
        return self

    async def __anext__(self) -> int:
        agent = self.agent
        elapsed = agent.now - self.start
        self.beat = max(self.beat, int(elapsed / self.period + 1e-9)) + 1
        await pause(agent._real(max(0.0, self.beat * self.period - elapsed)))
        agent._time_up("its next beat", self.period)
        return self.beat


class Agent:
    """One who sends, receives and remembers.  `name` is unique in its world.

    Give `run` to act of one's own accord (a coroutine; it starts with the world and after each
    restart), and `on_<message>(self, sender, message)` for each kind of message, plain or async.
    """

    name: str
    alive: bool = False  # false before the start, and while crashed
    states: dict[str, Any] = {}
    handlers: dict[type, Callable[..., Any]] = {}
    _world: World
    _making: tuple[tuple[Any, ...], dict[str, Any]]
    slow: int = 0  # microseconds that each message waits before it is handled
    clock: tuple[float, float] | None = None  # how fast its clock runs, and how many seconds ahead

    def __new__(cls, *args: Any, **named: Any) -> Agent:
        made = super().__new__(cls)
        made._making = args, named  # from which a restart, or another run, makes it anew
        return made

    def __init__(self, name: str) -> None:
        self.name = str(name)

    def __init_subclass__(cls) -> None:
        cls.handlers = {}
        own = {name: each.initial for name, each in vars(cls).items() if isinstance(each, State)}
        cls.states = {**cls.states, **own}

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"

    async def run(self) -> None:
        """What the agent does of its own accord: nothing, unless its class says otherwise."""

    # --- talking -----------------------------------------------------------------------------------

    def send(self, to: str, message: Any) -> None:
        """Send a message to the agent called `to`.  Sending never waits, and nobody says whether it arrived."""
        self._world.post(self, to, message, None)

    def broadcast(self, message: Any) -> None:
        """Send a message to every peer, one by one."""
        for to in self.peers:
            self._world.post(self, to, message, None)

    async def ask(
        self, to: str | Iterable[str], message: Any, within: float | None = None, enough: int | None = None
    ) -> dict[str, Any]:
        """Send `message` to one agent or several and await the replies, by name in order of arrival.

        Ends when all have replied, when `enough` have, or after `within` seconds: who has not replied
        by then is missing.  A reply that comes later goes to its handler, if there is one.
        """
        names = (to,) if isinstance(to, str) else tuple(to)
        wanted = len(names) if enough is None else min(enough, len(names))
        world = self._own()
        question = Question(self, type(message).__name__, names, wanted, world.loop.running())
        for name in names:
            world.post(self, name, message, question)
        if wanted > 0:
            await self._await(question, f"answers to {question.name}", within)
        question.open = False
        return question.replies

    async def until(self, condition: Callable[[], T], within: float | None = None) -> T | None:
        """Wait until `condition()` is true of this agent and give its value, or None after `within` seconds.

        It is looked at whenever this agent has acted.
        """
        value = condition()
        if value:
            return value
        watch = Watch(condition, self._own().loop.running())
        self.watches = [*self.watches, watch]
        await self._await(watch, "its condition", within)
        return watch.value

    async def sleep(self, seconds: float) -> None:
        """Wait for `seconds` on this agent's own clock."""
        await pause(self._real(_not_negative("sleep", seconds)))
        self._time_up("its sleep to end", seconds)

    def every(self, period: float) -> Beats:
        """1, 2, 3 … at each multiple of `period` seconds from now; beats that were missed are left out."""
        if _not_negative("every", period) == 0:
            raise ValueError("every(0) would never let time pass. Give a period in seconds: every(1.0).")
        return Beats(self, period)

    def spawn(self, work: Coroutine[Any, Any, Any]) -> Task:
        """Do `work` besides what is being done; it dies with the agent."""
        return self._own().spawn(self, work)

    # --- knowing -----------------------------------------------------------------------------------

    @property
    def now(self) -> float:
        """The time in seconds, by this agent's clock."""
        now = self._own().loop.now / MICRO
        return now if self.clock is None else now * self.clock[0] + self.clock[1]

    @property
    def peers(self) -> list[str]:
        """The names of the others it can reach, in the order in which they joined."""
        return self._own().peers(self.name)

    @property
    def dice(self) -> random.Random:
        """Its own source of randomness: what others draw does not change it."""
        if "_dice" not in self.__dict__:
            self._dice = dice(self._own().seed, "agent", self.name)
        return self._dice

    @property
    def stable(self) -> dict[str, Any]:
        """Stable storage: what is put here outlives a crash."""
        stored: dict[str, Any] = self.__dict__.setdefault("_stable", {})
        return stored

    def note(self, what: object) -> None:
        """Say in the trace, in words or as a message, why one does what one does."""
        self._own().record(NOTE, self.name, data=what if is_message(type(what)) else str(what))

    def decide(self, what: object) -> None:
        """Say in the trace, in words or as a message, what has been decided."""
        self._own().record(DECISION, self.name, data=what if is_message(type(what)) else str(what))

    # --- inside ------------------------------------------------------------------------------------

    watches: list[Watch] = []

    def _own(self) -> World:
        try:
            return self._world
        except AttributeError:
            raise RuntimeError(
                f"{self!r} is in no world yet, so it has no time, no peers and nobody to talk to. "
                f"First world.add({self.name!s}); what it does belongs into its run() or a handler."
            ) from None

    def _real(self, seconds: float) -> int:
        """Microseconds of the world that `seconds` on the own clock take."""
        return micros(seconds if self.clock is None else seconds / self.clock[0])

    def _time_up(self, name: str, seconds: float) -> None:
        self._world.record(TIMER, self.name, None, None, name, seconds)
        self._world.loop.cause = len(self._world.rows) - 1

    async def _await(self, waiting: Question | Watch, name: str, within: float | None) -> None:
        loop = self._world.loop
        if within is not None:
            due = loop.now + self._real(_not_negative("within", within))
            loop.at(due, self._expire, waiting, (name, within, len(self._world.rows) - 1))
        try:
            await park(waiting)
        finally:
            waiting.open = False

    def _expire(self, waiting: Question | Watch, what: tuple[str, float, int]) -> None:
        if waiting.open:
            name, within, cause = what
            waiting.open = False
            self._world.loop.cause = cause
            self._time_up(name, within)
            self._world.loop.resume(waiting.task)

    def look(self) -> None:
        """See whether what somebody here waits for has come true."""
        self.watches = [watch for watch in self.watches if watch.open]
        for watch in self.watches:
            watch.value = watch.open and watch.condition()
            if watch.value:
                watch.open = False
                self._world.loop.later(watch.task)


def snapshot(value: Any) -> Any:
    """`value` as it is now: later changes do not reach it."""
    if isinstance(value, (list, tuple)):
        return tuple(map(snapshot, value))
    if isinstance(value, dict):
        return tuple((snapshot(key), snapshot(item)) for key, item in value.items())
    if isinstance(value, (set, frozenset)):
        return tuple(sorted(map(snapshot, value), key=repr))
    return value


def _not_negative(what: str, seconds: float) -> float:
    if not seconds >= 0:
        raise ValueError(
            f"{what} {seconds!r} s lies in the past: a delay is zero or more seconds of virtual time. "
            f"Write for instance {what}(0.5)."
        )
    return seconds
