"""Drawings of traces: they show everything in the trace, and nothing else."""

import subprocess
import sys
import xml.etree.ElementTree as ET
from base64 import b64encode
from collections import Counter
from itertools import pairwise

import pytest
from matplotlib import pyplot

from coordlab.draw import Drawing, space_time, thumbnail
from coordlab.draw.chart import chart
from coordlab.draw.looks import Looks
from coordlab.draw.scene import COLOURS, Look, Scene, contrast, fit, listed, ticks, wide
from coordlab.draw.spacetime import MOST, space_time_scene
from coordlab.trace.lanes import clean
from coordlab.trace.trace import Trace
from tests.draw.tale import Tale, small

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = (
    "<script>alert(1)</script>",
    "\"'&]]>--",
    "$x^2$",
    "_hidden",
    "a\0\x1b\ud800b",
    "\u202eevil",
    "n" * 500,
)


def scene_of(trace: Trace, since: float | None = None, until: float | None = None) -> Scene:
    return space_time_scene(trace, since, until, "", 760)


def drawn(drawing: Drawing) -> ET.Element:
    return ET.fromstring(drawing.svg)


def counted(drawing: Drawing) -> Counter:
    """The number of marks of each kind in an SVG."""
    counts: Counter = Counter()
    for group in drawn(drawing).findall(f"{SVG}g"):
        counts[group.get("class")] += len(group)
    return counts


def texts(drawing: Drawing) -> list[str]:
    return [text.text or "" for text in drawn(drawing).iter(f"{SVG}text")]


def busy(messages: int, agents: int = 3, until: float = 100.0) -> Trace:
    tale = Tale(*(f"a{number}" for number in range(agents)), until=until)
    for number in range(messages):
        at = until * number / messages
        tale.send(at, f"a{number % agents}", f"a{(number + 1) % agents}", at + 0.02)
    return tale.trace


# --- the space-time diagram --------------------------------------------------------------------------


def noted() -> Tale:
    tale = Tale("a")
    tale.tell(1, "note", "a", data="thinking <hard>")
    tale.tell(2, "decision", "a", data="go")
    return tale


def unheard() -> Tale:
    """The recipient crashes after the message has come, and before it has acted on it."""
    tale = Tale("a", "b")
    sent = tale.send(1, "a", "b", 2)
    arrival = next(row for at, row, cause in tale.events if cause is sent)
    tale.crash(2.5, "b").tell(3, "drop", "b", arrival, peer="a", message=1, name="Hello", data="down")
    return tale


def alone(role: str | None = "idle") -> Tale:
    """One agent that writes to itself."""
    tale = Tale("a", role=role)
    tale.send(1, "a", "a", 2)
    return tale


def led() -> Tale:
    """Without a role the lane shows the first state that is no number."""
    tale = Tale("a", role=None)
    tale.events[0][1][5] = (("term", 1), ("leader", None))
    return tale.turn(4, "a", "a", state="leader").turn(5, "a", "2", state="term")


PARTITION = ("Partition", "partition a,b/c @2..4", 2, 4)


def struck(kind: str, text: str, *times: float) -> Tale:
    return Tale("a", "b", "c").fault(kind, text, "a", *times)


# A tale, how many marks of which kinds its drawing has, and what is written in it.
@pytest.mark.parametrize(
    ("tale", "marks", "words"),
    [
        # three messages of which two are copies of one; a: idle, busy, idle; b: idle, down, idle; c: idle
        (small(), {"message": 3, "lost": 2, "cross": 2, "underway": 1, "role": 6, "down": 1}, ">down<"),
        (unheard(), {"lost": 1}, "1 not delivered (down: 1)"),
        (noted(), {"note": 1, "decision": 1}, "thinking &lt;hard&gt;"),
        (alone(), {"message": 1, "role": 1}, "1 agent: a"),
        (alone(role=None), {"message": 1, "role": 1}, "At 10 s, up: a."),
        (led(), {"role": 2}, "At 10 s, leader = a: a."),
        (Tale("a").turn(4, "a", "blink").turn(4, "a", "idle"), {"role": 1}, "idle: a"),
        (Tale(*map(str, range(50))), {"role": 50}, "50 agents"),
        (struck(*PARTITION), {"group": 3, "wall": 1, "lasting": 1}, ">partition a,b/c<"),
        (struck(*PARTITION), {}, "partition a,b/c at 2 to 4 s"),
        (struck("Cut", "cut a>b @2", 2), {"struck": 2, "lasting": 1}, "cut a&gt;b at 2 to 10 s"),
        (struck("Slow", "slow a 0.5 @2..4", 2, 4), {"struck": 1}, ">slow a 0.5<"),
        (struck("Skew", "skew a x1.1 +0 @2..4", 2, 4), {"struck": 1}, ">skew a x1.1 +0<"),
        (struck("Rogue", "rogue a wrong @2..4", 2, 4), {"struck": 1}, ">rogue a wrong<"),
        (struck("Drop", "drop a>b #1", 0), {"flag": 1, "lasting": 0}, ">drop a&gt;b #1<"),
    ],
)  # fmt: skip
def test_everything_in_the_trace_is_drawn(tale, marks, words):
    drawing = space_time(tale.trace)
    assert {what: counted(drawing)[what] for what in marks} == marks
    assert words in drawing.svg


