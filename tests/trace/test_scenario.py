"""A scenario: a run as data, on one line or as JSON, of any origin."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, strategies as st

from coordlab.trace.faults import Crash, Cut, Restart
from coordlab.trace.scenario import Scenario, ScenarioError
from coordlab.world.world import World

LINE = "bully agents=5 loss=0.05 guarded=true seed=7 until=20 | crash 5 @3 | restart 5 @9"
BULLY = Scenario(
    "bully", {"agents": 5, "loss": 0.05, "guarded": True}, (Crash("5", at=3), Restart("5", at=9)), 7, 20
)


def test_a_scenario_is_one_line():
    assert str(BULLY) == LINE
    assert Scenario.from_line(LINE) == BULLY
    assert Scenario.from_line("bully") == Scenario("bully")


def test_a_scenario_is_json():
    assert Scenario.from_json(BULLY.to_json()) == BULLY
    assert json.loads(BULLY.to_json())["version"] == 1
    assert Scenario.read(LINE) == Scenario.read(BULLY.to_json()) == BULLY


def test_faults_may_be_added_as_text():
    assert str(BULLY.with_faults("cut 1>2 @4", Cut("2", "1", at=4))) == f"{LINE} | cut 1>2 @4 | cut 2>1 @4"
    assert str(BULLY) == LINE


def test_a_world_has_a_line():
    world = World(seed=3, latency="uniform(0.01, 0.05)", loss=0.1)
    assert str(world.scenario) == "world latency=uniform(0.01,0.05) loss=0.1 seed=3"


VALUES = (
    st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(-1e300, 1e300)
    | st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
    | st.sampled_from(
        ["true", "7", "1e5", "nan", "inf", "", '"', '"x"', " | ", "a b", "a=b", "1_000", "uniform(0.01,0.05)"]
    )
)
SCENARIOS = st.builds(
    Scenario,
    st.sampled_from(["bully", "contract_net", "world"]),
    st.dictionaries(
        st.from_regex(r"[a-z_]\w{0,8}", fullmatch=True).filter(
            lambda name: name.isascii() and name not in ("seed", "until")
        ),
        VALUES,
        max_size=4,
    ),
    st.lists(st.sampled_from([*BULLY.faults, Cut("1", "2")]), max_size=3).map(tuple),
    st.integers(-(2**62), 2**62),
    st.none() | st.floats(0, 1e9) | st.integers(0, 10**9),
)


@pytest.mark.slow
@given(SCENARIOS)
def test_every_scenario_round_trips_both_ways(scenario):
    assert Scenario.from_line(str(scenario)) == scenario
    assert Scenario.from_json(scenario.to_json()) == scenario
    kinds = {
        name: type(value)
        for name, value in scenario.parameters.items()
        if not isinstance(value, (int, float))
    }
    again = Scenario.from_line(str(scenario)).parameters
    assert {name: type(again[name]) for name in kinds} == kinds
    assert "\n" not in str(scenario)


@pytest.mark.parametrize(
    ("line", "match"),
    [
        ("", "a line of 0 characters: expected a lab"),
        ("   ", "expected a lab"),
        ("x" * 1_000_001, "a line of 1,000,001 characters"),
        ("bully agents", "'agents': expected name=value"),
        ("bully agents=5 agents=6", "'agents=6': expected name=value, .* each name once"),
        ("bully 5=agents", "'5=agents': expected name=value"),
        ("bully=5", "lab='bully=5': expected the name of a lab"),
        (" | crash 5 @3", "lab='': expected the name of a lab"),
        ("a,b", "lab='a,b': expected the name of a lab"),
        ("bully seed=x", "seed='x': expected a whole number"),
        ("bully seed=1.5", "seed=1.5: expected a whole number"),
        ("bully seed=true", "seed=True: expected a whole number"),
        (f"bully seed={2**63}", "expected a whole number below"),
        (f"bully seed={'9' * 1000}", "seed=a number of more than 60 digits: expected a whole number"),
        ("bully until=-1", "until=-1: expected seconds from 0"),
        ("bully until=nan", "until=nan: expected seconds from 0"),
        ("bully until=inf", "until=inf: expected seconds from 0"),
        ("bully until=true", "until=True: expected seconds from 0"),
        ("bully until=soon", "until='soon': expected seconds from 0"),
        (f"bully until={'9' * 5000}", "until=inf: expected seconds from 0"),
        ("bully loss=nan", "loss=nan: expected a finite number"),
        (f"bully loss={'9' * 1_000_00}", "loss=inf"),
        (f"bully loss={'9' * 400}", "loss=a number of more than 60 digits"),
        ('bully name="x', "expected a text in quotes"),
        ('bully name="x"y', "expected a text in quotes"),
        ('bully name="\\ud800"', "expected a text in quotes"),
        ("bully | explode 5", "'explode 5': a fault begins with one of"),
        ("bully | crash 5 @x", "expected crash AGENT, and if you like @BEGIN"),
        ("bully | ", "'|': expected name=value"),
        ("bully \ud800=1", "expected name=value"),
    ],
)
def test_a_spoiled_line_is_refused(line, match):
    with pytest.raises(ScenarioError, match=match) as caught:
        Scenario.read(line)
    assert len(str(caught.value)) < 400


def spoiled(**fields):
    """The JSON of a scenario with some fields changed."""
    return json.dumps({**json.loads(BULLY.to_json()), **fields})


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("{", "is not JSON"),
        ("[]", "the file=.*: expected dict, not list"),
        ("[" * 100_000, "is not JSON"),
        ("{" + " " * 1_000_001, "1,000,002 characters: a scenario has at most"),
        (
            spoiled(version=2),
            "format 'coordlab-scenario', version 2: this coordlab reads 'coordlab-scenario', version 1",
        ),
        (spoiled(version=10**100), "version a number of more than 60 digits"),
        (spoiled(format=None), "format None"),
        (spoiled(lab=5), "lab=5: expected str, not int"),
        (spoiled(lab=None), "lab=None"),
        (spoiled(lab="a b"), "lab='a b': expected the name of a lab"),
        (spoiled(seed="7"), "seed='7': expected a whole number"),
        (spoiled(seed=7.0), "seed=7.0: expected a whole number"),
        (spoiled(until="x"), "until='x': expected seconds from 0"),
        (spoiled(until=True), "until=True: expected seconds from 0"),
        (spoiled(parameters=[]), "parameters=.*: expected dict, not list"),
        (spoiled(parameters={"a b": 1}), "parameter 'a b': a name has letters, digits and _"),
        (spoiled(parameters={"a=b": 1}), "parameter 'a=b': a name has letters, digits and _"),
        (spoiled(parameters={"a": None}), "a=None: expected a finite number"),
        (spoiled(parameters={"a": [1]}), "a=.1.: expected"),
        (spoiled(parameters={"a": 1e300}).replace("1e+300", "1e999"), "a=inf"),
        (spoiled(faults="crash 5"), "faults='crash 5': expected list, not str"),
        (spoiled(faults=[5]), "fault=5: expected str, not int"),
        (spoiled(faults=["explode"]), "a fault begins with one of"),
        (spoiled(agents=5), "field 'agents': expected faults, format, lab"),
        (spoiled(parameters={"a": 1}).replace('"a": 1', '"a": NaN'), "NaN is not a number"),
        (spoiled(parameters={"a": 1}).replace('"a": 1', '"a": 1, "a": 2'), "a key is there twice, among a"),
        (spoiled(parameters={"a": "x"}).replace('"x"', '"\\ud800"'), "half a character, a lone surrogate"),
        (spoiled(seed=1).replace('"seed": 1', f'"seed": {"1" * 5000}'), "4300 digits"),
    ],
)
def test_spoiled_json_is_refused(text, match):
    with pytest.raises(ScenarioError, match=match) as caught:
        Scenario.read(text)
    assert len(str(caught.value)) < 400


@pytest.mark.slow
@given(st.text(max_size=60))
def test_any_text_is_a_scenario_or_a_scenario_error(text):
    try:
        scenario = Scenario.read(text)
    except ScenarioError:
        return
    assert Scenario.read(str(scenario)) == scenario


def test_a_scenario_takes_numbers_by_value_and_is_a_key() -> None:
    numpy = pytest.importorskip("numpy")
    scenario = Scenario("bully", {"agents": numpy.int64(5), "loss": Decimal("0.25")}, seed=numpy.int64(3))
    plain = Scenario("bully", {"agents": 5, "loss": 0.25}, seed=3)
    assert (str(scenario), {scenario: 1}[plain]) == ("bully agents=5 loss=0.25 seed=3", 1)


def test_a_line_needs_no_blanks_around_its_bars() -> None:
    assert Scenario.from_line("bully agents=5|crash 4 @2") == Scenario.from_line(
        "bully agents=5 | crash 4 @2"
    )


@pytest.mark.parametrize("wrong", [None, 3, b"bully"])
@pytest.mark.parametrize("read", [Scenario, Scenario.from_line, Scenario.from_json, Scenario.read])
def test_what_is_no_text_is_refused_in_words(wrong: Any, read: Any) -> None:
    with pytest.raises(ScenarioError, match="For example: bully agents=5 seed=7"):
        read(wrong)
