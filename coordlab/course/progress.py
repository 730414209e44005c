"""Progress: the predictions and answers of the learner, by name, and a small file to keep them in.

Answers are lost with the session unless they are saved.  A file is checked before any of it is used.
"""

from __future__ import annotations

import json
import tempfile
from math import isfinite
from pathlib import Path
from types import NoneType
from typing import TypeGuard

FORMAT, VERSION, MOST = "coordlab-progress", 1, 1_000_000

Plain = str | int | float | None | list["Plain"]
answers: dict[str, Plain] = {}
"""The predictions and answers of this session, by name."""


class ProgressError(ValueError):
    """A file that is not a progress file; it is neither read nor overwritten."""


def save_progress(path: str | Path) -> str:
    """Write the answers to a small JSON file, and return a sentence that says how many.

    Answers that are already in the file and not in this session are kept.  Raises ProgressError if the file
    exists and is not a progress file.
    """
    path = Path(path)
    kept = {**(_read(path) if path.exists() else {}), **answers}
    content = json.dumps({"format": FORMAT, "version": VERSION, "answers": kept}, indent=1)
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=path.parent, suffix=".part", delete=False
    ) as file:
        file.write(content)
    Path(file.name).replace(path)  # the old file stays complete until the new one is
    return f"{_counted(kept)} saved in {path.name}."


def load_progress(path: str | Path) -> str:
    """Read the answers in a file, and return a sentence that says how many; answers of this session are kept.

    Raises ProgressError if the file is not a progress file.
    """
    found = _read(Path(path))
    answers.update({**found, **answers})
    return f"{_counted(found)} found in {Path(path).name}."


def _read(path: Path) -> dict[str, Plain]:
    """The answers in a file, all of them checked."""
    if path.stat().st_size <= MOST:
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            ours = (content["format"], content["version"]) == (FORMAT, VERSION)
            found: dict[str, Plain] = content["answers"]
            if ours and all(map(_is_plain, found.values())):
                return found
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            pass  # not JSON, or JSON of another shape
    allowed = f"expected a file of at most {MOST:,} bytes that save_progress, version {VERSION}, wrote"
    raise ProgressError(f"{path.name}: {allowed}. Nothing was changed. For example: 'my-progress.json'.")


def plain(value: object) -> Plain:
    """`value` as a file can hold it: numbers, texts and lists as they are, anything else as text."""
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    return value if _is_plain(value) else str(value)


def _is_plain(value: object) -> TypeGuard[Plain]:
    if isinstance(value, list):
        return all(map(_is_plain, value))
    return isinstance(value, (str, int, NoneType)) or (isinstance(value, float) and isfinite(value))


def _counted(found: dict[str, Plain]) -> str:
    return f"{len(found)} answer{'' if len(found) == 1 else 's'}"
