"""No submission gains a point, sees a secret, or stops the class: see `attacks.py` for what is tried."""

from __future__ import annotations

import json
import os
import sys
import time
from importlib import import_module
from pathlib import Path

import pytest

from coordlab.exercises import CHAPTERS, every_part, practice
from coordlab.grading import isolation
from coordlab.grading.isolation import Isolated, Limits, Stopped
from coordlab.grading.marking import mark
from coordlab.grading.submission import Submission, SubmissionError
from tests import sampling
from tests.exercises import answers_07
from tests.grading import attacks

PARTS = every_part()
LIMITS = Limits(wall=4.0, cpu=10, output=2_000_000, all_wall=30.0)
KINDS = {"07a": ("OUTSIDE",), "07b": ("SHARED", "WORLD", "HARM")}
ATTACKS = [
    (part, name, source)
    for part, kinds in KINDS.items()
    for kind in kinds
    for name, source in getattr(attacks, kind).items()
]
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the shelters are those of Linux")


@pytest.fixture(autouse=True)
def _few_schedules(monkeypatch):
    monkeypatch.setattr(practice, "HIDDEN", 2)


def marked(source, part, limits=LIMITS):
    return mark(Submission((source,)), PARTS[part], PARTS[part].row(1), "the key", limits)


def test_there_are_many_attacks():
    assert len(ATTACKS) >= 80
    assert len({source for _, _, source in ATTACKS}) == len(ATTACKS)


@pytest.mark.parametrize(
    ("part", "source"),
    [pytest.param(part, source, id=name) for part, name, source in sampling.some(ATTACKS, 12)],
)
def test_an_attack_earns_nothing_and_is_told_in_a_sentence(part, source):
    found = marked(source, part)
    assert found["earned"] == 0
    assert found["status"] in ("graded", "not judged", "stopped", "not started")
    assert all(each.isprintable() for each in found["problem"].replace("\n", " "))
    assert "Traceback" not in found["problem"]
    json.dumps(found, allow_nan=False)


@pytest.mark.parametrize("name", ["an attribute of Agent", "an attribute of World", "the class of its dice"])
def test_who_shares_memory_through_a_class_of_others_is_found_by_running_alone(name):
    found = marked(attacks.SHARED[name], "07b")
    assert found["status"] == "stopped"
    assert "when it runs alone" in found["problem"]


HONEST = [
    (part, kind)
    for chapter in CHAPTERS
    for part, kinds in import_module(f"tests.exercises.answers_{chapter}").CORRECT.items()
    for kind in kinds
    if isinstance(PARTS[part], practice.Practice)
]


@pytest.mark.parametrize(
    ("part", "kind"), sampling.few(HONEST, 4), ids=lambda value: getattr(value, "__name__", None)
)
def test_an_honest_answer_runs_alone_as_it_runs_with_others(part, kind, monkeypatch):
    monkeypatch.setattr(isolation, "ONE_OF", 1)
    text = Path(import_module(kind.__module__).__file__).read_text(encoding="utf-8")
    found = marked(f"{text}\nclass Answer_{part}({kind.__name__}):\n    pass\n", part, Limits())
    assert found["status"] == "graded", found["problem"]
    assert found["earned"] == PARTS[part].points


def test_an_enum_in_a_message_is_the_same_for_all_agents():
    source = attacks.agent("self.broadcast(Hello(Kind.ONE))", before="from enum import Enum\n"
                           "class Kind(Enum):\n    ONE = 1\n")  # fmt: skip
    source = source.replace(
        "sender, message):\n        pass", "sender, message):\n        assert message.number is Kind.ONE"
    )
    assert marked(source, "07b")["status"] == "graded"


# --- the process, when no rule of Python holds any more -------------------------------------------------

PEEP = r"""
import json, os, socket, sys
sys.stdin.buffer.readline()
done = {}
def attempt(name, what):
    try:
        done[name] = repr(what())[:200]
    except BaseException as error:
        pass
attempt("sources", lambda: os.listdir(os.path.join(sys.argv[1], "exercises", "source")))
attempt("answers", lambda: os.listdir(os.path.join(sys.argv[1], "tests")))
attempt("secret", lambda: open(sys.argv[2]).read())
attempt("written", lambda: open(sys.argv[2], "w").write("mine"))
attempt("passwords", lambda: open("/etc/shadow").read())
attempt("package", lambda: open(os.path.join(sys.argv[1], "coordlab", "__init__.py"), "a").write(""))
attempt("network", lambda: socket.create_connection(("127.0.0.1", int(sys.argv[3])), 0.5))
attempt("key", lambda: os.environ["COORDLAB_KEY"])
attempt("killed", lambda: os.kill(int(sys.argv[4]), 0))
content = json.dumps({"problem": json.dumps(done)}).encode()
os.write(1, b"%d\n" % len(content) + content)
"""
UNSHARE = ("unshare", "--net", "--ipc", "--map-root-user", "--user")


@pytest.fixture
def listening():
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def secret(tmp_path):
    file = tmp_path / "course.json"
    file.write_text("secret")
    file.chmod(0o600)
    return file


