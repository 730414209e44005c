"""The bully lab in other front ends than JupyterLab: its picture comes, and a slider is moved by a key."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest

from tests.browser import IDLE, free_port, write_notebook
from tests.pythons import PROJECT

pytestmark = [pytest.mark.browser, pytest.mark.slow]

RUN_ALL = "void window.jupyterapp.commands.execute('notebook:run-all-cells')"


@contextmanager
def served(folder: Path, *command: str) -> Iterator[str]:
    """The address of a server that `command` starts in a folder, with separate settings."""
    port = free_port()
    own = {f"JUPYTER_{name}_DIR": str(folder / name) for name in ("CONFIG", "DATA", "RUNTIME")}
    environment = {**os.environ, **own, "PYTHONPATH": str(PROJECT), "IPYTHONDIR": str(folder / "ipython")}
    words = [sys.executable, "-m", *command, "--no-browser", f"--port={port}"]
    address, end = f"http://127.0.0.1:{port}", time.monotonic() + 300
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(words, cwd=folder, env=environment, stdout=log, stderr=log)
        try:
            while time.monotonic() < end and process.poll() is None:
                try:
                    urllib.request.urlopen(address, timeout=60).close()
                except URLError:
                    time.sleep(0.2)
                else:
                    break
            assert process.poll() is None, (folder / "log").read_text("utf-8")
            yield address
        finally:
            process.terminate()
            process.wait()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_notebook(tmp_path / "lab.ipynb", "from coordlab import labs\n\nlabs.bully()")
    return tmp_path


def pressed(page: Any) -> list[str | None]:
    """The number of agents before and after an arrow key is pressed on its slider."""
    page.wait_for_selector(".cl-player[data-ready]", timeout=300_000)
    slider = page.locator(".cl-control [role=slider]").first
    page.wait_for_selector(".cl-control [role=slider][aria-label=agents]", timeout=100_000)
    values = [slider.get_attribute("aria-valuenow")]
    before = page.evaluate("document.querySelector('.cl-player').dataset.version")
    slider.press("ArrowRight")
    page.wait_for_function(
        f"document.querySelector('.cl-player').dataset.version !== '{before}'", timeout=100_000
    )
    return [*values, slider.get_attribute("aria-valuenow")]


def test_in_notebook_7_a_lab_is_whole_and_keeps_its_keys(chrome: Any, folder: Path) -> None:
    """It would show a long output in a small window, and use the arrows to walk through its headings."""
    options = ["notebook", "--allow-root", "--IdentityProvider.token=", "--expose-app-in-browser"]
    with served(folder, *options) as address:
        page = chrome.new_page()
        page.goto(f"{address}/notebooks/lab.ipynb")
        page.wait_for_function(IDLE, timeout=300_000)
        page.evaluate(RUN_ALL)
        values = pressed(page)
        area = page.locator(".jp-Cell-outputArea", has=page.locator(".cl-lab"))
        hidden = area.evaluate("area => area.scrollHeight - area.clientHeight")
        page.close()
    assert values == ["5.0", "6.0"]
    assert hidden <= 1


def test_in_voila_a_lab_fills_the_page_and_answers(chrome: Any, folder: Path) -> None:
    with served(folder, "voila", "lab.ipynb") as address:
        page = chrome.new_page()
        page.goto(address)
        values = pressed(page)
        page.close()
    assert values == ["5.0", "6.0"]
