"""The trace: what it holds, how it is searched, and how it is read from a file of any origin."""

import json
import pickle
import sys
import time
from enum import Enum

import pytest
from hypothesis import given, strategies as st

from coordlab.trace.files import read_trace_file
from coordlab.trace.narration import TEMPLATES, because, narration, sentence
from coordlab.trace.trace import KINDS, SEND, Event, Trace, TraceError, dumps, plain
from coordlab.world.agent import Agent, State
from coordlab.world.message import message
from coordlab.world.world import World


class Sort(Enum):
    """Of thing, one of them falsy."""

    NONE = 0


@message
class Ask:
    """What is this?"""

    words: object = ""


@message
class Tell:
    """This."""


class Guide(Agent):
    """Asks once a second; answers, and says what it thinks of it."""

    role = State("idle")

    async def run(self):
        if self.name == "ann":
            async for _ in self.every(1):
                got = await self.ask(self.peers, Ask(("a", 1)), within=0.5)
                self.role = f"heard {len(got)}"

    def on_ask(self, sender, message):
        self.note("I was asked")
        return Tell()


def tour(*faults, until=3.0):
    """Ann, Bob and Cat, with one of each kind of event."""
    world = World(seed=1, latency="uniform(0.05, 0.1)", loss=0.1).add(map(Guide, ("ann", "bob", "cat")))
    return world.inject("crash cat @1.5..2.5", "partition ann/bob,cat @2.9..3", *faults).run(until).trace


# --- asking --------------------------------------------------------------------------------------------


def test_events_have_times_in_seconds_and_numbers():
    trace = tour()
    assert trace[0] == Event(0, 0.0, "start", "ann", None, None, "Guide", None, (("role", "idle"),))
    assert trace[-1] == list(trace)[-1] == trace[len(trace) - 1]
    assert trace[2:5] == list(trace)[2:5]
    assert [event.seq for event in trace] == list(range(len(trace)))
    with pytest.raises(IndexError):
        trace[len(trace)]


def test_select_takes_kinds_names_and_conditions():
    trace = tour()
    assert trace.select("Ask") == [event for event in trace if event.kind == "send" and event.name == "Ask"]
    assert trace.select("role") == trace.select(kind="state") == trace.select("state")
    assert trace.select("deliver", "Ask", agent="bob", peer="ann") == trace.select(
        kind="deliver", agent="bob"
    )
    assert trace.count("Ask", since=1, before=2) == 2
    assert trace.count() == len(trace)


def test_selections_are_readable():
    trace = tour()
    assert trace.select("Ask", before=2).as_text() == "1.000 ann -> bob\n1.000 ann -> cat"
    assert str(trace.select("crash")[0]) == "1.500 cat crash"
    assert repr(trace.select("nothing")) == "no events"
    assert repr(trace) == f"<Trace of {len(trace)} events, 3 agents, 3 s>"


def test_the_past_of_an_event_is_its_chain_of_causes():
    trace = tour()
    state = trace.select("state")[0]
    kinds = [event.kind for event in trace.past(state.seq)]
    assert (kinds[0], kinds[-1]) == ("start", "state")
    assert trace.past(state.seq)[:-1] == list(trace.causes(state.seq))[::-1]


@pytest.mark.slow
def test_a_trace_becomes_a_pandas_frame():
    pytest.importorskip("pandas")
    frame = tour().to_frame()
    assert frame.index.name == "seq"
    assert frame[frame.kind == "send"].agent.tolist()[:2] == ["ann", "ann"]


def test_without_pandas_the_frame_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(
        ImportError, match=r"pandas is not installed. For example: pip install 'coordlab\[pan"
    ):
        tour().to_frame()


def test_every_kind_of_event_has_a_sentence():
    trace = tour()
    assert set(TEMPLATES) == set(KINDS)
    assert all(sentence(trace, seq) for seq in range(len(trace)))
    assert sentence(trace, trace.select("Ask")[0].seq) == "ann to bob: “What is this?”"
    assert narration(trace, most=3).splitlines()[-1].startswith("… and ")


def test_because_names_the_nearest_reasons_first():
    trace = tour()
    words = because(trace, trace.select("role")[0].seq, links=2)
    assert words.count("; because at ") == 1
    assert because(trace, 0) == ""


def test_braces_in_a_sentence_do_no_harm():
    row = (0, SEND, "ann", "bob", 1, "Odd", None, None)
    trace = Trace([row], ("ann", "bob"), {"Odd": "{agent} {0} {"})
    assert sentence(trace, 0) == "ann to bob: “{agent} {0} {”"


# --- round trips ---------------------------------------------------------------------------------------