def hostile(monkeypatch, script, *args):
    monkeypatch.setattr(isolation, "PROGRAM", ("-c", script, *map(str, args)))
    return Isolated(PARTS["07b"], PARTS["07b"].row(1), "", LIMITS)


def reached(monkeypatch, secret, port):
    checkout = Path(isolation.__file__).parents[2]
    monkeypatch.setenv("COORDLAB_KEY", "secret")
    with hostile(monkeypatch, PEEP, checkout, secret, port, os.getpid()) as process:
        return set(json.loads(process.problem))


def test_within_bubblewrap_a_process_reaches_nothing(monkeypatch, secret, listening):
    if isolation.shelter()[:1] != ("bwrap",):
        pytest.skip("bubblewrap does not work here")
    assert reached(monkeypatch, secret, listening) == set()
    assert secret.read_text() == "secret"


@pytest.mark.parametrize(("user", "said"), [(isolation.NOBODY, ""), (None, "the number of processes")])
def test_within_bubblewrap_only_root_is_warned_and_only_if_no_other_user_can_run_python(
    monkeypatch, user, said
):
    monkeypatch.setattr(isolation, "shelter", lambda: ("bwrap",))
    monkeypatch.setattr(isolation.os, "getuid", lambda: 0)
    monkeypatch.setattr(isolation, "other_user", lambda shelter: user)
    assert isolation.warning()[: len("the number of processes")] == said


def test_with_unshare_only_there_is_no_network(monkeypatch, secret, listening):
    if isolation.subprocess.run((*UNSHARE, "true"), check=False, capture_output=True).returncode:
        pytest.skip("unshare does not work here")
    monkeypatch.setattr(isolation, "shelter", lambda: UNSHARE)
    found = reached(monkeypatch, secret, listening)
    assert not found & {"network", "key"}
    _another_user_reaches_no_file(found)
    assert "files are not kept" in isolation.warning()


def test_without_a_shelter_the_warning_says_what_is_open(monkeypatch, secret, listening):
    monkeypatch.setattr(isolation, "shelter", lambda: ())
    found = reached(monkeypatch, secret, listening)
    assert "key" not in found
    _another_user_reaches_no_file(found)
    assert "neither network nor files are kept" in isolation.warning()


def _another_user_reaches_no_file(found):
    if os.getuid() == 0 and isolation.other_user(isolation.shelter()) is not None:
        assert not found & {"secret", "written", "passwords", "killed", "package"}
    elif os.getuid() == 0:
        assert isolation.warning().startswith("they run as root")


@pytest.mark.parametrize("shelter", [(), UNSHARE], ids=["none", "unshare"])
def test_an_honest_answer_is_graded_with_any_shelter(shelter, monkeypatch):
    monkeypatch.setattr(isolation, "shelter", lambda: shelter)
    found = marked("answer_07a = (1, 2, 3)", "07a")
    assert found["status"] == "graded", found["problem"]


FORGED = {
    "nothing": b"",
    "no number": b"many\n",
    "a negative number": b"-5\nabcde",
    "an endless number": b"9" * 100,
    "far too much": b"999999999\n",
    "another script's digits": "٣\n".encode(),
    "no JSON": b"3\nabc",
    "half a frame": b'100\n{"value"',
    "a list": b"2\n[]",
    "NaN for a run": b'26\n{"trace": NaN, "problem":1}'[:29],
    "deep JSON": b"200000\n" + b"[" * 200_000,
    "a second frame": b'2\n{}2\n{}3\n"a"',
}


@pytest.mark.parametrize("frame", FORGED.values(), ids=FORGED)
def test_what_is_no_frame_stops_the_answer_and_nothing_else(frame, monkeypatch):
    script = f"import os, sys\nsys.stdin.buffer.readline()\nos.write(1, {frame[:60_000]!r})"
    with pytest.raises(Stopped), hostile(monkeypatch, script) as process:
        list(process.attempts([PARTS["07b"].source(object, PARTS["07b"].row(1)).scenario] * 3))


def replies(*contents):
    """A program that answers each order with the next of these."""
    return (
        "import os, sys, json\n"
        f"for content in {[json.dumps(each) for each in contents]!r}:\n"
        "    sys.stdin.buffer.readline()\n"
        "    content = content.encode()\n"
        "    os.write(1, b'%d\\n' % len(content) + content)\n"
    )


HEADER = {"format": "coordlab-trace", "version": 1, "agents": ["a"], "says": {}, "until": 16.0}
TRACES = {
    "empty": "",
    "of other agents": json.dumps(HEADER),
    "a number": 5,
    "not JSON": "{",
    "NaN as its end": '{"format":"coordlab-trace","version":1,"agents":[],"says":{},"until":NaN}',
    "an infinite end": '{"format":"coordlab-trace","version":1,"agents":[],"says":{},"until":1e999}',
}


@pytest.mark.parametrize("trace", TRACES.values(), ids=TRACES)
def test_a_forged_trace_is_refused(trace, monkeypatch):
    script = replies({"value": ""}, {"problem": "", "trace": trace})
    with hostile(monkeypatch, script) as process, pytest.raises(Stopped, match="cannot have happened"):
        list(process.attempts([PARTS["07b"].source(object, PARTS["07b"].row(1)).scenario]))


