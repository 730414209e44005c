"""coordlab: learn, and experiment with, how agents coordinate.

Read it in this order.

    World, Run, Budget              a simulated world, and what comes of it    world/world.py
    Agent, State, message           what a learner writes                      world/agent.py, message.py
    uniform, exponential, constant  how long messages take                     world/network.py
    Crash, Restart, Partition, Cut, Slow, Skew, Rogue, Drop, Delay, Duplicate
                                    what goes wrong                            world/faults.py
    Trace, Scenario                 the record of a run, and a run as data     world/trace.py, scenario.py
    always, eventually, sometimes   what should hold, judged on a trace        checks/
    labs                            patterns with live controls                labs/

The patterns are imported by their modules, one name in several folders: `coordlab.patterns.voting` for the
agents and a `demo()`, `coordlab.rules.voting` for what they decide, `coordlab.checks`, `coordlab.theory` and
`coordlab.naive` for what must hold, what it should cost, and how one gets it wrong.

Importing this module loads none of them; each comes when its name is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from coordlab import labs
    from coordlab.checks import always, eventually, sometimes
    from coordlab.world.agent import Agent, State
    from coordlab.world.faults import (
        Crash,
        Cut,
        Delay,
        Drop,
        Duplicate,
        Partition,
        Restart,
        Rogue,
        Skew,
        Slow,
    )
    from coordlab.world.message import message
    from coordlab.world.network import constant, exponential, uniform
    from coordlab.world.run import Run
    from coordlab.world.scenario import Scenario
    from coordlab.world.trace import Trace
    from coordlab.world.world import Budget, World

__version__ = "0.1.0"

_HOME = {
    **dict.fromkeys(("Agent", "State"), "world.agent"),
    **dict.fromkeys(("Budget", "World"), "world.world"),
    "Run": "world.run",
    "message": "world.message",
    **dict.fromkeys(("constant", "exponential", "uniform"), "world.network"),
    **dict.fromkeys(
        ("Crash", "Cut", "Delay", "Drop", "Duplicate", "Partition", "Restart", "Rogue", "Skew", "Slow"),
        "world.faults",
    ),
    "Scenario": "world.scenario",
    "Trace": "world.trace",
    **dict.fromkeys(("always", "eventually", "sometimes"), "checks"),
}

__all__ = [
    "Agent",
    "Budget",
    "Crash",
    "Cut",
    "Delay",
    "Drop",
    "Duplicate",
    "Partition",
    "Restart",
    "Rogue",
    "Run",
    "Scenario",
    "Skew",
    "Slow",
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
            f"coordlab has no {name!r}. It has {', '.join(__all__)}; the patterns are in "
            f"coordlab.patterns, and what they decide is in coordlab.rules."
        )
    value = getattr(import_module(f"coordlab.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
