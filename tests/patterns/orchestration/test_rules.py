"""What all orchestration styles share, as plain data."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, strategies as some

from coordlab.patterns.orchestration.rules import (
    Budget,
    LoopDetector,
    Rights,
    Stop,
    StopReason,
    Usage,
    Utterance,
    estimate,
    find_name,
    frozen,
    weigh,
)

LIMITS = some.none() | some.integers(0, 5)
USED = some.integers(0, 6)


@given(some.tuples(*[LIMITS] * 4), some.tuples(*[USED] * 4))
def test_a_limit_strikes_when_it_is_exceeded(limits: tuple[int | None, ...], used: tuple[int, ...]) -> None:
    """The first of turns, messages, tokens that is above it, or time that has reached it."""
    each = zip(("turns", "messages", "tokens", "time"), limits, used, strict=True)
    above = lambda name, limit, use: use > limit or (name == "time" and use == limit)
    over = [name for name, limit, use in each if limit is not None and above(name, limit, use)]
    assert Budget(*limits).struck(Usage(*used)) == (over[0] if over else None)


def test_without_limits_nothing_strikes() -> None:
    assert Budget(turns=None).struck(Usage(10**9, 10**9, 10**9, 1e9)) is None


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Budget(tokens=-1), r"tokens=-1: expected a whole number, 0 or more.*tokens=20"),
        (lambda: Budget(turns="ten"), "turns='ten'"),
        (lambda: Budget(messages=True), "messages=True"),
        (lambda: Budget(time=float("nan")), "time=nan: expected a number, 0 or more"),
        (lambda: LoopDetector(1), "times=1: expected a whole number, 2 or more"),
        (lambda: LoopDetector(3, longest=0), "longest=0: expected a whole number, 1 or more"),
        (lambda: Rights("boss"), r"allowed='boss': expected names by name, or None.*Rights\("),
        (lambda: Rights({"boss": "ann"}), r"\['boss'\]='ann': expected a list.*\{'boss': \('ann',\)\}"),
    ],
)
def test_what_has_no_meaning_is_refused(make: Callable[[], object], words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=words):
        make()


@given(some.integers(0, 99))
def test_an_estimate_is_a_quarter_of_the_characters_rounded_up(characters: int) -> None:
    tokens = estimate("x" * characters)
    assert 4 * tokens - 4 < characters <= 4 * tokens


def test_what_knows_its_tokens_is_not_estimated() -> None:
    """An utterance says its own, unless it leaves that open; other contents go by their text."""
    words = [Utterance("ann", "x" * 400, tokens=3), "x" * 40]
    assert weigh(words) == 13
    assert weigh(words, tokens=len) == 43
    assert weigh([Utterance("ann", "hi")]) == estimate(str(Utterance("ann", "hi")))


def test_a_reason_reads_as_what_it_is() -> None:
    assert str(StopReason(Stop.DONE)) == "done"
    assert str(StopReason(Stop.LOOP, "ann, bob", "said 3 times")) == "loop: ann, bob (said 3 times)"


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


@given(some.from_regex(r"[A-Za-z][A-Za-z ]{0,8}[A-Za-z]", fullmatch=True))
def test_case_quotes_and_spaces_make_no_other_name(name: str) -> None:
    assert find_name(f" \"'{name.upper()}'\" ", ["nobody else", name]) in (name, "nobody else")
    assert find_name(f"“{name.lower()}”", [name]) == name


def test_rights_are_what_they_say() -> None:
    """A named agent may, to those named; none to itself; None is every agent to every other."""
    names = ["boss", "ann", "bob"]
    rights = Rights({"Boss": ("ANN", "bob", "boss")})
    assert [rights.choices(who, names) for who in names] == [("ann", "bob"), (), ()]
    everybody = [("ann", "bob"), ("boss", "bob"), ("boss", "ann")]
    assert [Rights().choices(who, names) for who in names] == everybody
    assert Rights({}).choices("boss", names) == ()


def test_what_travels_is_frozen() -> None:
    assert frozen({"a": [1, {2}], "b": (3, [4])}) == (("a", (1, frozenset({2}))), ("b", (3, (4,))))
