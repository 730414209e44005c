"""Closed forms for gossip, against numbers worked out by hand."""

from __future__ import annotations

import pytest

from coordlab.patterns.replicas.theory import messages, push_rounds, rounds


def test_three_agents_by_hand() -> None:
    """By push 1 + 4/3 rounds, by pull 1/(3/4) with 1 or 2 left, by push-pull one and a half."""
    assert [round(rounds(3, mode)[0], 9) for mode in ("push", "pull", "push-pull")] == [2.333333333, 2.0, 1.5]


def test_the_closed_form_is_right_up_to_a_constant() -> None:
    """From 100 agents on the exact mean by push stays about 1.1 above log2 n + ln n."""
    gaps = [rounds(agents)[0] - push_rounds(agents) for agents in (100, 200, 400)]
    assert all(1.0 < gap < 1.2 for gap in gaps)


def test_what_cannot_be_is_refused() -> None:
    """Gossip takes two, and goes by three modes."""
    with pytest.raises(ValueError, match=r"agents=1: gossip takes two\. Write agents=2 or more"):
        push_rounds(1)
    with pytest.raises(ValueError, match=r"mode='shout': gossip goes by push, pull or push-pull"):
        messages(5, 1, "shout")
    with pytest.raises(ValueError, match=r"agents=2\.5: gossip takes two"):
        push_rounds(2.5)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"rounds=-1: give 0 or more, a whole number\. Write rounds=3"):
        messages(5, -1)
    with pytest.raises(ValueError, match=r"fan_out=0: give 1 or more"):
        messages(5, 1, fan_out=0)