def test_a_part_shows_everything_that_overlaps_it_and_nothing_else():
    drawing, scene = space_time(small().trace, since=2.6, until=4), scene_of(small().trace, 2.6, 4)
    counts = counted(drawing)
    assert (counts["message"], counts["lost"], counts["underway"]) == (1, 1, 0)  # the second copy; c to b
    assert counts["role"] == 3
    assert "virtual time 2.6 to 4 s" in drawing.alt
    left, right, *_ = scene.limits
    assert [mark for mark in scene.marks for x, _ in mark.points if not left - 0.1 <= x <= right + 0.1] == []


def test_the_description_has_the_content_of_the_drawing():
    drawing = space_time(small().trace)
    assert drawing.alt == (
        "Space-time diagram of 3 agents: a, b and c over 10 virtual seconds. Faults: b crashes at 3 s; "
        "b restarts at 5 s. At 10 s, idle: a, b and c. 5 messages sent, 2 not delivered (down: 1, "
        "lost: 1), 1 still on the way."
    )
    assert repr(drawing) == drawing.alt == drawn(drawing).findtext(f"{SVG}desc")


def test_a_lost_message_ends_after_three_fifths_of_its_way():
    tale = Tale("a", "b")
    tale.send(0, "a", "b", 10, fate="lost")
    scene = scene_of(tale.trace)
    (line,) = [mark for mark in scene.marks if mark.what == "lost"]
    (x0, _), (x1, _) = line.points
    left, right, *_ = scene.limits
    assert (x1 - left) / (right - left) == pytest.approx(0.6, abs=0.05)  # of the way between the lanes
    assert "does not reach b: lost" in line.tip
    assert x0 < x1


def test_every_mark_has_a_sentence():
    scene = scene_of(small().trace)
    assert [mark.what for mark in scene.marks if not mark.tip and mark.what != "label"] == []
    tips = [title.text for title in drawn(space_time(small().trace)).iter(f"{SVG}title")]
    assert "2.500 s: c to b: “Hello!” 3.500 s: Hello from c does not reach b: down." in tips
    assert "6.000 s: c to a: “Hello!” 7.000 s: Hello from c does not reach a: lost." in tips


def test_second_copy_is_hollow():
    tale = Tale("a", "b")
    tale.send(1, "a", "b", 2, 3)
    marks = [mark for mark in scene_of(tale.trace).marks if mark.what == "message"]
    assert [mark.look.hollow for mark in marks] == [False, True]
    assert "second copy" in texts(space_time(tale.trace))


TIMES = r"expected two times in virtual seconds, the earlier first; the run goes from 0 to 10 s"


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda trace: space_time(trace, since=4, until=4), f"since=4, until=4: {TIMES}"),
        (lambda trace: space_time(trace, since=5, until=4), TIMES),
        (lambda trace: space_time(trace, since=-1, until=4), TIMES),
        (lambda trace: space_time(trace, since=0, until=float("inf")), TIMES),
        (lambda trace: space_time(trace, since=float("nan"), until=1), TIMES),
        (lambda trace: space_time(trace, width=0), "width=0: expected pixels, 300 or more"),
        (
            lambda trace: space_time(trace).save("a.png"),
            r"'a.png': a drawing is saved as .svg.*save\('a.svg'\)",
        ),
        (lambda trace: chart({}, {"counted": {}}, "agents", "messages"), "expected finite numbers"),
        (lambda trace: chart({}, {"counted": {1: [float("inf")]}}, "agents", "messages"), "expected finite"),
    ],
)
def test_a_wrong_argument_is_an_error(call, words):
    with pytest.raises(ValueError, match=words):
        call(small().trace)


