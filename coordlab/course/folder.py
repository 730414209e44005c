"""Where the course's notebooks are, and how a learner gets a copy of them that is safe to write in."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from coordlab import __version__

_PACKAGE = Path(__file__).parent.parent
SHIPPED, CHECKOUT = _PACKAGE / "_course", _PACKAGE.parent / "notebooks"
_RECORD = ".coordlab-course.json"


def folder(target: Path) -> Path:
    """The folder to open: the checkout's own notebooks, else `target` with a copy of the shipped ones."""
    return CHECKOUT if CHECKOUT.is_dir() else copy(SHIPPED, target)


def copy(source: Path, target: Path) -> Path:
    """Copy notebooks to `target`, never over a learner's work.

    A notebook that nobody has changed since it was copied is brought up to date; of one that somebody
    has changed, the new version is put beside it.
    """
    target.mkdir(parents=True, exist_ok=True)
    record = _read_record(target)
    for notebook in sorted(source.glob("*.ipynb")):
        new, mine = notebook.read_bytes(), target / notebook.name
        if mine.exists() and _digest(mine.read_bytes()) not in (_digest(new), record.get(notebook.name)):
            if record.get(notebook.name) != _digest(new):
                beside = target / f"{notebook.stem} ({__version__}).ipynb"
                if not beside.exists():
                    beside.write_bytes(new)
            continue
        mine.write_bytes(new)
        record[notebook.name] = _digest(new)
    (target / _RECORD).write_text(json.dumps(record, indent=1), encoding="utf-8")
    return target


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
