"""Topics, queues and the journal of a bus, beside definitions so plain that they can only be right."""

from __future__ import annotations

import re
from collections import deque

import pytest
from hypothesis import given, strategies as st

from coordlab.patterns.bus.rules import (
    Journal,
    Letter,
    check_pattern,
    check_queue,
    check_topic,
    enqueue,
    matches,
)

TOPICS = st.lists(st.sampled_from(["a", "b", "", "ab"]), min_size=1, max_size=4).map("/".join)
PATTERNS = st.builds(
    lambda levels, rest: "/".join([*levels, *(["#"] if rest else [])]) or "#",
    st.lists(st.sampled_from(["a", "b", "+", "", "ab"]), max_size=4),
    st.booleans(),
)


def expression(pattern: str) -> str:
    """The pattern as a regular expression: level by level, and an optional rest."""
    levels = pattern.split("/")
    rest = levels[-1] == "#"
    if pattern == "#":
        return ".*"
    fixed = "/".join("[^/]*" if level == "+" else re.escape(level) for level in levels[: len(levels) - rest])
    return fixed + ("(/.*)?" if rest else "")


@given(TOPICS, PATTERNS)
def test_a_pattern_means_what_its_regular_expression_means(topic: str, pattern: str) -> None:
    """An independent reading of the same rules."""
    assert matches(topic, pattern) == bool(re.fullmatch(expression(pattern), topic))


@pytest.mark.parametrize(
    ("topic", "pattern", "meant"),
    [
        ("sport/tennis/player1", "sport/tennis/player1/#", True),
        ("sport/tennis/player1/score/wimbledon", "sport/tennis/player1/#", True),
        ("sport", "sport/#", True),
        ("sport", "sport/+", False),
        ("sport/", "sport/+", True),
        ("/finance", "+/+", True),
        ("/finance", "/+", True),
        ("/finance", "+", False),
    ],
)
def test_examples_of_the_standard(topic: str, pattern: str, meant: bool) -> None:
    """MQTT 3.1.1, sections 4.7.1.2 and 4.7.1.3."""
    assert matches(topic, pattern) == meant


@given(st.lists(st.integers(0, 99), max_size=30), st.integers(1, 5), st.sampled_from(["oldest", "newest"]))
def test_a_queue_is_bounded_and_what_goes_is_told(offsets: list[int], bound: int, shed: str) -> None:
    """Whatever came is in the queue, in order, or was named as shed."""
    queue: deque[int] = deque()
    lost = [gone for each in offsets if (gone := enqueue(queue, each, bound, shed)) is not None]
    assert len(queue) <= bound
    assert sorted([*queue, *lost]) == sorted(offsets)
    assert list(queue) == (offsets[-bound:] if shed == "oldest" else offsets[:bound])


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 4), st.sampled_from(["x", "y"]))))
def test_the_journal_takes_each_letter_once(letters: list[tuple[str, int, str]]) -> None:
    """In the order of first coming; the last of each topic is the last that was new."""
    journal = Journal()
    offsets = [journal.append(Letter(*letter))[0] for letter in letters]
    first = list(dict.fromkeys((who, number) for who, number, _ in letters))
    assert [(each.publisher, each.number) for each in journal.letters] == first
    assert offsets == [first.index((who, number)) for who, number, _ in letters]
    kept = {each.topic: offset for offset, each in enumerate(journal.letters)}
    assert list(journal.since("#", "last")) == sorted(kept.values())
    assert list(journal.since("x", "all")) == [
        n for n, each in enumerate(journal.letters) if each.topic == "x"
    ]
    assert list(journal.since("#", "none")) == []


@pytest.mark.parametrize("topic", ["", "a/+", "a/#", "a+b"])
def test_nothing_is_published_on_a_pattern(topic: str) -> None:
    """A topic names its levels."""
    with pytest.raises(ValueError, match=r"nothing can be published on .* Write for instance"):
        check_topic(topic)


@pytest.mark.parametrize("pattern", ["", "a/#/b", "a#", "a/b+", "#/a"])
def test_a_pattern_that_means_nothing_is_refused(pattern: str) -> None:
    """Wildcards stand for whole levels."""
    with pytest.raises(ValueError, match=r"nobody can subscribe to .* Write for instance"):
        check_pattern(pattern)


@pytest.mark.parametrize("wrong", [(0, "oldest", 1), (1, "random", 1), (1, "oldest", 0)])
def test_a_queue_that_cannot_be_is_refused(wrong: tuple[int, str, int]) -> None:
    """With what is allowed."""
    with pytest.raises(ValueError, match=r"shed is one of oldest, newest"):
        check_queue(*wrong)
