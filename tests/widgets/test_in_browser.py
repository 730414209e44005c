"""The player in a real browser: as a page, and with a model that listens, as in a notebook."""

from __future__ import annotations

import base64
import pathlib
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import combinations, product
from typing import Any

import pytest

from coordlab.trace.trace import Trace
from coordlab.widgets import joined
from coordlab.widgets.encoding import Branch
from coordlab.widgets.page import page
from tests.browser import Pace, Visit, objections
from tests.widgets.traces import HOSTILE, branch, election, family, hostile, long_election, verdicts

Open = Callable[..., Any]

pytestmark = pytest.mark.browser


@pytest.fixture
def opened(chrome: Any) -> Iterator[Callable[..., Any]]:
    """Opens files in the browser.  They must not print to the console or use the network."""
    visits: list[Visit] = []

    def open_file(path: pathlib.Path, text: str, **context: Any) -> Any:
        path.write_text(text, "utf-8")
        visits.append(Visit(chrome, path, **context))
        return visits[-1].page

    yield open_file
    for each in visits:
        each.close()
        asked = [url for url in each.requests if not url.startswith(("file:", "data:", "blob:"))]
        assert (each.complaints, asked) == ([], [])


@pytest.fixture
def visit(opened: Callable[..., Any], tmp_path: pathlib.Path) -> Open:
    """Opens branches as a page."""

    def show(branches: list[Branch], selected: int = 0, **context: Any) -> Any:
        where = opened(tmp_path / "page.html", page(branches, "A page", selected), **context)
        where.wait_for_selector("[data-ready]")
        return where

    return show


LIVE = """
async ({ source, style, branches, selected, pyodide }) => {
  document.head.append(Object.assign(document.createElement("style"), { textContent: style }));
  const bare = (meta) => JSON.parse(JSON.stringify(meta), (_, value) => value ?? undefined);
  const unpack = ({ meta, columns }) => ({ meta: pyodide ? bare(meta) : meta,
    columns: new DataView(Uint8Array.from(atob(columns), (letter) => letter.charCodeAt(0)).buffer) });
  const state = { branches: branches.map(unpack), selected, kernel: true }, heard = new Map();
  const tell = (event, ...words) => (heard.get(event) ?? []).forEach((hear) => hear(...words));
  window.sent = [];
  window.heard = heard;
  window.model = { get: (key) => state[key],
    set: (key, value) => { state[key] = value; tell(`change:${key}`); },
    on: (event, hear) => heard.set(event, [...(heard.get(event) ?? []), hear]),
    off: (event, hear) => heard.set(event, heard.get(event).filter((other) => other !== hear)),
    save_changes: () => {}, send: (message) => window.sent.push(message) };
  window.answer = (more, select) => {
    state.selected = select;
    window.model.set("branches", more.map(unpack));
  };
  window.say = (words) => tell("msg:custom", words);
  const module = await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
  window.player = module;
  window.render = () => module.default.render({ model: window.model, el: document.querySelector("main") });
  window.cleanUp = window.render();
}
"""


def wired(branches: list[Branch]) -> list[dict[str, Any]]:
    return [{"meta": each.meta, "columns": base64.b64encode(each.columns).decode()} for each in branches]


@pytest.fixture
def live(opened: Callable[..., Any], tmp_path: pathlib.Path) -> Open:
    """The player on a model that listens, as in a notebook; its messages are in `window.sent`."""
    blank = "<!doctype html><html lang=en><title>t</title><link rel=icon href='data:,'><main></main>"

    def show(branches: list[Branch], selected: int = 0, pyodide: bool = False, **context: Any) -> Any:
        where = opened(tmp_path / "blank.html", blank, **context)
        parts = {"source": joined.script(), "style": joined.style(), "pyodide": pyodide}
        where.evaluate(LIVE, {**parts, "branches": wired(branches), "selected": selected})
        return where

    return show


def keys(where: Any, *presses: str) -> None:
    """Press keys in the picture, and wait until it is drawn."""
    where.locator(".cl-stage").focus()
    for press in presses:
        where.keyboard.press(press)
    settle(where)


def clock(where: Any) -> float:
    return float(where.locator(".cl-clock").inner_text().split(" s")[0])


def number(where: Any) -> int:
    """The number of the current event, as in the trace."""
    match = re.search(r"event (\d+)", where.locator(".cl-clock").inner_text())
    assert match
    return int(match[1])


