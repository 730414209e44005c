"""Agents: what a learner writes.

Subclass `Agent`, declare what matters about it with `State`, handle messages in `on_<message>`, and do
what it does of its own accord in `run`.  A handler's return value is the reply.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Coroutine, Iterable
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar, Generic, NoReturn, Self, TypeVar, cast, overload

from coordlab.trace.trace import DECISION, NOTE, STATE, TIMER
from coordlab.world.dice import dice
from coordlab.world.message import is_message
from coordlab.world.task import MICRO, Pause, Task, Wait, micros

if TYPE_CHECKING:
    from coordlab.trace.faults import Rogue
    from coordlab.world.world import World

T = TypeVar("T")


class State(Generic[T]):
    """An attribute whose every change is an event of the trace.

    The one called `role` colours and labels its agent's lane in the diagram.  A change is an assignment:
    what is appended to a list in place, nobody sees.

    >>> class Voter(Agent):
    ...     role = State("undecided")
    >>> Voter("ann").role
    'undecided'
    """

    def __init__(self, initial: T) -> None:
        if type(initial).__hash__ is None:
            raise TypeError(
                f"State({initial!r}) would be one {type(initial).__name__} that all agents share. Start with "
                f"something that cannot change, such as State(()), and assign new values: "
                f"self.votes = (*self.votes, vote)."
            )
        self.initial = initial

    def __set_name__(self, owner: type, name: str) -> None:
        self.name, self.seen = name, f"{name} as seen"

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
        kept = agent.__dict__
        kept[self.name] = value
        seen = snapshot(value)
        before = kept.get(self.seen, self.initial)
        if before is not seen and before != seen:
            kept[self.seen] = seen
            agent._record(STATE, self.name, seen)


class Question(Wait):
    """What was asked, of how many, and the replies so far."""

    __slots__ = ("enough", "name", "replies", "task", "to")

    def __init__(self, name: str, to: tuple[str, ...], enough: int, task: Task) -> None:
        self.name, self.to, self.enough, self.task = name, to, enough, task
        self.replies: dict[str, Any] = {}
        self.open = True

    @property
    def due(self) -> str:
        """What a timer that ends it calls it."""
        return f"answers to {self.name}"

    def __str__(self) -> str:
        silent = [name for name in self.to if name not in self.replies]
        return f"an answer to {self.name} from {', '.join(silent)}"


class Answer:
    """Marks a message as the answer to a question."""

    __slots__ = ("question",)

    def __init__(self, question: Question) -> None:
        self.question = question


Talk = Question | Answer | None
"""Which conversation a message belongs to: it asks a question, answers one, or neither."""


class Watch(Wait):
    """A condition somebody waits for."""

    __slots__ = ("condition", "task", "value")
    due = "its condition"

    def __init__(self, condition: Callable[[], Any], task: Task) -> None:
        self.condition, self.task, self.open = condition, task, True
        self.value: Any = None

    def __str__(self) -> str:
        code = getattr(self.condition, "__code__", None)
        return "a condition" + (f" (line {code.co_firstlineno} in {code.co_qualname})" if code else "")


class Ticker:
    """What `async for beat in agent.every(period)` goes through."""

    __slots__ = ("agent", "beat", "period", "start")

    def __init__(self, agent: Agent, period: float) -> None:
        self.agent, self.period, self.start, self.beat = agent, period, agent.now, 0

    def __aiter__(self) -> Ticker:
        return self

    async def __anext__(self) -> int:
        agent = self.agent
        elapsed = agent.now - self.start
        self.beat = max(self.beat, int(elapsed / self.period + 1e-9)) + 1
        await Pause(agent._real(max(0.0, self.beat * self.period - elapsed)))
        agent._time_up("its next beat", self.period)
        return self.beat


class _Nowhere:
    """Stands where an agent's world will be."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent

    def __getattr__(self, name: str) -> NoReturn:
        raise RuntimeError(
            f"{self._agent!r} is in no world yet, so it has no time, no peers and nobody to talk to. First "
            f"world.add(...) it; what it does belongs into its run() or a handler."
        )


_NONE: dict[str, Any] = {}


