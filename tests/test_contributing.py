"""What CONTRIBUTING.md shows of the source still stands there."""

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).parents[1]
BLOCKS = re.findall(r"```python\n# (\S+)\n(.+?)```", (ROOT / "CONTRIBUTING.md").read_text("utf-8"), re.DOTALL)


@pytest.mark.parametrize(("path", "code"), BLOCKS, ids=[path for path, _ in BLOCKS])
def test_the_code_shown_is_the_code(path: str, code: str) -> None:
    assert code in (ROOT / path).read_text("utf-8")


def test_the_way_of_a_pattern_is_shown_in_full() -> None:
    shown = [pathlib.Path(path).stem for path, _ in BLOCKS]
    assert shown == ["rules", "agents", "checks", "theory", "story"]
