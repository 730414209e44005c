"""The bully lab in a real JupyterLab, as a learner uses it: run all, turn, click, undo."""

from __future__ import annotations

import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from coordlab import course

pytestmark = [pytest.mark.browser, pytest.mark.slow]

IDLE = "window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
PICTURE = "document.querySelector('.cl-stage canvas:not([hidden])').toDataURL()"
PLAYER = "document.querySelector('.cl-player')"
# How long a key press takes to show: from the press to the frame after the player has drawn the new run.
PRESS = """
async (key) => {
  const player = document.querySelector('.cl-player'), before = player.dataset.version;
  const handle = document.activeElement, began = performance.now();
  handle.dispatchEvent(new KeyboardEvent('keydown', { key, code: key, keyCode: key === 'ArrowRight' ? 39 : 37,
    bubbles: true, cancelable: true }));
  while (player.dataset.version === before) await new Promise(requestAnimationFrame);
  return performance.now() - began;
}
"""


@pytest.fixture(scope="module")
def course_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the notebooks, and one more with nothing but the lab."""
    folder = tmp_path_factory.mktemp("course")
    for notebook in sorted(course.CHECKOUT.glob("*.ipynb")):
        shutil.copy(notebook, folder)
    cells = [nbformat.v4.new_code_cell("from coordlab import labs\n\nlab = labs.bully()\nlab")]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), folder / "lab.ipynb")
    return folder


@pytest.fixture(scope="module")
def jupyter(course_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """JupyterLab as `coordlab lab` starts it, on a port and with settings of its own; its address."""
    own = tmp_path_factory.mktemp("jupyter")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folders = {"JUPYTER_CONFIG_DIR": "config", "JUPYTERLAB_WORKSPACES_DIR": "workspaces", "JUPYTER_DATA_DIR": "data",
               "JUPYTERLAB_SETTINGS_DIR": "settings", "JUPYTER_RUNTIME_DIR": "runtime", "IPYTHONDIR": "ipython"}
    environment = {**os.environ, **{name: str(own / folder) for name, folder in folders.items()}}
    subprocess.run([sys.executable, "-m", "jupyter", "labextension", "disable", "--level=user",
                    "@jupyterlab/apputils-extension:announcements"], env=environment, check=True, capture_output=True)
    first = next(iter(sorted(each.stem for each in course.CHECKOUT.glob("*.ipynb"))), None)
    start = ["-m", "coordlab", "lab", f"--chapter={first}"] if first else ["-m", "jupyterlab"]
    options = ["--no-browser", "--allow-root", f"--port={port}", "--ServerApp.port_retries=0", "--expose-app-in-browser",
               "--IdentityProvider.token=", f"--ServerApp.root_dir={course_folder}"]
    with (own / "log").open("w") as log:
        server = subprocess.Popen([sys.executable, *start, *options], env=environment, stdout=log, stderr=log, cwd=own)
        address = f"http://127.0.0.1:{port}"
        try:
            until(lambda: answers(address) or server.poll() is not None, within=90)
            assert server.poll() is None, (own / "log").read_text()
            yield address
        finally:
            server.terminate()
            server.wait(30)


def answers(address: str) -> bool:
    try:
        return bool(urllib.request.urlopen(f"{address}/api", timeout=1))
    except OSError:
        return False


def until(condition: Callable[[], object], within: float) -> None:
    end = time.monotonic() + within
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


class Notebook:
    """A notebook open in a browser, with what it complained about and whom it asked."""

    def __init__(self, browser: Any, address: str, name: str, width: int = 1400, **context: Any) -> None:
        self.context = browser.new_context(viewport={"width": width, "height": 1250}, **context)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda word: self.complaints.append(word.text) if word.type == "error" else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(f"{address}/lab/workspaces/{width}{Path(name).stem}/tree/{name}?reset")
        self.page.wait_for_function(IDLE, timeout=90_000)
        self.page.evaluate("void window.jupyterapp.commands.execute('notebook:run-all-cells')")
        self.page.wait_for_selector(".cl-player[data-ready]", timeout=90_000)

    def version(self) -> int:
        return int(self.page.evaluate(f"{PLAYER}.dataset.version"))

    def changed(self, act: Callable[[], object]) -> None:
        """Do something, and wait until the player shows another run."""
        before = self.version()
        act()
        self.page.wait_for_function(f"Number({PLAYER}.dataset.version) > {before}", timeout=20_000)

    def tabs(self) -> list[str]:
        return self.page.locator(".cl-player .cl-tab").all_inner_texts()

    def slider(self, name: str) -> Any:
        return self.page.locator(f".widget-inline-hbox[title^='{name}:'] .noUi-handle")

    def close(self) -> None:
        self.context.close()