class Agent:
    """One who sends, receives and remembers.  `name` is unique in its world.

    Give `run` to act of one's own accord (a coroutine; it starts with the world and after each
    restart), and `on_<message>(self, sender, message)` for each kind of message, plain or async.
    """

    # What we keep stands in slots, what a subclass keeps in its __dict__: that is what a crash wipes out.
    __slots__ = (
        *("__dict__", "__weakref__", "_alive", "_busy", "_clock", "_delayed", "_dice", "_life", "_making"),
        *("_name", "_slow", "_stable", "_watches", "_world"),
    )
    _states: ClassVar[dict[str, Any]] = {}
    _handlers: ClassVar[dict[type, Callable[..., Any]]] = {}

    _name: str
    _alive: bool
    _world: World
    _making: tuple[tuple[Any, ...], dict[str, Any]]  # from which a restart, or another run, makes it anew
    _dice: random.Random | None
    _stable: dict[str, Any] | None
    _watches: tuple[Watch, ...]
    _life: int  # how often it has started
    _slow: int  # microseconds that each message waits before it is handled
    _busy: int  # until when it has its hands full with messages that wait
    _delayed: bool  # whether one of these two matters
    _clock: tuple[float, float] | None  # how fast its clock runs, and how many seconds ahead

    def __new__(cls, *args: Any, **named: Any) -> Self:
        """Make one, and remember of what."""
        made = super().__new__(cls)
        made._making = args, named or _NONE
        made._world = cast("World", _Nowhere(made))
        made._alive = made._delayed = False
        made._life = made._slow = made._busy = 0
        made._watches = ()
        made._dice = made._stable = made._clock = None
        return made

    def __init__(self, name: str) -> None:
        self._name = str(name)

    def __init_subclass__(cls) -> None:
        cls._handlers = {}
        own = {name: each.initial for name, each in vars(cls).items() if isinstance(each, State)}
        if taken := sorted(own.keys() & vars(Agent).keys()):
            raise TypeError(
                f"{cls.__name__}.{taken[0]} cannot be a State: every agent has something called {taken[0]} "
                f"already. Take another name."
            )
        inherited: dict[str, Any] = {}
        for base in reversed(cls.__bases__):
            inherited |= getattr(base, "_states", {})
        cls._states = {**inherited, **own}

    def __deepcopy__(self, memo: object) -> Agent:
        """Itself: an agent is one of a kind."""
        return self

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._name}>"

    @property
    def name(self) -> str:
        """What it is called, by the others and in the trace."""
        return self._name

    @property
    def alive(self) -> bool:
        """Whether it is up: false before it starts, after the run, and while crashed."""
        return self._alive

    @property
    def rogue(self) -> Rogue | None:
        """How it misbehaves now, if it does.  Its class decides what that means for what it says and does."""
        return self._world.rogues.get(self._name)

    async def run(self) -> None:
        """What the agent does of its own accord: nothing, unless its class says otherwise."""

    # --- talking -----------------------------------------------------------------------------------

    def send(self, to: str, message: Any) -> None:
        """Send a message to the agent called `to`.  This never waits, and nobody says whether it arrived."""
        self._world.post(self, to, message, None)

    def broadcast(self, message: Any) -> None:
        """Send a message to every peer, one by one."""
        for to in self.peers:
            self._world.post(self, to, message, None)

    def ask(
        self, to: str | Iterable[str], message: Any, within: float | None = None, enough: int | None = None
    ) -> Coroutine[Any, Any, dict[str, Any]]:
        """Send `message` to one agent or several and await the replies, by name in order of arrival.

        Ends when all have replied, when `enough` have, or after `within` seconds: who has not replied
        by then is missing.  A reply that comes later goes to its handler, if there is one.
        """
        self._must_be_in_task("ask")
        several = isinstance(to, Iterable) and not isinstance(to, str)
        if isinstance(to, (set, frozenset)):  # its order is another one in each process
            to = sorted(to, key=self._world.place)
        names = tuple(dict.fromkeys(to)) if several else (cast("str", to),)
        return self._ask(names, message, within, len(names) if enough is None else min(enough, len(names)))

    async def _ask(
        self, names: tuple[str, ...], message: Any, within: float | None, enough: int
    ) -> dict[str, Any]:
        world = self._world
        question = Question(type(message).__name__, names, enough, world.loop.running())
        for name in names:
            world.post(self, name, message, question)
        if within is not None:
            self._limit(question, within, len(world.rows) - 1)
        try:
            if enough > 0:
                await question
        finally:
            question.open = False
        return question.replies

    def until(self, condition: Callable[[], T], within: float | None = None) -> Coroutine[Any, Any, T | None]:
        """Wait until `condition()` is true of this agent and give its value, or None after `within` seconds.

        It is looked at whenever this agent has acted.
        """
        self._must_be_in_task("until")
        return self._until(condition, within)

    async def _until(self, condition: Callable[[], T], within: float | None) -> T | None:
        value = condition()
        if isinstance(value, Coroutine):
            value.close()
            raise TypeError(
                f"{self._name} waits until a coroutine is true, which it always is. Write the condition as a "
                f"plain `def`, or await it yourself."
            )
        if value:
            return value
        loop = self._world.loop
        watch = Watch(condition, loop.running())
        self._watches = (*self._watches, watch)
        loop.watch(+1)
        if within is not None:
            self._limit(watch, within, loop.cause)
        try:
            await watch
        finally:
            watch.open = False
            loop.watch(-1)
            self._watches = tuple(each for each in self._watches if each is not watch)
        result: T | None = watch.value
        return result

    def sleep(self, seconds: float) -> Coroutine[Any, Any, None]:
        """Wait for `seconds` on this agent's own clock."""
        self._must_be_in_task("sleep")
        return self._sleep(_not_negative("sleep", seconds))

    async def _sleep(self, seconds: float) -> None:
        await Pause(self._real(seconds))
        self._time_up("its sleep to end", seconds)

    def every(self, period: float) -> Ticker:
        """1, 2, 3 … at each multiple of `period` seconds from now; beats that were missed are left out."""
        if _not_negative("every", period) == 0:
            raise ValueError("every(0) would never let time pass. Give a period in seconds: every(1.0).")
        return Ticker(self, period)

    def spawn(self, work: Coroutine[Any, Any, Any]) -> Task:
        """Do `work` besides what is being done; it dies with the agent."""
        return self._world.spawn(self, work)

    # --- knowing -----------------------------------------------------------------------------------

    @property
    def now(self) -> float:
        """The time in seconds, by this agent's clock."""
        now = self._world.loop.now / MICRO
        return now if self._clock is None else now * self._clock[0] + self._clock[1]

    @property
    def peers(self) -> list[str]:
        """The names of the others it can reach, in the order in which they joined."""
        return self._world.peers(self._name)

    @property
    def dice(self) -> random.Random:
        """Its own source of randomness: what others draw does not change it."""
        if self._dice is None:
            self._dice = dice(self._world.seed, "agent", self._name)
        return self._dice

    @property
    def stable(self) -> dict[str, Any]:
        """Stable storage: what is put here outlives a crash."""
        if self._stable is None:
            self._stable = {}
        return self._stable

    def note(self, what: object) -> None:
        """Say in the trace, in words or as a message, why one does what one does."""
        self._record(NOTE, *_words(what))

    def decide(self, what: object) -> None:
        """Say in the trace, in words or as a message, what has been decided."""
        self._record(DECISION, *_words(what))

    # --- inside ------------------------------------------------------------------------------------

    def _must_be_in_task(self, what: str) -> None:
        if self._world.loop.current() is None:
            raise RuntimeError(
                f"{self._name}.{what}(...) waits, and only a coroutine can wait. Write `async def` for what "
                f"calls it and `await self.{what}(...)`, or self.spawn(...) a coroutine that does."
            )

    def _record(self, kind: str, name: str | None, data: Any) -> None:
        """Note an event in the trace; who is down has no events."""
        if self._alive:
            self._world.record(kind, self._name, None, None, name, data)

    def _real(self, seconds: float) -> int:
        """Microseconds of the world that `seconds` on the own clock take."""
        return micros(seconds if self._clock is None else seconds / self._clock[0])

    def _time_up(self, name: str, seconds: float) -> None:
        world = self._world
        world.record(TIMER, self._name, None, None, name, seconds)
        world.loop.cause = len(world.rows) - 1

    def _limit(self, waiting: Question | Watch, within: float, cause: int | None) -> None:
        """End a wait after `within` seconds, if it is still open then."""
        loop = self._world.loop
        due = loop.now + self._real(_not_negative("within", within))
        loop.at(due, Agent._expire, waiting, (self, within, cause))

    @staticmethod
    def _expire(waiting: Question | Watch, what: tuple[Agent, float, int | None]) -> bool:
        """The time for `waiting` is over, unless it is settled and this is void."""
        if not waiting.open:
            return True
        agent, within, cause = what
        waiting.open = False
        loop = agent._world.loop
        loop.acting, loop.cause = agent, cause
        agent._time_up(waiting.due, within)
        loop.resume(waiting.task)
        return False

    def _look(self) -> None:
        """See whether what somebody here waits for has come true."""
        for watch in self._watches:
            if watch.open and (value := watch.condition()):
                watch.open, watch.value = False, value
                self._world.loop.later(watch.task)


