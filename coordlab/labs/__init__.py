"""The labs: patterns with live controls, the player, verdicts, and measured cost beside theory.

from coordlab import labs
labs.bully()                                    # in a notebook: controls and player
labs.bully(agents=7, loss=0.1).run.verdicts     # in a script
labs.play("bully agents=5 | crash 4 @2")        # a scenario line
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from coordlab import patterns, requirements as require
from coordlab.labs.branch import Outcome
from coordlab.labs.declaration import LabSpec, Measure
from coordlab.labs.lab import Lab, scenario_of
from coordlab.labs.parameters import Parameter
from coordlab.trace.limits import Limits
from coordlab.trace.scenario import Scenario, ScenarioError, text_of
from coordlab.trace.trace import DROP, SEND
from coordlab.world.world import Run, World

__all__ = ["NAMES", "Lab", "open_file", "play", "show", "spec"]

COUNTED = (
    Measure("messages sent", lambda trace: trace.count(kind=SEND)),
    Measure("messages that did not arrive", lambda trace: trace.count(kind=DROP)),
)
"""What is counted in a run of any world."""

NAMES = tuple(sorted(path.parent.name for path in Path(patterns.__path__[0]).glob("*/lab.py")))
"""The names of the labs: the patterns whose folder has a `lab.py`."""


def spec(name: str) -> LabSpec:
    """The declaration of a lab.  Raises ScenarioError if no lab has that name."""
    allowed = f"the labs are {', '.join(NAMES)}"
    if name == "world":
        allowed += "; a line of your own world plays in its own lab, labs.show(run).play(line)"
    require.that(name in NAMES, f"no lab {name!r}", allowed, "bully", ScenarioError)
    found: LabSpec = import_module(f"coordlab.patterns.{name}.lab").SPEC
    return found


def play(scenario: Scenario | str, **roles: object) -> Lab:
    """The lab that shows a scenario, given as data, as one line or as JSON.

    roles: classes of yours, by the names of their roles.  Default: those of the pattern.

    Raises ScenarioError if the scenario cannot be read or is not of a lab.
    """
    wanted = scenario_of(scenario)
    return Lab(spec(wanted.lab), scenario=wanted, **roles)


def show(run: Run, beside: Run | None = None) -> Lab:
    """A lab for a run of your own world: it has no parameters, but the player, branches and faults.

    beside: another run of the same agents, with other faults or another seed, shown as a second branch.  If
        the parameters of its world have other numbers, the lab can be set to those of either run.

    Its heading is that of the pattern whose agents act in it, if there is one; its budget that of the world.
    """
    world = require.instance("run", run, Run, "labs.show(world.run(until=10))").world
    title, question = _heading(world)
    if beside is not None:
        require.instance("beside", beside, Run, "labs.show(run, beside=run.branch('crash 5 @3'))")
    differing = () if beside is None else tuple(_differing(world.scenario, beside.scenario))

    def build(_roles: object, seed: int, **settings: object) -> World:
        mine = all(each.default == settings[each.name] for each in differing)
        found = world if beside is None or mine else beside.world
        return found.again(seed=seed, faults=())  # the faults are in the scenario of the lab

    varied = {each.name for each in differing}
    made = LabSpec(
        name=world.scenario.lab,
        title=title,
        question=question,
        parameters=differing,
        fixed={name: each for name, each in world.scenario.parameters.items() if name not in varied},
        build=build,
        properties=lambda given: (),
        measures=COUNTED,
        until=run.until,
        faults=lambda given: tuple(map(str, world.faults)),
        limits=lambda given: world.limits or Limits(),
    )
    lab = Lab(made, seed=world.seed, until=run.until)
    lab.branches = [lab.compared(lab.branch, Outcome(made, lab.scenario, run))]
    if beside is None:
        return lab
    return lab.play(beside.scenario, beside=True).select(0)


def _differing(one: Scenario, other: Scenario) -> Iterator[Parameter]:
    """The numbers in which the parameters of two scenarios differ, each with these two values."""
    for name, mine in one.parameters.items():
        its = other.parameters.get(name)
        if type(mine) is type(its) is int and mine != its:
            yield Parameter(name, mine, min(mine, its), max(mine, its), abs(mine - its))


def _heading(world: World) -> tuple[str, str]:
    """The name of the pattern whose agents act in a world, and its idea."""
    homes = (kind.__module__ for agent in world.agents.values() for kind in type(agent).__mro__)
    home = next((home for home in homes if home.startswith(f"{patterns.__name__}.")), "")
    if not home:
        return "A run", "What happened, and what if?"
    page = import_module(".".join(home.split(".")[:3])).__doc__ or ""
    title, _, idea = page.partition("\n")[0].partition(": ")
    return title, f"{idea[:1].upper()}{idea[1:]}"


def open_file(path: str | Path, **roles: object) -> Lab:
    """The lab that shows a scenario in a file, as `Lab.save` writes it; see `play`."""
    return play(text_of(path), **roles)


def __getattr__(name: str) -> Callable[..., Lab]:
    """`labs.bully(agents=7, agent=MyAgent)`: the lab of that name, with parameters and classes of yours."""
    if name in NAMES:
        return _opener(spec(name))
    raise AttributeError(
        f"no lab {name!r}: the labs are {', '.join(NAMES)}. A pattern without a lab can show its run. "
        "For example: labs.show(coordlab.patterns.resilience.demo())."
    )


def _opener(declared: LabSpec) -> Callable[..., Lab]:
    """A function that opens a lab; its help says what it takes."""

    def opener(*unnamed: object, **settings: Any) -> Lab:
        given, example = ", ".join(map(require.shown, unnamed)), f"labs.{declared.name}(seed=7)"
        require.that(not unnamed, f"{declared.name}({given})", "each setting has a name", example, TypeError)
        return Lab(declared, **settings)

    takes = [f"{each.name}: {each.help}  Default: {each.default}." for each in declared.parameters]
    roles = [f"{each.name}: a class of yours in place of {each.of.__name__}" for each in declared.roles]
    about = f"{declared.title}: {declared.question}"
    opener.__doc__ = "\n\n".join([about, "\n".join([*takes, *roles, "seed, until: see Scenario"])])
    opener.__name__ = opener.__qualname__ = declared.name
    return opener


def __dir__() -> list[str]:
    return sorted([*__all__, *NAMES])
