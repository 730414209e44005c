"""What students handed in: a folder, or the archive that Moodle or Canvas gives; one submission a student."""

from __future__ import annotations

import json
import os
import re
import shutil
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

from coordlab import requirements as require
from coordlab.exercises.part import ExerciseError
from coordlab.grading.submission import MOST_BYTES

ENDINGS = (".ipynb", ".py")
LATE = "late.json"  # beside the submissions: the students whose archive says that they were late
MOST_FILES, MOST_RATIO = 20_000, 200
_MOODLE = re.compile(r"(?P<who>.+?)_(?P<number>\d+)_assignsubmission_(?:file|onlinetext)_?")
_CANVAS = re.compile(r"(?P<who>[^_]+)_(?P<late>LATE_)?(?P<number>\d+)_\d+_(?P<file>.+)")
_COPY = re.compile(r"(-\d+| \(\d+\))?$")


@dataclass(frozen=True)
class Handed:
    """A file that was handed in.

    student: who it is from, as a name that a file may have.
    name: where it was found.
    content: what is in it; None if it is too large to be a submission.
    when: when it was handed in, as far as that is known.
    late: whether the archive says that it was late.
    """

    student: str
    name: str
    content: bytes | None
    when: datetime | None = None
    late: bool = False


@dataclass(frozen=True)
class Collected:
    """What became of what was handed in: the files to grade by student, and what was left, and why."""

    kept: dict[str, Handed]
    left: list[tuple[str, str]]


def handed_in(source: Path, chapter: str) -> Iterator[Handed]:
    """All files of an assignment in a folder or an archive.

    In a folder: `s042.ipynb`, `s042/07.ipynb` or nbgrader's `s042/07/07.ipynb`.  Raises ExerciseError for
    what is neither a folder nor a zip archive, or for one that is too large.
    """
    if source.is_dir():
        yield from _in_folder(source, chapter)
    elif zipfile.is_zipfile(source):
        yield from _in_archive(source)
    else:
        allowed = "expected a folder of notebooks, or the zip archive that Moodle or Canvas gives"
        require.fail(str(source), allowed, "coordlab course collect 07 submissions.zip", ExerciseError)


def _in_folder(source: Path, chapter: str) -> Iterator[Handed]:
    for path in sorted(source.rglob("*")):
        inner = path.relative_to(source)
        hidden = any(part.startswith(".") for part in inner.parts)
        if path.suffix not in ENDINGS or path.is_symlink() or not path.is_file() or hidden:
            continue
        if len(inner.parts) > 2 and chapter not in inner.parts[1:-1]:
            continue  # another assignment in nbgrader's folder
        who = inner.parts[0] if len(inner.parts) > 1 else inner.stem
        when = datetime.fromtimestamp(path.stat().st_mtime)  # noqa: DTZ006  (due dates are local, too)
        content = path.read_bytes() if path.stat().st_size <= MOST_BYTES else None
        yield Handed(safe(who), str(inner), content, when)


def _in_archive(source: Path) -> Iterator[Handed]:
    with zipfile.ZipFile(source) as archive:
        infos = archive.infolist()
        given = f"{source.name} has {len(infos):,} files"
        require.that(
            len(infos) <= MOST_FILES, given, f"at most {MOST_FILES:,}", "a smaller one", ExerciseError
        )
        for info in sorted(infos, key=lambda each: each.filename):
            path = PurePosixPath(info.filename.replace("\\", "/"))
            if info.is_dir() or path.suffix not in ENDINGS or path.name.startswith("."):
                continue
            student, late = _owner(path)
            ratio = info.file_size / max(1, info.compress_size)
            fits = info.file_size <= MOST_BYTES and ratio <= MOST_RATIO
            content = _content(archive, info) if fits else None
            yield Handed(student, info.filename, content, _when(info), late)


