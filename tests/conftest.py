"""What every test may count on: the tools outside Python, the same weather each time, room beside others."""

import asyncio
import gc
import os
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from typing import Any, NoReturn

import hypothesis
import pytest

from tests import sampling, sizes
from tests.browser import chrome  # noqa: F401  (a fixture)

# Figures are drawn without a screen; said here, before anything imports pyplot.
os.environ.setdefault("MPLBACKEND", "Agg")

# Workers, kernels and other Pythons share what is compiled, though the machine may say that nobody writes it.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# As mypy: what a checker objects to must change when we say so.
TYPESCRIPT = "typescript@5.9.3"
AXE = "axe-core@4.11.0"

# A shared machine may be slow at any moment; CI must not find on Tuesday what it missed on Monday.
whole = hypothesis.settings(deadline=None, derandomize="CI" in os.environ)
hypothesis.settings.register_profile("whole", whole)
hypothesis.settings.register_profile("slow", whole, max_examples=50)
hypothesis.settings.register_profile("quick", whole, max_examples=25)

CHROMES = (
    *("chromium", "google-chrome", "chrome"),
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
)


def tool(package: str, *names: str) -> str:
    """The path of the first program there is of these `names`.

    Without any, a test is skipped by name at home, and fails in CI.
    """
    if path := next(filter(None, map(shutil.which, names)), None):
        return path
    return missing(f"{names[0]} is not installed; on Debian: sudo apt install {package}")


def missing(why: str) -> NoReturn:
    """What a test needs is not there."""
    pytest.fail(why) if "CI" in os.environ else pytest.skip(why)


@pytest.fixture(scope="session")
def node() -> str:
    """The path of node, for the tests of the player's JavaScript: `node --test`."""
    return tool("nodejs", "node")


@pytest.fixture(scope="session")
def tsc(node: str) -> list[str]:
    """The command of TypeScript, for the types of the player's JavaScript.  npm keeps it in its cache."""
    command = [
        tool("npm", "npm"),
        "exec",
        "--yes",
        "--prefer-offline",
        f"--package={TYPESCRIPT}",
        "--",
        "tsc",
    ]
    got = subprocess.run([*command, "--version"], capture_output=True, text=True, check=False, timeout=300)
    return missing(f"npm cannot get {TYPESCRIPT}: {got.stderr}") if got.returncode else command


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The script of axe-core, which finds what keeps people from using a page.  npm keeps it in its cache."""
    folder = tmp_path_factory.mktemp("axe")
    command = [tool("npm", "npm"), "pack", "--silent", "--prefer-offline", AXE]
    got = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, cwd=folder)
    if got.returncode:
        missing(f"npm cannot get {AXE}: {got.stderr}")
    with tarfile.open(folder / got.stdout.strip()) as package:
        script = package.extractfile("package/axe.min.js")
        assert script
        return script.read().decode()


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Chromium or Chrome, for the tests marked `browser`."""
    return tool("chromium", *CHROMES)


def pytest_addoption(parser: pytest.Parser) -> None:
    """How much is run: see the markers in pyproject.toml, and `tests/sampling.py`."""
    parser.addoption("--slow", action="store_true", help="run slow tests too, and more of sampled tests")
    parser.addoption("--all", action="store_true", help="run every test, and sampled tests in full")


def pytest_configure(config: pytest.Config) -> None:
    """Widen the choice of tests and the samples, if asked to."""
    sampling.whole = config.getoption("--all")
    sampling.slow = sampling.whole or config.getoption("--slow")
    hypothesis.settings.load_profile("whole" if sampling.whole else "slow" if sampling.slow else "quick")
    if sampling.slow:
        config.option.markexpr = "" if sampling.whole else "not whole"
        if not hasattr(config, "workerinput"):
            config.pluginmanager.register(Clock(config))


class Clock:
    """Tells once a minute how many tests have run and how long that took."""

    def __init__(self, config: pytest.Config) -> None:
        self.config, self.began, self.minutes, self.run = config, time.monotonic(), 0, 0

    def pytest_runtest_logfinish(self) -> None:
        self.run += 1
        if time.monotonic() - self.began >= 60 * (self.minutes + 1):
            self.minutes = int((time.monotonic() - self.began) / 60)
            reporter = self.config.pluginmanager.get_plugin("terminalreporter")
            reporter.write_line(f"coordlab: {self.run:,} tests in {self.minutes} min")


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With `-n`, a file goes to one worker with its fixtures or its kernel, and so do all browser tests."""
    from xdist.scheduler import LoadFileScheduling

    tests = (config.rootpath / "tests").rglob("test_*.py")
    browser = {path for path in tests if "pytest.mark.browser" in path.read_text("utf-8")}

    class Scheduler(LoadFileScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            file = super()._split_scope(nodeid)
            return "browser" if config.rootpath / file in browser else str(file)

    config.option.loadscopereorder = False  # the workers put what takes longest first
    return Scheduler(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Slow tests run without coverage, which doubles their time.

    Workers begin with what takes longest, so that none of them is left with a long file at the end.
    """
    for item in items:
        if any(map(item.get_closest_marker, ("slow", "whole"))):
            item.add_marker("no_cover")
    if hasattr(config, "workerinput"):
        long = {item.path for item in items if any(map(item.get_closest_marker, ("browser", "slow")))}
        items.sort(key=lambda item: item.path not in long and item.path.suffix != ".ipynb")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[object]:
    """What is imported stays: the collector of cycles need not look at it, neither now nor later."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[object]:
    """Measure nothing of a test without coverage: in a worker pytest-cov measures twice, and stops once."""
    measuring = sys.modules.get("coverage") if item.get_closest_marker("no_cover") else None
    stopped = list[Any]()
    while measuring and (current := measuring.Coverage.current()) is not None:
        current.stop()
        stopped.append(current)
    try:
        return (yield)
    finally:
        for each in reversed(stopped):
            each.start()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Playwright keeps an event loop running in this thread: hide it from all but browser tests."""
    loop = None if item.get_closest_marker("browser") else asyncio._get_running_loop()
    if loop is None:
        return (yield)
    asyncio._set_running_loop(None)
    try:
        return (yield)
    finally:
        asyncio._set_running_loop(None if loop.is_closed() else loop)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """After all tests: what some of them have measured, and how large the project has become."""
    reports = [each for some in terminalreporter.stats.values() for each in some]
    pairs = [pair for each in reports for pair in getattr(each, "user_properties", ())]
    if told := [str(what) for name, what in pairs if name == "told"]:
        terminalreporter.section("measured")
        terminalreporter.write("\n".join([*dict.fromkeys(told), ""]))
    if sampling.slow:
        terminalreporter.section("sizes")
        for row in sizes.report():
            terminalreporter.write_line(row)
