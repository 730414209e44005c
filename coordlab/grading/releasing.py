"""From the instructor's notebooks to those that students get: without solutions, otherwise unchanged.

`python -m coordlab.grading.releasing exercises/README.md` brings the table in that file up to date.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from coordlab import requirements as require
from coordlab.exercises import CHAPTERS, assignment
from coordlab.exercises.part import ExerciseError

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
ME = 'me("...")'  # the cell in which students write their names


def release(source: Path, target: Path, course: str = "", solved: bool = False) -> None:
    """Write the notebook that students get.  Raises ExerciseError for a source that cannot be released.

    course: the name of the course, which goes into `me(...)`; another course gives other variants.
    solved: keep the solutions, for a tool that takes them out itself.
    """
    notebook = json.loads(source.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            text = "".join(cell["source"])
            if course and text.strip() == ME:
                text = f"{ME[:-1]}, course={course!r})"
            without = list(_without_solution(source.name, text))
            cell["source"] = text.splitlines(keepends=True) if solved else without
            cell["outputs"], cell["execution_count"] = [], None
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text_of(notebook), encoding="utf-8")


def text_of(notebook: Any) -> str:
    """A notebook as JupyterLab writes it."""
    return json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _without_solution(name: str, cell: str) -> Iterator[str]:
    """The lines of a cell outside its solution."""
    lines = cell.splitlines()
    marked = [each.strip() for each in lines if each.strip() in (BEGIN, END)]
    balanced = marked == [BEGIN, END] * (len(marked) // 2)
    allowed = f"each {BEGIN} has its {END}"
    require.that(balanced, f"{name}: {cell[:60]}", allowed, f"{BEGIN} … {END}", ExerciseError)
    kept, inside = [], False
    for line in lines:
        if line.strip() in (BEGIN, END):
            inside = line.strip() == BEGIN
        elif not inside:
            kept.append(line)
    text = "\n".join(kept).strip("\n")
    yield from (each + "\n" for each in text.splitlines()[:-1])
    yield from text.splitlines()[-1:]


def table() -> str:
    """All exercises as a table in Markdown."""
    rows = [
        "| chapter | part | asks | form | points | minutes | our solution |",
        "|---|---|---|---|---|---|---|",
    ]
    for chapter in CHAPTERS:
        for part in assignment(chapter):
            size = f"{part.lines} lines" if part.lines else "–"
            link = f"[{chapter}](release/{chapter}/{chapter}.ipynb)"
            facts = (link, part.id[-1], part.title, part.form, f"{part.points:g}", part.minutes, size)
            rows.append(f"| {' | '.join(map(str, facts))} |")
    return "\n".join(rows)


def renew(readme: Path) -> None:
    """Put the table of today in place of the one in a file of Markdown."""
    text = readme.read_text(encoding="utf-8")
    new = re.sub(r"^\| chapter .*(?:\n\|.*)*", lambda _: table(), text, flags=re.MULTILINE)
    readme.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    renew(Path(sys.argv[1]))
