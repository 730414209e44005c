"""What a message bus promises: the runs that keep it, traces that break it, disasters it survives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

from hypothesis import strategies as st

from coordlab import World
from coordlab.patterns.bus import Bus, Client, DeadLetter, Publish, Shed, Subscribe
from coordlab.patterns.bus.checks import properties
from coordlab.patterns.bus.rules import SHEDDING, Letter
from coordlab.trace.trace import Event, Trace
from coordlab.world.run import Run
from tests.disasters import plans
from tests.properties.mutated import changed, ended, repeated, swapped, without


class Forger(Client):
    """Bob after his letters: he signs one with Cat's name, and asks for a pattern that means nothing."""

    async def run(self) -> None:
        await super().run()
        await self.insist(Publish(Letter("cat", 1, "news", "forged")))
        await self.insist(Subscribe("#/news"))


def spoken(letters: int) -> Run:
    """Ann reads what Bob publishes; Cat reads something else."""
    world = World(latency=0.01).add(Bus(), Client("ann", ("news",)), Client("cat", ("sport",)))
    world.add(Forger("bob", says=tuple(("news", number) for number in range(letters))))
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


def sent_what_another_signed() -> Trace:
    """The letter that the bus refused, because Bob signed it with Cat's name."""
    forged = trace().select("Publish", kind="send")[-1].data.letter
    return changed(trace(), sent(), data=replace(sent().data, letter=forged))


def shed_after_it_was_sent() -> Trace:
    """The bus sheds a letter that is on its way to Ann."""
    return repeated(
        trace(), effects()[1], agent="bus", name="Shed", data=Shed("ann", "news", sent().data.letter)
    )


def dead_too_soon() -> Trace:
    """The bus gives up on a letter after its first delivery."""
    return repeated(
        trace(), effects()[1], agent="bus", name="DeadLetter", data=DeadLetter("ann", sent().data.letter)
    )


def sent_for_ever() -> Trace:
    """The bus delivers a letter a 21st time."""
    mutated = trace()
    for _ in range(20):
        mutated = repeated(mutated, sent())
    return mutated


def never_accepted() -> Trace:
    """The answer to Bob's second letter is lost, and he does not publish it again."""
    answer = trace().select("Accepted", kind="handle")[1]
    return ended(without(trace(), answer), 9.0)


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
        sent_what_another_signed,
    ],
    "letters come in order": [out_of_order],
    "nobody acts twice on a letter": [acts_twice],
    "at most 3 letters wait": [a_long_queue],
    "what is shed was not sent": [shed_after_it_was_sent],
    "a letter is dead after all attempts": [dead_too_soon, sent_for_ever],
    "everything is accepted within 1 s": [never_accepted],
    "everything arrives within 1 s": [a_letter_that_never_came],
}
UNTIL = 30.0


@st.composite
def disasters(draw: st.DrawFn) -> World:
    """Two publishers, two readers, a bad network, and crashes of all of them."""
    seed = draw(st.integers(0, 999))
    world = World(seed, "uniform(0.01, 0.05)", loss=0.1, duplicate=0.1, reorder=0.1)
    bound = draw(st.sampled_from([2, 3, 1000, 1000]))
    attempts = draw(st.sampled_from([20, 20, 4]))
    world.add(Bus(bound=bound, shed=draw(st.sampled_from(SHEDDING)), attempts=attempts))
    world.add(Client("display", ("site/+/temperature", "site/1/#")), Client("archive", ("#",)))
    for name, topic in (("one", "site/1/temperature"), ("two", "site/2/temperature")):
        world.add(Client(name, says=tuple((topic, number) for number in range(4))))
    names = ["bus", "display", "archive", "one", "two"]
    world.inject(*draw(plans(names, "crash crash partition cut slow drop", end=3.0)))
    return world.expect(*properties(bound, within=10.0, attempts=attempts))


def heard(run: Run, publisher: str) -> list[Any]:
    letters = [event.data.letter for event in run.trace.select("Effect", kind="note", agent="archive")]
    return [letter.body for letter in letters if letter.publisher == publisher]


def also(run: Run) -> None:
    """The archive acts once, in order, on all published since it subscribed that is not shed or dead."""
    notes = run.trace.select("Shed", "DeadLetter")
    given_up = [event.data for event in notes if event.data.subscriber == "archive"]
    for publisher in ("one", "two"):
        bodies = heard(run, publisher)
        mine = [each.letter.body for each in given_up if each.letter.publisher == publisher]
        lost = [body for body in dict.fromkeys(mine) if body not in bodies]  # what is dead may still arrive
        assert sorted(bodies + lost) == list(range(4))[4 - len(bodies + lost) :], run.line
        assert bodies == sorted(bodies), run.line


SEEN: dict[str, Callable[[Run], Any]] = {
    "a crash of the bus": lambda run: run.trace.count("crash", agent="bus"),
    "a crash of a reader": lambda run: run.trace.count("crash", agent="archive"),
    "a lost message": lambda run: "lost" in [event.data for event in run.trace.select("drop")],
    "a dead letter": lambda run: run.trace.count("DeadLetter"),
    "a letter that is shed": lambda run: run.trace.count("Shed"),
    "a letter delivered again": lambda run: run.trace.count("Deliver", kind="send") > 24,
}
