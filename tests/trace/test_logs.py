"""Logs of other systems, read as traces."""

import pytest

from coordlab.patterns import bully
from coordlab.patterns.bully import Election
from coordlab.trace.trace import Trace, TraceError

HEARD = {"role": "follows", "coordinator": "3"}
LOG = [
    {"time": 0, "kind": "start", "agent": "2", "data": HEARD},
    {"time": 0, "kind": "start", "agent": "3", "data": {"role": "coordinates", "coordinator": "3"}},
    {"time": 7.5, "kind": "send", "agent": "2", "peer": "3", "message": "m-1", "data": Election()},
    {"time": 7.6, "kind": "drop", "agent": "3", "peer": "2", "message": "m-1", "data": "lost"},
    {"time": 8.0, "kind": "state", "agent": "2", "name": "role", "data": "coordinates", "cause": 2},
    {"time": 8.0, "kind": "send", "agent": "2", "peer": "3", "name": "Coordinator", "data": {}},
]


def test_a_log_is_a_trace():
    """Names of messages, faults and classes are found; what is about a message follows from it."""
    trace = Trace.of([*LOG, {"time": 9, "kind": "fault", "agent": "2", "data": "crash 2 @9"}], until=12)
    assert repr(trace) == "<Trace of 7 events, 2 agents, 12 s>"
    assert [(event.message, event.name, event.cause) for event in trace] == [
        *((None, "Agent", None), (None, "Agent", None), (1, "Election", None), (1, "Election", 2)),
        *((None, "role", 2), (2, "Coordinator", None), (None, "Crash", None)),
    ]
    assert trace.select("Election")[0].content == Election()
    assert trace.says["Election"] == Election.says


def test_the_properties_of_a_page_judge_a_log():
    """Two coordinate, and the reason names what the log says of it."""
    verdicts = [judge(Trace.of(LOG, until=20)) for judge in bully.checks.properties()]
    assert [verdict.status for verdict in verdicts[:2]] == ["violated", "violated"]
    assert "2 to 3: “" in verdicts[0].because


def test_an_agent_that_never_starts_has_started_before_the_log():
    """Its states are not known; causes are places in the log all the same."""
    trace = Trace.of([*LOG[2:4], {**LOG[4], "cause": 0}])
    assert [str(event) for event in trace.select("start")] == ["7.500 2 start Agent", "7.500 3 start Agent"]
    assert trace.select("state")[0].cause == trace.select("send")[0].seq


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        (3, r"log=3: expected mappings with fields of time, kind, .*For example: Trace.of\(\[\]\)"),
        ([3], "entry 0: 3: expected mappings"),
        ([{"when": 3}], "entry 0: {'when': 3}: expected mappings"),
        ([{"time": 0, "kind": "start", "agent": "a b"}], "entry 0, agent: 'a b': the name of an agent"),
        ([LOG[0], {**LOG[0], "time": None}], "entry 1, time=None: expected seconds from 0"),
        ([LOG[2], LOG[0]], "entry 1, time=0: expected seconds from 7.5"),
        ([{**LOG[0], "time": 1.7e9}], "entry 0, time=1700000000.0: expected seconds from 0 to 1e.09"),
        ([{**LOG[0], "kind": "begin"}], "entry 0, kind: 'begin': expected one of start"),
        ([{**LOG[0], "data": 3}], "entry 0, data: 3: expected pairs of a state's name"),
        ([LOG[0], LOG[3]], "entry 1, message: 'm-1': expected the number of a message sent before"),
        ([*LOG, LOG[3] | {"time": 9, "message": 2}], "entry 6, message: '2': expected the number"),
        ([LOG[2], LOG[2]], "entry 1, message: 1: expected a number above 0 that no message had"),
        (
            [{**LOG[2], "name": "Hi", "data": "hello"}],
            "entry 0, data: 'hello': expected the fields of the message",
        ),
        ([{**LOG[2], "data": {}}], "entry 0, name: None: expected a text"),
        ([{**LOG[4], "cause": 9}], "entry 0, cause: 9: expected the place of an earlier entry"),
        ([{**LOG[0], "kind": "fault", "data": "crash"}], "entry 0, data: 'crash': expected a fault"),
    ],
)
def test_what_is_no_log_is_refused_by_entry_and_field(entries, words):
    with pytest.raises(TraceError, match=words):
        Trace.of(entries)


def test_a_log_ends_when_it_ends_or_later():
    assert Trace.of([]).until == 0
    with pytest.raises(TraceError, match="until=7: expected seconds from 8"):
        Trace.of(LOG, until=7)
