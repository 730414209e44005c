"""What the properties of leases cannot tell yet."""

from __future__ import annotations

from tests.patterns.leases.story import reigns
from tests.properties.mutated import ended


def test_a_trace_that_ends_early_decides_nothing_about_the_end() -> None:
    """Before the first silence is over nobody leads, and nobody need."""
    verdicts = [judge(ended(reigns().trace, 1.0)) for judge in reigns().world.properties]
    assert [each.name for each in verdicts if each.status == "undecided"] == ["led again within 9 s"]
