"""Pickling of what holds functions, also nameless ones: it goes to other processes and into files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Parcel = tuple[Callable[..., Any], tuple[bytes]]


def parcel(make: Callable[..., object], *arguments: object) -> Parcel:
    """What `__reduce__` returns for an object that `make(*arguments)` makes again.

    cloudpickle takes classes and functions of a notebook, and those without a name, along by value.
    """
    import cloudpickle

    return _opened, (cloudpickle.dumps((make, arguments)),)


def as_it_was(kind: type, attributes: dict[str, object]) -> object:
    """An object of the class `kind` with these attributes."""
    made: object = object.__new__(kind)
    vars(made).update(attributes)
    return made


def _opened(packed: bytes) -> object:
    import cloudpickle

    make, arguments = cloudpickle.loads(packed)  # part of a pickle that the caller trusts
    return make(*arguments)
