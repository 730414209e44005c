"""The board as plain data, beside a model so simple that it can only be right."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from coordlab.patterns.board import MERGES, Board, Conflict, Entry, Subscription, keep_all, matches

KEYS = st.sampled_from(["fact:a", "fact:b", "goal:a", "goal"])
VALUES = st.sampled_from(["x", "y", "z", ("x", "w")])
SURENESS = st.sampled_from([0.1, 0.5, 0.9])
PATTERNS = st.sampled_from(["*", "fact:*", "*:a", "goal", "[fg]*:?", "none"])
LEVELS = st.sampled_from(["", "low", "high"])


class BoardAgainstModel(RuleBasedStateMachine):
    """Writes, compare-and-sets, retractions and subscriptions, in any order.

    The model keeps for each key the list of (value, sureness, level) or None, and for each subscription
    what it should have heard.
    """

    policy = "newest"

    def __init__(self) -> None:
        super().__init__()
        self.board = Board(MERGES[self.policy])
        self.model: dict[str, list[tuple[object, float, str] | None]] = {}
        self.open: list[tuple[Subscription, list[Entry], list[tuple[str, int]]]] = []

    def wanted(self, each: Subscription, key: str, level: str) -> bool:
        return fnmatchcase(key, each.pattern) and each.level in ("", level)

    def commit(self, key: str, value: object, sureness: float, level: str) -> None:
        history = self.model.setdefault(key, [])
        history.append((value, sureness, level))
        for subscription, _, due in self.open:
            if self.wanted(subscription, key, level):
                due.append((key, len(history)))

    def merged(self, key: str, value: object, sureness: float) -> object | None:
        """The value to be committed, or None if what stands there stays."""
        standing = (self.model.get(key) or [None])[-1]
        if standing is None or self.policy == "newest":
            return value
        if self.policy == "most_confident":
            return value if sureness > standing[1] else None
        had = standing[0] if isinstance(standing[0], tuple) else (standing[0],)
        more = value if isinstance(value, tuple) else (value,)
        fresh = tuple(each for each in more if each not in had)
        return (*had, *fresh) if fresh else None

    @rule(key=KEYS, value=VALUES, confidence=SURENESS, level=LEVELS)
    def write(self, key: str, value: object, confidence: float, level: str) -> None:
        wanted = self.merged(key, value, confidence)
        written = self.board.write(key, value, author="ann", level=level, confidence=confidence)
        if wanted is None:
            assert written is None
        else:
            self.commit(key, wanted, confidence, level)
            assert written is not None
            assert (written.value, written.version) == (wanted, len(self.model[key]))

    @rule(key=KEYS, value=VALUES, confidence=SURENESS, expected=st.integers(0, 4))
    def compare_and_set(self, key: str, value: object, confidence: float, expected: int) -> None:
        current = len(self.model.get(key, []))
        if expected != current:
            with pytest.raises(Conflict, match=rf"is at version {current}, not {expected}: read it again"):
                self.board.write(key, value, expected=expected, confidence=confidence)
        else:
            written = self.board.write(key, value, expected=expected, confidence=confidence)
            assert written is not None
            assert written.version == expected + 1
            self.commit(key, value, confidence, "")

    @rule(key=KEYS)
    def retract(self, key: str) -> None:
        stands = bool(self.model.get(key)) and self.model[key][-1] is not None
        assert self.board.retract(key) == stands
        if stands:
            self.model[key].append(None)

    @rule(pattern=PATTERNS, level=LEVELS, replay=st.booleans(), sure=st.booleans())
    def subscribe(self, pattern: str, level: str, replay: bool, sure: bool) -> None:
        heard: list[Entry] = []
        subscription = Subscription(pattern, heard.append, level)
        standing = [(key, history) for key, history in self.model.items() if history[-1] is not None]
        due = [
            (key, len(history))
            for key, history in standing
            if replay and history[-1] is not None and self.wanted(subscription, key, history[-1][2])
        ]
        self.board.subscribe(subscription, replay)
        self.open.append((subscription, heard, due))

    @precondition(lambda self: self.open)
    @rule(data=st.data())
    def unsubscribe(self, data: st.DataObject) -> None:
        position = data.draw(st.integers(0, len(self.open) - 1))
        subscription, heard, due = self.open.pop(position)
        self.board.unsubscribe(subscription)
        assert [(entry.key, entry.version) for entry in heard] == due

    @invariant()
    def same_histories(self) -> None:
        for key, history in self.model.items():
            kept = [
                entry and (entry.value, entry.confidence, entry.level) for entry in self.board.history(key)
            ]
            assert kept == history
            assert self.board.version(key) == len(history)

    @invariant()
    def same_reading(self) -> None:
        standing = [key for key, history in self.model.items() if history[-1] is not None]
        assert [entry.key for entry in self.board.read()] == standing
        assert [entry.key for entry in self.board.read("fact:*")] == [
            key for key in standing if key.startswith("fact:")
        ]

    @invariant()
    def everybody_heard_what_was_due(self) -> None:
        for _, heard, due in self.open:
            assert [(entry.key, entry.version) for entry in heard] == due


class MostConfident(BoardAgainstModel):
    policy = "most_confident"


class KeepAll(BoardAgainstModel):
    policy = "keep_all"


TestNewest = BoardAgainstModel.TestCase
TestMostConfident = MostConfident.TestCase
TestKeepAll = KeepAll.TestCase


def test_an_update_without_compare_and_set_is_lost() -> None:
    """Ann and Bob both read 10 and add to it: Bob's write hides Ann's, unless he names the version."""
    naive, careful = Board(), Board()
    for board in (naive, careful):
        board.write("fund", 10)
    ann, bob = naive.current("fund"), naive.current("fund")
    assert ann is not None
    assert bob is not None
    naive.write("fund", ann.value + 5)
    naive.write("fund", bob.value + 7)
    assert [entry.value for entry in naive.read()] == [17]
    careful.write("fund", 15, expected=1)
    with pytest.raises(Conflict, match=r"'fund' is at version 2, not 1: read it again, then decide anew"):
        careful.write("fund", 17, expected=1)
    assert [entry.value for entry in careful.read()] == [15]


def test_a_predicate_narrows_a_subscription() -> None:
    """Cat wants to hear of what one is sure of, and of nothing else."""
    board, heard = Board(), list[str]()
    board.subscribe(Subscription("*", lambda e: heard.append(e.key), where=lambda e: e.confidence > 0.5))
    board.write("doubtful", 1, confidence=0.2)
    board.write("certain", 1, confidence=0.9)
    assert heard == ["certain"]


def test_reading_gives_what_nobody_can_change() -> None:
    """An entry is a message: it cannot be written to behind the board's back."""
    entry = Board().write("key", 1)
    with pytest.raises(AttributeError, match="cannot be changed"):
        entry.value = 2  # type: ignore[union-attr,misc]


def test_a_key_nobody_wrote_has_no_history() -> None:
    """Version 0, no entry, no history, nothing to retract."""
    board = Board()
    assert (board.version("x"), board.current("x"), board.history("x"), board.retract("x")) == (
        0,
        None,
        [],
        False,
    )


@pytest.mark.parametrize(
    ("pattern", "level", "fits"),
    [
        ("finding:*", "", True),
        ("finding", "", False),
        ("FINDING:*", "", False),
        ("*", "high", True),
        ("*", "low", False),
    ],
)
def test_globs_and_levels(pattern: str, level: str, fits: bool) -> None:
    """A glob is matched against the whole key, case and all; no level means any."""
    assert matches(Entry("finding:ai", 1, level="high"), pattern, level) is fits


def test_keeping_all_keeps_each_once() -> None:
    """Three voices, one of which repeats another."""
    board = Board(keep_all)
    for value in ("red", "blue", "red"):
        board.write("colour", value)
    assert [(entry.value, entry.version) for entry in board.read()] == [(("red", "blue"), 2)]