def test_a_trace_reads_what_it_writes():
    trace = tour()
    assert Trace.from_jsonl(trace.to_jsonl()) == trace
    assert Trace.from_jsonl(trace.to_jsonl()).to_jsonl() == trace.to_jsonl()
    assert Trace.from_jsonl(World().run().trace.to_jsonl()) == Trace([])


def test_a_trace_reads_itself_from_a_file(tmp_path):
    path = tmp_path / "trace.jsonl"
    path.write_text(tour().to_jsonl(), encoding="utf-8")
    assert read_trace_file(path) == tour()


TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
DATA = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats()
    | TEXTS
    | st.binary(max_size=5)
    | st.just(Sort.NONE),
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.frozensets(st.integers() | TEXTS, max_size=3),
    max_leaves=6,
)


@pytest.mark.slow
@given(TEXTS, DATA)
def test_whatever_agents_say_survives_a_file(words, data):
    class Saying(Agent):
        said = State(None)

        async def run(self):
            self.note(words)
            self.said = data
            self.send("zoe", Ask(data))

        def on_ask(self, sender, message):
            pass

    trace = World().add(Saying("zoe")).run().trace
    again = Trace.from_jsonl(trace.to_jsonl())
    assert again.to_jsonl() == trace.to_jsonl()
    assert again.select("note")[0].data == words


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (Sort.NONE, "0"),
        (float("inf"), '"inf"'),
        (Ask((1, frozenset({"b", "a"}))), '{"words":[1,["a","b"]]}'),
        ({"b": 1, 2: None}, '{"b":1,"2":null}'),
        (b"x", "\"b'x'\""),
        (type("Sub", (str,), {})("x"), '"x"'),
        (type("Sub", (int,), {})(7), "7"),
        (type("Sub", (float,), {})(0.5), "0.5"),
    ],
)
def test_data_is_written_in_one_way(value, written):
    assert dumps(plain(value)) == written


def test_equal_traces_do_not_diverge_whatever_they_hold():
    """Also NaN, which equals nothing, and records from a file."""

    class Odd(Agent):
        async def run(self):
            self.send("zoe", Ask((float("nan"), frozenset({1}))))

        def on_ask(self, sender, message):
            self.note(message)

    trace, other = (World().add(Odd("zoe")).run().trace for _ in range(2))
    assert trace.divergence(other) is trace.divergence(Trace.from_jsonl(trace.to_jsonl())) is None
    assert trace.divergence(Trace(trace.rows[:-1])) == len(trace) - 1


def test_searching_costs_little_more_than_looking_at_each_row():
    """A few times a loop that compares one cell of each row, which takes about 0.025 µs an event."""
    long = Trace([row for _ in range(200) for row in tour().rows], says=tour().says)

    def looked():
        for row in long.rows:
            row[1] == "no such kind"  # noqa: B015

    def cpu(work):
        began = time.process_time()
        work()
        return time.process_time() - began

    pairs = [(cpu(looked), cpu(lambda: long.select("Ask", agent="nobody"))) for _ in range(8)]
    assert min(search for _, search in pairs) < 8 * min(loop for loop, _ in pairs)


# --- files of any origin -------------------------------------------------------------------------------

HEADER = {"format": "coordlab-trace", "version": 1, "agents": ["ann", "bob"]}
HEADER.update(says={"Hi": "Hi."}, until=9.0)
COLUMNS = ("time", "kind", "agent", "peer", "message", "name", "cause", "data")
START = [0, "start", "ann", None, None, "Guide", None, []]
SENT = [5, "send", "ann", "bob", 1, "Hi", 0, {}]


def file(*rows, **header):
    """A file with these rows; rows may be text."""
    lines = [{**HEADER, **header}, *rows]
    return "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines) + "\n"


def changed(row, **cells):
    """A row with other values in some columns."""
    return list({**dict(zip(COLUMNS, row, strict=True)), **cells}.values())


def start(**cells):
    """A file whose only row is a start with other values in some columns."""
    return file(changed(START, **cells))


def sent(**cells):
    """A file of a start, and a send with other values in some columns."""
    return file(START, changed(SENT, **cells))


def event(kind, name, data):
    """A file of one event without a cause that is not a message."""
    return file([1, kind, "ann", None, None, name, None, data])


def noted(data):
    """A file of one note with this data, as text."""
    return file(f'[0,"note","ann",null,null,null,null,{data}]')