def until(condition: Callable[[], bool], within: float = 60.0) -> None:
    """Wait in Python: the security policy of the page forbids what playwright needs to wait in it."""
    end = time.perf_counter() + within
    while not condition():
        assert time.perf_counter() < end
        time.sleep(0.02)


def settle(where: Any) -> None:
    """Wait for the next drawing."""
    where.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


# --- the page in a browser -------------------------------------------------------------------------------


def test_hostile_texts_are_shown_as_text(visit: Open) -> None:
    """The browser does not interpret the names and messages of agents."""
    where = visit([hostile()])
    keys(where, "End", "ArrowLeft", "ArrowRight", "v", "v")
    assert where.locator(".cl-title").inner_text() == HOSTILE
    assert where.locator("img").count() == 0


@pytest.mark.slow
def test_it_opens_within_a_second_at_ten_thousand_events(visit: Open) -> None:
    """Or four times the time of a tiny run, up to the drawn picture; the best of three."""

    def opening(events: int) -> float:
        recorded = branch(long_election(events))
        began = time.perf_counter()
        visit([recorded])
        return time.perf_counter() - began

    tiny, long = zip(*((opening(50), opening(10_000)) for _ in range(3)), strict=True)
    assert min(long) < max(1.0, 4 * min(tiny)), f"seconds: {long}, of a tiny run {tiny}"


def test_space_starts_and_stops_playing(visit: Open) -> None:
    where = visit(family(), 1)
    where.wait_for_timeout(150)
    assert clock(where) == 0
    keys(where, "]", "]", " ")
    until(lambda: clock(where) > 0.3)
    keys(where, " ")
    stopped = clock(where)
    where.wait_for_timeout(150)
    assert clock(where) == stopped > 0.3


def test_arrow_keys_step_from_event_to_event(visit: Open) -> None:
    """Right moves by one event, with Shift by ten; Home and End move to the ends."""
    trace = election()
    where = visit([branch(trace)])
    keys(where, "End")
    assert number(where) == len(trace) - 1
    keys(where, "Home", "ArrowRight")
    first = number(where)
    keys(where, "ArrowRight", "ArrowRight")
    assert number(where) == first + 2
    keys(where, "Escape", "Shift+ArrowRight")
    assert number(where) == first + 12


def test_shift_steps_along_one_agent(visit: Open) -> None:
    """With agent 5 selected, each step moves to an event of agent 5."""
    trace = election()
    where = visit([branch(trace)])
    keys(where, "Home", "ArrowDown")
    for _ in range(4):
        keys(where, "Shift+ArrowRight")
        assert trace[number(where)].agent == "5"


def test_a_selected_event_is_shown_in_every_view_with_its_causes(visit: Open) -> None:
    """An event that is selected in the table has its sentence, fields and causes, also in the diagram.

    The causes keep their places in the chain: the last six of ten are number 5 to 10.
    """
    trace = election()
    said = [event.seq for event in trace if event.name == "Coordinator"]
    seq = max(said, key=lambda each: len(trace.past(each)))
    causes = len(trace.past(seq)) - 1
    where = visit([branch(trace)])
    where.get_by_role("tab", name="Events").click()
    where.get_by_label("filter the events").fill(f"#{trace[seq].message} {trace[seq].kind}")
    where.locator(".cl-rows .cl-row").first.click()
    settle(where)
    numbers = [where.locator(f".cl-rows [aria-selected=true] .cl-c-{each}") for each in ("event", "cause")]
    assert [each.inner_text() for each in numbers] == [str(seq), str(trace[seq].cause)]
    assert where.locator(".cl-facts dd").first.inner_text().startswith(f"{seq} ")
    assert number(where) == seq
    assert "acts on Coordinator from" in where.locator(".cl-say").inner_text()
    assert "Coordinator()" in where.locator(".cl-facts").inner_text()
    assert where.locator(".cl-chain h4").text_content() == f"Because (the last 6 of {causes} causes)"
    assert where.locator(".cl-chain ol").get_attribute("start") == str(causes - 5)
    assert where.locator(".cl-chain li").count() == 6
    where.get_by_role("tab", name="Space-time").click()
    assert where.locator(".cl-inspect").is_visible()


@pytest.mark.slow
def test_the_table_creates_only_the_visible_of_a_hundred_thousand_rows(visit: Open) -> None:
    where = visit([branch(long_election(100_000))])
    where.get_by_role("tab", name="Events").click()
    keys(where, "End")
    assert where.locator(".cl-rows .cl-row").count() < 60
    assert where.get_by_role("grid").get_attribute("aria-rowcount") == "100001"
    assert where.locator(".cl-current").count() == 1


