"""The base of all orchestration styles: any async function as an agent, and a conductor that always ends."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import coordlab
from coordlab import World
from coordlab.patterns.orchestration import Conductor, Member, Scripted
from coordlab.patterns.orchestration.checks import properties
from coordlab.patterns.orchestration.rules import (
    DEFAULT,
    Budget,
    Failed,
    Reply,
    Result,
    Turn,
    Usage,
    Utterance,
)
from coordlab.patterns.orchestration.turns import result, tree
from coordlab.world.agent import Agent
from coordlab.world.world import Run
from tests.patterns.orchestration.story import Everybody, Rounds, User


async def echo(turn: Turn) -> str:
    return f"after {len(turn.context)}"


def led(
    conductor: Conductor, *others: Agent, until: float | None = None, faults: tuple[str, ...] = ()
) -> Run:
    world = World(seed=7, latency=0.01).add(conductor, *others).inject(*faults)
    run = world.expect(*properties(conductor.budget)).run(until)
    assert [verdict for verdict in run.verdicts if verdict.status == "violated"] == []
    return run


def outcome(run: Run) -> tuple[str, list[Any], Usage]:
    end: Result = result(run.trace)
    return str(end.reason), [each.content for each in end.outputs], end.spent


def test_two_turns_from_beginning_to_end() -> None:
    """Each is paid for before it is given, and its reply when it comes; one result ends it all."""
    run = led(Rounds(("ann", "bob")), Scripted("ann", "one", seconds=1.0), Scripted("bob", "two"))
    told = [str(event) for event in run.trace if event.kind in ("send", "timer", "state")]
    spent = "{{'turns': {}, 'messages': {}, 'tokens': {}, 'seconds': {}}}"
    assert told == [
        "0.000 chair state role conducting",
        "0.000 chair state spent " + spent.format(1, 1, 2, 0.0),
        "0.000 chair send Turn -> ann",
        "0.010 ann state role working",
        "1.010 ann timer its sleep to end 1.0",
        "1.010 ann state role idle",
        "1.010 ann send Reply -> chair",
        "1.020 chair state spent " + spent.format(1, 1, 3, 1.02),
        "1.020 chair state spent " + spent.format(2, 2, 6, 1.02),
        "1.020 chair send Turn -> bob",
        "1.030 bob state role working",
        "1.030 bob state role idle",
        "1.030 bob send Reply -> chair",
        "1.040 chair state spent " + spent.format(2, 2, 7, 1.04),
        "1.040 chair state role stopped",
    ]
    assert outcome(run) == ("done", ["one", "two"], Usage(2, 2, 7, 1.04))
    assert [verdict.status for verdict in run.verdicts] == ["holds"] * 7


def test_the_turns_of_a_run_are_a_tree() -> None:
    run = led(Rounds(("ann",), rounds=2), Scripted("ann", "one", "two", seconds=1.0))
    turns = ["1 ann: go on [0.000 to 1.020 s, 3 tokens]", "2 ann: go on [1.020 to 2.040 s, 4 tokens]"]
    assert list(map(str, tree(run.trace))) == turns


def test_a_script_can_repeat_its_last_line() -> None:
    run = led(Rounds(("ann",), rounds=4, repeats=None), Scripted("ann", "one", "two", repeat=True))
    assert outcome(run)[1] == ["one", "two", "two", "two"]


def test_the_same_run_again_is_the_same() -> None:
    run = led(Rounds(("ann",), rounds=2), Scripted("ann", "one", "two"))
    assert run.branch().trace == run.trace


def test_an_async_function_is_an_agent() -> None:
    run = led(Rounds(("ann", "bob")), Member("ann", echo), Member("bob", echo, tokens=len))
    assert outcome(run)[1] == ["after 0", "after 1"]
    assert [event.data.tokens for event in run.trace.select("Reply")] == [2, 7]


def test_anything_that_can_be_awaited_is_an_agent() -> None:
    """An object that a framework might bring, which sleeps the asyncio way and counts its own tokens."""

    class Model:
        async def __call__(self, turn: Turn) -> Utterance:
            await asyncio.sleep(2.0)
            return Utterance("model", turn.task.upper(), tokens=123)

    run = led(Rounds(("ann",)), Member("ann", Model()))
    assert outcome(run) == ("done", ["GO ON"], Usage(1, 1, 125, 2.02))


async def table(turn: Turn) -> Any:
    return {"answer": [turn.task]}


def test_tables_and_lists_travel_as_tuples() -> None:
    assert outcome(led(Rounds(("ann",)), Member("ann", table)))[1] == [(("answer", ("go on",)),)]


def sync(turn: Turn) -> Any:
    return "at once"


async def unsendable(turn: Turn) -> Any:
    return object()


async def cancelled(turn: Turn) -> Any:
    raise asyncio.CancelledError("gave up")


async def broken(turn: Turn) -> Any:
    raise KeyError("zed")


@pytest.mark.parametrize(
    ("act", "why"),
    [
        (sync, "TypeError: the function of ann returned 'at once', not a coroutine. Write `async def`."),
        (broken, "KeyError: 'zed'"),
        (cancelled, "CancelledError: gave up"),
        (None, "NotImplementedError: ann has no function to act by. Write Member('ann', act)."),
        (unsendable, "could still change after it was sent"),
    ],
)
def test_what_an_agent_raises_comes_back_as_a_message(act: Any, why: str) -> None:
    """The run goes on: the conductor decides what to do about it."""
    run = led(Rounds(("ann", "bob")), Member("ann", act), Member("bob", echo))
    reason, (failure, reply), _ = outcome(run)
    assert (reason, why in failure, reply) == ("done", True, "after 1")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Member("ann", "hi"), r"act='hi': expected an async function.*Scripted\('ann'"),
        (lambda: Member("ann", echo, seconds=-1.0), r"seconds=-1\.0: expected seconds, 0 or more"),
        (lambda: Scripted("ann", "hi", seconds=float("nan")), r"seconds=nan: expected seconds"),
        (lambda: Rounds(("ann",), patience=float("inf")), r"patience=inf: expected seconds.*patience=60\."),
        (lambda: Rounds(("ann",), budget=coordlab.Budget()), r"Budget.*coordlab\.Budget is a world's"),
        (lambda: Rounds(("ann",), repeats=2.5), r"times=2\.5: expected a whole number, 2 or more"),
    ],
)
def test_what_makes_no_agent_is_refused(make: Any, words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=words):
        make()


def test_a_script_that_runs_out_says_so() -> None:
    """It names the agent, its lines, and what to write; a line may be an error."""
    run = led(Rounds(("ann",), rounds=3), Scripted("ann", "one", ValueError("no")))
    why = "EOFError: the script of ann has 2 lines and this is turn 3. Write one more: Scripted('ann', "
    assert outcome(run)[1] == ["one", "ValueError: no", f"{why}..., 'one more'), or repeat=True."]


def test_a_member_does_one_thing_at_a_time() -> None:
    """Two turns at once take it twice as long; two members take as long as one."""
    one = led(Everybody(("ann", "ann")), Scripted("ann", "one", "two", seconds=1.0))
    two = led(Everybody(("ann", "bob")), *(Scripted(name, "one", seconds=1.0) for name in ("ann", "bob")))
    assert [round(run.trace.until, 3) for run in (one, two)] == [2.02, 1.02]


def test_silence_is_a_failure_after_a_while() -> None:
    """Ann crashes; the conductor waits for its patience, and goes on."""
    others = Scripted("ann", "one", seconds=1.0), Scripted("bob", "two")
    run = led(Rounds(("ann", "bob"), patience=5.0), *others, faults=("crash ann @0.5",))
    assert outcome(run)[:2] == ("done", ["ann gave no reply within 5 s", "two"])
    assert [each.ended for each in tree(run.trace)] == [None, 5.02]


def test_a_turn_that_arrives_twice_is_acted_on_once() -> None:
    run = led(Rounds(("ann",), rounds=2), Scripted("ann", "one", "two"), faults=("duplicate chair>ann #1",))
    assert outcome(run)[1] == ["one", "two"]


def test_a_conductor_goes_on_after_a_crash() -> None:
    """What it kept and what it spent outlive it; the turn it was waiting for is given again."""
    ann = Scripted("ann", "one", "two", "three", "four", seconds=1.0)
    run = led(Rounds(("ann",), rounds=3), ann, faults=("crash chair @1.5..4",))
    assert outcome(run)[:2] == ("done", ["one", "three", "four"])
    assert outcome(run)[2].turns == 4


def test_a_conductor_that_has_stopped_stays_so() -> None:
    run = led(Rounds(("ann",)), Scripted("ann", "one"), faults=("crash chair @1..2",))
    assert run.trace.count("decision") == 1
    assert run.trace.select("role", agent="chair")[-1].data == "stopped"


@pytest.mark.parametrize(
    ("budget", "reason", "said"),
    [
        (Budget(turns=2), "budget: turns", 2),
        (Budget(turns=0), "budget: turns", 0),
        (Budget(messages=3), "budget: messages", 3),
        (Budget(tokens=11), "budget: tokens", 2),
        (Budget(time=2.5), "budget: time", 2),
        (Budget(time=2.04), "budget: time", 1),
        (Budget(turns=4), "done", 4),
    ],
)
def test_the_limit_that_strikes_is_named(budget: Budget, reason: str, said: int) -> None:
    """What has been said by then remains; a run that needs exactly the budget is done."""
    lines = [f"line {number}" for number in range(4)]
    run = led(Rounds(("ann",), rounds=4, budget=budget), Scripted("ann", *lines, seconds=1.0))
    assert outcome(run)[:2] == (reason, lines[:said])
    assert outcome(run)[2].turns <= (budget.turns or 4)
    assert outcome(run)[2].seconds <= (budget.time or 9)
    assert [verdict.status for verdict in run.verdicts if verdict.status != "holds"] in ([], ["undecided"])


def test_by_default_a_run_ends() -> None:
    run = led(Rounds(("ann",), rounds=10**6), Member("ann", echo))
    assert outcome(run)[0] == "budget: turns"
    assert outcome(run)[2].turns == DEFAULT.turns == 100


def test_going_round_in_circles_ends_a_run() -> None:
    lines = ["after you"] * 9
    run = led(Rounds(("ann", "bob"), rounds=9), Scripted("ann", *lines), Scripted("bob", *lines))
    assert outcome(run)[0] == "loop: ann, bob (said 3 times)"
    assert outcome(run)[2].turns == 6


def test_circles_may_be_allowed() -> None:
    run = led(Rounds(("ann",), rounds=9, repeats=None), Scripted("ann", *["again"] * 9))
    assert outcome(run)[0] == "done"


@pytest.mark.parametrize("at", [0.5, 1.0, 1.01, 1.02, 2.0])
@pytest.mark.parametrize("conductor", [Rounds, Everybody])
def test_a_run_can_be_cancelled(conductor: type[Conductor], at: float) -> None:
    """At once, even at the moment when a reply comes; what came before remains."""
    members = ("ann", "bob", "cat")
    others = [Scripted(name, "one", seconds=1.0 + 0.5 * place) for place, name in enumerate(members)]
    run = led(conductor(members), *others, User(at))
    assert outcome(run)[0] == "cancelled: user (too dear)"
    assert result(run.trace).spent.seconds == pytest.approx(at + 0.01)


def test_cancelling_what_is_over_changes_nothing() -> None:
    run = led(Rounds(("ann",)), Scripted("ann", "one"), User(5.0))
    assert outcome(run)[0] == "done"


def test_all_at_once_end_together() -> None:
    """The budget allows two of three; those two come back before it is over, and no other begins."""
    others = [Scripted(name, "one", seconds=1.0) for name in ("ann", "bob", "cat")]
    run = led(Everybody(("ann", "bob", "cat"), budget=Budget(turns=2)), *others)
    assert outcome(run)[0] == "budget: turns"
    assert [each.ended for each in tree(run.trace)] == [1.02, 1.02]


def test_nothing_at_once_is_nothing() -> None:
    assert outcome(led(Everybody(())))[0] == "done"


@pytest.mark.parametrize(
    ("conductor", "words"),
    [
        (Conductor("chair"), r"Conductor does not say how it conducts. Write conduct\(self\)"),
        (Everybody(("zed",)), "chair sends to 'zed': the agents here are chair"),
    ],
)
def test_mistakes_in_the_program_of_a_conductor_are_errors(conductor: Conductor, words: str) -> None:
    with pytest.raises(Exception, match=words):
        led(conductor)


def test_replies_are_told_apart_from_failures() -> None:
    run = led(Everybody(("ann", "bob")), Scripted("ann", "one"), Scripted("bob", ValueError("no")))
    assert result(run.trace).outputs == (Reply(1, "one", 1), Failed(2, "ValueError: no"))
