"""A course from the first folder to the gradebook: each command does what it says, and can be repeated."""

from __future__ import annotations

import csv
import json
import os
import time
import zipfile
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from coordlab.cli import main
from coordlab.exercises import ExerciseError, every_part
from coordlab.grading import classroom, commands, learner, pages
from coordlab.grading.classroom import Course, Rules
from coordlab.grading.collecting import Handed, collected, handed_in, keep, safe


def answer(student, course="autumn"):
    """What is right for a student in part a."""
    part = every_part()["07a"]
    return tuple(int(each) for each in part.right(part.variant(student, course)))


def notebook(*cells):
    code = [{"cell_type": "code", "source": each, "metadata": {}, "outputs": []} for each in cells]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": code})


def handing_in(student, value=None):
    return notebook(f'me("{student}")', f"answer_07a = {answer(student) if value is None else value}")


def at(day, hour=0):
    return datetime(2026, 11, day, hour)  # noqa: DTZ001  (as due dates, it is local)


def run(*words, fails=False):
    result = CliRunner().invoke(main, ["course", *map(str, words)])
    assert (result.exit_code != 0) == fails, result.output
    return result.output


@pytest.fixture
def course(tmp_path):
    return Course.init(tmp_path / "course", "autumn")


@pytest.fixture
def inbox(tmp_path):
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


def test_a_student_is_graded_on_the_variant_that_the_released_notebook_shows(course, inbox, monkeypatch):
    """From release to marks, as a student works: the task that is seen is the task that is graded."""
    run("release", "07", "-f", course.folder)
    released = json.loads((course.folder / "release" / "07" / "07.ipynb").read_text("utf-8"))
    mine = [cell for cell in released["cells"] if "".join(cell["source"]).startswith("me(")]
    assert ["".join(cell["source"]) for cell in mine] == ["me(\"...\", course='autumn')"]
    monkeypatch.setattr(learner, "_given", {})
    mine[0]["source"] = "me(\"ann\", course='autumn')"
    exec(mine[0]["source"], {"me": learner.me})
    part, variant = learner.asked("07a")
    seen = f"answer_07a = {tuple(int(each) for each in part.right(variant))}"
    released["cells"].append({"cell_type": "code", "source": seen})
    (inbox / "s1.ipynb").write_text(json.dumps(released))
    run("collect", "07", inbox, "-f", course.folder)
    assert graded(course)["s1"]["parts"]["07a"]["earned"] == part.points


def test_without_a_name_the_released_variant_is_graded(course):
    """It is the one that such a student has seen."""
    put(course, s1=notebook('me("...", course="autumn")', f"answer_07a = {answer('')}"))
    assert graded(course)["s1"]["parts"]["07a"]["earned"] == 2


def put(course, **submissions):
    folder = course.place("collected", "07")
    folder.mkdir(parents=True, exist_ok=True)
    for student, content in submissions.items():
        (folder / f"{student}.ipynb").write_text(content)


def graded(course, jobs=1, **more):
    return dict(course.grade("07", jobs, **more))


# --- the folder and its rules ---------------------------------------------------------------------------


def test_a_course_is_made_once_and_only_its_owner_may_look(tmp_path):
    folder = tmp_path / "course"
    assert "Next: coordlab course release 07" in run("init", folder, "--name", "autumn")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert Course.open(folder).rules.name == "autumn"
    assert len(Course.open(folder).rules.key) == 32
    assert "a course is made once" in run("init", folder, fails=True)


@pytest.mark.parametrize(
    "content", ["", "[]", '{"name": 5}', '{"name": "a", "late_per_day": 2}',
                '{"name": "a", "repeated": "best"}', '{"name": "a", "key": "short"}',
                '{"name": "a", "colour": 1}'],
)  # fmt: skip
def test_rules_that_cannot_be_read_are_named(course, content):
    (course.folder / "course.json").write_text(content)
    with pytest.raises(ExerciseError):
        Course.open(course.folder)


def test_another_folder_is_no_course(tmp_path):
    assert "has no course.json" in run("grade", "07", "-f", tmp_path, fails=True)


def test_the_released_notebook_has_no_solution(course):
    assert "07.ipynb" in run("release", "07", "-f", course.folder)
    text = (course.folder / "release" / "07" / "07.ipynb").read_text()
    assert "SOLUTION" not in text
    assert "Answer_07b = ..." in text


def test_a_release_without_sources_says_where_they_are(course, tmp_path):
    assert "in a checkout only" in run("release", "07", "-f", course.folder, "--source", tmp_path, fails=True)


# --- collecting ------------------------------------------------------------------------------------------


