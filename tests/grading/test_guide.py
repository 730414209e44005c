"""What the pages beside the exercises say is so: their commands work, and the table is that of today."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from coordlab.cli import main
from coordlab.exercises import CHAPTERS, every_part
from coordlab.exercises.part import ExerciseError
from coordlab.grading.classroom import REPEATED, Rules
from coordlab.grading.releasing import release, renew, table
from tests.grading.test_course import archive, handing_in, notebook

FOLDER = Path(__file__).parents[2] / "exercises"
GUIDE = (FOLDER / "INSTRUCTORS.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^\$ (coordlab .+)$", GUIDE, re.MULTILINE)


def test_the_table_is_that_of_today():
    assert table() in (FOLDER / "README.md").read_text(encoding="utf-8"), (
        "python -m coordlab.grading.releasing exercises/README.md"
    )


def test_the_table_names_each_part_and_each_link_leads_to_a_notebook():
    rows = table().splitlines()[2:]
    assert len(rows) == len(every_part())
    for path in re.findall(r"\]\((.+?)\)", table()):
        assert (FOLDER / path).is_file()


def test_one_command_brings_the_table_up_to_date(tmp_path):
    page = tmp_path / "README.md"
    page.write_text("# Exercises\n\n| chapter | old |\n|---|---|\n| 1 | 2 |\n\nAnd more.\n", encoding="utf-8")
    renew(page)
    renew(page)
    assert page.read_text(encoding="utf-8") == f"# Exercises\n\n{table()}\n\nAnd more.\n"


def test_an_instructor_can_follow_the_guide_command_by_command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    inbox, private = tmp_path / "inbox", tmp_path / "private" / "07"
    inbox.mkdir()
    private.mkdir(parents=True)
    (private / "07.ipynb").write_bytes((FOLDER / "source" / "07" / "07.ipynb").read_bytes())
    (inbox / "ann.ipynb").write_text(handing_in("ann"))
    archive(tmp_path / "moodle.zip", ("Ben_4_assignsubmission_file_/07.ipynb", handing_in("ben")))
    archive(tmp_path / "canvas.zip", ("cat_5_90001_07.ipynb", notebook("pass")))
    assert len(COMMANDS) >= 10
    for command in COMMANDS:
        program, *words = shlex.split(command)
        result = CliRunner().invoke(main, words, prog_name=program)
        assert result.exit_code == 0, f"{command}: {result.output}"
    course = tmp_path / "autumn"
    for made in re.findall(r"`((?:feedback|reports)/[\w./]+)`", GUIDE):
        assert (course / made).is_file(), made
    assert (course / "release" / "07" / "07.ipynb").is_file()
    assert "ann,07,2,1.5,0" in (course / "reports" / "07" / "gradebook.csv").read_text()


def test_the_rules_in_the_guide_are_those_of_a_course():
    rows = re.findall(r"^\| `(\w+)` \|.*\| (.+) \|$", GUIDE, re.MULTILINE)
    rules = Rules("autumn")
    assert {name for name, _ in rows} == {"due", "late_per_day", "late_most", "repeated"}
    for name, first in rows:
        shown = str(getattr(rules, name) or "never")
        assert first.strip("`") == ("never" if shown == "{}" else shown)
    assert REPEATED == ("last", "first")


def cells(path):
    return [(each["id"], "".join(each["source"])) for each in json.loads(path.read_text("utf-8"))["cells"]]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_released_notebook_is_what_its_source_gives(chapter, tmp_path):
    release(FOLDER / "source" / chapter / f"{chapter}.ipynb", tmp_path / "x.ipynb")
    assert cells(tmp_path / "x.ipynb") == cells(FOLDER / "release" / chapter / f"{chapter}.ipynb")


@pytest.mark.parametrize("cell", ["### BEGIN SOLUTION\nx = 1", "### END SOLUTION\n### BEGIN SOLUTION"])
def test_a_solution_without_its_end_is_not_released(cell, tmp_path):
    source = tmp_path / "07.ipynb"
    source.write_text(json.dumps({"cells": [{"cell_type": "code", "source": [cell]}]}))
    with pytest.raises(ExerciseError, match="has its ### END SOLUTION"):
        release(source, tmp_path / "out.ipynb")
    assert not (tmp_path / "out.ipynb").exists()
