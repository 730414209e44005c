"""Messages: frozen records whose docstring is the sentence that they say."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar, NoReturn, Protocol, TypeVar, dataclass_transform

from coordlab import requirements as require

_T = TypeVar("_T")
HANDLERS: set[str] = set()  # the names of the methods that handle some message of this process
_ATOMS = (type(None), bool, int, float, str, bytes, Enum)
_FLAT = frozenset(_ATOMS).issuperset
_ANNOTATED = ("__annotations__", "__annotate__", "__annotate_func__")  # the latter from Python 3.14 on


class Message(Protocol):
    """An instance of any class made with `@message`."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


@dataclass_transform(frozen_default=True)
def message(cls: type[_T]) -> type[_T]:
    """Make a class a message: a frozen dataclass, which cannot change once it has been sent.

    The first line of its docstring is the sentence that diagrams and narration show; without one, as under
    `python -OO`, that is the name of the class.  Its fields hold
    numbers, texts, bytes, enums, None, and tuples, frozensets or messages of these; numbers of numpy and
    pandas, decimals and fractions become Python's own.  Making a message with any other value raises
    TypeError, changing one raises AttributeError.

    >>> @message
    ... class Propose:
    ...     '''I can do it for this cost.'''
    ...     cost: float
    >>> Propose(3.5)
    Propose(cost=3.5)
    """
    fresh = isinstance(cls, type) and cls.__module__ != "builtins" and vars(cls).get("__setattr__") != _refuse
    allowed = "expected a class of your own that is no message yet"
    require.that(fresh, f"message({require.shown(cls)})", allowed, "@message class Hello: 'Hi'", TypeError)
    spoken = (cls.__doc__ or cls.__name__).strip().splitlines()[0]
    if any(name in vars(cls) for name in _ANNOTATED):
        own: Callable[[object], None] | None = getattr(cls, "__post_init__", None)
        cls.__post_init__ = lambda self: _check(self, own)  # type: ignore[attr-defined]
    made = dataclass(frozen=True)(cls)
    HANDLERS.add(handler_name(made))
    made.says = spoken  # type: ignore[attr-defined]
    made.__setattr__ = made.__delattr__ = _refuse  # type: ignore[method-assign]
    return made


def handler_name(cls: type) -> str:
    """The name of the method that handles this type: on_call_for_proposals for CallForProposals."""
    return "on_" + re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", cls.__name__).lower()


def is_message(cls: type) -> bool:
    """Whether the class was made with `@message`."""
    return "says" in cls.__dict__


def _check(self: object, own: Callable[[object], None] | None) -> None:
    if own is not None:
        own(self)
    for name, value in vars(self).items():
        if value.__class__ not in _ATOMS and not (value.__class__ is tuple and _FLAT(map(type, value))):
            require.bounded(value, f"{type(self).__name__}.{name}")
            taken = _taken(value)
            if not _is_fixed(taken):
                field = f"{type(self).__name__}.{name} = {require.shown(value)}"
                given = f"{field} could still change after it was sent"
                allowed = "a message holds numbers, texts, enums, tuples, frozensets and messages"
                require.fail(given, allowed, f"{name}={_suggest(value)}", TypeError)
            object.__setattr__(self, name, taken)


def _taken(value: object) -> object:
    """A value with the numbers of numpy and the like as Python's own."""
    kind = type(value)
    if kind is tuple or kind is frozenset:
        return kind(map(_taken, value))  # type: ignore[call-overload]
    return value if is_message(kind) else require.by_value(value)


def _is_fixed(value: object) -> bool:
    if isinstance(value, _ATOMS) or is_message(type(value)):
        return True
    return isinstance(value, (tuple, frozenset)) and all(map(_is_fixed, value))


def _suggest(value: object) -> str:
    if isinstance(value, dict):
        return f"tuple(table.items()), here {require.shown(tuple(value.items()))}"
    if isinstance(value, (list, set)):
        kind = tuple if isinstance(value, list) else frozenset
        return f"{kind.__name__}(...), here {require.shown(kind(value))}"
    return "a message of its own, declared with @message"


def _refuse(self: object, name: str, *value: object) -> NoReturn:
    change = f"{name} = {require.shown(value[0])}" if value else f"del {name}"
    given = f"{require.shown(self)} cannot be changed ({change})"
    allowed = "a message stays as it was sent"
    require.fail(given, allowed, f"send a new one: dataclasses.replace(message, {name}=...)", AttributeError)
