"""Rules for the gallery, which is not a chapter: a section for each trace, with its lab at its event."""

import re
from typing import Any

import pytest

from coordlab.course.gallery import GALLERY
from tests.committed import NOTEBOOKS
from tests.notebooks import test_style as style


@pytest.fixture(scope="module")
def page() -> Any:
    return style.read(NOTEBOOKS / "gallery.ipynb")


def test_has_a_section_for_each_trace_in_their_order(page):
    titles = [title for title, _ in style.sections(page)]
    assert titles == ["", "The twelve", *(each.title for each in GALLERY.values()), *titles[-2:]]
    assert titles[-2:] == ["Take them with you", "Sources"]


def test_each_section_tells_then_shows_the_lab_then_checks_what_was_told(page):
    for name, (_, cells) in zip(GALLERY, style.sections(page)[2:], strict=False):
        text, lab, checks = cells
        assert lab.source == f'opened["{name}"]'
        assert any(map(style.is_lab, lab.outputs))
        assert re.search(r"\b([Ss]et|Try every) `version`", text.source), "there is something to try"
        assert style.is_folded(checks)


def test_each_still_is_that_of_the_decisive_event(page):
    for name, trace in GALLERY.items():
        (cell,) = [each for each in page.cells if each.source == f'opened["{name}"]']
        assert f"at {trace.at:.3f} s" in style.plain(cell.outputs[-1]), name


def test_the_index_has_twelve_cards_that_lead_to_the_sections(page):
    (index,) = style.code(page)[0].outputs
    links = re.findall(r'<a href="#([^"]+)">', index.data["text/html"])
    assert [
        each.replace("-", " ").replace("half open", "half-open").replace("&#x27;", "'") for each in links
    ] == [each.title for each in GALLERY.values()]


def test_every_source_of_the_data_is_listed(page):
    (sources,) = style.section(page, "Sources")
    assert sorted(re.findall(r"\]\((http\S+)\)", sources.source)) == sorted(
        {each.source for each in GALLERY.values()}
    )


def test_keeps_the_rules_of_cells(page):
    for rule in (
        style.test_headings_are_in_order,
        style.test_code_cells_are_small,
        style.test_text_cells_have_twenty_to_eighty_words,
        style.test_there_is_enough_text_for_the_code,
        style.test_a_reader_sees_at_most_sixty_five_cells,
        style.test_every_code_cell_was_run_in_order,
        style.test_no_output_is_an_error_or_a_warning,
        style.test_every_output_is_compared,
        style.test_no_output_depends_on_the_machine,
        style.test_no_widget_is_stored,
        style.test_every_figure_has_a_description,
        style.test_assertions_are_folded_and_end_their_section,
        style.test_sentences_have_at_most_thirty_words,
    ):
        rule(page)
