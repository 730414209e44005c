"""What `tests/sizes.py` counts, and that the package keeps its budgets."""

from statistics import median

from tests import sizes
from tests.sizes import Size

SOURCE = '''"""What this is."""

import math  # for tau

# A full turn.


def turn() -> float:
    """In radians,

    as always.
    """
    return math.tau
'''


def test_code_is_what_is_left_without_docstrings_comments_and_blanks() -> None:
    assert sizes.size(SOURCE) == Size(lines=13, code=3)


def test_the_report_counts_every_file_once() -> None:
    parts = [sizes.within(folder).code for folder in sizes.folders("coordlab")]
    top = sum(each.code for path, each in sizes.files("coordlab").items() if len(path.parts) == 2)
    assert sum(parts) + top == sizes.within("coordlab").code > 10_000
    assert len(sizes.patterns()) > 20


def test_the_package_keeps_its_budget() -> None:
    """All lines of Python, and code alone."""
    lines, code = sizes.within("coordlab")
    assert (lines <= sizes.PACKAGE.lines, code <= sizes.PACKAGE.code) == (True, True), (lines, code)


def test_files_can_be_read_in_one_go() -> None:
    """None of the package is longer than its limit."""
    lines = {str(path): each.lines for path, each in sizes.files("coordlab").items()}
    assert {path: length for path, length in lines.items() if length > sizes.LONGEST_FILE} == {}


def test_a_pattern_fits_in_its_folder() -> None:
    """Without its lab: none is larger than the limit, and half of them are much smaller."""
    lines = sizes.patterns()
    assert {name: length for name, length in lines.items() if length > sizes.LARGEST_PATTERN} == {}
    assert median(lines.values()) <= sizes.MEDIAN_PATTERN
