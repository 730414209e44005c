"""A pattern with one mistake in it, and the disasters in which its own properties must notice."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import coordlab
from coordlab.world.errors import AgentError
from tests.disasters import Enough, over

PATTERNS = Path(coordlab.__file__).parent / "patterns"
RELOADED = ("coordlab.patterns", "tests.patterns")  # packages whose modules may know the mutated one


@dataclass(frozen=True)
class Mutant:
    """One mistake: `old`, which stands once in the file, is replaced by `new`.

    file: its path below the folder `coordlab/patterns`.
    caught_by: how the name of the property begins that must be violated; or
    equivalent: why no property can tell the mutant from the original.
    """

    file: str
    old: str
    new: str
    caught_by: str = ""
    equivalent: str = ""

    @property
    def module(self) -> str:
        return "coordlab.patterns." + self.file.removesuffix(".py").removesuffix("/__init__").replace(
            "/", "."
        )

    def source(self) -> str:
        """The text of the file with the mistake in it."""
        text = (PATTERNS / self.file).read_text("utf-8")
        assert text.count(self.old) == 1, f"{self.old!r} stands {text.count(self.old)} times in {self.file}"
        assert bool(self.caught_by) != bool(self.equivalent)
        return text.replace(self.old, self.new)


class Finder(MetaPathFinder, SourceFileLoader):
    """Imports the mutated module with its mistake; all others as ever."""

    def __init__(self, mutant: Mutant) -> None:
        super().__init__(mutant.module, str(PATTERNS / mutant.file))
        self.mutant = mutant

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        return spec_from_file_location(name, self.path, loader=self) if name == self.name else None

    def get_code(self, fullname: str) -> CodeType:
        return compile(self.mutant.source(), self.path, "exec", dont_inherit=True)


@contextmanager
def mutated(mutant: Mutant, story: str) -> Iterator[ModuleType]:
    """The module `story`, which knows the pattern with its mistake; afterwards everything is as before."""
    before = {name: module for name, module in sys.modules.items() if name.startswith(RELOADED)}
    finder = Finder(mutant)
    for name in before:
        del sys.modules[name]
    sys.meta_path.insert(0, finder)
    try:
        yield importlib.import_module(story)
    finally:
        sys.meta_path.remove(finder)
        for name in [name for name in sys.modules if name.startswith(RELOADED)]:
            del sys.modules[name]
        sys.modules.update(before)
        for name, module in before.items():
            parent, _, child = name.rpartition(".")
            if parent in sys.modules:
                setattr(sys.modules[parent], child, module)


def violated(mutant: Mutant, pattern: str, most: int) -> Sequence[str]:
    """The properties violated in up to `most` disasters, until `caught_by` is among them, in order."""
    seen = dict[str, None]()
    with mutated(mutant, f"tests.patterns.{pattern}.story") as story:

        def look(world: Any) -> None:
            with suppress(AgentError):  # an agent that fails is no catch of a property
                run = world.run(until=story.UNTIL)
                seen.update((each.name, None) for each in run.verdicts if each.status == "violated")
            if mutant.caught_by and any(name.startswith(mutant.caught_by) for name in seen):
                raise Enough

        over(story.disasters(), look, most, shrink=False)
    return list(seen)
