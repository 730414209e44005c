"""The labs: patterns with live controls, the player, verdicts, and cost beside theory.

from coordlab import labs
labs.bully()                                    # in a notebook: controls and player
labs.bully(agents=7, loss=0.1).run.verdicts     # the same by script
labs.play("bully agents=5 | crash 4 @2")        # a run that somebody shared
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from coordlab import patterns
from coordlab.labs.lab import Lab
from coordlab.labs.spec import LabSpec
from coordlab.trace.scenario import Scenario, ScenarioError
from coordlab.world.agent import Agent
from coordlab.world.world import Run, World

__all__ = ["NAMES", "Lab", "open_file", "play", "show", "spec"]

NAMES = tuple(sorted(path.parent.name for path in Path(patterns.__path__[0]).glob("*/lab.py")))
"""The labs that there are: one for each pattern whose folder holds a `lab.py`."""


def spec(name: str) -> LabSpec:
    """The declaration of a lab; raises `ScenarioError` if there is none of that name."""
    if name not in NAMES:
        raise ScenarioError(f"there is no lab {name!r}. There are {', '.join(NAMES)}.")
    found: LabSpec = import_module(f"coordlab.patterns.{name}.lab").SPEC
    return found


def play(scenario: Scenario | str, agent: type[Agent] | None = None) -> Lab:
    """The lab of a scenario, or of the line or JSON text that somebody shared, showing that run."""
    wanted = Scenario.read(scenario) if isinstance(scenario, str) else scenario
    return Lab(spec(wanted.lab), agent, wanted)


def show(run: Run) -> Lab:
    """A lab around a run of one's own world: no parameters, but the player, branches and faults by click."""
    world = run.world

    def build(_agent: type[Agent] | None, seed: int, **_settings: Any) -> World:
        return world.again(seed=seed, faults=())  # the lab has them in its scenario

    made = LabSpec(
        name=world.scenario.lab,
        title="A run",
        question="what happened, and what if?",
        parameters=(),
        fixed=world.scenario.parameters,
        build=build,
        properties=lambda given: (),
        measures=(),
        until=run.until,
        faults=lambda given: tuple(map(str, world.faults)),
    )
    return Lab(made, seed=world.seed, until=run.until)


def open_file(path: str | Path, agent: type[Agent] | None = None) -> Lab:
    """The lab of a scenario that `Lab.save` wrote."""
    with Path(path).open(encoding="utf-8-sig") as file:
        return play(file.read(1_000_001), agent)


def __getattr__(name: str) -> Callable[..., Lab]:
    """`labs.bully(agent=None, **parameters)`: the lab of that name, with your own class of agents."""
    if name in NAMES:
        return partial(_lab, name)
    raise AttributeError(
        f"there is no lab {name!r} yet; there are {', '.join(NAMES)}. A pattern without one shows its run "
        f"all the same: labs.show(coordlab.patterns.{name}.demo()), or the run by itself in a notebook."
    )


def _lab(name: str, agent: type[Agent] | None = None, **parameters: Any) -> Lab:
    return Lab(spec(name), agent, **parameters)


def __dir__() -> list[str]:
    return sorted([*__all__, *NAMES])
