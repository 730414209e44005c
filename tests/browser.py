"""A real browser for tests: Debian's Chromium, driven by playwright."""

from __future__ import annotations

import os
import pathlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

ABSENT = "no browser: install Chromium (Debian: apt-get install chromium) and pip install playwright"


@contextmanager
def launch() -> Iterator[Any]:
    """A running browser.  Where there is none: a failure in CI, elsewhere a skip that says how to get one."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        path = None
    if path is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(ABSENT)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def chrome() -> Iterator[Any]:
    """One browser for all tests of a session."""
    with launch() as browser:
        yield browser


class Visit:
    """A page opened from a file, with what it complained about and what it asked the network for."""

    def __init__(self, browser: Any, path: pathlib.Path, **context: Any) -> None:
        self.context = browser.new_context(viewport={"width": 1280, "height": 900}, **context)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda word: self.complaints.append(word.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(path.as_uri())

    def close(self) -> None:
        self.context.close()
