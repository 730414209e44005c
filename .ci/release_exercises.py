"""Generate the exercises that learners get from the instructor's, without the solutions, and run them once.

    python .ci/release_exercises.py [CHAPTER …]     # all of them, unless some are named

The table in exercises/README.md is written, too.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / ".ci")]

from rerun_notebooks import rerun  # noqa: E402

from coordlab.exercises import CHAPTERS  # noqa: E402
from coordlab.grading.releasing import release, renew  # noqa: E402

EXERCISES = ROOT / "exercises"

if __name__ == "__main__":
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    for chapter in sys.argv[1:] or CHAPTERS:
        print(chapter)
        target = EXERCISES / "release" / chapter / f"{chapter}.ipynb"
        release(EXERCISES / "source" / chapter / f"{chapter}.ipynb", target)
        rerun(target)
    renew(EXERCISES / "README.md")
