"""Messages from a trace that was read from a file, where they are records without a class."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from functools import cache
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from coordlab.trace.trace import Record

T = TypeVar("T")


def as_message(kind: type[T], told: Any) -> T:
    """What a trace tells, as a message of this class: as it is, or made of a record's fields.

    Fields become what the class says they are: messages, enums, and tuples or sets of them.
    """
    if isinstance(told, kind):
        return told
    hints = _hints(kind)  # type: ignore[arg-type]
    return kind(**{name: _settled(hints.get(name, Any), value) for name, value in vars(told).items()})


def as_one_of(kinds: tuple[type, ...], told: Any) -> Any:
    """A record as a message of the class that has its fields; whatever is none stays as it is.

    Of what is within a tuple the same.
    """
    if type(told) is tuple:
        return tuple(as_one_of(kinds, each) for each in told)
    fits = [kind for kind in kinds if isinstance(told, Record) and _fields(kind) == vars(told).keys()]
    return as_message(fits[0], told) if fits else told


@cache
def _hints(kind: type) -> Mapping[str, Any]:
    return get_type_hints(kind)


def _settled(hint: Any, value: Any) -> Any:
    """A value as its field's annotation says."""
    kinds = [hint] if isinstance(hint, type) else [*get_args(hint), hint]
    if isinstance(value, Record):
        fits = [kind for kind in kinds if _fields(kind) == vars(value).keys()]
        return as_message(fits[0], value) if fits else value
    if isinstance(value, (tuple, frozenset)):
        items = next((_item(kind) for kind in kinds if get_origin(kind) is type(value)), Any)
        return type(value)(_settled(items, each) for each in value)
    enums = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Enum)]
    return enums[0](value) if enums and value in [each.value for each in enums[0]] else value


def _fields(kind: Any) -> Any:
    return getattr(kind, "__dataclass_fields__", {}).keys()


def _item(kind: Any) -> Any:
    """Of what a tuple or set consists, if all its members are of one kind."""
    arguments = [each for each in get_args(kind) if each is not Ellipsis]
    return arguments[0] if len(set(map(str, arguments))) == 1 else Any
