"""Properties over a trace: what each says, when, at which event, and why."""

import re
from math import inf

import pytest

from coordlab.properties import (
    Property,
    Verdict,
    always,
    eventually,
    leads_to,
    moments,
    never,
    safety,
    sometimes,
)
from coordlab.trace.trace import Trace
from coordlab.world.agent import Agent, State
from coordlab.world.errors import AgentError
from coordlab.world.message import message
from coordlab.world.run import judged
from coordlab.world.world import World

NAN = float("nan")


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


def named(now):
    """At most one rules; else the predicate says who."""
    rulers = now.where("role", "rules")
    return len(rulers) <= 1 or f"{' and '.join(rulers)} rule at once."


def blames_ann(now):
    """At most one rules; else the event is the one at which Ann began to."""
    if len(now.where("role", "rules")) > 1:
        now.about = now.changed["ann"]
    return one_at_most(now)


RULES, FALLS = (1, "ann", Rule), (2, "ann", Fall)
FALLING = ["crash ann @1", "crash bob @2", "crash cat @3"]
TWO_RULE = reign((1, "ann", Rule), (2, "bob", Rule), (3, "ann", Fall))


IN_TIME = eventually("rule", lambda now: somebody(now) or "nobody rules.", within=2)
MISSED = "nobody rules. It was still not true 2 s after 4.000 s, when: ann crashes"
SUCCESSION = eventually("succession", somebody, within=1, after=lambda event: event.data == "follows")


@pytest.mark.parametrize(
    ("judge", "trace", "status", "at", "because"),
    [
        # always: violated at the first event at which it fails; an empty trace proves nothing
        (always("one", one_at_most), reign(RULES), "holds", None, ""),
        (always("one", one_at_most), TWO_RULE, "violated", 2.1, "at 2.100 s, bob: role is now rules. That"),
        (always("one", one_at_most), Trace([]), "undecided", None, ""),
        (always("never long", lambda now: now.calm < 5), reign(until=8), "violated", 8, ""),  # between events
        (always("one", named), TWO_RULE, "violated", 2.1, "ann and bob rule at once. At 2.100 s, bob:"),
        # sometimes: undecided while it may still happen, violated after `by`; any true value will do
        (sometimes("rule", somebody), TWO_RULE, "holds", 1.1, ""),
        (sometimes("rule", somebody), reign(), "undecided", None, "it did not happen in 10 s"),
        (sometimes("rule", somebody, by=20), reign(), "undecided", None, "it did not happen in 10 s"),
        (sometimes("rule", somebody, by=5), reign((6, "ann", Rule)), "violated", 5, "it had not happened by"),
        (sometimes("rule", lambda now: now.where("role", "rules")), TWO_RULE, "holds", 1.1, ""),
        (sometimes("rule", lambda now: "not yet"), TWO_RULE, "undecided", None, ""),
        # eventually: after each disturbance in time; a new disturbance starts the time again
        (IN_TIME, reign(RULES, (5, "bob", Rule), faults=["crash ann @4"]), "holds", None, ""),
        (IN_TIME, reign(RULES, (7, "bob", Rule), faults=["crash ann @4"]), "violated", 6, MISSED),
        (IN_TIME, reign(RULES, faults=["crash ann @9"]), "undecided", None, "the trace ends at 10 s, before"),
        (IN_TIME, Trace([]), "undecided", None, ""),
        (IN_TIME, reign(), "violated", 2, "nobody rules. It was still not true 2 s after 0.000 s, when: zoe"),
        (eventually("gone", lambda now: now.alive == ["zoe"], 1.5), reign(faults=FALLING), "holds", None, ""),
        # eventually, after the events that one picks
        (SUCCESSION, reign(RULES, FALLS, (2.5, "bob", Rule)), "holds", None, ""),
        (SUCCESSION, reign(RULES, FALLS, (4, "bob", Rule)), "violated", 3.1, ""),
        (SUCCESSION, reign(RULES), "undecided", None, ""),
    ],
)
def test_what_a_property_says_of_a_trace(judge, trace, status, at, because):
    verdict = judge(trace)
    assert (verdict.status, verdict.at) == (status, pytest.approx(at) if at else at)
    assert verdict.because.startswith(because)


@pytest.mark.parametrize(
    ("judge", "told"),
    [
        (always("one", one_at_most), "2.100 bob state role rules"),
        (always("one", blames_ann), "1.100 ann state role rules"),  # a predicate may name another event
        (sometimes("rule", somebody), "1.100 ann state role rules"),
        (eventually("all", lambda now: False, 2), "0.000 zoe start Kingmaker"),
    ],
)
def test_a_verdict_names_its_event(judge, told):
    assert str(TWO_RULE[judge(TWO_RULE).event]) == told


