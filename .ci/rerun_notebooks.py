"""Run the notebooks anew and store what they show, after a change that shows in them.

    python .ci/rerun_notebooks.py [NOTEBOOK …]      # all of them, unless some are named

Widgets are not stored: without their kernel they could not be shown again.  The pictures and texts that
stand in for them are, and the tests compare them.
"""

import os
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parent.parent
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
KEPT = ("tags", "jupyter", "nbgrader")  # of the metadata of a cell: folded, what for, how it is graded
WIDGET = "application/vnd.jupyter.widget-view+json"


def rerun(path: Path) -> None:
    """Run one notebook in its folder, and write it without what belongs to this machine or this minute."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(path.parent)}}).execute()
    notebook.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    for cell in notebook.cells:
        cell.metadata = {name: value for name, value in cell.metadata.items() if name in KEPT}
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET, None)
    nbformat.write(notebook, path)


if __name__ == "__main__":
    os.environ["TQDM_DISABLE"] = "1"  # a bar is not stored
    # A kernel starts in the folder of its notebook, and must find this checkout first from there.
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    for each in map(Path, sys.argv[1:]) if sys.argv[1:] else sorted((ROOT / "notebooks").glob("*.ipynb")):
        print(each.name)
        rerun(each)
