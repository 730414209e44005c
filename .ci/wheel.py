"""The notebooks in the wheel: without the stored outputs, which would be most of its size.

A build hook of hatchling, named in pyproject.toml.  The outputs of the home page are its content, and stay.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

HOME = "index.ipynb"


def originals(root: Path) -> Iterator[tuple[Path, str]]:
    """Each notebook, and its place in the wheel."""
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        yield path, f"coordlab/_course/{path.name}"
    released = root / "exercises" / "release"
    for path in sorted(released.glob("*/*.ipynb")):
        yield path, f"coordlab/_course/exercises/{path.relative_to(released).as_posix()}"


def cleared(text: str) -> str:
    """A notebook without outputs."""
    notebook = json.loads(text)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell.update(outputs=[], execution_count=None)
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


class Notebooks(BuildHookInterface[Any]):
    """Puts the notebooks into the wheel."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add them to what hatchling is about to pack; an editable installation reads the originals."""
        if version == "editable":
            return
        folder = Path(mkdtemp())
        for number, (path, place) in enumerate(originals(Path(self.root))):
            text = path.read_text("utf-8")
            (folder / str(number)).write_text(text if path.name == HOME else cleared(text), "utf-8")
            build_data["force_include"][str(folder / str(number))] = place
