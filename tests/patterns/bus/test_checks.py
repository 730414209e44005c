"""Each property of the message bus: kept by the page, and broken by a trace that deserves it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest

from coordlab import World
from coordlab.patterns.bus import Bus
from coordlab.patterns.bus.checks import properties
from coordlab.patterns.bus.client import Client, Unsubscribe
from coordlab.trace.trace import Event, Trace
from tests.properties.linear import growth
from tests.properties.mutated import changed, ended, made, repeated, swapped, without


def spoken(letters: int) -> Trace:
    """Ann reads what Bob has to say; Cat reads something else."""
    says = tuple(("news", number) for number in range(letters))
    world = World(latency=0.01).add(Bus(), Client("ann", ("news",)), Client("cat", ("sport",)))
    return world.add(Client("bob", says=says)).run().trace


trace = cache(lambda: spoken(4))


def judged(told: Trace, bound: int = 3) -> dict[str, str]:
    return {each.name: each(told).status for each in properties(bound, within=1.0)}


def brought() -> list[Event]:
    return trace().select("Deliver", kind="send")


def effects() -> list[Event]:
    return trace().select("note", agent="ann")


def brought_to_the_wrong_one() -> Trace:
    """Cat, who wants sport, is brought news."""
    return changed(trace(), brought()[1], peer="cat")


def brought_what_was_never_published() -> Trace:
    """A letter of Bob's that he never wrote."""
    forged = replace(brought()[1].data.letter, body="forged")
    return changed(trace(), brought()[1], data=replace(brought()[1].data, letter=forged))


def brought_before_it_was_published() -> Trace:
    """The bus is ahead of its time."""
    return swapped(trace(), trace().select("Publish", kind="send")[1], brought()[1])


def out_of_order() -> Trace:
    """Ann has the third letter before the second."""
    handled = trace().select("Deliver", kind="handle")
    return swapped(trace(), handled[1], handled[2])


def acts_twice() -> Trace:
    """Ann acts on a letter, and again."""
    return repeated(trace(), effects()[2])


def a_long_queue() -> Trace:
    """The bus holds four letters for somebody, where three are allowed."""
    return changed(trace(), trace().select("pending", kind="state")[0], data=4)


def a_letter_that_never_came() -> Trace:
    """The bus took it, and Ann never had it."""
    handled = trace().select("Deliver", kind="handle")[1]
    return without(trace(), brought()[1], handled, effects()[1])


BROKEN: list[tuple[Callable[[], Trace], str]] = [
    (brought_to_the_wrong_one, "only what was published and wanted"),
    (brought_what_was_never_published, "only what was published and wanted"),
    (brought_before_it_was_published, "only what was published and wanted"),
    (out_of_order, "letters come in order"),
    (acts_twice, "nobody acts twice on a letter"),
    (a_long_queue, "at most 3 letters wait"),
    (a_letter_that_never_came, "everything arrives within 1 s"),
]


def test_the_page_keeps_every_promise() -> None:
    """All five hold."""
    assert set(judged(trace()).values()) == {"holds"}


@pytest.mark.parametrize(("broken", "name"), BROKEN, ids=[make.__name__ for make, _ in BROKEN])
def test_a_broken_promise_is_found(broken: Callable[[], Trace], name: str) -> None:
    """What the trace tells violates the property that is meant for it."""
    assert judged(broken())[name] == "violated"


def test_a_letter_that_comes_again_late_breaks_no_order() -> None:
    """The network may bring a copy after the next letter; only the first time counts."""
    handled = trace().select("Deliver", kind="handle")
    assert judged(repeated(trace(), handled[0], handled[2]))["letters come in order"] == "holds"


def test_a_letter_under_way_when_the_run_ends_is_undecided() -> None:
    """It may still come."""
    accepted = trace().select("Publish", kind="handle")[1]
    assert judged(ended(trace(), accepted.time))["everything arrives within 1 s"] == "undecided"


class Leaving(Client):
    """Leaves one of its two patterns just after a letter was accepted that it will not hear."""

    async def run(self) -> None:
        await super().run()
        await self.sleep(0.5)
        await self.insist(Unsubscribe("news"))


@pytest.mark.parametrize(("wants", "status"), [(("news",), "holds"), (("news", "#"), "violated")])
def test_only_who_still_wants_a_letter_must_have_it(wants: tuple[str, ...], status: str) -> None:
    """Whoever unsubscribes is owed nothing, unless another of its patterns matches."""
    world = World().add(Bus(patience=9.0), Leaving("ann", wants), Client("bob", says=(("news", 1),)))
    run = world.inject("cut bus>ann @0.505..0.515").run(until=8.0)
    assert judged(run.trace)["everything arrives within 1 s"] == status


def test_without_a_letter_nobody_can_tell_whether_letters_arrive() -> None:
    """And an empty trace tells nothing at all."""
    assert judged(ended(trace(), 0.3))["everything arrives within 1 s"] == "undecided"
    assert set(judged(made(trace(), [], 0.0)).values()) == {"undecided"}


@pytest.mark.parametrize("number", range(5))
def test_properties_do_linear_work(number: int) -> None:
    """Four times the letters, four times the work."""
    assert growth(properties()[number], spoken(20), spoken(80)) < 1.2
