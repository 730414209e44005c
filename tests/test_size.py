"""What `tests/sizes.py` counts."""

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