def test_zoom_changes_the_picture_and_fit_restores_it(visit: Open) -> None:
    where = visit([branch(election())])
    draw = "document.querySelector('.cl-stage canvas:not([hidden])').toDataURL()"
    keys(where, "0")
    whole = where.evaluate(draw)
    keys(where, "+", "+")
    assert where.evaluate(draw) != whole
    keys(where, "0")
    assert where.evaluate(draw) == whole


def test_a_verdict_leads_to_its_event(visit: Open) -> None:
    shown = branch(election())
    verdict = shown.meta["verdicts"][0]
    where = visit([shown])
    where.locator(".cl-chip.cl-violated").click()
    settle(where)
    assert number(where) == verdict["event"]
    assert verdict["because"] in where.locator(".cl-chip").first.inner_text()
    where.locator(".cl-mark").focus()
    assert verdict["because"] in where.locator(".cl-tip").inner_text()


def lost(at: float, event: int) -> dict[str, Any]:
    """A point of no return, as Python tells it."""
    curve = [(0.0, 0.1), (at - 0.5, 0.2), (at, 1.0)]
    return {"property": "p", "words": "From then on all break it.", "at": at, "event": event, "curve": curve}


def test_the_point_of_no_return_is_drawn_said_and_reached(live: Open) -> None:
    """A click beside a violated verdict asks for it; a mark, a sentence and a key lead to it."""
    trace = election()
    event = trace.select("Election", since=3)[0]
    shown = branch(trace)
    where = live([shown])
    assert where.locator(".cl-turning").is_hidden()
    where.get_by_role("button", name="when was it lost?").first.click()
    name = shown.meta["verdicts"][0]["name"]
    assert where.evaluate("window.sent.at(-1)") == {"type": "lost", "property": name}
    where.evaluate("window.say({ type: 'progress', text: 'drawing futures: 40 %' })")
    assert where.locator(".cl-notice.cl-calm").inner_text() == "drawing futures: 40 %"
    answer = replace(shown, turning=lost(event.time, event.seq))
    where.evaluate("([more]) => window.answer([more], 0)", wired([answer]))
    settle(where)
    assert where.locator(".cl-notice").is_hidden()
    described = where.locator(".cl-turning canvas").get_attribute("aria-label")
    assert described.startswith("Share of futures that break “p”: 10 % from 0.000 s, ")
    assert "From then on all break it." in where.locator(".cl-turning .cl-link").inner_text()
    ways = (
        lambda: keys(where, "n"),
        lambda: where.get_by_role("button", name="go to the point of no return").click(),
        lambda: where.locator(".cl-turning .cl-link").click(),
    )
    for go in ways:
        keys(where, "0", "Home")
        go()
        settle(where)
        assert number(where) == event.seq
    where.get_by_role("tab", name="Network").click()
    assert where.locator(".cl-turning").is_hidden()


def test_without_a_kernel_faults_are_disabled_with_the_reason(visit: Open) -> None:
    where = visit(family(), 1)
    keys(where, "ArrowDown", "Enter")
    menu = where.get_by_role("menu")
    assert "needs a running kernel; this page is a recording" in menu.inner_text()
    items = menu.get_by_role("menuitem").count()
    assert menu.locator("[aria-disabled=true]").count() == items - 1  # the other is the recorded variant
    menu.get_by_text("show recorded variant: recorded run").click()
    assert where.get_by_role("tab", name="recorded run").get_attribute("aria-selected") == "true"
    keys(where, "c")
    assert "needs a running kernel" in where.get_by_role("alert").inner_text()


def test_it_is_described_for_screen_readers(visit: Open) -> None:
    """The picture has a description made from the trace, the table a name; the sentence is a live region."""
    where = visit(family(), 1)
    keys(where, "End")

    def words() -> str:
        return str(where.locator(".cl-stage canvas:visible").get_attribute("aria-label"))

    until(lambda: "At 20.000 s" in words())
    assert "5 agents" in words()
    assert where.locator(".cl-say").get_attribute("aria-live") == "polite"
    assert where.locator("table.cl-measures").get_attribute("aria-label") == "counted, and theory"


THEMES = pytest.mark.parametrize("theme", ["light", "dark"])


