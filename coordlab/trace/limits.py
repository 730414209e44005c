"""Which faults may come, and how large: what a pattern assumes of its world, and a search keeps to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from coordlab import requirements as require
from coordlab.trace.faults import seconds

OF_AGENTS = ("crash", "pause", "partition", "cut", "slow", "skew")
OF_MESSAGES = ("drop", "duplicate", "delay")
OF_CALLS = ("fail", "late", "half", "stale")
USUAL = (*OF_AGENTS, *OF_MESSAGES)
"""The kinds of fault that a schedule holds if nothing else is said: agents that stop, and the network.

Those of calls break what most protocols assume about answers.
"""
KINDS = (*USUAL, *OF_CALLS)
"""The kinds of fault that a schedule may hold."""


@dataclass(frozen=True)
class Limits:
    """How much may go wrong.

    kinds: the kinds of fault, such as "crash delay"; default: all but those of calls.
    most: how many faults are drawn at random at once, 1 or more; a schedule that is built to let two roles
        overlap, or clocks drift apart, holds as many as that takes.
    hold: how long a message is held up at most, in virtual seconds above 0.
    slow: how much longer an agent needs at most for each message, or a link, in virtual seconds above 0;
        None: as `hold`.
    drift: how much a clock gains or loses at most in each second, from 0 to 0.9.
    over: the virtual second by which agents that were struck are back, links are mended, the last message to
        be lost or repeated has been sent, and one held back has arrived.  Clocks still drift then.  None:
        what is broken may stay so.
    spared: the names of agents that neither crash nor pause, such as a board that is assumed to stay up.

    A liveness property holds only if faults end in time: `over` and `spared` state what the pattern assumes.
    `world.assume(limits)` and the labs declare what they assume, and a search keeps to it by default.
    Raises ValueError if a number is out of range or a kind is not known, TypeError unless `spared` is a tuple
    of names.
    """

    kinds: str | Iterable[str] = USUAL
    most: int = 4
    hold: float = 3.0
    slow: float | None = None
    drift: float = 0.1
    over: float | None = None
    spared: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "kinds", kinds_in("kinds", self.kinds))
        if self.over is not None:
            require.seconds("over", self.over, positive=True, example=6.0)
        names = isinstance(self.spared, tuple) and all(isinstance(each, str) for each in self.spared)
        given, allowed = f"spared={require.shown(self.spared)}", "expected a tuple of names"
        require.that(names, given, allowed, "Limits(spared=('board',))", TypeError)
        require.count("most", self.most, 1, example=4)
        require.seconds("hold", self.hold, positive=True, example=3.0)
        if self.slow is not None:
            require.seconds("slow", self.slow, positive=True, example=0.3)
        require.number("drift", self.drift, 0, 0.9, example=0.1)

    def __str__(self) -> str:
        kinds = ", ".join(self.kinds)
        over = "" if self.over is None else f"; all is well again by {seconds(self.over)} s"
        spared = f"; never stopped: {', '.join(self.spared)}" if self.spared else ""
        return f"{kinds}{over}{spared}"


def kinds_in(name: str, words: str | Iterable[str], error: type[Exception] = ValueError) -> tuple[str, ...]:
    """The kinds of fault in a text or a list.  Raises `error` for other words, or if there are none."""
    given, allowed = f"{name}={require.shown(words)}", f"expected kinds among {', '.join(KINDS)}"
    some = isinstance(words, Iterable) and bool(words)
    require.that(some, given, allowed, f"{name}='crash delay'", error)
    each = words.split() if isinstance(words, str) else words
    return tuple(require.one_of(name, kind, KINDS, error) for kind in each)
