"""The process of an answer, tried in this one: what it replies, and how an agent runs alone."""

from __future__ import annotations

import io
import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from coordlab.exercises import every_part
from coordlab.grading import alone, child
from coordlab.grading.submission import Submission
from coordlab.trace.scenario import Scenario
from tests.exercises import answers_07
from tests.grading import attacks

PART = every_part()["07b"]
VARIANT = PART.row(1)
NAMES = [each.split(":")[0] for each in VARIANT["fleet"].split(",")]
SCENARIO = replace(PART.source(answers_07.Robot, VARIANT).scenario, until=8.0)
FAULTS = [
    (),
    (f"crash {NAMES[0]} @2..4",),
    (f"partition {NAMES[1]},{NAMES[2]} @1..5",),
    (f"slow {NAMES[3]} 0.05", f"drop {NAMES[0]}>{NAMES[1]} #2", f"duplicate {NAMES[2]}>{NAMES[1]} #1"),
    (f"pause {NAMES[2]} @2..3", f"delay {NAMES[1]}>{NAMES[0]} #3 0.07"),
]


def source_of(kind):
    text = Path(answers_07.__file__).read_text(encoding="utf-8")
    return Submission((f"{text}\nclass Answer_07b({kind.__name__}):\n    pass\n",)).definitions("Answer_07b")


def both(answer, scenario, name):
    """What an agent did in a run, and what it does alone."""
    world, heard = PART.source(answer, VARIANT).world(scenario), alone.Replies()
    answer.place = 0
    heard.listen(world)
    run = world.run(scenario.until)
    others = alone.Others.of(name, run.trace.until, world.rows, heard)
    again = child.Answer(SOURCES[answer.kind], "Answer_07b")
    world = PART.source(alone.cast(again, name), VARIANT).world(scenario)
    rows = [(seq, row) for seq, row in enumerate(run.trace.rows) if row[2] == name]
    return plain(rows), plain(alone.acted(others, world))


def plain(rows):
    return [(seq, child.line_of_row(row)) for seq, row in rows]


SOURCES = {kind: source_of(kind) for kind in (answers_07.Robot, answers_07.Listener, answers_07.WaitsForEver)}


@pytest.mark.parametrize("faults", FAULTS, ids=str)
@pytest.mark.parametrize("kind", SOURCES, ids=lambda kind: kind.__name__)
def test_an_agent_alone_does_what_it_did_among_others(kind, faults):
    answer = child.Answer(SOURCES[kind], "Answer_07b")
    answer.kind = kind
    for number, name in enumerate(NAMES[:3]):
        scenario = SCENARIO.again(number, ()).with_faults(*faults)
        did, alone_did = both(answer, scenario, name)
        assert did == alone_did
        assert len(did) > 20
        answer.place = 0


@pytest.mark.parametrize("name", ["an attribute of Agent", "an attribute of World"])
def test_an_agent_that_knows_what_nobody_told_it_does_something_else_alone(name, monkeypatch):
    from coordlab import Agent, World

    for kind in (Agent, World):
        monkeypatch.setattr(kind, "board", {}, raising=False)
    kind, source = object(), Submission((attacks.SHARED[name],)).definitions("Answer_07b")
    monkeypatch.setitem(SOURCES, kind, source)
    answer = child.Answer(source, "Answer_07b")
    answer.kind = kind
    weakest = min(NAMES, key=lambda each: dict(pair.split(":") for pair in VARIANT["fleet"].split(","))[each])
    before = {Agent: Agent.board, World: World.board}
    place = Agent if name.endswith("Agent") else World
    world, heard = PART.source(answer, VARIANT).world(SCENARIO), alone.Replies()
    heard.listen(world)
    run = world.run(8.0)
    others = alone.Others.of(weakest, 8.0, world.rows, heard)
    place.board = before[place]  # as in a process that has seen no run
    world = PART.source(alone.cast(child.Answer(source, "Answer_07b"), weakest), VARIANT).world(SCENARIO)
    did = plain((seq, row) for seq, row in enumerate(run.trace.rows) if row[2] == weakest)
    assert plain(alone.acted(others, world)) != did


# --- what it replies ---------------------------------------------------------------------------------------


