"""A pattern's own views: what they show at a moment, as text and for the player, and what they refuse."""

from __future__ import annotations

import re
from typing import Any

import pytest

from coordlab import labs
from coordlab.draw import looks
from coordlab.labs.pictures import Drawn
from coordlab.labs.views import (
    BEFORE,
    TONES,
    Bar,
    Cell,
    Curves,
    Graph,
    Mark,
    Picture,
    Spans,
    Table,
    View,
    stacked,
)
from tests.widgets.traces import election

TABLE = Table(
    ("a", "b"), ("value", "by"), (Cell(BEFORE, "a", "value", "1"), Cell(3, "b", "by", "ann")), "key"
)
GRAPH = Graph(
    ("a", "b", "c"),
    (("a", "b"), ("b", "c")),
    (
        Mark(BEFORE, "a", "leads", "active"),
        Mark(2, ("b", "c"), "asks", "between"),
        Mark(4, ("b", "c"), tone=""),
    ),
    layout="tree",
)
SPANS = Spans(("w1", "w2"), (Bar("w1", 0.0, 0.5, "cuts", "active"), Bar("w1", 0.5, None, "waits", "stuck")))
CURVES = Curves({"ann": ((0.0, 1.0), (1.0, 3.0), (2.0, None))}, "s", steps=False, lines={"limit": 8.0})


def drawn(picture: Picture) -> Drawn:
    """A view of a run of an election, whose events begin at 0 s."""
    return Drawn(View("mine", "What one sees.", lambda given, trace: picture), picture, election())


def after(event: int) -> float:
    return election()[event].time


# --- as text --------------------------------------------------------------------------------------


def test_a_table_shows_what_holds_and_the_newest_row() -> None:
    assert str(drawn(TABLE)).split("\n")[1:] == ["key  value  by", "a    1      –", "b    –      ann  ← new"]


def test_a_graph_shows_the_nodes_and_edges_that_are_there() -> None:
    """An edge appears with its first mark, and goes with a mark without a tone."""
    run = election()
    shown = [Drawn(View("mine", "", lambda given, trace: GRAPH), GRAPH, run).at(run.until)]
    assert shown[0].split("\n")[1:] == ["a      leads (active)", "b", "c", "a → b"]


def test_spans_show_what_has_begun() -> None:
    assert drawn(SPANS).at(1.25).split("\n") == [
        "Mine at 1.250 s",
        "w1  cuts (active) from 0 to 0.5 s; waits (stuck) from 0.5 s on",
        "w2  –",
    ]


@pytest.mark.parametrize(("time", "value"), [(0.0, "1 s"), (0.5, "2 s"), (1.0, "3 s"), (1.5, "–")])
def test_curves_show_their_values_beside_their_thresholds(time: float, value: str) -> None:
    """Straight lines join the points, unless the curve breaks off."""
    assert drawn(CURVES).at(time).split("\n")[1:] == [f"ann    {value}", "limit  8 s"]


def test_a_view_prints_as_what_it_shows_at_the_end() -> None:
    lab = labs.blackboard()
    assert repr(lab.views["board"]) == lab.views["board"].at(lab.run.trace.until)


def test_the_blackboard_shows_what_was_known_when() -> None:
    assert labs.blackboard(until=1).views["board"].at(1.0) == (
        "Board at 1.000 s\n"
        "key    value  author  confidence  version  rests on\n"
        "hair   True   eye     95%         1        –\n"
        "tawny  True   eye     80%         1        –         ← new"
    )


# --- for the player -------------------------------------------------------------------------------


def test_the_player_gets_a_table_as_changes_of_cells() -> None:
    assert drawn(TABLE).data == {
        **{"name": "mine", "help": "What one sees.", "kind": "table"},
        **{"head": "key", "rows": ("a", "b"), "columns": ("value", "by"), "words": ["1", "ann"]},
        **{"event": [BEFORE, 3], "slot": [0, 3], "text": [0, 1], "tone": [0, 0]},
    }


def test_the_player_gets_a_graph_with_places() -> None:
    """A tree stands from top to bottom; tone -1 says that an edge is gone."""
    data = drawn(GRAPH).data
    assert (data["places"], data["edges"]) == ([(0.5, 0.0), (0.5, 0.5), (0.5, 1.0)], [(0, 1), (1, 2)])
    assert (data["slot"], data["tone"]) == ([0, 4, 4], [2, 3, -1])


@pytest.mark.parametrize("layout", ["tree", "ring", "layers", "network"])
def test_every_layout_gives_each_node_its_own_place(layout: str) -> None:
    """Within 0 to 1, for cycles, parts apart and a node alone, the same each time."""
    nodes = tuple("abcdefg")
    edges = (("a", "b"), ("b", "c"), ("c", "a"), ("c", "d"), ("e", "f"))
    picture = Graph(nodes, edges, layout=layout)
    places = drawn(picture).data["places"]
    assert len(set(places)) == 7
    assert all(0 <= side <= 1 for place in places for side in place)
    assert drawn(Graph((), (), layout=layout)).data["places"] == []


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Table(("a", "a"), (), ()), "rows with 'a' twice: expected each once"),
        (lambda: Table(("a",), ("v",), (Cell(1, "z", "v", ""),)), "row='z': expected one of 'a'"),
        (lambda: Table(("a",), ("v",), (Cell(1, "a", "w", ""),)), "column='w': expected one of 'v'"),
        (
            lambda: Table(("a",), ("v",), (Cell(1, "a", "v", "", "red"),)),
            "tone='red': expected one of 'normal'",
        ),
        (lambda: Graph(("a",), (("a", "b"),)), "node='b': expected one of 'a'"),
        (lambda: Graph(("a",), (), (Mark(1, "b"),)), "what='b': expected one of 'a'"),
        (lambda: Graph(("a",), (), layout="star"), "layout='star': expected one of 'tree'"),
        (
            lambda: Graph(("a",), (), (Mark(2, "a"), Mark(1, "a"))),
            "marks with 1 after 2: expected them in order",
        ),
        (lambda: Spans(("a",), (Bar("b", 0, 1, ""),)), "lane='b': expected one of 'a'"),
        (lambda: Spans(("a",), (Bar("a", 2, 1, ""),)), "expected a bar that ends when it begins or later"),
        (lambda: Curves({"a": ()}, tones={"b": "no"}), "label='b': expected one of 'a'"),
        (
            lambda: Curves({"a": ((2, 0), (1, 0))}),
            "points of 'a' with 1 after 2: expected them in order of time",
        ),
        (lambda: drawn(TABLE).at(-1), "time=-1: expected a number from 0"),
    ],
)
def test_a_wrong_declaration_is_refused_with_what_is_allowed(make: Any, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        make()


def test_a_lane_that_does_several_things_at_a_time_has_a_row_for_each() -> None:
    """The second row of ann is beyond its room; a row is used again when it is free."""
    bars = [Bar("ann", 0.0, 2.0, "one"), Bar("ann", 1.0, 3.0, "two"), Bar("ann", 2.0, None, "three")]
    assert stacked(("ann", "bob"), bars) == Spans(
        ("ann", "ann (2)", "bob"),
        (
            Bar("ann", 0.0, 2.0, "one"),
            Bar("ann (2)", 1.0, 3.0, "two", "failed"),
            Bar("ann", 2.0, None, "three"),
        ),
    )


def test_drawings_know_every_tone() -> None:
    assert tuple(looks.TONES) == TONES
