"""The contents of the wheel: the whole package and course, without tests or solutions."""

import json
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from coordlab.widgets import joined

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
    """The paths of the notebooks in the wheel."""
    return {f"coordlab/_course/{path.name}" for path in (ROOT / "notebooks").glob("*.ipynb")}


def test_wheel_has_every_module(contents):
    assert {name for name in contents if name.endswith(".py")} == modules()


def test_wheel_has_the_player_and_the_types(contents):
    player = {f"coordlab/widgets/player/{name}" for name in ("player.css", *joined.sources())}
    page = {f"coordlab/widgets/page.{kind}" for kind in ("html", "js")}
    assert player | page | {"coordlab/py.typed"} <= contents


def test_wheel_has_the_course_without_its_screenshots(contents):
    assert notebooks()
    assert [name for name in contents if name.endswith((".png", ".svg"))] == []
    assert {name for name in contents if name.endswith(".ipynb")} == notebooks()


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
