"""Turns and results, as read from a trace."""

from __future__ import annotations

import pytest

from coordlab.patterns.orchestration.rules import Failed, Reply, Turn
from coordlab.patterns.orchestration.turns import TurnRecord, tree, turns
from coordlab.trace.trace import HANDLE, SEND, Row, Trace


def sent(time: float, agent: str, to: str, number: int, data: object) -> Row:
    return round(time * 1e6), SEND, agent, to, number, type(data).__name__, None, data


def handled(time: float, agent: str, name: str, number: int) -> Row:
    return round(time * 1e6), HANDLE, agent, None, number, name, None, None


TOLD = [
    sent(0.0, "crew", "boss", 1, Turn(1, 0, "report", tokens=5)),
    sent(1.0, "boss", "crew", 2, Reply(1, "", 2)),
    handled(1.5, "crew", "Reply", 2),
    sent(1.5, "crew", "ann", 3, Turn(2, 1, "x" * 50, tokens=1)),
    sent(2.0, "ann", "crew", 4, Failed(2, "")),
    handled(2.5, "crew", "Failed", 4),
    handled(2.6, "crew", "Failed", 4),
    sent(3.0, "crew", "bob", 5, Turn(3, 1, "count", tokens=1)),
]


def test_turns_are_nested_in_those_they_came_from() -> None:
    """With their times as the conductor sees them; the first reply counts, and without a reply no end."""
    ann = TurnRecord(2, 1, "ann", "x" * 50, 1.5, 2.5, 1)
    bob = TurnRecord(3, 1, "bob", "count", 3.0, None, 1)
    assert tree(Trace(TOLD)) == (TurnRecord(1, 0, "boss", "report", 0.0, 1.5, 7, (ann, bob)),)
    assert str(tree(Trace(TOLD))[0]).splitlines() == [
        "1 boss: report [0.000 to 1.500 s, 7 tokens]",
        f"  2 ann: {'x' * 39}… [1.500 to 2.500 s, 1 tokens]",
        "  3 bob: count [3.000 to no reply, 1 tokens]",
    ]


def test_of_several_conductors_one_is_named() -> None:
    """Their turns are numbered apart."""
    trace = Trace([*TOLD, sent(4.0, "chat", "bob", 6, Turn(1, 0, "talk"))])
    assert [each.agent for each in turns(trace, "chat")] == ["bob"]
    with pytest.raises(ValueError, match=r"several conductors: chat, crew.*turns\(trace, conductor="):
        turns(trace)
