"""The learner's copy of the notebooks and the exercises: where it is, and how it is updated."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from coordlab import __version__, requirements as require

_PACKAGE = Path(__file__).parent.parent
SHIPPED, CHECKOUT = _PACKAGE / "_course", _PACKAGE.parent / "notebooks"
RELEASED = "exercises/release"  # where the exercises are, beside the notebooks of a checkout
SETTINGS = Path(__file__).parent / "jupyter"  # for JUPYTER_CONFIG_PATH: turns off the news of JupyterLab
DEFAULT = "coordlab-course"
_RECORD = ".coordlab-course.json"


def folder(target: Path | None = None) -> Path:
    """Create or update the learner's copy of the course in the folder `target`, and return it.

    The default is `coordlab-course`, in the checkout if there is one, else in the current folder.  Raises
    ValueError if `target` is the folder of the originals, OSError if it cannot be written to.
    """
    source, home = (SHIPPED, Path()) if SHIPPED.is_dir() else (CHECKOUT, CHECKOUT.parent)
    target = home / DEFAULT if target is None else target
    original = "this folder holds the original notebooks; expected another one, for your copy"
    example = f"--folder {home / DEFAULT}"
    require.that(target.resolve() != source.resolve(), f"--folder {target}", original, example)
    try:
        return copy(source, target)
    except OSError as error:
        reason = f"it cannot be written to ({error.strerror}); expected a folder for your copy"
        raise OSError(f"--folder {target}: {reason}. For example: --folder ~/{DEFAULT}.") from error


def copy(source: Path, target: Path) -> Path:
    """Copy the notebooks of `source` to `target` without overwriting the learner's work; return `target`.

    A notebook that has not changed since it was copied is updated.  If it has changed, the new version is
    put beside it, once.
    """
    target.mkdir(parents=True, exist_ok=True)
    record = _read_record(target)
    for name, new in sorted(_originals(source)):
        mine = target / name
        mine.parent.mkdir(parents=True, exist_ok=True)  # that of an exercise
        if _is_changed(target, mine, record) and mine.read_bytes() != new:
            if _digest(new) in record.values():
                continue  # the learner has had this version
            mine = next(beside for beside in _besides(mine) if not _is_changed(target, beside, record))
        mine.write_bytes(new)
        record[_key(target, mine)] = _digest(new)
    (target / _RECORD).write_text(json.dumps(record, indent=1), encoding="utf-8")
    return target


def _originals(source: Path) -> Iterator[tuple[str, bytes]]:
    """The name of each notebook in the copy, and its content: there the exercises are in a folder of it."""
    for notebook in source.glob("*.ipynb"):
        yield notebook.name, notebook.read_bytes().replace(f"../{RELEASED}/".encode(), b"exercises/")
    exercises = source / "exercises" if source == SHIPPED else source.parent / RELEASED
    for notebook in exercises.glob("*/*.ipynb"):
        yield f"exercises/{notebook.parent.name}/{notebook.name}", notebook.read_bytes()


def _key(target: Path, notebook: Path) -> str:
    """By what a notebook is recorded."""
    return notebook.relative_to(target).as_posix()


def _is_changed(target: Path, notebook: Path, record: dict[str, str]) -> bool:
    """Whether a notebook differs from the version that was copied last."""
    return notebook.exists() and _digest(notebook.read_bytes()) != record.get(_key(target, notebook))


def _besides(notebook: Path) -> Iterator[Path]:
    """The names for a new version beside a changed notebook, in order."""
    yield notebook.with_stem(f"{notebook.stem} ({__version__})")
    for number in count(2):
        yield notebook.with_stem(f"{notebook.stem} ({__version__}, {number})")


def chapter(place: Path, wanted: str) -> Path:
    """The notebook in `place` whose name begins with `wanted`, such as 07.

    Raises FileNotFoundError if there is none.
    """
    # sorted by stem: the learner's own notebook comes before a new version beside it
    notebooks = sorted(place.glob("*.ipynb"), key=lambda each: each.stem)
    found = [each for each in notebooks if wanted and each.name.startswith(wanted)]
    allowed = f"the chapters in {place} are {', '.join(each.stem for each in notebooks) or 'none'}"
    require.that(found, f"no chapter {wanted!r}", allowed, "--chapter 07", FileNotFoundError)
    return found[0]


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _read_record(target: Path) -> dict[str, str]:
    """The digest of each notebook when it was copied.  An unreadable record counts as empty."""
    try:
        record = json.loads((target / _RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}
