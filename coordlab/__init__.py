"""coordlab: learn how agents coordinate, and experiment with it.

Read the modules in this order.

    World, Run, Budget              a simulated world, its runs, their limits  world/world.py
    Agent, State, message           what a learner writes                      world/agent.py, message.py
    uniform, exponential, constant  message delays                             world/network.py
    Crash, Restart, Pause, Partition, Cut, Slow, Skew, Rogue, Drop, Delay, Duplicate
                                    faults                                     trace/faults.py
    Fail, Late, Half, Stale         faults of calls                            trace/calls.py
    Trace, Scenario                 the record of a run, and a run as data     trace/trace.py, scenario.py
    always, eventually, sometimes   properties, judged on a trace              properties/
    labs                            patterns with live controls                labs/

Each pattern is a folder in `coordlab/patterns`.  `from coordlab.patterns import voting` provides its agents
and a `demo()`; `voting.rules` holds its decisions, `voting.checks` its properties, `voting.theory` its
expected cost, and `voting.naive` a first attempt that fails.

Importing this module loads none of them; each is loaded when its name is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from coordlab import labs
    from coordlab.properties import always, eventually, sometimes
    from coordlab.trace.faults import (
        Crash,
        Cut,
        Delay,
        Drop,
        Duplicate,
        Fail,
        Half,
        Late,
        Partition,
        Pause,
        Restart,
        Rogue,
        Skew,
        Slow,
        Stale,
    )
    from coordlab.trace.scenario import Scenario
    from coordlab.trace.trace import Trace
    from coordlab.world.agent import Agent, State
    from coordlab.world.message import message
    from coordlab.world.network import constant, exponential, uniform
    from coordlab.world.run import Run
    from coordlab.world.world import Budget, World

__version__ = "0.1.0"

_HOME = {
    **dict.fromkeys(("Agent", "State"), "world.agent"),
    **dict.fromkeys(("Budget", "World"), "world.world"),
    "Run": "world.run",
    "message": "world.message",
    **dict.fromkeys(("constant", "exponential", "uniform"), "world.network"),
    **dict.fromkeys(("Crash", "Cut", "Delay", "Drop", "Duplicate", "Partition"), "trace.faults"),
    **dict.fromkeys(("Pause", "Restart", "Rogue", "Skew", "Slow"), "trace.faults"),
    **dict.fromkeys(("Fail", "Half", "Late", "Stale"), "trace.faults"),
    "Scenario": "trace.scenario",
    "Trace": "trace.trace",
    **dict.fromkeys(("always", "eventually", "sometimes"), "properties"),
}

__all__ = [
    "Agent",
    "Budget",
    "Crash",
    "Cut",
    "Delay",
    "Drop",
    "Duplicate",
    "Fail",
    "Half",
    "Late",
    "Partition",
    "Pause",
    "Restart",
    "Rogue",
    "Run",
    "Scenario",
    "Skew",
    "Slow",
    "Stale",
    "State",
    "Trace",
    "World",
    "always",
    "constant",
    "eventually",
    "exponential",
    "labs",
    "message",
    "sometimes",
    "uniform",
]


def __getattr__(name: str) -> object:
    if name == "labs":
        return import_module("coordlab.labs")
    if name not in _HOME:
        raise AttributeError(
            f"no name {name!r} in coordlab: it has {', '.join(__all__)}; the patterns are in "
            f"coordlab.patterns. For example: coordlab.patterns.voting."
        )
    value = getattr(import_module(f"coordlab.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
