"""Closed forms for conflicts: their domains."""

from __future__ import annotations

import pytest

from coordlab.patterns.conflict.theory import lost_writes, messages, rounds, within


def test_two_rounds_at_one_half_are_the_fewest() -> None:
    """And the farther from it, the more; the same for p and 1 - p; never at 0 and 1."""
    assert rounds(0.5) == 2.0 == min(rounds(each / 100) for each in range(101))
    assert all(abs(rounds(each / 10) - rounds(1 - each / 10)) < 1e-9 for each in range(1, 5))
    assert [rounds(0), rounds(1)] == [float("inf")] * 2


def test_what_cannot_be_is_refused() -> None:
    """Chances beyond 0 and 1, counts below 0."""
    with pytest.raises(ValueError, match=r"chance=-0\.1: a chance is from 0 to 1\. Write chance=0\.5"):
        rounds(-0.1)
    with pytest.raises(ValueError, match=r"proposers=-1: it is a count, 0 or more\. Write messages"):
        messages(-1)
    with pytest.raises(ValueError, match=r"concurrent=-1: it is a count, 0 or more"):
        lost_writes(-1)
    with pytest.raises(ValueError, match=r"retries=nan: it is a count, 0 or more\. Write within\(0\.5, 2\)"):
        within(0.5, float("nan"))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"retries=-1"):
        within(0.5, -1)