def replies(part, source, *orders):
    """The replies to the first order, which brings the answer, and to these."""
    first = {"part": part, "variant": every_part()[part].row(1), "source": source}
    lines = b"".join(json.dumps(each).encode() + b"\n" for each in (first, *orders))
    out = io.BytesIO()
    child.serve(io.BytesIO(lines), out)
    content, found = out.getvalue(), []
    while content:
        head, _, rest = content.partition(b"\n")
        found.append(json.loads(rest[: int(head)]))
        content = rest[int(head) :]
    return found


@pytest.fixture
def _no_keeper(monkeypatch):
    """Instead of a process that waits, nothing: orders to run alone are tried with the real child."""
    monkeypatch.setattr(os, "fork", lambda: 1)


@pytest.mark.parametrize(
    ("source", "reply"),
    [
        ("answer_07a = (1, 2.5, None)", {"value": [1, 2.5, None]}),
        ("other = 1", {}),
        ("answer_07a = ...", {}),
        ("answer_07a = {1, 2}", {"problem": "the answer is a set, and not plain data"}),
        ("answer_07a = float('nan')", {"problem": "the answer is a float, and not plain data"}),
        ("answer_07a = 1 / 0", {"problem": "ZeroDivisionError: division by zero"}),
        ("raise SystemExit(5)", {"problem": "SystemExit: 5"}),
    ],
)
def test_an_answer_of_data_is_told_as_plain_data(source, reply):
    [found] = replies("07a", source)
    assert found.keys() == reply.keys()
    assert str(found.get("problem", "")).startswith(reply.get("problem", ""))
    assert found.get("value") == reply.get("value")


@pytest.mark.usefixtures("_no_keeper")
def test_a_class_runs_each_scenario_that_is_ordered():
    told, *runs = replies("07b", SOURCES[answers_07.Robot], str(SCENARIO), str(SCENARIO))
    assert told == {"problem": "", "value": ""}
    assert runs[0] == runs[1]
    assert runs[0]["problem"] == ""
    assert runs[0]["trace"].count("\n") > 100


@pytest.mark.usefixtures("_no_keeper")
@pytest.mark.parametrize(
    ("source", "problem"),
    [
        (attacks.agent("1 / 0"), "ZeroDivisionError"),
        (attacks.agent(init="raise SystemExit(0)"), "SystemExit"),
        (attacks.SHARED["a message class"], "the answer changed the class of a message"),
    ],
)
def test_what_goes_wrong_in_a_run_is_told(source, problem):
    _, run = replies("07b", source, str(SCENARIO))
    assert problem in run["problem"]


def test_what_is_no_class_is_told_before_anything_runs(monkeypatch):
    monkeypatch.setattr(os, "fork", lambda: 1)
    [told] = replies("07b", "Answer_07b = 5")
    assert "a class of agents is asked for" in told["problem"]


@pytest.mark.usefixtures("_no_keeper")
def test_alone_it_tells_what_the_agent_did_or_why_it_failed():
    answer = child.Answer(SOURCES[answers_07.Robot], "Answer_07b")
    runner = child.Runner(PART, VARIANT, answer, io.BytesIO())
    runner.run(str(SCENARIO))
    others = alone.Others.of(NAMES[0], 8.0, runner.world.rows, runner.heard)
    answer.place = 0
    order = child.pickle.dumps((str(SCENARIO), others))
    assert len(runner._acted(order)["acted"]) > 20
    assert "problem" in runner._acted(b"nothing")
    other = child.pickle.dumps((str(SCENARIO.with_faults("crash nobody @3")), others))
    assert "nobody" in runner._acted(other)["problem"]
    runner.line.close()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("import os", "may not import os"),
        ("from coordlab.grading import check", "may not import coordlab.grading"),
        ("from collections import abc", "not its modules"),
        ("from dataclasses import _create_fn", "not its modules"),
    ],
)
def test_what_may_not_be_imported_is_refused_while_it_runs_too(line, words):
    [told] = replies("07a", line)
    assert words in told["problem"]