def test_a_folder_is_collected_in_each_of_its_shapes(course, inbox):
    (inbox / "ann.ipynb").write_text("1")
    for path in ("ben/07.ipynb", "cat/07/07.ipynb", "cat/08/08.ipynb", "dan/.ipynb_checkpoints/07.ipynb"):
        (inbox / path).parent.mkdir(parents=True, exist_ok=True)
        (inbox / path).write_text(path)
    (inbox / "notes.txt").write_text("no")
    (inbox / "link.ipynb").symlink_to("/etc/passwd")
    (inbox / "eve.ipynb").write_bytes(b" " * 5_000_001)
    said = run("collect", "07", inbox, "-f", course.folder)
    assert course.students("07") == ["ann", "ben", "cat"]
    assert "3 collected, 1 left." in said
    assert "eve.ipynb: left: it is broken, larger than" in said


def archive(path, *entries):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content, *when in entries:
            info = zipfile.ZipInfo(name, *when)
            info.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(info, content)
    return path


def test_the_archive_of_moodle_names_the_student_in_the_folder(course, tmp_path):
    packed = archive(
        tmp_path / "moodle.zip",
        ("Ada Lovelace_4711_assignsubmission_file_/07.ipynb", "1", (2026, 11, 5, 10, 0, 0)),
        ("Ben_4712_assignsubmission_file_/my work (2).ipynb", "2"),
        ("Ben_4712_assignsubmission_file_/readme.txt", "2"),
    )
    assert "2 collected, 0 left." in run("collect", "07", packed, "-f", course.folder)
    assert course.students("07") == ["Ada_Lovelace_4711", "Ben_4712"]
    handed = course.submission("07", "Ada_Lovelace_4711").stat().st_mtime
    assert handed == at(5, 10).timestamp()


def test_the_archive_of_canvas_names_the_student_in_the_file(tmp_path):
    packed = archive(
        tmp_path / "canvas.zip",
        ("lovelaceada_4711_90001_07.ipynb", "1"),
        ("bennett_LATE_4712_90002_07-1.ipynb", "2"),
        ("__MACOSX/._x.ipynb", "3"),
    )
    found = list(handed_in(packed, "07"))
    assert [(each.student, each.late) for each in found] == [
        ("bennett_4712", True),
        ("lovelaceada_4711", False),
    ]


def test_who_is_late_in_canvas_loses_a_day_until_an_archive_says_otherwise(course, tmp_path):
    lost = []
    for flag in ("LATE_", ""):
        name = f"bennett_{flag}4712_90002_07.ipynb"
        run("collect", "07", archive(tmp_path / "canvas.zip", (name, flag)), "-f", course.folder)
        lost.append(course.late("07", "bennett_4712"))
    assert lost == [course.rules.late_per_day, 0.0]


def test_names_that_climb_out_of_the_folder_stay_in_it(course, tmp_path):
    names = ["../../evil.py", "/etc/cron.d/x.py", "..\\..\\win.ipynb", "a/../../../b.ipynb", "\x1b[2J.py",
             "....py", "x" * 300 + ".py", "=cmd|' /C calc'!A0.py", "s1.comments.py"]  # fmt: skip
    packed = archive(tmp_path / "evil.zip", *((name, name) for name in names))
    before = {each for each in tmp_path.rglob("*") if course.folder not in each.parents}
    said = run("collect", "07", packed, "-f", course.folder)
    assert before == {each for each in tmp_path.rglob("*") if course.folder not in each.parents}
    assert "\x1b" not in said
    assert all(each.isascii() and "/" not in each and each[0] not in ".-=" for each in course.students("07"))


def test_a_bomb_a_broken_and_an_encrypted_file_are_left(tmp_path):
    packed = archive(tmp_path / "some.zip", ("bomb.ipynb", b"\0" * 4_000_000), ("ann.ipynb", "1"))
    content = bytearray(packed.read_bytes())
    places = content.index(b"ann.ipynb"), content.rindex(b"ann.ipynb")
    content[places[0] - 24] ^= 1  # its flags: encrypted
    content[places[1] - 38] ^= 1
    packed.write_bytes(content)
    found = collected(handed_in(packed, "07"), "last")
    assert found.kept == {}
    assert [name for name, _ in found.left] == ["ann.ipynb", "bomb.ipynb"]


def test_a_date_that_does_not_exist_is_no_date(tmp_path):
    packed = archive(tmp_path / "some.zip", ("ann.ipynb", "1", (1980, 0, 0, 0, 0, 0)))
    assert next(handed_in(packed, "07")).when is None


