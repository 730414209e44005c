"""Faults of calls strike the answers to an agent's questions, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from coordlab import Agent, Fail, Half, Late, Stale, State, World, message
from coordlab.trace.faults import FaultError, OfCall, read_fault
from coordlab.trace.trace import Trace


@message
class Read:
    """What does it say?"""


@message
class Page:
    """It says this."""

    number: int
    text: str = "text"
    mark: str = "mark"

    def __post_init__(self) -> None:
        assert self.text, "a page has a text"


@message
class News:
    """There is something new."""


class Reader(Agent):
    """Asks once a second, for at most half a second; keeps when it went on, and what it was told."""

    told = State[Any](())

    def __init__(self, name: str, *asked: str, enough: int | None = None) -> None:
        super().__init__(name)
        self.asked, self.enough = asked, enough

    async def run(self) -> None:
        async for tick in self.every(1.0):
            replies = await self.ask(self.asked, Read(), within=0.5, enough=self.enough)
            pages = [(who, *vars(page).values()) for who, page in replies.items()]
            self.told = (round(self.now - tick, 6), tick, *pages)


class Book(Agent):
    """Turns a page each time it is read, and says so."""

    number = State(0)

    def on_read(self, sender: str, message: Read) -> Page:
        self.number += 1
        return Page(self.number)


class SlowBook(Book):
    """Answers in a task."""

    async def on_read(self, sender: str, message: Read) -> Page:  # type: ignore[override]
        await self.sleep(0.1)
        return super().on_read(sender, message)


def read(*faults: str, books: int = 1, kind: type[Agent] = Book, **settings: Any) -> Trace:
    """Ann reads the books at 1, 2 and 3 s; each message takes 0.1 s."""
    names = ["bob", "cat"][:books]
    world = World(latency=0.1).add(Reader("ann", *names, **settings), *map(kind, names))
    return world.inject(*(text for each in faults for text in each.split(" | "))).run(until=3.9).trace


def told(trace: Trace) -> list[Any]:
    """For each question: how long the asker waited, and what it was told."""
    return [(waited, *pages) for waited, _, *pages in (event.data for event in trace.select("told"))]


def page(number: int, after: float = 0.2) -> tuple[Any, ...]:
    return after, ("bob", number, "text", "mark")


NOTHING = (0.5,)


@pytest.mark.parametrize(
    ("faults", "learned"),
    [
        # the error comes when the answer would have, and the next call is answered again
        ("fail ann>bob @1.5..2.5", [page(1), (0.2,), page(3)]),
        ("late ann>bob 0.2 @1.5..2.5", [page(1), page(2, after=0.4), page(3)]),
        ("late ann>bob 0.4 @1.5..2.5", [page(1), NOTHING, page(3)]),
        ("late ann>bob 0.1 @1.5..2.5 | late ann>bob 0.1 @1.5", [page(1), page(2, 0.4), page(3, 0.3)]),
        ("half ann>bob @1.5..2.5", [page(1), (0.2, ("bob", 2, None, None)), page(3)]),
        ("stale ann>bob @1.5", [page(1), page(1), page(1)]),
        ("stale ann>bob", [page(1), page(1), page(1)]),  # the first is the one that stays
        ("stale ann>bob @1.5..2.5 | half ann>bob @2.5", [page(1), page(1), (0.2, ("bob", 3, None, None))]),
        # an error travels as an answer does: it can be lost, doubled, or wait for a slow asker
        ("fail ann>bob @1.5..2.5 | drop bob>ann #2", [page(1), NOTHING, page(3)]),
        ("fail ann>bob @1.5..2.5 | cut bob>ann @2.15..2.5", [page(1), NOTHING, page(3)]),
        ("fail ann>bob @1.5..2.5 | duplicate bob>ann #2", [page(1), (0.2,), page(3)]),
        ("fail ann>bob @1.5..2.5 | slow ann 0.2 @2..2.5", [page(1), (0.4,), page(3)]),
        # the other direction is another call
        ("fail bob>ann | half bob>ann | stale bob>ann", [page(1), page(2), page(3)]),
    ],
)
def test_a_fault_of_calls_changes_what_the_asker_learns(faults: str, learned: list[Any]) -> None:
    assert told(read(faults)) == learned


@pytest.mark.parametrize(
    ("fault", "numbers"), [("stale bob>bob @1.5", [1, 1, 1]), ("half ann>bob @1.5", [1, 2, 3])]
)
def test_an_agent_may_ask_itself_and_a_fault_of_that_call_strikes_it(fault: str, numbers: list[int]) -> None:
    class Diary(Book, Reader):
        """Reads in itself."""

    world = World(latency=0.1).add(Diary("bob", "bob"), Agent("ann")).inject(fault)
    assert [pages[0][1] for _, *pages in told(world.run(until=3.9).trace)] == numbers


def test_an_answer_that_comes_from_a_task_is_struck_as_well() -> None:
    trace = read("fail ann>bob @1.5..2.5 | half ann>bob @2.5", kind=SlowBook)
    assert told(trace) == [page(1, 0.3), (0.3,), (0.3, ("bob", 3, None, None))]


@pytest.mark.parametrize(
    ("enough", "waited"),
    [(None, 0.4), (1, 0.4), (0, 0.0)],  # cat's answers come after 0.4 s
)
def test_a_call_that_fails_leaves_the_others(enough: int | None, waited: float) -> None:
    """Who waits for one answer of two waits for the other one, and no longer."""
    trace = read("fail ann>bob", "late ann>cat 0.2", books=2, enough=enough)
    assert {(each, *pages) for each, *pages in told(trace)} == {
        (waited, *([("cat", tick, "text", "mark")] if waited else [])) for tick in (1, 2, 3)
    }


def test_the_trace_tells_which_answer_failed_and_what_was_sent() -> None:
    """The question goes on because of the error, and a file keeps its fate."""
    trace = read("fail ann>bob @1.5..2.5", "half ann>bob @2.5")
    (failed,) = trace.select("drop")
    assert (failed.data, failed.content) == ("failed", Page(2))
    assert trace[trace.select("told")[1].cause or 0] == failed
    assert trace.select("Page", kind="send")[-1].data.text is None
    assert Trace.from_jsonl(trace.to_jsonl()).to_jsonl() == trace.to_jsonl()


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (Fail("ann", "bob", at=1), "fail ann>bob @1"),
        (Late("ann", "bob", 0.25, until=2), "late ann>bob 0.25 @..2"),
        (Half("ann", "bob", at=1, until=2), "half ann>bob @1..2"),
        (Stale("ann", "bob"), "stale ann>bob"),
    ],
)
def test_a_fault_of_calls_is_one_text(fault: OfCall, text: str) -> None:
    assert (str(fault), read_fault(text)) == (text, fault)


@pytest.mark.parametrize("text", ["fail bob", "late a>b 0", "late a>b x", "half a>b 2", "stale a>b>c"])
def test_a_text_that_is_no_fault_of_calls_is_refused(text: str) -> None:
    with pytest.raises(FaultError, match="For example"):
        read_fault(text)
