"""Wrong arguments of what runs a world many times: each is refused in words, before anything runs."""

import numpy
import pytest

from coordlab import World, always, labs
from coordlab.experiments import sweep
from coordlab.explore import explore, robustness
from coordlab.patterns.bully import Candidate

ONE = always("one leader", lambda now: len(now.where("role", "coordinates")) <= 1)
SENT = {"sent": lambda trace: trace.count("send")}


def build(seed, agents=3):
    """A world of candidates."""
    return World(seed).add(Candidate(rank) for rank in range(1, agents + 1))


def swept(grid=None, replications=2, measures=SENT, *properties, what=build, **more):
    """A small sweep."""
    grid = {"agents": [2, 3]} if grid is None else grid
    return sweep(what, grid, replications, measures, *properties, until=1, **more)


FOUND = swept()
LAB = labs.bully(agents=2, until=1)
WRONG = {
    "a list as grid": (lambda: swept([2, 3]), r"grid=\[2, 3\]: expected values for each parameter"),
    "a number as values": (lambda: swept({"agents": 3}), "grid=.*expected values for each parameter"),
    "a text as values": (lambda: swept({"agents": "35"}), "grid=.*expected values for each parameter"),
    "no text as name": (lambda: swept({3: [2]}), "parameter=3: expected one of 'agents'"),
    "an unknown name": (lambda: swept({"agent": [2]}), "parameter='agent': expected one of 'agents'"),
    "an unknown name of a lab": (lambda: swept({"agentz": [2]}, what=LAB), "parameter='agentz'.*'agents'"),
    "a wrong value of a lab": (lambda: swept({"agents": [2, "b"]}, what=LAB), "agents='b': expected a whole"),
    "too large for a lab": (
        lambda: swept({"agents": [2, 99]}, what=LAB),
        "agents=99: .* from 2 to 12",
    ),
    "an unknown parameter": (lambda: swept(agentz=3), "parameter='agentz': expected one of 'agents'"),
    "objects as values": (lambda: swept({"agents": [object()]}), "expected numbers, texts, True or False"),
    **{
        f"seed {seed}": (lambda seed=seed: swept(seed=seed), f"seed={seed!r}: expected a whole number from")
        for seed in ("x", 1.5, None, 2**63 - 1, 2**63)
    },
    **{
        f"measures {measures!r}": (lambda measures=measures: swept(measures=measures), "measures")
        for measures in (5, None, "sent", {"sent": 5}, {5: len})
    },
    "no executor": (lambda: swept(executor=5), "executor=5: expected Executor, not int"),
    **{
        f"replications {size!r}": (lambda size=size: swept(replications=size), "replications=.*1 or more")
        for size in (0, -1, 2.5, "3")
    },
    "no property": (lambda: swept(None, 2, SENT, lambda now: True), "expected a property, which has a name"),
    "no progress": (lambda: swept(progress=5), "progress=5: expected True or False"),
    "no theory": (lambda: FOUND.plot(theory=5), "theory=5: expected a function"),
    "a theory that fails": (lambda: FOUND.plot(theory=lambda n: 1 / 0), r"theory at 2 \(ZeroDivisionError"),
    "a theory of text": (lambda: FOUND.plot(theory=lambda n: "x"), "theory at 2 .*returns a number"),
    "no axes": (lambda: FOUND.plot(ax=5), "ax=5: expected axes of matplotlib"),
    "no cells": (lambda: FOUND.compare("sent", 5, {"agents": 3}), "one=5: expected Mapping"),
    "no curve": (lambda: FOUND.fit(5, "sent", a=1), "the curve=5: expected a function"),
    "a curve that fails": (lambda: FOUND.fit(lambda x: x, "sent", a=1), r"the curve at 2, 1 \(TypeError"),
    "a start of text": (lambda: FOUND.fit(lambda x, a: a * x, "sent", a="x"), "a='x': expected a number"),
    "a start too low": (lambda: FOUND.fit(lambda x, a: a * x, "sent", least=5, a=1), "a=1: .*5 or more"),
    "no values to vary": (lambda: LAB.html({"version": 5}), "vary=.*expected several values by name"),
    "a name to vary": (lambda: LAB.html("version"), "vary='version': expected several values by name"),
    "a budget below 0": (lambda: explore(build, ONE, budget=-3), "budget=-3: .*1 or more"),
    "an unknown fault": (lambda: explore(build, ONE, faults="crush"), "faults='crush': expected one of"),
    "a predicate": (lambda: explore(build, lambda now: True), "expected a property, which has a name"),
    "a search's seed": (lambda: explore(build, ONE, seed="x"), "seed='x': expected a whole number"),
    "a search's parameter": (lambda: explore(build, ONE, agentz=3), "parameter='agentz': expected one of"),
    "one kind of no fault": (lambda: robustness(build, ONE, faults=["crush"]), "faults='crush'"),
    "robust for 0": (lambda: robustness(build, ONE, budget=0, faults="crash"), "budget=0: .*1 or more"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_argument_is_refused_in_words(wrong):
    act, words = WRONG[wrong]
    with pytest.raises((TypeError, ValueError), match=words) as error:
        act()
    assert "For example" in str(error.value)


def test_a_grid_takes_arrays_of_numpy_by_value():
    found = swept({"agents": numpy.array([2, 3])}, numpy.int64(2), seed=numpy.int64(0))
    assert [row.cell for row in found.rows] == [row.cell for row in FOUND.rows]
    assert type(found.rows[0].cell["agents"]) is int


def test_a_sweep_of_which_runs_failed_says_why_the_first_did():
    assert "the first that failed: ZeroDivisionError: " in repr(
        swept({"agents": [2]}, what=lambda seed, agents: 1 / 0)
    )


def test_a_figure_and_a_search_begin_at_the_largest_seed_as_well():
    """The seeds beside it are then those below it."""
    lab = labs.bully(agents=2, until=1, seed=2**63 - 1)
    figure = lab.figure()
    assert not figure.result.failed
    assert max(row.seed for row in figure.result.rows) < 2**63
    assert explore(lab, budget=10).tried == 10
