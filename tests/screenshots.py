"""Pictures of labs in a real JupyterLab, to be looked at: `python -m tests.screenshots FOLDER [LAB …]`.

Each lab in light and dark, 1440, 768 and 400 pixels wide.
"""

from __future__ import annotations

import shutil
import sys
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import sync_playwright

from coordlab import labs
from tests.browser import IDLE, jupyterlab, write_notebook
from tests.conftest import CHROMES

WIDTHS, THEMES = (1440, 768, 400), {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
COMMAND = "([name, options]) => void window.jupyterapp.commands.execute(name, options)"
CELL = """from coordlab import labs

lab = labs.{}()
for each in lab.spec.figures:
    lab.figure(each.question)
lab"""


def pictures(browser: Any, address: str, name: str, out: Path) -> None:
    """Write the pictures of the lab in the notebook `name`."""
    page = browser.new_page(viewport={"width": WIDTHS[0], "height": 5000})
    page.goto(f"{address}/doc/tree/{name}.ipynb?reset")
    page.wait_for_function(IDLE, timeout=300_000)
    page.evaluate(COMMAND, ["notebook:run-all-cells", {}])
    page.wait_for_selector(".cl-player[data-version]", timeout=300_000)
    for width, (theme, title) in product(WIDTHS, THEMES.items()):
        page.set_viewport_size({"width": width, "height": 5000})
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
            write_notebook(folder / f"{name}.ipynb", CELL.format(name))
        browser = driver.chromium.launch(
            executable_path=next(filter(None, map(shutil.which, CHROMES))), args=["--no-sandbox"]
        )
        with jupyterlab(folder, Path(temporary)) as address:
            for name in names:
                pictures(browser, address, name, out)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:] or list(labs.NAMES))
