"""The player's own tests run under Node.js; here they join the others."""

import subprocess
from pathlib import Path


def test_the_player_passes_its_own_tests(node: str) -> None:
    """Node's test runner finds the module sound."""
    tests = Path(__file__).with_name("player.test.mjs")
    command = [node, "--test", str(tests)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
