"""The group chat in a world: who speaks, who reads what, what it costs, and why it stops."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from coordlab import World
from coordlab.patterns.group_chat import Chair, naive, theory
from coordlab.patterns.group_chat.checks import properties
from coordlab.patterns.group_chat.rules import (
    USER,
    Chat,
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
        """A number."""
        return Utterance(self.name, f"{self.name} {turn.id}", 50)


def talking(names: Any, over: Condition, task: str = TASK, **settings: Any) -> World:
    """A chair and its members, who are talkers; each message is 10 ms under way."""
    return World(latency=0.01).add(Chair(names, task, over, **settings), (Talker(name) for name in names))


def scripted(over: Condition, policy: Policy = round_robin, **lines: Any) -> World:
    """A chair and members who say their lines."""
    world = World(latency=0.01).add(Chair(tuple(lines), TASK, over, policy, repeats=None))
    return world.add(Scripted(name, *each) for name, each in lines.items())


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
    """The task, ann, bob, and the end."""
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
    """About Mw: exactly what the formula says, for many sizes."""
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
    assert spent == [full, last] == [theory.tokens(turns), theory.tokens(turns, window=1)]


def test_a_summary_is_read_instead_of_what_it_sums_up() -> None:
    """The last two messages, and one line about those before."""
    window = LastMessages(2, lambda before: f"{len(before)} messages")
    run = talking(("ann", "bob"), max_turns(5), window=window).run()
    assert [len(event.data.context) for event in run.trace.select("Turn")] == [1, 2, 3, 3, 3]
    assert str(run.trace.select("Turn")[-1].data.context[0].content) == "3 messages"


def test_agreement_costs_at_most_60_percent_of_a_fixed_number_of_rounds() -> None:
    """40 debates of five who copy one another, ten rounds or until nobody changes: as right, and cheaper."""
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
    """Right with chance .6 at first; then it says what somebody among the last five said."""

    async def reply(self, turn: Turn) -> str:
        """Right or wrong."""
        said = [each.content for each in turn.context[-5:] if each.agent != USER]
        if any(each.agent == self.name for each in turn.context):
            return str(self.dice.choice(said))
        return "right" if self.dice.random() < 0.6 else "wrong"


# --- who speaks -----------------------------------------------------------------------------------


def test_round_robin_is_the_order_of_the_members() -> None:
    """Round and round."""
    run = talking(("bob", "ann", "cat"), max_turns(5)).run()
    assert speakers(run) == ["bob", "ann", "cat", "bob", "ann"]


def test_a_swarm_hands_over() -> None:
    """Ann keeps the floor until she hands it to cat, and cat to the user."""
    over = max_turns(9)
    run = scripted(
        over, swarm, ann=["hm", Handoff("cat", "yours")], bob=["?"], cat=["8", Handoff(USER, "is it?")]
    )
    run = run.expect(*properties(("ann", "bob", "cat"), swarm, over)).run()
    assert speakers(run) == ["ann", "ann", "cat", "cat"]
    assert reason(run) == "interrupted: user (is it?)"
    assert transcript(run)[-1] == "cat: is it? → user"
    assert statuses(run) == {"holds"}


def test_a_hand_over_to_the_user_can_be_a_condition() -> None:
    """Then that is the reason."""
    run = scripted(handoff(USER), swarm, ann=[Handoff(USER)]).run()
    assert reason(run) == "condition: handoff('user') (ann)"


def test_a_hand_over_to_a_stranger_ends_the_chat_as_failed() -> None:
    """With who did it, and who is there."""
    run = scripted(max_turns(9), swarm, ann=[Handoff("zed")], bob=[]).run()
    assert reason(run).startswith("failed: ann (ann handed over to 'zed': the members are ann, bob.")
    assert transcript(run)[-1] == "ann: → zed"


def selecting(*answers: Any, policy: Policy = Selector(), turns: int = 2) -> Run:  # noqa: B008
    """Three members, and a model that is asked who is next."""
    names, over = ("ann", "bob", "cat"), max_turns(turns)
    chair = Chair(names, TASK, over, policy, selector="model")
    world = World(latency=0.01).add(chair, Scripted("model", *answers), (Talker(name) for name in names))
    return world.expect(*properties(names, policy, over)).run()


def test_a_selector_is_asked_among_those_who_may_speak() -> None:
    """Everybody at first, then everybody but the last."""
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
    """They alternate; only the first turn was open."""
    chair = Chair(("ann", "bob"), TASK, max_turns(4), Selector(), selector="model")
    run = World().add(chair, Scripted("model", "bob"), Talker("ann"), Talker("bob")).run()
    assert speakers(run) == ["model", "bob", "ann", "bob", "ann"]


def test_a_function_chooses_without_asking() -> None:
    """It sees the chat."""

    def shortest(chat: Chat) -> str | None:
        return chat.members[len(chat.transcript) % 2]

    assert speakers(selecting(policy=Selector(shortest))) == ["bob", "ann"]


def test_a_function_that_names_a_stranger_ends_the_chat_as_failed() -> None:
    """With the names there are."""
    assert "chose 'zed': the members are ann, bob, cat" in reason(
        selecting(policy=Selector(lambda chat: "zed"))
    )


def test_without_a_model_the_first_candidate_speaks() -> None:
    """A declared order."""
    assert speakers(talking(("ann", "bob", "cat"), max_turns(3), policy=Selector()).run()) == [
        "ann",
        "bob",
        "ann",
    ]


# --- why it stops ---------------------------------------------------------------------------------


def test_the_word_in_the_task_stops_nobody() -> None:
    """It stops with the one who says it."""
    over = stop_word("DONE") | max_turns(9)
    world = World().add(Chair(("ann",), "Say DONE at the end.", over), Scripted("ann", "5", "8", "DONE"))
    run = world.run()
    assert (reason(run), len(ended(run).outputs)) == ("condition: stop_word('DONE') (ann)", 4)


def test_max_messages_of_one_is_the_task_alone() -> None:
    """Nobody speaks."""
    run = talking(("ann", "bob"), max_messages(1)).run()
    assert (speakers(run), reason(run)) == ([], "condition: max_messages(1)")


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"budget": Budget(turns=3)}, "budget: turns"),
        ({"budget": Budget(tokens=300)}, "budget: tokens"),
        ({"budget": Budget(time=0.05)}, "budget: time"),
    ],
)
def test_the_budget_is_a_reason_of_its_own(settings: dict[str, Any], why: str) -> None:
    """What was said so far is there."""
    run = talking(("ann", "bob"), max_turns(50), **settings).run()
    assert reason(run) == why
    assert len(ended(run).outputs) > 1


def test_going_round_in_circles_is_stopped() -> None:
    """The same three times over, by default."""
    world = World().add(
        Chair(("ann", "bob"), TASK, max_turns(50)), Scripted("ann", *"5" * 9), Scripted("bob", *"8" * 9)
    )
    assert reason(world.run()) == "loop: ann, bob (said 3 times)"


def test_time_ends_it_with_the_next_message() -> None:
    """100 ms: five turns of 20 ms each."""
    run = talking(("ann", "bob"), timeout(0.1)).run()
    assert (reason(run), len(speakers(run))) == ("condition: timeout(0.1) (ann)", 5)


def test_it_can_be_called_off() -> None:
    """Somebody outside wants no more of it."""

    class Boss(Agent):
        async def run(self) -> None:
            await self.sleep(0.05)
            self.send("chair", Cancel("enough"))

    run = talking(("ann", "bob"), max_turns(50)).add(Boss("boss")).run()
    assert reason(run) == "cancelled: boss (enough)"


def test_a_condition_may_serve_many_chats() -> None:
    """Each chair has a copy of its own; a branch of a run begins anew."""
    over = max_messages(4)
    runs = [talking(("ann", "bob"), over).run() for _ in range(2)]
    assert [reason(run) for run in [*runs, runs[0].branch("slow ann 0.1 @0")]] == [
        "condition: max_messages(4)"
    ] * 3


# --- failures -------------------------------------------------------------------------------------


def test_a_member_that_fails_is_noted_and_the_next_one_speaks() -> None:
    """Bob fails once: the transcript has no word of him, the trace his failure."""
    run = scripted(max_turns(3), ann=["5", "8"], bob=[OSError("no network")], cat=["8"]).run()
    assert transcript(run)[1:] == ["ann: 5", "cat: 8", "ann: 8"]
    assert "OSError: no network" in str(run.trace.select("note")[2].data)
    assert reason(run) == "condition: max_turns(3)"


def test_failures_count_in_a_row_only() -> None:
    """Bob fails again and again, but ann speaks in between: the chat goes on to its end."""
    run = scripted(max_turns(3), ann=["5", "8", "9"], bob=[OSError("down")] * 3).run()
    assert transcript(run)[1:] == ["ann: 5", "ann: 8", "ann: 9"]


def test_when_no_member_can_speak_the_chat_has_failed() -> None:
    """As many failures in a row as there are members."""
    run = scripted(max_turns(9), ann=["5", OSError("down")], bob=[OSError("down")] * 2).run()
    assert reason(run) == "failed: ann (OSError: down)"
    assert transcript(run)[1:] == ["ann: 5"]


def test_in_a_swarm_the_member_with_the_floor_may_try_again() -> None:
    """Ann fails once, and keeps it."""
    run = scripted(max_turns(1), swarm, ann=[OSError("down"), "8"], bob=[]).run()
    assert (speakers(run), transcript(run)[1:]) == (["ann", "ann"], ["ann: 8"])


def test_a_member_that_is_not_there_is_missed_at_once() -> None:
    """And so is a selector."""
    assert reason(World().add(Chair(("ann",), TASK, max_turns(3))).run()) == (
        "failed: ann (no agent has this name: add Member('ann', ...))"
    )
    chair = Chair(("ann",), TASK, max_turns(3), selector="model")
    assert reason(World().add(chair, Talker("ann")).run()).startswith("failed: model")


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
    """Before anything runs."""
    with pytest.raises(ChatError, match=words):
        Chair(**{"members": ("ann",), "task": TASK, "over": max_turns(3), **given})


def test_a_crash_of_the_chair_loses_the_turn_in_progress_and_nothing_else() -> None:
    """At every moment of it: the same speakers, and nothing said twice."""
    names, over = ("ann", "bob", "cat"), max_turns(6)
    lines = {name: [f"{name} {at}" for at in range(9)] for name in names}
    calm = scripted(over, **lines).run()
    for at in range(1, 120, 7):
        world = scripted(over, **lines).expect(*properties(names, round_robin, over))
        run = world.inject(f"crash chair @{at / 1000}..{at / 1000 + 0.1:.3f}").run()
        assert [each.agent for each in ended(run).outputs] == [each.agent for each in ended(calm).outputs]
        assert (statuses(run), reason(run)) == ({"holds"}, "condition: max_turns(6)")


# --- what the usual first try gets wrong ----------------------------------------------------------


def test_whether_it_is_over_is_defined_and_consensus_is_seen() -> None:
    """Three agree at once: one more round shows that none changes."""
    assert "is_task_complete" in naive.is_task_complete_is_missing()
    assert naive.consensus_ends_nothing() == (3, 30)
    names = ("ann", "bob", "cat")
    run = scripted(max_turns(30) | Unchanged(names, 1), **{name: ["8"] * 9 for name in names}).run()
    assert (reason(run), len(speakers(run))) == ("condition: agreement (8)", 6)


def test_done_and_exhausted_are_different_reasons() -> None:
    """And every utterance has its speaker."""
    assert [len(messages) for messages in naive.done_looks_like_exhausted()] == [3, 3]
    over = stop_word("DONE") | max_turns(2)
    runs = [scripted(over, ann=["8"], bob=[last]).run() for last in ("9", "DONE")]
    assert [reason(run) for run in runs] == [
        "condition: max_turns(2)",
        "condition: stop_word('DONE'), max_turns(2) (bob)",
    ]
    assert transcript(runs[0]) == ["user: How many days?", "ann: 8", "bob: 9"]


def test_reading_can_be_limited() -> None:
    """1,275 messages read by all who read all; 240 with a window of five."""
    assert naive.all_read_everything() == theory.reads(50) == 1275
    names = [f"a{at}" for at in range(5)]
    assert reads(talking(names, max_turns(50), window=LastMessages(5)).run()) == 240


def test_one_failure_loses_nothing() -> None:
    """The chat goes on."""
    assert naive.one_failure_loses_it_all() == "no network"
    run = scripted(max_turns(2), ann=["5", "8"], bob=[ConnectionError("no network")]).run()
    assert transcript(run)[1:] == ["ann: 5", "ann: 8"]


def test_no_agent_rewrites_history() -> None:
    """What a member reads cannot be changed."""
    assert naive.any_agent_rewrites_history() == ["8, as I always said"]
    assert "not callable" in naive.the_builtin_is_shadowed()

    async def vandal(turn: Turn) -> str:
        turn.context[0].content = "nothing"
        return "8"

    world = World().add(Chair(("ann", "bob"), TASK, max_turns(1)), Talker("ann"), Member("bob", vandal))
    assert transcript(world.run())[0] == "user: How many days?"
    world = World().add(Chair(("bob",), TASK, max_turns(1)), Member("bob", vandal))
    assert reason(world.run()).startswith("failed: bob (AttributeError")
