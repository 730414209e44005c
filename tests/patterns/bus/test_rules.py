"""Topics, queues and the journal of a bus, beside plain definitions of the same."""

from __future__ import annotations

import re
from collections import deque

import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from coordlab.patterns.bus.rules import REPLAY, Journal, Letter, check_pattern, check_topic, enqueue, matches

TOPICS = st.lists(st.sampled_from(["a", "b", "", "ab", "$SYS"]), min_size=1, max_size=4).map("/".join)
PATTERNS = st.builds(
    lambda levels, rest: "/".join([*levels, *(["#"] if rest else [])]) or "#",
    st.lists(st.sampled_from(["a", "b", "+", "", "ab", "$SYS"]), max_size=4),
    st.booleans(),
)


def expression(pattern: str) -> str:
    """The pattern as a regular expression: level by level, and an optional rest."""
    levels = pattern.split("/")
    rest = levels[-1] == "#"
    if pattern == "#":
        return r"(?!\$).*"
    fixed = "/".join("[^/]*" if level == "+" else re.escape(level) for level in levels[: len(levels) - rest])
    return r"(?!\$)" * (levels[0] == "+") + fixed + ("(/.*)?" if rest else "")


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
        ("$SYS/load", "#", False),
        ("$SYS/monitor/Clients", "+/monitor/Clients", False),
        ("$SYS/monitor/Clients", "$SYS/#", True),
        ("$SYS/monitor/Clients", "$SYS/monitor/+", True),
        ("site/$SYS", "site/+", True),
    ],
)
def test_examples_of_the_standard(topic: str, pattern: str, meant: bool) -> None:
    """MQTT 3.1.1, sections 4.7.1.2, 4.7.1.3 and 4.7.2."""
    assert matches(topic, pattern) == meant


@given(st.lists(st.integers(0, 99), max_size=30), st.integers(1, 5), st.sampled_from(["oldest", "newest"]))
def test_a_queue_is_bounded_and_what_goes_is_told(offsets: list[int], bound: int, shed: str) -> None:
    """Whatever came is in the queue, in order, or was named as shed."""
    queue: deque[int] = deque()
    lost = [gone for each in offsets if (gone := enqueue(queue, each, bound, shed)) is not None]
    assert len(queue) <= bound
    assert sorted([*queue, *lost]) == sorted(offsets)
    newest = offsets[1:][1 - bound :] if bound > 1 else []
    assert list(queue) == (offsets[:1] + newest if shed == "oldest" else offsets[:bound])


class JournalMachine(RuleBasedStateMachine):
    """A journal beside a plain list of the letters that were new."""

    def __init__(self) -> None:
        super().__init__()
        self.journal, self.model = Journal(), list[Letter]()

    @rule(letter=st.builds(Letter, st.sampled_from("ab"), st.integers(1, 4), st.sampled_from(["x", "y/z"])))
    def append(self, letter: Letter) -> None:
        """A letter is taken once, by its publisher and number."""
        keys = [(each.publisher, each.number) for each in self.model]
        fresh = (letter.publisher, letter.number) not in keys
        self.model += [letter] * fresh
        place = len(keys) if fresh else keys.index((letter.publisher, letter.number))
        assert self.journal.append(letter) == (place, fresh)

    @rule(pattern=st.sampled_from(["#", "x", "y/+"]))
    def read(self, pattern: str) -> None:
        """All that match, the last of each topic among them, or none."""
        every = [n for n, each in enumerate(self.model) if matches(each.topic, pattern)]
        last = sorted({self.model[n].topic: n for n in every}.values())
        found = {replay: list(self.journal.since(pattern, replay)) for replay in REPLAY}
        assert found == {"none": [], "last": last, "all": every}


TestJournal = JournalMachine.TestCase
TestJournal.settings = settings(max_examples=30, stateful_step_count=15)


@pytest.mark.parametrize("topic", ["", "a/+", "a/#", "a+b", None])
def test_nothing_is_published_on_a_pattern(topic: str) -> None:
    """A topic names its levels."""
    with pytest.raises(ValueError, match=r"topic=.*: expected levels to publish on.* For example"):
        check_topic(topic)


@pytest.mark.parametrize("pattern", ["", "a/#/b", "a#", "a/b+", "#/a", 5])
def test_a_pattern_that_means_nothing_is_refused(pattern: str) -> None:
    """Wildcards stand for whole levels."""
    with pytest.raises(ValueError, match=r"pattern=.*: expected levels to subscribe to.* For example"):
        check_pattern(pattern)
