"""Fault plans as Hypothesis strategies: a property must survive them, and a plan that breaks one shrinks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings, strategies as st
from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider


def moments(start: float, end: float) -> st.SearchStrategy[float]:
    """Seconds from `start` to `end`, to the millisecond, so that a text says them exactly."""
    return st.integers(round(start * 1000), round(end * 1000)).map(lambda milli: milli / 1000)


@st.composite
def faults(draw: st.DrawFn, names: Sequence[str], kinds: str, end: float, start: float = 0.0) -> str:
    """One fault in its text form, of one of `kinds` (words such as "crash partition cut slow drop").

    It begins and ends between `start` and `end` seconds; a crash is followed by a restart.
    """
    at = draw(moments(start, start + 0.8 * (end - start)))
    until = draw(moments(at + 0.01, max(end, at + 0.02)))
    when = f"@{at:.3f}..{until:.3f}"
    kind = draw(st.sampled_from(kinds.split()))
    if kind == "crash":
        return f"crash {draw(st.sampled_from(names))} {when}"
    if kind == "slow":
        return f"slow {draw(st.sampled_from(names))} {draw(moments(0.01, 0.3)):.3f} {when}"
    if kind == "partition":
        side = draw(st.lists(st.sampled_from(names), min_size=1, max_size=len(names) - 1, unique=True))
        return f"partition {','.join(side)} {when}"
    one, other = draw(st.permutations(names))[:2]
    if kind == "cut":
        return f"cut {one}>{other} {when}"
    nth = f"{kind} {one}>{other} #{draw(st.integers(1, 5))}"
    return f"{nth} {draw(moments(0.05, 1.0)):.3f}" if kind == "delay" else nth


def plans(
    names: Sequence[str], kinds: str, end: float, most: int = 4, start: float = 0.0
) -> st.SearchStrategy[list[str]]:
    """One to `most` faults, each text once: `world.inject(*draw(plans(names, "crash slow", end=5.0)))`."""
    return st.lists(faults(names, kinds, end, start), min_size=1, max_size=most, unique=True)


class Enough(BaseException):
    """There is nothing more to look for.  Not an Exception: Hypothesis takes those for failures."""


class Afresh(HypothesisProvider):
    """Draws each example by itself, and none of the numbers that stand in the modules imported so far.

    Hypothesis would mostly vary the last example: of 100 disasters only about 25 would be different ones.
    """

    def _maybe_draw_constant(self, *args: Any, **more: Any) -> None:
        return None


AVAILABLE_PROVIDERS["afresh"] = f"{__name__}.{Afresh.__name__}"


def over(strategy: st.SearchStrategy[Any], look: Callable[[Any], None], most: int, *, shrink: bool) -> None:
    """Show `look` up to `most` examples of the strategy, always the same, until it raises `Enough`."""
    phases = [Phase.generate, Phase.shrink] if shrink else [Phase.generate]
    unhurried = settings(
        max_examples=most,
        phases=phases,
        database=None,
        backend="afresh",
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    with suppress(Enough):
        seed(1)(unhurried(given(strategy)(look)))()