def test_too_many_files_and_what_is_no_archive_are_refused(tmp_path, monkeypatch):
    packed = archive(tmp_path / "some.zip", ("a.py", "1"), ("b.py", "1"))
    monkeypatch.setattr("coordlab.grading.collecting.MOST_FILES", 1)
    with pytest.raises(ExerciseError, match=r"some\.zip has 2 files"):
        list(handed_in(packed, "07"))
    (tmp_path / "some.txt").write_text("no")
    with pytest.raises(ExerciseError, match="expected a folder of notebooks, or the zip"):
        list(handed_in(tmp_path / "some.txt", "07"))


@pytest.mark.parametrize(("rule", "wins"), [("last", "new"), ("first", "old")])
@pytest.mark.parametrize("order", [("old", "new"), ("new", "old")])
def test_of_several_submissions_the_rule_decides(rule, wins, order):
    found = [Handed("ann", each, b"", at({"old": 1, "new": 2}[each])) for each in order]
    result = collected(found, rule)
    assert result.kept["ann"].name == wins
    assert result.left == [(({"old", "new"} - {wins}).pop(), "ann has handed in another one")]


def test_who_is_not_on_the_roster_is_left_and_who_is_missing_is_named(course, inbox):
    (course.folder / "roster.csv").write_text("ann,Ann\nben,Ben\n\n")
    (inbox / "ann.py").write_text("1")
    (inbox / "zoe.py").write_text("1")
    said = run("collect", "07", inbox, "-f", course.folder)
    assert "zoe.py: left: zoe is not on the roster" in said
    assert "Not handed in: ben" in said


def test_an_earlier_submission_is_kept_beside_the_new_one(tmp_path):
    folder = tmp_path / "collected"

    def one(name, content):
        return keep(collected([Handed("ann", name, content)], "last"), folder)

    assert one("ann.ipynb", b"1") == [("ann.ipynb", "collected as ann.ipynb")]
    assert one("ann.ipynb", b"1") == [("ann.ipynb", "it is here already")]
    one("ann.ipynb", b"2")
    one("ann.py", b"3")
    assert sorted(each.name for each in folder.rglob("*.*")) == ["ann.1.ipynb", "ann.2.ipynb", "ann.py"]
    assert (folder / "earlier" / "ann.2.ipynb").read_bytes() == b"2"


@pytest.mark.parametrize("name", ["", "///", "..", "-", "\n"])
def test_a_student_always_has_a_name(name):
    assert safe(name) == "nobody"


# --- grading ---------------------------------------------------------------------------------------------


def test_grading_twice_gives_the_same_marks_to_the_byte(course):
    put(course, ann=handing_in("ann"), ben=handing_in("ben", (1, 2, 3)))
    found = graded(course)
    assert found["ann"]["parts"]["07a"]["earned"] == 2
    assert found["ben"]["parts"]["07a"]["earned"] == 0
    folder = course.place("graded", "07")
    before = {each.name: each.read_bytes() for each in folder.glob("*.json")}
    assert graded(course) == {}
    assert set(graded(course, jobs=2, again=True)) == {"ann", "ben"}
    assert before == {each.name: each.read_bytes() for each in folder.glob("*.json")}
    assert not list(folder.glob("*.part"))


def test_after_a_stop_grading_goes_on_where_it_was(course):
    put(course, ann=handing_in("ann"), ben=handing_in("ben"), cat=handing_in("cat"))
    stopped = course.grade("07", 1)
    first, _ = next(stopped)
    stopped.close()
    assert course.marks("07", first) is not None
    assert set(graded(course)) == {"ann", "ben", "cat"} - {first}


def test_what_has_changed_is_graded_again(course):
    put(course, ann=handing_in("ann", (0, 0, 0)), ben=handing_in("ben"))
    graded(course)
    put(course, ann=handing_in("ann"))
    assert set(graded(course)) == {"ann"}


def test_one_that_hangs_one_that_crashes_and_one_that_is_broken_are_named_and_the_rest_is_graded(course):
    hangs = "def found():\n    while True:\n        pass\nanswer_07a = found()"
    put(
        course,
        ann=handing_in("ann"),
        hung=notebook(hangs),
        crashed=notebook("def found():\n    return found()\nanswer_07a = found()"),
        broken="{",
    )
    began = time.monotonic()
    said = run("grade", "07", "-f", course.folder, "-j", "2")
    assert time.monotonic() - began < 60
    assert "hung 07a stopped: it" in said
    assert "crashed 07a not judged: RecursionError" in said
    assert "broken 07a not judged: broken.ipynb: it is not JSON" in said
    assert "4 graded, 0 were graded before." in said
    assert course.points("07", "ann")["07a"] == 2


