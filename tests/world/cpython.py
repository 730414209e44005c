"""CPython's own tests of what asyncio code is made of, on the virtual loop.

    python tests/world/cpython.py

runs them as that Python brings them, prints what went wrong, and says how many there were.
"""

from __future__ import annotations

import asyncio
import pathlib
import sys
import unittest
import warnings
from collections.abc import Iterator
from importlib.util import find_spec

if __name__ == "__main__":
    sys.path.insert(0, str(pathlib.Path(__file__).parents[2]))

from coordlab.world.loop import VirtualLoop

ABOUT = (
    *("locks", "queues", "timeouts", "taskgroups", "waitfor", "tasks", "eager_task_factory"),
    *("futures", "futures2"),
)
EXCLUDED = {
    "RunCoroutineThreadsafeTests": "they call the loop from real threads, which a world refuses in words",
    "test_task_del_collect": "it collects garbage a hundred times in each of eight classes, on any loop",
    "test_env_var_debug": "it starts other processes, which are not on this loop",
}
MISSING = "this Python comes without test.test_asyncio: distributions often leave its tests out"


def cases(suite: unittest.TestSuite) -> Iterator[unittest.TestCase]:
    """The tests of a suite that are not excluded."""
    for each in suite:
        if isinstance(each, unittest.TestSuite):
            yield from cases(each)
        elif not any(name in each.id().split(".") for name in EXCLUDED):
            yield each


def main() -> int:
    """How many tests went wrong."""
    if find_spec("test") is None or find_spec("test.test_asyncio") is None:
        sys.stdout.write(MISSING)
        return 0
    warnings.simplefilter("ignore")  # each test sees to its own
    policy = getattr(asyncio.events, "_get_event_loop_policy", asyncio.get_event_loop_policy)()
    type(policy)._loop_factory = VirtualLoop
    assert isinstance(asyncio.new_event_loop(), VirtualLoop)
    names = [f"test.test_asyncio.test_{each}" for each in ABOUT]
    loaded = unittest.defaultTestLoader.loadTestsFromNames([each for each in names if find_spec(each)])
    result = unittest.TextTestRunner().run(unittest.TestSuite(cases(loaded)))
    sys.stdout.write(f"{result.testsRun} tests")
    return len(result.failures + result.errors)


if __name__ == "__main__":
    sys.exit(main())
