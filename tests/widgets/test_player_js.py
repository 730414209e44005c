"""The tests and types of the player's JavaScript, run by Node.js and checked by TypeScript."""

import os
import subprocess
from pathlib import Path

import pytest

from coordlab.widgets import joined


def run(*command: str, **more: str) -> None:
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=120, env={**os.environ, **more}
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_the_player_passes_its_own_tests(node: str, tmp_path: Path) -> None:
    script = tmp_path / "joined.mjs"
    script.write_text(joined.script("player.js", "heading.js"), "utf-8")
    run(node, "--test", str(Path(__file__).with_name("player.test.mjs")), COORDLAB_JOINED=str(script))


@pytest.mark.slow
def test_the_types_of_the_player_are_correct(tsc: list[str]) -> None:
    run(*tsc, "--project", str(joined.PLAYER))


def test_no_module_is_long() -> None:
    assert [name for name, source in joined.sources().items() if len(source.splitlines()) > 450] == []
