"""The bully election: who rules, what it costs, and what it survives."""

from __future__ import annotations

from typing import Any

import pytest

from coordlab import World
from coordlab.labs.clicks import nth_on_link
from coordlab.patterns.bully import (
    Answer,
    Candidate,
    Coordinator,
    Election,
    Ping,
    demo,
    hold_election,
    theory,
)
from coordlab.patterns.bully.checks import properties
from coordlab.world.world import AgentError, Run

ELECTION = ("Election", "Answer", "Coordinator")
SEVERAL = [(n, i) for n in range(2, 11) for i in range(1, n)]


def candidates(agents: int, **settings: object) -> World:
    world = World(seed=7, latency="uniform(0.01, 0.05)")
    world.add(Candidate(rank, **settings) for rank in range(1, agents + 1))  # type: ignore[arg-type]
    return world.expect(*properties())


def statuses(run: Run) -> set[str]:
    return {verdict.status for verdict in run.verdicts}


def roles(run: Run, **when: float) -> str:
    return run.trace.select("role", kind="state", **when).as_text()


def counted(agents: int, noticed_by: int, skip_silent: bool) -> int:
    """The messages of one election, acted out: each agent that is asked asks, once, all above it."""
    alive, held, waiting, sent = range(1, agents), set[int](), [noticed_by], 0
    while waiting:
        asks = waiting.pop()
        if asks in held:
            continue
        held.add(asks)
        above = [rank for rank in range(asks + 1, agents + 1) if not (skip_silent and rank == agents)]
        answering = [rank for rank in above if rank in alive]
        sent += len(above) + len(answering)
        waiting += answering
    return sent + len([rank for rank in alive if rank < max(held)])


# --- the happy trace ------------------------------------------------------------------------------


def test_the_second_highest_takes_over() -> None:
    """3 falls silent at 3 s; 1 notices, asks 2 and 3, and is answered by 2, which rules 250 ms later."""
    run = hold_election(agents=3, noticed_by=1)
    happened = run.trace.select("send", "drop", "timer", "state", "crash", since=3, before=3.6)
    assert [str(event) for event in happened if event.name != "coordinator"] == [
        "3.000 3 crash",
        "3.020 1 timer its next beat 1.0",
        "3.020 1 send Ping -> 3",
        "3.030 3 drop Ping <- 1 down",
        "3.270 1 timer answers to Ping 0.25",
        "3.270 1 state role electing",
        "3.270 1 send Election -> 2",
        "3.270 1 send Election -> 3",
        "3.280 2 send Answer -> 1",
        "3.280 3 drop Election <- 1 down",
        "3.280 2 state role electing",
        "3.280 2 send Election -> 3",
        "3.290 3 drop Election <- 2 down",
        "3.520 1 timer answers to Election 0.25",
        "3.530 2 timer answers to Election 0.25",
        "3.530 2 state role coordinates",
        "3.530 2 send Coordinator -> 1",
        "3.540 1 state role follows",
    ]


def test_two_coordinate_for_a_moment_when_a_higher_agent_returns() -> None:
    """As the page says under Assumes; in the demo it takes 33 ms until the lower one has the news."""
    assert roles(demo(), since=9).splitlines() == [
        "9.000 5 state role electing",
        "9.000 5 state role coordinates",
        "9.033 4 state role follows",
    ]


def test_any_number_of_the_highest_may_be_down() -> None:
    """Of five agents the three highest crash: 1 and 2 ask all above them, and 2 tells 1."""
    run = hold_election(agents=5, noticed_by=1, down=3)
    assert [run.trace.count(name, since=3) for name in ELECTION] == [4 + 3, 1, 1]
    assert statuses(run) == {"holds"}
    with pytest.raises(ValueError, match=r"noticed_by=3: expected a whole number from 1 to 2"):
        hold_election(agents=5, noticed_by=3, down=3)


# --- what it costs --------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("skip_silent", [False, True], ids=["textbook", "skip-silent"])
def test_theory_counts_what_is_sent(skip_silent: bool) -> None:
    """For 2 to 10 agents and each that may notice: formula, run and an election acted out agree."""
    runs = {each: hold_election(*each, skip_silent=skip_silent).trace for each in SEVERAL}
    sent = {each: trace.count(*ELECTION, since=3) for each, trace in runs.items()}
    assert sent == {(n, i): theory.messages(n, i, skip_silent) for n, i in SEVERAL}
    assert sent == {(n, i): counted(n, i, skip_silent) for n, i in SEVERAL}


@pytest.mark.parametrize(("noticed_by", "seconds"), [(1, 0.27), (4, 0.26)])
def test_theory_tells_how_long_it_takes(noticed_by: int, seconds: float) -> None:
    """A patience, and one or two messages more, from the first Election to the last Coordinator."""
    trace = hold_election(agents=5, noticed_by=noticed_by).trace
    began = trace.select("Election", since=3)[0].time
    ended = trace.select("Coordinator", kind="handle", since=3)[-1].time
    assert round(ended - began, 6) == theory.seconds(0.01, 0.25, noticed_by) == seconds


