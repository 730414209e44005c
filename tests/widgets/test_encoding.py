"""The encoding: the columns and tables hold what the trace holds."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from coordlab import World
from coordlab.patterns.bully import Candidate, Election
from coordlab.trace.trace import KINDS, Trace
from coordlab.widgets.encoding import Recording, first_difference, pack
from tests.widgets.traces import election, long_election

EVENTS = "time d cause i message i text i agent H peer H name H kind B"
SPANS = "began i role i"
FLIGHTS = "send i end i fate B copy B"


def unpack(meta: dict[str, Any], columns: bytes) -> dict[str, tuple[Any, ...]]:
    """The columns, read back with struct: independent of the array module that wrote them."""
    found, offset = {}, 0
    for names, count in ((EVENTS, meta["count"]), (SPANS, sum(meta["spans"])), (FLIGHTS, meta["flights"])):
        words = names.split()
        for name, code in zip(words[::2], words[1::2], strict=True):
            layout = struct.Struct(f"<{count}{code}")
            found[name] = layout.unpack_from(columns, offset)
            offset += layout.size
    assert offset == len(columns)
    return found


def parts(recording: Recording) -> tuple[dict[str, Any], bytes]:
    return recording.meta, recording.columns


def story(*rows: Any, agents: tuple[str, ...] = ("ann", "bob")) -> Trace:
    return Trace(list(rows), agents, {"Election": "Is anyone above me alive?"}, 20.0)


@pytest.mark.parametrize(("agents", "names"), [(65_535, 1), (65_536, 1), (1, 65_536)])
def test_more_agents_or_names_than_it_can_number_are_refused_in_words(agents: int, names: int) -> None:
    rows = [(0, "note", "0", None, None, str(name), None, None) for name in range(names)]
    trace = Trace(rows, tuple(map(str, range(agents))))
    if max(agents, names) == 65_535:
        assert pack(trace).meta["count"] == 1
        return
    words = f"a run with {agents:,} agents and {names:,} names of .*: the player shows at most 65,535 of each"
    with pytest.raises(ValueError, match=words):
        pack(trace)


def test_a_role_may_have_any_number() -> None:
    """33,000 different roles, as of a counter that is called `role`."""
    rows = [(at, "state", "ann", None, None, "role", None, f"r{at}") for at in range(1, 33_001)]
    meta, columns = parts(
        pack(Trace([(0, "start", "ann", None, None, None, None, (("role", "r"),)), *rows], ("ann",)))
    )
    assert meta["roles"][max(unpack(meta, columns)["role"])] == "r9999"


def test_every_row_can_be_decoded() -> None:
    """The columns and tables, decoded with struct, are the rows of the trace."""
    trace = election()
    meta, columns = parts(pack(trace))
    read = unpack(meta, columns)

    def word(table: str, number: int) -> str | None:
        return meta[table][number] if number not in (65535, -1) else None

    def highest(before: int) -> int:
        return max((row[4] or 0 for row in trace.rows[:before]), default=0)

    back = [
        (
            int(sum(read["time"][: i + 1])),
            meta["kinds"][read["kind"][i]],
            word("agents", read["agent"][i]),
            word("agents", read["peer"][i]),
            None if read["message"][i] == 2**31 - 1 else highest(i) - read["message"][i],
            word("names", read["name"][i]),
            i - read["cause"][i] if read["cause"][i] else None,
        )
        for i in range(len(trace))
    ]
    assert back == [row[:7] for row in trace.rows]
    assert meta["kinds"] == list(KINDS)


def test_each_event_has_its_text() -> None:
    """The fields of a message, the reason of a drop, a state, the seconds of a timer, a number in full."""
    trace = story(
        (0, "start", "ann", None, None, "Node", None, (("role", "idle"), ("term", 0))),
        (5, "send", "ann", "bob", 1, "Election", 0, Election(("cat",))),
        (6, "drop", "bob", "ann", 1, "Election", 1, "lost"),
        (7, "state", "ann", None, None, "coordinator", None, None),
        (8, "timer", "ann", None, None, "Answer", None, 0.25),
        *[
            (8, "state", "ann", None, None, "sum", None, value)
            for value in (1234567.25, 0.1 + 0.2, 2e-9, 3e20)
        ],
        (9, "handle", "ann", None, None, None, None, None),
    )
    meta, columns = parts(pack(trace))
    numbers = unpack(meta, columns)["text"]
    assert [meta["texts"][i] if i >= 0 else None for i in numbers] == [
        "role=idle, term=0", "Election(silent=('cat',))", "lost", "None", "0.25",
        "1234567.25", "0.3", "2e-09", "3e+20", None,
    ]  # fmt: skip


def test_a_lane_shows_the_state_role_or_else_the_first_that_is_no_count() -> None:
    """Ann has a role, Bob another state; Cat only counts, and is up."""
    trace = story(
        (0, "start", "ann", None, None, "Node", None, (("term", 0), ("role", "idle"))),
        (0, "start", "bob", None, None, "Other", None, (("x", 1), ("phase", "asleep"))),
        (0, "start", "cat", None, None, "Plain", None, (("met", 0),)),
        (4, "state", "ann", None, None, "term", None, 1),
        (5, "state", "bob", None, None, "phase", None, "awake"),
        (6, "state", "cat", None, None, "met", None, 1),
        agents=("ann", "bob", "cat"),
    )
    meta, columns = parts(pack(trace))
    read = unpack(meta, columns)
    assert (meta["roles"], meta["spans"]) == (["idle", "phase = asleep", "up", "phase = awake"], [1, 2, 1])
    assert meta["resting"] == 3  # the roles that agents start in come first
    assert read["began"] == (0, 1, 4, 2)
    assert [meta["roles"][role] for role in read["role"]] == ["idle", "phase = asleep", "phase = awake", "up"]


def test_flights_come_in_order_of_ending_with_their_fate() -> None:
    """The second message is lost, a copy of the first arrives later, the third is on the way."""
    hello = Election()
    trace = story(
        *[(at, "send", "ann", "bob", at, "Election", None, hello) for at in (1, 2, 3)],
        (4, "drop", "bob", "ann", 2, "Election", 1, "lost"),
        (5, "deliver", "bob", "ann", 1, "Election", 0, None),
        (6, "deliver", "bob", "ann", 1, "Election", 0, None),
        (7, "drop", "bob", "ann", 1, "Election", 5, "down"),
    )
    read = unpack(*parts(pack(trace)))
    assert list(zip(*(read[name] for name in ("send", "end", "fate", "copy")), strict=True)) == [
        (1, 3, 1, 0),
        (0, 4, 0, 0),
        (0, 6, 3, 1),
        (2, -1, 5, 0),
    ]


def test_faults_have_their_duration_and_a_partition_its_groups() -> None:
    """A restart ends a crash, a heal event a partition; agents that it does not name form one more group."""
    text = "partition ann/bob @3..9"
    trace = story(
        (2_000_000, "fault", "ann", None, None, "Crash", None, "crash ann @2"),
        (3_000_000, "fault", "ann", None, None, "Partition", None, text),
        (8_000_000, "heal", "ann", None, None, "Partition", None, text),
        (9_000_000, "fault", "bob", None, None, "Oddity", None, "no fault we know"),
        (9_000_000, "fault", "bob", None, None, "Crash", None, "crash bob @9"),
        (9_500_000, "restart", "bob", None, None, "Node", 4, ()),
        agents=("ann", "bob", "cat"),
    )
    faults = pack(trace).meta["faults"]
    assert [(fault["at"], fault["until"], fault["lasts"]) for fault in faults] == [
        (2.0, None, True), (3.0, 8.0, True), (9.0, None, False), (9.0, 9.5, True),
    ]  # fmt: skip
    assert [fault["groups"] for fault in faults] == [None, (("ann",), ("bob",), ("cat",)), None, None]
    assert faults[2]["agents"] == ("bob",)


def test_lanes_and_links_are_numbered_from_the_top() -> None:
    """With 2 on the top lane, the link between 1 and 2, who wrote to each other, joins lanes 1 and 0."""
    meta, columns = parts(pack(election(agents=2), lanes=("2", "1")))
    assert meta["agents"] == ["2", "1"]
    assert meta["links"] == [(1, 0)]
    assert unpack(meta, columns)["agent"][0] == 1


def test_the_description_is_json() -> None:
    measure = {"label": "messages", "value": "12", "theory": "≤ 27", "judged": "agrees"}
    meta, _ = parts(pack(election(), measures=[measure]))
    assert json.loads(json.dumps(meta, allow_nan=False))["names"] == meta["names"]
    assert meta["measures"] == [measure]


@pytest.mark.parametrize(("faults", "problem", "first"), [
    (["crash 5 @8"], "", (7.64, 11.63)),  # the election that answers it
    (["drop 5>1 #1"], "", (0.0, 3.29)),  # it takes no time: the beginning
    (["crash 5 @8"], "no such rank", (18.0, 20.0)),
])  # fmt: skip
def test_the_first_fault_and_its_answer_are_shown_first(
    faults: list[str], problem: str, first: tuple[float, float]
) -> None:
    """Or the end of a run that broke off, or the beginning of one without such faults."""
    world = World(3).add(Candidate(rank) for rank in range(1, 6)).inject(*faults)
    assert pack(world.run(until=20).trace, problem=problem).meta["focus"] == pytest.approx(first, abs=0.01)


def test_verdicts_are_part_of_the_description() -> None:
    verdict = SimpleNamespace(name="calm", status="violated", at=1.5, event=3, because="it was not")
    assert pack(election(until=2), verdicts=[verdict]).meta["verdicts"] == [vars(verdict)]


def test_the_first_difference_is_the_crash() -> None:
    """Two runs that differ in a crash at 3 s are equal before it."""
    calm, struck = election(crash=False), election()
    difference = first_difference(struck, calm)
    assert difference is not None
    assert struck[difference["event"]].data == "crash 5 @3..9"
    assert difference["at"] == 3.0
    assert first_difference(calm, election(crash=False)) is None


def test_an_empty_trace_is_packed() -> None:
    meta, columns = parts(pack(Trace([])))
    assert (meta["count"], meta["agents"], columns) == (0, [], b"")


@pytest.mark.slow
def test_packing_is_linear_and_as_fast_as_writing_json() -> None:
    """It takes at most twice as long as writing the trace as JSON Lines."""
    small, large = long_election(5_000), long_election(50_000)
    packed, more, written = (
        best(work) for work in (lambda: pack(small), lambda: pack(large), small.to_jsonl)
    )
    assert packed < 2 * written, f"seconds: {packed}, as JSON Lines {written}"
    assert more < 40 * packed, f"seconds: {more}, for a tenth of the events {packed}"


def best(work: Callable[[], object]) -> float:
    """The shortest of three times, in seconds of CPU."""
    times = []
    for _ in range(3):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return min(times)


def test_packing_needs_no_jupyter() -> None:
    """`encoding` and `page` import neither anywidget nor numpy."""
    code = (
        "import sys, coordlab.widgets.encoding, coordlab.widgets.page;"
        "sys.exit(bool({'anywidget', 'ipywidgets', 'numpy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
