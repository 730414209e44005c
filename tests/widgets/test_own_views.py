"""The pattern's own views in a real browser: they show what `at` says, to eyes, keys and screen readers."""

from __future__ import annotations

import re
from itertools import combinations
from typing import Any

import pytest

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
)
from coordlab.widgets.encoding import OWN, Branch
from tests.browser import Pace, objections
from tests.widgets.test_in_browser import THEMES, keys, live, opened, settle, visit  # noqa: F401
from tests.widgets.traces import branch, election

pytestmark = pytest.mark.browser

MOMENTS = (0.0, 3.5, 20.0)


def after(time: float) -> int:
    """The number of the first event from a moment on."""
    return next(event.seq for event in election() if event.time >= time)


TABLE = Table(
    ("hair", "claws", "tiger"),
    ("value", "sure"),
    (
        Cell(BEFORE, "hair", "value", "yes"),
        *(Cell(after(3 + i / 10), "claws", "sure", tone, tone) for i, tone in enumerate(TONES)),
        Cell(after(9), "tiger", "value", "no"),
    ),
    "fact",
)
GRAPH = Graph(
    TONES,
    (("normal", "idle"), ("idle", "normal"), ("idle", "active"), ("failed", "failed"), ("stuck", "down")),
    (
        *(Mark(BEFORE, tone, "at first", tone) for tone in TONES[:6]),
        Mark(after(3.2), ("idle", "active"), "asks", "between"),
        Mark(after(3.4), "down", "", "down"),
        Mark(after(9), ("idle", "active"), tone=""),
    ),
    layout="layers",
)
SPANS = Spans(
    ("ann", "bob"),
    (*(Bar("ann", i, i + 0.75, tone, tone) for i, tone in enumerate(TONES)), Bar("bob", 2.0, None, "waits")),
)
CURVES = Curves(
    {"ann": tuple((i / 2, float(i % 5)) for i in range(30)), "bob": ((1.0, 2.5), (4.0, None), (9.0, 7.125))},
    "s",
    lines={"limit": 8.0},
    tones={"ann": "active", "bob": "failed"},
)
PICTURES = {"board": TABLE, "waits": GRAPH, "work": SPANS, "phi": CURVES}


def drawn(name: str) -> Drawn:
    picture: Picture = PICTURES[name]
    return Drawn(View(name, "What one sees.", lambda given, trace: picture), picture, election())


def shown() -> Branch:
    """An election with all four views."""
    views = [drawn(name).data for name in PICTURES]
    return branch(election(), own={**OWN, "views": views, "tones": {"follows": "idle"}})


def go(where: Any, time: float) -> None:
    """Move the playhead, and wait until the picture is described."""
    set_to = "(scrub, t) => { scrub.value = t; scrub.dispatchEvent(new Event('input')); }"
    where.locator(".cl-scrub").evaluate(set_to, time)
    where.wait_for_timeout(250)


def choose(where: Any, name: str) -> None:
    where.get_by_role("tab", name=name.capitalize(), exact=True).click()
    settle(where)


def told(text: str) -> list[str]:
    """The lines of `at` below the heading, with their columns parted as the player's texts are."""
    return [re.sub(r" {2,}", ": ", line).removesuffix(": ← new") for line in text.split("\n")[1:]]


READ = {
    "board": """() => [...document.querySelectorAll('.cl-sheet tr')].map((row) =>
        [...row.children].map((cell) => cell.firstChild?.textContent).join(': '))""",
    "waits": """() => [...document.querySelectorAll(':is(.cl-vertex, .cl-edge):not([hidden])')]
        .map((each) => each.getAttribute('aria-label').replace(/: $/, ''))""",
}
LABEL = "() => document.querySelector('.cl-own canvas').getAttribute('aria-label').slice(15).split('. ')"


@pytest.mark.parametrize("name", PICTURES)
def test_a_view_says_what_python_says(visit: Any, name: str) -> None:  # noqa: F811
    """At the beginning, in the middle and at the end of the run, node by node and row by row."""
    where, view = visit([shown()]), drawn(name)
    choose(where, name)
    for time in MOMENTS:
        go(where, time)
        assert sorted(where.evaluate(READ.get(name, LABEL))) == sorted(told(view.at(time)))


# What is written while the page is narrowed, and whether the ground that was laid before covers the words.
WRITTEN = """
() => {
  const { fillRect, fillText } = CanvasRenderingContext2D.prototype, said = window.said = {};
  let ground = [0, 0, 0, 0];
  CanvasRenderingContext2D.prototype.fillRect = function (...box) {
    ground = box;
    fillRect.apply(this, box);
  };
  CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
    const [left, top, width, height] = ground, w = this.measureText(text).width;
    const from = this.textAlign === 'right' ? x - w : x;
    said[text] = left <= from && left + width >= from + w && top <= y - 5 && top + height >= y + 5;
    fillText.call(this, text, x, y);
  };
}
"""


def test_no_curve_strikes_through_a_name(visit: Any) -> None:  # noqa: F811
    where = visit([shown()])
    choose(where, "phi")
    where.evaluate(WRITTEN)
    where.set_viewport_size({"width": 500, "height": 900})
    # the page forbids what wait_for_function does between two frames
    assert any(where.evaluate("'limit' in window.said") or where.wait_for_timeout(50) for _ in range(100))
    said = where.evaluate("window.said")
    assert [said[name] for name in ("ann", "bob", "limit")] == [True, True, True]


