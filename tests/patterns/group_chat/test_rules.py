"""Group chats without a world: when they end, who speaks next, and what is read."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, strategies as st

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
    When,
    calls,
    candidates,
    check_members,
    chosen,
    everything,
    handoff,
    max_messages,
    max_tokens,
    max_turns,
    round_robin,
    stop_word,
    swarm,
    timeout,
)
from coordlab.patterns.orchestration.rules import Utterance

NAMES = ("ann", "bob", "cat")


def said(*texts: Any, task: Any = "How many?") -> list[Utterance]:
    """The task, and what ann, bob and cat say in turn, 5 tokens each."""
    words = [Utterance(NAMES[at % 3], text, 5) for at, text in enumerate(texts)]
    return [Utterance(USER, task, 5), *words]


def ends_at(condition: Condition, talk: list[Utterance]) -> tuple[int | None, str]:
    """With which message it fires (the task is number 0), and why; a second passes with each."""
    for at, each in enumerate(talk):
        if reason := condition.heard(each, float(at)):
            return at, str(reason)
    return None, ""


# --- conditions -----------------------------------------------------------------------------------

WORD = "condition: stop_word('DONE') "
FIRES: dict[str, tuple[Condition, list[Utterance], tuple[int | None, str]]] = {
    "messages, with the task": (max_messages(3), said(*"xxxx"), (2, "condition: max_messages(3)")),
    "one message is the task": (max_messages(1), said("x"), (0, "condition: max_messages(1)")),
    "turns, without the task": (max_turns(3), said(*"xxxx"), (3, "condition: max_turns(3)")),
    "tokens": (max_tokens(11), said(*"xxxx"), (2, "condition: max_tokens(11)")),
    "a word": (stop_word("DONE"), said("not yet", "it is DONE"), (2, WORD + "(bob)")),
    "not in the task": (stop_word("DONE"), said("DONE", task="Say DONE."), (1, WORD + "(ann)")),
    "in the task, if asked": (stop_word("DONE", [USER]), said("x", task="Say DONE."), (0, WORD + "(user)")),
    "not from others": (stop_word("DONE", ["bob"]), said("DONE", "DONE"), (2, WORD + "(bob)")),
    "not inside a word": (stop_word("DONE"), said("ABANDONED", "it is DONE."), (2, WORD + "(bob)")),
    "case matters": (stop_word("DONE"), said("done", "Done"), (None, "")),
    "a call": (calls("stop"), said("we stop", "stop(1)"), (2, "condition: calls('stop') (bob)")),
    "no call": (calls("stop"), said("nonstop(1)", "a.stop(1)", "stop", task="stop()"), (None, "")),
    "a hand-over": (handoff(), said("x", Handoff(USER, "help")), (2, "condition: handoff('user') (bob)")),
    "to another": (
        handoff("cat"),
        said(Handoff("b"), Handoff("cat")),
        (2, "condition: handoff('cat') (bob)"),
    ),
    "no hand-over": (handoff(), said("user", Handoff("cat")), (None, "")),
    "time": (timeout(2.0), said(*"xxxx"), (2, "condition: timeout(2) (bob)")),
    "agreement": (Unchanged(NAMES, 1), said(*"7888888"), (7, "condition: agreement (8)")),
    "stalemate": (Unchanged(NAMES, 1), said(*"787787"), (6, "condition: stalemate (7 or 8)")),
    "no change for two rounds": (Unchanged(NAMES, 2), said(*"8" * 12), (9, "condition: agreement (8)")),
    "a change in between": (Unchanged(NAMES, 1), said(*"888879888888"), (12, "condition: agreement (8)")),
    "not all have spoken": (Unchanged([*NAMES, "dan"], 1), said(*"888888888"), (None, "")),
    "positions": (
        Unchanged(NAMES, 1, lambda text: str(text)[-1]),
        said("I say 8", "it is 8", "8", "8", "still 8", "why, 8"),
        (6, "condition: agreement (8)"),
    ),
}


@pytest.mark.parametrize("case", FIRES)
def test_a_condition_fires_with_the_message_that_fulfils_it(case: str) -> None:
    condition, talk, expected = FIRES[case]
    condition.reset()
    assert ends_at(condition, talk) == expected


def test_either_fires_with_the_first() -> None:
    either = max_messages(4) | stop_word("DONE")
    assert ends_at(either, said("x", "DONE")) == (2, WORD + "(bob)")
    either.reset()
    both = "condition: max_messages(4), stop_word('DONE') (cat)"
    assert ends_at(either, said("x", "x", "DONE")) == (3, both)


def test_both_need_not_hold_at_once() -> None:
    both = stop_word("DONE") & max_messages(4)
    why = "condition: stop_word('DONE'), max_messages(4) (ann)"
    assert ends_at(both, said("DONE", "x", "x", "x")) == (3, why)
    assert repr(both) == "(stop_word('DONE') & max_messages(4))"


def test_having_fired_it_is_told_nothing_until_it_is_reset() -> None:
    over = max_messages(1) | (stop_word("x") & max_turns(9))
    assert over.heard(said()[0])
    with pytest.raises(ChatError, match=r"has fired \(condition: max_messages\(1\)\) .*condition.reset\(\)"):
        over.heard(said()[0])
    over.reset()
    assert over.heard(said()[0])


def test_it_counts_on_over_several_chats_until_it_is_reset() -> None:
    over = max_messages(4)
    assert ends_at(over, said("x")) == (None, "")
    assert ends_at(over, said("x", "x")) == (1, "condition: max_messages(4)")


ATOMS: list[Callable[[], Condition]] = [
    lambda: max_messages(3),
    lambda: max_turns(5),
    lambda: stop_word("b"),
    lambda: calls("c"),
    lambda: timeout(4.0),
    lambda: Unchanged(NAMES[:2], 1),
]
trees = st.recursive(
    st.sampled_from(range(len(ATOMS))),
    lambda inner: st.tuples(st.sampled_from("&|"), inner, inner),
    max_leaves=6,
)


def built(tree: Any) -> Condition:
    if isinstance(tree, int):
        return ATOMS[tree]()
    sign, one, other = tree
    return built(one) & built(other) if sign == "&" else built(one) | built(other)


def first(tree: Any, talk: list[Utterance]) -> float:
    """With which message a tree of conditions fires: of two halves, the earlier, or the later."""
    if isinstance(tree, int):
        at, _ = ends_at(ATOMS[tree](), talk)
        return float("inf") if at is None else at
    sign, one, other = tree
    return (max if sign == "&" else min)(first(one, talk), first(other, talk))


@given(trees, st.lists(st.sampled_from(["a", "b", "c()"]), max_size=9))
def test_the_algebra_is_that_of_the_moments(tree: Any, texts: list[str]) -> None:
    """`|` is the earlier of two moments, `&` the later, however deep they are combined; resetting forgets."""
    talk, condition = said(*texts), built(tree)
    expected = first(tree, talk)
    for _ in range(2):
        at, _why = ends_at(condition, talk)
        assert (float("inf") if at is None else at) == expected
        condition.reset()


def test_a_copy_goes_its_own_way() -> None:
    over = max_messages(2) | Unchanged(NAMES, 1)
    other = deepcopy(over)
    other.heard(said()[0])
    assert ends_at(over, said("x")) == (1, "condition: max_messages(2)")


# --- policies -------------------------------------------------------------------------------------


TALK = (Utterance(USER, "Go."), Utterance("bob", "x"))
HANDED = (Utterance(USER, "Go."), Utterance("bob", Handoff("cat")))


@pytest.mark.parametrize(
    ("policy", "chat", "named"),
    [
        (round_robin, Chat(NAMES, ()), "ann"),
        (round_robin, Chat(NAMES, TALK, "bob"), "cat"),
        (round_robin, Chat(NAMES, TALK, "cat"), "ann"),
        (swarm, Chat(NAMES, ()), "ann"),
        (swarm, Chat(NAMES, TALK, "bob"), "bob"),
        (swarm, Chat(NAMES, HANDED, "bob"), "cat"),
        (Selector(lambda chat: "bob"), Chat(NAMES, (), "bob"), "bob"),
        (Selector(lambda chat: None), Chat(NAMES, (), "bob"), "ann cat"),
        (Selector(), Chat(NAMES, (), "ann"), "bob cat"),
        (Selector(allow_repeated=True), Chat(NAMES, (), "ann"), "ann bob cat"),
        (Selector(), Chat(("ann", "bob"), (), "ann"), "bob"),
        (Selector(), Chat(("ann",), (), "ann"), "ann"),
    ],
)
def test_a_policy_names_the_members_that_may_speak(policy: Policy, chat: Chat, named: str) -> None:
    """In turn, the one with the floor, or all but the last speaker, which is not fallen back on."""
    assert " ".join(policy(chat)) == named


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        *((answer, "bob") for answer in ("bob", "  'Bob'! ", "Let BOB go on.", "bob, please, bob")),
        *((answer, None) for answer in ("bobby", "ann and bob", "nobody", None, 7)),
    ],
)
def test_an_answer_names_one_candidate_or_none(answer: object, name: str | None) -> None:
    assert chosen(answer, NAMES) == name


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        ("Ann-Marie", "Ann-Marie"),
        ("Ann", "Ann"),
        ("let Ann-Marie speak", "Ann-Marie"),
        ("Ann or Ann-Marie", None),
    ],
)
def test_a_longer_name_does_not_name_the_shorter_one(answer: str, name: str | None) -> None:
    assert chosen(answer, ("Ann", "Ann-Marie")) == name


# --- windows --------------------------------------------------------------------------------------


def test_a_window_is_the_end_of_the_transcript() -> None:
    """All of it, the last two, or the last two after a summary of the others."""
    talk = tuple(said("5", "8", "8"))
    assert everything(talk) == talk
    assert LastMessages(2)(talk) == talk[-2:]
    assert LastMessages(9)(talk) == talk
    summary = LastMessages(2, lambda before: f"{len(before)} before")
    assert summary(talk) == (Utterance("summary", "2 before"), *talk[-2:])
    assert summary(talk[:2]) == talk[:2]


# --- bad input ------------------------------------------------------------------------------------

MISMADE: dict[str, tuple[Callable[[], object], str]] = {
    "no messages": (lambda: max_messages(0), r"max_messages=0: expected a number above 0.*max_messages=10"),
    "a limit in words": (lambda: max_turns("5"), r"max_turns='5'"),
    "a limit that is true": (lambda: max_tokens(True), r"max_tokens=True"),
    "no time": (lambda: timeout(0), r"timeout=0: expected seconds above 0"),
    "no word": (lambda: stop_word(" "), r"stop_word\(' ', None\): expected a word"),
    "one source as text": (lambda: stop_word("DONE", "ann"), "a list of names or None"),
    "no function": (lambda: calls("stop now"), r"calls\('stop now'\): expected a function's name"),
    "no members to agree": (lambda: Unchanged([]), r"members=\[\]: expected at least one name"),
    "no rounds": (lambda: Unchanged(NAMES, 0), "rounds=0: expected a whole number, 1 or more"),
    "half a condition": (lambda: max_turns(3) | 5, r"condition=5: expected Condition, not int"),
    "nothing to read": (lambda: LastMessages(0), r"size=0: expected a whole number, 1 or more"),
    "the same twice": (lambda: check_members(["ann", "ann"]), "'ann' is listed twice"),
    "one name as text": (lambda: check_members("ann"), "members='ann': expected a list or tuple of names"),
    "the user": (lambda: check_members(["ann", USER]), "'user' sets the task"),
    "a hand-over to a stranger": (
        lambda: swarm(Chat(NAMES, (Utterance("bob", Handoff("zed")),), "bob")),
        r"bob handed over to 'zed': the members are ann, bob, cat.*Handoff\('ann'\)",
    ),
    "a stranger selected": (
        lambda: Selector(lambda chat: "zed")(Chat(NAMES, ())),
        r"chose 'zed': the members are ann, bob, cat",
    ),
    **{
        f"a policy that names {named!r}": (
            lambda named=named: candidates(lambda chat: named, Chat(NAMES, ())),
            r"the policy named .*: the members are ann, bob, cat.*return \('ann',\)",
        )
        for named in [(), "ann", ("zed",), None, (["ann"],)]
    },
}


@pytest.mark.parametrize("case", MISMADE)
def test_what_has_no_meaning_is_refused(case: str) -> None:
    make, words = MISMADE[case]
    with pytest.raises(ChatError, match=words):
        make()


def test_members_given_as_a_set_speak_in_alphabetical_order() -> None:
    assert check_members({"dan", "bob", "ann", "cat"}) == ("ann", "bob", "cat", "dan")


def test_a_condition_of_ones_own_is_a_function() -> None:
    """Of the utterance and the seconds; the base class alone says what is missing."""
    long = When("long", lambda said, seconds: len(said.content) > 3)
    assert ends_at(long, said("5", "8", "eight", task="?")) == (3, "condition: long (cat)")
    with pytest.raises(NotImplementedError, match=r"Write judge\(said, seconds\)"):
        Condition("mine").heard(said()[0])
