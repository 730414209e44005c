"""Rules for the cells of a notebook, which keep it readable and reproducible."""

from __future__ import annotations

import re
from base64 import b64decode
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from tests.committed import NOTEBOOKS

CHAPTERS = sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))
SECTIONS = (  # in this order; the others between "Investigate" and "When"
    *("Predict", "Run it", "Investigate", "Break it", "Repair it", "Measure it"),
    *("When to use it", "Three lessons", "Exercises", "Sources"),
)
STATING = ("Run it", "Investigate", "Break it", "Repair it", "Measure it")  # their numbers are asserted
EXPLORED = ("01", "03", "06", "07", "08", "09", "11", "12")  # a failing schedule is found, and read as a pair
CHECKING = "checks-the-text"  # the tag of a folded cell of assertions
MOST_SEEN = 65  # cells that are not folded
LONGEST, LONG, SHORT = 25, 15, 3  # lines of a code cell: folded, at most; of a visible one; of most
FEWEST_WORDS, MOST_WORDS, MOST_TITLE_WORDS = 20, 80, 120
MOST_PRINTED = 25  # lines of output


@pytest.fixture(params=CHAPTERS, ids=lambda path: path.stem)
def notebook(request: pytest.FixtureRequest) -> Any:
    return read(request.param)


def read(path: Path) -> Any:
    import nbformat  # takes seconds: not while tests are collected

    return nbformat.read(path, as_version=4)


