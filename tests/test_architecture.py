"""Who may import whom, and other promises that one reads in the source."""

import ast
import importlib
import inspect
import pathlib
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache

import networkx
import pytest

import coordlab

PACKAGE = pathlib.Path(coordlab.__file__).parent

# What each folder or module may import of ours, besides itself.  A name covers all that is below it.
MAY = {
    "requirements": "",
    "intervals": "requirements",
    "trace": "requirements",
    "world": "requirements trace",
    "properties": "requirements trace world.message",
    "draw": "requirements trace intervals",
    "widgets": "requirements trace draw",
    "progress_bar": "requirements",
    "explore": "requirements intervals progress_bar trace world properties draw",
    "experiments": "requirements intervals progress_bar trace world properties draw",
    "labs": "requirements intervals progress_bar trace world properties draw widgets explore experiments "
    "patterns",
    "patterns": "requirements intervals trace world properties labs.declaration labs.views",
    "course": "requirements intervals progress_bar trace world properties draw explore labs patterns "
    "exercises",
    "exercises": "requirements intervals trace world properties explore labs patterns",
    "grading": "requirements intervals progress_bar trace world draw course exercises",
    "cli": "requirements trace world properties draw widgets explore experiments labs patterns course "
    "grading",
    "start": "",
}

# Within a pattern: what each role may import of its own folder, and of the engine.
ROLES = {
    "theory": ("", "requirements intervals"),
    "rules": ("rules theory", "requirements world.message"),
    "checks": ("rules checks theory", "requirements trace properties world.message"),
    "naive": ("naive", "requirements world trace"),
    "agents": ("agents rules checks", "requirements world trace properties"),
    "lab": (
        "agents rules checks naive theory lab",
        "requirements world trace properties labs.declaration labs.views",
    ),
}
# Second files, cut by role and named by it: which role each plays.
SECOND = {
    **dict.fromkeys(("client", "contractor", "expert", "locks", "probes", "workers"), "agents"),
    **dict.fromkeys(("domains", "graph", "planner", "precedence", "ranked", "trust"), "rules"),
    **dict.fromkeys(("probe_checks", "turns"), "checks"),
    "expected": "lab",  # what theory says of its runs, and when it says nothing
    "pictures": "lab",  # its views, and what is counted for them
    "lab_agents": "lab",  # the agents and the data that it adds
}

# Which pattern is built on which other; no others know of each other.
BUILT_ON = {
    "ring": {"bully"},
    "swim": {"heartbeat"},
    "weighted": {"voting"},
    "delegation": {"htn"},
    "rogue": {"circuit_breaker", "weighted"},
    "resilience": {"circuit_breaker"},
    "crew": {"orchestration"},
    "group_chat": {"orchestration"},
    "state_graph": {"orchestration"},
    "replicas": {"conflict"},
}

SHOWS = ("labs", "widgets", "cli")  # who may import the widgets
MEASURES = (  # who may read the clock on the wall
    *("world.loop", "explore.exploration", "start"),
    *("grading.isolation", "grading.collecting", "grading.classroom"),  # a stranger's time, and due dates
)


def module(path: pathlib.Path) -> str:
    """The dotted name of a file, without `coordlab.`: world.trace, checks, cli."""
    return (
        ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix("__init__").removesuffix(".")
    )