def test_a_reason_tells_three_causes():
    assert always("one", one_at_most)(TWO_RULE).because == (
        "at 2.100 s, bob: role is now rules. That was because at 2.000 s, zoe to bob: “You rule.”; because "
        "at 2.000 s, zoe has waited 1 s for its sleep to end; because at 1.000 s, zoe has waited 1 s for its "
        "sleep to end."
    )


# --- moments -------------------------------------------------------------------------------------------


def last(trace):
    """What is known at the end."""
    *_, now = moments(trace)
    return now


def test_a_moment_knows_who_is_up_and_in_which_state():
    now = last(reign((1, "ann", Rule), faults=["crash bob @2"]))
    assert (now.alive, now.state("ann", "role"), now.state("bob", "role")) == (
        ["ann", "cat", "zoe"],
        "rules",
        None,
    )
    assert (now.where("role", "follows"), now.time, now.calm) == (["cat"], 10, 8)


def test_a_restart_begins_with_the_initial_states():
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
    assert last(reign(faults=faults)).components == groups


def test_a_moment_that_is_kept_keeps_its_time():
    trace = reign(RULES)
    kept = [now.copy() for now in moments(trace)]
    assert [now.time for now in kept] == sorted(now.time for now in kept)
    assert kept[-1].event is None
    assert [now.event.seq for now in kept if now.event] == list(range(len(trace)))


# --- cost ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("times", [10, 100, 1000])
def test_a_property_goes_through_the_trace_once(times):
    asked = []

    def count(now):
        asked.append(now.time)
        return True

    trace = reign(*((number, "ann", (Rule, Fall)[number % 2]) for number in range(times)), until=times + 1)
    for judge in (always("all", count), eventually("all", count, within=1e6)):
        asked.clear()
        judge(trace)
        assert len(asked) <= 2 * len(trace) + 1


def test_a_reason_names_an_event_that_changed_something_not_the_one_before():
    """Where only time has passed, and the property does not say what it is about."""
    trace = reign((1, "ann", Rule), (2, "bob", Rule), (3, "cat", Fall))
    verdict = always("one", named, calm=5)(trace)
    assert trace[verdict.event].time == 2.1 < verdict.at
    words = (
        "ann and bob rule at once. The last change before was at 2.100 s, bob: role is now rules. That was"
    )
    assert verdict.because.startswith(words)


def test_a_reason_names_what_did_not_arrive():
    """Of an obligation that was left open: what was sent in consequence and lost."""
    told = leads_to(
        "told",
        lambda event: ["all"] if event.kind == "start" and event.agent == "zoe" else [],
        lambda event, begun: begun if event.kind == "handle" and event.agent == "ann" else [],
        within=3,
    )
    sent = (1, "ann", Rule), (1, "bob", Rule)
    lost = "nothing followed within 3 s: zoe starts. What did not arrive: at 1.100 s, Rule from zoe does not "
    crash, drop = "crash bob @0", "drop zoe>ann #1"
    assert told(reign(*sent, faults=[crash, drop])).because == f"{lost}reach ann: dropped."
    assert told(reign(sent[1], faults=[crash])).because == f"{lost}reach bob: down."
    assert told(reign((1, "bob", Rule))).because == "nothing followed within 3 s: zoe starts."


@pytest.mark.parametrize(
    ("blamed", "lost", "words"),
    [
        # nothing that happened to bob explains it, and what happened last has nothing to do with it
        (None, "drop zoe>bob #1", "cat: role is now rules"),
        ("bob", "drop zoe>bob #1 | drop zoe>cat #2", "bob starts"),
        (None, "cut zoe>bob @4.2..4.9", "cat: role is now rules"),
    ],
)
def test_the_reason_of_a_missed_deadline_names_the_message_whose_loss_decided(blamed, lost, words):
    """Zoe tells Bob to rule after Ann's crash; only this message is lost, and then other things happen."""

    def bob_rules(now):
        if blamed:
            now.about = now.changed[blamed]
        return now.state("bob", "role") == "rules" or "bob does not rule."

    succeeded = eventually("succeeded", bob_rules, within=2, after=lambda event: event.kind == "crash")
    told = (1, "ann", Rule), (4.5, "bob", Rule), (5, "cat", Rule), (5.5, "cat", Fall)
    why = succeeded(reign(*told[: 4 if blamed else 3], faults=["crash ann @4", *lost.split(" | ")])).because
    assert words in why
    assert why.count("does not reach") == 1
    assert re.search(
        r" What did not arrive: at 4\.600 s, Rule from zoe does not reach bob: (cut|dropped)\.$", why
    )


def test_a_reason_does_not_walk_to_the_beginning_of_time():
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
    assert str(Verdict("one", "holds")) == "✓ one: holds"
    assert repr(Verdict("one", "violated", 2.5, 7, "two ruled")) == "✗ one: violated at 2.500 s: two ruled"
    assert str(Verdict("one", "undecided")) == "? one: undecided"
    assert [bool(Verdict("one", status)) for status in ("holds", "violated", "undecided")] == [
        True,
        False,
        False,
    ]


