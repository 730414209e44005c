"""Votes held among agents: which ballots count, when it ends, and what may go wrong meanwhile."""

from __future__ import annotations

from collections import Counter
from math import inf, sqrt
from typing import Any

import pytest

from coordlab import World
from coordlab.patterns.voting import Chair, Vote, Voter, demo, theory
from coordlab.patterns.voting.checks import properties
from coordlab.patterns.voting.rules import Ballot, Choice, Majority, decide
from coordlab.world.world import AgentError, Run
from tests.patterns.voting.jurors import Juror, Source
from tests.patterns.voting.story import Impostor, Repeater, hold_vote


class Stranger(Voter):
    """Votes without being called."""

    async def run(self) -> None:
        await self.sleep(0.05)
        self.send("chair", Vote("the proposal", "no"))


def done(run: Run) -> Any:
    """What was decided first."""
    return run.trace.select("decision")[0].data


def verdicts(run: Run) -> Counter[str]:
    return Counter(note.data.verdict for note in run.trace.select("note"))


def voting(*voters: Voter, faults: str = "", until: float = 3.0, **settings: Any) -> Run:
    """A vote of these, with 0.01 s for each message, which keeps every promise."""
    world = World(latency=0.01).add(Chair(**settings)).add(voters).inject(*filter(None, faults.split("; ")))
    run = world.expect(*properties(deadline=settings.get("deadline", 1.0))).run(until=until)
    assert {verdict.status for verdict in run.verdicts} == {"holds"}
    return run


def test_two_of_three_decide_and_the_third_is_too_late() -> None:
    """Ann and Bob are enough: the vote is closed with Bob's ballot, and Cat's is recorded as late."""
    voters = Voter("ann", "yes"), Voter("bob", "Yes.", thinking=0.2), Voter("cat", "no", thinking=0.3)
    run = voting(*voters, proposals=["tea"])
    happened = run.trace.select("send", "note", "decision")
    recorded = "note Recorded {'voter': '%s', 'choice': '%s', 'verdict': '%s', 'sender': '%s', "
    recorded += "'proposal': 'tea'}"
    count = "{'result': 'accepted', 'counts': [['yes', 2]], 'missing': ['cat'], 'winners': [], "
    count += "'proposal': 'tea'}"
    assert [str(event) for event in happened] == [
        "0.000 chair send CallForVotes -> ann",
        "0.000 chair send CallForVotes -> bob",
        "0.000 chair send CallForVotes -> cat",
        "0.110 ann send Vote -> chair",
        "0.120 chair " + recorded % ("ann", "yes", "counted", "ann"),
        "0.210 bob send Vote -> chair",
        "0.220 chair " + recorded % ("bob", "Yes.", "counted", "bob"),
        "0.220 chair decision Closed " + count,
        "0.220 chair send Result -> ann",
        "0.220 chair send Result -> bob",
        "0.220 chair send Result -> cat",
        "0.310 cat send Vote -> chair",
        "0.320 chair " + recorded % ("cat", "no", "late", "cat"),
    ]


@pytest.mark.parametrize("voters", [1, 2, 3, 5, 10, 30])
@pytest.mark.parametrize("choice", ["yes", "abstain"])
def test_theory_counts_what_is_sent(voters: int, choice: str) -> None:
    """A call, a ballot and a result each, closed early or not."""
    run = hold_vote([choice] * voters)
    assert run.trace.count("send") == theory.messages(voters)


def test_an_early_close_saves_time_not_messages() -> None:
    """Five of five agree in a tenth of a second; nobody waits for one that thinks for ten seconds."""
    run = voting(*(Voter(f"v{n}", "yes") for n in range(4)), Voter("slow", "no", thinking=10), deadline=20.0)
    assert run.trace.select("decision")[0].time == pytest.approx(0.12)


def test_a_lie_about_the_name_is_recorded_and_harms_nobody() -> None:
    """Eve sends a no in v2's name: hers counts for herself, and v2's own yes counts."""
    run = voting(Impostor("eve", "no"), Voter("v1", "yes"), Voter("v2", "yes"))
    assert verdicts(run) == {"counted": 3, "another's name": 1}
    assert done(run).result == "accepted"


def test_a_voter_that_votes_often_counts_once() -> None:
    """Two repetitions are duplicates, and there is no vote on something else."""
    run = voting(Repeater("eve", "no"), Voter("v1", "yes"), Voter("v2", "yes"))
    assert verdicts(run) == {"counted": 3, "duplicate": 2, "no such vote": 1}
    assert done(run).counts == (("yes", 2), ("no", 1))


def test_garbage_counts_for_nobody() -> None:
    """A number, a text that is none of the three, an empty ranking: malformed, and the vote goes on."""
    choices = [5, "perhaps", (), "yes", "yes", "yes", "no"]
    run = voting(*(Voter(f"v{n}", choice) for n, choice in enumerate(choices)))
    assert verdicts(run) == {"malformed": 3, "counted": 4}
    assert done(run).result == "accepted"


@pytest.mark.parametrize(
    ("choices", "rule"),
    [
        (["“Yes”", "\ufeffYES!", "no"], Majority()),
        (["Paris", "paris.", "Lyon"], Choice()),
        (["«C++»", "C++", "c"], Choice(("C++", "C#"))),
        ([(("a", "b"), "c"), ("a",), ("c",)], Choice(("a", "b", "c"))),
    ],
)
def test_every_spelling_is_counted_by_hand_alike(choices: list[Any], rule: Any) -> None:
    assert {verdict.status for verdict in hold_vote(choices, rule).verdicts} == {"holds"}


