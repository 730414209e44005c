"""Progress: what a reader has predicted and answered, by name, and one small file to keep it in.

Answers live in this session only, until one saves them.  A file is data, looked at before any of it is taken.
"""

from __future__ import annotations

import json
import tempfile
from math import isfinite
from pathlib import Path
from types import NoneType
from typing import Any

FORMAT, VERSION, MOST = "coordlab-progress", 1, 1_000_000

answers: dict[str, Any] = {}
"""What the reader has predicted and answered so far, by name."""


class ProgressError(ValueError):
    """A file that holds no progress, or must not be overwritten: says why, and what to do instead."""


def save_progress(path: str | Path) -> str:
    """Write all answers to one small JSON file; those that it holds already, and are not given anew, stay."""
    path = Path(path)
    kept = {**(_read(path) if path.exists() else {}), **answers}
    content = json.dumps({"format": FORMAT, "version": VERSION, "answers": kept}, indent=1)
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=path.parent, suffix=".part", delete=False
    ) as file:
        file.write(content)
    Path(file.name).replace(path)  # the old file is whole until the new one is
    return f"{_counted(kept)} saved in {path.name}."


def load_progress(path: str | Path) -> str:
    """Take up the answers of a file; what has been answered in this session stays."""
    found = _read(Path(path))
    answers.update({**found, **answers})
    return f"{_counted(found)} found in {Path(path).name}."


def _read(path: Path) -> dict[str, Any]:
    """The answers in a file: data only, and all of it looked at before any is taken."""
    if path.stat().st_size > MOST:
        raise ProgressError(
            f"{path.name} has more than {MOST:,} bytes: that is no file of answers. {_ADVICE}"
        )
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        ours = (content["format"], content["version"]) == (FORMAT, VERSION)
        found: dict[str, Any] = content["answers"]
        if ours and all(map(_is_plain, found.values())):
            return found
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        pass  # not JSON, or JSON of another shape
    raise ProgressError(f"{path.name} is no file that save_progress, version {VERSION}, wrote. {_ADVICE}")


_ADVICE = "Nothing was changed; give another path."


def plain(value: Any) -> Any:
    """`value` as a file can hold it: numbers, texts and lists of them as they are, all else in words."""
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    return value if _is_plain(value) else str(value)


def _is_plain(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_is_plain, value))
    return isinstance(value, (str, int, NoneType)) or (isinstance(value, float) and isfinite(value))


def _counted(found: dict[str, Any]) -> str:
    return f"{len(found)} answer{'' if len(found) == 1 else 's'}"
