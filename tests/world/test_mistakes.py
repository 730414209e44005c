"""Mistakes that learners make in classes of agents, and what they are told."""

import gc

import pytest

from coordlab.world.agent import Agent, State
from coordlab.world.message import message
from coordlab.world.world import AgentError, World


@message
class Question:
    """What do you think?"""


class Thinker(Agent):
    """Thinks of something, and says it when asked."""

    thought = State("nothing")

    def on_question(self, sender, message):
        return message


@pytest.mark.parametrize(
    ("attributes", "match"),
    [
        *(
            ({"seen": value}, rf"Mine.seen = .*all agents.* share this {kind}.*self.seen = ... in __init__")
            for value, kind in (([], "list"), ({"a": 1}, "dict"), (set(), "set"), (bytearray(), "bytearray"))
        ),
        (
            {"role": "leads"},
            r"Mine.role = 'leads': only what is declared with State.*role = State\('leads'\)",
        ),
        ({"thought": 3}, r"Mine.thought = 3: only what is declared with State.*thought = State\(3\)"),
        ({"name": State("x")}, "these are taken: name"),
    ],
)
def test_a_class_that_would_mislead_is_refused_when_it_is_made(attributes, match):
    with pytest.raises(TypeError, match=match):
        type("Mine", (Thinker,), attributes)


def test_constants_methods_and_properties_of_a_class_are_left_alone():
    fine = {"limit": 3, "names": ("a", "b"), "role": property(lambda self: "x"), "thought": State("other")}
    assert type("Mine", (Thinker,), fine)("ann").role == "x"


def run_of(*agents):
    """The run of a world of these."""
    return World().add(*agents).run(until=3)


def test_a_handler_that_no_message_can_reach_is_refused_when_the_world_starts():
    """A misspelt one would change nothing, and everything would stay green."""

    class Mine(Thinker):
        def on_questoin(self, sender, message):
            self.thought = "much"

    with pytest.raises(
        AgentError, match=r"on_questoin in line \d+: no message .* did you mean on_question\?"
    ):
        run_of(Mine("ann"))


def test_a_method_that_takes_no_message_may_be_called_as_one_likes():
    class Mine(Thinker):
        async def run(self):
            self.on_the_hour()

        def on_the_hour(self):
            self.thought = "tea"

    assert run_of(Mine("ann")).trace.select("thought")[0].data == "tea"


async def replies_not_awaited(self):
    return self.ask("bob", Question(), within=1).get("bob")


async def replies_looped_over(self):
    for reply in self.ask("bob", Question()):
        self.note(reply)


async def replies_sent(self):
    self.send("bob", self.ask("bob", Question()))


async def replies_compared(self):
    return self.ask("bob", Question()) > 1


async def ticks_not_awaited(self):
    for tick in self.every(1):
        self.note(tick)


async def asks(self):
    await self.ask("bob", Question())


class Short(Agent):
    """Has a handler that takes too little."""

    def on_question(self, sender):
        pass


class Long(Agent):
    """Has a handler that takes too much."""

    def on_question(self, sender, message, more):
        pass


class Broken(Agent):
    """Has a handler that fails by itself."""

    def on_question(self, sender, message):
        return 1 // 0


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
@pytest.mark.parametrize(
    ("act", "bob", "hint"),
    [
        *(
            (act, Thinker, r"Is an `await` missing, as in `replies = await self.ask\(...\)`\?")
            for act in (replies_not_awaited, replies_looped_over, replies_sent, replies_compared)
        ),
        (ticks_not_awaited, Thinker, r"Write `async for tick in self.every\(...\)`"),
        (asks, Short, r"A handler takes \(self, sender, message\)"),
        (asks, Long, r"A handler takes \(self, sender, message\)"),
        (lambda self: self.note("x"), Thinker, r"ann spawns None.*async def run\(self\)"),
        (asks, Broken, "division or modulo by zero"),
    ],
)
def test_an_error_of_python_comes_with_what_to_write(act, bob, hint):
    """Its cause has the frames of the learner alone."""
    ann = type("Ann", (Thinker,), {"run": act})
    with pytest.raises(AgentError, match=hint) as caught:
        run_of(ann("ann"), bob("bob"))
    cause, frames = caught.value.__cause__, []
    while (trace := cause.__traceback__ if not frames else frames[-1].tb_next) is not None:
        frames.append(trace)
    assert len(frames) == 1
    del cause, frames, caught
    gc.collect()  # what was not awaited is noticed here
