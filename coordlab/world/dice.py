"""Keyed random numbers: one stream for each (seed, purpose, owner), so that a change here changes nothing there.

A stream is a hash of its key and a counter, hence the same on every machine and Python version, and
cheap to have by the thousand.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from hashlib import blake2b
from itertools import count
from struct import unpack

_UNIT = 2.0**-32


def key(*parts: object) -> bytes:
    """The 32 bytes that stand for the stream of these parts, such as (7, "latency", "ann", "bob")."""
    return blake2b("\x1f".join(map(str, parts)).encode(), digest_size=32).digest()


def stream(*parts: object) -> Iterator[float]:
    """Uniform draws from [0, 1), in steps of 2**-32, that depend on these parts alone."""
    own = key(*parts)
    for counter in count():
        block = blake2b(counter.to_bytes(8, "little"), key=own, digest_size=32).digest()
        for word in unpack("<8I", block):
            yield word * _UNIT


def dice(*parts: object) -> random.Random:
    """A `random.Random` of its own for an agent: every way of drawing, and nobody else's draws change it."""
    return random.Random(int.from_bytes(key(*parts), "little"))
