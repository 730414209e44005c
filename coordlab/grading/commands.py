"""`coordlab course`: what an instructor types, from the first folder to the gradebook."""

from __future__ import annotations

import csv
import importlib.util
import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import click

from coordlab.exercises import CHAPTERS, ExerciseError, every_part
from coordlab.grading import collecting, nbgrader, releasing
from coordlab.grading.classroom import Course
from coordlab.grading.isolation import warning
from coordlab.grading.marking import GRADED, NOT_STARTED, Marks, printable
from coordlab.grading.pages import Profiles, class_report, feedback
from coordlab.progress_bar import Tell

CHECKOUT = Path(__file__).parents[2]
SOURCES, ANSWERS = CHECKOUT / "exercises" / "source", CHECKOUT / "tests" / "exercises"

FOLDER = click.option(
    "-f",
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="the course folder",
)
CHAPTER = click.argument("chapter", type=click.Choice(CHAPTERS))
SOURCE = click.option(
    "--source",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    default=SOURCES,
    help="where the instructor's notebooks are; default: in the checkout",
)


@contextmanager
def _told() -> Iterator[None]:
    """What is not allowed ends the command with a sentence, not with a traceback."""
    try:
        yield
    except ExerciseError as error:
        raise click.ClickException(str(error)) from None


@click.group()
def course() -> None:
    """Assign exercises to a class: init, release, collect, grade, feedback, report, export."""


@course.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--name", help="what the course is called; another name gives other variants")
def init(folder: Path, name: str | None) -> None:
    """Make a course folder with a secret key."""
    with _told():
        Course.init(folder, name or folder.resolve().name)
    click.echo(f"{folder} is a course folder. Keep its course.json: the same key gives the same marks again.")
    click.echo(f"Next: coordlab course release 07 -f {folder}")


@course.command()
@CHAPTER
@FOLDER
@SOURCE
def release(chapter: str, folder: Path, source: Path) -> None:
    """Write the notebook that students get."""
    with _told():
        found = Course.open(folder)
        target = found.place("release", chapter) / f"{chapter}.ipynb"
        releasing.release(_solved(source, chapter), target, found.rules.name)
    click.echo(f"{target} is what students get. Their variant comes from the name that they give to me(...).")


def _solved(source: Path, chapter: str) -> Path:
    """The instructor's notebook of an assignment."""
    notebook = source / chapter / f"{chapter}.ipynb"
    if not notebook.is_file():
        raise ExerciseError(
            f"{notebook} does not exist: solutions are in a checkout only, not in the package."
        )
    return notebook


@course.command("nbgrader")
@CHAPTER
@FOLDER
@SOURCE
def for_nbgrader(chapter: str, folder: Path, source: Path) -> None:
    """Prepare an assignment for nbgrader, which then releases it and keeps the marks."""
    with _told():
        target = nbgrader.prepare(Course.open(folder), chapter, _solved(source, chapter))
    click.echo(f"{target} is what nbgrader releases.")
    click.echo(f"Next, in {folder}: nbgrader generate_assignment {chapter}")


@course.command()
@CHAPTER
@click.argument("source", type=click.Path(path_type=Path, exists=True))
@FOLDER
def collect(chapter: str, source: Path, folder: Path) -> None:
    """Take submissions from a folder, or from the archive of Moodle or Canvas."""
    with _told():
        found = Course.open(folder)
        roster = folder / "roster.csv"
        lines = roster.read_text(encoding="utf-8-sig").splitlines() if roster.is_file() else []
        names = [row[0].strip() for row in csv.reader(lines) if row]
        handed = collecting.collected(
            collecting.handed_in(source, chapter), found.rules.repeated, map(collecting.safe, names)
        )
        done = collecting.keep(handed, found.place("collected", chapter))
    for name, what in done:
        click.echo(f"{printable(name)}: {printable(what)}")
    missing = sorted(set(map(collecting.safe, names)) - set(found.students(chapter)))
    click.echo(f"{len(handed.kept)} collected, {len(handed.left)} left.")
    if missing:
        click.echo(f"Not handed in: {', '.join(missing)}")


