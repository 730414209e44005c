"""`python -m tests.worlds 900`: so many random worlds of each pattern, within what it assumes, all judged.

Prints each pattern with the worlds that violated a property or ended in an error, and exits with 1 if there
were any.  `pytest` looks at the first of these worlds (`tests/patterns/test_conformance.py`), and shrinks.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

from coordlab import World
from tests.disasters import over
from tests.patterns.test_conformance import STORIES


def broken(name: str, most: int) -> list[str]:
    """What went wrong in `most` worlds of a pattern, each with its line."""
    story: Any = import_module(f"tests.patterns.{name}.story")
    found: list[str] = []

    def look(world: World) -> None:
        try:
            run = world.run(until=story.UNTIL)
        except Exception as error:  # noqa: BLE001  (whatever it is, it is told)
            found.append(f"{type(error).__name__}: {error}")
        else:
            found.extend(f"{each}: {run.line}" for each in run.verdicts if each.status == "violated")

    over(story.disasters(), look, most, shrink=False)
    return found


def main() -> int:
    most, wrong = int(sys.argv[1]), 0
    for name in STORIES:
        found = broken(name, most)
        wrong += len(found)
        print(f"{name}: {most} worlds, {len(found)} wrong", *found[:3], sep="\n  ", flush=True)  # noqa: T201
    return min(wrong, 1)


if __name__ == "__main__":
    sys.exit(main())
