"""The bully lab in a real JupyterLab, as a learner uses it: run all cells, change, click, undo."""

from __future__ import annotations

import shutil
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import coordlab
from tests.browser import IDLE, PRESS, Pace, jupyterlab, objections, write_notebook
from tests.committed import NOTEBOOKS
from tests.pythons import PROJECT

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PICTURE = "document.querySelector('.cl-stage canvas:not([hidden])').toDataURL()"
PLAYER = "document.querySelector('.cl-player')"
THEME = "(theme) => void window.jupyterapp.commands.execute('apputils:change-theme', { theme })"
DARK, LIGHT = "JupyterLab Dark", "JupyterLab Light"
SLIDER = ".cl-control:not(:has([disabled])) [role=slider]"
RIGHT, LEFT = ["ArrowRight", 39], ["ArrowLeft", 37]
# The share of the diagram's points that have a colour, rather than a shade of grey.
COLOURED = """
() => {
  const canvas = document.querySelector('.cl-stage canvas:not([hidden])');
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let coloured = 0;
  for (let i = 0; i < data.length; i += 4) {
    coloured += Math.abs(data[i] - data[i + 2]) > 40 && data[i + 3] > 40;
  }
  return coloured / (data.length / 4);
}
"""
# A point on a lane of an agent that is up: not the topmost lane, and to the right of the middle.
LANE = """
() => {
  const canvas = document.querySelector('.cl-stage canvas:not([hidden])');
  const tip = document.querySelector('.cl-tip');
  canvas.scrollIntoView({ block: 'center' });
  const { left, top, width, height } = canvas.getBoundingClientRect();
  for (let y = top + 0.55 * height; y < top + height; y += 2)
    for (let x = left + 0.6 * width; x < left + 0.9 * width; x += 3) {
      canvas.dispatchEvent(new PointerEvent('pointermove', { clientX: x, clientY: y }));
      if (canvas.style.cursor === 'pointer' && tip.hidden) return { x, y };
    }
}
"""
# An early point on the lowest lane.
LOWEST = """
() => {
  const canvas = document.querySelector('.cl-stage canvas:not([hidden])');
  canvas.scrollIntoView({ block: 'center' });
  const { left, top, width, height } = canvas.getBoundingClientRect();
  for (let y = top + height; y > top; y -= 2)
    for (let x = left + 0.15 * width; x < left + 0.5 * width; x += 3) {
      canvas.dispatchEvent(new PointerEvent('pointermove', { clientX: x, clientY: y }));
      if (canvas.style.cursor === 'pointer') return { x, y };
    }
}
"""
# The outputs of the notebook that are errors.
FAILED = """
window.jupyterapp.shell.currentWidget.content.widgets
  .flatMap((cell) => cell.model.type === 'code' ? cell.model.outputs.toJSON() : [])
  .filter((output) => output.output_type === 'error')
"""

# What a learner runs whose class goes on to lead.
CHECKED = """
from coordlab.grading import check

Answer_07b = NeverStepsDown
check("07b", Answer_07b)
"""

