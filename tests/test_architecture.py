"""Who may import whom, and other promises that one reads in the source."""

import ast
import importlib
import inspect
import pathlib
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

import coordlab

PACKAGE = pathlib.Path(coordlab.__file__).parent

# The world, from the ground up: each module may import those named, and nothing else of ours.
WORLD = {
    "trace": "reading",  # not before a file is read
    "dice": "",
    "guards": "",
    "task": "",
    "loop": "guards task",
    "message": "",
    "faults": "",
    "network": "dice task",
    "agent": "dice message task trace",
    "story": "trace",
    "scenario": "faults trace",
    "reading": "faults trace",
    "errors": "agent faults task trace",
    "run": "faults scenario story trace",
    "world": "agent errors faults loop message network run scenario task trace",
}

# Every other part: what it may import of ours besides itself.
PARTS = {
    "theory": [],
    "rules": ["world.message"],
    "checks": ["rules", "theory", "world.trace", "world.story", "world.faults", "world.scenario"],
    "patterns": ["world", "rules", "checks"],
    "naive": ["world"],
    "draw": ["world.trace", "world.story", "world.faults", "world.scenario"],
    "widgets": ["world.trace", "world.story", "world.faults", "world.scenario", "draw"],
    "labs": ["world", "rules", "patterns", "naive", "theory", "checks", "draw", "widgets"],
}

# Pages stand alone, but for those that are made of others.
COMPOSED = {
    "bus": {"bus_client"},
    "contract_net": {"contractor"},
    "crew": {"orchestration"},
    "deadlock": {"locks"},
    "delegation": {"workers"},
    "expert": {"blackboard"},
    "group_chat": {"orchestration"},
    "resilience": {"circuit_breaker"},
    "rogue": {"reviewing"},
    "state_graph": {"orchestration"},
    "swim": {"heartbeat"},
}

SHOWS = ("labs", "widgets", "cli")  # who may import the widgets
MEASURES = ("world.loop", "start")  # who may read the clock on the wall


def module(path: pathlib.Path) -> str:
    """The dotted name of a file, without `coordlab.`: world.trace, checks, cli."""
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")