@THEMES
@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.slow
def test_nobody_is_kept_out(live: Open, axe: str, theme: str, width: int) -> None:
    """axe-core objects to nothing: no view, menu, help, selected event, or run that broke off."""
    broken = branch(election(until=4), problem="agent 3 failed at 4 s")
    where = live([*family(), broken], 2, color_scheme=theme, viewport={"width": width, "height": 900})
    for presses in [(), ("ArrowDown", "p"), ("Escape", "?"), ("Escape", "v"), ("v", "ArrowDown"), ("v", "d")]:
        keys(where, *presses)
        assert objections(where, axe) == []


# What is written in the diagram, each text with its contrast: of the darkest and the lightest point there.
CONTRASTS = """
() => {
  const canvas = document.querySelector('.cl-stage canvas:not([hidden])'), { width } = canvas;
  const write = CanvasRenderingContext2D.prototype.fillText, texts = new Map();
  CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
    const w = this.measureText(text).width, left = x - { left: 0, center: w / 2, right: w }[this.textAlign];
    if (this.canvas.height === canvas.height) texts.set(`${text} ${left} ${y}`, [text, left, y - 5, w]);
    write.call(this, text, x, y);
  };
  const light = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  const { backgroundColor } = getComputedStyle(document.querySelector('.cl-player'));
  const ground = backgroundColor.match(/[0-9]+/g).map(Number);
  const contrast = (data, [text, x, y, w]) => {
    const found = [];
    for (let row = Math.round(y); row < y + 10; row++) {
      for (let i = 4 * (row * width + Math.round(x)); i < 4 * (row * width + x + w); i += 4) {
        const share = data[i + 3] / 255;
        const seen = ground.map((each, part) => light((each + (data[i + part] - each) * share) / 255));
        found.push(0.2126 * seen[0] + 0.7152 * seen[1] + 0.0722 * seen[2] + 0.05);
      }
    }
    return [text, Math.max(...found) / Math.min(...found)];
  };
  document.body.dataset.jpThemeLight = String(ground[0] > 128);  // so that all is painted again
  return new Promise((done) => setTimeout(() => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, width, canvas.height);
    done([...texts.values()].map((each) => contrast(data, each)));
  }, 300));
}
"""


@THEMES
def test_what_is_written_in_the_diagram_can_be_read(live: Open, theme: str) -> None:
    """Also before it has happened, to the right of the playhead."""
    where = live([branch(election(), focus=(0, 20))], color_scheme=theme)
    keys(where, "Shift+ArrowRight", "Shift+ArrowRight", "Escape")  # at the very beginning nothing is veiled
    written = where.evaluate(CONTRASTS)
    assert {"follows", "coordinates", "down", "crash 5", "5"} <= {text for text, _ in written}
    assert [each for each in written if each[1] < 4.5] == []


@pytest.mark.parametrize("width", [380, 800, 1280])
def test_nothing_sticks_out_at_any_width(visit: Open, width: int) -> None:
    """On a phone, a tablet and a desktop no view scrolls sideways."""
    where = visit(family(), 1)
    where.set_viewport_size({"width": width, "height": 900})
    for _ in range(3):
        keys(where, "v")
        assert where.evaluate("document.documentElement.scrollWidth") <= width


def test_dark_and_light_follow_the_system_and_jupyterlab(visit: Open) -> None:
    where = visit(family(), color_scheme="dark")
    colour = "getComputedStyle(document.querySelector('.cl-player')).backgroundColor"
    assert where.evaluate(colour) == "rgb(20, 24, 29)"
    where.evaluate("document.body.dataset.jpThemeLight = 'true'")
    assert where.evaluate(colour) == "rgb(255, 255, 255)"


def test_reduced_motion_moves_from_event_to_event(visit: Open) -> None:
    trace = election()
    where = visit([branch(trace)], reduced_motion="reduce")
    keys(where, " ")
    where.wait_for_timeout(700)
    keys(where, " ")
    assert clock(where) in {round(event.time, 3) for event in trace}


@pytest.mark.parametrize("events", [10_000, pytest.param(100_000, marks=pytest.mark.slow)])
def test_a_frame_is_drawn_well_within_its_time(live: Open, events: int) -> None:
    """While playing, drawing takes far less than the 16 ms that sixty frames a second leave."""
    where = live([branch(long_election(events))])
    pace, stats = Pace(where), "document.querySelector('.cl-player').stats"
    pace.sample()
    before = where.evaluate(f"({{ ...{stats} }})")
    keys(where, "]", "]", " ")
    until(lambda: where.evaluate(f"{stats}.frames") >= before["frames"] + 30)
    keys(where, " ")
    after = where.evaluate(stats)
    pace.sample()
    frames = after["frames"] - before["frames"]
    pace.check("a frame", (after["drawMs"] - before["drawMs"]) / frames, least=12, share=1.5)


