"""A real browser and a real JupyterLab for tests, and a measure of how fast the browser is at the moment."""

from __future__ import annotations

import asyncio
import os
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import sync_playwright

from tests.pythons import PROJECT

IDLE = "window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
# The time (ms) from a key press to the frame after the player has drawn the new run.
PRESS = """
async ([key, keyCode]) => {
  const player = document.querySelector('.cl-player'), before = player.dataset.version;
  const press = new KeyboardEvent('keydown', { key, keyCode, bubbles: true, cancelable: true });
  const began = performance.now();
  document.activeElement.dispatchEvent(press);
  while (player.dataset.version === before) await new Promise(requestAnimationFrame);
  return performance.now() - began;
}
"""
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}

# A fixed piece of work like the player's: lines, texts and a table.  About 10 ms on an idle machine.
WORKLOAD = """
() => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 1200, height: 600 });
  const ctx = canvas.getContext("2d"), sums = new Map(), began = performance.now();
  for (let i = 0; i < 1000; i++) {
    ctx.strokeStyle = `hsl(${i % 360} 80% 40%)`;
    ctx.beginPath();
    ctx.moveTo(i % 1200, i % 600);
    ctx.lineTo((i * 7) % 1200, (i * 13) % 600);
    ctx.stroke();
    ctx.fillText(`event ${i}`, (i * 3) % 1200, (i * 5) % 600);
    sums.set(`agent ${i % 97}`, (sums.get(`agent ${i % 97}`) ?? 0) + i);
  }
  return performance.now() - began;
}
"""


# What axe-core objects to below an element, each with its place.
OBJECTIONS = """
async ([within, serious]) => (await axe.run(within)).violations
  .filter(({ impact }) => !serious || ["serious", "critical"].includes(impact))
  .flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary: why }) => `${id}: ${target}: ${why}`))
"""


def objections(page: Any, axe: str, within: str = "body", serious: bool = False) -> list[str]:
    """What axe-core, whose script is `axe`, finds wrong in a part of a page, at all or only if `serious`."""
    page.evaluate(f"() => {{ window.axe ?? (() => {{ {axe} }})() }}")
    found: list[str] = page.evaluate(OBJECTIONS, [within, serious])
    return found


class Pace:
    """How long the fixed workload takes in a page, measured beside what a test measures there.

    A slow or busy machine slows both down, so a test compares the two.
    """

    def __init__(self, page: Any) -> None:
        self.page, self.samples = page, list[float]()

    def sample(self, times: int = 3) -> None:
        """Run the workload this many times."""
        self.samples += [self.page.evaluate(WORKLOAD) for _ in range(times)]

    def check(self, what: str, took: float, least: float, share: float) -> None:
        """Fail if `took` (ms) is longer than both `least` (ms) and `share` workloads."""
        workload = statistics.median(self.samples)
        assert took < max(least, share * workload), (
            f"{what} took {took:.1f} ms; at most {least:g} ms or {share:g} workloads of {workload:.1f} ms "
            f"({', '.join(f'{each:.1f}' for each in self.samples)})"
        )


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

    def __init__(self, browser: Any, path: Path, **context: Any) -> None:
        self.context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **context})
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda word: self.complaints.append(word.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(path.as_uri())

    def close(self) -> None:
        self.context.close()


def write_notebook(path: Path, *cells: str) -> None:
    """Write a notebook with these cells."""
    import nbformat  # takes seconds: not while tests are collected

    sources = [nbformat.v4.new_code_cell(cell) for cell in cells]
    nbformat.write(nbformat.v4.new_notebook(cells=sources, metadata=KERNEL), path)


def free_port() -> int:
    """A port that nobody uses at the moment."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def jupyterlab(folder: Path, own: Path, *options: str, python_path: Path = PROJECT) -> Iterator[str]:
    """The address of a JupyterLab on a free port, as `coordlab lab` starts it.

    folder: its notebooks.
    own: where its settings are kept, and its log.
    """
    port = free_port()
    environment = {**os.environ, "PYTHONPATH": str(python_path), "IPYTHONDIR": str(own / "ipython")}
    for name in ("CONFIG", "DATA", "RUNTIME"):
        environment[f"JUPYTER_{name}_DIR"] = str(own / name)
    for name in ("WORKSPACES", "SETTINGS"):
        environment[f"JUPYTERLAB_{name}_DIR"] = str(own / name)
    command = [
        *(sys.executable, "-m", "coordlab", "lab", f"--folder={folder}", *options),
        *("--no-browser", "--allow-root", f"--port={port}", "--ServerApp.port_retries=0"),
        *("--expose-app-in-browser", "--IdentityProvider.token="),
    ]
    address, end = f"http://127.0.0.1:{port}", time.monotonic() + 300
    with (own / "log").open("w") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=own)
        try:
            while not _answers(address):
                over = server.poll() is not None or time.monotonic() > end
                assert not over, (own / "log").read_text()
                time.sleep(0.05)
            yield address
        finally:
            server.terminate()
            server.wait(30)


def _answers(address: str) -> bool:
    try:
        return bool(urllib.request.urlopen(f"{address}/api", timeout=1))
    except OSError:
        return False
