"""The Pythons of this machine: what must be the same on each is asked of each."""

import os
import pathlib
import shutil
import subprocess
import sys
from functools import cache

PROJECT = pathlib.Path(__file__).parents[1]


@cache
def interpreters() -> dict[tuple[int, ...], str]:
    """The path of each Python from 3.11 on, by its version; the one that runs the tests comes first."""
    names = [f"python3.{minor}" for minor in range(11, 20)]
    installed = pathlib.Path.home().glob(".pyenv/versions/3.*/bin/python3")
    system = pathlib.Path("/usr/bin").glob("python3.[1-9][0-9]")  # also where a virtual environment hides it
    found: dict[tuple[int, ...], str] = {}
    for path in (
        sys.executable,
        *map(str, sorted((*installed, *system))),
        *filter(None, map(shutil.which, names)),
    ):
        command = [path, "-c", "import sys; print(*sys.version_info[:3])"]
        asked = subprocess.run(command, capture_output=True, text=True, check=False)
        version = tuple(map(int, asked.stdout.split()))
        if asked.returncode == 0 and version >= (3, 11):
            found.setdefault(version, path)
    return found


def pythons() -> dict[str, str]:
    """The path of one Python of each minor version, such as 3.11; the one that runs the tests first."""
    return {f"{version[0]}.{version[1]}": path for version, path in reversed(interpreters().items())}


def run_python(path: str, *arguments: str, seed: str = "0") -> subprocess.CompletedProcess[str]:
    """What another Python makes of these arguments, with `coordlab` at hand and every warning an error."""
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(PROJECT), "PYTHONDEVMODE": "0"}
    environment.pop("COVERAGE_PROCESS_CONFIG", None)  # that Python need not have coverage
    return subprocess.run(
        [path, "-W", "error", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env=environment,
    )
