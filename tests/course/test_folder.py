"""The learner's copy of the course: it is updated, and changes of the learner are kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from coordlab import __version__
from coordlab.course import folder as course


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    """Two chapters, as in a wheel."""
    folder = tmp_path / "shipped"
    folder.mkdir()
    (folder / "00_start.ipynb").write_text("start")
    (folder / "07_bully.ipynb").write_text("bully")
    return folder


@pytest.fixture
def mine(shipped: Path, tmp_path: Path) -> Path:
    """A new copy of them."""
    return course.copy(shipped, tmp_path / "deep" / "mine")


def texts(folder: Path) -> dict[str, str]:
    return {each.name: each.read_text() for each in sorted(folder.glob("*.ipynb"))}


BESIDE = f"07_bully ({__version__}).ipynb"


def test_a_copy_holds_every_notebook(mine: Path) -> None:
    assert texts(mine) == {"00_start.ipynb": "start", "07_bully.ipynb": "bully"}


def test_exercises_are_copied_into_a_folder_and_chapters_lead_there(tmp_path: Path) -> None:
    chapters, exercise = tmp_path / "notebooks", tmp_path / course.RELEASED / "07" / "07.ipynb"
    chapters.mkdir()
    exercise.parent.mkdir(parents=True)
    (chapters / "07_bully.ipynb").write_text("[a](../exercises/release/07/07.ipynb)")
    exercise.write_text("task")
    mine = course.copy(chapters, tmp_path / "mine")
    assert (mine / "07_bully.ipynb").read_text() == "[a](exercises/07/07.ipynb)"
    assert (mine / "exercises" / "07" / "07.ipynb").read_text() == "task"
    (mine / "exercises" / "07" / "07.ipynb").write_text("my answer")
    exercise.write_text("better task")
    course.copy(chapters, mine)
    beside = mine / "exercises" / "07" / f"07 ({__version__}).ipynb"
    assert [each.read_text() for each in (beside, mine / "exercises" / "07" / "07.ipynb")] == [
        "better task",
        "my answer",
    ]


def test_unchanged_notebooks_are_updated(shipped: Path, mine: Path) -> None:
    (shipped / "07_bully.ipynb").write_text("better")
    (shipped / "08_ring.ipynb").write_text("ring")
    course.copy(shipped, mine)
    assert texts(mine) == {"00_start.ipynb": "start", "07_bully.ipynb": "better", "08_ring.ipynb": "ring"}


def test_changed_notebooks_are_kept(shipped: Path, mine: Path) -> None:
    (mine / "07_bully.ipynb").write_text("mine")
    for _ in range(2):
        course.copy(shipped, mine)
    assert texts(mine) == {"00_start.ipynb": "start", "07_bully.ipynb": "mine"}


def test_a_new_version_of_a_changed_notebook_is_put_beside_it(shipped: Path, mine: Path) -> None:
    (mine / "07_bully.ipynb").write_text("mine")
    (shipped / "07_bully.ipynb").write_text("better")
    course.copy(shipped, mine)
    assert texts(mine) == {"00_start.ipynb": "start", BESIDE: "better", "07_bully.ipynb": "mine"}
    (mine / BESIDE).write_text("mine too")
    course.copy(shipped, mine)
    assert texts(mine)[BESIDE] == "mine too"


def test_a_new_version_is_offered_once(shipped: Path, mine: Path) -> None:
    """Even if it was changed or deleted; a newer version gets another name."""
    (mine / "07_bully.ipynb").write_text("mine")
    (shipped / "07_bully.ipynb").write_text("better")
    course.copy(shipped, mine)
    (mine / BESIDE).write_text("mine too")
    course.copy(shipped, mine)
    assert sorted(texts(mine)) == ["00_start.ipynb", BESIDE, "07_bully.ipynb"]
    (shipped / "07_bully.ipynb").write_text("best")
    course.copy(shipped, mine)
    newest = f"07_bully ({__version__}, 2).ipynb"
    assert texts(mine)[newest] == "best"
    (mine / newest).unlink()
    course.copy(shipped, mine)
    assert sorted(texts(mine)) == ["00_start.ipynb", BESIDE, "07_bully.ipynb"]


def test_an_unchanged_version_beside_a_notebook_is_updated(shipped: Path, mine: Path) -> None:
    (mine / "07_bully.ipynb").write_text("mine")
    for version in ("better", "best"):
        (shipped / "07_bully.ipynb").write_text(version)
        course.copy(shipped, mine)
    assert texts(mine) == {"00_start.ipynb": "start", BESIDE: "best", "07_bully.ipynb": "mine"}


def test_the_changed_notebook_is_opened_not_the_new_version(shipped: Path, mine: Path) -> None:
    (mine / "07_bully.ipynb").write_text("mine")
    (shipped / "07_bully.ipynb").write_text("better")
    assert course.chapter(course.copy(shipped, mine), "07").name == "07_bully.ipynb"


def test_a_deleted_notebook_is_copied_again(shipped: Path, mine: Path) -> None:
    (mine / "07_bully.ipynb").unlink()
    assert texts(course.copy(shipped, mine))["07_bully.ipynb"] == "bully"


@pytest.mark.parametrize("record", [b"", b"[]", b"{", b"\xff\xfe", b'{"07_bully.ipynb": 7}', None])
def test_without_a_record_nothing_is_overwritten(shipped: Path, mine: Path, record: bytes | None) -> None:
    """If the record is damaged or missing, each different notebook counts as changed."""
    (mine / "07_bully.ipynb").write_text("mine")
    (shipped / "07_bully.ipynb").write_text("better")
    file = mine / ".coordlab-course.json"
    file.unlink() if record is None else file.write_bytes(record)
    course.copy(shipped, mine)
    assert texts(mine) == {"00_start.ipynb": "start", BESIDE: "better", "07_bully.ipynb": "mine"}


@pytest.fixture
def checkout(shipped: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the notebooks in a checkout with two chapters."""
    monkeypatch.setattr(course, "CHECKOUT", shipped)
    return shipped