def test_a_stranger_has_no_vote() -> None:
    """Dan is there and votes, but is not in the electorate."""
    voters = Stranger("dan"), Voter("ann", "yes"), Voter("bob", "yes")
    run = voting(*voters, electorate=("ann", "bob"))
    assert verdicts(run) == {"counted": 2, "unknown voter": 1}


def test_a_voter_that_crashes_is_missing_and_the_vote_ends_in_time() -> None:
    """At the deadline, with those who are left."""
    voters = Voter("ann", "yes"), Voter("bob", "no"), Voter("cat", "yes")
    run = voting(*voters, faults="crash cat @0.05; crash bob @0.05..0.5")
    assert (done(run).result, done(run).missing) == ("no_quorum", ("bob", "cat"))
    assert run.trace.select("decision")[0].time == 1.0


def test_a_chair_that_crashes_goes_on_with_what_it_had_counted() -> None:
    """Ann's ballot is in stable storage; Bob and Cat are called again, and nobody is counted twice."""
    voters = Voter("ann", "yes"), Voter("bob", "no", thinking=0.3), Voter("cat", "no", thinking=0.4)
    run = voting(*voters, faults="crash chair @0.2..0.5")
    assert [event.peer for event in run.trace.select("CallForVotes")] == ["ann", "bob", "cat", "bob", "cat"]
    assert (done(run).result, done(run).counts) == ("rejected", (("no", 2), ("yes", 1)))


def test_a_chair_that_was_down_at_the_deadline_closes_when_it_is_back() -> None:
    """With what it had; and a second crash after that decides nothing twice."""
    voters = Voter("ann", "yes"), Voter("bob", "yes", thinking=0.5)
    world = World(latency=0.01).add(Chair(), voters).inject("crash chair @0.3..2", "crash chair @2.5..2.7")
    run = world.expect(*properties()).run(until=4.0)
    assert [(event.time, event.data.result) for event in run.trace.select("decision")] == [(2.0, "no_quorum")]
    assert "violated" not in {verdict.status for verdict in run.verdicts}


def test_several_proposals_are_voted_on_one_after_the_other() -> None:
    """A voter may look at what is proposed."""

    class Gourmet(Voter):
        def judge(self, proposal: str) -> str:
            return "yes" if "tea" in proposal else "no"

    run = voting(*(Gourmet(f"v{n}") for n in range(3)), proposals=("tea", "soup", "more tea"))
    decided = {each.data.proposal: each.data.result for each in run.trace.select("decision")}
    assert decided == {"tea": "accepted", "soup": "rejected", "more tea": "accepted"}


def test_agents_decide_as_the_ballots_do_on_paper() -> None:
    """Majorities of every base, and every ranked method, on the same hundred ballots: Tennessee."""
    orders = ["MNCK"] * 42 + ["NCKM"] * 26 + ["CKNM"] * 15 + ["KCNM"] * 17
    choices = [tuple(order) for order in orders]
    ballots = [Ballot(f"v{n}", choice) for n, choice in enumerate(choices, 1)]
    names = [ballot.voter for ballot in ballots]
    for method in ("plurality", "instant_runoff", "schulze"):
        run = hold_vote(choices, Choice(tuple("MNCK"), method))
        assert done(run).winners == decide(ballots, names, Choice(tuple("MNCK"), method)).winners
        assert {verdict.status for verdict in run.verdicts} == {"holds"}
    assert done(run).winners == ("N",)


@pytest.mark.slow
@pytest.mark.parametrize("heard", [0.0, 0.5])
def test_jurors_are_right_as_often_as_theory_says(heard: float) -> None:
    """300 juries of five at p = 0.7, without and with a source that all repeat: within 3 sd."""
    right = 0
    jurors = [f"j{number}" for number in range(5)]
    for seed in range(300):
        world = World(seed, latency=0.01).add(Source("source", jurors, 0.7, heard), Chair(electorate=jurors))
        run = world.add(Juror(name, 0.7) for name in jurors).run(until=1.5)
        right += done(run).result == "accepted"
    expected = theory.common_cause(5, 0.7, heard)
    assert abs(right / 300 - expected) < 3 * sqrt(expected * (1 - expected) / 300)


@pytest.mark.parametrize(
    ("made", "wrong"),
    [
        (lambda: Chair(deadline=0), r"deadline=0: expected seconds above 0\."),
        (lambda: Chair(deadline=inf), r"deadline=inf: expected seconds above 0\."),
        (lambda: Chair(proposals="tea"), r"proposals='tea': expected a list or .*\('tea', 'more tea'\)"),
        (lambda: Chair(proposals=("tea", "tea")), r"proposals: 'tea' is listed twice"),
    ],
)
def test_settings_that_cannot_be_are_refused_at_once(made: Any, wrong: str) -> None:
    with pytest.raises((TypeError, ValueError), match=wrong):
        made()


@pytest.mark.parametrize(
    ("settings", "wrong"),
    [
        ({"quorum": 4}, r"quorum=4: expected a whole number from 0 to 2\."),
        ({"electorate": ("ann", "ann")}, r"electorate: 'ann' is listed twice"),
    ],
)
def test_a_vote_that_cannot_be_held_says_why(settings: dict[str, Any], wrong: str) -> None:
    """When it is opened, not when it is over."""
    with pytest.raises(AgentError, match=wrong):
        voting(Voter("ann", "yes"), Voter("bob", "yes"), **settings)


def test_the_chair_is_polling_while_a_vote_is_open() -> None:
    roles = demo().trace.select("role", agent="chair")
    assert [(each.time, each.data) for each in roles] == [(0.0, "polling"), (1.0, "idle")]
