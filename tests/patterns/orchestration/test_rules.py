"""What all orchestration styles share, as plain data."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest
from hypothesis import given, strategies as some

from coordlab.patterns.orchestration.rules import (
    Budget,
    LoopDetector,
    Rights,
    Stop,
    StopReason,
    TurnRecord,
    Usage,
    Utterance,
    estimate,
    find_name,
    frozen,
    same_name,
    tree,
    turns,
    weigh,
)

LIMITS = some.none() | some.integers(0, 5)
USED = some.integers(0, 6)


# --- the budget -----------------------------------------------------------------------------------


@given(some.tuples(*[LIMITS] * 4), some.tuples(*[USED] * 4))
def test_a_limit_strikes_when_nothing_is_left_beyond_it(
    limits: tuple[int | None, ...], used: tuple[int, ...]
) -> None:
    """The first of turns, messages, tokens that is below zero, or time that is not above."""
    budget, spent = Budget(*limits), Usage(*used)
    left = budget.left(spent)
    assert list(left) == ["turns", "messages", "tokens", "time"]
    below = [name for name in left if left[name] < 0 or (name == "time" and left[name] <= 0)]
    assert budget.struck(spent) == (below[0] if below else None)


def test_without_limits_nothing_strikes() -> None:
    """None is no limit."""
    budget = Budget(turns=None)
    assert budget.struck(Usage(10**9, 10**9, 10**9, 1e9)) is None
    assert set(budget.left(Usage()).values()) == {math.inf}


@pytest.mark.parametrize("limit", [-1, "ten", True, math.nan])
def test_a_limit_that_is_no_number_is_refused(limit: object) -> None:
    """What was given, what is allowed, what to write."""
    with pytest.raises(ValueError, match=r"Budget\(tokens=.*0 or more, or None.*Budget\(tokens=20\)"):
        Budget(tokens=limit)  # type: ignore[arg-type]


@given(some.text())
def test_an_estimate_is_a_quarter_of_the_characters_rounded_up(text: str) -> None:
    """Never less, and never one more than needed."""
    assert 4 * estimate(text) - 4 < len(text) <= 4 * estimate(text)


def test_what_knows_its_tokens_is_not_estimated() -> None:
    """An utterance says its own, unless it leaves that open; other contents go by their text."""
    words = [Utterance("ann", "x" * 400, tokens=3), "x" * 40]
    assert weigh(words) == 13
    assert weigh(words, tokens=len) == 43
    assert weigh([Utterance("ann", "hi")]) == estimate(str(Utterance("ann", "hi")))


def test_a_reason_reads_as_what_it_is() -> None:
    """Kind, what, and why."""
    assert str(StopReason(Stop.DONE)) == "done"
    assert str(StopReason(Stop.LOOP, "ann, bob", "said 3 times")) == "loop: ann, bob (said 3 times)"


# --- loops ----------------------------------------------------------------------------------------


def circle(history: list[tuple[str, str]], times: int, longest: int) -> tuple[str, ...]:
    """The agents of the shortest cycle that the history ends with `times` times, looked for the plain way."""
    for period in range(1, longest + 1):
        end = history[-period * times :]
        if len(end) == period * times and all(end[place] == end[place % period] for place in range(len(end))):
            return tuple(who for who, _ in end[-period:])
    return ()


@given(
    some.lists(some.tuples(some.sampled_from("ab"), some.sampled_from("xy")), max_size=30),
    some.integers(2, 4),
    some.integers(1, 4),
)
def test_loops_are_found_as_by_looking_at_everything(
    history: list[tuple[str, str]], times: int, longest: int
) -> None:
    """After each turn the detector says what the plain search over the whole history says."""
    loops = LoopDetector(times, longest)
    found = [loops.heard(*turn) for turn in history]
    assert found == [circle(history[: end + 1], times, longest) for end in range(len(history))]


def test_a_longer_round_is_a_loop_too() -> None:
    """Two agents answer each other with the same two sentences, three times over; case does not matter."""
    loops = LoopDetector()
    said = [("ann", "after you"), ("bob", "no, you")] * 2 + [("ann", "After  YOU"), ("bob", "No, you")]
    assert [loops.heard(*turn) for turn in said] == [()] * 5 + [("ann", "bob")]


@pytest.mark.parametrize(("times", "longest"), [(1, 4), (3, 0)])
def test_a_loop_of_nothing_is_refused(times: int, longest: int) -> None:
    """Once is no repetition, and a cycle has a turn."""
    with pytest.raises(ValueError, match=r"LoopDetector\(times=.*at least twice.*times=3, longest=4"):
        LoopDetector(times, longest)


# --- names and rights -----------------------------------------------------------------------------


@given(some.from_regex(r"[A-Za-z][A-Za-z ]{0,8}[A-Za-z]", fullmatch=True))
def test_case_quotes_and_spaces_make_no_other_name(name: str) -> None:
    """However a model writes it."""
    assert find_name(f" \"'{name.upper()}'\" ", ["nobody else", name]) in (name, "nobody else")
    assert same_name(f"“{name.lower()}”", name)


def test_rights_are_what_they_say() -> None:
    """Who is named may, to those named; nobody to himself; None is everybody to everybody else."""
    names = ["boss", "ann", "bob"]
    rights = Rights({"Boss": ("ANN", "bob", "boss")})
    assert [rights.choices(who, names) for who in names] == [("ann", "bob"), (), ()]
    assert [Rights().choices(who, names) for who in names] == [
        ("ann", "bob"),
        ("boss", "bob"),
        ("boss", "ann"),
    ]
    assert Rights({}).choices("boss", names) == ()


def test_one_name_is_no_list_of_names() -> None:
    """A text would be taken for its letters."""
    with pytest.raises(TypeError, match=r"sequence of names. Write \{'boss': \('ann',\)\}"):
        Rights({"boss": "ann"})


def test_what_travels_is_frozen() -> None:
    """Lists, tables and sets, however deep."""
    assert frozen({"a": [1, {2}], "b": (3, [4])}) == (("a", (1, frozenset({2}))), ("b", (3, (4,))))


# --- turns from a trace ---------------------------------------------------------------------------


def sent(time: float, agent: str, to: str, name: str, number: int, **data: object) -> SimpleNamespace:
    return SimpleNamespace(
        time=time, kind="send", agent=agent, peer=to, name=name, message=number, data=SimpleNamespace(**data)
    )


def handled(time: float, agent: str, name: str, number: int) -> SimpleNamespace:
    return SimpleNamespace(time=time, kind="handle", agent=agent, name=name, message=number, data=None)


TOLD = [
    sent(0.0, "crew", "boss", "Turn", 1, id=1, parent=0, task="report", tokens=5),
    sent(1.0, "boss", "crew", "Reply", 2, turn=1, tokens=2),
    handled(1.5, "crew", "Reply", 2),
    sent(1.5, "crew", "ann", "Turn", 3, id=2, parent=1, task="x" * 50, tokens=1),
    sent(2.0, "ann", "crew", "Failed", 4, turn=2, tokens=0),
    handled(2.5, "crew", "Failed", 4),
    handled(2.6, "crew", "Failed", 4),
    sent(3.0, "crew", "bob", "Turn", 5, id=3, parent=1, task="count", tokens=1),
]


def test_turns_are_nested_in_those_they_came_from() -> None:
    """With their times as the conductor sees them, the first reply counting, and no end if none came."""
    ann = TurnRecord(2, 1, "ann", "x" * 50, 1.5, 2.5, 1)
    bob = TurnRecord(3, 1, "bob", "count", 3.0, None, 1)
    assert tree(TOLD) == (TurnRecord(1, 0, "boss", "report", 0.0, 1.5, 7, (ann, bob)),)
    assert str(tree(TOLD)[0]).splitlines() == [
        "1 boss: report [0.000 to 1.500 s, 7 tokens]",
        f"  2 ann: {'x' * 39}… [1.500 to 2.500 s, 1 tokens]",
        "  3 bob: count [3.000 to no reply, 1 tokens]",
    ]


def test_of_several_conductors_one_is_named() -> None:
    """Their turns are numbered apart."""
    other = sent(4.0, "chat", "bob", "Turn", 6, id=1, parent=0, task="talk", tokens=1)
    assert [each.agent for each in turns([*TOLD, other], "chat")] == ["bob"]
    with pytest.raises(
        ValueError, match=r"several conductors: chat, crew. Name one: turns\(trace, conductor="
    ):
        turns([*TOLD, other])
