"""A scenario: a run as data, on one line or as JSON, whoever wrote it."""

import json

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
    """The line says all there is."""
    assert str(BULLY) == LINE
    assert Scenario.from_line(LINE) == BULLY
    assert Scenario.from_line("bully") == Scenario("bully")


def test_a_scenario_is_json():
    """With its format and version."""
    assert Scenario.from_json(BULLY.to_json()) == BULLY
    assert json.loads(BULLY.to_json())["version"] == 1
    assert Scenario.read(LINE) == Scenario.read(BULLY.to_json()) == BULLY


def test_faults_may_be_added_as_text():
    """The scenario they are added to stays as it was."""
    assert str(BULLY.with_faults("cut 1>2 @4", Cut("2", "1", at=4))) == f"{LINE} | cut 1>2 @4 | cut 2>1 @4"
    assert str(BULLY) == LINE


def test_a_world_has_a_line():
    """Only what is not usual stands there."""
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


@given(SCENARIOS)
def test_every_scenario_round_trips_both_ways(scenario):
    """Any text, any number: the line and the JSON read as what was written."""
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
        ("", "a line of 0 characters is no scenario: that has a lab's name"),
        ("   ", "is no scenario"),
        ("x" * 1_000_001, "a line of 1,000,001 characters"),
        ("bully agents", "'agents' is no parameter, or stands there twice"),
        ("bully agents=5 agents=6", "'agents=6' is no parameter, or stands there twice"),
        ("bully 5=agents", "'5=agents' is no parameter"),
        ("bully=5", "'bully=5' is no name of a lab"),
        ("a,b", "'a,b' is no name of a lab"),
        ("bully seed=x", "seed='x' is no whole number"),
        ("bully seed=1.5", "seed=1.5 is no whole number"),
        ("bully seed=true", "seed=True is no whole number"),
        (f"bully seed={2**63}", "is no whole number below"),
        (f"bully seed={'9' * 1000}", "seed=a number of more than 60 digits is no whole number"),
        ("bully until=-1", "until=-1 is no moment"),
        ("bully until=nan", "until=nan is no moment"),
        ("bully until=inf", "until=inf is no moment"),
        ("bully until=true", "until=True is no moment"),
        ("bully until=soon", "until='soon' is no moment"),
        (f"bully until={'9' * 5000}", "until=inf is no moment"),
        ("bully loss=nan", "parameter loss is nan, a float; it must be a finite number"),
        (f"bully loss={'9' * 1_000_00}", "parameter loss is inf"),
        (f"bully loss={'9' * 400}", "parameter loss is a number of more than 60 digits"),
        ('bully name="x', "is no text in quotes"),
        ('bully name="x"y', "is no text in quotes"),
        ('bully name="\\ud800"', "is no text in quotes"),
        ("bully | explode 5", "'explode 5': a fault begins with one of"),
        ("bully | crash 5 @x", "crash is written otherwise"),
        ("bully | ", "'|' is no parameter"),
        ("bully \ud800=1", "is no parameter"),
    ],
)
def test_a_spoiled_line_is_refused(line, match):
    """What stands there, what may, and what to write."""
    with pytest.raises(ScenarioError, match=match) as caught:
        Scenario.read(line)
    assert len(str(caught.value)) < 400


def spoiled(**fields):
    """The JSON of a scenario with some fields changed."""
    return json.dumps({**json.loads(BULLY.to_json()), **fields})


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("{", "this is not JSON"),
        ("[]", "the file is .*a list; it must be a dict"),
        ("[" * 100_000, "this is not JSON"),
        ("{" + " " * 1_000_001, "1,000,002 characters are no scenario"),
        (
            spoiled(version=2),
            "format 'coordlab-scenario', version 2: this coordlab reads 'coordlab-scenario', version 1",
        ),
        (spoiled(version=10**100), "version a number of more than 60 digits"),
        (spoiled(format=None), "format None"),
        (spoiled(lab=5), "lab is 5, a int; it must be a str"),
        (spoiled(lab=None), "lab is None"),
        (spoiled(lab="a b"), "'a b' is no name of a lab"),
        (spoiled(seed="7"), "seed='7' is no whole number"),
        (spoiled(seed=7.0), "seed=7.0 is no whole number"),
        (spoiled(until="x"), "until='x' is no moment"),
        (spoiled(until=True), "until=True is no moment"),
        (spoiled(parameters=[]), "parameters is .*a list; it must be a dict"),
        (spoiled(parameters={"a b": 1}), "parameter 'a b': a name has letters, digits and _"),
        (spoiled(parameters={"a": None}), "parameter a is None, a NoneType; it must be a finite number"),
        (spoiled(parameters={"a": [1]}), "parameter a is"),
        (spoiled(parameters={"a": 1e300}).replace("1e+300", "1e999"), "parameter a is inf"),
        (spoiled(faults="crash 5"), "faults is 'crash 5', a str; it must be a list"),
        (spoiled(faults=[5]), "fault is 5, a int; it must be a str"),
        (spoiled(faults=["explode"]), "a fault begins with one of"),
        (spoiled(agents=5), "field 'agents' is unknown; there are faults, format, lab"),
        (spoiled(parameters={"a": 1}).replace('"a": 1', '"a": NaN'), "NaN is no number"),
        (
            spoiled(parameters={"a": 1}).replace('"a": 1', '"a": 1, "a": 2'),
            "a key stands there twice, among a",
        ),
        (spoiled(parameters={"a": "x"}).replace('"x"', '"\\ud800"'), "half a character, a lone surrogate"),
        (spoiled(seed=1).replace('"seed": 1', f'"seed": {"1" * 5000}'), "4300 digits"),
    ],
)
def test_spoiled_json_is_refused(text, match):
    """As a ScenarioError, never at length, and nothing is run."""
    with pytest.raises(ScenarioError, match=match) as caught:
        Scenario.read(text)
    assert len(str(caught.value)) < 400


@given(st.text(max_size=60))
def test_any_text_is_a_scenario_or_a_scenario_error(text):
    """Nothing else comes of it."""
    try:
        scenario = Scenario.read(text)
    except ScenarioError:
        return
    assert Scenario.read(str(scenario)) == scenario
