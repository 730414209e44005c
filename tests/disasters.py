"""Random faults for properties that must survive them: the same for the same dice."""

from __future__ import annotations

import random
from collections.abc import Sequence


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