@cache
def sources() -> dict[str, ast.Module]:
    """The syntax tree of each module, by its dotted name."""
    return {module(path): ast.parse(path.read_text("utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}


def statements(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node that runs: not what stands there for the type checker alone."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        yield node
        yield from statements(node)


@cache
def imports(name: str) -> list[str]:
    """The dotted names that a module imports."""
    found = list[str]()
    for node in statements(sources()[name]):
        if isinstance(node, ast.Import):
            found += (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} imports relatively"
            parts = [f"{node.module}.{alias.name}" for alias in node.names]
            found += (
                part if part.removeprefix("coordlab.") in sources() else str(node.module) for part in parts
            )
    return found


def ours(name: str) -> set[str]:
    """What a module imports of ours."""
    return {each.removeprefix("coordlab.") for each in imports(name) if each.startswith("coordlab.")}


def within(name: str, parts: list[str]) -> bool:
    """Whether a module belongs to one of these parts."""
    return any(name == part or name.startswith(f"{part}.") for part in parts)


def modules_of(part: str) -> list[str]:
    """The modules of a part."""
    return [name for name in sources() if within(name, [part])]


@pytest.mark.parametrize("part", MAY)
def test_every_part_imports_what_it_may(part):
    allowed = [part, *MAY[part].split()]
    wrong = {(name, each) for name in modules_of(part) for each in ours(name) if not within(each, allowed)}
    assert wrong == set()


def test_every_module_has_its_place():
    parts = {name.split(".")[0] for name in sources()} - {"", "__main__"}
    assert parts == set(MAY)


def test_folders_form_no_circle():
    arrows = {
        (name.split(".")[0], each.split(".")[0]) for name in sources() for each in ours(name) if "." in each
    }
    apart = networkx.DiGraph(
        (one, other)
        for one, other in arrows
        if one != other and (one, other) not in (("labs", "patterns"), ("patterns", "labs"))
    )
    assert list(networkx.simple_cycles(apart)) == []


def test_within_a_pattern_each_role_imports_what_it_may():
    wrong = set()
    for name in modules_of("patterns"):
        if name.count(".") < 2:
            continue
        _, folder, role = name.split(".")
        own, engine = ROLES[SECOND.get(role, role)]
        for each in ours(name) - {f"patterns.{folder}"}:
            mine = each.startswith(f"patterns.{folder}.")
            last = each.rsplit(".", 1)[1] if "." in each else each
            ok = (
                SECOND.get(last, last) in own.split()
                if mine
                else within(each, engine.split()) or within(each, ["patterns"])
            )
            if not ok:
                wrong.add((name, each))
    assert wrong == set()


def test_patterns_are_built_on_each_other_only_where_it_is_listed():
    made_of: dict[str, set[str]] = {}
    for name in modules_of("patterns"):
        folder = [*name.split("."), ""][1]
        for each in ours(name):
            if within(each, ["patterns"]) and each.split(".")[1] != folder:
                made_of.setdefault(folder, set()).add(each.split(".")[1])
    assert made_of == BUILT_ON
    assert networkx.is_directed_acyclic_graph(networkx.DiGraph(BUILT_ON))


def test_most_arrows_among_pattern_files_stay_inside_a_folder():
    arrows = [
        (name.split(".")[1], each.split(".")[1])
        for name in modules_of("patterns")
        for each in ours(name)
        if name.count(".") == 2 and each.count(".") == 2 and within(each, ["patterns"])
    ]
    assert sum(one == other for one, other in arrows) >= 0.7 * len(arrows)


def test_only_what_shows_imports_the_widgets():
    wrong = {
        name
        for name in sources()
        for each in ours(name)
        if within(each, ["widgets"]) and not within(name, list(SHOWS))
    }
    assert wrong == set()


@pytest.mark.parametrize("library", ["heapq", "random", "selectors", "_asyncio"])
def test_only_the_world_schedules_and_draws(library):
    allowed = ["world", "grading.isolation"]  # which waits for a process
    allowed += ["intervals"] if library == "random" else []  # a bootstrap draws samples again
    wrong = {name for name in sources() if library in imports(name) and not within(name, allowed)}
    assert wrong == set()


def test_only_the_loop_touches_the_insides_of_asyncio():
    wrong = {
        name
        for name, tree in sources().items()
        for node in statements(tree)
        if isinstance(node, ast.Attribute)
        and node.attr.startswith("_")
        and re.match(r"asyncio(\.\w+)*\._[a-z]", ast.unparse(node))
    }
    assert wrong <= {"world.crowd", "world.task"}


def test_only_the_loop_reads_the_clock_on_the_wall():
    wrong = {name for name in sources() for each in imports(name) if each in ("time", "datetime")}
    assert wrong <= set(MEASURES)


def loaded(code: str) -> set[str]:
    """The modules that a fresh Python has loaded after this code."""
    command = [sys.executable, "-c", f"import sys; {code}; print(*sys.modules)"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=PACKAGE.parent)
    return set(done.stdout.split())


HEAVY = {"ipywidgets", "anywidget", "matplotlib", "numpy", "scipy", "pandas", "networkx", "IPython"}
PATTERNS = ", ".join(
    f"coordlab.{name}"
    for name in modules_of("patterns")
    if not name.endswith((".lab", ".pictures", ".lab_agents"))
)


@pytest.mark.parametrize(
    ("code", "heavy"),
    [
        ("import coordlab", HEAVY | {"asyncio"}),
        ("from coordlab import World; World().run()", HEAVY),
        (f"import {PATTERNS}", HEAVY),
    ],
    ids=["package", "world", "patterns"],
)
def test_what_is_imported_loads_the_standard_library_only(code, heavy):
    assert heavy & loaded(code) == set()


def test_functions_are_short():
    long = {
        f"{name}.{node.name}": lines
        for name, tree in sources().items()
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and (lines := (node.end_lineno or 0) - node.lineno + 1) > 40
    }
    assert long == {}


def test_every_module_says_what_it_is():
    assert [name for name, tree in sources().items() if not ast.get_docstring(tree)] == []


def test_the_map_shows_every_public_name():
    lines = re.findall(r"^ {4}(?=\S).*", coordlab.__doc__ or "", re.MULTILINE)
    mapped = {name for line in lines for name in re.split(r",\s*", re.split(r"\s{2,}", line.strip())[0])}
    assert list(coordlab.__all__) == sorted(coordlab.__all__)
    assert mapped == set(coordlab.__all__)


@pytest.mark.parametrize("name", coordlab.__all__)
def test_every_public_name_is_there_and_explains_itself(name):
    thing = getattr(coordlab, name)
    assert name in dir(coordlab)
    assert inspect.getdoc(thing)


def test_every_public_thing_explains_itself():
    silent = []
    for name in sources():
        if name == "__main__":
            continue
        made = importlib.import_module(f"coordlab.{name}".removesuffix("."))
        for label, thing in vars(made).items():
            if label.startswith("_") or getattr(thing, "__module__", None) != made.__name__:
                continue
            if (inspect.isclass(thing) or inspect.isfunction(thing)) and not inspect.getdoc(thing):
                silent.append(f"{name}.{label}")
    assert silent == []


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(AttributeError, match=r"no name 'Worldd' in coordlab: it has Agent, Budget, Crash"):
        coordlab.Worldd  # noqa: B018
