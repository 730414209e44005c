"""Keyed random numbers: each (seed, purpose, owner) has its own, so that a change here changes nothing there.

A draw is part of a hash of its key, hence the same on every machine and Python version, and cheap to have by
the thousand.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from hashlib import blake2b
from struct import Struct

UNIT = 2.0**-32
_BLOCK = Struct("<16I")


def key(*parts: object, size: int = 32) -> bytes:
    """The `size` bytes, up to 64, that stand for these parts, such as (7, "link", "ann", "bob")."""
    return blake2b("\x1f".join(map(str, parts)).encode(), digest_size=size).digest()


def words(*parts: object) -> Iterator[int]:
    """Whole numbers without end, each from 0 to 2**32 - 1, that depend on these parts alone."""
    block = key(*parts, size=_BLOCK.size)  # its bytes are the first sixteen, and most links need no more
    while True:
        yield from _BLOCK.unpack(block)
        block = blake2b(block).digest()


def dice(*parts: object) -> random.Random:
    """A `random.Random` of its own for an agent: every way of drawing, and nobody else's draws change it."""
    return random.Random(int.from_bytes(key(*parts), "little"))
