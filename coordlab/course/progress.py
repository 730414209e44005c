"""Progress: the predictions and answers of the learner, by name, and a small file to keep them in.

Answers are lost with the session unless they are saved.  A file is checked before any of it is used.
"""

from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Iterator, Mapping
from math import isfinite
from numbers import Number
from pathlib import Path
from types import NoneType
from typing import TypeGuard

from coordlab import requirements as require

FORMAT, VERSION, MOST = "coordlab-progress", 1, 1_000_000
LONGEST, DEEPEST, WIDEST = 10_000, 20, 20_000  # characters of an answer, lists within lists, items in all

Plain = str | int | float | None | list["Plain"]


class ProgressError(ValueError):
    """A file that is not a progress file; it is neither read nor overwritten."""


class Answers(dict[str, Plain]):
    """Predictions and answers by name, and the file that they are saved to, if any."""

    file: Path | None = None

    def remember(self, name: str, answer: object) -> None:
        """Keep an answer, in the file as well; warn if that cannot be written to."""
        kept = plain(answer)
        if name in self and self[name] == kept:
            return
        self[name] = kept
        if self.file is not None:
            try:
                save_progress(self.file)
            except (OSError, ProgressError) as error:
                warnings.warn(f"this answer is not saved: {error}", stacklevel=3)


answers = Answers()
"""The predictions and answers of this session."""


def save_progress(path: str | Path) -> str:
    """Write the answers to a small JSON file, now and after each further answer of this session.

    Returns a sentence that says how many they are.  Answers that are already in the file and not in this
    session are kept.  Raises ProgressError if the file exists and is not a progress file, or if it would
    become too large, and FileNotFoundError if its folder does not exist.
    """
    written = require.path("path", path, "my-progress.json")
    path = written.expanduser().absolute()
    missing = f"there is no folder '{written.parent}'; expected a file in a folder that exists"
    require.that(path.parent.is_dir(), f"'{written}'", missing, "'my-progress.json'", FileNotFoundError)
    session = {str(name): plain(value) for name, value in answers.items()}  # anybody may have added some
    kept = {**(_read(path) if path.exists() else {}), **session}
    content = json.dumps({"format": FORMAT, "version": VERSION, "answers": kept}, indent=1)
    allowed, example = f"expected at most {MOST:,} bytes. Nothing was changed", "one file for each chapter"
    require.that(
        len(content) <= MOST, f"{path.name}: {len(content):,} bytes", allowed, example, ProgressError
    )
    _replace(path.resolve(), content)
    answers.file = path
    return f"{_counted(kept)} saved in {path.name}."


def _replace(file: Path, content: str) -> None:
    """Write a file that stays complete until the new one is; it keeps its permissions."""
    part = file.with_name(f"{file.name}.part")
    try:
        part.write_text(content, encoding="utf-8", newline="\n")  # of the length that was checked
        if file.exists():
            shutil.copymode(file, part)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


def load_progress(path: str | Path) -> str:
    """Read the answers in a file, and return a sentence that says how many; answers of this session are kept.

    Raises ProgressError if the file is not a progress file.
    """
    file = require.path("path", path, "my-progress.json").expanduser()
    found = _read(file)
    answers.update({**found, **answers})
    return f"{_counted(found)} found in {file.name}."


def _read(path: Path) -> dict[str, Plain]:
    """The answers in a file, all of them checked."""
    if path.stat().st_size <= MOST and not path.is_dir():
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
    """`value` as a file can hold it: numbers, texts and lists by value, anything else as text.

    Sets and dicts become lists in a fixed order, the latter of pairs.  What lies within itself or deeper than
    20 lists, and what follows on the 20,000th item, is "…".
    """
    return _kept(value, (), iter(range(WIDEST)))


def _kept(value: object, around: tuple[object, ...], room: Iterator[int]) -> Plain:
    """As `plain`; `around` is what the value lies in, and `room` counts the items."""
    if next(room, None) is None or any(each is value for each in around):
        return "…"
    inside = (*around, value)
    if not isinstance(value, type):
        value = getattr(value, "tolist", lambda: value)()  # of numpy and pandas
    if isinstance(value, Mapping):
        value = sorted(value.items(), key=lambda pair: require.shown(pair[0]))
    elif isinstance(value, (set, frozenset)):
        value = sorted(value, key=require.shown)
    if isinstance(value, (list, tuple)):
        return [_kept(each, inside, room) for each in value] if len(around) < DEEPEST else "…"
    if isinstance(value, Number) and not isinstance(value, (int, complex)):
        value = require.by_value(value)  # a decimal or a fraction
    if isinstance(value, int) and abs(value) >= 10**60:
        return require.shown(value)
    if isinstance(value, str):
        return value[:LONGEST]
    words = str if require.is_bounded(value) else require.shown
    return value if _is_plain(value) else words(value)[:LONGEST]


def _is_plain(value: object) -> TypeGuard[Plain]:
    if isinstance(value, list):
        return all(map(_is_plain, value))
    return isinstance(value, (str, int, NoneType)) or (isinstance(value, float) and isfinite(value))


def _counted(found: dict[str, Plain]) -> str:
    return f"{len(found)} answer{'' if len(found) == 1 else 's'}"
