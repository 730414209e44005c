"""Rules for the home page of the course, which is not a chapter: it is read, and its code is folded."""

import re
from typing import Any

import pytest

from tests.committed import NOTEBOOKS
from tests.notebooks import test_style as style

SECTIONS = (
    *("Where do you start?", "A map of the patterns", "Which pattern for which problem?", "The chapters"),
    *("Twelve infamous traces", "You say …, here it is …", "An article, claim by claim", "Words"),
    "Keep your progress",
)


@pytest.fixture(scope="module")
def page() -> Any:
    return style.read(NOTEBOOKS / "index.ipynb")


def test_has_its_sections_in_order(page):
    assert style.headings(page) == [(1, "The course"), *((2, title) for title in SECTIONS)]


def test_each_section_says_in_words_what_its_table_shows(page):
    kinds = "".join(cell.cell_type[0] for cell in page.cells)
    assert kinds == "m" + "mc" * (len(SECTIONS) - 1) + "m"
    assert all(20 <= style.words(cell) <= 80 for cell in style.prose(page))


def test_its_code_is_folded_and_was_run_in_order(page):
    code = style.code(page)
    assert all(cell.metadata.jupyter.source_hidden for cell in code)
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert max(len(style.lines(cell)) for cell in code) <= style.SHORT


def test_its_sentences_are_short(page):
    style.test_sentences_have_at_most_thirty_words(page)


def test_what_it_shows_is_text_and_one_drawing_with_a_description(page):
    style.test_no_output_is_an_error_or_a_warning(page)
    style.test_no_output_depends_on_the_machine(page)
    style.test_no_widget_is_stored(page)
    style.test_every_figure_has_a_description(page)
    assert sum(style.drawing(output) is not None for output in style.outputs(page)) == 1


def test_says_how_to_keep_and_to_load_progress(page):
    last = page.cells[-1].source
    assert re.findall(r"`(\w+)\(\"my-progress\.json\"\)`", last) == ["save_progress", "load_progress"]