# --- with a model that listens ---------------------------------------------------------------------------


POINT = """([fromX, toX, message]) => {
  const canvas = document.querySelector('.cl-stage canvas:not([hidden])');
  const box = canvas.getBoundingClientRect(), tip = document.querySelector('.cl-tip');
  for (let y = box.top + 10; y < box.bottom - 30; y += 2)
    for (let x = box.left + fromX * box.width; x < box.left + toX * box.width; x += 3) {
      canvas.dispatchEvent(new PointerEvent('pointermove', { clientX: x, clientY: y }));
      if (canvas.style.cursor === 'pointer' && tip.hidden !== message) return { x, y };
    } }"""


def point(where: Any, between: tuple[float, float], message: bool) -> dict[str, float]:
    """The topmost point in these shares of the diagram's width that is on a message, or else on a lane."""
    found: dict[str, float] = where.evaluate(POINT, [*between, message])
    return found


def sent(where: Any) -> Any:
    return where.evaluate("window.sent")


def test_a_click_on_a_lane_crashes_its_agent_at_that_time(live: Open) -> None:
    """The menu names agent and time; the message has the fault and the branch that is shown."""
    where = live([branch(election(crash=False, parted=False))])
    keys(where, "0")
    where.mouse.click(**point(where, (0.42, 0.6), message=False))
    menu = where.get_by_role("menu")
    assert re.match(r"5 at \d+\.\d{3} s", menu.get_attribute("aria-label"))
    menu.get_by_role("menuitem", name="crash", exact=True).click()
    (message,) = sent(where)
    assert (message["type"], message["branch"]) == ("fault", 0)
    assert (message["fault"]["kind"], message["fault"]["agent"]) == ("Crash", "5")
    assert message["fault"]["at"] == pytest.approx(clock(where), abs=1e-3)
    assert message["fault"]["at"] == round(message["fault"]["at"], 6)


def test_crash_and_restart_keys_act_only_if_they_change_something(live: Open) -> None:
    """An agent that is up cannot be restarted; one that is down cannot be crashed."""
    where = live([branch(election(crash=True, parted=False))])
    keys(where, "ArrowDown", "r")
    assert "5 is already up" in where.locator(".cl-player").inner_text()
    keys(where, "End", "Home")
    where.evaluate("document.querySelector('.cl-view:nth-child(3)').click()")
    where.get_by_label("filter the events").fill("crash 5")
    where.locator(".cl-rows .cl-row").nth(0).click()
    keys(where, "c", "r")
    assert [message["fault"]["kind"] for message in sent(where)] == ["Restart"]


def test_every_fault_can_be_requested_by_keyboard(live: Open) -> None:
    """Crash, also with a restart, slow, cut, partition, drop, delay, duplicate.  What lasts asks how long."""
    trace = election(crash=False, parted=False)
    where = live([branch(trace)])
    keys(where, "ArrowDown", "c", "s")
    for press in ("Enter", "Enter", "ArrowDown", "Enter", "ArrowDown", "Enter"):  # for 0.5 s; for 2 s
        where.keyboard.press(press)
    keys(where, "x", "Enter", "End", "Enter")
    keys(where, "p", "ArrowDown", "Enter", "End", "Enter", "Enter")
    deliver = next(event for event in trace if event.kind == "deliver")
    where.evaluate("document.querySelector('.cl-view:nth-child(3)').click()")
    where.get_by_label("filter the events").fill(f"#{deliver.message} deliver")
    where.locator(".cl-rows .cl-row").first.click()
    keys(where, "d", "e", "Enter")
    where.keyboard.press("End")
    where.keyboard.press("Enter")
    faults = [message["fault"] for message in sent(where)]
    assert faults == [
        {"kind": "Crash", "agent": "5", "at": 0},
        {"kind": "Slow", "who": "5", "by": 0.5, "at": 0, "until": 0.5},
        {"kind": "Crash", "agent": "5", "at": 0, "until": 2},
        {"kind": "Cut", "link": "5>4", "at": 0},
        {"kind": "Partition", "groups": [["5", "4"], ["3", "2", "1"]], "at": 0, "until": 0.5},
        {"kind": "Drop", "message": deliver.message},
        {"kind": "Delay", "message": deliver.message, "by": 0.5},
        {"kind": "Duplicate", "message": deliver.message},
    ]


