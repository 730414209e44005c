"""Progress of long work: a bar where tqdm is installed, or a function of the caller."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

Tell = Callable[[int, int], object]
"""Called with how much is done, and of how much."""


def teller(progress: bool | Tell, total: int, unit: str) -> Tell:
    """A function that shows how far the work is: the caller's, or a bar of tqdm if `progress` is True."""
    if callable(progress):
        return progress
    if not progress or find_spec("tqdm") is None:
        return lambda done, of: None
    from tqdm.auto import tqdm

    bar: Any = tqdm(total=total, unit=unit)

    def tell(done: int, of: int) -> None:
        bar.update(done - bar.n)
        if done >= of:
            bar.close()

    return tell
