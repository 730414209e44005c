"""What strangers send: scenario lines, faults, traces, progress files and messages of a browser, all spoilt.

Each is refused with the one documented error, or read; nothing takes a second or 200 MB.
"""

import json
import random
import resource
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from coordlab import labs
from coordlab.course import progress
from coordlab.labs.clicks import act
from coordlab.patterns import bully
from coordlab.properties import moments
from coordlab.trace.fault import KINDS
from coordlab.trace.faults import FaultError, read_fault
from coordlab.trace.narration import narration
from coordlab.trace.scenario import Scenario, ScenarioError
from coordlab.trace.trace import Trace, TraceError
from coordlab.widgets.encoding import pack
from tests import sampling

FAULTS = tuple(kind.usage for kind in KINDS.values())
LINES = (
    *(f"bully agents=5 loss=0.1 seed=7 until=12 | {fault}" for fault in FAULTS),
    *('voting rule="a\\u0020b" seed=-3', Scenario.from_line("bully agents=5 | crash 5 @3").to_json()),
)
PROGRESS = json.dumps(
    {"format": "coordlab-progress", "version": 1, "answers": {"a": 1, "b": [["x"], None, 0.5]}}
)
MESSAGES = (
    *(
        {"type": "fault", "fault": {"kind": kind, "agent": "2", "at": 0.3, "until": 0.6}}
        for kind in ("Crash", "Restart", "Slow", "Skew", "Rogue", "Pause")
    ),
    *(
        {
            "type": "fault",
            "fault": {"kind": kind, "message": 3, "agents": ["1", "2"], "groups": [["1"], ["2"]], "at": 0.3},
        }
        for kind in ("Drop", "Delay", "Duplicate", "Cut", "Partition")
    ),
    *(
        {"type": "rename", "branch": 0, "name": "b"},
        {"type": "undo"},
        {"type": "delete", "branch": 1},
        {"type": "branch"},
    ),
)
JUNK = (
    *(
        None,
        True,
        -1,
        0,
        1,
        2**63,
        10**400,
        0.5,
        1e308,
        -0.0,
        "",
        "5",
        "1",
        "x" * 5000,
        "\x00",
        "\u202e",
        "9" * 400,
    ),
    *(
        [],
        [[]],
        {},
        {"a": 1},
        {"{}": [1, [2]]},
        ["1", "2"],
        "crash 5 @3",
        "1e999",
        "nan",
        "inf",
        "lost",
        "Cut",
        "send",
    ),
)
BITS = (
    *("|", " | ", "@", "..", ">", "#", ",", "/", "=", " ", "x", "+", "-", "1e999", "nan", "inf"),
    *("9" * 400, "-1", "0", "1e-9", "[" * 300, "null", "true", "é" * 99),
    *('"', "\\", "\\ud800", "\ud800", "\x00", "\n", "\t", "\u200b", "é", "[", "]", "{", "}"),
)


def spoilt_text(dice: random.Random, text: str) -> str:
    """A text with one to four places cut out, doubled, or filled with something else."""
    for _ in range(dice.randint(1, 4)):
        at = dice.randint(0, len(text))
        end = min(len(text), at + dice.choice((0, 1, 2, 8)))
        text = text[:at] + dice.choice(("", text[at:end] * 2, dice.choice(BITS))) + text[end:]
    return text


def spoilt_data(dice: random.Random, value: Any) -> Any:
    """JSON data with something else at one place, or without it, or with one more."""
    if isinstance(value, (dict, list)) and value and dice.random() < 0.8:
        made = dict(value) if isinstance(value, dict) else list(value)
        key = dice.choice(list(made)) if isinstance(made, dict) else dice.randrange(len(made))
        if dice.random() < 0.1:
            del made[key]
        else:
            made[key] = spoilt_data(dice, made[key])
        return made
    return dice.choice(JUNK)