def _content(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes | None:
    """What is in a file of an archive; None if it is encrypted, broken, or larger than it says."""
    try:
        with archive.open(info) as file:
            content = file.read(MOST_BYTES + 1)
    except (OSError, RuntimeError, EOFError, NotImplementedError, zipfile.BadZipFile, zlib.error):
        return None
    return content if len(content) <= MOST_BYTES else None


def _when(info: zipfile.ZipInfo) -> datetime | None:
    """When a file was handed in, if the archive says so."""
    try:
        return datetime(*info.date_time)  # noqa: DTZ001
    except ValueError:
        return None


def _owner(path: PurePosixPath) -> tuple[str, bool]:
    """Whose file this is, and whether its name says that it is late."""
    for text in (path.name, *reversed(path.parts[:-1])):
        if match := _MOODLE.match(text):
            return safe(f"{match['who']}_{match['number']}"), False
    if match := _CANVAS.fullmatch(path.name):
        return safe(f"{match['who']}_{match['number']}"), match["late"] is not None
    return safe(path.parts[0] if len(path.parts) > 1 else _COPY.sub("", path.stem)), False


def safe(name: str) -> str:
    """A student's name as the name of a file: letters, digits, and . _ - in place of all else."""
    return re.sub(r"[^\w.-]+", "_", name).strip("._-")[:100] or "nobody"


def collected(found: Iterable[Handed], repeated: str, roster: Iterable[str] = ()) -> Collected:
    """One submission for each student: the last one, or the first one.

    roster: the students of the class; one who is not among them is left, and named.  Empty: everybody is.
    """
    known = set(roster)
    kept: dict[str, Handed] = {}
    left: list[tuple[str, str]] = []
    for each in found:
        before = kept.get(each.student)
        if each.content is None:
            left.append(
                (
                    each.name,
                    f"it is broken, larger than {MOST_BYTES:,} bytes, or packed over {MOST_RATIO}-fold",
                )
            )
        elif known and each.student not in known:
            left.append((each.name, f"{each.student} is not on the roster"))
        elif before is None:
            kept[each.student] = each
        else:
            newer = each.when is None or before.when is None or each.when >= before.when
            better = newer if repeated == "last" else not newer
            left.append((before.name if better else each.name, f"{each.student} has handed in another one"))
            if better:
                kept[each.student] = each
    return Collected(kept, left)


def keep(found: Collected, folder: Path) -> list[tuple[str, str]]:
    """Write what was collected into a folder; returns what was done with each file.

    A submission that is there already is kept beside the new one, never overwritten.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _note_late(found, folder)
    done = []
    for student, each in sorted(found.kept.items()):
        assert each.content is not None
        target = folder / f"{student}{PurePosixPath(each.name).suffix}"
        if target.exists() and target.read_bytes() == each.content:
            done.append((each.name, "it is here already"))
            continue
        for before in (folder / f"{student}{ending}" for ending in ENDINGS):
            if before.exists():
                earlier = folder / "earlier"
                earlier.mkdir(exist_ok=True)
                number = sum(1 for _ in earlier.glob(f"{student}.*.*")) + 1
                shutil.move(before, earlier / f"{student}.{number}{before.suffix}")
        target.write_bytes(each.content)
        if each.when is not None:  # lateness is counted from it
            os.utime(target, (each.when.timestamp(), each.when.timestamp()))
        done.append((each.name, f"collected as {target.name}"))
    return done + [(name, f"left: {why}") for name, why in found.left]


def _note_late(found: Collected, folder: Path) -> None:
    """Note whom the archive calls late; who has handed in again is as late as the newest archive says."""
    late = {each for each in marked_late(folder) if each not in found.kept}
    late.update(student for student, each in found.kept.items() if each.late)
    if late or (folder / LATE).exists():
        (folder / LATE).write_text(json.dumps(sorted(late)) + "\n", encoding="utf-8")


def marked_late(folder: Path) -> list[str]:
    """The students in a folder of submissions whose archive says that they were late."""
    file = folder / LATE
    found: list[str] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else []
    return found