def _dies(course, chapter, student):
    if student == "bad":
        os._exit(1)
    return {"student": student, "parts": {}, "owner": student, "digest": ""}


@pytest.mark.skipif("fork" not in __import__("multiprocessing").get_all_start_methods(), reason="needs fork")
def test_one_whose_grading_process_dies_costs_no_other(course, monkeypatch):
    monkeypatch.setattr(classroom, "_graded", _dies)
    put(course, ann="", bad="", cat="")
    found = graded(course, jobs=2)
    assert set(found) == {"ann", "bad", "cat"}
    assert {each["problem"] for each in found["bad"]["parts"].values()} == {"the process that graded it died"}
    assert found["ann"]["parts"] == {}


def test_a_terminal_shows_how_far_it_is(course, monkeypatch):
    put(course, ann=handing_in("ann"))
    shown = []

    class Bar:
        pos = 0

        def __enter__(self):
            return self

        def __exit__(self, *_):
            shown.append("end")

        def update(self, steps):
            self.pos += steps
            shown.append(self.pos)

    monkeypatch.setattr(commands.click, "progressbar", lambda **_: Bar())
    monkeypatch.setattr(commands.sys, "stderr", type("Terminal", (), {"isatty": lambda self: True})())
    with commands._bar() as tell:
        tell(1, 2)
        tell(2, 2)
    assert shown == [1, 2, "end"]


def test_two_with_the_same_name_in_me_are_shown(course):
    put(course, ann=handing_in("ann"), ben=handing_in("ann"))
    assert "The same variant, that of ann: ann, ben" in run("grade", "07", "-f", course.folder, "-j", "2")


# --- the instructor's own marks, lateness ----------------------------------------------------------------


def test_own_marks_and_comments_survive_regrading_and_no_student_can_name_their_file(course):
    put(course, ann=handing_in("ann", (0, 0, 0)), **{"ann.comments": handing_in("x")})
    graded(course)
    run("comment", "07", "ann", "07a", "-f", course.folder, "--earned", "1.5", "--words", "Nice <idea>")
    run("comment", "07", "ann", "07b", "-f", course.folder, "--words", "Next time")
    graded(course, again=True)
    assert course.points("07", "ann") == {"07a": 1.5, "07b": 0, "07c": 0}
    assert course.comments("07", "ann")["07b"] == {"earned": None, "words": "Next time"}


@pytest.mark.parametrize(("part", "earned"), [("09z", 1), ("07a", 99), ("07a", -1)])
def test_an_own_mark_is_within_the_points_of_a_part(course, part, earned):
    with pytest.raises(ValueError, match=r"Expected|expected"):
        course.comment("07", "ann", part, earned, "")


@pytest.mark.parametrize(("hours", "share"), [(-1, 0), (1, 0.1), (25, 0.2), (24 * 30, 0.5)])
def test_each_day_that_has_begun_costs_a_share_up_to_the_most(course, hours, share):
    put(course, ann=handing_in("ann"))
    due = at(5, 12)
    os.utime(course.submission("07", "ann"), (0, due.timestamp() + hours * 3600))
    rules = Rules("autumn", course.rules.key, {"07": due.isoformat()})
    assert Course(course.folder, rules).late("07", "ann") == pytest.approx(share)
    assert course.late("07", "ann") == 0


# --- what comes out --------------------------------------------------------------------------------------

EVIL = "<script>alert(1)</script>"


@pytest.fixture
def done(course):
    """A course in which something is graded, late, commented, broken, and full of traps."""
    evil = f"def found():\n    raise ValueError('{EVIL}\\x1b[2J')\nanswer_07a = found()"
    put(
        course,
        ann=handing_in("ann"),
        ben=notebook(f'me("{EVIL}")', evil),
        cat=notebook(f'me("{EVIL}")', "answer_07a = (1, 2, 3)"),
        dan=notebook("pass"),
        eve="{",
    )
    rules = Rules("autumn", course.rules.key, {"07": "2026-11-05T12:00"})
    late = Course(course.folder, rules)
    for student in course.students("07"):
        os.utime(course.submission("07", student), (0, at(5, 13).timestamp()))
    (course.folder / "course.json").write_text(json.dumps(rules.__dict__))
    graded(late, jobs=2)
    late.comment("07", "ann", "07b", 1, "well <done>")
    return late


