"""Agents: what a learner writes.

Subclass `Agent`, declare its recorded attributes with `State`, handle messages in `on_<message>`, and write
in `run` what it does on its own.  A handler's return value is the reply.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Coroutine, Iterable
from math import inf
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, Self, TypeVar, cast

from coordlab import requirements as require
from coordlab.trace.trace import DECISION, NOTE, TIMER
from coordlab.world.dice import dice
from coordlab.world.guards import current_task
from coordlab.world.message import Message
from coordlab.world.state import State, check_attributes, words
from coordlab.world.task import MICRO, Pause, Signal, Task, Wait, micros

if TYPE_CHECKING:
    from coordlab.trace.faults import Rogue
    from coordlab.world.world import World

__all__ = ["Agent", "State"]

T = TypeVar("T")
Making = tuple[tuple[Any, ...], dict[str, Any]]
"""The arguments with which an agent was made, by place and by name."""
Handler = Callable[[Any, str, Any], object]
"""`on_<message>(self, sender, message)`: returns a reply, None, or a coroutine that does."""


class Question(Wait):
    """A question that an agent asked: to whom, how many replies are enough, and the replies so far."""

    __slots__ = ("enough", "name", "replies", "to")

    def __init__(self, name: str, to: tuple[str, ...], enough: int, task: Task | Signal) -> None:
        self.name, self.to, self.enough, self.task = name, to, enough, task
        self.replies: dict[str, Message] = {}
        self.open = True

    @property
    def due(self) -> str:
        """The name of the timer that ends it."""
        return f"answers to {self.name}"

    def __str__(self) -> str:
        silent = [name for name in self.to if name not in self.replies]
        return f"an answer to {self.name} from {', '.join(silent)}"


class Answer:
    """Marks a message as the answer to a question; `failed` if an error comes instead of it."""

    __slots__ = ("failed", "question")

    def __init__(self, question: Question) -> None:
        self.question, self.failed = question, False


Talk = Question | Answer | None
"""Which conversation a message belongs to: it asks a question, answers one, or neither."""


class Watch(Wait):
    """A condition that a task waits for."""

    __slots__ = ("condition", "value")
    due = "its condition"

    def __init__(self, condition: Callable[[], object], task: Task | Signal) -> None:
        self.condition, self.task, self.open = condition, task, True
        self.value: object = None

    def __str__(self) -> str:
        code = getattr(self.condition, "__code__", None)
        return "a condition" + (
            f" (line {code.co_firstlineno} in {code.co_qualname.removesuffix('.<locals>.<lambda>')})"
            if code
            else ""
        )


class Ticker:
    """The ticks of `async for tick in agent.every(period)`: 1, 2, 3 …"""

    __slots__ = ("agent", "period", "start", "tick")

    def __init__(self, agent: Agent, period: float) -> None:
        self.agent, self.period, self.start, self.tick = agent, period, agent.now, 0

    def __aiter__(self) -> Ticker:
        return self

    async def __anext__(self) -> int:
        agent = self.agent
        elapsed = agent.now - self.start
        self.tick = max(self.tick, int(elapsed / self.period + 1e-9)) + 1
        await Pause(agent._real(max(0.0, self.tick * self.period - elapsed)))
        agent._time_up("its next beat", self.period)
        return self.tick


class _Nowhere:
    """The placeholder for the world of an agent that has not been added to one."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent

    def __getattr__(self, name: str) -> NoReturn:
        given = f"{self._agent!r} is not in a world"
        allowed = "it has no time, no peers and no mail before it is added to one"
        example = "world.add(agent), and what it does in its run() or a handler"
        require.fail(given, allowed, example, RuntimeError)


_NONE: dict[str, Any] = {}


