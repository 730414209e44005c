"""A real browser for tests: Debian's Chromium, driven by playwright."""

from __future__ import annotations

import asyncio
import pathlib
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import sync_playwright


@pytest.fixture(scope="session")
def chrome(chromium: str) -> Iterator[Any]:
    """One browser for all tests of a session."""
    with sync_playwright() as driver:
        loop = asyncio.get_running_loop()
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        asyncio._set_running_loop(loop)  # a test that is not of the browser may have come last
        browser.close()


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