def test_what_may_be_imported_is_each_agents_own():
    names = {}
    for who in ("ann", "ben"):
        names[who] = {"__builtins__": child.BUILTINS}
        exec("import math\nfrom collections import Counter\nmath.board = []", names[who])
    assert names["ann"]["math"].board is not names["ben"]["math"].board
    assert names["ann"]["math"].pi == names["ben"]["math"].pi
    assert not hasattr(sys.modules["math"], "board")


def test_an_answer_has_a_class_for_each_agent_and_one_message_for_all():
    answer = child.Answer(SOURCES[answers_07.Robot], "Answer_07b")
    ann, ben = answer("ann", 5, 0.3), answer("ben", 6, 0.3)
    assert type(ann) is not type(ben)
    assert set(answer.messages) == {"Election", "Stronger", "Coordinator"}
    answer.place = 0
    assert type(answer("cat", 5, 0.3)) is type(ann)
    assert answer.unchanged()


def test_a_scenario_survives_its_text():
    assert Scenario.from_line(str(SCENARIO)) == SCENARIO


@pytest.mark.parametrize(
    ("body", "reply"), [("return n + 1", "value"), ("raise SystemExit(0)", "problem"), ("1 / 0", "problem")]
)
def test_a_function_is_called_and_what_it_raises_is_told(body, reply):
    answer = child.Answer(f"def answer_01a(n):\n    {body}\n", "answer_01a")
    assert child._called(answer, [1]).get(reply)


def test_a_property_that_cannot_judge_a_trace_says_why():
    assert child._judged(lambda trace: True, "no trace")["problem"]


@pytest.mark.parametrize(
    ("part", "source", "order", "reply"),
    [
        ("08b", "def property_08b(trace):\n    return True", "no trace", "problem"),
        ("05b", "def answer_05b(*given):\n    return 1", [1], "value"),
    ],
)
def test_each_order_about_a_property_or_a_function_has_a_reply(part, source, order, reply):
    found = replies(part, source.replace("property_08b", every_part()[part].name), order, order)
    assert [bool(each.get(reply)) for each in found[1:]] == [True, True]


class Ended(BaseException):
    """Stands for the end of a process, in one that goes on."""


@pytest.fixture
def keeper(monkeypatch):
    """A runner that has run once, the socket of its keeper, ours with an order on it, and its replies."""
    monkeypatch.setattr(os, "fork", lambda: 1)
    out = io.BytesIO()
    runner = child.Runner(PART, VARIANT, child.Answer(SOURCES[answers_07.Robot], "Answer_07b"), out)
    runner.run(str(SCENARIO))
    runner.answer.place = 0
    runner.line.close()
    runner.line, theirs = child.socket.socketpair()
    theirs.sendall(b".")  # as if the keeper were done
    runner.run_alone(NAMES[0])
    runner.line.shutdown(child.socket.SHUT_WR)

    def ended(code):
        raise Ended(code)

    monkeypatch.setattr(os, "_exit", ended)
    with runner.line, theirs:
        yield runner, theirs, out


def test_an_order_to_run_alone_is_done_in_a_new_process(keeper, monkeypatch):
    runner, theirs, out = keeper
    monkeypatch.setattr(os, "fork", lambda: 0)
    with pytest.raises(Ended):
        runner._keep(theirs)
    assert b'"acted"' in out.getvalue()


def test_the_keeper_tells_that_who_ran_alone_crashed_and_ends_without_orders(keeper, monkeypatch):
    runner, theirs, out = keeper
    monkeypatch.setattr(os, "waitpid", lambda pid, options: (pid, 11))
    with pytest.raises(Ended):
        runner._keep(theirs)
    assert b'"it crashed"' in out.getvalue()


def test_the_process_replies_on_what_was_its_output_and_silences_all_else(monkeypatch):
    readable, writable = os.pipe()
    silenced = []
    order = {"part": "07a", "variant": every_part()["07a"].row(1), "source": "answer_07a = 5"}
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps(order).encode() + b"\n")))
    monkeypatch.setattr(os, "dup", lambda descriptor: writable)
    monkeypatch.setattr(os, "dup2", lambda quiet, descriptor: silenced.append(descriptor))
    child.main()
    with os.fdopen(readable, "rb") as file:
        assert (file.readline(), json.loads(file.read())) == (b"12\n", {"value": 5})
    assert silenced == [1, 2]