HIDDEN = """
() => {
  const boxes = (what) => [...document.querySelectorAll(what)].map((each) => each.getBoundingClientRect());
  const over = (a, b) => a.left < b.right - 1 && b.left < a.right - 1
    && a.top < b.bottom - 3 && b.top < a.bottom - 3;
  const nodes = boxes('.cl-vertex rect');
  return boxes('.cl-etext').filter((text) => nodes.some((node) => over(text, node))).length;
}
"""


@pytest.mark.parametrize(("width", "words"), [(1000, 5), (300, 4)])
def test_no_node_hides_the_words_of_an_edge(visit: Any, width: int, words: int) -> None:  # noqa: F811
    """A cycle of five; where there is no room, the words are left out, and the label still says them."""
    cycle = tuple((str(n), str((n + 1) % 5)) for n in range(5))
    marks = tuple(Mark(BEFORE, slot, "waits for", "stuck") for slot in (*map(str, range(5)), *cycle))
    picture = Graph(tuple(map(str, range(5))), cycle, marks, layout="ring")
    view = Drawn(View("cycle", "What one sees.", lambda given, trace: picture), picture, election())
    where = visit([branch(election(), own={**OWN, "views": [view.data]})])
    where.set_viewport_size({"width": width, "height": 900})
    settle(where)
    assert where.evaluate(HIDDEN) == 0
    assert where.locator(".cl-etext", has_text="waits for").count() == words
    assert where.locator(".cl-edge[aria-label*='waits for']").count() == 5


TREE = Graph(
    tuple("1234567"),
    tuple((str(child // 2), str(child)) for child in range(2, 8)),
    tuple(Mark(BEFORE, name, "shares, 0 handled") for name in "1234567"),
    layout="tree",
)
BOXES = """() => [...document.querySelectorAll('.cl-vertex > rect')].map((rect) => {
    const { left, right, top, bottom } = rect.getBoundingClientRect();
    return [left, right, top, bottom];
})"""


@pytest.mark.parametrize("width", [340, 378, 400, 600])
def test_no_node_of_a_narrow_tree_lies_on_another(visit: Any, width: int) -> None:  # noqa: F811
    view = Drawn(View("team", "What one sees.", lambda given, trace: TREE), TREE, election()).data
    team = branch(election(), own={**OWN, "views": [view]})
    boxes = visit([team], viewport={"width": width, "height": 900}).evaluate(BOXES)
    assert len(boxes) == 7
    assert [
        (one, other)
        for (one, a), (other, b) in combinations(enumerate(boxes, 1), 2)
        if a[0] < b[1] and b[0] < a[1] and a[2] < b[3] and b[2] < a[3]
    ] == []


def test_the_pattern_s_own_views_come_first(visit: Any) -> None:  # noqa: F811
    """V goes round all of them; the lanes stay above each."""
    where = visit([shown()])
    names = [each.inner_text() for each in where.locator(".cl-view").all()]
    assert names == ["Board", "Waits", "Work", "Phi", "Space-time", "Network", "Events"]
    seen = []
    for _ in names:
        seen.append(
            (where.locator(".cl-own").is_visible(), where.locator(".cl-stage > canvas").nth(1).is_visible())
        )
        keys(where, "v")
    assert seen == [(True, True)] * 4 + [(False, True), (False, False), (False, False)]


def test_a_cell_and_a_node_lead_to_their_event(visit: Any) -> None:  # noqa: F811
    """By pointer, and by arrow keys and Enter."""
    where = visit([shown()])
    go(where, 20)
    where.locator(".cl-sheet td").first.focus()
    for press in ("ArrowDown", "ArrowDown", "Enter"):
        where.keyboard.press(press)
    settle(where)
    assert f"event {after(9)}," in where.locator(".cl-clock").inner_text()
    choose(where, "waits")
    go(where, 20)
    where.locator(".cl-vertex", has_text="down").click()
    settle(where)
    assert f"event {after(3.4)}," in where.locator(".cl-clock").inner_text()


def test_arrow_keys_go_from_bar_to_bar(visit: Any) -> None:  # noqa: F811
    where = visit([shown()])
    choose(where, "work")
    go(where, 0.5)
    where.locator(".cl-own canvas").focus()
    clocks = []
    for press in ("ArrowRight", "ArrowRight", "ArrowLeft", "ArrowDown", "ArrowRight"):
        where.keyboard.press(press)
        settle(where)
        clocks.append(where.locator(".cl-clock").inner_text().split(" s")[0])
    assert clocks == ["1.000", "2.000", "1.000", "1.000", "2.000"]


@THEMES
@pytest.mark.parametrize("width", [400, 1280])
def test_the_views_keep_nobody_out(live: Any, axe: str, theme: str, width: int) -> None:  # noqa: F811
    """Contrast, names and roles, as axe-core judges them; and nothing sticks out."""
    where = live([shown()], color_scheme=theme, viewport={"width": width, "height": 900})
    for name in PICTURES:
        choose(where, name)
        go(where, 3.75)
        assert objections(where, axe) == []
        assert where.evaluate("document.documentElement.scrollWidth") <= width


def test_another_view_is_shown_in_no_time(visit: Any) -> None:  # noqa: F811
    """Made and painted: the slowest of the four, each the best of three."""
    where = visit([shown()])
    pace = Pace(where)
    pace.sample()
    switch = """() => [...document.querySelectorAll('.cl-view')].slice(0, 4).map((tab) => {
        const began = performance.now(); tab.click(); return performance.now() - began; })"""
    rounds = [where.evaluate(switch) for _ in range(3)]
    pace.sample()
    pace.check("another view", max(map(min, zip(*rounds, strict=True))), least=30, share=3)
