"""Start from a checkout, with only Python installed: make an environment, then open the course or test it.

    python3 -m coordlab.start lab           open the course in JupyterLab; options go on to `coordlab lab`
    python3 -m coordlab.start test          check the project: everything, with samples of what is random
    python3 -m coordlab.start test --quick  only what takes a minute or two
    python3 -m coordlab.start test --all    the samples in full, and environments that must be installed first

On Windows, `py -m coordlab.start lab`.  The environment is the folder .venv of the checkout, or the folder
that --venv names; the Python of your system is not changed.  The first start downloads a few hundred
megabytes; later ones install nothing unless pyproject.toml has changed.  `lab` opens a copy of the notebooks
for you to write in; `test` checks the notebooks in the index of git.  This module imports the standard
library only, because nothing else is installed yet.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST = (3, 11)
NEEDS = {"lab": ".", "test": ".[test]"}
WINDOWS = os.name == "nt"

# Prints the version of a Python, and whether it can make environments.  It runs in Python 2 as well.
PROBE = """
import sys
try:
    import ensurepip, venv
    able = 1
except ImportError:
    able = 0
print("%d %d %d %d" % (sys.version_info[:3] + (able,)))
"""

# The files to check: those of the project, not what a learner or a tool has added.
NOTEBOOKS, EXERCISES = "notebooks", "exercises/release"  # whose outputs are compared
CODE = (".ci", "coordlab", "tests")
PROSE = (
    *(*CODE, ".github", "binder", NOTEBOOKS, EXERCISES, "pyproject.toml"),
    *("CHANGELOG.md", "CITATION.cff", "CODE_OF_CONDUCT.md", "CONTRIBUTING.md", "README.md", "SECURITY.md"),
)
LINT = (
    ("ruff", "check", "--config=pyproject.toml", *CODE, NOTEBOOKS),
    ("ruff", "format", "--check", *CODE),
    ("codespell_lib", *PROSE),
    ("mypy", "--strict", "coordlab"),
)
TESTS = ("pytest", "-n=logical", "--durations=20", "tests", "coordlab", "README.md")
REST = (
    *("--cov=coordlab", "--cov-report=term"),
    *("-pnbval", "--nbval", "--nbval-current-env", "--nbval-cell-timeout=60", NOTEBOOKS, EXERCISES),
)
CHECKS = {
    "--quick": (*LINT, TESTS),
    "": (*LINT, (*TESTS, "--slow", *REST)),
    "--all": (*LINT, (*TESTS, "--all", *REST)),
}


class StartError(Exception):
    """A start that failed: what is wrong, what is needed, and what to type instead."""

    def __init__(self, wrong: str, needed: str, remedy: str) -> None:
        super().__init__("\n".join((wrong, needed, remedy)))


@dataclass(frozen=True)
class Environment:
    """The virtual environment in the folder `home`, for the checkout in the folder `root`."""

    root: Path
    home: Path

    def program(self, name: str) -> Path:
        """The path of a program in the environment."""
        return self.home / ("Scripts" if WINDOWS else "bin") / (f"{name}.exe" if WINDOWS else name)

    @property
    def python(self) -> Path:
        """The path of its Python interpreter."""
        return self.program("python")

    @property
    def works(self) -> bool:
        """Whether its interpreter runs and has pip; an interrupted start may have left it incomplete."""
        return (
            self.python.is_file()
            and not subprocess.run(
                [self.python, "-m", "pip", "--version"], capture_output=True, check=False
            ).returncode
        )

    def has(self, needs: str) -> bool:
        """Whether `needs` is installed as pyproject.toml now declares it; `.[test]` includes `.`."""
        if not (self._receipt.is_file() and self.python.is_file()):
            return False
        receipt = self._receipt.read_text("utf-8")
        return any(receipt == self._state(more) for more in NEEDS.values() if more.startswith(needs))

    def make(self, base: str) -> None:
        """Create the environment with the interpreter `base`, unless it works already.

        Raises StartError if `home` holds anything else, or if `base` cannot create it.
        """
        if self.works:
            return
        self._claim()
        version = version_of(base)
        say(f"making {self.home} with Python {version}")
        if call([base, "-m", "venv", "--clear", self.home]):
            raise StartError(
                f"Python {version} ({base}) could not make {self.home}; its output is above.",
                "An environment needs a folder that you may write to, and about 1 GB.",
                "Name another folder: --venv FOLDER, or another Python: --python PROGRAM",
            )

    def install(self, needs: str) -> None:
        """Install the checkout in editable mode, with `needs`, and write a receipt; or raise StartError."""
        say(f"installing {needs!r} and what it requires (takes minutes the first time)")
        self._receipt.unlink(missing_ok=True)
        pip = [str(self.python), "-m", "pip", "--disable-pip-version-check"]
        if quietly([*pip, "install", "--editable", needs], cwd=self.root):
            raise StartError(
                f"pip could not install {needs!r}; its output is above.",
                "It needs the network (or your proxy or mirror in pip's settings) and about 1 GB.",
                "Then type the same command again.",
            )
        self._receipt.write_text(self._state(needs), "utf-8")

    def _claim(self) -> None:
        taken = self.home.is_file() or (self.home.is_dir() and any(self.home.iterdir()))
        if taken and not (self.home / "pyvenv.cfg").is_file():
            raise StartError(
                f"{self.home} exists already and is not a virtual environment.",
                "An environment needs a folder of its own, new or empty.",
                "Name another: --venv FOLDER",
            )

    @property
    def _receipt(self) -> Path:
        return self.home / "coordlab-installed.txt"

    def _state(self, needs: str) -> str:
        """The content of a receipt.  It depends on pyproject.toml, and on the paths that an install keeps."""
        places = f"\n{self.root}\n{self.home}".encode()
        return f"{hashlib.sha256((self.root / 'pyproject.toml').read_bytes() + places).hexdigest()} {needs}"


def version_of(base: str) -> str:
    """The version of the interpreter `base`, or StartError if it is too old or cannot make environments."""
    *version, able = probe(base)
    name = ".".join(map(str, version))
    if tuple(version) < OLDEST:
        raise StartError(
            f"{base} is Python {name}.",
            "coordlab needs Python 3.11 or newer.",
            "Install one (https://www.python.org/downloads/) or name one: --python python3.12",
        )
    if not able:
        raise StartError(
            f"Python {name} ({base}) cannot make virtual environments.",
            "Its modules venv and ensurepip are missing; Debian and Ubuntu have them in a separate package.",
            "Type `sudo apt install python3-venv`, or name another Python: --python PROGRAM",
        )
    return name


def probe(base: str) -> list[int]:
    """Major, minor and micro version of `base`, then 1 if it can make environments, else 0; or StartError."""
    try:
        answer = subprocess.run([base, "-c", PROBE], capture_output=True, text=True, check=True)
        return [int(number) for number in answer.stdout.split()]
    except (OSError, ValueError, subprocess.CalledProcessError) as failure:
        raise StartError(
            f"{base!r} does not run as Python: {failure}",
            "coordlab needs a Python interpreter, 3.11 or newer.",
            "Name one: --python PROGRAM, or in the variable PYTHON",
        ) from None


def call(
    command: Sequence[str | Path], cwd: Path | None = None, variables: Mapping[str, str] | None = None
) -> int:
    """Run `command` to its end and return its exit status; the command handles Ctrl-C."""
    with subprocess.Popen(command, cwd=cwd, env=variables) as child:
        while True:
            try:
                return child.wait()
            except KeyboardInterrupt:
                continue


def quietly(command: Sequence[str | Path], cwd: Path) -> int:
    """As `call`, but only the latest line of output is shown, and on a terminal only; errors remain."""
    with subprocess.Popen(command, cwd=cwd, stdout=subprocess.PIPE) as child:
        while True:
            try:
                for line in child.stdout or ():
                    progress(line.decode(errors="replace").strip())
                progress("")
                return child.wait()
            except KeyboardInterrupt:
                continue


def progress(latest: str) -> None:
    """On a terminal, show the latest step in place of the one before."""
    if sys.stdout.isatty():
        room = shutil.get_terminal_size().columns - 1
        print(f"\r{latest[:room]:{room}}", end="" if latest else "\r", flush=True)


def say(news: str) -> None:
    """Print what happens now."""
    print(f"coordlab: {news}", flush=True)


def open_lab(environment: Environment, rest: Sequence[str]) -> int:
    """Run `coordlab lab`, and return its exit status."""
    return call([environment.program("coordlab"), "lab", *rest], cwd=environment.root)


def check(environment: Environment, extent: str = "") -> int:
    """Run the checks of an extent, even after one has failed; list those that failed, and return 1 if any."""
    folder, began, failed = committed(environment.root), time.monotonic(), list[str]()
    for number, tool in enumerate(CHECKS[extent], 1):
        minutes, seconds = divmod(int(time.monotonic() - began), 60)
        say(f"{number} of {len(CHECKS[extent])}, after {minutes}:{seconds:02} min: {' '.join(tool)}")
        if not passes(environment, tool, folder):
            failed.append(" ".join(tool))
    if failed:
        say("these checks failed:\n  " + "\n  ".join(failed))
    return 1 if failed else 0


def committed(root: Path) -> Path:
    """A folder with the notebooks and exercises in the index of git; without git, the checkout.

    So those that a learner has changed or added are not checked.
    """
    place = root / "build" / "committed"
    shutil.rmtree(place, ignore_errors=True)
    listed = git(root, "ls-files", "-z", NOTEBOOKS, EXERCISES)
    git(root, "checkout-index", "-z", "--stdin", f"--prefix={place}/", given=listed)
    if changed := git(root, "ls-files", "--modified", "--others", "--exclude-standard", NOTEBOOKS, EXERCISES):
        say(f"not checked, because not in the index of git (`git add`):\n{changed.decode()}")
    return place if listed else root


def git(root: Path, *words: str, given: bytes = b"") -> bytes:
    """The output of git in the folder `root`; empty if that is not a repository, or git is not installed."""
    try:
        return subprocess.run(["git", *words], cwd=root, input=given, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return b""


def passes(environment: Environment, tool: Sequence[str], folder: Path) -> bool:
    """Whether `tool`, the name of a module and its arguments, succeeds with what is checked in a folder."""
    words = (str(folder / word) if word in (NOTEBOOKS, EXERCISES) else word for word in tool)
    status = call(
        [environment.python, "-m", *words],
        environment.root,
        {**os.environ, "COORDLAB_NOTEBOOKS": str(folder / NOTEBOOKS)},
    )
    if status:
        say(f"{tool[0]} failed (exit status {status})")
    return status == 0


def arguments(words: Sequence[str] | None) -> tuple[argparse.Namespace, list[str]]:
    """The parsed arguments, and those for `coordlab lab`."""
    parser = argparse.ArgumentParser(
        prog="python3 -m coordlab.start",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("command", choices=NEEDS)
    parser.add_argument("--venv", type=Path, default=ROOT / ".venv", metavar="FOLDER")
    parser.add_argument("--python", default=os.environ.get("PYTHON") or sys.executable, metavar="PROGRAM")
    asked, rest = parser.parse_known_args(words)
    if asked.command == "test" and " ".join(rest) not in CHECKS:
        parser.error(
            f"test takes --quick or --all, not {' '.join(rest)!r}; for some of the tests, run pytest"
        )
    return asked, rest


def main(words: Sequence[str] | None = None) -> int:
    """Prepare the environment if necessary, then run the command; return the exit status."""
    asked, rest = arguments(words)
    environment = Environment(ROOT, asked.venv.expanduser().resolve())
    needs = NEEDS[asked.command]
    try:
        if not environment.has(needs):
            environment.make(asked.python)
            environment.install(needs)
    except StartError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return open_lab(environment, rest) if asked.command == "lab" else check(environment, "".join(rest))


if __name__ == "__main__":
    sys.exit(main())
