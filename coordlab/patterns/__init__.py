"""The patterns, a folder each.  Every page reads from top to bottom like the section of a textbook."""

from pathlib import Path

NAMES = tuple(sorted(path.parent.name for path in Path(__file__).parent.glob("*/agents.py")))
"""The names of the patterns."""
