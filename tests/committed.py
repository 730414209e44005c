"""The notebooks under test: those that git has when the test command runs, else the checkout's own."""

import os
from pathlib import Path

from tests.pythons import PROJECT

NOTEBOOKS = Path(os.environ.get("COORDLAB_NOTEBOOKS") or PROJECT / "notebooks")
