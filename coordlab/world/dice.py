"""Keyed random numbers: each (seed, purpose, owner) has its own, so that a change here changes nothing there.

A draw is a hash of its key and a counter, hence the same on every machine and Python version, and cheap
to have by the thousand.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from hashlib import blake2b
from itertools import chain, count
from struct import iter_unpack

UNIT = 2.0**-32


def key(*parts: object) -> bytes:
    """The 32 bytes that stand for these parts, such as (7, "link", "ann", "bob")."""
    return blake2b("\x1f".join(map(str, parts)).encode(), digest_size=32).digest()


def words(*parts: object) -> Iterator[tuple[int, ...]]:
    """Four whole numbers at a time, each from 0 to 2**32 - 1, that depend on these parts alone."""
    own = key(*parts)

    def block(counter: int) -> Iterator[tuple[int, ...]]:
        return iter_unpack("<4I", blake2b(counter.to_bytes(8, "little"), key=own, digest_size=64).digest())

    return chain.from_iterable(map(block, count()))


def chance(*parts: object) -> float:
    """One uniform draw from [0, 1), in steps of 2**-32, that depends on these parts alone."""
    return int.from_bytes(key(*parts)[:4], "little") * UNIT


def dice(*parts: object) -> random.Random:
    """A `random.Random` of its own for an agent: every way of drawing, and nobody else's draws change it."""
    return random.Random(int.from_bytes(key(*parts), "little"))
