"""Which ballots count, what they decide, and when the rest can be spared."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from fractions import Fraction
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from coordlab.patterns.voting.rules import Ballot, Choice, Majority, Outcome, Poll, canonical, decide
from tests.sampling import disaster_count

few = settings(max_examples=disaster_count())

BASES = ("simple", "present", "absolute")
THRESHOLDS = (Fraction(1, 2), Fraction(3, 5), Fraction(2, 3), Fraction(1))
TIES = ("tie", "rejected", "accepted")
RULES = [Majority(*settings) for settings in product(BASES, THRESHOLDS, TIES)]
FAVOURS = {"rejected": 0, "tie": 1, "accepted": 2}


def voters(size: int) -> list[str]:
    return [f"v{number}" for number in range(size)]


def votes(*choices: str) -> list[Ballot]:
    """One ballot each from v0, v1, v2 ..."""
    return [Ballot(voter, choice) for voter, choice in zip(voters(len(choices)), choices, strict=True)]


def polled(ballots: list[Ballot], *settings: Any) -> Poll:
    """A poll that has taken these ballots."""
    poll = Poll(*settings)
    for ballot in ballots:
        poll.take(ballot)
    return poll


def cast(yes: int, no: int, abstain: int) -> list[Ballot]:
    return votes(*["yes"] * yes, *["no"] * no, *["abstain"] * abstain)


def counted(yes: int, no: int, abstain: int, size: int, rule: Majority, quorum: int = 1) -> str:
    """The outcome of these numbers of votes among `size` voters."""
    return polled(cast(yes, no, abstain), voters(size), rule, quorum).close().result


def verdicts(outcome: Outcome) -> list[str]:
    return [each.verdict for each in outcome.audit]


def tallies(size: int) -> list[tuple[int, int, int]]:
    return [each for each in product(range(size + 1), repeat=3) if sum(each) <= size]


@pytest.mark.parametrize(
    ("yes", "no", "abstain", "size", "simple", "present", "absolute"),
    [
        (3, 2, 0, 5, "accepted", "accepted", "accepted"),
        (2, 2, 0, 4, "tie", "tie", "tie"),
        (2, 1, 2, 5, "accepted", "rejected", "rejected"),  # who abstains is present
        (2, 1, 0, 5, "accepted", "accepted", "rejected"),  # who is silent is not
        (2, 2, 0, 5, "tie", "tie", "rejected"),
        (2, 1, 1, 4, "accepted", "tie", "tie"),  # half of those present
        (0, 0, 3, 3, "tie", "rejected", "rejected"),  # nobody said yes or no
        (1, 2, 0, 3, "rejected", "rejected", "rejected"),
    ],
)
def test_a_majority_needs_a_base(
    yes: int, no: int, abstain: int, size: int, simple: str, present: str, absolute: str
) -> None:
    """The same votes, by those cast, by those present, and by all who may vote."""
    found = {base: counted(yes, no, abstain, size, Majority(base)) for base in BASES}
    assert found == {"simple": simple, "present": present, "absolute": absolute}


@pytest.mark.parametrize("threshold", [Fraction(2, 3), 2 / 3, "2/3", 0.6667])
def test_a_supermajority_must_be_reached(threshold: Fraction | float | str) -> None:
    """6 of 9 are two thirds, however one writes that; 5 of 9 are not, and no tie either."""
    if threshold != 0.6667:
        assert counted(6, 3, 0, 9, Majority(threshold=threshold)) == "accepted"
    assert counted(7, 2, 0, 9, Majority(threshold=threshold)) == "accepted"
    assert counted(5, 4, 0, 9, Majority(threshold=threshold)) == "rejected"


@pytest.mark.parametrize(
    ("threshold", "exact"),
    [
        ("5001/10000", Fraction(5001, 10_000)),
        (Decimal("0.50001"), Fraction(50_001, 100_000)),
        (0.5000001, Fraction(5_000_001, 10_000_000)),
        (2 / 3, Fraction(2, 3)),
        (1, Fraction(1)),
    ],
)
def test_a_threshold_is_exact(threshold: Any, exact: Fraction) -> None:
    """5,000 of 10,000 are not enough where 5,001 are asked for."""
    rule = Majority(threshold=threshold)
    assert rule.threshold == exact
    half = Counter[Any](yes=5_000_000, no=5_000_000)
    assert rule.result(half, 10_000_000) == ("rejected", ())


@pytest.mark.parametrize("ballots", [[], votes("yes"), votes("no", "yes")])
def test_a_quorum_of_0_lets_those_decide_who_come(ballots: list[Ballot]) -> None:
    assert decide(ballots, voters(9), quorum=0).result == ["tie", "accepted", "tie"][len(ballots)]


def test_the_tie_rule_says_what_becomes_of_a_tie() -> None:
    assert [counted(2, 2, 0, 4, Majority(tie=tie)) for tie in TIES] == list(TIES)


def test_silence_is_not_abstention() -> None:
    """With a quorum of 3, one yes and two abstentions are enough; one yes and 99 silent are not."""
    electorate = voters(100)
    assert decide(votes("yes"), electorate).result == "no_quorum"
    assert decide(votes("yes"), electorate, quorum=3).result == "no_quorum"
    assert decide(votes("yes", "abstain", "abstain"), electorate, quorum=3).result == "accepted"


def test_an_outcome_tells_a_tie_from_no_votes_and_from_a_no() -> None:
    assert repr(decide(votes("yes", "no"), voters(2))) == "<Outcome tie: 1 no, 1 yes>"
    assert repr(decide(votes("abstain", "abstain"), voters(3))) == "<Outcome tie: 2 abstain; missing v2>"
    assert repr(decide(votes("no", "no"), voters(3))) == "<Outcome rejected: 2 no; missing v2>"
    assert repr(decide([], voters(2))) == "<Outcome no_quorum: no ballot; missing v0, v1>"


@few
@given(st.lists(st.sampled_from(["yes", "no", "abstain"]), max_size=7), st.randoms(use_true_random=False))
def test_it_makes_no_difference_who_casts_which_ballot(choices: list[str], dice: object) -> None:
    """Anonymity: hand the ballots to the voters in another way, in another order: the same outcome."""
    others = dice.sample(choices, len(choices))  # type: ignore[attr-defined]
    for rule in RULES:
        both = votes(*choices), votes(*others)[::-1]
        one, other = (polled(ballots, voters(7), rule).close() for ballots in both)
        assert (one.result, one.counts) == (other.result, other.counts)


def test_yes_and_no_are_alike_to_a_simple_majority() -> None:
    """Neutrality: swap them, and accepted and rejected are swapped; a tie stays one."""
    swapped = {"accepted": "rejected", "rejected": "accepted", "tie": "tie"}
    for yes, no, abstain in tallies(6):
        if yes + no + abstain:
            before, after = (counted(*each, abstain, 6, Majority()) for each in ((yes, no), (no, yes)))
            assert after == swapped[before]


@pytest.mark.slow
def test_one_more_yes_never_hurts() -> None:
    """Monotone: no to yes, or silence to yes, or no to silence, never leads away from accepted."""
    for rule, (yes, no, abstain) in product(RULES, tallies(5)):
        if yes + no + abstain == 0:
            continue
        before = FAVOURS[counted(yes, no, abstain, 5, rule)]
        if no:
            assert FAVOURS[counted(yes + 1, no - 1, abstain, 5, rule)] >= before
            assert FAVOURS[counted(yes, no - 1, abstain + 1, 5, rule)] >= before
        if abstain:
            assert FAVOURS[counted(yes + 1, no, abstain - 1, 5, rule)] >= before
        if yes + no + abstain < 5:
            assert FAVOURS[counted(yes + 1, no, abstain, 5, rule)] >= before
            assert FAVOURS[counted(yes, no + 1, abstain, 5, rule)] <= before


@pytest.mark.parametrize("size", [1, 2, 3, *(pytest.param(n, marks=pytest.mark.slow) for n in (4, 5))])
def test_a_vote_is_settled_exactly_when_the_rest_cannot_change_it(size: int) -> None:
    """Every tally, rule and quorum, against all that those who are missing may do, silence included."""
    decided = undecided = 0
    for rule, quorum in product(RULES, range(1, size + 1)):
        results = {tally: counted(*tally, size, rule, quorum) for tally in tallies(size)}
        for tally in tallies(size):
            poll = polled(cast(*tally), voters(size), rule, quorum)
            rest = tallies(size - sum(tally))
            ends = {results[tuple(a + b for a, b in zip(tally, more, strict=True))] for more in rest}  # type: ignore[index]
            assert poll.settled == (len(ends) == 1), (rule, quorum, tally)
            decided, undecided = decided + poll.settled, undecided + (not poll.settled)
    assert decided
    assert undecided


@pytest.mark.slow
@pytest.mark.parametrize("rule", [Choice(("a", "b", "c")), Choice(), Choice(("a", "b", "c"), tie="order")])
def test_a_plurality_is_settled_exactly_when_the_rest_cannot_change_it(rule: Choice) -> None:
    """Every way in which five may vote for a, b or c, abstain or be silent, in parts."""
    choices = ("a", "b", "c", "abstain", None)

    def taken(said: tuple[str | None, ...]) -> Poll:
        ballots = [Ballot(voter, each) for voter, each in zip(voters(5), said, strict=False) if each]
        return polled(ballots, voters(5), rule, 2)

    outcomes = {said: taken(said).close() for said in product(choices, repeat=5)}
    results = {said: (each.result, each.winners) for said, each in outcomes.items()}
    for known in range(6):
        for said in product(choices[:4], repeat=known):
            ends = {results[(*said, *more)] for more in product(choices, repeat=5 - known)}
            assert taken(said).settled == (len(ends) == 1), said


def test_ranked_ballots_wait_for_everybody() -> None:
    """Whether the rest can change them is not asked, but by counting first places."""
    poll = polled(votes("a", "a"), voters(3), Choice(("a", "b"), "schulze"))
    assert not poll.settled
    poll.take(Ballot("v2", "b"))
    assert poll.settled
    assert repr(poll.close()) == "<Outcome elected a: 2 a, 1 b>"


def test_every_ballot_is_accounted_for() -> None:
    """A lie about the name, a stranger, garbage, a second ballot, a late one: recorded, and not counted."""
    outcome = decide(
        [
            Ballot("v0", "yes", at=0.1),
            Ballot("v1", "no", at=0.2, sender="v0"),
            Ballot("eve", "no", at=0.3),
            Ballot("v1", "perhaps", at=0.4),
            Ballot("v1", None, at=0.4),
            Ballot("v0", "no", at=0.5),
            Ballot("v1", "YES", at=0.6, sender="v1"),
            Ballot("v2", "no", at=1.1),
        ],
        electorate=voters(3),
        closes=1.0,
    )
    expected = "counted|another's name|unknown voter|malformed|malformed|duplicate|counted|late"
    assert "|".join(verdicts(outcome)) == expected
    assert (outcome.result, outcome.counts, outcome.missing) == ("accepted", (("yes", 2),), ("v2",))


def test_after_the_close_every_ballot_is_late() -> None:
    poll = polled(votes("yes"), voters(2))
    outcome = poll.close()
    assert poll.take(Ballot("v1", "no")).verdict == "late"
    assert poll.close().counts == outcome.counts


def test_texts_are_counted_by_what_they_say() -> None:
    """Case, width, quotes and the full stop do not split a vote; a sign and a number are not lost."""
    same = ["Paris", "paris.", ' "PARIS" ', "Ｐａｒｉｓ!", "“paris”", "pa" + "ris\n"]
    assert {canonical(each) for each in same} == {"paris"}
    hidden = ["yes\u200b", "\ufeffyes", "y\u00ades", "yes\u200d", "\u202eyes"]
    assert {canonical(each) for each in hidden} == {"yes"}
    assert (
        canonical("\u0645\u06cc\u200c\u0634\u0648\u062f") == "\u0645\u06cc\u200c\u0634\u0648\u062f"
    )  # Persian
    texts = {"-5": "-5", "5": "5", "5!": "5!", "C++": "c++", "3.5": "3.5", "New   York": "new york"}
    assert {each: canonical(each) for each in texts} == texts
    outcome = decide([Ballot(f"v{n}", each) for n, each in enumerate([*same, "Lyon"])], voters(7), Choice())
    assert repr(outcome) == "<Outcome elected paris: 6 paris, 1 lyon>"


@few
@given(st.text(max_size=12))
def test_what_is_canonical_stays_so(text: str) -> None:
    assert canonical(canonical(text)) == canonical(text)


def test_declared_alternatives_keep_their_spelling_and_others_are_malformed() -> None:
    """A ballot for one that does not stand is recorded and counts for nobody."""
    cities = ("Paris", "New York")
    outcome = decide(votes("paris.", "NEW YORK", "new york", "Lyon", "abstain"), voters(5), Choice(cities))
    assert repr(outcome) == (
        "<Outcome elected New York: 2 New York, 1 Paris, 1 abstain; missing v3; not counted: v3 (malformed)>"
    )
    assert verdicts(outcome)[3] == "malformed"


@pytest.mark.parametrize(
    "choice",
    ["", "...", (), None, 5, ("a", "A"), ("a", "z"), ("a", 5), ("a", ""), ("a", ("b", "a")), frozenset("ab")],
)
def test_what_is_no_ranking_is_malformed(choice: object) -> None:
    outcome = decide([Ballot("v0", choice), Ballot("v1", "a")], voters(2), Choice(("a", "b")), quorum=1)
    assert (verdicts(outcome), outcome.winners) == (["malformed", "counted"], ("a",))


def test_a_tie_among_several_is_its_own_outcome_or_falls_to_the_first_declared() -> None:
    """The circle of three, by either rule; and nobody chosen by anybody."""
    circle = [Ballot(f"v{n}", tuple(order)) for n, order in enumerate(("abc", "bca", "cab"))]
    tied = decide(circle, voters(3), Choice(("c", "a", "b"), "schulze"))
    assert (tied.result, tied.winners) == ("tie", ("c", "a", "b"))
    broken = decide(circle, voters(3), Choice(("c", "a", "b"), "schulze", tie="order"))
    assert (broken.result, broken.winners) == ("elected", ("c",))
    assert decide(votes("abstain", "abstain"), voters(2), Choice()).result == "tie"


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (lambda: Poll([]), r"electorate=\[\]: expected at least one name\. .*\['ann', 'bob'\]"),
        (lambda: Poll(["ann", "ann"]), r"electorate: 'ann' is listed twice; expected each name once\."),
        (lambda: Poll("ann"), r"electorate='ann': expected a list or tuple of names\."),
        (lambda: Poll({"ann"}), r"electorate=\{'ann'\}: expected a list or tuple of names\."),
        (lambda: Poll([1, 2]), r"electorate=\[1, 2\]: expected a list or tuple of names\."),
        (lambda: Poll(["ann"], quorum=2), r"quorum=2: expected a whole number from 0 to 1\."),
        (lambda: Poll(["ann"], quorum=True), r"quorum=True: expected a whole number from 0 to 1\."),
        (lambda: Poll(["ann"], "schulze"), r"rule='schulze': expected a Majority or a .*rule=Majority\(\)"),
        (lambda: Majority("some"), r"base='some': expected one of 'simple', 'present', 'absolute'\."),
        (lambda: Majority(tie="coin"), r"tie='coin': expected one of 'tie', 'rejected', 'accepted'\."),
        (lambda: Majority(threshold=0.4), r"threshold=0\.4: expected a share from 1/2 .*threshold='2/3'"),
        (lambda: Majority(threshold="half"), r"threshold='half': expected a share from 1/2 to 1\."),
        (lambda: Majority(threshold=float("nan")), r"threshold=nan: expected a share"),
        (lambda: Choice(("a",)), r"alternatives=\('a',\): expected two or more, .*\('tea', 'coffee'\)"),
        (lambda: Choice(("Paris", "paris.")), r"they must differ in more than case and punctuation"),
        (lambda: Choice(("a", "Abstain")), r"they must differ .* and from 'abstain'"),
        (lambda: Choice(("a", ".")), r"they must differ"),
        (lambda: Choice("tea"), r"alternatives='tea': expected a list or tuple of names\."),
        (lambda: Choice((1, 2)), r"alternatives=\(1, 2\): expected a list or tuple of names\."),
        (lambda: Choice(method="range"), r"method='range': expected one of 'plurality', 'approval', 'borda'"),
        (lambda: decide([("ann", "yes")], ["ann"]), r"ballot=\('ann', 'yes'\): expected Ballot, not tuple\."),
    ],
)
def test_what_cannot_be_is_refused(made: Any, says: str) -> None:
    with pytest.raises((TypeError, ValueError), match=says):
        made()


@pytest.mark.parametrize("text", ["a" + '."' * 3000, '."' * 3000 + "a", "." * 20_000 + "a"])
def test_no_ballot_is_too_long_to_be_read(text: str) -> None:
    assert canonical(text)[-1:] == "a"


def test_a_ballot_at_the_close_is_in_time_and_one_after_it_is_not() -> None:
    poll = Poll(["ann", "bob"], closes=1.0)
    assert poll.take(Ballot("ann", "yes", at=1.0)).verdict == "counted"
    assert poll.take(Ballot("bob", "yes", at=1.000001)).verdict == "late"


def test_nothing_of_nothing_is_a_tie_whatever_the_threshold() -> None:
    """Two thirds of nobody are nobody; and 0.9 means nine tenths, not what a float makes of them."""
    assert Majority(threshold="2/3").result(Counter(abstain=2), 2) == ("tie", ())
    assert Majority(threshold=0.9).result(Counter(yes=9, no=1), 10) == ("accepted", ())


def test_an_outcome_shows_the_ballots_that_do_not_count() -> None:
    spoilt = [Ballot("ann", True), Ballot("bob", "ja"), Ballot("zoe", "yes")]
    assert repr(decide(spoilt, ["ann", "bob"])) == (
        "<Outcome no_quorum: no ballot; missing ann, bob; "
        "not counted: ann (malformed), bob (malformed), zoe (unknown voter)>"
    )
