"""SWIM: who probes whom, how a suspect objects, how the news travels, and what it costs."""

from __future__ import annotations

from typing import Any

import pytest

from coordlab import World
from coordlab.patterns.heartbeat.checks import quality
from coordlab.patterns.heartbeat.rules import Buried, News, Restored, Suspected
from coordlab.patterns.swim import Member, group
from coordlab.patterns.swim.checks import properties
from coordlab.patterns.swim.theory import messages
from coordlab.trace.trace import Trace
from coordlab.world.run import Run


def told(trace: Trace, agent: str, since: float = 0.0, of: str | None = None) -> list[str]:
    return [
        f"{event.name} {event.data.target} {event.data.incarnation}"
        for event in trace.select("decision", agent=agent, since=since)
        if of in (None, event.data.target)
    ]


def statuses(run: Run) -> dict[str, str]:
    return {verdict.name: verdict.status for verdict in run.verdicts}


def member(run: Run, name: str) -> Member:
    found = run.world[name]
    assert isinstance(found, Member)
    return found


def test_two_members_ping_each_other_and_that_is_all() -> None:
    trace = group(2, latency=0.01).run(until=1.0).trace
    happened = trace.select("send", "handle", "decision", "state")
    assert [str(each) for each in happened] == [
        "0.440 m2 send Ping -> m1",
        "0.450 m1 handle Ping <- m2",
        "0.450 m1 decision Restored {'target': 'm2', 'incarnation': 1}",
        "0.450 m1 send Ack -> m2",
        "0.460 m2 handle Ack <- m1",
        "0.460 m2 decision Restored {'target': 'm1', 'incarnation': 1}",
        "0.658 m1 send Ping -> m2",
        "0.668 m2 handle Ping <- m1",
        "0.668 m2 send Ack -> m1",
        "0.678 m1 handle Ack <- m2",
    ]


def test_a_crash_is_probed_confirmed_by_helpers_suspected_and_buried() -> None:
    trace = group(3, latency=0.01).inject("crash m3 @2").run(until=9.0).trace
    happened = [each for each in trace.select("send", "decision", since=2) if each.name != "Ack"]
    assert [str(each) for each in happened if each.peer == "m3" or each.name != "Ping"] == [
        "2.658 m1 send Ping -> m3",
        "2.858 m1 send PingRequest -> m2",
        "2.868 m2 send Ping -> m3",
        "3.440 m2 send Ping -> m3",
        "3.640 m2 send PingRequest -> m1",
        "3.650 m1 send Ping -> m3",
        "3.658 m1 decision Suspected {'target': 'm3', 'incarnation': 1}",
        "3.668 m2 decision Suspected {'target': 'm3', 'incarnation': 1}",
        "4.658 m1 send Ping -> m3",
        "5.440 m2 send Ping -> m3",
        "7.440 m2 send Ping -> m3",
        "7.658 m1 send Ping -> m3",
        "8.440 m2 send Ping -> m3",
        "8.658 m1 decision Buried {'target': 'm3', 'incarnation': 1}",
        "8.668 m2 decision Buried {'target': 'm3', 'incarnation': 1}",
    ]


def test_news_of_a_crash_reaches_all_though_only_some_found_it() -> None:
    trace = group(12, latency=0.01).inject("crash m7 @4").run(until=20.0).trace
    suspected = trace.select("Suspected", kind="decision")
    assert sorted(str(each.agent) for each in suspected) == sorted(f"m{n}" for n in range(1, 13) if n != 7)
    found = [each for each in suspected if trace[each.cause or 0].kind == "timer"]
    assert len(found) < 6
    assert suspected[-1].time - suspected[0].time < 3.0


def test_a_helper_saves_whom_a_broken_link_would_accuse() -> None:
    trace = group(3, helpers=1, latency=0.01).inject("cut m1>m2 @3").run(until=30.0).trace
    assert trace.count("PingRequest", agent="m1") > 5
    assert trace.count("Suspected", kind="decision") == 0


@pytest.mark.parametrize("members", [2, 3])
def test_an_answer_that_comes_late_but_within_the_period_counts(members: int) -> None:
    """m2 answers m1 after 0.41 s, twice the patience; m3 cannot help, as m1 hears nothing of it."""
    slow = ["slow m2>m1 0.4 @3..20", *(["cut m3>m1 @3..20"] if members == 3 else [])]
    run = group(members, latency=0.01).inject(*slow).expect(*properties(members)).run(until=20.0)
    assert run.trace.count("Suspected", agent="m1", kind="decision") == 0
    assert "violated" not in statuses(run).values()


def test_a_suspect_objects_under_a_higher_incarnation() -> None:
    world = group(3, helpers=0, latency=0.01).inject("cut m1>m2 @3..6").expect(*properties(3, helpers=0))
    run = world.run(until=30.0)
    assert told(run.trace, "m1", since=3, of="m2") == ["Suspected m2 1", "Restored m2 2"]
    assert run.trace.count("Buried", kind="decision") == 0
    assert "violated" not in statuses(run).values()


def test_who_cannot_object_in_time_is_buried_and_restored_later() -> None:
    run = group(4, latency=0.01).inject("partition m2 @3..23").expect(*properties(4)).run(until=45.0)
    for other in ("m1", "m3", "m4"):
        assert told(run.trace, other, since=3, of="m2") == ["Suspected m2 1", "Buried m2 1", "Restored m2 2"]
    assert statuses(run)["mistakes are taken back within 7 s"] == "holds"