@pytest.mark.parametrize("agents", range(2, 11))
def test_a_false_alarm_costs_an_election_and_changes_nothing(agents: int) -> None:
    """One Pong to the lowest is lost; it elects, everybody answers, and who ruled still rules."""

    def world() -> World:
        made = World()
        return made.add(
            Candidate(rank, heartbeat=1.0 if rank == 1 else None) for rank in range(1, agents + 1)
        )

    calm = world().run(until=3.0).trace
    sender, to, nth = nth_on_link(calm, calm.select("Pong")[-1].message or 0)
    alarmed = world().inject(f"drop {sender}>{to} #{nth}").run(until=4.0).trace
    assert calm.count(*ELECTION, since=1) == 0
    assert alarmed.count(*ELECTION, since=1) == theory.false_alarm(agents)
    assert [event.data for event in alarmed.select("coordinator", kind="state", since=1)][-1] == str(agents)


@pytest.mark.parametrize("agents", range(3, 9))
def test_without_the_guard_every_agent_doubles_the_elections(agents: int) -> None:
    """An election for every Election: 2^(n-2) of them, of which all but the first were asked for."""
    run = hold_election(agents=agents, guarded=False)
    elections = 1 + run.trace.count("Election", kind="handle", since=3)
    assert elections == theory.unguarded_elections(agents)
    assert "one election at a time" in [v.name for v in run.verdicts if v.status == "violated"]


# --- what it survives -----------------------------------------------------------------------------


def test_a_recovered_candidate_takes_over() -> None:
    """5 crashes at 3 s and is back at 6 s: 4 rules in between, and 5 from its return on."""
    run = candidates(5).inject("crash 5 @3..6").run(until=12)
    ruling = [
        (event.agent, event.time < 6) for event in run.trace.select("role") if event.data == "coordinates"
    ]
    assert ruling[-2:] == [("4", True), ("5", False)]
    assert run.trace.select("role", agent="4")[-1].data == "follows"
    assert statuses(run) == {"holds"}


def test_an_answer_from_one_who_then_dies_is_not_waited_for_for_ever() -> None:
    """5 is gone, 4 answers everybody and crashes before it can rule: the others ask again, and 3 rules."""
    elects = hold_election(agents=5).trace.select("role", agent="4", since=3)[0]
    assert elects.data == "electing"
    world = World().add(Candidate(rank, heartbeat=1.0 if rank == 1 else None) for rank in range(1, 6))
    run = world.inject("crash 5 @3", f"crash 4 @{elects.time + 0.1:.3f}").expect(*properties()).run(until=12)
    assert roles(run, since=3.5).splitlines()[-1].endswith("2 state role follows")
    assert [each.agent for each in run.trace.select("role", since=3) if each.data == "coordinates"] == ["3"]
    assert statuses(run) == {"holds"}


def test_two_rule_while_the_network_is_parted_and_one_after() -> None:
    """3 and 5 rule their own side; once it heals, 3 hears of 5 and stands back."""
    run = candidates(5).inject("partition 1,2,3/4,5 @3..8").run(until=16)
    rulers = [
        (each.agent, each.data) for each in run.trace.select("role", since=3) if each.agent in ("3", "5")
    ]
    assert [each for each in rulers if each[1] == "coordinates"] == [("3", "coordinates")]
    assert rulers[-1] == ("3", "follows")
    assert statuses(run) == {"holds"}


def test_patience_below_the_delay_gives_two_coordinators_without_any_fault() -> None:
    """The bound on delay is needed: without it, the promises break."""
    world = World(seed=1, latency="uniform(0.1, 0.5)")
    run = world.add(Candidate(rank) for rank in range(1, 6)).expect(*properties()).run(until=30)
    assert "violated" in statuses(run)


# --- where the usual first try goes wrong ---------------------------------------------------------


def following(run: Run) -> dict[str, str | None]:
    """Whom each that is up follows in the end."""
    agents = (run.world[name] for name in run.trace.agents)
    up = [
        name
        for name in run.trace.agents
        if run.trace.select("start", "crash", "restart", agent=name)[-1].kind != "crash"
    ]
    return {agent.name: agent.coordinator for agent in agents if agent.name in up}  # type: ignore[attr-defined]


def test_when_an_election_is_over_everybody_knows_who_won() -> None:
    """Not only who called it: all follow the second highest."""
    assert following(hold_election(agents=5, noticed_by=2)) == dict.fromkeys("1234", "4")


@pytest.mark.parametrize("agents", range(3, 10))
def test_each_holds_one_election_and_one_is_crowned(agents: int) -> None:
    """All but the dead one ask those above once; only the winner says that it coordinates."""
    trace = hold_election(agents=agents).trace
    began = [event.agent for event in trace.select("role", since=3) if event.data == "electing"]
    crowned = [event.agent for event in trace.select("role", since=3) if event.data == "coordinates"]
    assert (len(began), crowned) == (agents - 1, [str(agents - 1)])