def test_a_small_file_is_read():
    trace = Trace.from_jsonl(file(START, SENT, [6, "deliver", "bob", "ann", 1, "Hi", 1, None]))
    assert (len(trace), trace[2].name, trace.until) == (3, "Hi", 9.0)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", r"line 1 is not JSON"),
        ("\n", r"line 1 is not JSON"),
        ("[]", r"line 1 is '\[\]': a trace begins with the header"),
        ("{}", "a trace begins with the header"),
        (file(version=2), "a trace begins with the header .*version"),
        (file(version="1"), "a trace begins with the header"),
        (file(format="other"), "a trace begins with the header"),
        (file(agents=None), "line 1, agents: null: expected a list of names"),
        (file(agents="ann"), "line 1, agents"),
        (file(agents=["ann", 5]), "line 1, agents"),
        (file(agents=["ann", "ann"]), "line 1, agents.*each once"),
        (file(agents=["ann", "b b"]), "line 1, agents"),
        (file(agents=["ann", "\x00"]), "line 1, agents"),
        (file(says=[]), "line 1, says: .*: expected sentences by message name"),
        (file(says={"Hi": 5}), "line 1, says"),
        (file(until=None), "line 1, until=None: expected seconds from 0"),
        (file(until=-1), "line 1, until"),
        (file(until=True), "line 1, until"),
        (file(until=1e999).replace("Infinity", "1e999"), "line 1, until"),
        (file(START, changed(START, time=10**7), until=5), "line 1, until: 5: expected 10 s or later"),
        (file('{"cut": "off'), "line 2 is not JSON.*perhaps the file was cut off, or edited"),
        (file(START, ""), "line 3 is not JSON"),
        (file('{"a": 1}'), "line 2 is .*: an event is an array of time, kind"),
        (file([1, 2, 3]), "line 2 is .*: an event is an array"),
        (file("5"), "line 2 is '5': an event is an array"),
        (start(time="0"), 'line 2, time: "0": expected whole microseconds, 0 or more'),
        (start(time=0.5), "line 2, time"),
        (start(time=True), "line 2, time"),
        (start(time=-1), "line 2, time"),
        (start(time=10**16), "line 2, time"),
        (file(changed(START, time=7), SENT), "line 3, time: 5: expected whole microseconds, 7 or more"),
        (start(kind="explode"), 'line 2, kind: "explode": expected one of start, crash'),
        (start(kind=[]), "line 2, kind"),
        (start(agent="zed"), 'line 2, agent: "zed": expected an agent of line 1'),
        (start(agent=None), "line 2, agent"),
        (start(agent=["ann"]), "line 2, agent"),
        (start(peer="bob"), "line 2, peer: .*: expected null, for nothing is sent"),
        (start(message=1), "line 2, message: 1: expected null"),
        (start(name=5), "line 2, name: 5: expected a text"),
        (start(cause=0), "line 2, cause: 0: expected an earlier event, 0 to -1, or null"),
        (sent(cause=1), "line 3, cause: 1: expected an earlier event, 0 to 0"),
        (sent(cause=-1), "line 3, cause"),
        (sent(cause=True), "line 3, cause"),
        (sent(cause=0.0), "line 3, cause"),
        (start(data=5), "line 2, data: 5: expected pairs"),
        (start(data=[["role"]]), "line 2, data"),
        (start(data=[[1, 2]]), "line 2, data"),
        (sent(peer="zed"), "line 3, peer"),
        (sent(peer=None), "line 3, peer"),
        (sent(message=0), "line 3, message: 0: expected a number above 0"),
        (sent(message=None), "line 3, message"),
        (file(START, SENT, SENT), "line 4, message: 1: expected a number above 0 that no message had"),
        (sent(data=[]), r"line 3, data: \[\]: expected the fields of the message"),
        (
            file([1, "deliver", "bob", "ann", 1, "Hi", None, None]),
            "line 2, message: 1: expected the number of a message sent before",
        ),
        (
            file(START, SENT, [6, "drop", "bob", "ann", 1, "Hi", 1, "eaten"]),
            'line 4, data: "eaten": expected one of lost, cut, down',
        ),
        (file(START, SENT, [6, "drop", "bob", "ann", 1, "Hi", 1, ["lost"]]), "line 4, data"),
        (event("state", "role", "x"), "line 2, agent: .* an agent that has started"),
        (event("timer", "sleep", "x"), "line 2, data='x': expected seconds"),
        (event("fault", "Crash", "crash zed @1"), "line 2, data: .* a fault that strikes agents"),
        (event("fault", "Crash", "explode"), "line 2, data"),
        (event("fault", "Crash", None), "line 2, data"),
        (event("heal", "Cut", "cut ann>bob @0..1"), "line 2, data: .* a fault that has begun"),
        (noted('{"a":1,"a":2}'), "line 2 is not JSON .a key is there twice, among a"),
        (noted("NaN"), "line 2 is not JSON .NaN is not a number"),
        (noted("-Infinity"), "line 2 is not JSON .-Infinity is not a number"),
        (noted('"\x00"'), "line 2 is not JSON .Invalid control character"),
        (noted('"\\ud800"'), "line 2 is not JSON .half a character, a lone surrogate"),
        (file("[" * 100_000), "line 2 is not JSON"),
        (noted("[" * 200 + "]" * 200), "line 2, data: lists in lists have at most 50"),
        (file(f'[{"9" * 900_000},"note","ann",null,null,null,null,1]'), "line 2 is not JSON .*4300 digits"),
        (file(f'[{"9" * 4000},"note","ann",null,null,null,null,1]'), "line 2, time: 999"),
        (file(f'[0,"{"x" * 900_000}","ann",null,null,null,null,1]'), 'line 2, kind: "xxx'),
    ],
)
def test_a_spoiled_file_is_refused_by_line_and_field(text, match):
    with pytest.raises(TraceError, match=match) as caught:
        Trace.from_jsonl(text)
    assert len(str(caught.value)) < 400
    assert "For example: " in str(caught.value)


