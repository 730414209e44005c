"""Every pattern's demo in one line, and branches of it with random faults: name, length, hash of all it says.

`python tests/demos.py 200` adds 200 branches.  It needs only the standard library: any Python can be asked.
"""

import hashlib
import pathlib
import random
import sys
from importlib import import_module

PROJECT = pathlib.Path(__file__).parents[1]
if __name__ == "__main__":
    sys.path.insert(0, str(PROJECT))

from coordlab.world.errors import WorldError  # noqa: E402


def demos(branches: int = 0) -> str:
    """All demos, and this many branches of them in turn."""
    runs = {}
    for path in sorted((PROJECT / "coordlab" / "patterns").rglob("*.py")):
        module = import_module(".".join(path.relative_to(PROJECT).with_suffix("").parts))
        demo = vars(module).get("demo")
        if path.stem != "__init__" and demo is not None and demo.__module__ == module.__name__:
            runs[f"{path.parent.name}.{path.stem}"] = demo()
    lines = [line(name, run) for name, run in runs.items()]
    for number in range(branches):
        name = list(runs)[number % len(runs)]
        lines.append(line(f"{name} {number}", branch(runs[name], random.Random(number))))
    return "\n".join(lines)


def branch(run, dice):
    """The run with one to four more faults; of one that an error ends, what happened before."""
    agents, end = list(run.trace.agents), run.trace.until
    try:
        return run.branch(*dict.fromkeys(fault(dice, agents, end) for _ in range(dice.randint(1, 4))))
    except WorldError as error:
        return error.run


def fault(dice, agents, end):
    """One fault of any kind, as text."""
    one, other = dice.sample(agents, 2)
    at = round(dice.uniform(0, end), 3)
    until = round(at + dice.uniform(0.001, end), 3)
    return dice.choice(
        [
            *(f"crash {one} @{at}", f"crash {one} @{at}..{until}", f"pause {one} @{at}..{until}"),
            *(
                f"cut {one}>{other} @{at}..{until}",
                f"partition {one} @{at}..{until}",
                f"skew {one} x1.1 @{at}",
            ),
            *(f"slow {one} 0.05 @{at}..{until}", f"slow {one}>{other} 0.2 @{at}..{until}"),
            *(f"drop {one}>{other} #{dice.randint(1, 9)}", f"delay {one}>{other} #{dice.randint(1, 9)} 0.5"),
            *(f"duplicate {one}>{other} #{dice.randint(1, 9)}", f"late {one}>{other} 0.3 @{at}..{until}"),
            *(f"{kind} {one}>{other} @{at}..{until}" for kind in ("fail", "half", "stale")),
        ]
    )


def line(name, run):
    """A run in one line: its trace, its narration and its verdicts as a hash."""
    text = run.trace.to_jsonl() + str(run)
    return f"{name} {len(run.trace)} {hashlib.sha256(text.encode()).hexdigest()[:16]}"


if __name__ == "__main__":
    print(demos(int(sys.argv[1])))  # noqa: T201
