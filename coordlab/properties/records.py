"""What agents record, and messages of a trace that was read from a file, where they have no class."""

from __future__ import annotations

from collections.abc import Callable, Iterator, KeysView
from enum import Enum
from functools import cache, wraps
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from coordlab.trace.trace import SPOKEN, Event, Record, Trace

T = TypeVar("T")


def on_record(event: Event, *names: str) -> bool:
    """Whether the event is a note or decision that is a message of one of these names."""
    return event.kind in SPOKEN and event.name in names


def recorded(trace: Trace, *names: str) -> Iterator[Event]:
    """The notes and decisions that are messages of one of these names, in order."""
    rows = enumerate(trace.rows)  # most are something else, and need not become events
    return (trace[seq] for seq, row in rows if row[1] in SPOKEN and row[5] in names)


def once(work: Callable[[Trace], Iterator[T]]) -> Callable[[Trace], tuple[T, ...]]:
    """What a generator finds in a trace, found once and kept with the trace: many properties ask for it."""
    name = f"_{work.__module__}.{work.__qualname__}"

    @wraps(work)
    def found(trace: Trace) -> tuple[T, ...]:
        kept: dict[str, Any] = vars(trace)
        if name not in kept:
            kept[name] = tuple(work(trace))
        return kept[name]  # type: ignore[no-any-return]

    return found


def as_message(kind: type[T], told: object) -> T:
    """A message of the class `kind`: `told` itself, or made of its fields if it is a `Record` from a file.

    Fields become what the class declares: messages, enums, and tuples or sets of them.
    """
    if isinstance(told, kind):
        return told
    hints = _hints(kind)  # type: ignore[arg-type]
    return kind(**{name: _settled(hints.get(name, Any), value) for name, value in vars(told).items()})


def as_one_of(kinds: tuple[type, ...], told: object) -> Any:
    """A `Record` as a message of the class that has its fields, and so for those in a tuple.

    Anything else is returned as it is.
    """
    if type(told) is tuple:
        return tuple(as_one_of(kinds, each) for each in told)
    fits = [kind for kind in kinds if isinstance(told, Record) and _fields(kind) == vars(told).keys()]
    return as_message(fits[0], told) if fits else told


_hints = cache(get_type_hints)


def _settled(hint: Any, value: object) -> object:
    """A value as the annotation of its field declares it."""
    kinds = [hint] if isinstance(hint, type) else [*get_args(hint), hint]
    if isinstance(value, Record):
        fits = [kind for kind in kinds if _fields(kind) == vars(value).keys()]
        return as_message(fits[0], value) if fits else value
    if isinstance(value, (tuple, frozenset)):
        items = next((_item(kind) for kind in kinds if get_origin(kind) is type(value)), Any)
        return type(value)(_settled(items, each) for each in value)
    enums = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Enum)]
    return enums[0](value) if enums and value in [each.value for each in enums[0]] else value


def _fields(kind: type) -> KeysView[str]:
    found: dict[str, object] = getattr(kind, "__dataclass_fields__", {})
    return found.keys()


def _item(kind: Any) -> Any:
    """The annotation of the members of a tuple or set, if all have the same."""
    arguments = [each for each in get_args(kind) if each is not Ellipsis]
    return arguments[0] if len(set(map(str, arguments))) == 1 else Any