@pytest.mark.slow
@given(st.binary(max_size=300))
def test_noise_is_refused(tmp_path_factory, noise):
    path = tmp_path_factory.getbasetemp() / "noise"
    path.write_bytes(noise)
    with pytest.raises(TraceError):
        read_trace_file(path)


@pytest.mark.slow
@given(st.data())
def test_a_file_with_one_character_changed_is_read_or_refused(data):
    text = SMALL
    place = data.draw(st.integers(0, len(text) - 1))
    changed = data.draw(st.sampled_from('0123456789[]{}",:\\nulltrue-e.\n '))
    try:
        trace = Trace.from_jsonl(text[:place] + changed + text[place + 1 :])
    except TraceError:
        return
    narration(trace)
    assert Trace.from_jsonl(trace.to_jsonl()) == trace


SMALL = tour(until=1.3).to_jsonl()


def test_bytes_that_are_not_text_are_named(tmp_path):
    path = tmp_path / "trace.jsonl"
    path.write_bytes(tour().to_jsonl().encode() + b'[0,"note"\xff]')
    with pytest.raises(TraceError, match=r"line \d\d+ contains the byte 0xff: a trace is text in UTF-8"):
        read_trace_file(path)


def test_a_file_that_is_too_big_is_not_read(tmp_path):
    path = tmp_path / "huge.jsonl"
    with path.open("wb") as huge:
        huge.truncate(10**9)
    with pytest.raises(
        TraceError, match=r"has 1,000,000,000 bytes: at most 100,000,000 are read.*most=1000000000"
    ):
        read_trace_file(path)
    path.write_text(tour().to_jsonl())
    with pytest.raises(TraceError, match="at most 100 are read"):
        read_trace_file(path, most=100)


def test_a_file_that_never_ends_is_not_read():
    with pytest.raises(TraceError, match="at most 1,000 are read"):
        read_trace_file("/dev/zero", most=1000)


def test_a_file_is_data_and_never_run(tmp_path):
    for content in (b"cos\nsystem\n(S'touch pwned'\ntR.", b"__import__('os').system('touch pwned')"):
        path = tmp_path / "evil"
        path.write_bytes(content)
        with pytest.raises(TraceError, match="line 1 is not JSON"):
            read_trace_file(path)


def test_notes_and_sets_come_back_from_a_file():
    @message
    class Team:
        """These go together."""

        members: frozenset[str]
        sort: Sort = Sort.NONE

    class Captain(Agent):
        async def run(self):
            self.decide(Team(frozenset({"bob", "cat"})))
            self.note("done")

    trace = World().add(Captain("ann")).run().trace
    again = Trace.from_jsonl(trace.to_jsonl())
    (decision,) = again.select("Team")
    assert again == trace
    assert (decision.kind, decision.data.members) == ("decision", frozenset({"bob", "cat"}))
    assert str(decision) == "0.000 ann decision Team {'members': ['bob', 'cat'], 'sort': 0}"
    fields = "(members={'bob', 'cat'}, sort=0)"
    assert f"decides: “These go together.” {fields}" in narration(trace)
    assert f"decides: Team{fields}" in narration(again)  # a file does not say what a note means
    assert "ann decides: “These go together.” (members={'bob', 'cat'}, sort=0)" in narration(trace)
    assert len({each.data for each in again.select("decision", "note")}) == 2


def test_the_events_of_a_trace_are_made_once_and_stay_out_of_its_pickle() -> None:
    """Each property goes through all events; what another process gets is the rows alone."""
    trace = tour()
    again = pickle.loads(pickle.dumps(trace))
    assert all(one is other for one, other in zip(trace, trace, strict=True))
    assert (again, vars(again).keys()) == (trace, {"rows", "agents", "says", "until", "broken"})
