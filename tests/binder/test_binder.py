"""Binder: how its builder reads the folder binder/, and whether that environment opens the course."""

import json
import os
import re
import subprocess
import sys
import time
import tomllib
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.browser import free_port
from tests.committed import NOTEBOOKS
from tests.conftest import missing
from tests.pythons import interpreters

ROOT = Path(__file__).resolve().parents[2]
BINDER = ROOT / "binder"


def pins() -> dict[str, Requirement]:
    lines = (BINDER / "requirements.txt").read_text("utf-8").splitlines()
    found = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(pin.name): pin for pin in found}


def version(pin: Requirement) -> str:
    return str(pin.specifier).removeprefix("==")


def declared() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return [Requirement(text) for text in project["dependencies"]]


def first_notebook() -> Path:
    (found,) = NOTEBOOKS.glob("00*.ipynb")
    return found


# --- the files ---------------------------------------------------------------------------------------


def test_every_pin_is_exact():
    """So that every learner gets the same versions."""
    assert [str(pin) for pin in pins().values() if not re.fullmatch(r"==[\w.]+", str(pin.specifier))] == []


@pytest.mark.parametrize("requirement", declared(), ids=lambda requirement: requirement.name)
def test_pins_satisfy_pyproject(requirement):
    pin = pins().get(canonicalize_name(requirement.name))
    assert pin is not None, f"{requirement.name} is not in binder/requirements.txt"
    assert requirement.specifier.contains(version(pin))


def test_python_is_one_that_the_project_supports():
    runtime = (BINDER / "runtime.txt").read_text("utf-8").strip()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    supported = {text.rpartition(" ")[2] for text in project["classifiers"] if ":: Python :: 3." in text}
    assert runtime.removeprefix("python-") in supported


def test_nothing_overrides_the_pins():
    """The builder would ignore requirements.txt if there were an environment.yml."""
    assert sorted(path.name for path in BINDER.iterdir()) == ["postBuild", "requirements.txt", "runtime.txt"]


@pytest.mark.parametrize("path", sorted(BINDER.iterdir()), ids=lambda path: path.name)
def test_files_have_unix_line_ends(path):
    assert b"\r" not in path.read_bytes()


def test_post_build_is_a_bash_script():
    script = BINDER / "postBuild"
    assert script.read_bytes().startswith(b"#!/bin/bash\n")
    assert os.access(script, os.X_OK)
    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0


# --- the builder -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def dry_run() -> subprocess.CompletedProcess[str]:
    """The output of Binder's builder, which without --build only prints what it would do."""
    command = [sys.executable, "-m", "repo2docker", "--no-build", "--debug", "."]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)


@pytest.mark.slow
def test_builder_uses_the_python_of_runtime_txt(dry_run):
    runtime = (BINDER / "runtime.txt").read_text("utf-8").strip().replace("-", "=")
    assert f"environment for {runtime}\n" in dry_run.stderr


@pytest.mark.slow
def test_builder_caches_packages_across_commits(dry_run):
    """Packages are installed before the sources are copied; postBuild installs coordlab after that."""
    lines = dry_run.stdout.splitlines()

    def position(pattern):
        return next(number for number, line in enumerate(lines) if re.search(pattern, line))

    packages = position(r"pip install .*binder/requirements\.txt")
    assert packages < position(r"^COPY .*src/ ") < position(r"^RUN .*binder/postBuild")


# --- the environment ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def image(tmp_path_factory) -> Path:
    """The folder of programs of a new environment that is made as Binder makes its image.

    Binder takes the newest release of the Python in runtime.txt, and so does this.
    """
    minor = (BINDER / "runtime.txt").read_text("utf-8").strip().removeprefix("python-")
    found = [version for version in interpreters() if version[:2] == tuple(map(int, minor.split(".")))]
    newest = max(found) if found else missing(f"Binder's Python is {minor}, and none is installed here")
    programs = tmp_path_factory.mktemp("binder") / "image" / "bin"
    subprocess.run([interpreters()[newest], "-m", "venv", programs.parent], check=True)
    pip = [programs / "python", "-m", "pip", "install", "-q", "-r", "binder/requirements.txt"]
    done = subprocess.run(pip, cwd=ROOT, capture_output=True, text=True, check=False)
    if needs := re.search(r"Requires-Python (\S+)", done.stderr):
        missing(f"a pin of Binder needs Python {needs[1]}; the newest {minor} here is {newest}")
    assert done.returncode == 0, done.stderr
    subprocess.run([BINDER / "postBuild"], cwd=ROOT, env=within(programs), check=True)
    return programs


def within(programs: Path) -> dict[str, str]:
    """The variables of a shell in which the environment of `programs` is active."""
    return os.environ | {"PATH": f"{programs}:{os.environ['PATH']}", "JUPYTER_PLATFORM_DIRS": "1"}


@pytest.mark.whole
def test_pins_are_complete(image):
    """All installed packages are pinned, and they are compatible."""
    freeze = [image / "python", "-m", "pip", "freeze", "-q", "--exclude", "coordlab"]
    installed = subprocess.run(freeze, capture_output=True, text=True, check=True).stdout.splitlines()
    assert sorted(installed) == sorted(map(str, pins().values()))
    assert subprocess.run([image / "python", "-m", "pip", "check"], check=False).returncode == 0


@pytest.mark.whole
def test_server_opens_the_home_page(image, tmp_path):
    with server(image, tmp_path) as address:
        page = urllib.request.urlopen(address, timeout=30)
        data = re.search(r"jupyter-config-data[^>]*>(.*?)</script>", page.read().decode(), re.DOTALL)
    configuration = json.loads(data[1])
    assert page.url.partition("?")[0] == f"{address}lab/tree/notebooks/index.ipynb"
    assert "@jupyterlab/apputils-extension:announcements" in configuration["disabledExtensions"]


@contextmanager
def server(programs: Path, home: Path) -> Iterator[str]:
    """The address of JupyterLab in that environment, on a free port, with separate settings."""
    port = free_port()
    options = ["--no-browser", "--allow-root", "--IdentityProvider.token=", f"--ServerApp.port={port}"]
    env = within(programs) | {"JUPYTER_CONFIG_DIR": str(home), "JUPYTER_RUNTIME_DIR": str(home)}
    process = subprocess.Popen([programs / "jupyter", "lab", *options], cwd=ROOT, env=env)
    try:
        yield await_page(f"http://127.0.0.1:{port}/", process)
    finally:
        process.terminate()
        process.wait()


def await_page(address: str, process: subprocess.Popen[bytes]) -> str:
    """The address, as soon as it answers."""
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"{address}api", timeout=5).close()
        except URLError:
            time.sleep(0.2)
        else:
            return address
    return pytest.fail(f"no answer from {address}; exit status {process.poll()}")


@pytest.mark.whole
def test_first_notebook_runs_there(image):
    """With the pinned packages only."""
    run = [image / "jupyter", "nbconvert", "--to", "notebook", "--execute", "--stdout", first_notebook()]
    done = subprocess.run(run, env=within(image), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