def test_a_click_on_an_arrow_selects_the_message_and_offers_its_faults(live: Open) -> None:
    """The menu drops the message of the arrow below the pointer."""
    where = live([branch(election(crash=False, parted=False), focus=(0.0, 0.2))])
    settle(where)
    spot = point(where, (0.15, 0.9), message=True)
    words = where.locator(".cl-tip").inner_text()
    where.mouse.click(**spot)
    where.get_by_role("menuitem", name="drop it").click()
    (message,) = sent(where)
    assert message["fault"] == {"kind": "Drop", "message": int(re.findall(r"#(\d+)", words)[0])}
    assert where.locator(".cl-inspect").is_visible()


def test_a_new_branch_keeps_the_time_and_the_selection(live: Open) -> None:
    calm, struck = family()
    where = live([calm])
    keys(where, "Home", "ArrowRight", "ArrowRight", "+", "+")
    before = clock(where), number(where)
    where.evaluate("([branches]) => window.answer(branches, 1)", [wired([calm, struck])])
    assert where.evaluate("document.querySelector('.cl-player').dataset.version") == "2"
    assert (clock(where), number(where)) == before
    assert where.locator(".cl-inspect").is_visible()
    assert where.get_by_role("tab", name="crash 5 at 3 s").get_attribute("aria-selected") == "true"


# Where the network puts the words for agents of these names, and where the agents are.
NETWORK = """
([agents, width, height]) => {
  const { Network, NOTHING, Scene } = window.player, net = new Network(new Scene());
  const meta = { ...NOTHING.meta, agents, roles: ['follows', 'coordinates'] };
  const spans = agents.map((_, i) => ({ from: [0], role: [i % 2] }));
  net.layout({ ...NOTHING, spans, meta }, width, height);
  const around = ([x, y]) => ({ x0: x - net.node, x1: x + net.node, y0: y - net.node, y1: y + net.node });
  return [net.labels.filter((label) => label), agents.map((_, a) => around(net.at(a)))];
}
"""


def test_words_in_the_network_cover_nothing(live: Open) -> None:
    """Neither each other nor an agent, nor do they stick out; up to eleven agents have their roles, too."""
    where = live(family())
    for name, agents, size in product(("{}", "agent-{}"), (1, 2, 5, 8, 11, 12, 30), ((220, 220), (640, 400))):
        labels, nodes = where.evaluate(NETWORK, [[name.format(each) for each in range(agents)], *size])
        boxes = [*labels, *nodes]
        for at, one in enumerate(labels):
            assert (one["x0"] >= 0, one["x1"] <= size[0], one["y0"] >= 0, one["y1"] <= size[1]) == (True,) * 4
            for other in boxes[:at] + boxes[at + 1 :]:
                apart = one["x1"] <= other["x0"] or other["x1"] <= one["x0"]
                assert apart or one["y1"] <= other["y0"] or other["y1"] <= one["y0"], (name, agents, size)
        if agents <= 12:
            middles = [(each["x0"] + each["x1"]) / 2 + (each["y0"] + each["y1"]) / 2 * 1j for each in nodes]
            least = min((abs(one - other) for one, other in combinations(middles, 2)), default=99.0)
            assert least > 1.3 * (nodes[0]["x1"] - nodes[0]["x0"]), (name, agents, size)
        assert len(labels) == agents or agents > 12
        assert agents > 11 or all(each["says"] != "name" for each in labels)


# How well the head of an arrow in the network points along its way, from -1 to 1, at shares of the way.
HEADS = """
(shares) => {
  const { ARRIVED, Network, NOTHING, Scene } = window.player, points = [];
  const scene = new Scene(), net = new Network(scene);
  const arrows = { t0: [0], t1: [1], from: [0], to: [1], name: [0], fate: [ARRIVED] };
  net.trace = { ...NOTHING, arrows, meta: { ...NOTHING.meta, agents: ['a', 'b', 'c'], names: ['Ask'] } };
  scene.looks.type = () => ({ colour: '#000', width: 1, dash: [] });
  for (const name of ['moveTo', 'lineTo']) Path2D.prototype[name] = (x, y) => points.push([x, y]);
  const [[ax, ay], [bx, by]] = [net.at(0), net.at(1)], way = Math.hypot(bx - ax, by - ay);
  return shares.map((share) => {
    [scene.now, points.length] = [share, 0];
    net.paintMessage(net.ctx, 0);
    const [[x, y], [x1, y1], [x2, y2]] = points, dx = x - (x1 + x2) / 2, dy = y - (y1 + y2) / 2;
    return (dx * (bx - ax) + dy * (by - ay)) / way / Math.hypot(dx, dy);
  });
}
"""