@course.command()
@CHAPTER
@FOLDER
@click.option("-j", "--jobs", type=click.IntRange(1), help="how many at once; default: one a core")
@click.option("--again", is_flag=True, help="also what is graded already and has not changed")
def grade(chapter: str, folder: Path, jobs: int | None, again: bool) -> None:
    """Grade what was collected; stopped, it goes on where it was."""
    if warning():
        click.echo(f"Warning: {warning()}", err=True)
    with _told():
        found = Course.open(folder)
        with _bar() as tell:
            graded = dict(found.grade(chapter, jobs, again, tell))
        for student, marks in sorted(graded.items()):
            _tell(student, marks)
        count = len(graded)
        for name, students in found.shared(chapter).items():
            click.echo(f"The same variant, that of {name or 'nobody'}: {', '.join(students)}")
        click.echo(f"{count} graded, {len(found.students(chapter)) - count} were graded before.")


@contextmanager
def _bar() -> Iterator[Tell]:
    """Tells on a terminal how far the work is, and the time that is left."""
    with ExitStack() as stack:
        bars: list[Any] = []

        def tell(done: int, of: int) -> None:
            if not bars and sys.stderr.isatty():
                bar = click.progressbar(length=of, label="grading", file=sys.stderr, show_pos=True)
                bars.append(stack.enter_context(bar))
            for bar in bars:
                bar.update(done - bar.pos)

        yield tell


def _tell(student: str, marks: Marks) -> None:
    """A line about a submission of which a part could not be judged."""
    for part, each in marks["parts"].items():
        if each["status"] not in (GRADED, NOT_STARTED):
            why = (each["problem"].splitlines() or [""])[0][:120]
            click.echo(f"{student} {part} {each['status']}: {why}")


@course.command()
@CHAPTER
@FOLDER
@click.argument("student")
@click.argument("part")
@click.option("--earned", type=float, help="your own mark in place of the computed one")
@click.option("--words", default="", help="a comment that the student reads")
def comment(chapter: str, folder: Path, student: str, part: str, earned: float | None, words: str) -> None:
    """Set a mark or a comment of your own, which a later grading keeps."""
    with _told():
        Course.open(folder).comment(chapter, student, part, earned, words)


@course.command("feedback")
@CHAPTER
@FOLDER
def feedback_pages(chapter: str, folder: Path) -> None:
    """Write one page for each student."""
    with _told():
        found = Course.open(folder)
        target, count = found.place("feedback", chapter), 0
        target.mkdir(parents=True, exist_ok=True)
        for student in found.students(chapter):
            if marks := found.marks(chapter, student):
                page = feedback(found, chapter, student, marks)
                (target / f"{student}.html").write_text(page, encoding="utf-8")
                count += 1
    click.echo(f"{count} pages in {target}")


@course.command()
@CHAPTER
@FOLDER
def report(chapter: str, folder: Path) -> None:
    """Write the class report."""
    with _told():
        found = Course.open(folder)
        target = folder / "reports" / f"{chapter}.html"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(class_report(found, chapter, known_mistakes(chapter)), encoding="utf-8")
    click.echo(str(target))


@course.command()
@CHAPTER
@FOLDER
def export(chapter: str, folder: Path) -> None:
    """Write gradebook.csv, and JSON for Gradescope."""
    with _told():
        found = Course.open(folder)
        columns, rows = found.gradebook(chapter)
        target = folder / "reports" / chapter
        target.mkdir(parents=True, exist_ok=True)
        with (target / "gradebook.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([columns, *rows])
        for student in found.students(chapter):
            content = json.dumps(found.gradescope(chapter, student), indent=1)
            (target / f"{student}.json").write_text(content + "\n", encoding="utf-8")
    click.echo(f"{len(rows)} rows in {target / 'gradebook.csv'}, one JSON file a student beside it")


def known_mistakes(chapter: str) -> Profiles:
    """The profiles of the known mistakes of each part; {} outside a checkout."""
    answers = _answers(chapter)
    known: dict[str, dict[str, list[list[float]]]] = {}
    for part, mistakes in (answers.MUTANTS if answers else {}).items():
        found = every_part()[part]
        if found.answer == "Answer":
            variant = found.row(0)
            told = {(each.__doc__ or each.__name__).strip().rstrip("."): each for each in mistakes}
            profiles = {name: found.grade(each, variant).profile for name, each in told.items()}
            known[part] = {name: each for name, each in profiles.items() if each}
    return known


def _answers(chapter: str) -> ModuleType | None:
    """The module of known answers in a checkout."""
    file = ANSWERS / f"answers_{chapter}.py"
    if not file.is_file():
        return None
    made = importlib.util.spec_from_file_location(file.stem, file)
    assert made is not None
    assert made.loader is not None
    module = sys.modules[made.name] = importlib.util.module_from_spec(made)  # dataclasses look there
    made.loader.exec_module(module)
    return module