SOURCES = {module(path): ast.parse(path.read_text("utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}


def statements(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node that runs: not what stands there for the type checker alone."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        yield node
        yield from statements(node)


def imports(name: str) -> Iterator[str]:
    """The dotted names that a module imports."""
    for node in statements(SOURCES[name]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} imports relatively"
            parts = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (
                part if part.removeprefix("coordlab.") in SOURCES else str(node.module) for part in parts
            )


def ours(name: str) -> set[str]:
    """What a module imports of ours."""
    return {each.removeprefix("coordlab.") for each in imports(name) if each.startswith("coordlab")}


def within(name: str, parts: list[str]) -> bool:
    """Whether a module belongs to one of these parts."""
    return any(name == part or name.startswith(f"{part}.") for part in parts)


def modules_of(part: str) -> list[str]:
    """The modules of a part."""
    return [name for name in SOURCES if within(name, [part])]


@pytest.mark.parametrize("name", WORLD)
def test_the_world_is_built_from_the_ground_up(name):
    """Each module of the world imports those below it only."""
    assert ours(f"world.{name}") <= {f"world.{each}" for each in WORLD[name].split()}


def test_every_module_of_the_world_has_its_place():
    """None is missing in the table above, and none stands there that is not."""
    assert set(modules_of("world")) == {"world", *(f"world.{name}" for name in WORLD)}


@pytest.mark.parametrize("part", PARTS)
def test_every_part_imports_what_it_may(part):
    """And nothing else of ours."""
    allowed = [*PARTS[part], part]
    wrong = {(name, each) for name in modules_of(part) for each in ours(name) if not within(each, allowed)}
    assert wrong == set()


def test_patterns_stand_alone():
    """A page that is made of others says so above."""
    made_of = {
        name.removeprefix("patterns."): {
            each.removeprefix("patterns.") for each in ours(name) if within(each, ["patterns"])
        }
        for name in modules_of("patterns")
    }
    assert {name: parts for name, parts in made_of.items() if parts} == COMPOSED


def test_only_what_shows_imports_the_widgets():
    """Everything else works without a screen."""
    wrong = {
        name
        for name in SOURCES
        for each in ours(name)
        if within(each, ["widgets"]) and not within(name, list(SHOWS))
    }
    assert wrong == set()


@pytest.mark.parametrize("library", ["heapq", "random", "selectors", "_asyncio"])
def test_only_the_world_schedules_and_draws(library):
    """Chance and order come from one place."""
    wrong = {name for name in SOURCES if library in imports(name) and not within(name, ["world"])}
    assert wrong == set()


def test_only_the_loop_touches_the_insides_of_asyncio():
    """Private names of asyncio stand beside each other, with a test on every Python."""
    wrong = {
        name
        for name, tree in SOURCES.items()
        for node in statements(tree)
        if isinstance(node, ast.Attribute) and re.match(r"asyncio(\.\w+)*\._[a-z]", ast.unparse(node))
    }
    assert wrong <= {"world.loop", "world.task"}


def test_only_the_loop_reads_the_clock_on_the_wall():
    """Anywhere else, real time would make runs differ."""
    wrong = {name for name in SOURCES for each in imports(name) if each in ("time", "datetime")}
    assert wrong <= set(MEASURES)


def test_importing_the_package_loads_next_to_nothing():
    """No Jupyter, no drawing, no numbers, not even asyncio: each comes when it is used."""
    heavy = {"ipywidgets", "anywidget", "matplotlib", "numpy", "pandas", "networkx", "asyncio", "IPython"}
    code = "import sys, coordlab; print(*sorted(name for name in sys.modules if '.' not in name))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PACKAGE.parent
    )
    assert heavy & set(loaded.stdout.split()) == set()


def test_a_world_needs_the_standard_library_only():
    """Running one loads nothing that has to be installed."""
    heavy = {"ipywidgets", "anywidget", "matplotlib", "numpy", "pandas", "networkx", "IPython"}
    code = (
        "import sys; from coordlab import *; from coordlab import World; World().run(); print(*sys.modules)"
    )
    code = code.replace("from coordlab import *; ", "")
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PACKAGE.parent
    )
    assert heavy & set(loaded.stdout.split()) == set()


@pytest.mark.parametrize("part", ["rules", "checks", "patterns", "theory", "naive"])
def test_pages_load_the_standard_library_only(part):
    """Whatever counts, fits or draws comes when it is asked for, so that pages run in the browser, too."""
    heavy = {"ipywidgets", "anywidget", "matplotlib", "numpy", "scipy", "pandas", "networkx", "IPython"}
    names = ", ".join(f"coordlab.{name}" for name in modules_of(part))
    loaded = subprocess.run(
        [sys.executable, "-c", f"import sys, {names}; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        cwd=PACKAGE.parent,
    )
    assert heavy & set(loaded.stdout.split()) == set()


def test_functions_are_short():
    """None has more than forty lines."""
    long = {
        f"{name}.{node.name}": lines
        for name, tree in SOURCES.items()
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and (lines := (node.end_lineno or 0) - node.lineno + 1) > 40
    }
    assert long == {}


def test_every_module_says_what_it_is():
    """In its first line."""
    assert [name for name, tree in SOURCES.items() if not ast.get_docstring(tree)] == []


def test_the_map_shows_every_public_name():
    """__all__ is sorted, and equals the map in the docstring of the package."""
    lines = re.findall(r"^ {4}(?=\S).*", coordlab.__doc__ or "", re.MULTILINE)
    mapped = {name for line in lines for name in re.split(r",\s*", re.split(r"\s{2,}", line.strip())[0])}
    assert list(coordlab.__all__) == sorted(coordlab.__all__)
    assert mapped == set(coordlab.__all__)


@pytest.mark.parametrize("name", coordlab.__all__)
def test_every_public_name_is_there_and_explains_itself(name):
    """It can be imported, is in dir(), and has a docstring."""
    thing = getattr(coordlab, name)
    assert name in dir(coordlab)
    assert inspect.getdoc(thing)


def test_every_public_thing_explains_itself():
    """Classes, functions and methods that others may use have a docstring, their own or inherited."""
    silent = []
    for name in SOURCES:
        if name in ("__main__", "") or name.endswith("__main__"):
            continue
        made = importlib.import_module(f"coordlab.{name}" if name != "__init__" else "coordlab")
        for label, thing in vars(made).items():
            if label.startswith("_") or getattr(thing, "__module__", None) != made.__name__:
                continue
            if (inspect.isclass(thing) or inspect.isfunction(thing)) and not inspect.getdoc(thing):
                silent.append(f"{name}.{label}")
    assert silent == []


def test_an_unknown_name_lists_the_known_ones():
    """So that a typo is easy to mend."""
    with pytest.raises(AttributeError, match=r"coordlab has no 'Worldd'\. It has Agent, Budget, Crash"):
        coordlab.Worldd  # noqa: B018
