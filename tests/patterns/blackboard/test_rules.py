"""The board as plain data, beside a model so simple that it can only be right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fnmatch import fnmatchcase

import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from coordlab.patterns.blackboard.rules import (
    MERGES,
    RATINGS,
    Agenda,
    Board,
    Conflict,
    Entry,
    Merge,
    Query,
    Subscription,
    keep_all,
    newest,
)
from tests.sampling import disaster_count

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

    def wanted(self, each: Subscription, key: str, level: str, sureness: float) -> bool:
        query = each.query
        return fnmatchcase(key, query.pattern) and query.level in ("", level) and sureness >= query.confidence

    def commit(self, key: str, value: object, sureness: float, level: str) -> None:
        history = self.model.setdefault(key, [])
        history.append((value, sureness, level))
        for subscription, _, due in self.open:
            if self.wanted(subscription, key, level, sureness):
                due.append((key, len(history)))

    def merged(self, key: str, value: object, sureness: float) -> object | None:
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

    @rule(pattern=PATTERNS, level=LEVELS, least=SURENESS, replay=st.booleans())
    def subscribe(self, pattern: str, level: str, least: float, replay: bool) -> None:
        heard: list[Entry] = []
        subscription = Subscription(Query(pattern, level, least), heard.append)
        standing = [(key, history) for key, history in self.model.items() if history[-1] is not None]
        due = [
            (key, len(history))
            for key, history in standing
            if replay and (last := history[-1]) and self.wanted(subscription, key, last[2], last[1])
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
            kept = self.board.history(key)
            assert [each and (each.value, each.confidence, each.level) for each in kept] == history
            assert self.board.version(key) == len(history)

    @invariant()
    def same_reading(self) -> None:
        standing = [key for key, history in self.model.items() if history[-1] is not None]
        assert [entry.key for entry in self.board.query()] == standing
        facts = [key for key in standing if key.startswith("fact:")]
        assert [entry.key for entry in self.board.query(Query("fact:*"))] == facts

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
for each in (TestNewest, TestMostConfident, TestKeepAll):
    each.settings = settings(max_examples=disaster_count(), stateful_step_count=30)
del each  # pytest would take it for one more test


# --- entries and queries --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "fits"),
    [
        *((Query(pattern), pattern == "finding:*") for pattern in ("finding:*", "finding", "FINDING:*")),
        *((Query("*", level), level == "high") for level in ("high", "low")),
        *((Query(confidence=least), least == 0.5) for least in (0.5, 0.6)),
        *((Query(author=name), name == "ann") for name in ("ann", "bob")),
    ],
    ids=repr,
)
def test_a_query_asks_for_key_level_confidence_and_author(query: Query, fits: bool) -> None:
    """A glob is matched against the whole key, case included; what is left out may be anything."""
    assert query.matches(Entry("finding:ai", 1, level="high", confidence=0.5, author="ann")) is fits


# --- merging --------------------------------------------------------------------------------------


def test_keeping_all_keeps_each_once() -> None:
    """Three values, one of them twice; the merged entry rests on the entry before."""
    board = Board(keep_all)
    for value, author in (("red", "ann"), ("blue", "bob"), ("red", "cat")):
        board.write("colour", value, author=author)
    assert [(entry.value, entry.version) for entry in board.query()] == [(("red", "blue"), 2)]
    assert [entry.author for _, entry in board.derivation("colour")] == ["bob", "ann"]


def test_any_function_is_a_merge_policy() -> None:
    highest = Board(lambda old, new: replace(new, value=max(old.value, new.value), key="elsewhere"))
    for bid in (3, 7, 5):
        highest.write("bid", bid)
    assert [(entry.key, entry.value, entry.version) for entry in highest.query()] == [("bid", 7, 3)]


# --- where it comes from --------------------------------------------------------------------------


def test_a_derivation_goes_down_to_what_was_seen() -> None:
    """Each entry is followed by what it rests on, one deeper, in the versions that it names."""
    board = Board()
    for key, sources in (("a", ()), ("b", (("a", 1),)), ("a", ()), ("c", (("b", 1), ("a", 2)))):
        board.write(key, True, sources=sources)
    told = [f"{'-' * depth}{entry.key}{entry.version}" for depth, entry in board.derivation("c")]
    assert told == ["c1", "-b1", "--a1", "-a2"]


def test_a_retracted_entry_stays_in_derivations() -> None:
    board = Board()
    board.write("a", True)
    board.write("b", True, sources=(("a", 1),))
    board.retract("a")
    assert [entry.key for _, entry in board.derivation("b")] == ["b", "a"]


def test_a_derivation_may_be_deep() -> None:
    board = Board()
    for version in range(5000):
        board.write("count", version, sources=(("count", version),) if version else ())
    assert max(depth for depth, _ in board.derivation("count")) == 4999


# --- the agenda -----------------------------------------------------------------------------------

ACTIVATIONS = st.lists(st.sampled_from([0.1, 0.5, 0.9]), max_size=8)


@pytest.mark.parametrize("rating", RATINGS)
@given(sure=ACTIVATIONS)
def test_an_agenda_goes_by_rating_and_then_by_age(rating: str, sure: list[float]) -> None:
    """The same order as sorting once: the highest rating first, of equals the oldest."""
    agenda = Agenda(RATINGS[rating])
    added = [agenda.add("ann", Entry(f"key:{at}", 1, confidence=each)) for at, each in enumerate(sure)]
    taken = [agenda.take() for _ in added]
    assert taken == sorted(filter(None, added), key=lambda each: (-RATINGS[rating](each), each.order))


def test_a_source_waits_once_for_each_version() -> None:
    agenda, entry = Agenda(), Entry("a", 1, 1)
    asks = [("ann", entry), ("ann", entry), ("bob", entry), ("ann", replace(entry, version=2))]
    assert [agenda.add(*each) is not None for each in asks] == [True, False, True, True]
    agenda.take()
    agenda.renew("ann")
    assert [agenda.add(*each) is not None for each in asks] == [True, False, False, False]


# --- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "error", "advice"),
    [
        (lambda: Board().write("a*", 1), ValueError, r"key='a\*': .* For example: key='finding:ai'"),
        (lambda: Board().write("", 1), ValueError, r"key='': expected a text, not empty"),
        (lambda: Board().write(7, 1), ValueError, r"key=7: expected a text"),  # type: ignore[arg-type]
        (lambda: Board().write("a", [1]), TypeError, r"Entry.value = \[1\] could still change"),
        (lambda: Board().write("a", 1, confidence=85), ValueError, r"confidence=85: expected a probability"),
        (lambda: Board().write("a", 1, sources=("b",)), ValueError, r"sources=\('b',\): expected a tuple"),
        (lambda: Query(confidence=float("nan")), ValueError, r"confidence=nan: expected a probability"),
        (lambda: Query(7), ValueError, r"pattern=7: expected str"),  # type: ignore[arg-type]
        (
            lambda: Board().write("b", 1, sources=(("a", 1),)),
            Conflict,
            r"'b' rests on 'a', version 1, which was never on the board: the board is empty, so write first",
        ),
        (
            lambda: list(filled().derivation("x")),
            LookupError,
            r"'x', version 0, is not on the board: name an entry that exists, such as 'a', version 1",
        ),
        (lambda: list(filled().derivation("a", 2)), LookupError, r"'a', version 2, is not on the board"),
        (
            lambda: filled(lambda old, new: 7).write("a", 2),  # type: ignore[arg-type]
            TypeError,
            r"the merge policy returned 7: expected an Entry, or None to keep the old one",
        ),
        (lambda: Agenda().take(), ValueError, r"the agenda is empty: expected an activation"),
        (lambda: nan_agenda().take(), ValueError, r"rating=nan: expected a number"),
    ],
)
def test_refusals(wrong: Callable[[], object], error: type[Exception], advice: str) -> None:
    """Keys that are patterns, values that can change, sources that never were on the board."""
    with pytest.raises(error, match=advice):
        wrong()


def filled(merge: Merge = newest) -> Board:
    board = Board(merge)
    board.write("a", 1)
    return board


def nan_agenda() -> Agenda:
    agenda = Agenda(lambda each: float("nan"))
    agenda.add("ann", Entry("a", 1))
    return agenda


@pytest.mark.parametrize(
    "wrong", [{"key": "a*"}, {"confidence": 2}, {"expected": 5}, {"sources": (("no", 1),)}, {"value": []}]
)
def test_a_refused_write_changes_nothing(wrong: dict[str, object]) -> None:
    board, heard = filled(), list[Entry]()
    board.subscribe(Subscription(Query(), heard.append))
    with pytest.raises((ValueError, TypeError)):
        board.write(**{"key": "a", "value": 2, **wrong})  # type: ignore[arg-type]
    assert (board.version("a"), len(board.query()), heard) == (1, 1, [])
