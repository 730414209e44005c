"""What to do about an error that is not the learner's: cells run out of order, a chapter of another version.

Importing `coordlab.course.learning` in a notebook adds the advice to such errors, below the traceback.
"""

from __future__ import annotations

import sys
from types import ModuleType, TracebackType
from typing import Any

import coordlab

KINDS = (NameError, ImportError, AttributeError)


def advice(error: BaseException) -> str:
    """What to do about an error, in a sentence or two; "" if nothing general can be said."""
    if isinstance(error, NameError):
        return (
            f"If a cell above makes `{error.name}`, it has not been run. Choose Run, then Run All Above "
            "Selected Cell, and run this cell again. Your predictions and answers are kept."
        )
    if isinstance(error, ImportError):
        place, missing = (
            error.name or "",
            str(error.msg).removeprefix("cannot import name ").split(" from ")[0],
        )
    elif isinstance(error, AttributeError) and isinstance(error.obj, ModuleType):
        place, missing = error.obj.__name__, f"{error.obj.__name__}.{error.name}"
    else:
        return ""
    if place.partition(".")[0] != "coordlab":
        return ""
    return (
        f"coordlab {coordlab.__version__} does not have this ({missing}): the chapter belongs to another "
        "version. Close JupyterLab, then type: git pull; python3 -m coordlab.start lab. "
        "What you wrote is kept."
    )


def install() -> None:
    """Add advice to the errors of this notebook, if there is one."""
    if (shell := _shell()) is not None:
        shell.set_custom_exc(KINDS, _told)


def _shell() -> Any:
    """The shell of IPython in which this runs, or None."""
    core = sys.modules.get("IPython.core.getipython")
    return core.get_ipython() if core else None


def _told(
    shell: Any,
    kind: type[BaseException],
    error: BaseException,
    trail: TracebackType | None,
    tb_offset: int | None = None,
) -> None:
    """Show an error as usual, with the advice as its note."""
    if words := advice(error):
        error.add_note(words)
    shell.showtraceback((kind, error, trail), tb_offset=tb_offset)