def test_a_message_in_the_network_points_to_its_recipient_from_the_start(live: Open) -> None:
    pointing = live(family()).evaluate(HEADS, [0, 0.5, 1])
    assert pointing == pytest.approx([1, 1, 1])


# How strongly so many arrows are painted on a picture that is 100 pixels wide.
STRENGTH = """
(n) => {
  const of = (value) => Array(n).fill(value), alphas = [];
  const ctx = document.createElement('canvas').getContext('2d');
  const arrows = { name: of(0), fate: of(0), copy: of(false), from: of(0), to: of(1) };
  const looks = { type: () => ({ colour: '#000', width: 1, dash: [] }) };
  const scene = { picked: -1, looks, theme: { bad: '#f00' } }, trace = { arrows, meta: { names: ['Ask'] } };
  ctx.stroke = () => alphas.push(ctx.globalAlpha.toFixed(2));
  const frame = { shown: () => [...arrows.name.keys()], ends: () => [0, 0, 5, 5], trace, scene };
  window.player.paintArrows({ ...frame, W: 140, left: 40, pitch: 9 }, ctx);
  return [...new Set(alphas)];
}
"""


def test_arrows_are_pale_where_there_is_more_than_one_for_each_pixel(live: Open) -> None:
    where = live(family())
    assert [where.evaluate(STRENGTH, count) for count in (100, 101)] == [["1.00"], ["0.45"]]


def test_none_may_be_undefined(live: Open) -> None:
    """As it is where Python itself runs in the browser: the player shows the same."""
    pages = [live(family(), selected, pyodide=pyodide) for selected in (0, 1) for pyodide in (False, True)]
    for where in pages:
        where.locator(".cl-chip").first.click()
        settle(where)
    first, same, second, alike = (where.locator(".cl-player").inner_text() for where in pages)
    assert (first, second) == (same, alike)


def test_a_new_branch_is_shown_at_once(live: Open) -> None:
    """From the message to the drawn picture, the best of five."""
    both = wired(family())
    where = live(family())
    pace, times = Pace(where), list[float]()
    for turn in range(5):
        pace.sample(1)
        where.evaluate("([branches, selected]) => window.answer(branches, selected)", [both, turn % 2])
        times.append(where.evaluate("document.querySelector('.cl-player').stats.loadMs"))
    pace.check("the new branch", min(times), least=150, share=5)


def test_branches_are_renamed_deleted_compared_and_undone(live: Open) -> None:
    """F2 renames, Delete deletes, U undoes, B branches; compare shows the parent above the branch."""
    where = live(family(), 1)
    where.locator(".cl-tab[aria-selected=true]").press("F2")
    where.get_by_label("new name for").fill("power cut")
    where.keyboard.press("Enter")
    where.locator(".cl-tab[aria-selected=true]").press("Delete")
    keys(where, "u", "Control+z", "b")
    assert sent(where) == [
        {"type": "rename", "branch": 1, "name": "power cut"},
        {"type": "delete", "branch": 1},
        {"type": "undo"},
        {"type": "undo"},
        {"type": "branch", "branch": 1, "at": 0},
    ]
    where.get_by_role("button", name="compare").click()
    settle(where)
    labels = where.locator(".cl-stage canvas:visible").evaluate_all(
        "all => all.map((each) => each.getAttribute('aria-label'))"
    )
    assert len(labels) == 2


def test_without_a_change_there_is_nothing_to_undo(live: Open) -> None:
    """The button says so, and the key asks nobody."""
    where = live(family())
    where.evaluate("window.model.set('undoable', false)")
    where.evaluate("branches => window.answer(branches, 0)", wired(family()))
    assert where.get_by_role("button", name="undo").get_attribute("title") == "nothing to undo"
    keys(where, "u")
    assert (where.get_by_role("alert").inner_text(), sent(where)) == ("nothing to undo", [])


