"""Properties over a trace: what each says, when, at which event, and why."""

import pytest

from coordlab.properties import Verdict, always, eventually, moments, sometimes
from coordlab.trace.trace import STATE, Trace
from coordlab.world.agent import Agent, State
from coordlab.world.message import message
from coordlab.world.world import World


@message
class Rule:
    """You rule."""


@message
class Fall:
    """You fall."""


class Ruler(Agent):
    """Rules or does not, as it is told."""

    role = State("follows")

    def on_rule(self, sender, message):
        self.role = "rules"

    def on_fall(self, sender, message):
        self.role = "follows"


class Kingmaker(Agent):
    """Says at these times who rules or falls."""

    def __init__(self, name, *words):
        super().__init__(name)
        self.words = words

    async def run(self):
        for at, whom, word in self.words:
            await self.sleep(at - self.now)
            self.send(whom, word())


def reign(*words, faults=(), until=10.0):
    """The trace of a reign: Ann, Bob and Cat, and Zoe who makes them."""
    world = World(latency=0.1).add(map(Ruler, ("ann", "bob", "cat")), Kingmaker("zoe", *words))
    return world.inject(*faults).run(until).trace


def one_at_most(now):
    """At most one rules."""
    return len(now.where("role", "rules")) <= 1


def somebody(now):
    """Somebody rules."""
    return bool(now.where("role", "rules"))


TWO_RULE = reign((1, "ann", Rule), (2, "bob", Rule), (3, "ann", Fall))


# --- always --------------------------------------------------------------------------------------------


def test_always_holds_if_it_never_fails():
    """Ann alone rules."""
    assert always("one", one_at_most)(reign((1, "ann", Rule))) == Verdict("one", "holds")


def test_always_is_violated_at_the_first_event_at_which_it_fails():
    """Bob comes to rule at 2.1 while Ann does: the event, its time, and why."""
    verdict = always("one", one_at_most)(TWO_RULE)
    assert (verdict.status, verdict.at, str(TWO_RULE[verdict.event])) == (
        "violated",
        2.1,
        "2.100 bob state role rules",
    )
    assert verdict.because == (
        "at 2.100 s, bob: role is now rules. That was because at 2.000 s, zoe to bob: “You rule.”; because "
        "at 2.000 s, zoe has waited 1 s for its sleep to end; because at 1.000 s, zoe has waited 1 s for its "
        "sleep to end."
    )


def test_always_is_undecided_of_nothing():
    """An empty trace proves nothing."""
    assert always("one", one_at_most)(Trace([])).status == "undecided"


def test_a_predicate_may_say_what_is_wrong():
    """Its sentence stands first in the reason."""

    def named(now):
        rulers = now.where("role", "rules")
        return len(rulers) <= 1 or f"{' and '.join(rulers)} rule at once."

    assert always("one", named)(TWO_RULE).because.startswith("ann and bob rule at once. At 2.100 s, bob:")


def test_a_predicate_may_say_which_event_it_is_about():
    """Not the last one, then, but the one at which Ann began to rule."""

    def named(now):
        rulers = now.where("role", "rules")
        if len(rulers) > 1:
            now.about = now.changed["ann"]
        return len(rulers) <= 1

    verdict = always("one", named)(TWO_RULE)
    assert (verdict.at, TWO_RULE[verdict.event].time, TWO_RULE[verdict.event].agent) == (2.1, 1.1, "ann")


def test_always_sees_moments_between_events():
    """Something that has lasted too long is found though nothing happens."""
    verdict = always("never long", lambda now: now.calm < 5)(reign(until=8))
    assert (verdict.status, verdict.at) == ("violated", 8)


# --- sometimes -----------------------------------------------------------------------------------------


def test_sometimes_holds_at_the_first_time_it_happens():
    """Ann rules from 1.1 on."""
    verdict = sometimes("somebody", somebody)(TWO_RULE)
    assert (verdict.status, verdict.at, TWO_RULE[verdict.event].kind) == ("holds", 1.1, STATE)