def code(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def is_folded(cell: Any) -> bool:
    return CHECKING in cell.metadata.get("tags", [])


def seen(notebook: Any) -> list[Any]:
    """The cells that are not folded."""
    return [cell for cell in notebook.cells if not is_folded(cell)]


def sections(notebook: Any) -> list[tuple[str, list[Any]]]:
    """The title and the cells of each section; the title of what is above the first is ""."""
    found: list[tuple[str, list[Any]]] = [("", [])]
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and opening(cell).startswith("## "):
            found.append((opening(cell)[3:], []))
        found[-1][1].append(cell)
    return found


def section(notebook: Any, title: str) -> list[Any]:
    """The cells of all sections whose title begins with these words."""
    return [cell for name, cells in sections(notebook) if name.startswith(title) for cell in cells]


def written(cells: list[Any]) -> str:
    """The code of the cells among them."""
    return "\n".join(cell.source for cell in cells if cell.cell_type == "code")


def prose(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "markdown"]


def lines(cell: Any) -> list[str]:
    return [line for line in cell.source.splitlines() if line.strip()]


def words(cell: Any) -> int:
    """The number of words, without headings and markup."""
    text = re.sub(r"^#.*$|[*_`#>|-]", " ", cell.source, flags=re.MULTILINE)
    return len(text.split())


def outputs(notebook: Any) -> list[Any]:
    return [output for cell in code(notebook) for output in cell.outputs]


def plain(output: Any) -> str:
    return output.get("text") or output.get("data", {}).get("text/plain", "")


def opening(cell: Any) -> str:
    return cell.source.splitlines()[0] if cell.source else ""


def headings(notebook: Any) -> list[tuple[int, str]]:
    found = [re.match(r"(#+) (.+)", line) for cell in prose(notebook) for line in cell.source.splitlines()]
    return [(len(match[1]), match[2]) for match in found if match]


def is_lab(output: Any) -> bool:
    """Whether an output is the still of a lab."""
    return "class='cl-still'" in str(output.get("data", {}).get("text/html"))


def drawing(output: Any) -> str | None:
    """The SVG that an output shows as an image."""
    match = re.search(r"image/svg\+xml;base64,([^\"]+)", str(output.get("data", {}).get("text/html", "")))
    return b64decode(match[1]).decode() if match else None


def test_there_are_chapters() -> None:
    assert [path.name[:2] for path in CHAPTERS][:1] == ["00"]


def test_begins_with_its_title_a_question_and_the_time_it_takes(notebook: Any) -> None:
    first = notebook.cells[0]
    assert first.cell_type == "markdown"
    assert re.match(r"# \d\d \w+", first.source), "the first line is a title such as '# 07 Bully election'"
    assert re.search(r"^\*\*.+\?\*\*$", first.source, re.MULTILINE), "a question in bold follows"
    assert "minutes" in first.source, "it says how many minutes it takes"
    assert words(first) <= MOST_TITLE_WORDS + 12


def test_has_the_shape_of_a_chapter(notebook: Any) -> None:
    titles = [title for level, title in headings(notebook) if level == 2]
    found = [want for title in titles for want in SECTIONS if re.match(rf"{want}\b", title)]
    assert [want for want in SECTIONS if want not in found] == [], "these sections are missing"
    breaking = [want for want in found if want in ("Break it", "Repair it")]
    once = [want for want in dict.fromkeys(found) if want not in breaking]
    assert once == [want for want in SECTIONS if want not in breaking], "the order of the sections"
    assert found[:3] == list(SECTIONS[:3]), "breaking and measuring come after the first look"
    assert titles[-4:] == [titles[-4], *SECTIONS[-3:]]
    assert titles[-4].startswith(SECTIONS[-4])
    assert found.count("Predict") == found.count("Three lessons") == 1


def test_predictions_come_before_the_first_run_and_are_compared(notebook: Any) -> None:
    first = code(notebook)[0].source
    predicted = re.findall(r"^(\w+) = \.\.\.", first, re.MULTILINE)
    assert 3 <= len(predicted) <= 5
    everything = "\n".join(cell.source for cell in code(notebook))
    assert [name for name in predicted if f"compare({name}, " not in everything] == []


def test_headings_are_in_order(notebook: Any) -> None:
    levels = [level for level, _ in headings(notebook)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_code_cells_are_small(notebook: Any) -> None:
    sizes = [len(lines(cell)) for cell in code(notebook) if not is_folded(cell)]
    assert max(sizes) <= LONG, "a definition has at most fifteen lines"
    assert median(sizes) <= SHORT, "most cells are probes"
    assert min(sizes) > 0
    assert max(len(lines(cell)) for cell in code(notebook)) <= LONGEST


def test_text_cells_have_twenty_to_eighty_words(notebook: Any) -> None:
    tail = [cell for cell in prose(notebook) if opening(cell) == "## Sources"]
    body = [cell for cell in prose(notebook)[1:] if cell not in tail]
    wrong = {cell.source[:50]: words(cell) for cell in body if not FEWEST_WORDS <= words(cell) <= MOST_WORDS}
    assert wrong == {}


def test_there_is_enough_text_for_the_code(notebook: Any) -> None:
    assert 3 * len(prose(notebook)) >= 2 * sum(cell.cell_type == "code" for cell in seen(notebook))


def test_a_reader_sees_at_most_sixty_five_cells(notebook: Any) -> None:
    assert len(seen(notebook)) <= MOST_SEEN


def test_at_most_three_code_cells_follow_each_other(notebook: Any) -> None:
    kinds = "".join(cell.cell_type[0] for cell in seen(notebook))
    assert "cccc" not in kinds


def test_every_code_cell_was_run_in_order(notebook: Any) -> None:
    counts = [cell.execution_count for cell in code(notebook)]
    assert counts == list(range(1, len(counts) + 1))


def test_no_output_is_an_error_or_a_warning(notebook: Any) -> None:
    assert [
        output
        for output in outputs(notebook)
        if output.output_type == "error" or output.get("name") == "stderr"
    ] == []


def test_every_output_is_compared(notebook: Any) -> None:
    tags = [tag for cell in notebook.cells for tag in cell.metadata.get("tags", [])]
    assert "NBVAL" not in "".join(cell.source for cell in notebook.cells) + "".join(tags).upper()


def test_outputs_are_short(notebook: Any) -> None:
    shown = [
        each
        for each in outputs(notebook)
        if drawing(each) is None and "text/markdown" not in each.get("data", {})
    ]
    assert max(len(plain(output).splitlines()) for output in shown) <= MOST_PRINTED


def test_no_output_depends_on_the_machine(notebook: Any) -> None:
    everything = re.sub(r"base64,[^\"]+", "", "\n".join(str(output) for output in outputs(notebook)))
    assert not re.search(r"0x[0-9a-f]{6,}", everything), "an address changes from run to run"
    assert not re.search(r"/(home|root|Users|work|tmp|opt|usr)/|[A-Z]:\\\\", everything)
    assert "ipykernel" not in everything


def test_no_widget_is_stored(notebook: Any) -> None:
    """A stored widget cannot be displayed without its kernel; a picture and text can."""
    assert "widgets" not in notebook.metadata
    assert "widget-view" not in str(outputs(notebook))
    assert notebook.metadata.kernelspec.name == "python3"


def test_every_figure_has_a_description(notebook: Any) -> None:
    for output in outputs(notebook):
        data = output.get("data", {})
        assert not {"image/png", "image/jpeg"} & data.keys(), (
            "figures are SVG: they are compared, and can be read"
        )
        if svg := drawing(output):
            assert 'role="img"' in svg
            assert len(re.findall(r"<desc[^>]*>([^<]{20,})</desc>", svg)) == 1
            assert len(plain(output)) > 20
    for cell in prose(notebook):
        assert not re.search(r"!\[\s*\]", cell.source), "an image without alternative text"
        assert "<img" not in cell.source


def test_every_lab_comes_with_a_question(notebook: Any) -> None:
    labs = [at for at, cell in enumerate(notebook.cells) if any(map(is_lab, cell.get("outputs", [])))]
    assert labs, "a chapter has a lab"
    for at in labs:
        above = next(cell for cell in reversed(notebook.cells[:at]) if cell.cell_type == "markdown")
        assert re.search(r"\*\*[^*]+\?\*\*", above.source), (
            f"no question in bold above {notebook.cells[at].source!r}"
        )


def test_assertions_are_folded_and_end_their_section(notebook: Any) -> None:
    """They check the text, and are nothing to read: a tag, a folded source, and no output."""
    for title, cells in sections(notebook):
        at = [place for place, cell in enumerate(cells) if is_folded(cell)]
        assert at in ([], [len(cells) - 1]), f"one folded cell at most, the last of the section {title!r}"
        for cell in cells:
            is_check = cell.cell_type == "code" and bool(
                re.search(r"^\s*assert\b", cell.source, re.MULTILINE)
            )
            assert is_check == is_folded(cell), f"in {title!r}: {cell.source}"
            if is_check:
                assert cell.metadata.get("jupyter", {}).get("source_hidden") is True, f"not folded: {title!r}"
                assert cell.outputs == []


def test_a_section_that_states_numbers_has_assertions(notebook: Any) -> None:
    for title, cells in sections(notebook):
        told = "\n".join(each.source.partition("\n")[2] for each in cells if each.cell_type == "markdown")
        if title.startswith(STATING) and re.search(r"\d", told):
            assert is_folded(cells[-1]), f"{title!r} states a number that no cell asserts"


def test_every_question_in_bold_is_compared_and_answered(notebook: Any) -> None:
    """In its section: by a `compare` for each, with text after it."""
    for title, cells in sections(notebook)[1:]:
        kinds = ""  # of the cells: q for each question, c for each comparison, t for text
        for cell in cells:
            if cell.cell_type == "markdown":
                kinds += "t" + "q" * len(re.findall(r"\*\*[^*]+\?\*\*", cell.source))
            else:
                kinds += "c" * cell.source.count("compare(")
        for at, kind in enumerate(kinds):
            rest = kinds[at:]
            assert kind != "q" or rest.count("c") >= rest.count("q"), f"{title!r}: a question without compare"
        assert "q" not in kinds or "t" in kinds.rpartition("c")[2], f"{title!r}: no text after the answer"


def test_what_the_reader_answers_is_kept_under_the_number_of_the_chapter(notebook: Any) -> None:
    number = notebook.cells[0].source[2:4]
    answered = re.findall(
        r"(?<![.\w])(?:compare|check)\(.*?\)$", written(notebook.cells), re.MULTILINE | re.DOTALL
    )
    names = [match[1] for each in answered if (match := re.search(r'"(\d\d [^"]+)"\)$', each))]
    assert len(names) == len(answered) == len(set(names)), "each `compare` and `check` has a name of its own"
    assert {name[:2] for name in names} == {number}


def test_what_is_measured_is_swept_and_plotted(notebook: Any) -> None:
    measured = written(section(notebook, "Measure it"))
    assert "sweep(" in measured
    assert re.search(r"\bplot\(|\.figure\(", measured)


def test_a_schedule_that_fails_is_found_and_has_a_point_of_no_return(notebook: Any) -> None:
    if notebook.cells[0].source[2:4] in EXPLORED:
        assert "explore(" in written(notebook.cells)
        assert "point_of_no_return(" in written(notebook.cells)


def test_has_three_lessons_in_one_cell(notebook: Any) -> None:
    (told,) = section(notebook, "Three lessons")
    assert re.findall(r"^(\d)\. ", told.source, re.MULTILINE) == ["1", "2", "3"]


def test_ends_with_exercises_that_are_checked(notebook: Any) -> None:
    cells = section(notebook, "Exercises")
    tasks = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    found = re.findall(r"^\*\*(\d)\. .+\((easy|medium|hard)\)\.\*\*", tasks, re.MULTILINE)
    assert found == [("1", "easy"), ("2", "medium"), ("3", "hard")]
    assert written(cells).count("check(") >= len(found)
    (sources,) = section(notebook, "Sources")
    assert len(re.findall(r"^- ", sources.source, re.MULTILINE)) >= 2


def test_sentences_have_at_most_thirty_words(notebook: Any) -> None:
    """They are written for readers whose first language is not English."""
    for cell in prose(notebook)[1:]:
        if opening(cell) == "## Sources":
            continue
        text = re.sub(r"^#.*$|`[^`]*`", "x", cell.source, flags=re.MULTILINE)
        sentences = [len(each.split()) for each in re.split(r"[.:;?!]\W*\s|\n\n", text)]
        assert max(sentences) <= 30, cell.source
