"""What the properties of conflict resolution cannot tell yet."""

from __future__ import annotations

from coordlab.patterns.conflict.checks import properties
from tests.patterns.conflict.story import POLICY, quarrel
from tests.properties.mutated import ended


def test_a_trace_that_ends_early_decides_nothing_about_the_end() -> None:
    verdicts = [judge(ended(quarrel(), 0.3)) for judge in properties(POLICY)]
    assert {each.name: each.because for each in verdicts if each.status == "undecided"} == {
        "settled within 5.5 s": "('resolver', 'name') is still open when the run ends",
    }
