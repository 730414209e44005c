"""A covered result in a real browser: hidden until it is asked for, with the keyboard too, and printed."""

from typing import Any

import pytest

from coordlab.course import home
from coordlab.course.learning import compare
from tests.browser import objections

pytestmark = [pytest.mark.browser, pytest.mark.slow]

RESULT, HEIGHT = "It is 19.", "document.querySelector('details').getBoundingClientRect().height"


@pytest.fixture
def page(chrome: Any) -> Any:
    page = chrome.new_page()
    yield page
    page.close()


def told(page: Any) -> bool:
    """Whether a screen reader finds the result; what is not shown, it does not find."""
    return RESULT in page.locator("body").aria_snapshot()


def test_a_result_is_hidden_until_its_reader_unfolds_it_with_the_keyboard(page):
    page.set_content(compare(..., 19).markup)
    closed = page.evaluate(HEIGHT)
    assert not told(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert told(page)
    assert page.evaluate(HEIGHT) > 1.5 * closed


def test_a_result_is_printed(page):
    page.set_content(compare(..., 19).markup)
    page.emulate_media(media="print")
    assert page.get_by_text(RESULT).locator("visible=true").count() == 1
    assert not page.get_by_text("show me").locator("visible=true").count()


def test_a_result_stays_hidden_where_styles_are_removed(page):
    """As JupyterLab does in a notebook that it does not trust."""
    page.set_content(compare(..., 19).markup.partition("</style>")[2])
    assert not told(page)


@pytest.mark.parametrize("width", [1280, 768, 400])
def test_the_home_page_fits_and_can_be_read_by_everybody(page, axe, width):
    page.set_viewport_size({"width": width, "height": 900})
    tables = (home.questions, home.pattern_map, home.problems, home.chapters, home.names, home.claims)
    body = "".join(table().markup for table in (*tables, home.glossary))
    page.set_content(f'<html lang="en"><title>Home</title><main><h1>Home</h1>{body}</main></html>')
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    map_is_wide = page.locator(".cl-map").is_visible()
    assert (map_is_wide, page.locator(".cl-list").first.is_visible()) == (width > 800, width < 800)
    assert objections(page, axe, serious=True) == []
