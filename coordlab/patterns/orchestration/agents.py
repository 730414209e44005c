"""The seam of all orchestration styles: the messages and the agents."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from math import inf
from typing import Any, TypeVar

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
    check_budget,
    check_seconds,
    estimate,
    frozen,
    weigh,
)
from coordlab.world.agent import Agent, State

__all__ = ["Act", "Conductor", "Member", "Scripted", "T", "settled"]

T = TypeVar("T")
Act = Callable[[Turn], Awaitable[Any]]


class Member(Agent):
    """An agent that is an async function: `act(turn)` gives its reply, a text or other plain data.

    A reply such as a dict is frozen into a tuple of pairs, for it travels in a message (see `frozen`).
    It takes `seconds` of virtual time besides what `act` itself awaits.  What `act` raises goes back as
    Failed.  A reply that is an `Utterance` says itself how many tokens it has, else they are estimated.
    """

    role = State("idle")  # or working

    def __init__(
        self, name: str, act: Act | None = None, seconds: float = 0.0, tokens: Estimate = estimate
    ) -> None:
        super().__init__(name)
        if act is not None and not callable(act):
            raise TypeError(
                f"{name} cannot act by {act!r}: an async function of a turn is needed. "
                f"Write async def act(turn): return '...', or Scripted({name!r}, 'one', 'two')."
            )
        check_seconds(seconds=seconds)
        self.act, self.seconds, self.tokens = act or self.reply, seconds, tokens
        self.seen: set[tuple[str, int]] = set()
        self.free = asyncio.Lock()

    async def reply(self, turn: Turn) -> Any:
        """What it replies, if it was given no function: a subclass says so."""
        raise NotImplementedError(f"{self.name} has nothing to act by. Give it one: Member(name, act).")

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
                f"what {self.name} acts by gave {outcome!r} at once, not a coroutine. Write `async def`."
            )
        said = await outcome
        own = said.tokens if isinstance(said, Utterance) else None
        content = said.content if isinstance(said, Utterance) else frozen(said)
        return Reply(turn.id, content, self.tokens(str(content)) if own is None else own)


class Scripted(Member):
    """A member that says its lines, one a turn; a line that is an exception is raised instead."""

    def __init__(self, name: str, *lines: Any, seconds: float = 0.0, tokens: Estimate = estimate) -> None:
        super().__init__(name, None, seconds, tokens)
        self.lines, self.said = lines, 0

    async def reply(self, turn: Turn) -> Any:
        """Its next line."""
        self.said += 1
        if self.said > len(self.lines):
            raise EOFError(
                f"the script of {self.name} has {len(self.lines)} lines and this is turn {self.said}. "
                f"Give it more: Scripted({self.name!r}, ..., 'one more')."
            )
        line = self.lines[self.said - 1]
        if isinstance(line, Exception):
            raise line
        return line


class Conductor(Agent):
    """Who gives the turns.  A style says in `conduct` how, and keeps in `outputs` what came of it so far.

    `budget` is for the whole run, crashes included; `patience` is how many seconds a member has for a
    turn; `repeats` how often the same may be said in a row (see `heard`), None without end.
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
        check_seconds(patience=patience)
        self.budget, self.patience, self.tokens = check_budget(budget), patience, tokens
        self.loops = None if repeats is None else LoopDetector(repeats)
        self.outputs: tuple[Any, ...] = ()
        self.result: Result | None = None
        self.cancelled = StopReason(Stop.CANCELLED)
        self.task: asyncio.Task[Any] | None = None

    async def conduct(self) -> StopReason:
        """Give turns until it is over, and say why: a style's own."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it conducts. Write conduct(self).")

    async def run(self) -> None:
        """Conduct, whatever comes, and record one result; after a restart go on, unless it was over."""
        stable = self.stable
        self.began, self.spent = stable.setdefault("began", self.now), stable.get("spent", Usage())
        self.outputs, self.result = stable.get("outputs", ()), stable.get("result")
        if self.result is None:
            self.role, self.task = "conducting", asyncio.current_task()
            reason = await self.ending()
            self.task = None
            self.spend()
            self.result = stable["result"] = Result(reason, self.outputs, self.spent)
            self.decide(self.result)
        self.role = "stopped"

    async def ending(self) -> StopReason:
        """Conduct to the end; gives why it ended."""
        try:
            return await self.conduct()
        except Ended as ended:
            return ended.reason
        except asyncio.CancelledError:
            return self.cancelled

    def on_cancel(self, sender: str, message: Cancel) -> None:
        if self.task is not None:
            self.cancelled = StopReason(Stop.CANCELLED, sender, message.why)
            self.task.cancel()

    def keep(self, output: Any) -> None:
        """Add to what came of it so far; a crash does not lose it."""
        self.outputs = self.stable["outputs"] = (*self.outputs, output)

    def spend(self, turns: int = 0, messages: int = 0, tokens: int = 0) -> None:
        """Count what is used, and the time until now."""
        self.spent = self.stable["spent"] = self.after(turns, messages, tokens)

    def afford(self, turns: int = 0, messages: int = 0, tokens: int = 0) -> None:
        """Count what is going to be used, or end the run if it is more than there is."""
        spent = self.after(turns, messages, tokens)
        if limit := self.budget.struck(spent):
            raise Ended(StopReason(Stop.BUDGET, limit))
        self.spent = self.stable["spent"] = spent

    def after(self, turns: int, messages: int, tokens: int) -> Usage:
        """What will have been used after so much more."""
        spent = self.spent
        return Usage(
            spent.turns + turns, spent.messages + messages, spent.tokens + tokens, self.now - self.began
        )

    async def turn(
        self, to: str, task: str, context: tuple[Any, ...] = (), parent: int = 0, about: str = ""
    ) -> Reply | Failed:
        """The reply of a member to one turn; Failed as well if none came in time."""
        read = self.tokens(task) + weigh(context, self.tokens)
        self.afford(1, 1, read)
        turn = Turn(self.spent.turns, parent, task, context, read, about)
        left = inf if self.budget.time is None else self.budget.time - self.spent.seconds
        replies = await self.ask(to, turn, within=min(self.patience, left))
        reply: Reply | Failed | None = replies.get(to)
        if reply is None and left <= self.patience:
            raise Ended(StopReason(Stop.BUDGET, "time"))
        if reply is None:
            return Failed(turn.id, f"{to} gave no reply within {self.patience:g} s")
        self.spend(tokens=reply.tokens)
        return reply

    def heard(self, agent: str, content: object) -> None:
        """Take note of what somebody said; ends the run if it goes round in circles."""
        if self.loops is not None and (circle := self.loops.heard(agent, content)):
            raise Ended(StopReason(Stop.LOOP, ", ".join(circle), f"said {self.loops.times} times"))

    async def together(self, *works: Awaitable[T | Ended]) -> list[T]:
        """What comes of several at once, in their order; if one ends the run, after all of them are over."""
        outcomes = await asyncio.gather(*[settled(work) for work in works]) if works else ()
        return [_result(each) for each in outcomes]


async def settled(work: Awaitable[T | Ended]) -> T | Ended:
    """What comes of it; what ends the run comes as a value, so that others are awaited first."""
    try:
        return await work
    except Ended as ended:
        return ended


def _result(outcome: T | Ended) -> T:
    if isinstance(outcome, Ended):
        raise outcome
    return outcome