@pytest.mark.parametrize("width", [1500, 1000, 400])
def test_the_help_can_be_read_and_closed_wherever_the_page_is(live: Open, width: int) -> None:
    """It is in the window, its texts are wider than its keys, and no key acts on the player behind it."""
    where = live(family(), viewport={"width": width, "height": 500})
    where.add_style_tag(
        content="main dl { display: block } main dt { width: 20% } main dd { width: 80% }"
    )  # as JupyterLab has it
    where.evaluate("document.querySelector('.cl-stage').scrollIntoView(false)")
    keys(where, "End", "?", "Home")
    close, dialog = where.get_by_role("button", name="close"), where.get_by_role("dialog")
    for box in (close.bounding_box(), dialog.bounding_box()):
        assert box["x"] >= 0 <= box["y"]
        assert (box["x"] + box["width"] <= width, box["y"] + box["height"] <= 500) == (True, True)
    assert dialog.evaluate("each => each.scrollWidth <= each.clientWidth")
    key, text = (dialog.locator(each).first.bounding_box()["width"] for each in ("dt", "dd"))
    assert (text > key, key + text > 0.9 * dialog.locator("dl").bounding_box()["width"]) == (True, True)
    close.click()
    assert (dialog.count(), clock(where)) == (0, 20.0)
    assert where.evaluate("document.activeElement.className") == "cl-stage"


def test_a_player_enters_its_run_again_when_the_lab_says_so(live: Open) -> None:
    """The first view, and the playhead at the start of the window that was chosen for the run."""
    where = live([branch(election(), focus=(2.0, 9.0))])
    where.get_by_role("tab", name="Events").click()
    keys(where, "0", "End")
    where.evaluate("document.querySelector('.cl-player').dispatchEvent(new Event('cl-enter'))")
    settle(where)
    assert clock(where) == 2.0
    assert where.locator(".cl-view[aria-selected=true]").inner_text() == "Space-time"


def test_a_run_opens_at_its_event_and_another_branch_does_not_move_on(visit: Open) -> None:
    """The event is selected, with its causes; a click on the other tab keeps the moment."""
    opens = {"at": 12.5, "event": None, "window": [11.0, 14.0]}
    first = replace(branch(election()), opens=opens)
    where = visit([first, branch(election(crash=False), "calm", 0)])
    assert (clock(where), where.locator(".cl-inspect").is_visible()) == (12.5, False)
    where.locator(".cl-tab", has_text="calm").click()
    settle(where)
    assert clock(where) == 12.5
    seq = verdicts(election())[0].event
    chosen = replace(first, opens={"at": election()[seq].time, "event": seq, "window": [11.0, 14.0]})
    where = visit([chosen])
    assert number(where) == seq
    assert "Because" in where.locator(".cl-inspect").inner_text().title()


def test_a_run_on_show_moves_to_where_it_is_to_open_from_now_on(live: Open) -> None:
    where = live([branch(election())])
    keys(where, "0", "End")
    where.evaluate("""() => window.model.set("branches", window.model.get("branches").map((each) => (
      { ...each, meta: { ...each.meta, opens: { at: 12.5, event: null, window: [11, 14] } } })))""")
    settle(where)
    assert clock(where) == 12.5


def test_an_error_of_the_kernel_is_shown(live: Open) -> None:
    where = live(family())
    keys(where, "ArrowDown", "c")
    where.evaluate("window.say({ type: 'error', text: 'no agent 9' })")
    assert where.get_by_role("alert").inner_text() == "no agent 9"


def test_keys_act_only_while_the_player_has_the_focus(live: Open) -> None:
    where = live(family())
    where.evaluate("document.activeElement.blur()")
    where.keyboard.press("c")
    where.get_by_role("tab", name="Events").click()
    where.get_by_label("filter the events").press_sequentially("crb")
    assert sent(where) == []


def test_two_views_of_one_model_are_independent(live: Open) -> None:
    """Each view has its own time; closing one removes its listeners and keeps the other."""
    where = live(family())
    listeners = "[...window.heard.values()].reduce((sum, all) => sum + all.length, 0)"
    alone = where.evaluate(listeners)
    where.evaluate("void (window.second = window.render())")
    where.locator(".cl-stage").nth(1).focus()
    where.keyboard.press("End")
    settle(where)
    assert where.locator(".cl-clock").all_inner_texts()[0].startswith("0.000 s")
    assert where.locator(".cl-clock").all_inner_texts()[1].startswith("20.000 s")
    where.evaluate("window.second()")
    assert where.evaluate(listeners) == alone
    assert where.locator(".cl-player").count() == 1


def test_the_scenario_line_can_be_copied(live: Open) -> None:
    where = live(family())
    where.locator(".cl-share button").click()
    until(lambda: where.locator(".cl-share button").inner_text() in {"copied", "press Ctrl+C"})


def test_an_empty_trace_is_shown(visit: Open) -> None:
    where = visit([branch(Trace([]), verdicts=())])
    assert "Nothing has happened yet." in where.locator(".cl-say").inner_text()
    assert where.evaluate("document.querySelector('.cl-player').stats.frames") >= 1
