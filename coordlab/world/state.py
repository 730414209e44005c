"""States: the attributes of an agent that the trace records, and values in a form that it can keep."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING, Generic, TypeVar, overload

from coordlab import requirements as require
from coordlab.trace.trace import STATE
from coordlab.world.message import is_message

if TYPE_CHECKING:
    from coordlab.world.agent import Agent

T = TypeVar("T")
_PLAIN = (str, bool, int, float, type(None))  # what needs no second look


class State(require.Readable, Generic[T]):
    """An attribute of an agent whose every change is an event of the trace.

    initial: the value with which each agent starts, and starts again after a restart.

    The state called `role` has a meaning for the diagram: its value colours and labels the agent's lane.
    Only assignments are recorded: appending to a list in place is not.  Raises TypeError for an initial
    value that can change, such as a list, because all agents would share it.

    >>> from coordlab.world.agent import Agent
    >>> class Voter(Agent):
    ...     role = State("undecided")
    >>> Voter("ann").role
    'undecided'
    """

    def __init__(self, initial: T) -> None:
        fixed, kind = type(initial).__hash__ is not None, type(initial).__name__
        allowed = f"all agents would share this {kind}; start with a value that cannot change"
        example = "State(()), and then self.votes = (*self.votes, vote)"
        require.that(fixed, f"State({require.shown(initial)})", allowed, example, TypeError)
        self.initial = initial

    def __set_name__(self, owner: type, name: str) -> None:
        self.name, self._seen = name, f"{name} as seen"

    @overload
    def __get__(self, agent: None, owner: type) -> State[T]: ...
    @overload
    def __get__(self, agent: Agent, owner: type) -> T: ...
    def __get__(self, agent: Agent | None, owner: type) -> State[T] | T:
        if agent is None:
            return self
        value: T = agent.__dict__.get(self.name, self.initial)
        return value

    def __set__(self, agent: Agent, value: T) -> None:
        kept = agent.__dict__
        kept[self.name] = value
        seen = snapshot(value)
        before = kept.get(self._seen, self.initial)
        if before is not seen and before != seen:
            kept[self._seen] = seen
            agent._record(STATE, self.name, seen)


def check_attributes(cls: type, states: Mapping[str, object]) -> None:
    """Raise TypeError for a class attribute of an agent that runs would share, or that hides a state.

    A list that every agent appends to would make the second run differ from the first.
    """
    for name, value in vars(cls).items():
        given, kind = f"{cls.__name__}.{name} = {require.shown(value)}", type(value)
        if kind.__hash__ is None and not name.startswith("__"):
            allowed = f"all agents, also those of other runs, would share this {kind.__name__}"
            require.fail(given, allowed, f"self.{name} = ... in __init__, or a tuple", TypeError)
        plain = not isinstance(value, State) and not hasattr(kind, "__get__")
        if plain and (name == "role" or name in states):
            allowed = "only what is declared with State is recorded, so that others see it"
            require.fail(given, allowed, f"{name} = State({require.shown(value)})", TypeError)


def words(what: object) -> tuple[str | None, object]:
    """The name and data of a note: a message has its name and is kept; anything else becomes words."""
    return (type(what).__name__, what) if is_message(type(what)) else (None, str(snapshot(what)))


def snapshot(value: object) -> object:
    """`value` as it is now, in a form that later changes do not affect and that is the same in every run.

    Raises TypeError for a value that contains itself, or is very large, or whose repr holds an address.
    """
    if value.__class__ in _PLAIN or is_message(value.__class__):
        return value
    require.bounded(value, "a state or note")
    return _as_it_is(value)


def _as_it_is(value: object) -> object:
    if value.__class__ in _PLAIN:
        return value
    if isinstance(value, (list, tuple)):
        return tuple(map(_as_it_is, value))
    value = require.by_value(value)
    if value is None or isinstance(value, (str, int, float, bytes, Enum)):
        return value
    if isinstance(value, dict):
        return tuple((_as_it_is(key), _as_it_is(item)) for key, item in value.items())
    if isinstance(value, (set, frozenset)):
        return tuple(sorted(map(_as_it_is, value), key=repr))
    if is_message(type(value)):  # within a list
        return value
    if fields := getattr(value, "__dataclass_fields__", None):
        return tuple((name, _as_it_is(getattr(value, name))) for name in fields)
    words = repr(value)
    if " at 0x" in words:
        allowed = "a state or note must read the same in every run: numbers, texts, enums, tuples or messages"
        require.fail(words, allowed, f"give {type(value).__name__} a __repr__", TypeError)
    return words
