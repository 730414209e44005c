"""The player's own tests run under Node.js; here they join the others, with the types of its modules."""

import os
import subprocess
from pathlib import Path

from coordlab.widgets import joined

TYPESCRIPT = "typescript@5.9.3"  # pinned, as mypy is: what it objects to must change when we say so


def run(*command: str, **more: str) -> None:
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=240, env={**os.environ, **more}
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_player_passes_its_own_tests(node: str, tmp_path: Path) -> None:
    """Node's test runner finds the modules sound, each by itself and all of them joined."""
    script = tmp_path / "joined.mjs"
    script.write_text(joined.script(), "utf-8")
    run(node, "--test", str(Path(__file__).with_name("player.test.mjs")), COORDLAB_JOINED=str(script))


def test_the_players_types_are_sound(node: str, npm: str) -> None:
    """TypeScript, at its strictest, finds no fault in the modules."""
    fetch = [npm, "exec", "--yes", "--prefer-offline", f"--package={TYPESCRIPT}", "--"]
    run(*fetch, "tsc", "--project", str(joined.PLAYER))
