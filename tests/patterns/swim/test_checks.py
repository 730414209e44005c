"""What the properties of a group that watches itself cannot tell yet."""

from __future__ import annotations

from coordlab.patterns.heartbeat.checks import crashes_are_found
from coordlab.patterns.swim import group
from coordlab.patterns.swim.checks import reach
from coordlab.trace.trace import Trace
from tests.patterns.swim.story import L1, L2, at, lives, news, trace
from tests.properties.mutated import ended, late, repeated, without


def statuses(trace: Trace) -> dict[str, str]:
    return {verdict.name: verdict.status for verdict in (judge(trace) for judge in lives().world.properties)}


def test_the_bounds_follow_from_the_size_of_the_group() -> None:
    assert reach(4, 1.0) == 6.0
    assert (L1, L2) == ("crashes are found within 12 s", "mistakes are taken back within 7 s")


def test_news_that_was_long_under_way_restarts_the_time() -> None:
    before = without(trace(), news("Suspected", "m3"))
    word = repeated(before, news("Restored", "m2"), after=at(40.0), data=news("Buried", "m3").data)
    buried = late(word, word[news("Buried", "m3").seq], after=at(43.0))
    assert statuses(buried)[L1] == "holds"
    assert crashes_are_found(12.0, grave=True)(buried).status == "violated"


def test_a_trace_that_ends_early_decides_nothing_about_the_end() -> None:
    assert statuses(ended(trace(), 34.5))[L1] == "undecided"
    assert statuses(ended(trace(), 15.1))[L2] == "undecided"


def test_where_nobody_crashed_and_nobody_erred_liveness_is_undecided() -> None:
    calm = statuses(group(4).run(until=10.0).trace)
    assert [*calm.values()] == [*["holds"] * 5, "undecided", "undecided", "holds", "undecided"]
