"""Arguments of the wrong kind are refused in words, wherever they are given."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from coordlab import labs, requirements as require
from coordlab.course import progress
from coordlab.draw import space_time
from coordlab.experiments.store import Store
from coordlab.patterns.voting.rules import Ballot, Majority, Poll
from coordlab.properties import always
from coordlab.trace.files import read_trace_file
from coordlab.trace.trace import Trace
from coordlab.world.agent import Agent
from coordlab.world.message import message
from coordlab.world.world import World


@message
class Hello:
    """Hello."""


LAB = labs.bully()
TRACE = LAB.run.trace


class Asker(Agent):
    """Asks whom it is told to."""

    def __init__(self, name, whom):
        super().__init__(name)
        self.whom = whom

    async def run(self):
        await self.ask(self.whom, Hello(), within=1)


def asks(whom):
    """The run of an agent that asks them."""
    return World().add(Asker("ann", whom)).run(until=3)


def judged(predicate):
    """The verdict on a run in which agents started."""
    return always("asked", predicate)(TRACE)


BEYOND = Fraction(10) ** 400  # no float is that large

REFUSED = {
    "ask": asks,
    "agent": World().__getitem__,
    "crash": World().crash,
    "peers": World().peers,
    "message": message,
    "event": lambda odd: TRACE[odd],
    "past": TRACE.past,
    "causes": lambda odd: list(TRACE.causes(odd)),
    "select": TRACE.select,
    "count": TRACE.count,
    "divergence": TRACE.divergence,
    "select by": lambda odd: TRACE.select(agent=[odd]),
    "from_jsonl": Trace.from_jsonl,
    "figure": lambda odd: labs.bully().figure(odd),
    "state of": lambda odd: judged(lambda now: now.state(odd, "role")),
    "state": lambda odd: judged(lambda now: now.state("1", odd)),
    "where": lambda odd: judged(lambda now: now.where(odd, 1)),
    "calm_for": lambda odd: judged(lambda now: now.calm_for(odd)),
    "ballot": Poll(["ann"]).take,
    "closes": lambda odd: Poll(["ann"], closes=odd),
    "save": progress.save_progress,
    "load": progress.load_progress,
    "vary": LAB.vary,
    "inject": LAB.inject,
    "name of an injected branch": lambda odd: LAB.inject("crash 5 @3", name=odd),
    "rename": lambda odd: LAB.rename(0, odd),
    "page": LAB.page,
    "save a lab": LAB.save,
    "open a lab": labs.open_file,
    "read a trace": read_trace_file,
    "save a drawing": lambda odd: space_time(TRACE).save(odd),
    "store": lambda odd: Store(odd, ""),
}


@pytest.mark.parametrize("asked", REFUSED)
@pytest.mark.parametrize("odd", [None, [["bob"]], {"bob": []}, object, np.array([1, 2]), BEYOND], ids=type)
def test_what_is_of_the_wrong_kind_is_refused_with_an_example(asked, odd):
    with pytest.raises((ValueError, TypeError, LookupError, RuntimeError), match="For example: "):
        REFUSED[asked](odd)


@pytest.mark.parametrize("once", [Hello, int, "Hello"])
def test_only_a_class_of_ones_own_becomes_a_message_and_once(once):
    with pytest.raises(TypeError, match=r"expected a class of your own that is no message yet"):
        message(once)


@pytest.mark.parametrize(("odd", "taken"), [(BEYOND, "inf"), (-BEYOND, "-inf"), (Decimal("sNaN"), "nan")])
def test_a_number_that_no_float_holds_is_refused_as_any_other(odd, taken):
    assert str(require.by_value(odd)) == taken
    with pytest.raises(ValueError, match=r"loss=.*: expected a probability from 0 to 1\."):
        require.probability("loss", odd)


ITSELF = [1]
ITSELF.append(ITSELF)

SHOWN = [
    (ITSELF, "[1, [...]]"),
    ({"a": ITSELF}, "{'a': [1, [...]]}"),
    ([(1,), (), {}], "[(1,), (), {}]"),
    ([{"bob", "ann"}, object()], "[{'ann', 'bob'}, <object object>]"),
    ([10**5000], "[a number of more than 60 digits]"),
    (list(range(10**6)), f"{str(list(range(99)))[:120]}…"),
]


@pytest.mark.parametrize(("value", "text"), SHOWN, ids=range(len(SHOWN)))
def test_a_value_in_an_error_is_as_python_shows_it_but_short_and_the_same_in_every_process(value, text):
    assert require.shown(value) == text


def test_a_question_ends_without_a_full_stop():
    with pytest.raises(ValueError, match=r"^a: did you mean b\? For example: b\.$"):
        require.fail("a", "did you mean b?", "b")


def test_a_poll_counts_with_numbers_and_texts_of_numpy():
    poll = Poll(["ann", "bob", "cat"], Majority(threshold=np.float64(0.5)), np.int64(2), np.float64(1))
    arrivals = {"ann": 0.5, "bob": 1.0, "cat": 1.5}
    cast = [poll.take(Ballot(name, np.str_("yes"), np.float32(at))) for name, at in arrivals.items()]
    done = poll.close()
    assert [each.verdict for each in cast] == ["counted", "counted", "late"]
    assert (done.result, done.counts, done.missing) == ("accepted", (("yes", 2),), ("cat",))
    assert {type(each) for each in (poll.quorum, poll.closes, *done.counts[0])} == {int, float, str}


def test_progress_writes_nothing_that_it_would_not_read(tmp_path, monkeypatch):
    """Whoever puts an answer in by hand, by whatever name, loses no file."""
    monkeypatch.setattr(
        progress, "answers", progress.Answers({1: {"a": 1}, "nan": float("nan"), "type": np.ndarray})
    )
    path = tmp_path / "me.json"
    progress.save_progress(path)
    assert progress.load_progress(path) == "3 answers found in me.json."
    with pytest.raises(progress.ProgressError, match="expected a file of at most"):
        progress.load_progress(tmp_path)
