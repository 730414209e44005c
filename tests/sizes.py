"""How large the project is: lines of Python per folder, all of them and code alone; and the budgets.

Code is what is left without docstrings, comments and blank lines.
"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from statistics import median
from typing import NamedTuple

from tests.pythons import PROJECT


class Size(NamedTuple):
    """How many lines there are, and how many of them are code."""

    lines: int
    code: int


PACKAGE = Size(lines=60_000, code=38_500)
LONGEST_FILE = 450  # lines
LARGEST_PATTERN, MEDIAN_PATTERN = 1_500, 1_050  # lines of a pattern's folder without its lab
LAB = ("lab.py", "pictures.py", "lab_agents.py", "expected.py")  # what only the lab of a pattern needs

DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def size(text: str) -> Size:
    """The size of the source `text`."""
    quiet: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            quiet.update(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    lines = text.splitlines()
    rest = [line.strip() for number, line in enumerate(lines, 1) if number not in quiet]
    return Size(len(lines), sum(line != "" and not line.startswith("#") for line in rest))


@cache
def files(top: str) -> dict[Path, Size]:
    """The size of each file of Python below the folder `top`, by its path in the project."""
    found = sorted((PROJECT / top).rglob("*.py"))
    return {path.relative_to(PROJECT): size(path.read_text("utf-8")) for path in found}


def within(folder: str, *without: str) -> Size:
    """The size of everything in a folder, leaving out files of some names."""
    top = Path(folder)
    found = [
        each
        for path, each in files(top.parts[0]).items()
        if path.is_relative_to(top) and path.name not in without
    ]
    return Size(sum(each.lines for each in found), sum(each.code for each in found))


def folders(top: str) -> list[str]:
    """The folders directly below `top` that hold Python."""
    depth = len(Path(top).parts)
    inside = [path.parts for path in files(Path(top).parts[0]) if path.is_relative_to(top)]
    return list(dict.fromkeys("/".join(parts[: depth + 1]) for parts in inside if len(parts) > depth + 1))


def patterns() -> dict[str, int]:
    """How many lines each pattern's folder has, without its lab."""
    return {folder: within(folder, *LAB).lines for folder in folders("coordlab/patterns")}


def report() -> Iterator[str]:
    """A row for each folder, and the totals beside their budgets."""
    for folder in (*folders("tests"), "tests", *folders("coordlab"), "coordlab"):
        yield row(folder, within(folder))
    yield row("budget of coordlab", PACKAGE)
    lines = patterns().values()
    yield (
        f"a pattern without its lab: median {median(lines):,.0f} lines of {MEDIAN_PATTERN:,}, "
        f"largest {max(lines):,} of {LARGEST_PATTERN:,}"
    )


def row(name: str, found: Size) -> str:
    """A size with its name before it."""
    return f"{name:24} {found.lines:7,} lines {found.code:7,} code"