# How far the lab reaches beyond the cell that displays it, in pixels.
OVERFLOW = """
() => {
  const room = document.querySelector('.jp-OutputArea-output').getBoundingClientRect().right;
  const parts = [...document.querySelectorAll('.cl-controls > *, .cl-player, .cl-player > *')];
  return Math.max(...parts.map((part) => part.getBoundingClientRect().right - room));
}
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The content of a wheel: the package and its notebooks; one more notebook has the lab alone."""
    site = tmp_path_factory.mktemp("site")
    package = site / "coordlab"
    shutil.copytree(Path(coordlab.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    shipped = package / "_course"
    shipped.mkdir()
    for notebook in NOTEBOOKS.glob("*.ipynb"):
        shutil.copy(notebook, shipped)
    for name in ("lab", "saved", "theme", "figure"):  # two pages of one notebook would ask who may save it
        write_notebook(shipped / f"{name}.ipynb", "from coordlab import labs\n\nlab = labs.bully()\nlab")
    answers = (PROJECT / "tests" / "exercises" / "answers_07.py").read_text("utf-8")
    write_notebook(shipped / "exercise.ipynb", f"{answers}\n{CHECKED}")
    write_notebook(
        shipped / "human.ipynb", "from coordlab import labs\n\nlab = labs.conflict(takes=0.5)\nlab"
    )
    return site


@pytest.fixture(scope="module")
def jupyter(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """JupyterLab as `coordlab lab` starts it, on a free port, with separate settings."""
    own = tmp_path_factory.mktemp("jupyter")
    with jupyterlab(own / "course", own, "--chapter=lab", python_path=installed) as address:
        yield address


def until(condition: Callable[[], object], within: float) -> None:
    end = time.monotonic() + within
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


class Notebook:
    """A notebook that is open in a browser, with its errors and its network requests."""

    def __init__(self, browser: Any, address: str, name: str, width: int = 1400, **context: Any) -> None:
        self.context = browser.new_context(viewport={"width": width, "height": 1250}, **context)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on(
            "console", lambda word: self.complaints.append(word.text) if word.type == "error" else None
        )
        self.page.on("pageerror", lambda error: self.complaints.append(f"{error}\n{error.stack}"))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(f"{address}/lab/workspaces/{width}{Path(name).stem}/tree/{name}?reset")
        self.page.wait_for_function(IDLE, timeout=300_000)
        self.page.evaluate("void window.jupyterapp.commands.execute('notebook:run-all-cells')")
        self.page.wait_for_selector(".cl-player[data-ready]", timeout=300_000)

    def version(self) -> int:
        self.page.wait_for_function(f"{PLAYER}?.dataset.version !== undefined", timeout=100_000)
        return int(self.page.evaluate(f"{PLAYER}.dataset.version"))

    def changed(self, act: Callable[[], object]) -> None:
        """Call `act`, and wait until the player shows another run."""
        before = self.version()
        act()
        self.page.wait_for_function(f"Number({PLAYER}.dataset.version) > {before}", timeout=100_000)

    def tabs(self) -> list[str]:
        return self.page.locator(".cl-player").first.locator(".cl-tab").all_inner_texts()

    def verdicts(self) -> list[str]:
        """The verdicts in the first player."""
        return self.page.locator(".cl-player").first.locator(".cl-chip").all_inner_texts()

    def turn(self, name: str, key: str) -> None:
        """Press a key on the slider of this name, and wait for the new run."""
        self.page.locator(f".cl-control:has(label:text-is('{name}')) [role=slider]").first.focus()
        self.changed(lambda: self.page.keyboard.press(key))

    def turn_first(self) -> None:
        """Move the first slider of the first lab to its other end; a lab without any has a seed."""
        lab = self.page.locator(".cl-lab").first
        slider, seed = lab.locator(SLIDER).first, lab.locator(".cl-control input[type=number]").first
        if not slider.count():
            seed.fill("8")
            self.changed(lambda: seed.press("Enter"))
            return
        slider.focus()
        at_most = slider.get_attribute("aria-valuenow") == slider.get_attribute("aria-valuemax")
        self.changed(lambda: slider.press("Home" if at_most else "End"))

    def line(self) -> str:
        """The scenario line of the run that is shown."""
        return str(self.page.locator(".cl-share code").first.inner_text())

    def picture(self) -> str:
        """The picture, as a data URL."""
        return str(self.page.evaluate(PICTURE))

    def foreign(self) -> list[str]:
        """The requests to any other server."""
        own = ("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:")
        return [url for url in self.requests if not url.startswith(own)]

    def close(self) -> None:
        self.context.close()


@pytest.fixture(scope="module")
def bully(chrome: Any, jupyter: str) -> Iterator[Notebook]:
    """The bully lab.  It must not cause an error, or a request to any other server."""
    notebook = Notebook(chrome, jupyter, "lab.ipynb")
    yield notebook
    notebook.close()
    assert notebook.complaints == []
    assert notebook.foreign() == []


def test_the_news_of_jupyterlab_are_off(bully: Notebook) -> None:
    loaded = "window.jupyterapp.hasPlugin('@jupyterlab/apputils-extension:notification')"
    news = "window.jupyterapp.hasPlugin('@jupyterlab/apputils-extension:announcements')"
    assert [bully.page.evaluate(each) for each in (loaded, news)] == [True, False]
    assert bully.page.get_by_text("Jupyter news").count() == 0


def test_a_key_on_a_slider_runs_the_lab_again(bully: Notebook) -> None:
    before = bully.picture()
    bully.turn("agents", "ArrowRight")
    assert bully.picture() != before
    assert "agents=6" in bully.page.locator(".cl-share code").inner_text()
    bully.page.locator(".cl-control .widget-readout").first.filter(has_text="6").wait_for()
    bully.turn("agents", "ArrowLeft")
    assert bully.picture() == before


def test_a_slider_shows_its_effect_at_once(bully: Notebook) -> None:
    """From the key to the new picture: 0.1 s is the aim; 0.2 s, or 20 workloads, is the limit."""
    bully.turn("patience, s", "ArrowRight")
    pace, times = Pace(bully.page), list[float]()
    for key in [LEFT, RIGHT] * 10:
        pace.sample(1)
        times.append(bully.page.evaluate(PRESS, key))
    bully.turn("patience, s", "ArrowLeft")
    pace.check(f"a key press, of {sorted(map(round, times))},", statistics.median(times), 200, 20)


def test_an_agent_is_crashed_by_clicking_its_lane(bully: Notebook) -> None:
    before = bully.tabs(), bully.picture()
    bully.page.mouse.click(**bully.page.evaluate(LANE))
    who, _, when = bully.page.get_by_role("menu").get_attribute("aria-label").partition(" at ")
    bully.changed(bully.page.get_by_role("menuitem", name="crash", exact=True).click)
    assert bully.tabs()[0] == "your run"
    assert bully.tabs()[1].startswith(f"crash {who} @{float(when.split()[0]):.2f}"[:-1])
    assert bully.page.locator(".cl-share code").inner_text().endswith(bully.tabs()[1])
    assert bully.picture() != before[1]
    bully.changed(bully.page.get_by_role("button", name="undo").click)
    assert bully.tabs() == before[0]


def test_a_line_is_played_by_pasting_it(bully: Notebook) -> None:
    line = bully.page.get_by_label("play a line")
    line.fill("bully agents=3 | crash 2 @4")
    bully.changed(lambda: line.press("Enter"))
    first = bully.page.locator(".cl-control .widget-readout").first  # it follows after the picture
    first.filter(has_text="3").wait_for()
    line.fill("bully agents=99")
    line.press("Enter")
    bully.page.get_by_role("alert").filter(has_text="agents=99").wait_for()
    bully.changed(bully.page.get_by_role("button", name="undo").click)
    first.filter(has_text="5").wait_for()


def test_a_schedule_is_shown_from_its_beginning_in_its_first_view(bully: Notebook) -> None:
    """Also if it is on already; a slider keeps view and moment."""
    page, schedule = bully.page, bully.page.locator(".cl-try").first

    def away() -> None:
        page.get_by_role("tab", name="Events").click()
        page.locator(".cl-stage").focus()
        page.keyboard.press("End")

    def shown() -> tuple[str, str]:
        page.wait_for_timeout(100)
        return page.locator(".cl-view[aria-selected=true]").inner_text(), page.locator(
            ".cl-clock"
        ).inner_text()

    away()
    bully.changed(schedule.click)
    page.locator(".cl-try[aria-pressed=true]").wait_for()
    first = shown()
    assert first[0] == page.locator(".cl-view").first.inner_text() != "Events"
    away()
    assert shown() != first
    schedule.click()
    assert shown() == first
    away()
    bully.turn("agents", "ArrowRight")
    assert shown()[0] == "Events"
    for _ in range(2):
        bully.changed(page.get_by_role("button", name="undo").click)


@pytest.mark.parametrize(
    "width", [600, *(pytest.param(each, marks=pytest.mark.whole) for each in (1000, 1400))]
)
def test_the_lab_fits_the_page(chrome: Any, jupyter: str, tmp_path: Path, width: int) -> None:
    notebook = Notebook(chrome, jupyter, "lab.ipynb", width)
    notebook.page.screenshot(path=tmp_path / f"lab_{width}.png")
    beyond = notebook.page.evaluate(OVERFLOW)
    notebook.close()
    assert beyond <= 0


def test_a_figure_is_drawn_on_request(chrome: Any, jupyter: str, tmp_path: Path) -> None:
    """While it is made the player goes on; a slider offers it for the new setting."""
    notebook = Notebook(chrome, jupyter, "figure.ipynb")
    figure, agree = notebook.page.locator(".cl-figure").first, "the lowest notices: 9 of 9 points agree"
    figure.get_by_role("button", name="Draw it").click()
    figure.get_by_text(agree).wait_for()
    figure.get_by_role("button").wait_for(state="detached")
    assert "the lowest notices 19; theory = 19" in str(figure.locator("img:visible").get_attribute("alt"))
    figure.evaluate("each => each.scrollIntoView({ block: 'end' })")
    notebook.page.screenshot(path=tmp_path / "figure.png")
    notebook.turn("agents", "ArrowRight")
    figure.get_by_text(agree).wait_for()  # the same runs, another setting
    notebook.turn("messages lost", "ArrowRight")
    figure.get_by_role("button", name="Draw it").wait_for()
    notebook.close()
    assert notebook.complaints == []


def test_the_reader_is_the_human_to_whom_a_conflict_escalates(chrome: Any, jupyter: str) -> None:
    """What stands for city and date follows a choice, an absence, and a click on the reader's own lane."""
    notebook = Notebook(chrome, jupyter, "human.ipynb")
    page = notebook.page

    def stands() -> list[str]:
        """The last words in the rows of city and date, at the end of the run."""
        page.get_by_role("tab", name="Conflicts").click()
        page.locator(".cl-stage").focus()
        page.keyboard.press("End")
        page.wait_for_timeout(100)
        rows = [page.locator(f".cl-stage tr:has(th:has-text('{name}'))") for name in ("city", "date")]
        return [str(row.locator("td").last.inner_text()) for row in rows]

    favours, absent = page.get_by_label("you rule for"), page.get_by_label("you are absent")
    for who, both in (("bob", ["Oslo", "June"]), ("ann", ["Rome", "May"])):
        notebook.changed(lambda who=who: favours.select_option(who))
        assert stands() == both
    notebook.changed(absent.check)
    assert stands() == ["as before", "as before"]
    notebook.changed(absent.uncheck)
    assert stands() == ["Rome", "May"]
    page.get_by_role("tab", name="Space-time").click()
    page.mouse.click(**page.evaluate(LOWEST))
    assert str(page.get_by_role("menu").get_attribute("aria-label")).startswith("human at 0")
    notebook.changed(page.get_by_role("menuitem", name="you are away, for 3 s").click)
    assert stands() == ["as before", "as before"]
    assert " | pause human @0" in notebook.line()
    notebook.close()
    assert notebook.complaints == []


def test_an_exercise_is_checked_and_its_failing_run_can_be_played(
    chrome: Any, jupyter: str, tmp_path: Path
) -> None:
    """The report, a hint that is opened with the keyboard, and the pair below it, in both themes."""
    notebook = Notebook(chrome, jupyter, "exercise.ipynb")
    page, report = notebook.page, notebook.page.locator(".cl-report")
    assert "✗ agreement" in report.inner_text()
    hint = report.locator("details").first
    hint.locator("summary").focus()
    page.keyboard.press("Enter")
    assert hint.get_attribute("open") is not None
    lines = report.locator("pre").last.inner_text().splitlines()
    assert [line.partition(":")[0] for line in lines] == ["breaks", "holds"]
    assert notebook.line() in lines[0]
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        page.evaluate(f"window.jupyterapp.commands.execute('apputils:change-theme', {{theme: '{theme}'}})")
        page.wait_for_timeout(1000)
        page.screenshot(path=tmp_path / f"exercise_{theme.split()[-1].lower()}.png")
    notebook.close()
    assert notebook.complaints == []


@pytest.mark.parametrize(
    "chapter", ["gallery", *(path.stem for path in sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb")))]
)
def test_a_chapter_is_worked_through(chrome: Any, jupyter: str, tmp_path: Path, chapter: str) -> None:
    """All its cells, then a slider and a click in its first lab, in both themes."""
    notebook = Notebook(chrome, jupyter, f"{chapter}.ipynb")
    page = notebook.page
    page.wait_for_function(IDLE, timeout=300_000)
    assert page.evaluate(FAILED) == []
    page.locator(".cl-player").first.scroll_into_view_if_needed()
    line = notebook.line()
    notebook.turn_first()
    assert notebook.line() != line
    tabs = notebook.tabs()
    crash = page.locator(".cl-item:not([aria-disabled])", has_text="crash").first
    until(
        lambda: page.mouse.click(**page.evaluate(LANE)) or crash.is_visible(), within=60
    )  # the page may move
    notebook.changed(crash.click)
    assert len(notebook.tabs()) == len(tabs) + 1
    page.screenshot(path=tmp_path / "light.png")
    page.evaluate(THEME, DARK)
    page.wait_for_selector("body[data-jp-theme-light=false]", state="attached")
    page.screenshot(path=tmp_path / "dark.png")
    page.evaluate(THEME, LIGHT)  # the server keeps it for the next test
    page.wait_for_selector("body[data-jp-theme-light=true]", state="attached")
    notebook.close()
    assert (tmp_path / "light.png").read_bytes() != (tmp_path / "dark.png").read_bytes()
    assert notebook.complaints == []
    assert notebook.foreign() == []


@pytest.mark.parametrize("width", [400, pytest.param(1280, marks=pytest.mark.whole)])
def test_nobody_is_kept_out_of_the_lab(
    chrome: Any, jupyter: str, axe: str, tmp_path: Path, width: int
) -> None:
    """Sliders have names, and axe-core finds nothing serious, in both themes."""
    notebook = Notebook(chrome, jupyter, "lab.ipynb", width)
    page, found = notebook.page, list[str]()
    if width < 600:
        page.evaluate("void window.jupyterapp.commands.execute('application:toggle-left-area')")
    names = page.locator(".cl-control [role=slider]").evaluate_all("all => all.map(each => each.ariaLabel)")
    for theme, light in ((DARK, "false"), (LIGHT, "true")):  # the server keeps the last for the next test
        page.evaluate(THEME, theme)
        page.wait_for_selector(f"body[data-jp-theme-light={light}]", state="attached")
        page.screenshot(path=tmp_path / f"{width}{light}.png")
        found += objections(page, axe, ".cl-lab", serious=True)
    notebook.close()
    assert (found, names[:3]) == ([], ["agents", "slowest message, s", "messages lost"])


@pytest.mark.whole
def test_after_a_restart_of_the_kernel_the_player_is_a_recording(chrome: Any, jupyter: str) -> None:
    """It says what to do, controls do nothing, the run can be played; after running the cell all works."""
    notebook = Notebook(chrome, jupyter, "lab.ipynb", 1200)
    page = notebook.page
    page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    page.locator(".cl-notice").filter(has_text="the kernel was restarted: run this cell again").wait_for()
    assert page.locator(".cl-controls[inert]").count() == 1
    page.locator(".cl-stage").focus()
    page.keyboard.press("End")
    page.locator(".cl-clock").filter(has_text="12.000 s").wait_for()
    page.wait_for_function(IDLE, timeout=300_000)
    page.evaluate("void window.jupyterapp.commands.execute('notebook:run-all-cells')")
    page.locator(".cl-controls:not([inert])").wait_for(timeout=100_000)
    notebook.turn("agents", "ArrowRight")
    notebook.close()


def test_a_saved_notebook_shows_its_picture_for_ever(chrome: Any, jupyter: str) -> None:
    """With its kernel it is live, and the still is not seen; without it the still is, and no error.

    The still holds the last change, with the lines of all branches.
    """
    notebook = Notebook(chrome, jupyter, "saved.ipynb", 1300)
    page, seen = notebook.page, {".cl-player": 1, ".cl-still": 0}
    still = page.locator(".cl-still li", has_text="agents=6")
    notebook.turn("agents", "ArrowRight")
    still.wait_for(state="attached", timeout=100_000)
    assert {what: page.locator(f"{what}:visible").count() for what in seen} == seen
    page.evaluate("void window.jupyterapp.commands.execute('docmanager:save')")
    page.wait_for_function("!window.jupyterapp.shell.currentWidget.context.model.dirty", timeout=60_000)
    page.reload()
    page.wait_for_selector(".cl-player[data-ready]", timeout=300_000)
    assert {what: page.locator(f"{what}:visible").count() for what in seen} == seen
    page.evaluate("void window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    page.wait_for_function("!window.jupyterapp.shell.currentWidget.sessionContext.session", timeout=60_000)
    page.reload()
    still.wait_for(timeout=300_000)
    page.wait_for_function(IDLE, timeout=300_000)
    assert page.locator(".cl-still img:visible").count() == 1
    assert page.get_by_text("Error displaying widget").locator("visible=true").count() == 0
    notebook.close()


def test_the_picture_has_the_colours_of_the_theme(chrome: Any, jupyter: str, tmp_path: Path) -> None:
    notebook = Notebook(chrome, jupyter, "theme.ipynb")
    page = notebook.page
    page.evaluate(THEME, LIGHT)
    page.wait_for_selector("body[data-jp-theme-light=true]", state="attached")
    light, coloured = notebook.picture(), page.evaluate(COLOURED)
    page.evaluate(THEME, DARK)
    until(lambda: notebook.picture() != light, within=60)
    page.screenshot(path=tmp_path / "lab_dark.png")
    dark = page.evaluate(COLOURED)
    page.evaluate(THEME, LIGHT)  # the server keeps it for the next test
    notebook.close()
    assert notebook.complaints == []
    assert min(coloured, dark) > 0.01
