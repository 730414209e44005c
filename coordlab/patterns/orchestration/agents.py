"""The base of all orchestration styles: the agents."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import Any, TypeVar

from coordlab import requirements as require
from coordlab.patterns.orchestration.rules import (
    DEFAULT,
    Budget,
    Cancel,
    Ended,
    Estimate,
    Failed,
    LoopDetector,
    Reply,
    Result,
    Stop,
    StopReason,
    Turn,
    Usage,
    Utterance,
    estimate,
    frozen,
    weigh,
)
from coordlab.world.agent import Agent, State

__all__ = ["Conductor", "Member", "Scripted"]

T = TypeVar("T")
Act = Callable[[Turn], Awaitable[object]]


class Member(Agent):
    """An agent that is an async function: `act(turn)` returns its reply, a text or other plain data.

    - `act`: the function; without one, a subclass defines `reply`.
    - `seconds`: virtual time for each turn, in addition to what `act` itself awaits.
    - `tokens`: estimates the tokens of a text.

    A reply such as a dict is frozen into a tuple of pairs, because it travels in a message (see `frozen`).
    What `act` raises goes back as Failed.  A reply that is an `Utterance` may state its tokens itself.
    Raises TypeError if `act` cannot be called, ValueError if `seconds` is not a duration.
    """

    role = State("idle")  # or working

    def __init__(
        self, name: str, act: Act | None = None, seconds: float = 0.0, tokens: Estimate = estimate
    ) -> None:
        super().__init__(name)
        if act is not None and not callable(act):
            example = f"async def act(turn): return '...', or Scripted({name!r}, 'one', 'two')"
            require.fail(f"act={act!r}", "expected an async function of a turn", example, TypeError)
        self.act, self.tokens = act or self.reply, tokens
        self.seconds = require.seconds("seconds", seconds)
        self.seen: set[tuple[str, int]] = set()
        self.free = asyncio.Lock()

    async def reply(self, turn: Turn) -> object:
        """What it replies, if it was given no function: a subclass defines it."""
        raise NotImplementedError(f"{self.name} has no function to act by. Write Member({self.name!r}, act).")

    async def on_turn(self, sender: str, turn: Turn) -> Reply | Failed | None:
        if (sender, turn.id) in self.seen:
            return None
        self.seen.add((sender, turn.id))
        async with self.free:
            self.role = "working"
            try:
                return await self.answer(turn)
            except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001  (the conductor is told)
                return Failed(turn.id, f"{type(error).__name__}: {error}")
            finally:
                self.role = "idle"

    async def answer(self, turn: Turn) -> Reply:
        """Work for its time, act, and put the outcome into a reply."""
        if self.seconds:
            await self.sleep(self.seconds)
        outcome = self.act(turn)
        if not isawaitable(outcome):
            raise TypeError(
                f"the function of {self.name} returned {outcome!r}, not a coroutine. Write `async def`."
            )
        said = await outcome
        own = said.tokens if isinstance(said, Utterance) else None
        content = said.content if isinstance(said, Utterance) else frozen(said)
        return Reply(turn.id, content, self.tokens(str(content)) if own is None else own)


class Scripted(Member):
    """A member that says its lines, one a turn; a line that is an exception is raised instead.

    With `repeat` it says the last line again and again; without, a turn too many fails.
    """

    def __init__(
        self,
        name: str,
        *lines: object,
        seconds: float = 0.0,
        tokens: Estimate = estimate,
        repeat: bool = False,
    ) -> None:
        super().__init__(name, None, seconds, tokens)
        self.lines, self.said = lines, 0
        self.repeat = require.flag("repeat", repeat) and bool(lines)

    async def reply(self, turn: Turn) -> object:
        """Its next line."""
        self.said += not (self.repeat and self.said == len(self.lines))
        if self.said > len(self.lines):
            raise EOFError(
                f"the script of {self.name} has {len(self.lines)} lines and this is turn {self.said}. "
                f"Write one more: Scripted({self.name!r}, ..., 'one more'), or repeat=True."
            )
        line = self.lines[self.said - 1]
        if isinstance(line, Exception):
            raise line
        return line


class Conductor(Agent):
    """The agent that gives turns.  A style defines `conduct`, and keeps in `outputs` what there is so far.

    - `budget`: for the whole run, crashes included.
    - `patience`: how many seconds a member has for a turn.
    - `repeats`: how often the same may be said in a row (see `heard`), 2 or more; None is without end.
    - `tokens`: estimates the tokens of a text.

    Raises TypeError if the budget is not that of `orchestration`, ValueError if a number is out of range.
    """

    role = State("idle")  # or conducting, or stopped
    spent = State(Usage())

    def __init__(
        self,
        name: str,
        budget: Budget = DEFAULT,
        patience: float = 60.0,
        repeats: int | None = 3,
        tokens: Estimate = estimate,
    ) -> None:
        super().__init__(name)
        example = (
            "budget=coordlab.patterns.orchestration.rules.Budget(turns=20); coordlab.Budget is a world's"
        )
        self.budget, self.tokens = require.instance("budget", budget, Budget, example), tokens
        self.patience = require.seconds("patience", patience, example=60)
        self.loops = None if repeats is None else LoopDetector(repeats)
        self.outputs: tuple[Any, ...] = ()
        self.result: Result | None = None
        self.cancelled = StopReason(Stop.CANCELLED)
        self.task: asyncio.Task[None] | None = None

    async def conduct(self) -> StopReason:
        """Give turns until it is over, and return why: a style defines it."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it conducts. Write conduct(self).")

    async def run(self) -> None:
        """Conduct, and record one result in every case; after a restart go on, unless it was over."""
        stable = self.stable
        self.began, self.spent = stable.setdefault("began", self.now), stable.get("spent", Usage())
        self.outputs, self.result = stable.get("outputs", ()), stable.get("result")
        if self.result is None:
            self.role, self.task = "conducting", asyncio.current_task()
            try:
                reason = await self.conduct()
            except Ended as ended:
                reason = ended.reason
            except asyncio.CancelledError:
                reason = self.cancelled
            self.task = None
            self.spend()
            self.result = stable["result"] = Result(reason, self.outputs, self.spent)
            self.decide(self.result)
        self.role = "stopped"

    def on_cancel(self, sender: str, message: Cancel) -> None:
        if self.task is not None:
            self.cancelled = StopReason(Stop.CANCELLED, sender, message.why)
            self.task.cancel()

    def missing(self, *names: str | None) -> StopReason | None:
        """Why the run cannot begin: the first of `names` that no agent has; None if all are there."""
        strangers = [name for name in names if name is not None and name not in self.peers]
        why = f"no agent has this name: add Member({strangers[0]!r}, ...)" if strangers else ""
        return StopReason(Stop.FAILED, strangers[0], why) if strangers else None

    def keep(self, output: object) -> None:
        """Add to the outputs; a crash does not lose it."""
        self.outputs = self.stable["outputs"] = (*self.outputs, output)

    def spend(self, turns: int = 0, messages: int = 0, tokens: int = 0, *, check: bool = False) -> None:
        """Count what is used, and the time until now; with `check`, end the run if it is over the budget."""
        now, spent = self.now - self.began, self.spent
        spent = Usage(spent.turns + turns, spent.messages + messages, spent.tokens + tokens, now)
        if check and (limit := self.budget.struck(spent)):
            raise Ended(StopReason(Stop.BUDGET, limit))
        self.spent = self.stable["spent"] = spent

    async def turn(
        self, to: str, task: str, context: tuple[object, ...] = (), parent: int = 0, about: str = ""
    ) -> Reply | Failed:
        """The reply of a member to one turn; Failed as well if none came in time."""
        read = self.tokens(task) + weigh(context, self.tokens)
        self.spend(1, 1, read, check=True)
        turn = Turn(self.spent.turns, parent, task, context, read, about)
        left = self.budget.seconds_left(self.spent)
        replies = await self.ask(to, turn, within=min(self.patience, left))
        reply: Reply | Failed | None = replies.get(to)
        if reply is None and left <= self.patience:
            raise Ended(StopReason(Stop.BUDGET, "time"))
        if reply is None:
            return Failed(turn.id, f"{to} gave no reply within {self.patience:g} s")
        self.spend(tokens=reply.tokens)
        return reply

    def heard(self, agent: str, content: object) -> None:
        """Take note of what an agent said; ends the run if the same comes again and again."""
        if self.loops is not None and (circle := self.loops.heard(agent, content)):
            raise Ended(StopReason(Stop.LOOP, ", ".join(circle), f"said {self.loops.times} times"))

    async def together(self, *works: Awaitable[T | Ended]) -> list[T]:
        """The results of several at once, in their order; if one ends the run, after all of them are over."""
        outcomes = await asyncio.gather(*[settled(work) for work in works]) if works else ()
        for outcome in outcomes:
            if isinstance(outcome, Ended):
                raise outcome
        return [each for each in outcomes if not isinstance(each, Ended)]


async def settled(work: Awaitable[T | Ended]) -> T | Ended:
    """Its result; `Ended` comes as a value, so that others are awaited first."""
    try:
        return await work
    except Ended as ended:
        return ended