def test_sometimes_is_undecided_as_long_as_it_may_still_happen():
    """Nobody rules, but nobody said by when."""
    assert sometimes("somebody", somebody)(reign()) == Verdict(
        "somebody", "undecided", because="it did not happen in 10 s"
    )
    assert sometimes("somebody", somebody, by=20)(reign()).status == "undecided"


def test_sometimes_is_violated_when_its_time_is_over():
    """It was to happen by 5, and happened at 6.1."""
    verdict = sometimes("somebody", somebody, by=5)(reign((6, "ann", Rule)))
    assert verdict == Verdict("somebody", "violated", 5, None, "it had not happened by 5 s")


def test_any_true_value_will_do_for_sometimes():
    """As for always; only a sentence says that something is wrong."""
    assert sometimes("somebody", lambda now: now.where("role", "rules"))(TWO_RULE).status == "holds"
    assert sometimes("never", lambda now: "not yet")(TWO_RULE).status == "undecided"


# --- eventually ----------------------------------------------------------------------------------------


def test_eventually_holds_if_each_disturbance_is_overcome_in_time():
    """After the start Ann rules within 2 s; she crashes at 4, Bob rules within 2 s again."""
    trace = reign((1, "ann", Rule), (5, "bob", Rule), faults=["crash ann @4"])
    assert eventually("somebody", somebody, within=2)(trace).status == "holds"


def test_eventually_is_violated_when_time_runs_out():
    """Nobody follows Ann in time: the event that began the time, and what should have come about."""
    trace = reign((1, "ann", Rule), (7, "bob", Rule), faults=["crash ann @4"])
    verdict = eventually("somebody", somebody, within=2)(trace)
    assert (verdict.status, verdict.at, trace[verdict.event].kind) == ("violated", 6, "crash")
    assert verdict.because == "It was not true 2 s after 4.000 s, when: ann crashes: all it was doing stops."


def test_eventually_is_undecided_if_the_trace_ends_first():
    """Ann crashed a second before the end."""
    trace = reign((1, "ann", Rule), faults=["crash ann @9"])
    verdict = eventually("somebody", somebody, within=2)(trace)
    assert (verdict.status, verdict.because) == ("undecided", "the trace ends at 10 s, before it could tell")
    assert eventually("somebody", somebody, within=2)(Trace([])).status == "undecided"


def test_a_new_disturbance_starts_the_time_anew():
    """A crash each second gives the others no chance, and none is asked of them."""
    faults = ["crash ann @1", "crash bob @2", "crash cat @3"]
    verdict = eventually("nobody is left", lambda now: now.alive == ["zoe"], within=1.5)(reign(faults=faults))
    assert verdict.status == "holds"


def test_eventually_counts_from_what_one_picks():
    """After each Fall somebody rules within a second."""
    fell = eventually("succession", somebody, within=1, after=lambda event: event.data == "follows")
    assert fell(reign((1, "ann", Rule), (2, "ann", Fall), (2.5, "bob", Rule))).status == "holds"
    assert fell(reign((1, "ann", Rule), (2, "ann", Fall), (4, "bob", Rule))).status == "violated"
    assert fell(reign((1, "ann", Rule))).status == "undecided"


def test_eventually_carries_the_last_sentence_of_its_predicate():
    """What was still wrong when time ran out."""
    verdict = eventually("somebody", lambda now: somebody(now) or "nobody rules.", within=2)(reign())
    assert verdict.because.startswith("nobody rules. It was not true 2 s after 0.000 s, when: zoe starts.")


# --- moments -------------------------------------------------------------------------------------------


def last(trace):
    """What is known at the end."""
    *_, now = moments(trace)
    return now


def test_a_moment_knows_who_is_up_and_in_which_state():
    """Ann rules, Bob is down."""
    now = last(reign((1, "ann", Rule), faults=["crash bob @2"]))
    assert (now.alive, now.state("ann", "role"), now.state("bob", "role")) == (
        ["ann", "cat", "zoe"],
        "rules",
        None,
    )
    assert (now.where("role", "follows"), now.time, now.calm) == (["cat"], 10, 8)


