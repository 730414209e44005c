"""Where the course's notebooks are, and how a learner gets a copy of them that is safe to write in."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from coordlab import __version__

_PACKAGE = Path(__file__).parent.parent
SHIPPED, CHECKOUT = _PACKAGE / "_course", _PACKAGE.parent / "notebooks"
SETTINGS = Path(__file__).parent / "jupyter"  # for JUPYTER_CONFIG_PATH: JupyterLab without its news
DEFAULT = "coordlab-course"
_RECORD = ".coordlab-course.json"


def folder(target: Path | None = None) -> Path:
    """The learner's copy of the course, made or brought up to date in the folder `target`.

    Without one it is `coordlab-course`: in the checkout if there is one, else in the current folder.
    Raises ValueError for the folder of the originals, OSError if nothing can be written there.
    """
    source, home = (SHIPPED, Path()) if SHIPPED.is_dir() else (CHECKOUT, CHECKOUT.parent)
    target = home / DEFAULT if target is None else target
    if target.resolve() == source.resolve():
        raise ValueError(
            f"--folder {target}: these are the originals, which the tests check. The course opens a copy of "
            f"them, to write in. Name another folder, or leave it out for {home / DEFAULT}"
        )
    try:
        return copy(source, target)
    except OSError as error:
        raise OSError(
            f"--folder {target}: nothing can be written there ({error.strerror}). The course needs a folder "
            f"for your copy. Name one: --folder ~/coordlab-course"
        ) from error


def copy(source: Path, target: Path) -> Path:
    """Copy notebooks to `target`, never over a learner's work.

    A notebook that nobody has changed since it was copied is brought up to date; of one that somebody
    has changed, the new version is put beside it, once.
    """
    target.mkdir(parents=True, exist_ok=True)
    record = _read_record(target)
    for notebook in sorted(source.glob("*.ipynb")):
        new, mine = notebook.read_bytes(), target / notebook.name
        if _is_hers(mine, record) and mine.read_bytes() != new:
            if _digest(new) in record.values():
                continue  # she has had this version
            mine = next(beside for beside in _besides(mine) if not _is_hers(beside, record))
        mine.write_bytes(new)
        record[mine.name] = _digest(new)
    (target / _RECORD).write_text(json.dumps(record, indent=1), encoding="utf-8")
    return target


def _is_hers(notebook: Path, record: dict[str, str]) -> bool:
    """Whether it differs from what was put there last."""
    return notebook.exists() and _digest(notebook.read_bytes()) != record.get(notebook.name)


def _besides(notebook: Path) -> Iterator[Path]:
    """Where a new version may go, beside the notebook that it does not replace."""
    yield notebook.with_stem(f"{notebook.stem} ({__version__})")
    for number in count(2):
        yield notebook.with_stem(f"{notebook.stem} ({__version__}, {number})")


def chapter(place: Path, wanted: str) -> Path:
    """The notebook whose name begins with `wanted`, such as 07; an error lists what there is."""
    # by stem: one's own notebook comes before the new version that was put beside it
    notebooks = sorted(place.glob("*.ipynb"), key=lambda each: each.stem)
    found = [each for each in notebooks if wanted and each.name.startswith(wanted)]
    if not found:
        there = ", ".join(each.stem for each in notebooks) or "none"
        raise FileNotFoundError(f"no chapter {wanted!r} in {place}. There are {there}. Write its number: 07")
    return found[0]


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _read_record(target: Path) -> dict[str, str]:
    """What was copied when; a record that cannot be read counts as none, so that nothing is overwritten."""
    try:
        record = json.loads((target / _RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}
