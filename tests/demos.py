"""Every page's demo in one line each: its name, its length and a hash of its trace and of its story.

`python tests/demos.py` needs nothing but the standard library, so any Python can be asked.
"""

import hashlib
import pathlib
import sys
from importlib import import_module

PROJECT = pathlib.Path(__file__).parents[1]
if __name__ == "__main__":
    sys.path.insert(0, str(PROJECT))


def told() -> str:
    """All demos."""
    lines = []
    for path in sorted((PROJECT / "coordlab" / "patterns").glob("*.py")):
        page = import_module(f"coordlab.patterns.{path.stem}")
        if hasattr(page, "demo"):
            run = page.demo()
            text = run.trace.to_jsonl() + str(run)
            lines.append(f"{path.stem} {len(run.trace)} {hashlib.sha256(text.encode()).hexdigest()[:16]}")
    return "\n".join(lines)


if __name__ == "__main__":
    print(told())  # noqa: T201
