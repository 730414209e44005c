"""The home page: its tables are those of the chapters, the labs and the imports."""

import re
from typing import Any

import networkx
import pytest

from coordlab import labs
from coordlab.course import atlas, chapters, home
from coordlab.course.chapters import CHAPTERS, NEEDS, PATTERNS, QUESTIONS
from coordlab.course.words import GLOSSARY, ROSETTA
from tests.committed import NOTEBOOKS
from tests.pythons import PROJECT
from tests.test_architecture import BUILT_ON

MINUTES = {"fifteen": 15, "forty-five": 45, "fifty": 50, "fifty-five": 55, "sixty": 60, "an hour": 60}
TABLES = (
    *(home.questions, home.problems, home.chapters, home.gallery),
    *(home.names, home.claims, home.glossary),
)


def first_cell(chapter: chapters.Chapter) -> tuple[Any, str]:
    import nbformat

    notebook = nbformat.read(NOTEBOOKS / chapter.link, as_version=4)
    return notebook, notebook.cells[0].source


# --- the table of chapters --------------------------------------------------------------------------


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda each: each.file)
def test_a_chapter_is_what_the_table_says(chapter):
    notebook, first = first_cell(chapter)
    assert first.splitlines()[0] == f"# {chapter.number} {chapter.title}"
    assert re.search(r"^\*\*(.+\?)\*\*$", first, re.MULTILINE)[1] == chapter.question
    (told,) = (number for words, number in MINUTES.items() if f"{words} minutes" in first)
    assert told == chapter.minutes
    exercises = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    found = re.findall(r"^\*\*\d\. .+\((?:easy|medium|hard)\)\.\*\*", exercises, re.MULTILINE)
    assert len(found) == chapter.exercises


def test_the_chapters_that_exist_are_those_that_the_table_calls_written():
    exist = {path.stem for path in NOTEBOOKS.glob("[0-9]*.ipynb")}
    assert {each.file for each in CHAPTERS} == exist
    assert [each.number for each in CHAPTERS] == [f"{number:02d}" for number in range(17)]


def test_the_readme_has_the_table():
    assert chapters.readme() in (PROJECT / "README.md").read_text("utf-8")


def test_a_lab_belongs_to_the_chapter_that_it_names():
    of_labs = {name: labs.spec(name).chapter for name in labs.NAMES}
    assert of_labs == {name: chapters.chapter_of(name).file for name in labs.NAMES}


# --- patterns, and the map --------------------------------------------------------------------------


def test_every_pattern_has_a_need_a_problem_and_the_title_of_its_lab():
    folders = {path.parent.name for path in atlas.FOLDERS.glob("*/__init__.py")}
    assert set(PATTERNS) == folders
    assert {each.need for each in PATTERNS.values()} == set(NEEDS)
    titles = {name: labs.spec(name).title for name in labs.NAMES}
    assert titles == {name: PATTERNS[name].title for name in labs.NAMES}


def test_the_map_is_drawn_from_the_imports():
    wanted = {(base, name) for name, bases in BUILT_ON.items() for base in bases}
    assert set(atlas.graph().edges) == wanted
    assert networkx.is_directed_acyclic_graph(atlas.graph())


def test_the_map_names_all_patterns_and_its_text_all_arrows():
    drawn = atlas.drawing()
    assert all(f">{each.title.partition(',')[0]}<" in drawn.svg for each in PATTERNS.values())
    assert "Ring election on Bully election" in drawn.alt
    assert 'role="img"' in drawn.svg
    assert drawn.svg.count("Z") >= atlas.graph().number_of_edges()  # heads of arrows


def test_no_box_covers_another():
    places = sorted(atlas._places().values())
    wide, high = atlas.BOX
    apart = [
        abs(x - left) >= wide or abs(y - top) >= high
        for at, (x, y) in enumerate(places)
        for left, top in places[:at]
    ]
    assert all(apart)


def test_a_narrow_page_has_the_map_as_a_list():
    markup = home.pattern_map().markup
    assert markup.count("<li>") == len(PATTERNS) + len(NEEDS)
    assert "builds on Circuit breaker and Weighted consensus" in markup


# --- the tables -------------------------------------------------------------------------------------


def test_eight_questions_begin_at_the_beginning_and_say_how_long_they_take():
    assert len(QUESTIONS) == 9
    assert {each.chapters[0] for each in QUESTIONS} == {"00"}
    assert repr(home.questions()).splitlines()[2].endswith("| 1 h 55 min")


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_a_table_can_be_read_in_every_way(table):
    """Headings of columns and rows for a screen reader, names beside values in cards, and plain text."""
    shown = table()
    rows = repr(shown).splitlines()
    assert shown.markup.count('<th scope="row">') == len(rows)
    assert shown.markup.count("data-of=") == sum(row.count(" | ") for row in rows)
    assert '<th scope="col">' in shown.markup
    assert "<script" not in shown.markup


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_every_link_leads_to_a_notebook(table):
    links = re.findall(r'<a href="([^"]+)">', table().markup)
    assert [link for link in links if not (NOTEBOOKS / link).exists()] == []


def test_names_that_readers_know_lead_to_something_here():
    for each in ROSETTA:
        folder, _, kind = each.here.partition(".")
        pattern = __import__(f"coordlab.patterns.{folder}", fromlist=["agents"])
        assert not kind or isinstance(getattr(pattern, kind), type), each


def test_words_are_explained_in_a_sentence_or_two():
    assert all(text.endswith(".") and len(text.split()) <= 30 for text in GLOSSARY.values())