def test_a_long_run_is_lanes_and_a_strip_and_advises_to_zoom():
    trace = busy(3 * MOST)
    counts = counted(space_time(trace))
    assert counts["message"] == 0
    assert counts["density"] > 50
    (advice,) = [text for text in texts(space_time(trace)) if "Zoom in" in text]
    assert advice.startswith(
        "1,200 messages are too many to draw as arrows. Zoom in: space_time(trace, since="
    )
    closer = eval(advice.partition("Zoom in: ")[2], {"space_time": space_time, "trace": trace})
    assert 20 < counted(closer)["message"] < 200


def test_strip_counts_every_message_once():
    scene = scene_of(busy(MOST + 1))
    tips = {mark.points[0][0]: mark.tip for mark in scene.marks if mark.what == "density"}
    assert sum(int(tip.split(" s: ")[1].split()[0]) for tip in tips.values()) == MOST + 1


def test_ten_thousand_events_stay_a_small_picture():
    tale = Tale("a", "b", until=1000)
    for number in range(10_000):
        tale.turn(number / 10, "a", f"role{number % 2}")
    assert len(space_time(tale.trace).svg) < 500_000


def test_roles_whose_meaning_is_known_look_like_it():
    """Whatever the others look like; a meaning that does not exist is refused."""
    run = small().trace
    looks = Looks(run, [], [], {"coordinates": "active", "follows": "idle"})
    assert (looks.role("coordinates"), looks.role("follows")) == (Look("role1"), Look("down"))
    with pytest.raises(ValueError, match="tone='red': expected one of 'normal', 'idle', 'active'"):
        space_time(run, tones={"follows": "red"})


def test_more_roles_than_colours_still_look_different():
    tale = Tale("a", until=100)
    for number in range(40):
        tale.turn(number + 1, "a", f"role{number}")
    looks = {mark.look for mark in scene_of(tale.trace).marks if mark.what == "role"}
    assert len(looks) == 41


def test_empty_trace():
    empty = Trace([])
    assert space_time(empty).alt == (
        "Space-time diagram of 0 agents over 1 virtual seconds. No faults. At 1 s, there are no agents. "
        "0 messages sent, none of them failed."
    )


def test_run_loaded_from_a_file_draws_the_same():
    trace = small().trace
    assert space_time(Trace.from_jsonl(trace.to_jsonl())).svg == space_time(trace).svg


def test_many_faults_have_flags_but_not_all_have_texts():
    tale = Tale("a", "b")
    for number in range(12):
        tale.fault("Drop", f"drop a>b #{number + 1}", "a", 5)
    drawing = space_time(tale.trace)
    assert counted(drawing)["flag"] == 12
    assert len([text for text in texts(drawing) if text.startswith("drop a>b #")]) == 4
    assert "drop a>b #8 at 5 s; and 4 more." in drawing.alt


def test_heartbeats_are_drawn_faintly():
    tale = Tale("a", "b")
    for second in range(10):
        for half in (0.1, 0.6):
            tale.send(second + half, "a", "b", second + half + 0.1, name="Ping")
    tale.send(1, "a", "b", 2)
    tale.send(3, "b", "a", 4, name="Bye")
    scene = scene_of(tale.trace)
    arrows = [mark for mark in scene.marks if mark.what == "message"]
    colours = {mark.tip.partition(" from ")[0].split()[-1]: mark.look.colour for mark in arrows}
    assert colours == {"Ping": "soft", "Bye": "type0", "Hello": "type1"}


def test_long_legend_goes_on_in_the_next_row():
    tale = Tale("a", until=100)
    for number in range(40):
        tale.turn(number + 1, "a", f"quite a long role, number {number}")
    entries = [group for group in drawn(space_time(tale.trace)) if group.get("class") == "legend"]
    places = {text.get("y") for group in entries for text in group.iter(f"{SVG}text")}
    assert len(places) > 5


# --- any drawing -------------------------------------------------------------------------------------


def both(trace: Trace) -> list[Drawing]:
    return [space_time(trace, title="What happened"), space_time(trace, since=2, until=6)]


