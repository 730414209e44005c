"""The contents of the wheel: the whole package and course, without tests or solutions."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement

import coordlab
from coordlab.course import repository
from coordlab.widgets import joined
from tests.committed import NOTEBOOKS
from tests.conftest import missing
from tests.pythons import interpreters

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel, built from the source distribution, so that both are tested."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, "-m", "build", "--outdir", folder, ROOT], check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def contents(wheel) -> set[str]:
    with ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


def modules() -> set[str]:
    """All modules of the package except `start`, which is for a checkout."""
    return {path.relative_to(ROOT).as_posix() for path in (ROOT / "coordlab").rglob("*.py")} - {
        "coordlab/start.py"
    }


def notebooks() -> set[str]:
    """The paths of the notebooks in the wheel; the exercises are without solutions."""
    chapters = {f"coordlab/_course/{path.name}" for path in (ROOT / "notebooks").glob("*.ipynb")}
    released = ROOT / "exercises" / "release"
    exercises = (path.relative_to(released).as_posix() for path in released.rglob("*.ipynb"))
    return chapters | {f"coordlab/_course/exercises/{name}" for name in exercises}


def test_wheel_has_every_module(contents):
    assert {name for name in contents if name.endswith(".py")} == modules()


def test_wheel_has_the_player_and_the_types(contents):
    player = {f"coordlab/widgets/player/{name}" for name in ("player.css", "lab.css", *joined.sources())}
    page = {f"coordlab/widgets/page.{kind}" for kind in ("html", "js")}
    assert player | page | {"coordlab/py.typed"} <= contents


def test_wheel_has_the_course_without_its_screenshots(contents):
    assert notebooks()
    assert [name for name in contents if name.endswith((".png", ".svg"))] == []
    assert {name for name in contents if name.endswith(".ipynb")} == notebooks()


def test_wheel_has_no_stored_outputs_but_those_of_the_home_page(wheel):
    """They are most of the size of a notebook, and a learner makes them."""
    with ZipFile(wheel) as archive:
        kept = [
            name for name in archive.namelist() if name.endswith(".ipynb") and outputs(archive.read(name))
        ]
    assert kept == ["coordlab/_course/index.ipynb"]


def outputs(notebook: bytes) -> list[object]:
    """All outputs in a notebook."""
    return [each for cell in json.loads(notebook)["cells"] for each in cell.get("outputs", ())]


def test_links_of_the_readme_lead_somewhere_from_the_package_index(wheel):
    with ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        text = archive.read(name).decode()
    links = re.findall(r"(?:\]\(|src=\"|srcset=\")([^)\"]+)", text)
    assert len(links) > 30
    assert [link for link in links if not link.startswith(("https://", "#"))] == []


def test_one_place_names_the_repository():
    """And the version of the tag: pyproject.toml cannot read it from the package."""
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    project = tomllib.loads(text)["project"]
    assert project["urls"]["Homepage"] == repository.HOME
    assert project["version"] == coordlab.__version__
    named = re.findall(r"github(?:usercontent)?\.com/([\w./-]+)", text)
    assert {name.split("/")[1] for name in named} == {repository.NAME.split("/")[1]}
    assert {name.split("/")[0] for name in named} == {repository.NAME.split("/")[0]}
    assert set(re.findall(r"/(v\d[\d.]*\d)/", text)) == {repository.TAG}


def test_wheel_has_no_solutions(contents):
    assert [name for name in contents if not name.startswith("coordlab/")] == []
    assert [name for name in contents if {"tests", "solutions", "source"} & set(name.split("/"))] == []


def test_installed_wheel_imports_alone(wheel, tmp_path):
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "fresh"], check=True)
    python = tmp_path / "fresh" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", "--no-deps", wheel], check=True)
    probe = "import coordlab, json, sys; print(json.dumps([coordlab.__file__, sorted(sys.modules)]))"
    answer = subprocess.run(
        [python, "-I", "-c", probe], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    place, loaded = json.loads(answer.stdout)
    assert Path(place).is_relative_to(tmp_path / "fresh")
    assert {"ipywidgets", "matplotlib", "networkx", "pandas"} & set(loaded) == set()


def oldest() -> str:
    """The lower bounds in pyproject.toml, as constraints for pip."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    named = [
        Requirement(text) for text in (*project["dependencies"], *project["optional-dependencies"]["pandas"])
    ]
    return "\n".join(f"{each.name}{str(each.specifier).replace('>=', '==')}" for each in named)


FRAMES = "from coordlab import labs; trace = labs.bully().run.trace; trace.to_frame(), trace.to_graph()"
USES: list[list[str]] = [
    ["coordlab", "sweep", "bully", "-g", "agents=3,5", "--csv"],
    ["python", "-c", FRAMES],
    [
        "jupyter",
        "nbconvert",
        "--to=notebook",
        "--execute",
        "--stdout",
        str(next(NOTEBOOKS.glob("00*.ipynb"))),
    ],
]


@pytest.mark.whole
@pytest.mark.parametrize(("python", "constraints"), [(min, oldest()), (max, "")], ids=["oldest", "newest"])
def test_a_reader_may_have_the_oldest_or_the_newest_of_everything(wheel, tmp_path, python, constraints):
    """The oldest Python here with the lower bounds, and the newest with what pip chooses today."""
    version = python(interpreters())
    if constraints and version >= (3, 12):
        missing("the oldest releases are made for Python 3.11, which is not installed")
    (tmp_path / "constraints").write_text(constraints, "utf-8")
    subprocess.run([interpreters()[version], "-m", "venv", tmp_path / "fresh"], check=True)
    programs = tmp_path / "fresh" / "bin"
    pip = [programs / "python", "-m", "pip", "install", "-q", "-c", tmp_path / "constraints"]
    subprocess.run([*pip, f"{wheel}[pandas]"], check=True)
    alone = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    for program, *words in USES:
        command = [programs / program, *words]
        done = subprocess.run(command, cwd=tmp_path, env=alone, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


@pytest.mark.whole
def test_what_checks_packages_finds_nothing(wheel, tmp_path):
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "fresh"], check=True)
    programs = tmp_path / "fresh" / "bin"
    tools = ["check-wheel-contents", "pyroma", "twine"]
    subprocess.run([programs / "python", "-m", "pip", "install", "-q", *tools], check=True)
    subprocess.run([programs / "check-wheel-contents", wheel], check=True)
    subprocess.run([programs / "twine", "check", "--strict", wheel], check=True)
    subprocess.run([programs / "pyroma", "--min", "10", ROOT], check=True)
