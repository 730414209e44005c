"""The shelters of a process and its limits, and what a part costs when something unforeseen happens."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from coordlab.exercises import every_part, practice
from coordlab.grading import classroom, isolation
from coordlab.grading.isolation import NOBODY, Isolated, Limits
from coordlab.grading.marking import marks, printable
from coordlab.grading.submission import Submission

resource = pytest.importorskip("resource")


class Ran:
    """In place of starting programs: those that work here, and what was asked."""

    def __init__(self, *works, error=None):
        self.works, self.asked, self.error = works, [], error

    def __call__(self, command, **options):
        self.asked.append((command, options))
        if self.error:
            raise self.error
        return SimpleNamespace(returncode=0 if command[0] in self.works else 1)


@pytest.mark.parametrize(
    ("there", "works", "chosen"),
    [
        (("bwrap", "unshare"), ("bwrap", "unshare"), "bwrap"),
        (("bwrap", "unshare"), ("unshare",), "unshare"),
        (("unshare",), ("unshare",), "unshare"),
        (("bwrap", "unshare"), (), None),
        ((), ("bwrap",), None),
    ],
)
def test_the_best_shelter_that_works_is_chosen(there, works, chosen, monkeypatch):
    monkeypatch.setattr(isolation.shutil, "which", lambda name: name if name in there else None)
    monkeypatch.setattr(isolation.subprocess, "run", Ran(*works))
    found = isolation.shelter.__wrapped__()
    assert (found[0] if found else None) == chosen


def test_nothing_of_the_checkout_but_the_package_is_seen_in_bubblewrap(monkeypatch):
    monkeypatch.setattr(isolation.shutil, "which", lambda name: name)
    monkeypatch.setattr(isolation.subprocess, "run", Ran("bwrap"))
    command = isolation.shelter.__wrapped__()
    checkout = str(isolation.Path(isolation.coordlab.__file__).parents[1])
    assert f"{checkout}/coordlab" in command
    assert checkout not in command
    assert "--unshare-all" in command
    assert command.index("--tmpfs") < command.index("--ro-bind")


@pytest.mark.parametrize(
    ("uid", "ran", "user"),
    [
        (1000, Ran("python"), None),
        (0, Ran("python"), NOBODY),
        (0, Ran(), None),
        (0, Ran(error=PermissionError("no")), None),
    ],
)
def test_root_gives_the_process_to_nobody_where_nobody_can_run_python(uid, ran, user, monkeypatch):
    monkeypatch.setattr(isolation.os, "getuid", lambda: uid)
    monkeypatch.setattr(isolation.sys, "executable", "python")
    monkeypatch.setattr(isolation.subprocess, "run", ran)
    assert isolation.other_user.__wrapped__(()) == user
    assert all(options["user"] == NOBODY for _, options in ran.asked)


@pytest.mark.parametrize(("uid", "many"), [(NOBODY, 64), (1000, None)])
def test_the_process_is_limited_before_it_starts(uid, many, monkeypatch):
    set_to = {}
    monkeypatch.setattr(isolation.os, "getuid", lambda: uid)
    monkeypatch.setattr(resource, "setrlimit", lambda what, most: set_to.update({what: most[0]}))
    Isolated._limit(SimpleNamespace(limits=Limits(cpu=7, memory=99)))
    assert set_to[resource.RLIMIT_CPU] == 7
    assert set_to[resource.RLIMIT_AS] == 99
    assert set_to[resource.RLIMIT_FSIZE] == 1_000_000
    assert set_to.get(resource.RLIMIT_NPROC) == many


def test_a_run_that_no_check_foresaw_costs_its_own_part_only(monkeypatch):
    def fails(*_):
        raise RuntimeError("a judge\x1b did not expect this")

    monkeypatch.setattr(practice.Practice, "tried", fails)
    part = every_part()["07a"]
    right = tuple(map(int, part.right(part.variant("ann", "autumn"))))
    cell = f"from coordlab import Agent\nclass Answer_07b(Agent):\n    pass\nanswer_07a = {right}"
    found = marks(Submission((cell,)), "07", "ann", "autumn", "the key")
    assert found["07a"]["earned"] == 2
    assert found["07b"]["status"] == "stopped"
    assert found["07b"]["problem"].endswith("RuntimeError: a judge did not expect this")
    assert found["07c"]["status"] == "not started"


def test_a_stranger_cannot_steer_a_terminal():
    assert printable("a\x1b[2J\x07b\nc\r\u202e") == "a[2Jb\nc"


def test_the_marks_of_a_submission_name_whose_variant_it_is(tmp_path):
    course = classroom.Course.init(tmp_path / "course", "autumn")
    folder = course.place("collected", "07")
    folder.mkdir(parents=True)
    (folder / "ann.py").write_text('me("ben")\nanswer_07a = (1, 2, 3)')
    (folder / "eve.ipynb").write_text("{")
    assert classroom._graded(course, "07", "ann")["owner"] == "ben"
    assert classroom._graded(course, "07", "eve")["parts"]["07a"]["status"] == "not judged"