def test_equal_traces_have_equal_drawings_whose_ids_are_their_own():
    assert [each.svg for each in both(small().trace)] == [each.svg for each in both(small().trace)]
    ids = [
        [node.get("id") for node in drawn(drawing).iter() if node.get("id")]
        for drawing in both(small().trace)
    ]
    assert all(len(set(each)) == len(each) for each in ids)
    assert not set(ids[0]) & set(ids[1])


def test_drawings_are_images_with_title_and_description():
    for drawing in both(small().trace):
        root = drawn(drawing)
        named = root.get("aria-labelledby").split()
        assert root.get("role") == "img"
        assert [root[0].tag, root[1].tag] == [f"{SVG}title", f"{SVG}desc"]
        assert [root[0].get("id"), root[1].get("id")] == named


def test_drawings_follow_the_theme():
    for drawing in both(small().trace):
        css = drawn(drawing).findtext(f"{SVG}style")
        assert "prefers-color-scheme:dark" in css
        assert '[data-jp-theme-light="false"]' in css
        assert "--cl-ink:light-dark(#1b1f24,#e6e9ec)" in css


def test_colours_are_also_attributes_for_programs_without_css():
    for element in drawn(space_time(small().trace)).iter():
        if "var(" in element.get("style", ""):
            assert {element.get("fill"), element.get("stroke")} & {light for light, _ in COLOURS.values()}


def test_no_text_is_smaller_than_eleven_pixels():
    for drawing in both(small().trace):
        groups = drawn(drawing).findall(f"{SVG}g")
        assert min(float(group.get("font-size")) for group in groups if group.get("font-size")) >= 11


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_text_has_enough_contrast_with_its_background(theme):
    colours = {name: pair[theme] for name, pair in COLOURS.items()}
    grounds = ["bg", "group0", "group1", "group2"]
    pairs = [(ink, ground) for ink in ("ink", "soft") for ground in grounds]
    pairs += [(f"on-{name}", name) for name in colours if name.startswith("role") or name == "down"]
    assert {pair for pair in pairs if contrast(colours[pair[0]], colours[pair[1]]) < 4.5} == set()


def test_message_types_have_enough_contrast_with_the_page():
    lines = [pair for name, pair in COLOURS.items() if name.startswith(("type", "bad", "accent"))]
    assert min(min(contrast(light, "#ffffff"), contrast(dark, "#14181d")) for light, dark in lines) >= 3


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_stay_text(name):
    tale = Tale(name, "b").turn(1, name, name)
    tale.send(1, name, "b", 2, name=name)
    tale.tell(3, "note", name, data=name)
    trace = tale.crash(5, name).trace
    drawing = space_time(trace, title=name)
    tags = {node.tag.removeprefix(SVG) for node in drawn(drawing).iter()}
    assert tags <= {
        *("svg", "title", "desc", "style", "rect", "defs"),
        *("pattern", "path", "g", "text", "circle"),
    }
    assert "\0" not in drawing.svg
    drawing.svg.encode()


def test_a_thumbnail_has_lanes_messages_faults_and_the_moment_but_no_letters():
    tale = Tale("ann", "bob", until=4.0)
    tale.send(1.0, "ann", "bob", 1.5)
    tale.send(3.0, "bob", "ann", 3.5)
    small = thumbnail(tale.trace, 0.5, 2.5, 1.0, "Ann writes to Bob.", agent="ann")
    assert counted(small)["role"] == 2
    assert counted(small)["message"] == 1
    assert counted(small)["moment"] == 2
    assert (texts(small), small.alt) == ([], "Ann writes to Bob.")
    assert len(small.svg) < 7_000
    assert counted(thumbnail(tale.trace, 0.5, 2.5, 1.0, "Nobody is marked."))["moment"] == 1


@pytest.mark.parametrize(
    ("part", "who", "words"),
    [((2.0, 2.0), "", "expected two times in seconds"), ((0.0, 1.0), "zed", "agent='zed'.*ann")],
)
def test_a_thumbnail_of_nothing_is_refused(part, who, words):
    with pytest.raises(ValueError, match=words):
        thumbnail(Tale("ann", "bob").trace, *part, 0.5, "", agent=who)


