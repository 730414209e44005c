"""Every pattern's demo in one line each: its name, its length and a hash of its trace and of its narration.

`python tests/demos.py` needs nothing but the standard library, so any Python can be asked.
"""

import hashlib
import pathlib
import sys
from importlib import import_module

PROJECT = pathlib.Path(__file__).parents[1]
if __name__ == "__main__":
    sys.path.insert(0, str(PROJECT))


def demos() -> str:
    """All demos."""
    lines = []
    for path in sorted((PROJECT / "coordlab" / "patterns").rglob("*.py")):
        module = import_module(".".join(path.relative_to(PROJECT).with_suffix("").parts))
        demo = vars(module).get("demo")
        if path.stem == "__init__" or demo is None or demo.__module__ != module.__name__:
            continue
        run = demo()
        text = run.trace.to_jsonl() + str(run)
        name = f"{path.parent.name}.{path.stem}"
        lines.append(f"{name} {len(run.trace)} {hashlib.sha256(text.encode()).hexdigest()[:16]}")
    return "\n".join(lines)


if __name__ == "__main__":
    print(demos())  # noqa: T201
