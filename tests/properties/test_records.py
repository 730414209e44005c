"""Records of a file, made messages again."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from coordlab import labs
from coordlab.properties.records import as_message, as_one_of, once
from coordlab.trace.trace import Record, Trace
from coordlab.world.message import message


class Colour(StrEnum):
    """Of a thing."""

    RED = "red"


@message
class Thing:
    """This is one."""

    name: str
    colour: Colour = Colour.RED


@message
class Box:
    """These are in it."""

    things: tuple[Thing, ...] = ()
    best: Thing | None = None
    labels: frozenset[str] = frozenset()
    other: Any = None


def test_fields_become_what_the_class_says() -> None:
    thing = Record(name="pen", colour="red")
    told = Record(things=(thing,), best=thing, labels=frozenset({"a"}), other=Record(x=1))
    made = as_message(Box, told)
    assert made.things == (Thing("pen"),)
    assert made.best == Thing("pen")
    assert isinstance(made.best.colour, Colour)
    assert (made.labels, made.other) == (frozenset({"a"}), Record(x=1))


def test_what_is_a_message_already_stays_itself() -> None:
    box = Box()
    assert as_message(Box, box) is box


def test_a_record_is_known_by_its_fields() -> None:
    told = (Record(name="pen", colour="red"), Record(x=1), "words")
    assert as_one_of((Box, Thing), told) == (Thing("pen"), Record(x=1), "words")


def test_what_is_found_once_is_kept_with_its_trace() -> None:
    """Each trace has its own; asking again does not search again."""
    asked: list[int] = []

    @once
    def crashes(trace: Trace) -> Iterator[str | None]:
        """Who crashed."""
        asked.append(len(trace))
        yield from (event.agent for event in trace.select(kind="crash"))

    one, other = labs.bully().run.trace, labs.bully(agents=3).run.trace
    assert [crashes(each) for each in (one, other, one)] == [("5",), ("3",), ("5",)]
    assert asked == [len(one), len(other)]