def _words(what: object) -> tuple[str | None, object]:
    """What a note is called and holds: a message by its name, as it is; else words, the same in every run."""
    return (type(what).__name__, what) if is_message(type(what)) else (None, str(snapshot(what)))


def snapshot(value: Any) -> Any:
    """`value` as it is now, in a form that later changes do not reach and that is the same in every run."""
    if value is None or isinstance(value, (str, int, float, bytes, Enum)):
        return value
    if isinstance(value, (list, tuple)):
        return tuple(map(snapshot, value))
    if isinstance(value, dict):
        return tuple((snapshot(key), snapshot(item)) for key, item in value.items())
    if isinstance(value, (set, frozenset)):
        return tuple(sorted(map(snapshot, value), key=repr))
    if is_message(type(value)):
        return value
    if fields := getattr(value, "__dataclass_fields__", None):
        return tuple((name, snapshot(getattr(value, name))) for name in fields)
    words = repr(value)
    if " at 0x" in words:
        raise TypeError(
            f"a State cannot be {words}: that text is another one in each run. Use numbers, texts, enums, "
            f"tuples or messages, or give {type(value).__name__} a __repr__."
        )
    return words


def _not_negative(what: str, seconds: float) -> float:
    if not 0 <= seconds < float("inf"):
        raise ValueError(
            f"{what} {seconds!r} s is no delay: that is zero or more seconds of virtual time, and an end. "
            f"Write for instance {'within=0.5' if what == 'within' else f'{what}(0.5)'}."
        )
    return seconds