class Agent:
    """An agent sends and receives messages, and remembers.

    name: unique in its world, 1 to 100 characters without spaces and without , > / | @ #.

    A subclass defines `run` (a coroutine) for what it does on its own: it starts with the world, and again
    after each restart; and `on_<message>(self, sender, message)`, plain or async, for each type of message:
    `on_call_for_proposals` handles a `CallForProposals`.  What a handler returns, if not None, is the reply.

    A class attribute that can change, such as a list, is a TypeError, and so is `role = "x"` without State.
    """

    # Our attributes are in slots, those of a subclass in its __dict__: that is what a crash wipes out.
    __slots__ = (
        *("__dict__", "__weakref__", "_alive", "_busy", "_clock", "_delayed", "_dice", "_life", "_making"),
        *("_name", "_slow", "_stable", "_watches", "_world"),
    )
    _states: ClassVar[dict[str, object]] = {}
    _handlers: ClassVar[dict[type, Handler]] = {}

    _name: str
    _alive: bool
    _world: World
    _making: Making  # with which a restart, or another run, makes it again
    _dice: random.Random | None
    _stable: dict[str, Any] | None
    _watches: tuple[Watch, ...]
    _life: int  # how often it has started
    _slow: int  # microseconds that each message waits before it is handled
    _busy: int  # the time, in microseconds, until which it is busy with messages that wait
    _delayed: bool  # whether messages may have to wait
    _clock: tuple[float, float] | None  # how fast its clock runs, and how many seconds ahead

    def __new__(cls, *args: Any, **named: Any) -> Self:
        """Make an agent, and remember with which arguments."""
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
        own = {name: each.initial for name, each in vars(cls).items() if isinstance(each, State)}
        taken = sorted(own.keys() & vars(Agent).keys())
        given = f"{cls.__name__}.{''.join(taken[:1])} = State(...)"
        allowed = f"every agent has an attribute of this name already; these are taken: {', '.join(taken)}"
        require.that(not taken, given, allowed, "another name", TypeError)
        inherited: dict[str, object] = {}
        for base in reversed(cls.__bases__):
            inherited |= getattr(base, "_states", {})
        check_attributes(cls, inherited)
        cls._states, cls._handlers = {**inherited, **own}, {}

    def __deepcopy__(self, memo: object) -> Agent:
        """The agent itself: it is never copied."""
        return self

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._name}>"

    @property
    def name(self) -> str:
        """Its name, as the other agents and the trace know it."""
        return self._name

    @property
    def alive(self) -> bool:
        """Whether it is up: false before it starts, after the run, and while crashed."""
        return self._alive

    @property
    def placed(self) -> bool:
        """Whether it has been added to a world."""
        return not isinstance(self._world, _Nowhere)

    @property
    def rogue(self) -> Rogue | None:
        """How it misbehaves now, or None.  Its class decides how that changes what it says and does."""
        now = self._world.rogues[self._name]
        return now[-1] if now else None

    async def run(self) -> None:
        """What the agent does on its own: nothing, unless its class defines it."""

    # --- talking -----------------------------------------------------------------------------------

    def send(self, to: str, message: Message) -> None:
        """Send a message to the agent called `to`.  This never waits, and does not tell whether it arrives.

        Raises LookupError if no agent is called `to`, TypeError if `message` is not made with `@message`,
        ValueError if the topology has no link to it, RuntimeError outside a run.
        """
        self._world.mail.post(self, to, message, None)

    def broadcast(self, message: Message) -> None:
        """Send a message to every peer, one by one."""
        for to in self.peers:
            self._world.mail.post(self, to, message, None)

    def ask(
        self,
        to: str | Iterable[str],
        message: Message,
        within: float | None = None,
        enough: int | None = None,
    ) -> Coroutine[Any, Any, dict[str, Any]]:
        """Send a message to one agent or several, and wait for their replies.

        to: a name, or several names, each of which is asked once.
        within: seconds on this agent's clock, 0 or more; without it, there is no time limit.
        enough: how many replies suffice, 0 or more; without it, all.

        `await self.ask(...)` returns a dict: the name of each agent that replied, and its reply, in order of
        arrival.  This is so for a single name as well: `replies = await self.ask("bob", Hello(), within=1)`,
        then `replies.get("bob")`.  It ends when all have replied, when `enough` have, or when the time is
        over; agents that have not replied by then are missing.  A later reply goes to the handler for its
        type, if there is one.  A call that fails (see `coordlab.trace.calls`) is not waited for any longer.
        """
        self._must_be_in_task("ask")
        names = (to,) if isinstance(to, str) else self._asked(to)
        most = len(names) if enough is None else require.count("enough", enough, example=2)
        return self._ask(names, message, within, min(most, len(names)))

    def _asked(self, to: Iterable[str]) -> tuple[str, ...]:
        """Whom a question goes to: each name once, in order."""
        if isinstance(to, (set, frozenset)):  # the order of a set differs from process to process
            order = list(self._world.agents)
            to = sorted(to, key=lambda name: (order.index(name) if name in order else len(order), str(name)))
        several = isinstance(to, (list, Iterable))  # a list is the usual case, and found sooner
        asked = tuple(to) if several else (cast("str", to),)
        if not all(isinstance(each, str) for each in asked):
            given, allowed = f"{self._name} asks {require.shown(asked)}", "expected a name, or several names"
            require.fail(given, allowed, "await self.ask(['ann', 'bob'], Hello(), within=1)", LookupError)
        return tuple(dict.fromkeys(asked))

    async def _ask(
        self, names: tuple[str, ...], message: Message, within: float | None, enough: int
    ) -> dict[str, Message]:
        world = self._world
        question = Question(type(message).__name__, names, enough, world.loop.waiter())
        for name in names:
            world.mail.post(self, name, message, question)
        if within is not None:
            self._limit(question, within, len(world.rows) - 1)
        try:
            if enough > 0:
                await question
        finally:
            question.open = False
        return question.replies

    def until(self, condition: Callable[[], T], within: float | None = None) -> Coroutine[Any, Any, T | None]:
        """Wait until `condition()` is true; `await` returns its value, or None after `within` seconds.

        condition: a plain function or lambda; it is called whenever this agent has acted.
        within: seconds on this agent's clock, 0 or more; without it, there is no time limit.
        """
        self._must_be_in_task("until")
        require.function("condition", condition, "await self.until(lambda: self.leader)")
        return self._until(condition, within)

    async def _until(self, condition: Callable[[], T], within: float | None) -> T | None:
        value = condition()
        if isinstance(value, Coroutine):
            value.close()
            given = f"{self._name} waits until a coroutine is true"
            allowed = "the condition must be a plain function, which returns its value at once"
            require.fail(given, allowed, "await self.until(lambda: self.leader)", TypeError)
        if value:
            return value
        loop = self._world.loop
        watch = Watch(condition, loop.waiter())
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
        return cast("T | None", watch.value)

    def sleep(self, seconds: float) -> Coroutine[Any, Any, None]:
        """Wait for `seconds`, 0 or more, on this agent's own clock."""
        self._must_be_in_task("sleep")
        if seconds.__class__ is not float or not 0 <= seconds < inf:  # else nothing is wrong with it
            seconds = require.seconds("seconds", seconds, example=0.5)
        return self._sleep(seconds)

    async def _sleep(self, seconds: float) -> None:
        await Pause(self._real(seconds))
        self._time_up("its sleep to end", seconds)

    def every(self, period: float) -> Ticker:
        """Iterate with `async for` over 1, 2, 3 …, one at each multiple of `period` seconds, above 0.

        The time counts from now.  Ticks that pass while the loop's body waits are skipped.
        """
        return Ticker(self, require.seconds("period", period, positive=True))

    def spawn(self, work: Coroutine[Any, Any, object]) -> Task:
        """Run a coroutine beside what the agent is doing; it ends at the latest when the agent crashes.

        Raises TypeError if `work` is not a coroutine.
        """
        return self._world.spawn(self, work)

    # --- knowing -----------------------------------------------------------------------------------

    @property
    def now(self) -> float:
        """The time in seconds, by this agent's clock."""
        now = self._world.loop.now / MICRO
        return now if self._clock is None else now * self._clock[0] + self._clock[1]

    @property
    def peers(self) -> list[str]:
        """The names of the other agents that it can reach, in the order in which they joined."""
        return self._world.peers(self._name)

    @property
    def dice(self) -> random.Random:
        """Its own random numbers: a `random.Random` that depends on the world's seed and its name alone.

        The draws of other agents do not change it, so that a run can be repeated; the module `random` would
        break that.  After a restart it goes on where it was.
        """
        if self._dice is None:
            self._dice = dice(self._world.chance, "agent", self._name)
        return self._dice

    @property
    def stable(self) -> dict[str, Any]:
        """Stable storage, such as a disk: a dict that survives a crash, unlike all other attributes.

        After a restart, `__init__` and `run` find in it what was stored before: `self.stable["term"] = 3`.
        """
        if self._stable is None:
            self._stable = {}
        return self._stable

    def note(self, what: object) -> None:
        """Record in the trace why the agent acts as it does: words, or a message."""
        self._record(NOTE, *words(what))

    def decide(self, what: object) -> None:
        """Record in the trace what the agent has decided: words, or a message."""
        self._record(DECISION, *words(what))

    # --- inside ------------------------------------------------------------------------------------

    def _must_be_in_task(self, what: str) -> None:
        if current_task(self._world.loop) is None:
            given, allowed = f"{self._name}.{what}(...) waits", "only a coroutine can wait"
            example = f"async def for the handler that calls it, and await self.{what}(...)"
            require.fail(given, allowed, example, RuntimeError)

    def _record(self, kind: str, name: str | None, data: object) -> None:
        """Add an event to the trace; an agent that is down has none."""
        if self._alive:
            self._world.record(kind, self._name, None, None, name, data)

    def _real(self, seconds: float) -> int:
        """The microseconds of true time that `seconds` on its own clock take."""
        return micros(seconds if self._clock is None else seconds / self._clock[0])

    def _time_up(self, name: str, seconds: float) -> None:
        world = self._world
        world.record(TIMER, self._name, None, None, name, seconds)
        world.loop.cause = len(world.rows) - 1

    def _limit(self, waiting: Question | Watch, within: float, cause: int | None) -> None:
        """End a wait after `within` seconds, if it is still open then."""
        loop = self._world.loop
        if within.__class__ is not float or not 0 <= within < inf:  # else nothing is wrong with it
            within = require.seconds("within", within, example=0.5)
        loop.at(loop.now + self._real(within), Agent._expire, waiting, (self, within, cause))

    @staticmethod
    def _expire(waiting: Question | Watch, what: tuple[Agent, float, int | None]) -> bool:
        """End a wait whose time is over; return True if it had ended before, and this is void."""
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
        """Wake the tasks whose condition has become true."""
        for watch in self._watches:
            if watch.open and (value := watch.condition()):
                watch.open, watch.value = False, value
                self._world.loop.later(watch.task)