def test_drawing_displays_itself():
    drawing = space_time(small().trace)
    bundle = drawing._repr_mimebundle_(include=None, exclude=None)
    image = b64encode(drawing.svg.encode()).decode()
    assert bundle == {"text/html": drawing.html, "text/plain": drawing.alt}
    assert f'src="data:image/svg+xml;base64,{image}"' in drawing.html


def test_drawing_saves_itself(tmp_path):
    drawing = space_time(small().trace)
    assert drawing.save(tmp_path / "run.svg").read_text(encoding="utf-8") == drawing.svg


@pytest.mark.slow
def test_drawing_needs_nothing_but_the_standard_library():
    code = """
import sys
from coordlab.draw import space_time
from coordlab.trace.trace import Trace
space_time(Trace([]))
print({"numpy", "matplotlib", "networkx"} & set(sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


# --- on matplotlib axes ------------------------------------------------------------------------------


@pytest.fixture
def axes():
    figure, ax = pyplot.subplots(figsize=(9, 5))
    yield ax
    figure.savefig("/dev/null", format="png")
    pyplot.close(figure)


def artists(ax) -> int:
    return len(ax.patches) + len(ax.lines) + len(ax.texts)


@pytest.mark.slow
def test_axes_hold_one_artist_for_each_mark(axes):
    scene = scene_of(small().trace)
    assert space_time(small().trace, ax=axes) is axes
    assert artists(axes) == len(scene.marks)


@pytest.mark.slow
def test_axes_are_in_seconds_and_lanes(axes):
    space_time(small().trace, since=2, until=8, title="a $title$", ax=axes)
    assert axes.get_xlim() == pytest.approx((2, 8))
    assert axes.get_xlabel() == "virtual seconds"
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b", "c"]
    assert axes.get_title() == "a $title$"
    (down,) = [patch for patch in axes.patches if patch.get_hatch() == "///"]
    assert (down.get_x(), down.get_x() + down.get_width()) == pytest.approx((3, 5))
    assert {"idle", "busy", "down", "Hello"} <= {text.get_text() for text in axes.get_legend().get_texts()}


def test_axes_of_a_dark_figure_get_the_dark_colours(axes):
    axes.set_facecolor("#101010")
    space_time(Tale("a").trace, ax=axes)
    assert axes.patches[0].get_facecolor()[:3] == pytest.approx(
        [int("4d5965"[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    )


@pytest.mark.parametrize("name", ["$x^2$", "$broken", "_hidden", "<b>&"])
def test_hostile_names_on_axes(axes, name):
    space_time(Trace([]), ax=axes)
    tale = Tale(name, "b").turn(1, name, name)
    tale.send(1, name, "b", 2, name=name)
    space_time(tale.trace, title=name, ax=axes)
    assert name in {text.get_text() for text in axes.texts}


# --- charts ----------------------------------------------------------------------------------------


def test_a_chart_shows_points_with_intervals_and_curves():
    measured = {"counted": {3: [5], 5: [18, 20]}, "agreed": {5: [True, False]}}
    drawing = chart({"n² - n - 1": lambda n: n * n - n - 1}, measured, x="agents", y="messages")
    counts = counted(drawing)
    assert (counts["point"], counts["band"], counts["curve"]) == (3, 2 * 3, 96)
    assert drawing.alt.splitlines() == [
        "messages, by agents",
        "     3: counted 5; n² - n - 1 = 5",
        "     5: counted 19 (6.29 to 31.7); n² - n - 1 = 19",
        "     5: agreed 0.5 (0.0945 to 0.905); n² - n - 1 = 19",
    ]


def test_long_names_of_curves_are_broken_and_leave_room_for_the_plot() -> None:
    """The curve of a narrow chart takes half of its width; no line of a name is on another."""
    name = "none up to f rogues, then at most all of them"
    theory = {name: lambda n: n, f"{name}, too": lambda n: n + 0.01}
    drawing = chart(theory, {"counted": {0: [0], 10: [10]}}, x="rogues", y="wrong", width=360)
    groups = drawn(drawing).findall(f"{SVG}g")
    lines = [text for group in groups if group.get("class") == "label" for text in group]
    heights = sorted(float(text.get("y", 0)) for text in lines)
    assert " ".join(str(text.text) for text in lines) == f"{name} {name}, too"
    assert {float(text.get("x", 0)) > 180 for text in lines} == {True}
    assert min(after - before for before, after in pairwise(heights)) > 14.9


@pytest.mark.parametrize("rows", [1, 2, 3, 4])
def test_the_name_of_a_curve_is_right_of_the_last_points_and_their_ring(rows: int) -> None:
    measured = {f"row {row}": {0: [0], 9: [5]} for row in range(rows)}
    drawing = chart({"five": lambda _: 5}, measured, x="x", y="y", here=(f"row {rows - 1}", 9))
    rings = drawn(drawing).iter(f"{SVG}circle")
    last = max(float(ring.get("cx", 0)) + float(ring.get("r", 0)) for ring in rings)
    names = [each for group in drawn(drawing).findall(f"{SVG}g[@class='label']") for each in group]
    assert [2 < float(name.get("x", 0)) - last < 6 for name in names] == [True]


def test_a_chart_of_one_point_has_an_axis():
    drawing = chart({"twice": lambda n: 2 * n}, {"counted": {3: [5]}}, x="agents", y="messages", title="One")
    assert (counted(drawing)["point"], counted(drawing)["curve"]) == (1, 96)


def test_a_chart_rings_the_setting():
    drawing = chart(
        {}, {"counted": {3: [5], 5: [7]}}, x="agents", y="messages", here=("counted", 5), span=(2, 9)
    )
    assert counted(drawing)["ring"] == 1
    assert drawing.alt.endswith("5: counted 7; your setting")


# --- the parts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("since", "until", "labels"),
    [
        (0, 10, "0 2 4 6 8 10"),
        (2.9, 4.1, "3.0 3.2 3.4 3.6 3.8 4.0"),
        (0, 0.001, "0.0000 0.0002 0.0004 0.0006 0.0008 0.0010"),
        (0, 100_000, "0 20000 40000 60000 80000 100000"),
    ],
)
def test_ticks_are_round_numbers(since, until, labels):
    assert " ".join(label for _, label in ticks(since, until, 6)) == labels


def test_names_in_a_sentence():
    assert [listed("a"), listed("ab"), listed("abc")] == ["a", "a and b", "a, b and c"]
    assert listed(map(str, range(20)), most=4) == "0, 1, 2 and 17 more"


def test_text_is_cut_to_fit():
    assert fit("short", 100) == "short"
    assert fit("much too long for this", 60).endswith("…")
    assert clean("a\nb\0c") == "a\ufffdb\ufffdc"


@pytest.mark.parametrize("width", [360, 680])
def test_the_legend_cuts_only_a_name_that_is_wider_than_the_chart(width: int) -> None:
    long = "share of right decisions, last 20"
    names = texts(chart({}, {long: {1: [1]}, "n" * 200: {1: [2]}}, "x", "y", width=width))
    cut = [each for each in names if each.endswith("…")]
    assert (long in names, len(cut)) == (True, 1)
    assert 90 + 28 + wide(cut[0]) < width


def test_the_legend_of_a_chart_shows_bands_upright_and_whole_shapes() -> None:
    """A band stands as in the chart; each row's shape is as wide to the left of its point as to the right."""
    rows = {label: {1: [1, 2, 4]} for label in "abc"}
    marks = [
        each.find(f".//{SVG}path")
        for each in drawn(chart({}, rows, "x", "y")).findall(f"{SVG}g[@class='legend']")
    ]
    (band, *_, last) = [each.get("d") for each in marks if each is not None]
    across = [
        sorted({float(point.split()[0]) for point in way.strip("MZ").split("L")}) for way in (band, last)
    ]
    assert (len(across[0]), len(across[1])) == (1, 2)


def test_a_long_heading_is_broken_into_lines_above_the_drawing() -> None:
    """None of it is cut, and the drawing below stays where it is."""
    heading = "If chance is drawn again, " + 4 * "12 % of the futures from 3.12 s on break it, and "
    short, long = (chart({}, {"fail": {0: [1]}}, "s", "share", title=each) for each in ("Fail", heading))
    lines = [each for group in drawn(long).iter(f"{SVG}g") if group.get("class") == "title" for each in group]
    assert " ".join(str(each.text) for each in reversed(lines)) == heading.strip()
    assert all(wide(str(each.text), 14) <= 680 - 24 for each in lines)
    top, size = 18 * (len(lines) - 1), float(drawn(short).attrib["height"])
    assert drawn(long).attrib["viewBox"] == f"0 -{top} 680 {size + top:g}"
