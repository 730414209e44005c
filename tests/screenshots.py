"""Pictures of labs in a real JupyterLab, to be looked at: `python -m tests.screenshots FOLDER [LAB …]`.

Each lab in light and dark, 1440, 768 and 400 pixels wide.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbformat
from playwright.sync_api import sync_playwright

from coordlab import labs
from tests.pythons import PROJECT

WIDTHS, THEMES = (1440, 768, 400), {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
IDLE = "window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
COMMAND = "([name, options]) => void window.jupyterapp.commands.execute(name, options)"
CELL = """from coordlab import labs

lab = labs.{}()
for each in lab.spec.figures:
    lab.figure(each.question)
lab"""
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}


def write(path: Path, *cells: str) -> None:
    """Write a notebook."""
    sources = [nbformat.v4.new_code_cell(cell) for cell in cells]
    nbformat.write(nbformat.v4.new_notebook(cells=sources, metadata=KERNEL), path)


@contextmanager
def jupyter(folder: Path, own: Path, *options: str, python_path: Path = PROJECT) -> Iterator[str]:
    """The address of a JupyterLab on a free port, as `coordlab lab` starts it.

    folder: its notebooks.
    own: where its settings are kept, and its log.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
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


def pictures(browser: Any, address: str, name: str, out: Path) -> None:
    """Write the pictures of the lab in the notebook `name`."""
    page = browser.new_page(viewport={"width": WIDTHS[0], "height": 3000})
    page.goto(f"{address}/doc/tree/{name}.ipynb?reset")
    page.wait_for_function(IDLE, timeout=300_000)
    page.evaluate(COMMAND, ["notebook:run-all-cells", {}])
    page.wait_for_selector(".cl-player[data-version]", timeout=300_000)
    for width, (theme, title) in product(WIDTHS, THEMES.items()):
        page.set_viewport_size({"width": width, "height": 3000})
        page.evaluate(COMMAND, ["apputils:change-theme", {"theme": title}])
        page.wait_for_timeout(1500)
        lab = page.locator(".cl-lab").first
        lab.screenshot(path=out / f"{name}-{theme}-{width}.png")
    page.close()


def main(out: Path, names: list[str]) -> None:
    """Write all pictures into a folder."""
    out.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as temporary, sync_playwright() as driver:
        folder = Path(temporary) / "course"
        folder.mkdir()
        for name in names:
            write(folder / f"{name}.ipynb", CELL.format(name))
        browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        with jupyter(folder, Path(temporary)) as address:
            for name in names:
                pictures(browser, address, name, out)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:] or list(labs.NAMES))
