"""The group chat in a world: who speaks, who reads what, what it costs, and why it stops."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from coordlab import World
from coordlab.patterns.group_chat import Chair, theory
from coordlab.patterns.group_chat.checks import properties
from coordlab.patterns.group_chat.rules import (
    USER,
    ChatError,
    Condition,
    Handoff,
    LastMessages,
    Policy,
    Selector,
    Unchanged,
    handoff,
    max_messages,
    max_turns,
    round_robin,
    stop_word,
    swarm,
    timeout,
)
from coordlab.patterns.orchestration import Member, Scripted
from coordlab.patterns.orchestration.rules import Budget, Cancel, Result, Turn, Utterance
from coordlab.patterns.orchestration.turns import result
from coordlab.world.agent import Agent
from coordlab.world.world import Run

TASK = "How many days?"


class Talker(Member):
    """Says something else each time, in 50 tokens."""

    async def reply(self, turn: Turn) -> Utterance:
        return Utterance(self.name, f"{self.name} {turn.id}", 50)


def talking(names: Any, over: Condition, task: str = TASK, **settings: Any) -> World:
    """A chair and its members, who are talkers; each message is 10 ms under way."""
    return World(latency=0.01).add(Chair(names, task, over, **settings), (Talker(name) for name in names))


def scripted(over: Condition, policy: Policy = round_robin, **lines: Any) -> World:
    names = tuple(lines)
    world = World(latency=0.01).add(Chair(names, TASK, over, policy, repeats=None))
    world.add(Scripted(name, *each) for name, each in lines.items())
    return world.expect(*properties(names, policy, over))


def ended(run: Run) -> Result:
    outcome = result(run.trace)
    assert isinstance(outcome, Result)
    return outcome


def reason(run: Run) -> str:
    return str(ended(run).reason)


def transcript(run: Run) -> list[str]:
    return [f"{each.agent}: {each.content}" for each in ended(run).outputs]


def speakers(run: Run) -> list[str | None]:
    return [event.peer for event in run.trace.select("Turn")]


def reads(run: Run) -> int:
    return sum(len(event.data.context) for event in run.trace.select("Turn"))


def statuses(run: Run) -> set[str]:
    return {verdict.status for verdict in run.verdicts}


# --- the happy trace ------------------------------------------------------------------------------


def test_two_turns_in_full() -> None:
    run = scripted(max_messages(3), ann=["5"], bob=["8"]).run()
    happened = run.trace.select("send", "handle", "note", "decision")
    assert [str(event).partition(" {'reason")[0] for event in happened] == [
        "0.000 chair note Utterance {'agent': 'user', 'content': 'How many days?', 'tokens': 4}",
        "0.000 chair send Turn -> ann",
        "0.010 ann handle Turn <- chair",
        "0.010 ann send Reply -> chair",
        "0.020 chair handle Reply <- ann",
        "0.020 chair note Utterance {'agent': 'ann', 'content': '5', 'tokens': 1}",
        "0.020 chair send Turn -> bob",
        "0.030 bob handle Turn <- chair",
        "0.030 bob send Reply -> chair",
        "0.040 chair handle Reply <- bob",
        "0.040 chair note Utterance {'agent': 'bob', 'content': '8', 'tokens': 1}",
        "0.040 chair decision Result",
    ]
    assert transcript(run) == ["user: How many days?", "ann: 5", "bob: 8"]
    assert reason(run) == "condition: max_messages(3)"


# --- what it costs --------------------------------------------------------------------------------


@pytest.mark.parametrize(("agents", "rounds", "read"), [(5, 10, 1275), (10, 10, 5050), (3, 1, 6), (1, 4, 10)])
def test_reading_everything_is_reading_the_square(agents: int, rounds: int, read: int) -> None:
    """M(M + 1)/2 messages read in M turns, and 2M sent."""
    turns = agents * rounds
    names = [f"a{at}" for at in range(agents)]
    run = talking(names, max_turns(turns), budget=Budget(turns=turns)).run()
    assert reads(run) == theory.reads(turns) == read
    assert run.trace.count("send") == 2 * turns


@pytest.mark.parametrize("window", [1, 2, 5, 20])
@pytest.mark.parametrize("turns", [1, 4, 10, 30])
def test_a_window_makes_it_linear(window: int, turns: int) -> None:
    run = talking(("ann", "bob"), max_turns(turns), window=LastMessages(window)).run()
    assert reads(run) == theory.reads(turns, window)
    assert reads(run) <= turns * window


@pytest.mark.parametrize(("turns", "full", "last"), [(10, 3250, 1000), (20, 11500, 2000), (40, 43000, 4000)])
def test_tokens_grow_with_the_square_unless_only_the_last_message_is_read(
    turns: int, full: int, last: int
) -> None:
    """50 tokens a message, read and said."""
    task = "x" * 200
    spent = [
        ended(talking(("ann", "bob"), max_turns(turns), task, **window).run()).spent.tokens
        for window in ({}, {"window": LastMessages(1)})
    ]
    assert spent == [full, last]


def test_a_summary_is_read_instead_of_what_it_sums_up() -> None:
    window = LastMessages(2, lambda before: f"{len(before)} messages")
    run = talking(("ann", "bob"), max_turns(5), window=window).run()
    assert [len(event.data.context) for event in run.trace.select("Turn")] == [1, 2, 3, 3, 3]
    assert str(run.trace.select("Turn")[-1].data.context[0].content) == "3 messages"


@pytest.mark.slow
def test_agreement_costs_at_most_60_percent_of_a_fixed_number_of_rounds() -> None:
    """40 debates of five who copy one another, ten rounds or until none changes: as right, and cheaper."""
    names = [f"a{at}" for at in range(5)]
    over = {"fixed": max_turns(50), "settled": max_turns(50) | Unchanged(names, 1)}
    right, read = dict.fromkeys(over, 0), dict.fromkeys(over, 0)
    for seed in range(40):
        for how, condition in over.items():
            world = World(seed).add(Chair(names, TASK, condition, repeats=None))
            run = world.add(Copier(name) for name in names).run()
            last = {each.agent: each.content for each in ended(run).outputs if each.agent != USER}
            right[how] += sum(each == "right" for each in last.values())
            read[how] += reads(run)
    assert right["settled"] == right["fixed"]
    assert read["settled"] <= 0.6 * read["fixed"]


class Copier(Member):
    """Right with probability .6 at first; then it says what one of the last five said."""

    async def reply(self, turn: Turn) -> str:
        said = [each.content for each in turn.context[-5:] if each.agent != USER]
        if any(each.agent == self.name for each in turn.context):
            return str(self.dice.choice(said))
        return "right" if self.dice.random() < 0.6 else "wrong"


# --- who speaks -----------------------------------------------------------------------------------


TWO, DOWN, STRANGER = ("ann", "bob"), OSError("down"), "'zed': the members are ann, bob"
SAME = {"ann": ["8"] * 9, "bob": ["8"] * 9}


@pytest.mark.parametrize(
    ("floor", "why", "make"),
    [
        # who speaks: round robin in the order of the members, one chosen, or the one with the floor
        ("bob ann bob", "condition: max_turns(3)", lambda: talking(("bob", "ann"), max_turns(3))),
        ("bob bob", "condition: max_turns(2)", lambda: chosen(lambda chat: "bob", max_turns(2))),
        ("ann bob ann", "condition: max_turns(3)", lambda: chosen(None, max_turns(3))),
        ("ann", "condition: handoff('user') (ann)", lambda: scripted(handoff(), swarm, ann=[Handoff(USER)])),
        ("ann ann bob", "interrupted: user (is it?)", lambda: scripted(NEVER, swarm, **HANDING)),
        # what ends it: a condition, the budget, and a mistake
        ("ann ann", "condition: max_turns(2)", lambda: talking(("ann",), stop_word("?") | max_turns(2))),
        ("", "condition: max_messages(1)", lambda: talking(TWO, max_messages(1))),
        ("ann bob ann bob ann", "condition: timeout(0.1) (ann)", lambda: talking(TWO, timeout(0.1))),
        ("ann bob ann bob", "condition: agreement (8)", lambda: scripted(Unchanged(TWO, 1), **SAME)),
        ("ann bob ann", "budget: turns", lambda: talking(TWO, NEVER, budget=Budget(turns=3))),
        ("ann bob ann | ann bob", "budget: time", lambda: talking(TWO, NEVER, budget=Budget(time=0.05))),
        ("ann", f"failed: ann (ann handed over to {STRANGER}", lambda: scripted(NEVER, swarm, **LOST)),
        ("", f"failed: chair (the selector chose {STRANGER}", lambda: chosen(lambda chat: "zed", NEVER)),
        ("", "failed: ann (no agent has this name", lambda: World().add(Chair(("ann",), TASK, NEVER))),
        ("", "failed: model (no agent has this name", lambda: talking(TWO, NEVER, selector="model")),
        # who fails: the next one speaks; only failures in a row end it; in a swarm one may try again
        ("ann bob ann bob ann | ann ann ann", "condition: max_turns(3)", lambda: failing("589", [DOWN] * 3)),
        ("ann bob ann | ann", "failed: ann (OSError: down)", lambda: failing(["5", DOWN], [DOWN] * 2)),
        ("ann ann | ann", "condition: max_turns(1)", lambda: scripted(max_turns(1), swarm, **AGAIN)),
    ],
)
def test_who_speaks_and_why_it_stops(floor: str, why: str, make: Callable[[], World]) -> None:
    """Those who have the floor | those who then spoke, if not all; and the reason."""
    run = make().run()
    asked, _, spoke = floor.partition(" | ")
    assert " ".join(map(str, speakers(run))) == asked
    assert " ".join(each.agent for each in ended(run).outputs[1:]) == (spoke or asked)
    assert reason(run).startswith(why)
    assert statuses(run) <= {"holds"}


NEVER = max_turns(9)
HANDING = {"ann": ["hm", Handoff("bob")], "bob": [Handoff(USER, "is it?")]}


def test_an_interrupted_chat_is_taken_up_by_another_one_whose_task_tells_what_was_said() -> None:
    said = ended(scripted(NEVER, swarm, **HANDING).run())
    told = "; ".join(f"{each.agent}: {each.content}" for each in said.outputs) + "; user: it is"
    world = talking(("ann", "bob"), max_turns(1), told)
    read = world.run().trace.select("Turn", kind="send")[0].content.context
    assert (said.reason.kind.value, [each.content for each in read]) == ("interrupted", [told])


LOST: dict[str, list[Any]] = {"ann": [Handoff("zed")], "bob": []}
AGAIN: dict[str, list[Any]] = {"ann": [DOWN, "8"], "bob": []}


def chosen(choose: Any, over: Condition) -> World:
    return talking(TWO, over, policy=Selector(choose))


def failing(ann: Any, bob: Any) -> World:
    return scripted(max_turns(3), ann=list(ann), bob=bob)


def selecting(*answers: Any, policy: Policy = Selector(), turns: int = 2) -> Run:  # noqa: B008
    names, over = ("ann", "bob", "cat"), max_turns(turns)
    chair = Chair(names, TASK, over, policy, selector="model")
    world = World(latency=0.01).add(chair, Scripted("model", *answers), (Talker(name) for name in names))
    return world.expect(*properties(names, policy, over)).run()


def test_a_selector_is_asked_among_those_who_may_speak() -> None:
    run = selecting("Let cat begin.", "Now ANN!")
    asked = run.trace.select("Turn", peer="model")
    assert [event.data.task for event in asked] == [
        "Who speaks next: ann, bob, cat?",
        "Who speaks next: ann, bob?",
    ]
    assert [name for name in speakers(run) if name != "model"] == ["cat", "ann"]
    assert statuses(run) == {"holds"}


@pytest.mark.parametrize(
    "answers", [["?"] * 6, ["cat", "cat", "cat", "cat", "cat", "cat"], [OSError("down")] * 6]
)
def test_an_excluded_member_is_not_fallen_back_on(answers: list[Any]) -> None:
    """Three useless answers, or three failures: the first who may speak does, never the one who just did."""
    run = selecting(*answers, turns=3)
    order = [name for name in speakers(run) if name != "model"]
    assert all(one != other for one, other in pairwise(order))
    assert statuses(run) == {"holds"}


def test_with_two_there_is_nothing_to_ask() -> None:
    chair = Chair(("ann", "bob"), TASK, max_turns(4), Selector(), selector="model")
    run = World().add(chair, Scripted("model", "bob"), Talker("ann"), Talker("bob")).run()
    assert speakers(run) == ["model", "bob", "ann", "bob", "ann"]


def test_going_round_in_circles_is_stopped() -> None:
    world = World().add(
        Chair(("ann", "bob"), TASK, max_turns(50)), Scripted("ann", *"5" * 9), Scripted("bob", *"8" * 9)
    )
    assert reason(world.run()) == "loop: ann, bob (said 3 times)"


def test_it_can_be_called_off() -> None:
    class Boss(Agent):
        async def run(self) -> None:
            await self.sleep(0.05)
            self.send("chair", Cancel("enough"))

    run = talking(("ann", "bob"), max_turns(50)).add(Boss("boss")).run()
    assert reason(run) == "cancelled: boss (enough)"


def test_a_condition_may_serve_many_chats() -> None:
    """Each chair has a copy of its own; a branch of a run begins again."""
    over = max_messages(4)
    runs = [talking(("ann", "bob"), over).run() for _ in range(2)]
    assert [reason(run) for run in [*runs, runs[0].branch("slow ann 0.1 @0")]] == [
        "condition: max_messages(4)"
    ] * 3


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"members": ()}, r"members=\(\): expected at least one name"),
        ({"members": ("ann", USER)}, r"members=\('ann', 'user'\): 'user' sets the task"),
        ({"over": 10}, r"over=10: expected Condition, not int.*max_messages\(10\)"),
        ({"policy": "round_robin"}, r"policy='round_robin': expected a function.*policy=round_robin"),
        ({"window": 5}, r"window=5: expected a function.*window=everything"),
        ({"selector": "ann"}, r"selector='ann': expected an agent that is not a member"),
    ],
)
def test_a_chair_that_cannot_preside_is_refused(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ChatError, match=words):
        Chair(**{"members": ("ann",), "task": TASK, "over": max_turns(3), **given})


def test_a_crash_of_the_chair_loses_the_turn_in_progress_and_nothing_else() -> None:
    names, over = ("ann", "bob", "cat"), max_turns(6)
    lines = {name: [f"{name} {at}" for at in range(9)] for name in names}
    calm = scripted(over, **lines).run()
    for at in range(1, 120, 7):
        world = scripted(over, **lines).expect(*properties(names, round_robin, over))
        run = world.inject(f"crash chair @{at / 1000}..{at / 1000 + 0.1:.3f}").run()
        assert [each.agent for each in ended(run).outputs] == [each.agent for each in ended(calm).outputs]
        assert (statuses(run), reason(run)) == ({"holds"}, "condition: max_turns(6)")


def test_no_agent_rewrites_history() -> None:
    async def vandal(turn: Turn) -> str:
        turn.context[0].content = "nothing"
        return "8"

    world = World().add(Chair(("ann", "bob"), TASK, max_turns(1)), Talker("ann"), Member("bob", vandal))
    assert transcript(world.run())[0] == "user: How many days?"
    world = World().add(Chair(("bob",), TASK, max_turns(1)), Member("bob", vandal))
    assert reason(world.run()).startswith("failed: bob (AttributeError")