def test_a_silence_is_noticed_by_messages_and_takes_its_time() -> None:
    """A Ping that nobody answers, and a patience later a doubt; nobody looks inside another."""
    trace = hold_election(agents=5).trace
    unanswered = next(event for event in trace.select("Ping", since=3) if event.peer == "5")
    doubts = trace.select("role", agent="1", since=3)[0]
    assert round(doubts.time - unanswered.time, 6) == 0.25


def test_the_dead_elect_nobody_and_win_nothing() -> None:
    """From its crash until its return 5 says nothing and becomes nothing."""
    trace = candidates(5).inject("crash 5 @3..9").run(until=12).trace
    assert trace.select("send", "state", "timer", agent="5", since=3.000001, before=9) == []


def test_a_revived_leader_knows_that_it_has_to_be_elected_again() -> None:
    """It comes back as a follower; in the end one coordinates, the highest."""
    run = candidates(3).inject("crash 3 @3..6").run(until=10)
    back = run.trace.select("restart", agent="3")[0]
    assert dict(back.data) == {"role": "follows", "coordinator": None}
    assert following(run) == dict.fromkeys("123", "3")


@pytest.mark.parametrize("at", [3.0, 17.0, 59.9])
def test_somebody_notices_whenever_the_leader_dies(at: float) -> None:
    """Within a heartbeat and a patience, at any time of the day."""
    trace = candidates(5).inject(f"crash 5 @{at}").run(until=at + 5).trace
    doubts = next(event for event in trace.select("role", since=at) if event.data == "electing")
    assert doubts.time <= at + 1.0 + 0.25 + 0.05


def test_late_news_of_an_old_rule_is_put_right() -> None:
    """3 ruled while 4 was away; one of its letters comes after 4 has returned; all follow 4 in the end."""
    calm = candidates(4).inject("crash 4 @3..6").run(until=12)
    letter = next(each for each in calm.trace.select("Coordinator", agent="3", peer="1", since=3))
    sender, to, nth = nth_on_link(calm.trace, letter.message or 0)
    run = candidates(4).inject("crash 4 @3..6", f"delay {sender}>{to} #{nth} 4").run(until=16)
    late = run.trace.select("Coordinator", kind="deliver", agent="1", peer="3", since=6)
    assert late
    assert following(run) == dict.fromkeys("1234", "4")
    assert run.verdicts[-1].status == "holds"


def test_an_error_while_asking_ends_the_run_and_says_where() -> None:
    """It is not taken for the silence of those above."""

    class Slips(Candidate):
        def on_election(self, sender: str, message: Election) -> Answer:
            raise TypeError(f"unsupported rank: {sender!r}")

    world = World().add(Candidate(1), Slips(2), Candidate(3)).inject("crash 3 @3")
    with pytest.raises(AgentError, match=r"agent 2 \(Slips\) failed at .* TypeError: unsupported rank: '1'"):
        world.run(until=8)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Candidate("first"), r"rank='first': expected a whole number, 0 or more\. .*rank=3\."),
        (lambda: Candidate(True), r"rank=True: expected a whole number, 0 or more\."),
        (lambda: Candidate(1, patience=0), r"patience=0: expected seconds above 0\. .*patience=0\.25\."),
        (lambda: theory.messages(5, noticed_by=5), r"noticed_by=5: expected a whole number from 1 to 4\."),
        (lambda: theory.messages(2.5), r"agents=2\.5: expected a whole number, 2 or more\."),
        (lambda: theory.false_alarm(0), r"agents=0: expected a whole number, 1 or more\."),
        (lambda: theory.unguarded_elections(0), r"agents=0: expected a whole number, 1 or more\."),
        (lambda: theory.seconds(-1, 0.25), r"latency=-1: expected seconds, 0 or more\."),
        (lambda: theory.seconds(0.1, 0), r"patience=0: expected seconds above 0\."),
    ],
)
def test_what_cannot_be_is_refused(make: Any, says: str) -> None:
    """What was given, what is allowed, what to write."""
    with pytest.raises(ValueError, match=says):
        make()


class Herald(Candidate):
    """Answers nothing, and says at some moments that it coordinates."""

    def __init__(self, rank: int, *moments: float) -> None:
        super().__init__(rank)
        self.moments = moments

    async def run(self) -> None:
        for at in self.moments:
            await self.sleep(at - self.now)
            self.send("1", Coordinator())

    def on_election(self, sender: str, message: Election) -> None:  # type: ignore[override]
        """No word."""

    def on_ping(self, sender: str, message: Ping) -> None:
        """No word."""


def test_an_agent_that_is_told_while_it_asks_does_not_rule() -> None:
    """Nobody has answered, but 2 has said that it coordinates."""
    run = World(latency=0.01).add(Candidate(1, heartbeat=None), Herald(2, 0.1)).run(until=1.0)
    assert [each.data for each in run.trace.select("role", agent="1")] == ["electing", "follows"]


def test_a_doubt_is_void_if_somebody_else_coordinates_meanwhile() -> None:
    """1 finds 2 silent, hears of 3 before its patience is over, and holds no other election."""
    run = World(latency=0.01).add(Candidate(1), Herald(2, 0.1), Herald(3, 1.3)).run(until=1.9)
    assert (run.trace.count("Ping"), run.trace.count("Election")) == (1, 2)
