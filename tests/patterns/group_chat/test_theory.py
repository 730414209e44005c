"""Group chat in closed form: the published numbers, a simulation with dice, and what is out of range."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from coordlab.patterns.group_chat.theory import debate, reads

RUNS = 4000


def test_reading_is_what_is_counted() -> None:
    """One message in the first turn, two in the second, and so on, or as many as the window shows."""
    for turns in range(30):
        assert reads(turns) == sum(range(1, turns + 1)) == turns * (turns + 1) // 2
        for window in (1, 3, 50):
            assert reads(turns, window) == sum(min(turn, window) for turn in range(1, turns + 1))


def talked(dice: random.Random, correction: float) -> float:
    """The share that is right after four rounds of five who copy one another."""
    right = [dice.random() < 0.6 for _ in range(5)]
    for _ in range(4):
        right = [
            (heard := dice.choice(right)) or (own and not heard and dice.random() < correction)
            for own in right
        ]
    return sum(right) / 5


@pytest.mark.parametrize(("correction", "published"), [(0.0, 0.606), (0.3, 0.77)])
def test_debate_with_dice(correction: float, published: float) -> None:
    """4,000 debates: what the chain says, within three standard errors, and what was published."""
    dice = random.Random(7)
    shares = [talked(dice, correction) for _ in range(RUNS)]
    exact = debate(5, 0.6, 4, correction)[-1]
    assert sum(shares) / RUNS == pytest.approx(exact, abs=3 * 0.45 / RUNS**0.5)
    assert exact == pytest.approx(published, abs=0.015)


def test_talking_alone_changes_nothing() -> None:
    for members in (1, 2, 7):
        for p in (0.0, 0.3, 1.0):
            assert debate(members, p, 6) == pytest.approx([p] * 7)
            assert debate(members, p, 6, correction=0.5)[-1] >= p - 1e-12


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: reads(-1), r"turns=-1: expected a whole number, 0 or more.*turns=50"),
        (lambda: reads(1, window=0), "window=0: expected a whole number, 1 or more"),
        (lambda: debate(0, 0.5, 1), "members=0: expected a whole number, 1 or more"),
        (lambda: debate(5, 0.5, True), "rounds=True"),
        (lambda: debate(5, 1.5, 1), "p=1.5: expected a probability from 0 to 1"),
        (lambda: debate(5, 0.5, 1, correction=2), "correction=2"),
    ],
)
def test_what_has_no_answer_is_refused(wrong: Callable[[], object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        wrong()
