"""What every test may count on: the tools outside Python, and the same weather each time."""

import os
import shutil

import hypothesis
import pytest

from tests.browser import chrome  # noqa: F401  (a fixture)

# Figures are drawn without a screen; said here, before anything imports pyplot.
os.environ.setdefault("MPLBACKEND", "Agg")

# A shared machine may be slow at any moment; CI must not find on Tuesday what it missed on Monday.
hypothesis.settings.register_profile("coordlab", deadline=None, derandomize="CI" in os.environ)
hypothesis.settings.load_profile("coordlab")


def tool(name: str, package: str) -> str:
    """The path of the program `name`.  Without it a test is skipped by name at home, and fails in CI."""
    if path := shutil.which(name):
        return path
    absent = f"{name} is not installed; on Debian: sudo apt install {package}"
    return pytest.fail(absent) if "CI" in os.environ else pytest.skip(absent)


@pytest.fixture(scope="session")
def node() -> str:
    """The path of node, for the tests of the player's JavaScript: `node --test`."""
    return tool("node", "nodejs")


@pytest.fixture(scope="session")
def npm() -> str:
    """The path of npm, which gets the type checker for the player's JavaScript."""
    return tool("npm", "npm")


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Chromium, for the tests marked `browser`."""
    return tool("chromium", "chromium")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last: from the first on, playwright keeps an event loop running in this thread."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)
