"""What a browser may send: the kernel does it, or answers with a documented error, at once."""

from __future__ import annotations

import math
import random
import time
from typing import Any

import pytest

from coordlab import labs
from coordlab.labs.clicks import act
from coordlab.widgets.player import Player
from tests import sampling

VALID: list[dict[str, Any]] = [
    *({"type": "undo"}, {"type": "need", "keys": [1]}, {"type": "branch", "branch": 0, "at": 1.5}),
    *({"type": "rename", "branch": 0, "name": "power cut"}, {"type": "delete", "branch": 1}),
    *(
        {"type": "fault", "branch": 0, "fault": fault}
        for fault in (
            {"kind": "Crash", "agent": "3", "at": 0.5},
            {"kind": "Crash", "agent": "3", "at": 0.5, "until": 1.5},
            {"kind": "Restart", "agent": "3", "at": 1.5},
            {"kind": "Pause", "agent": "3", "at": 0.5, "until": 1.5},
            {"kind": "Slow", "who": "2", "by": 0.5, "at": 0.5},
            {"kind": "Cut", "link": "1>2", "at": 0.5, "until": 0.7},
            *({"kind": kind, "link": "1>2", "at": 0.5, "until": 0.7} for kind in ("Fail", "Half", "Stale")),
            {"kind": "Late", "link": "1>2", "by": 0.5, "at": 0.5},
            {"kind": "Partition", "groups": [["1"], ["2", "3"]], "at": 0.5},
            {"kind": "Drop", "message": 3},
            {"kind": "Duplicate", "message": 3},
            {"kind": "Delay", "message": 3, "by": 0.5},
        )
    ),
]
JUNK: list[Any] = [
    *(None, True, 0, -1, 1, 7, 10**400, 0.1, -2.5, 1e308, math.nan, math.inf, [], [[]], [1], ["3"], {}),
    *("", " ", "3", "1>2", "1>1", "@", "#2", "crash 1 @1", "a/b", "\ud800", "\0", "3" * 100_000, "Crash"),
    *("Skew", "undo", "fault", "__class__", [["1", "1"], ["2"]], {"kind": "Crash"}, {"at": 1}),
]


def changed(dice: random.Random, message: Any) -> Any:
    """The message with something else in one place, or without it."""
    if not isinstance(message, dict) or dice.random() < 0.1:
        return dice.choice(JUNK)
    key = dice.choice([*message, "more"])
    rest = {name: value for name, value in message.items() if name != key}
    return rest if dice.random() < 0.2 else {**rest, key: changed(dice, message.get(key))}


def test_any_message_is_done_or_refused_in_words_within_a_second() -> None:
    """Errors are of the documented kinds only, and show no more than a line of what was sent."""
    dice = random.Random(7)
    for _ in range(5_000 if sampling.whole else 400):
        lab = labs.bully(agents=3, until=2).inject("crash 2 @1")
        message = dice.choice(VALID)
        for _ in range(dice.randint(1, 3)):
            message = changed(dice, message)
        began, words = time.process_time(), "it was done"
        try:
            if isinstance(message, dict):
                act(lab, message)
        except (ValueError, IndexError) as error:
            words = str(error)
        assert (10 < len(words) < 600, time.process_time() - began < 1) == (True, True), message


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (["undo"], "message=['undo']: expected"),
        (None, "message=None: expected"),
        ({"type": "need", "keys": 3}, "keys=3"),
        ({"type": "need"}, "keys=None"),
    ],
)
def test_a_message_that_is_no_request_is_refused(
    monkeypatch: pytest.MonkeyPatch, message: Any, words: str
) -> None:
    player, sent = Player(), list[Any]()
    monkeypatch.setattr(player, "send", sent.append)
    player._handle_custom_msg(message, [])
    assert sent[0]["type"] == "error"
    assert sent[0]["text"].startswith(words)
