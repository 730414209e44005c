"""Each mistake in a pattern is noticed by the pattern's own properties, in at most 100 random disasters.

`tests/mutants/<pattern>.py` holds a table MUTANTS: the file, what is replaced by what, and the name of the
property that must object.  A mutant that no property can tell from the original says why, and none may
object.
"""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from tests.mutants.mutation import Mutant, violated
from tests.sampling import some

PATTERNS = sorted(path.stem for path in Path(__file__).parent.glob("*.py"))
PATTERNS = [name for name in PATTERNS if name not in ("mutation", "test_mutants")]
TABLES: dict[str, list[Mutant]] = {
    name: importlib.import_module(f"tests.mutants.{name}").MUTANTS for name in PATTERNS
}
CASES = [
    pytest.param(name, mutant, id=f"{name}-{number}")
    for name, mutants in TABLES.items()
    for number, mutant in enumerate(mutants)
]
MOST = 100  # disasters


@pytest.mark.slow
@pytest.mark.parametrize(("pattern", "mutant"), some(CASES, 20))
def test_a_mistake_is_noticed(pattern: str, mutant: Mutant) -> None:
    noticed = violated(mutant, pattern, MOST)
    if mutant.equivalent:
        assert list(noticed) == []
    else:
        assert any(name.startswith(mutant.caught_by) for name in noticed), noticed


def test_every_mistake_can_still_be_made() -> None:
    """The text that it replaces stands once in its file, and the result is Python."""
    for mutants in TABLES.values():
        for mutant in mutants:
            compile(mutant.source(), mutant.file, "exec", dont_inherit=True)
