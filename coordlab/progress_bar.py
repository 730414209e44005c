"""Progress of long work: a bar where tqdm is installed, or a function of the caller."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from coordlab import requirements as require

Tell = Callable[[int, int], object]
"""Called with how much is done, and of how much."""


def teller(progress: bool | Tell, total: int, unit: str) -> Tell:
    """A function that shows how far the work is: the caller's, or a bar of tqdm if `progress` is True.

    There is no bar if TQDM_DISABLE is set.  There is none under pytest either: it compares the output of
    notebooks with what they store.
    """
    if callable(progress):
        return progress
    if (
        not require.flag("progress", progress)
        or {"PYTEST_VERSION", "TQDM_DISABLE"} & os.environ.keys()
        or find_spec("tqdm") is None
    ):
        return lambda done, of: None
    from tqdm.auto import tqdm

    bar: Any = tqdm(total=total, unit=unit)

    def tell(done: int, of: int) -> None:
        bar.update(done - bar.n)
        if done >= of:
            bar.close()

    return tell