def test_a_checkout_opens_a_copy_of_its_notebooks(checkout: Path) -> None:
    mine = course.folder()
    assert mine == checkout.parent / "coordlab-course"
    assert texts(mine) == texts(checkout)


def test_another_folder_is_used_in_a_checkout_too(checkout: Path, tmp_path: Path) -> None:
    assert course.folder(tmp_path / "mine") == tmp_path / "mine"
    assert texts(tmp_path / "mine") == texts(checkout)


def test_the_originals_are_not_opened(checkout: Path) -> None:
    """Changes in them would disturb `git pull` and the tests."""
    with pytest.raises(ValueError, match=r"holds the original notebooks.*For example: --folder"):
        course.folder(checkout / ".." / checkout.name)
    assert sorted(each.name for each in checkout.iterdir()) == ["00_start.ipynb", "07_bully.ipynb"]


def test_an_installed_course_is_copied_to_the_current_folder(
    shipped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(course, "CHECKOUT", tmp_path / "none")
    monkeypatch.setattr(course, "SHIPPED", shipped)
    monkeypatch.chdir(tmp_path)
    assert course.folder() == Path("coordlab-course")
    assert texts(tmp_path / "coordlab-course") == texts(shipped)


def test_a_folder_that_cannot_be_written_to_is_an_error(checkout: Path) -> None:
    with pytest.raises(OSError, match=r"cannot be written to \(.+\).*--folder ~/coordlab-course"):
        course.folder(checkout / "00_start.ipynb" / "mine")


@pytest.mark.parametrize("wanted", ["99", "", "*", "/etc", "../shipped/00", "bully"])
def test_a_missing_chapter_is_an_error_that_lists_the_chapters(mine: Path, wanted: str) -> None:
    """A chapter is found by the beginning of its name only."""
    with pytest.raises(FileNotFoundError, match=r"are 00_start, 07_bully. For example: --chapter 07"):
        course.chapter(mine, wanted)


@pytest.mark.parametrize("place", [lambda folder: folder, lambda folder: folder / "none"])
def test_a_folder_without_notebooks_has_no_chapters(tmp_path: Path, place: Callable[[Path], Path]) -> None:
    with pytest.raises(FileNotFoundError, match="are none"):
        course.chapter(place(tmp_path), "00")
