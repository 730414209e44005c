"""What a message bus promises: the runs that keep it, traces that break it, disasters it survives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

from hypothesis import strategies as st

from coordlab import World
from coordlab.patterns.bus import Bus, Client
from coordlab.patterns.bus.checks import properties
from coordlab.trace.trace import Event, Trace
from coordlab.world.run import Run
from tests.disasters import plans
from tests.properties.mutated import changed, repeated, swapped, without


def spoken(letters: int) -> Run:
    """Ann reads what Bob publishes; Cat reads something else."""
    world = World(latency=0.01).add(Bus(), Client("ann", ("news",)), Client("cat", ("sport",)))
    world.add(Client("bob", says=tuple(("news", number) for number in range(letters))))
    return world.expect(*properties(3, within=1.0)).run()


@cache
def news() -> Run:
    return spoken(4)


def trace() -> Trace:
    return news().trace


def sent() -> Event:
    """The bus delivers the second letter to ann."""
    return trace().select("Deliver", kind="send")[1]


def handled() -> list[Event]:
    return trace().select("Deliver", kind="handle")


def effects() -> list[Event]:
    return trace().select("note", agent="ann")


def sent_to_the_wrong_agent() -> Trace:
    """Cat, who wants sport, is sent news."""
    return changed(trace(), sent(), peer="cat")


def sent_what_was_never_published() -> Trace:
    """A letter of Bob's that he never wrote."""
    forged = replace(sent().data.letter, body="forged")
    return changed(trace(), sent(), data=replace(sent().data, letter=forged))


def sent_before_it_was_published() -> Trace:
    """The bus knows the letter too early."""
    return swapped(trace(), trace().select("Publish", kind="send")[1], sent())


def out_of_order() -> Trace:
    """Ann has the third letter before the second."""
    return swapped(trace(), handled()[1], handled()[2])


def acts_twice() -> Trace:
    """Ann acts on a letter, and again."""
    return repeated(trace(), effects()[2])


def a_long_queue() -> Trace:
    """The bus holds four letters for a subscriber, where three are allowed."""
    return changed(trace(), trace().select("pending", kind="state")[0], data=4)


def a_letter_that_never_came() -> Trace:
    """The bus accepted it, and Ann never had it."""
    return without(trace(), sent(), handled()[1], effects()[1])


STORY = (news,)
GROWS = (lambda: spoken(20), lambda: spoken(80))
BROKEN: dict[str, list[Callable[[], Trace]]] = {
    "only what was published and wanted": [
        sent_to_the_wrong_agent,
        sent_what_was_never_published,
        sent_before_it_was_published,
    ],
    "letters come in order": [out_of_order],
    "nobody acts twice on a letter": [acts_twice],
    "at most 3 letters wait": [a_long_queue],
    "everything arrives within 1 s": [a_letter_that_never_came],
}
UNTIL = 30.0


@st.composite
def disasters(draw: st.DrawFn) -> World:
    """Two publishers, two readers, a bad network, and crashes of all of them."""
    seed = draw(st.integers(0, 999))
    world = World(seed, "uniform(0.01, 0.05)", loss=0.1, duplicate=0.1, reorder=0.1)
    world.add(Bus(), Client("display", ("site/+/temperature", "#")), Client("archive", ("#",)))
    for name, topic in (("one", "site/1/temperature"), ("two", "site/2/temperature")):
        world.add(Client(name, says=tuple((topic, number) for number in range(4))))
    names = ["bus", "display", "archive", "one", "two"]
    world.inject(*draw(plans(names, "crash crash partition cut slow drop", end=3.0)))
    return world.expect(*properties(within=10.0))


def heard(run: Run, publisher: str) -> list[Any]:
    letters = [event.data.letter for event in run.trace.select("Effect", kind="note", agent="archive")]
    return [letter.body for letter in letters if letter.publisher == publisher]


def also(run: Run) -> None:
    """The archive acts once, in order, on all that was published since it subscribed."""
    for publisher in ("one", "two"):
        bodies = heard(run, publisher)
        assert bodies == list(range(4))[4 - len(bodies) :], run.line


SEEN: dict[str, Callable[[Run], Any]] = {
    "a crash of the bus": lambda run: run.trace.count("crash", agent="bus"),
    "a crash of a reader": lambda run: run.trace.count("crash", agent="archive"),
    "a lost message": lambda run: "lost" in [event.data for event in run.trace.select("drop")],
    "a letter delivered again": lambda run: run.trace.count("Deliver", kind="send") > 24,
}
