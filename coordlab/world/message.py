"""Messages: frozen records whose docstring is the sentence they utter."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar, Protocol, TypeVar, cast, dataclass_transform

_T = TypeVar("_T")
_ATOMS = (type(None), bool, int, float, str, bytes, Enum)
_ANNOTATED = ("__annotations__", "__annotate__", "__annotate_func__")  # the latter from Python 3.14 on


class Message(Protocol):
    """An instance of any class made with `@message`."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


@dataclass_transform(frozen_default=True)
def message(cls: type[_T]) -> type[_T]:
    """Make a class a message: a frozen dataclass that nobody can change once it is under way.

    Its docstring is the sentence that diagrams and narration speak; its fields hold numbers, texts,
    enums, tuples, frozensets or other messages.

    >>> @message
    ... class Propose:
    ...     '''I can do it for this cost.'''
    ...     cost: float
    >>> Propose(3.5)
    Propose(cost=3.5)
    """
    spoken = (cls.__doc__ or cls.__name__).strip().splitlines()[0]
    if any(name in vars(cls) for name in _ANNOTATED):
        own = getattr(cls, "__post_init__", None)
        cls.__post_init__ = lambda self: _settle(self, own)  # type: ignore[attr-defined]
    made: Any = dataclass(frozen=True)(cls)
    made.says = spoken
    made.__setattr__ = made.__delattr__ = _refuse
    return cast("type[_T]", made)


def handler_name(cls: type) -> str:
    """The method that handles this kind of message: on_call_for_proposals for CallForProposals."""
    return "on_" + re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", cls.__name__).lower()


def is_message(cls: type) -> bool:
    """Whether the class was made with `@message`."""
    return "says" in cls.__dict__


def _settle(self: Any, own: Any) -> None:
    if own is not None:
        own(self)
    for name, value in vars(self).items():
        if value.__class__ not in _ATOMS and not _is_settled(value):
            raise TypeError(
                f"{type(self).__name__}.{name} = {value!r} could still change after it was sent. A "
                f"message holds numbers, texts, enums, tuples, frozensets and messages. "
                f"Write {name}={_suggest(value)} instead."
            )


def _is_settled(value: Any) -> bool:
    if isinstance(value, _ATOMS) or is_message(type(value)):
        return True
    return isinstance(value, (tuple, frozenset)) and all(map(_is_settled, value))


def _suggest(value: Any) -> str:
    if isinstance(value, dict):
        return f"tuple(table.items()), here {tuple(value.items())!r}"
    if isinstance(value, (list, set)):
        kind = tuple if isinstance(value, list) else frozenset
        return f"{kind.__name__}(...), here {kind(value)!r}"
    return "a message of its own, declared with @message"


def _refuse(self: Any, name: str, *value: Any) -> None:
    given = f"{name} = {value[0]!r}" if value else f"del {name}"
    raise AttributeError(
        f"{self!r} cannot be changed ({given}): whoever got it would see another message than the one that "
        f"was sent. Send a new one: dataclasses.replace(message, {name}=...)."
    )