def test_a_restart_begins_with_the_initial_states():
    """Ann ruled, crashed and came back."""
    now = last(reign((1, "ann", Rule), faults=["crash ann @2..3"]))
    assert now.state("ann", "role") == "follows"


@pytest.mark.parametrize(
    ("faults", "groups"),
    [
        ([], [["ann", "bob", "cat", "zoe"]]),
        (["partition ann/bob,cat @1"], [["ann"], ["bob", "cat"], ["zoe"]]),
        (["partition ann/bob,cat @1..2"], [["ann", "bob", "cat", "zoe"]]),
        (["partition ann,bob @1", "partition bob,cat @1"], [["ann"], ["bob"], ["cat"], ["zoe"]]),
        (["partition ann @1", "partition ann @1..2"], [["ann"], ["bob", "cat", "zoe"]]),
        (["cut ann>bob @1"], [["ann", "bob", "cat", "zoe"]]),
        (["cut ann>bob @1", "cut cat>ann @1", "cut ann>zoe @1"], [["ann"], ["bob", "cat", "zoe"]]),
        (["crash bob @1", "partition ann,bob @1"], [["ann"], ["cat", "zoe"]]),
    ],
)
def test_components_are_those_who_hear_each_other(faults, groups):
    """Both ways, if need be through a third; the dead belong to nobody."""
    assert last(reign(faults=faults)).components == groups


def test_a_moment_that_is_kept_keeps_its_time():
    """The one that is handed out moves on."""
    trace = reign((1, "ann", Rule))
    kept = [now.copy() for now in moments(trace)]
    assert [now.time for now in kept] == sorted(now.time for now in kept)
    assert kept[-1].event is None
    assert [now.event.seq for now in kept if now.event] == list(range(len(trace)))


# --- cost ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("times", [10, 100, 1000])
def test_a_property_goes_through_the_trace_once(times):
    """A predicate is asked at most before and after each event, however long the trace."""
    asked = []

    def count(now):
        asked.append(now.time)
        return True

    trace = reign(*((number, "ann", (Rule, Fall)[number % 2]) for number in range(times)), until=times + 1)
    for judge in (always("all", count), eventually("all", count, within=1e6)):
        asked.clear()
        judge(trace)
        assert len(asked) <= 2 * len(trace) + 1


def test_a_reason_does_not_walk_to_the_beginning_of_time():
    """The chain of causes of a long dialogue is looked at only as far as it is told."""

    class Row(tuple):
        looked = 0

        def __getitem__(self, index):
            if index == 6:
                Row.looked += 1
            return super().__getitem__(index)

    rows = [Row((0, "start", "ann", None, None, "Ruler", None, ()))]
    rows += [Row((seq, "timer", "ann", None, None, "x", seq - 1, 1.0)) for seq in range(1, 1000)]
    always("never", lambda now: now.seq is None or now.seq < 999)(Trace(rows, ("ann",)))
    assert Row.looked < 20


# --- verdicts ------------------------------------------------------------------------------------------


def test_a_verdict_reads_as_a_line():
    """A mark, the name, the status, when, and why."""
    assert str(Verdict("one", "holds")) == "✓ one: holds"
    assert repr(Verdict("one", "violated", 2.5, 7, "two ruled")) == "✗ one: violated at 2.500 s: two ruled"
    assert str(Verdict("one", "undecided")) == "? one: undecided"
    assert [bool(Verdict("one", status)) for status in ("holds", "violated", "undecided")] == [
        True,
        False,
        False,
    ]


def test_a_run_is_judged_by_what_its_world_expects():
    """And so are its branches."""
    world = (
        World(latency=0.1)
        .add(Ruler("ann"), Kingmaker("zoe", (1, "ann", Rule)))
        .expect(sometimes("somebody", somebody))
    )
    run = world.run(until=3)
    assert str(run.verdicts[0]) == "✓ somebody: holds at 1.100 s"
    assert run.branch("crash ann @0.5").verdicts[0].status == "undecided"
    assert repr(sometimes("somebody", somebody)) == "<Property somebody>"