def test_each_student_gets_a_page_in_which_nothing_of_a_stranger_is_code(done):
    assert "5 pages in" in run("feedback", "07", "-f", done.folder)
    texts = {each.stem: each.read_text() for each in (done.folder / "feedback" / "07").glob("*.html")}
    assert set(texts) == {"ann", "ben", "cat", "dan", "eve"}
    assert not any(EVIL in text or "\x1b" in text for text in texts.values())
    assert "well &lt;done&gt;" in texts["ann"]
    assert "handed in late" in texts["ann"]
    assert "&lt;script&gt;" in texts["ben"]
    assert "What to try" in texts["cat"]
    assert "not started" in texts["dan"]


def test_the_class_report_says_what_most_missed_and_whom_to_look_at(done):
    said = run("report", "07", "-f", done.folder)
    text = (done.folder / "reports" / "07.html").read_text()
    assert "07.html" in said
    assert "5 of 5 submissions are graded." in text
    assert "What is missed most: <b>Election messages</b>, by 1 of 2." in text
    assert EVIL not in text
    assert "\x1b" not in text
    for words in ("Whom to look at", "Nothing is started: dan", "The same variant, that of"):
        assert words in text


def test_a_report_before_anything_is_graded_says_so(course):
    put(course, ann=handing_in("ann"))
    assert "0 of 1 submissions are graded." in pages.class_report(course, "07", {})


def test_the_gradebook_and_gradescope_agree(done):
    run("export", "07", "-f", done.folder)
    folder = done.folder / "reports" / "07"
    rows = {
        row["student"]: row for row in csv.DictReader((folder / "gradebook.csv").read_text().splitlines())
    }
    assert rows["ann"]["07a"] == "2"
    assert rows["ann"]["07b"] == "1"
    assert (rows["ann"]["late"], rows["ann"]["total"], rows["ann"]["max"]) == ("10 %", "2.7", "10")
    assert rows["eve"]["status"] == "not judged"
    scope = json.loads((folder / "ann.json").read_text())
    assert scope["score"] == 2.7
    assert [each["name"] for each in scope["tests"]] == ["07a", "07b", "07c"]
    assert scope["tests"][0]["output"].startswith("Election messages: ")


def test_what_is_not_graded_yet_has_an_empty_row(course):
    put(course, ann=handing_in("ann"))
    _, [row] = course.gradebook("07")
    assert row[-1] == "not graded"
    assert course.gradescope("07", "ann")["score"] == 0


# --- the class report of a part that is judged on runs ----------------------------------------------------

PROFILE = [[0.5] * 7] * 4


def judged(earned, profile):
    part = every_part()["07b"]
    checks = [
        {"name": each.name, "points": each.points, "earned": earned, "told": ""} for each in part.checks
    ]
    explained = {
        "because": "4 <leads>",
        "failing": "07b seed=1",
        "passing": "07b seed=2",
        "change": "with seed 2",
    }
    return {"status": "graded", "earned": earned, "points": 4.0, "problem": "", "checks": checks,
            "explained": explained, "pictures": [], "survived": {part.kinds[0].name: [0.5, 0.2, 0.8]},
            "profile": profile}  # fmt: skip


@pytest.mark.parametrize(
    ("profile", "known", "title"),
    [
        (PROFILE, {"waits for ever": PROFILE}, "1 × waits for ever"),
        (PROFILE, {"waits for ever": [[0.9] * 7] * 4}, "1 × another mistake"),
        (PROFILE, {}, "known in a checkout of the project only"),
    ],
)
def test_submissions_are_grouped_by_the_mistake_that_they_are_like(course, profile, known, title):
    part = every_part()["07b"]
    text = "".join(pages._of_part(part, {"ann": judged(0.0, profile)}, {"07b": known}))
    assert title in text
    assert "4 &lt;leads&gt;" in text


def test_a_part_without_a_mistake_says_so():
    full = judged(4.0, [[1.0] * 7] * 4)
    assert "All 1 have all points." in "".join(pages._of_part(every_part()["07b"], {"ann": full}, {}))


def test_the_page_of_a_part_shows_the_pair_and_the_shares(course):
    text = "".join(pages._part(every_part()["07b"], judged(0.0, PROFILE), {}))
    assert text.index("breaks") < text.index("07b seed=1") < text.index("holds") < text.index("07b seed=2")
    assert "runs in which all checks held" in text


def test_outside_a_checkout_no_mistakes_are_known(monkeypatch, tmp_path):
    monkeypatch.setattr(commands, "ANSWERS", tmp_path)
    assert commands.known_mistakes("07") == {}


def test_in_a_checkout_each_known_mistake_has_a_profile(monkeypatch):
    known = commands.known_mistakes("07")
    assert set(known) == {"07b"}
    assert "The highest name leads, as ranks do in the chapter" in known["07b"]
    assert Path(commands.ANSWERS, "answers_07.py").is_file()