def test_a_partition_heals() -> None:
    run = group(5, latency=0.01).inject("partition m1,m2 @3..30").expect(*properties(5)).run(until=60.0)
    before = {name: told(run.trace, name, since=3)[-1] for name in run.trace.agents}
    assert all(text.startswith("Restored") for text in before.values())
    for name in run.trace.agents:
        known = member(run, name).known
        assert {each.status for each in known.values()} == {"alive"}
        assert min(each.incarnation for each in known.values()) >= 2
    assert run.trace.count("Buried", kind="decision") == 2 * 3 + 3 * 2
    assert statuses(run)["mistakes are taken back within 9 s"] == "holds"


def test_a_crashed_member_joins_again_under_a_higher_incarnation() -> None:
    run = group(4, latency=0.01).inject("crash m2 @3..20").run(until=35.0)
    assert told(run.trace, "m1", since=3) == ["Suspected m2 1", "Buried m2 1", "Restored m2 2"]
    assert {told(run.trace, "m2", since=20)[n] for n in range(3)} == {f"Restored m{n} 1" for n in (1, 3, 4)}


def test_a_stranger_who_knows_one_is_soon_known_to_all() -> None:
    world = World(latency=0.01).add(
        Member(f"m{n}", [f"m{k}" for k in (1, 2, 3) if k != n]) for n in (1, 2, 3)
    )
    run = world.add(Member("m4", ["m1"]), at=5.0).run(until=20.0)
    assert [told(run.trace, name, since=5) for name in ("m1", "m2", "m3")] == [["Restored m4 1"]] * 3
    assert sorted(told(run.trace, "m4")) == ["Restored m1 1", "Restored m2 1", "Restored m3 1"]
    assert {each.peer for each in run.trace.select("Ping", agent="m4", since=10)} == {"m1", "m2", "m3"}


def test_who_knows_nobody_waits_to_be_known() -> None:
    world = World(latency=0.01).add(Member("m1", [])).add(Member("m2", ["m1"]), at=3.0)
    trace = world.run(until=6.0).trace
    assert (trace.count("send", before=3), told(trace, "m1")) == (0, ["Restored m2 1"])


@pytest.mark.slow
def test_a_lossy_network_is_survived() -> None:
    trace = group(8, seed=2, latency=0.02, loss=0.1).run(until=300.0).trace
    assert trace.count("Suspected", kind="decision") > 10
    assert trace.count("Buried", kind="decision") == 0
    assert quality(trace).accuracy > 0.98


@pytest.mark.parametrize("members", [2, 5, 10, 30])
def test_it_costs_two_messages_a_member_and_period(members: int) -> None:
    trace = group(members, latency=0.01).run(until=7.0).trace
    assert trace.count("send", since=1.0, before=6.0) == pytest.approx(5 * messages(members), abs=members)


def test_a_dead_member_is_probed_on_without_helpers() -> None:
    trace = group(4, latency=0.01).inject("crash m2 @3").run(until=60.0).trace
    assert trace.count("PingRequest", since=20) == 0
    assert 30 < trace.count("Ping", peer="m2", since=20) < 50


def test_a_subclass_that_acts_on_the_news_acts_once_for_each_change() -> None:
    acted: list[News] = []

    class Acts(Member):
        def on_news(self, news: News) -> None:
            acted.append(news)

    world = World(latency=0.01).add(Acts("m1", ["m2"]), Member("m2", ["m1"])).inject("crash m2 @2..12")
    run = world.run(until=20.0)
    assert acted == [Restored("m2", 1), Suspected("m2", 1), Buried("m2", 1), Restored("m2", 2)]
    assert member(run, "m1").statistics == {"m2": {"Restored": 2, "Suspected": 1, "Buried": 1}}
    assert (member(run, "m1").role, member(run, "m1").suspects) == ("content", ())


@pytest.mark.parametrize("ahead", ["+3600", "-3600"])
def test_setting_a_clock_changes_nothing(ahead: str) -> None:
    calm = group(3, latency=0.01).inject("crash m3 @6").run(until=20.0).trace
    skewed = group(3, latency=0.01).inject("crash m3 @6", f"skew m1 x1 {ahead} @4").run(until=20.0).trace
    assert told(skewed, "m1") == told(calm, "m1")
    assert skewed.count("Ping") == calm.count("Ping")


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"helpers": -1}, r"helpers=-1: expected a whole number, 0 or more"),
        ({"patience": 0.4}, r"patience=0\.4: expected seconds above 0, up to 0\.333"),
        ({"patience": 0}, r"patience=0: expected seconds above 0"),
        ({"period": 0.5}, r"patience=0\.2: expected seconds above 0, up to 0\.166"),
        ({"period": 0}, r"period=0: expected seconds above 0"),
        ({"suspicion": 0}, r"suspicion=0: expected seconds above 0"),
        ({"targets": "m2"}, r"the others of m1='m2': expected a list"),
        ({"targets": ["m1"]}, r"m1 among \['m1'\]: expected the names of others"),
        ({"targets": ["m2", "m2"]}, r"the others of m1: 'm2' is listed twice"),
    ],
)
def test_members_that_make_no_sense_are_refused(wrong: dict[str, Any], says: str) -> None:
    with pytest.raises((ValueError, TypeError), match=says):
        Member("m1", **{"targets": ["m2"], **wrong})
