"""The learner's copy of the course: brought up to date, and never at the cost of what she wrote."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from coordlab import __version__
from coordlab.course import folder as course


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    """Two chapters, as a wheel brings them."""
    folder = tmp_path / "shipped"
    folder.mkdir()
    (folder / "00_start.ipynb").write_text("start")
    (folder / "07_bully.ipynb").write_text("bully")
    return folder


@pytest.fixture
def mine(shipped: Path, tmp_path: Path) -> Path:
    """Her copy, just made."""
    return course.copy(shipped, tmp_path / "deep" / "mine")


def texts(folder: Path) -> dict[str, str]:
    return {each.name: each.read_text() for each in sorted(folder.glob("*.ipynb"))}


BESIDE = f"07_bully ({__version__}).ipynb"


def test_a_copy_holds_every_notebook(mine: Path) -> None:
    """And the folder is made, with all above it."""
    assert texts(mine) == {"00_start.ipynb": "start", "07_bully.ipynb": "bully"}


def test_what_she_did_not_touch_is_brought_up_to_date(shipped: Path, mine: Path) -> None:
    """Chapter by chapter, new ones and all."""
    (shipped / "07_bully.ipynb").write_text("better")
    (shipped / "08_ring.ipynb").write_text("ring")
    course.copy(shipped, mine)
    assert texts(mine) == {"00_start.ipynb": "start", "07_bully.ipynb": "better", "08_ring.ipynb": "ring"}


def test_what_she_wrote_stays(shipped: Path, mine: Path) -> None:
    """Opening the course again, once or twice, without a new version: nothing is added, either."""
    (mine / "07_bully.ipynb").write_text("mine")
    for _ in range(2):
        course.copy(shipped, mine)
    assert texts(mine) == {"00_start.ipynb": "start", "07_bully.ipynb": "mine"}


def test_a_new_version_of_what_she_wrote_in_is_put_beside_it(shipped: Path, mine: Path) -> None:
    """What she writes in that one stays as well."""
    (mine / "07_bully.ipynb").write_text("mine")
    (shipped / "07_bully.ipynb").write_text("better")
    course.copy(shipped, mine)
    assert texts(mine) == {"00_start.ipynb": "start", BESIDE: "better", "07_bully.ipynb": "mine"}
    (mine / BESIDE).write_text("mine too")
    course.copy(shipped, mine)
    assert texts(mine)[BESIDE] == "mine too"


def test_a_new_version_is_offered_once(shipped: Path, mine: Path) -> None:
    """She changed that one as well, or threw it away: only a newer version comes, beside both of hers."""
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


def test_a_version_beside_hers_is_brought_up_to_date(shipped: Path, mine: Path) -> None:
    """As long as she has not written in it."""
    (mine / "07_bully.ipynb").write_text("mine")
    for version in ("better", "best"):
        (shipped / "07_bully.ipynb").write_text(version)
        course.copy(shipped, mine)
    assert texts(mine) == {"00_start.ipynb": "start", BESIDE: "best", "07_bully.ipynb": "mine"}


def test_her_own_comes_before_the_new_version(shipped: Path, mine: Path) -> None:
    """`--chapter 07` opens what she has been working in."""
    (mine / "07_bully.ipynb").write_text("mine")
    (shipped / "07_bully.ipynb").write_text("better")
    assert course.chapter(course.copy(shipped, mine), "07").name == "07_bully.ipynb"


def test_a_notebook_that_she_deleted_comes_back(shipped: Path, mine: Path) -> None:
    """As it was shipped."""
    (mine / "07_bully.ipynb").unlink()
    assert texts(course.copy(shipped, mine))["07_bully.ipynb"] == "bully"


@pytest.mark.parametrize("record", [b"", b"[]", b"{", b"\xff\xfe", b'{"07_bully.ipynb": 7}', None])
def test_without_a_record_nothing_is_overwritten(shipped: Path, mine: Path, record: bytes | None) -> None:
    """A record that is broken, or gone, tells nothing: what differs counts as hers."""
    (mine / "07_bully.ipynb").write_text("mine")
    (shipped / "07_bully.ipynb").write_text("better")
    file = mine / ".coordlab-course.json"
    file.unlink() if record is None else file.write_bytes(record)
    course.copy(shipped, mine)
    assert texts(mine) == {"00_start.ipynb": "start", BESIDE: "better", "07_bully.ipynb": "mine"}


@pytest.fixture
def checkout(shipped: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with two chapters, as git brings them; the folder of its notebooks."""
    monkeypatch.setattr(course, "CHECKOUT", shipped)
    return shipped


def test_a_checkout_opens_a_copy_of_its_notebooks(checkout: Path) -> None:
    """Beside them, wherever the command is typed; what she writes there leaves the originals alone."""
    mine = course.folder()
    assert mine == checkout.parent / "coordlab-course"
    assert texts(mine) == texts(checkout)


def test_another_folder_is_used_in_a_checkout_too(checkout: Path, tmp_path: Path) -> None:
    """`--folder` means what it says."""
    assert course.folder(tmp_path / "mine") == tmp_path / "mine"
    assert texts(tmp_path / "mine") == texts(checkout)


def test_the_originals_are_no_place_to_write_in(checkout: Path) -> None:
    """Answers in them would get in the way of the next `git pull`, and of the tests."""
    with pytest.raises(ValueError, match=r"these are the originals.*Name another folder, or leave it out"):
        course.folder(checkout / ".." / checkout.name)
    assert sorted(each.name for each in checkout.iterdir()) == ["00_start.ipynb", "07_bully.ipynb"]


def test_an_installed_course_is_copied_to_the_current_folder(
    shipped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a checkout the shipped notebooks are what there is."""
    monkeypatch.setattr(course, "CHECKOUT", tmp_path / "none")
    monkeypatch.setattr(course, "SHIPPED", shipped)
    monkeypatch.chdir(tmp_path)
    assert course.folder() == Path("coordlab-course")
    assert texts(tmp_path / "coordlab-course") == texts(shipped)


def test_a_folder_where_nothing_can_be_written_is_named(checkout: Path) -> None:
    """A file is in the way; what to type instead is said."""
    with pytest.raises(OSError, match=r"nothing can be written there \(.+\).*--folder ~/coordlab-course"):
        course.folder(checkout / "00_start.ipynb" / "mine")


@pytest.mark.parametrize("wanted", ["99", "", "*", "/etc", "../shipped/00", "bully"])
def test_a_chapter_that_is_not_there_is_answered_with_those_that_are(mine: Path, wanted: str) -> None:
    """By number, from the beginning of the name, and nothing else."""
    with pytest.raises(FileNotFoundError, match=r"There are 00_start, 07_bully. Write its number: 07"):
        course.chapter(mine, wanted)


@pytest.mark.parametrize("place", [lambda folder: folder, lambda folder: folder / "none"])
def test_a_folder_without_notebooks_has_no_chapters(tmp_path: Path, place: Callable[[Path], Path]) -> None:
    """Empty, or not there at all."""
    with pytest.raises(FileNotFoundError, match="There are none"):
        course.chapter(place(tmp_path), "00")