def spoilt_lines(dice: random.Random, text: str) -> str:
    """A file of JSON lines, spoilt as text or as data, in one line or its order."""
    lines = text.splitlines()
    at = dice.randrange(len(lines))
    if dice.random() < 0.5:
        lines[at] = json.dumps(spoilt_data(dice, json.loads(lines[at])))
    else:
        lines[at] = dice.choice(("", lines[dice.randrange(len(lines))], spoilt_text(dice, lines[at])))
    return "\n".join(lines) + "\n"


def read_line(text: str) -> None:
    scenario = Scenario.read(text)
    assert Scenario.read(str(scenario)) == scenario == Scenario.read(scenario.to_json())


def read_one_fault(text: str) -> None:
    fault = read_fault(text)
    assert read_fault(str(fault)) == fault


def read_trace(text: str) -> None:
    """And do with it what a reader does: judge it, tell it, show it."""
    trace = Trace.from_jsonl(text)
    assert Trace.from_jsonl(trace.to_jsonl()) == trace
    assert [judge(trace).name for judge in bully.checks.properties()]
    assert narration(trace) is not None
    assert sum(1 for _ in moments(trace)) >= len(trace)
    assert pack(trace).meta["count"] == len(trace)


def read_progress(text: str, path: Path) -> None:
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    assert isinstance(progress._read(path), dict)


TRACE = (
    "\n".join(bully.demo().branch("cut 1>2 @0.02..0.05", "crash 3 @0.06").trace.to_jsonl().splitlines()[:60])
    + "\n"
)
LAB = labs.bully(agents=2, until=1)


def click(message: Any) -> None:
    """As in the player, which takes only objects."""
    act(LAB, message)
    while len(LAB.branches) > 1:
        LAB.undo()


Case = tuple[Callable[[random.Random], Any], Callable[[Any], None], tuple[type[Exception], ...]]


def cases(path: Path) -> dict[str, Case]:
    """What is made, what reads it, and with which errors it may refuse it."""
    return {
        "scenario": (lambda dice: spoilt_text(dice, dice.choice(LINES)), read_line, (ScenarioError,)),
        "fault": (lambda dice: spoilt_text(dice, dice.choice(FAULTS)), read_one_fault, (FaultError,)),
        "trace": (lambda dice: spoilt_lines(dice, TRACE), read_trace, (TraceError,)),
        "progress": (
            lambda dice: spoilt_lines(dice, PROGRESS),
            lambda text: read_progress(text, path),
            (progress.ProgressError,),
        ),
        "message": (
            lambda dice: spoilt_data(dice, dice.choice(MESSAGES)),
            lambda message: click(message) if isinstance(message, dict) else None,
            (FaultError, ScenarioError, IndexError, ValueError),
        ),
    }


def refusal(read: Callable[[Any], None], spoilt: Any, refused: tuple[type[Exception], ...]) -> str | None:
    """The text of the documented error, if there is one; any other is an error of ours."""
    try:
        read(spoilt)
    except refused as error:
        return str(error)
    return None


def tries() -> Iterator[int]:
    """300 for each kind, or with `--all` 20,000, together 100,000."""
    return iter(range(20_000 if sampling.whole else 300))


@pytest.mark.parametrize("kind", cases(Path()))
def test_what_is_spoilt_is_refused_in_words_and_soon(kind: str, tmp_path: Path) -> None:
    make, read, refused = cases(tmp_path / "progress.json")[kind]
    before, taken = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, 0
    for number in tries():
        spoilt, began = make(random.Random(number)), time.thread_time()
        problem = refusal(read, spoilt, refused)
        assert time.thread_time() - began < 1, (number, spoilt)
        assert problem is None or ("For example" in problem and len(problem) < 1500), (
            number,
            spoilt,
            problem,
        )
        taken += problem is None
    assert 0 < taken < number  # some are only strange
    unit = 1 if sys.platform == "darwin" else 1024
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * unit < 200_000_000
