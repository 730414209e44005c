"""Where the project is published: the only place that names its repository, besides pyproject.toml."""

from __future__ import annotations

from coordlab import __version__

NAME = "coordlab/coordlab"  # owner and repository; a test compares it with [project.urls]
HOME = f"https://github.com/{NAME}"
TAG = f"v{__version__}"


def source(path: str) -> str:
    """The address of a file of this version, to read."""
    return f"{HOME}/blob/{TAG}/{path}"


def binder(notebook: str) -> str:
    """The address at which Binder opens a notebook of this version; `notebook` is a path in the repository.

    It names a tag, whose image Binder keeps; the image of a branch is built anew after each change.
    """
    return f"https://mybinder.org/v2/gh/{NAME}/{TAG}?urlpath=lab/tree/{notebook}"
