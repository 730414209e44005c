"""Group chat in closed form: the published numbers, a simulation with dice, and what is out of range."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from coordlab.patterns.group_chat.theory import chain, debate, plurality, plurality_of_copies, reads, tokens

RUNS = 4000


def test_reading_is_what_one_counts() -> None:
    """One message in the first turn, two in the second, and so on, or as many as the window shows."""
    for turns in range(30):
        assert reads(turns) == sum(range(1, turns + 1)) == turns * (turns + 1) // 2
        for window in (1, 3, 50):
            assert reads(turns, window) == sum(min(turn, window) for turn in range(1, turns + 1))


@pytest.mark.parametrize(("turns", "full", "last"), [(10, 3250, 1000), (20, 11500, 2000), (40, 43000, 4000)])
def test_published_growth_of_tokens(turns: int, full: int, last: int) -> None:
    """50 tokens a message."""
    assert (tokens(turns), tokens(turns, window=1)) == (full, last)


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
    """A martingale, whatever the start and however many talk."""
    for members in (1, 2, 7):
        for p in (0.0, 0.3, 1.0):
            assert debate(members, p, 6) == pytest.approx([p] * 7)
            assert debate(members, p, 6, correction=0.5)[-1] >= p - 1e-12


def elected(dice: random.Random, ballots: list[int]) -> bool:
    votes = Counter(ballots)
    most = max(votes.values())
    return dice.choice([each for each in sorted(votes) if votes[each] == most]) == 0


def ballot(dice: random.Random, p: float) -> int:
    return 0 if dice.random() < p else dice.randint(1, 10)


@pytest.mark.parametrize(
    ("voters", "alone", "copying"), [(1, 0.35, 0.35), (5, 0.55, 0.42), (15, 0.85, 0.38), (40, 0.99, 0.35)]
)
def test_published_pluralities(voters: int, alone: float, copying: float) -> None:
    """.35 right and ten wrong answers: exact, with dice, and as published."""
    dice = random.Random(voters)
    wins = copied = 0
    for _ in range(RUNS):
        wins += elected(dice, [ballot(dice, 0.35) for _ in range(voters)])
        common = ballot(dice, 0.35)
        copied += elected(
            dice, [common if dice.random() < 0.5 else ballot(dice, 0.35) for _ in range(voters)]
        )
    exact = plurality(voters, 0.35, [0.065] * 10), plurality_of_copies(voters, 0.35, 0.5)
    assert (wins / RUNS, copied / RUNS) == pytest.approx(exact, abs=3 * 0.5 / RUNS**0.5)
    assert exact == pytest.approx((alone, copying), abs=0.01)


def test_a_popular_wrong_answer_beats_the_right_one() -> None:
    """.40 against .30: the more vote, the worse, .30 to .22."""
    wins = [plurality(n, 0.30, [0.40] + [0.30 / 9] * 9) for n in (1, 40)]
    assert wins == pytest.approx([0.30, 0.22], abs=0.006)


def test_all_pluralities_add_up() -> None:
    """Somebody wins."""
    shares = [0.2, 0.5, 0.3]
    wins = [plurality(6, one, shares[:at] + shares[at + 1 :]) for at, one in enumerate(shares)]
    assert sum(wins) == pytest.approx(1)


def test_a_checker_keeps_a_chain_together() -> None:
    """.95 to the tenth is .60; three quarters of the errors caught, 3.4 times fewer chains fail."""
    assert 1 - chain(10, 0.95) == pytest.approx(0.95**10) == pytest.approx(0.60, abs=0.002)
    assert chain(10, 0.95) / chain(10, 0.95, 0.75) == pytest.approx(3.4, abs=0.02)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: reads(-1), r"turns=-1: a number of turns is 0 or more, as in reads\(50\)"),
        (lambda: reads(1, window=0), "window=0: read 1 message or more"),
        (lambda: tokens(1, each=-1), "each=-1"),
        (lambda: debate(0, 0.5, 1), "members=0"),
        (lambda: debate(2.5, 0.5, 1), "members=2.5, rounds=1: give 1 or more"),  # type: ignore[arg-type]
        (lambda: debate(5, 0.5, True), "rounds=True"),
        (lambda: reads(float("inf")), "turns=inf"),  # type: ignore[arg-type]
        (lambda: plurality(1.5, 0.5, [0.5]), "voters=1.5"),  # type: ignore[arg-type]
        (lambda: plurality_of_copies(3, 1.5, 0.5), "p=1.5, copying=0.5: chances are from 0 to 1, such as"),
        (lambda: chain(float("nan"), 0.5), "steps=nan"),  # type: ignore[arg-type]
        (lambda: debate(5, 1.5, 1), "p=1.5"),
        (lambda: plurality(0, 0.5, [0.5]), "voters=0"),
        (lambda: plurality(3, 0.5, [0.4]), "chances that add up to 0.9"),
        (lambda: plurality_of_copies(3, 0.5, 0.5, wrong=0), "wrong=0"),
        (lambda: chain(-1, 0.5), "steps=-1"),
        (lambda: chain(1, 0.5, caught=2), "caught=2"),
    ],
)
def test_what_has_no_answer_is_refused(wrong: object, words: str) -> None:
    """With what may be asked."""
    with pytest.raises(ValueError, match=words):
        wrong()  # type: ignore[operator]
