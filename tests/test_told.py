"""What chapters 04 to 06 tell their readers to click and choose, done in a real JupyterLab."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser import IDLE, jupyterlab, write_notebook

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LABS = ("labs.voting(voters=5, crashed=0)", "labs.weighted()", "labs.delegation()")
READY = "(many) => document.querySelectorAll('.cl-player[data-ready]').length >= many"


@pytest.fixture
def page(chrome: Any, tmp_path: Path) -> Iterator[Any]:
    """A notebook that shows the labs."""
    course = tmp_path / "course"
    course.mkdir()
    write_notebook(course / "told.ipynb", "from coordlab import labs", *LABS)
    context = chrome.new_context(viewport={"width": 1400, "height": 1250})
    with jupyterlab(course, tmp_path) as address:
        page = context.new_page()
        page.goto(f"{address}/doc/tree/told.ipynb?reset")
        page.wait_for_function(IDLE, timeout=300_000)
        page.evaluate("void window.jupyterapp.commands.execute('notebook:run-all-cells')")
        page.wait_for_function(READY, arg=len(LABS), timeout=300_000)
        yield page
        context.close()


class Lab:
    """One of the labs of the page, by its place, as its reader uses it."""

    def __init__(self, page: Any, place: int) -> None:
        self.page, self.root = page, page.locator(".cl-lab").nth(place)

    def counts(self, measure: str, number: str) -> None:
        """Wait until a measure has this number."""
        row = self.root.locator(".cl-measures tr", has_text=measure).first
        row.locator(f"td:text-is('{number}')").first.wait_for()

    def click(self, who: str, time: float, choose: str) -> None:
        """Click the lane of an agent at a time (s), and choose from the menu."""
        self.root.get_by_role("tab", name="Space-time").click()
        canvas = self.root.locator(".cl-stage canvas:not([hidden])").first
        canvas.evaluate("each => each.scrollIntoView({ block: 'center' })")
        box, menu = canvas.bounding_box(), self.root.get_by_role("menu")
        left, right = (box["x"] + share * box["width"] for share in (0.3, 0.5))
        early, late = (self.moment(x, box["y"] + box["height"] - 3) for x in (left, right))
        x = left + (time - early) * (right - left) / (late - early)
        for y in range(int(box["y"]) + 30, int(box["y"] + box["height"]), 8):
            self.page.mouse.click(x, y)
            if menu.is_visible() and str(menu.get_attribute("aria-label")).startswith(f"{who} at"):
                break
            self.page.keyboard.press("Escape")
        menu.get_by_role("menuitem", name=choose, exact=True).click()
        self.root.locator(".cl-share code", has_text=f"crash {who} @").first.wait_for()

    def moment(self, x: float, y: float) -> float:
        """The time (s) at this place below the lanes, where a click only moves the time."""
        self.page.mouse.click(x, y)
        self.page.wait_for_timeout(200)
        return float(self.root.locator(".cl-clock").inner_text().split()[0])


def test_what_three_chapters_tell_to_do_comes_out_as_they_tell(page: Any) -> None:
    """Three crashed voters leave no quorum, rules differ, strangers decide, a crash delays a report."""
    voting, weighted, delegation = (Lab(page, place) for place in range(3))
    for who, votes in (("v1", "0"), ("v2", "0"), ("v3", "9")):
        voting.click(who, 0.28, "a voter crashes")
        voting.counts("votes without a quorum", votes)
    weighted.root.get_by_label("panel").select_option("two-experts")
    for rule, share in (("equal", "0.8667"), ("linear", "0.9"), ("log_odds", "0.95")):
        weighted.root.get_by_label("rule").select_option(rule)
        weighted.counts("share of right decisions", share)
    weighted.root.locator(".cl-try", has_text="An open door").click()
    weighted.counts("share of right decisions", "0.1")
    delegation.counts("reported after", "6.206")
    delegation.click("w2", 1.2, "a worker crashes at work, for 4 s")
    delegation.counts("reported after", "8.848")