def test_a_true_trace_of_agents_that_were_led_from_outside_is_refused(monkeypatch):
    """A forged but possible trace comes from a program that then says of the agent alone what it likes."""
    part, variant = PARTS["07b"], PARTS["07b"].row(1)
    scenario = part.source(answers_07.Robot, variant).scenario
    trace = part.source(answers_07.Robot, variant).world(scenario).run(16.0).trace.to_jsonl()
    script = replies({"value": ""}, {"problem": "", "trace": trace}, {"acted": []})
    with hostile(monkeypatch, script) as process, pytest.raises(Stopped, match="runs alone"):
        list(process.attempts([scenario]))


def test_one_that_drips_bytes_is_stopped_when_the_time_of_all_its_runs_is_over(monkeypatch):
    script = "import os, time\nwhile True:\n    os.write(1, b'2\\n{}')\n    time.sleep(0.3)\n"
    monkeypatch.setattr(isolation, "PROGRAM", ("-c", script))
    limits = Limits(wall=1.0, all_wall=1.5)
    began = time.monotonic()
    with pytest.raises(Stopped, match="it hung"):
        _ask_often(limits)
    assert time.monotonic() - began < 15


def test_one_that_reads_no_orders_is_stopped_when_its_time_is_over(monkeypatch):
    """An order that fills the pipe would be written for ever."""
    script = f"{replies({})}\nimport time\ntime.sleep(60)\n"
    monkeypatch.setattr(isolation, "PROGRAM", ("-c", script))
    began = time.monotonic()
    with (
        pytest.raises(Stopped, match="it hung: 1 s were over"),
        Isolated(PARTS["08b"], PARTS["08b"].row(1), "", Limits(wall=1.0)) as process,
    ):
        list(process.opinions(["x" * 1_000_000]))
    assert time.monotonic() - began < 15


def test_all_its_runs_together_may_not_write_too_much(monkeypatch):
    script = replies(*({"value": "x" * 1000} for _ in range(10)))
    monkeypatch.setattr(isolation, "PROGRAM", ("-c", script))
    with pytest.raises(Stopped, match="more than 3,000 bytes"):
        _ask_often(Limits(all_output=3000))


def _ask_often(limits):
    with Isolated(PARTS["07b"], PARTS["07b"].row(1), "", limits) as process:
        for _ in range(100):
            process._asked("next")


def test_processes_that_it_leaves_behind_end_with_it(monkeypatch, tmp_path):
    script = (
        "import os, sys, time\nsys.stdin.buffer.readline()\n"
        "if os.fork() == 0:\n    time.sleep(60)\n"
        "os.write(1, b'2\\n{}')\ntime.sleep(60)\n"
    )
    process = hostile(monkeypatch, script)
    process.close()
    with pytest.raises(ProcessLookupError):
        os.killpg(process.process.pid, 0)


# --- what is read from a notebook ----------------------------------------------------------------------

NOTEBOOKS = {
    "no JSON": "{",
    "a list": "[]",
    "another format": '{"nbformat": 3, "cells": []}',
    "no cells": '{"nbformat": 4}',
    "cells that are a number": '{"nbformat": 4, "cells": 5}',
    "deep JSON": "[" * 100_000,
    "too many cells": json.dumps({"nbformat": 4, "cells": [{}] * 3000}),
    "not text": "\udcff",
}


@pytest.mark.parametrize("text", NOTEBOOKS.values(), ids=NOTEBOOKS)
def test_a_malformed_notebook_is_refused_in_a_sentence(text, tmp_path):
    file = tmp_path / "s1.ipynb"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(SubmissionError, match=r"^s1\.ipynb: it .* Expected "):
        Submission.read(file)


@pytest.mark.parametrize(
    "cell",
    [
     5, None, [], {"cell_type": "code"}, {"cell_type": "code", "source": 5},
     {"cell_type": "code", "source": [1]},
     {"cell_type": ["code"]}, {"cell_type": "markdown", "source": "answer_07a = 1"}],
)  # fmt: skip
def test_odd_cells_are_passed_over(cell, tmp_path):
    file = tmp_path / "s1.ipynb"
    honest = {
        "cell_type": "code",
        "source": ["answer_07a = (1,\n", "2, 3)"],
        "metadata": {"x": ["<script>"] * 9},
    }
    file.write_text(json.dumps({"nbformat": 4, "cells": [cell, honest], "metadata": 7}))
    assert Submission.read(file).definitions("answer_07a") == "answer_07a = (1, 2, 3)"


def test_a_link_or_a_huge_file_is_not_read(tmp_path):
    (tmp_path / "s1.py").symlink_to("/etc/passwd")
    (tmp_path / "s2.py").write_bytes(b" " * 5_000_001)
    for name in ("s1.py", "s2.py", "s3.py"):
        with pytest.raises(SubmissionError):
            Submission.read(tmp_path / name)
