"""The same world again: what is said if it is not the same."""

import random
import time
import uuid
import warnings
from decimal import Decimal
from fractions import Fraction

import numpy
import pytest

from coordlab import labs
from coordlab.patterns import bully
from coordlab.trace.faults import Crash, Skew, Slow
from coordlab.world.agent import Agent, State
from coordlab.world.message import message
from coordlab.world.world import World


@message
class Hello:
    """Hello."""


class Sleeper(Agent):
    """Greets its peer after waits that it draws as it likes, and notes each."""

    def draw(self):
        return self.dice.random()

    async def run(self):
        for _ in range(4):
            await self.sleep(self.draw())
            self.send(self.peers[0], Hello())

    def on_hello(self, sender, message):
        pass


HABITS = []  # what agents keep outside of themselves
OUTSIDE = {
    "random": lambda self: random.random(),
    "the time": lambda self: time.perf_counter() % 1,
    "an identifier": lambda self: uuid.uuid4().int % 1000 / 1000,
    "what is kept between runs": lambda self: HABITS.append(1) or len(HABITS) / 100,
}
FAULTS = (
    "crash bob @1.5..1.9",
    "slow bob 0.2 @0.4",
    "drop ann>bob #2",
    "delay bob>ann #1 0.4",
    "slow ann 0.1",
)


def run_of(draw, cls=Sleeper):
    """The run of two sleepers, one of whom draws in this way."""
    return World(seed=3).add(type("Drawing", (cls,), {"draw": draw})("ann"), Sleeper("bob")).run(until=9)


@pytest.mark.parametrize("draw", OUTSIDE.values(), ids=OUTSIDE)
def test_a_branch_that_differs_before_its_first_new_fault_says_so(draw):
    """It names the first agent and event, and what to use instead; so does a lab of the run."""
    run = run_of(draw)
    with pytest.warns(
        UserWarning, match=r"(?s)differs before the first new fault, from 0\..* ann .*self.dice.*self.now"
    ):
        run.branch("crash bob @8")
    lab = labs.show(run)
    for branch in (*lab.branches, *lab.inject("crash bob @8").branches):
        assert "ann must use self.dice" in branch.notice
    assert branch.notice in repr(lab)


@pytest.mark.parametrize("faults", [(), *((each,) for each in FAULTS), FAULTS])
def test_a_branch_that_differs_by_its_faults_alone_warns_of_nothing(faults):
    run = run_of(Sleeper.draw)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert (run.branch(*faults).trace == run.trace) == (not faults)
        assert run.world.again().redraw(1, 7).run(until=9).branch(*faults).branch("cut ann>bob")
    lab = labs.show(run).inject(*faults)
    assert [branch.notice for branch in lab.branches] == ["", ""]


class Moody(bully.Candidate):
    """Begins when it likes."""

    async def run(self):
        await self.sleep(random.random())
        await super().run()


def test_a_lab_says_so_of_a_branch_only():
    """Other settings are another run."""
    lab = labs.bully(agent=Moody, until=5).inject("crash 4 @4").select(0).vary(seed=2)
    assert ["self.dice" in branch.notice for branch in lab.branches] == [False, True, False]


class Counting(Agent):
    """Waits, asks and counts in numbers of its own kind."""

    total = State(0)

    def __init__(self, name, one):
        super().__init__(name)
        self.one = one

    async def run(self):
        await self.sleep(self.one)
        await self.ask(self.peers, Hello(), within=self.one)
        await self.until(lambda: False, within=self.one)
        async for tick in self.every(self.one):
            self.total = tick * self.one
            self.note(self.one * 2)

    def on_hello(self, sender, message):
        return message


def counted(kind):
    """The run of a world in which all numbers are of this kind."""
    one = kind(1)
    world = World(2, one / 4, loss=one / 8, duplicate=one / 4, reorder=one / 2)
    world.add(Counting("ann", one)).add(Counting("bob", one), at=one)
    faults = (
        Crash("ann", at=one * 5, until=one * 6),
        Slow("bob", one / 4, at=one),
        Skew("bob", one * 2, one / 2),
    )
    return world.inject(*faults).redraw(one * 4, 1).run(until=one * 12)


@pytest.mark.parametrize("kind", [Decimal, Fraction, numpy.float32, numpy.float64])
def test_numbers_are_taken_by_value(kind):
    """Those of other libraries give the same run, the same line and the same file."""
    run, plain = counted(kind), counted(float)
    assert (run.line, run.trace.to_jsonl()) == (plain.line, plain.trace.to_jsonl())
