"""The pages of the gallery in a browser: each opens at its event, fits at each width, and leads back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from coordlab.cli import main
from coordlab.course.gallery import GALLERY
from tests.browser import Visit, objections
from tests.labs.test_pages import MISPLACED, PAINTED, WIDTHS

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("gallery")
    assert CliRunner().invoke(main, ["gallery", str(made)]).exit_code == 0
    return made


@pytest.fixture
def index(chrome: Any, folder: Path) -> Iterator[Visit]:
    visit = Visit(chrome, folder / "index.html")
    yield visit
    visit.close()
    assert (visit.complaints, [each for each in visit.requests if each.startswith("http")]) == ([], [])


@pytest.mark.parametrize("name", GALLERY)
def test_a_page_opens_at_its_event_fits_and_leads_back(index: Visit, name: str, axe: str) -> None:
    page, trace = index.page, GALLERY[name]
    page.get_by_role("link", name=trace.title, exact=True).click()
    page.wait_for_selector(".cl-player[data-version]")
    assert float(page.locator(".cl-player").get_attribute("data-now")) == pytest.approx(trace.at, abs=0.0005)
    assert page.locator(".cl-say").inner_text().partition(" · ")[2].startswith(trace.event)
    assert trace.violates in page.locator(".cl-chip.cl-violated span").all_inner_texts()
    assert trace.says in page.locator(".cl-labtitle").inner_text()
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate(PAINTED)
        assert page.evaluate(MISPLACED) == [], width
    assert objections(page, axe) == []
    page.get_by_role("link", name="all traces").click()
    assert page.url.endswith("index.html")


def test_the_index_fits_and_nobody_is_kept_out(index: Visit, axe: str) -> None:
    page = index.page
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert objections(page, axe) == []