def test_a_run_is_judged_by_what_its_world_expects():
    world = (
        World(latency=0.1)
        .add(Ruler("ann"), Kingmaker("zoe", (1, "ann", Rule)))
        .expect(sometimes("somebody", somebody))
    )
    run = world.run(until=3)
    assert str(run.verdicts[0]) == "✓ somebody: holds at 1.100 s"
    assert run.branch("crash ann @0.5").verdicts[0].status == "undecided"
    assert repr(sometimes("somebody", somebody)) == "<Property somebody>"


def test_a_safety_property_without_a_name_is_refused() -> None:
    with pytest.raises(TypeError, match=r'expected str, not function.*@safety\("nobody decides twice"\)'):

        @safety
        def nameless(trace: Trace) -> None:
            yield from ()


# --- mistakes in properties ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "error", "match"),
    [
        (lambda: always("p", 3), TypeError, "predicate=3: expected a function, not int"),
        (lambda: always(3, somebody), TypeError, "name=3: expected str, not int"),
        (lambda: sometimes("p", True), TypeError, "predicate=True: expected a function"),
        (lambda: eventually("p", somebody, 1, after=3), TypeError, "after=3: expected a function"),
        (lambda: never("p", "crash"), TypeError, "wrong='crash': expected a function"),
        (lambda: safety("p")(3), TypeError, "objections=3: expected a function"),
        (lambda: leads_to("p", somebody, 4, 1), TypeError, "ends=4: expected a function"),
        *((lambda by=by: sometimes("p", somebody, by), ValueError, "by=") for by in (NAN, -1, "1", True)),
        *((lambda by=by: eventually("p", somebody, by), ValueError, "within=") for by in (NAN, inf, None)),
        (lambda: always("p", somebody, calm=NAN), ValueError, "calm=nan"),
        (lambda: leads_to("p", somebody, somebody, NAN), ValueError, "within=nan"),
    ],
)
def test_what_is_no_property_is_refused_when_it_is_made(make, error, match):
    with pytest.raises(error, match=match):
        make()


@pytest.mark.parametrize(
    ("judge", "error", "match"),
    [
        (always("mine", lambda now: 1 / 0), ZeroDivisionError, "division"),
        (
            always("mine", lambda now: now.state("zz", "role") == "x"),
            LookupError,
            "no agent 'zz': .* ann, bob, cat",
        ),
        (
            always("mine", lambda now: not now.where("rôle", "x")),
            LookupError,
            "no agent has a state 'rôle'.* role",
        ),
        (eventually("mine", somebody, 1, after=lambda event: 1 / 0), ZeroDivisionError, "division"),
        (never("mine", lambda event: event.nothing), AttributeError, "nothing"),
        (safety("mine")(lambda trace: True), TypeError, "objections=True: expected Iterator, not bool"),
        (safety("mine")(lambda trace: iter([3])), TypeError, "unpack"),
        (leads_to("mine", lambda event: 3, lambda event, begun: (), 1), TypeError, "iterable"),
        (Property("mine", lambda trace: True), TypeError, "verdict=True: expected Verdict, not bool"),
    ],
)
def test_an_error_in_a_property_names_the_property(judge, error, match):
    """Also if it is judged beside others."""
    trace = reign()
    for judging in (lambda: judge(trace), lambda: judged(trace, [always("calm", somebody), judge])):
        with pytest.raises(error, match=match) as caught:
            judging()
        assert caught.value.__notes__ == ["while “mine” was judged"]


def test_a_rule_of_single_events_may_answer_in_a_word():
    """Then the event speaks for itself."""
    verdict = never("nobody rules", lambda event: event.name == "Rule")(reign((1, "ann", Rule)))
    assert str(verdict) == "✗ nobody rules: violated at 1.000 s: zoe to ann: “You rule.”"


def test_a_run_that_broke_off_leaves_open_what_was_not_decided():
    """Also from its file: safety is undecided, what has happened has happened, a violation stays."""

    class Fragile(Agent):
        role = State("calm")

        async def run(self):
            self.role = "tense"
            await self.sleep(1)
            raise OSError

    tense, calm = (lambda now, role=role: bool(now.where("role", role)) for role in ("tense", "calm"))
    promises = (
        *(always("up", lambda now: True), safety("none")(lambda trace: iter(()))),
        *(sometimes("tense", tense), sometimes("by then", tense, by=9), always("calm", calm)),
    )
    with pytest.raises(AgentError) as caught:
        World().add(Fragile("ann")).expect(*promises).run(until=9)
    run = caught.value.run
    expected = ["undecided", "undecided", "holds", "holds", "violated"]
    again = Trace.from_jsonl(run.trace.to_jsonl())
    assert [each.status for each in run.verdicts] == [judge(again).status for judge in promises] == expected
    assert run.verdicts[0].because == "the run broke off at 1 s"
