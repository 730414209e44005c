"""Random faults for properties that must survive them: the same for the same dice."""

from __future__ import annotations

import random
from collections.abc import Sequence

from hypothesis import strategies as st


def disaster(dice: random.Random, names: Sequence[str], kinds: str, start: float, end: float) -> str:
    """One fault in the text form, of one of `kinds` (words such as "crash partition cut slow drop").

    It begins and ends between `start` and `end` seconds; a crash is followed by a restart.
    """
    at = dice.uniform(start, start + 0.8 * (end - start))
    until = dice.uniform(at + 0.01, end)
    when = f"@{at:.3f}..{until:.3f}"
    kind = dice.choice(kinds.split())
    one, other = dice.sample(list(names), 2)
    side = dice.sample(list(names), dice.randint(1, len(names) - 1))
    return {
        "crash": f"crash {one} {when}",
        "partition": f"partition {','.join(side)} {when}",
        "cut": f"cut {one}>{other} {when}",
        "slow": f"slow {one} {dice.uniform(0.01, 0.3):.3f} {when}",
        "drop": f"drop {one}>{other} #{dice.randint(1, 5)}",
        "duplicate": f"duplicate {one}>{other} #{dice.randint(1, 5)}",
        "delay": f"delay {one}>{other} #{dice.randint(1, 5)} {dice.uniform(0.05, 1.0):.3f}",
    }[kind]


def disasters(
    seed: int, names: Sequence[str], kinds: str, end: float, most: int = 4, start: float = 0.0
) -> list[str]:
    """One to `most` of them."""
    dice = random.Random(seed)
    return [disaster(dice, names, kinds, start, end) for _ in range(dice.randint(1, most))]


# --- as Hypothesis strategies ---------------------------------------------------------------------


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
