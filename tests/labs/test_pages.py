"""The exported page of each lab in a browser: all fits at each width, the head opens its runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from coordlab import labs
from coordlab.labs.lab import Lab
from tests.browser import Visit, objections

pytestmark = pytest.mark.browser

WIDTHS = (1280, 768, 400)

# What reaches beyond its page, is cut off by an element around it, or is smaller than 12 px.  A table of
# events shows a long text in one line; the branches of a narrow page scroll; both are reached by keys.
MISPLACED = """
() => {
  const page = document.querySelector("#cl-page").getBoundingClientRect();
  const placed = (node) => node.checkVisibility() && !node.closest("[hidden], .cl-heard, .cl-tabs, .cl-rows");
  const wrong = (node) => {
    const { left, right } = node.getBoundingClientRect(), { overflowX, fontSize } = getComputedStyle(node);
    if (right > page.right + 1 || left < page.left - 1) return "beyond the page";
    if (overflowX !== "visible" && node.scrollWidth > (node.clientWidth || Infinity) + 1) return "cut off";
    return !node.children.length && node.textContent.trim() && parseFloat(fontSize) < 12 ? "small" : "";
  };
  const nodes = [...document.querySelectorAll("#cl-page *")].filter(placed);
  const found = nodes.map((node) => [wrong(node), node]).filter(([why]) => why);
  return [document.documentElement.scrollWidth > innerWidth ? "the page scrolls" : "",
    ...found.map(([why, node]) => `${why}: ${node.outerHTML.slice(0, 80)}`)].filter(Boolean);
}
"""
PAINTED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


@pytest.fixture(params=labs.NAMES, scope="module")
def visited(
    request: pytest.FixtureRequest, chrome: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Lab, Visit]]:
    """A lab, and its page, opened once for all tests."""
    lab = getattr(labs, request.param)()
    visit = Visit(chrome, lab.page(tmp_path_factory.mktemp("pages") / f"{request.param}.html"))
    visit.page.wait_for_selector(".cl-player[data-version]")
    yield lab, visit
    visit.close()


@pytest.mark.slow
def test_everything_fits_at_every_width_in_every_view(visited: tuple[Lab, Visit]) -> None:
    _, visit = visited
    page, wrong = visit.page, dict[str, list[str]]()
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        for tab in page.locator(".cl-view").all():
            tab.evaluate("tab => tab.click()")
            page.evaluate(PAINTED)
            wrong[f"{tab.inner_text()} at {width} px"] = page.evaluate(MISPLACED)
    assert {where: what for where, what in wrong.items() if what} == {}
    assert visit.complaints == []


@pytest.mark.slow
def test_each_run_worth_trying_is_one_click_away(visited: tuple[Lab, Visit], axe: str) -> None:
    """The head marks the one that is shown, and axe-core objects to nothing."""
    (lab, visit), shown = visited, list[tuple[str, str]]()
    for each in visit.page.locator(".cl-try").all():
        each.click()
        marked = visit.page.locator(".cl-try[aria-pressed=true] b").inner_text()[1:]
        shown.append((marked, visit.page.locator(".cl-line").inner_text()))
    assert shown == [(each.title, str(lab.spec.trial(each))) for each in lab.spec.schedules]
    assert objections(visit.page, axe) == []
