"""What the first try at weighted votes does wrong, beside what the rules do with the same votes."""

from __future__ import annotations

from coordlab.patterns.weighted import naive
from coordlab.patterns.weighted.rules import decide

FIVE = {f"v{number}": 0.7 for number in range(5)}


def of_five(*choices: str) -> tuple[str, float]:
    """What the rules say of five of one competence."""
    consensus = decide(dict(zip(FIVE, choices, strict=True)), FIVE)
    return consensus.result, round(consensus.confidence, 3)


def test_who_abstains_does_not_count_against() -> None:
    """Two yes, one no, two abstentions: accepted, as sure as one of .7."""
    assert naive.abstainers_count() == (False, 0.6)
    assert of_five("yes", "yes", "no", "abstain", "abstain") == ("accepted", 0.7)


def test_nobody_is_not_sure() -> None:
    """All abstain, or there is nobody: nothing is decided, with the confidence of a coin."""
    assert naive.consensus({}, {}) == (False, 0.0)
    assert naive.sure_of_nothing() == (False, 1.0)
    assert of_five(*["abstain"] * 5) == ("no_quorum", 0.5)


def test_a_stranger_does_not_outvote_those_one_knows() -> None:
    """Three who are known say no, and whoever is unknown has no weight unless one is declared."""
    assert naive.one_stranger_outvotes()[0]
    novices = {"ann": 0.55, "bob": 0.55, "cat": 0.55}
    consensus = decide({**dict.fromkeys(novices, "no"), "stranger": "yes"}, novices)
    assert (consensus.result, consensus.voices[-1].weight) == ("rejected", 0)


def test_nothing_is_surer_than_certain() -> None:
    """A weight of -1 gives a confidence of 2; a competence of -1 is refused by the rules, see there."""
    assert naive.surer_than_certain() == (True, 2.0)
    assert decide({"ann": "yes", "bob": "no"}, {"ann": 0.9, "bob": 0.1}).confidence <= 1


def test_an_expert_prevails_over_three_novices() -> None:
    """By log-odds: 2.94 against 1.22."""
    assert naive.wasted_information() == {"as they are": False, "log-odds": True}
    known = {"expert": 0.95, "ann": 0.6, "bob": 0.6, "cat": 0.6}
    assert decide({"expert": "yes", "ann": "no", "bob": "no", "cat": "no"}, known).result == "accepted"


def test_a_tie_is_a_tie_either_way() -> None:
    """Whatever the rounding, and whoever says yes."""
    assert list(naive.ties_are_no().values()) == [False, False, True]
    three = {"a": 0.2, "b": 0.7, "c": 0.9}
    for one, other in (("yes", "no"), ("no", "yes")):
        assert decide({"a": one, "b": one, "c": other}, three, "linear").result == "tie"
