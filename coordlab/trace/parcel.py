"""Pickling of objects that hold functions, including lambdas, for other processes and for files."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

from coordlab import requirements as require

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


def packed_work(work: object, error: type[Exception]) -> bytes:
    """Work as bytes, so that it can go to another process.  Raises `error` if it cannot."""
    try:
        import cloudpickle

        found: bytes = cloudpickle.dumps(work)
        return found
    except Exception as why:  # noqa: BLE001  (whatever the user's objects raise)
        given = f"the work cannot go to another process ({type(why).__name__}: {why})"
        allowed = "what cloudpickle takes along: classes and functions of a notebook too, no locks or files"
        require.fail(given, allowed, "open files in the function, or leave out executor=...", error)


def do_packed(packed: bytes, jobs: Any) -> list[Any]:
    """What a worker does: unpack the work, unless it is the same as before, and do a batch of it."""
    if _latest.get("packed") != packed:
        _latest.update(packed=packed, work=pickle.loads(packed))  # noqa: S301  (it comes from our own process)
    return list(_latest["work"](jobs))


_latest: dict[str, Any] = {}  # in a worker: the work that it has unpacked
