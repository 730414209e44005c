"""The briefs of the capstone: what their designs survive, and an exam with hidden schedules."""

import pytest

from coordlab.course import capstone
from coordlab.course.capstone.delivery import Planner, Van
from coordlab.intervals import share

CALM = [capstone.research, capstone.fleet, capstone.rota]


@pytest.mark.parametrize("brief", CALM, ids=lambda brief: brief.__name__)
def test_a_design_fulfils_its_brief_as_long_as_nothing_goes_wrong(brief):
    for seed in range(5):
        assert [verdict.status for verdict in brief(seed=seed).verdicts] == ["holds", "holds"]


@pytest.mark.parametrize("brief", CALM, ids=lambda brief: brief.__name__)
def test_a_brief_can_be_exported_as_a_page(brief, tmp_path):
    page = brief().page(tmp_path / "brief.html").read_text("utf-8")
    assert brief().spec.title in page


@pytest.mark.parametrize("brief", CALM, ids=lambda brief: brief.__name__)
def test_each_run_worth_trying_breaks_something_that_its_hint_repairs(brief):
    hints = {
        "A report is lost": {"door": "remembers"},
        "A van is gone": {"plan": "auction"},
        "Late bids": {"bids": 2.0},
        "Two rooms": {"pattern": "leases"},
        "Most are ill": {"pattern": "bully"},
        "One deaf engineer": {"pattern": "leases"},
        "One liar": {"copies": 3},
        "Two liars of three": {"copies": 5},
        "A reader who hears nothing": {"again": 1.0},
    }
    for schedule in brief().spec.schedules:
        lab = brief().try_out(schedule.title)
        assert not all(lab.verdicts), schedule.title
        assert all(lab.set(**hints[schedule.title]).verdicts), schedule.title


def test_the_messages_of_the_fleet_are_as_theory_says():
    for settings in ({}, {"vans": 3}, {"plan": "auction"}, {"plan": "auction", "vans": 8, "parcels": 2}):
        assert capstone.fleet(**settings).measures[2].agrees
    assert "a fault strikes" in capstone.fleet().inject("crash v1 @1").measures[2].theory.unless


def test_a_plan_brings_five_parcels_with_twenty_messages_and_an_auction_with_ninety():
    labs = [capstone.fleet(plan=plan) for plan in ("fixed", "auction")]
    assert [capstone.cost(lab) for lab in labs] == [20, 90]
    assert [lab.measures[0].counted for lab in labs] == [5, 5]


def test_a_van_that_is_gone_leaves_its_parcel_and_the_verdict_says_which():
    verdict = capstone.fleet(attempts=6).inject("crash v3 @1").verdicts[1]
    assert verdict.status == "violated"
    assert verdict.because.startswith("p3 has not come. At ")
    assert "AcceptProposal from depot does not reach v3: down" in verdict.because


def test_a_van_that_crashes_on_its_way_is_named_in_the_verdict():
    verdict = capstone.fleet().inject("crash v1 @1..2").verdicts[1]
    assert "p1 has not come" in verdict.because
    assert "At 1.000 s: v1 crashes" in verdict.because


def test_an_auction_gives_the_parcel_of_a_van_that_is_gone_to_another():
    lab = capstone.fleet(plan="auction", attempts=6).inject("crash v3 @1")
    assert all(lab.verdicts)


def test_a_parcel_comes_twice_if_the_report_is_lost_unless_the_door_remembers():
    lost = "cut v1>depot @2..3"
    twice = capstone.fleet(attempts=2).inject(lost).verdicts[0]
    assert twice.status == "violated"
    assert "door takes p1 a second time" in twice.because
    remembered = capstone.fleet(attempts=2, door="remembers").inject(lost)
    assert all(remembered.verdicts)
    assert remembered.run.trace.count("Had") == 1


def test_the_view_of_the_fleet_says_how_often_each_parcel_came():
    shown = capstone.fleet(attempts=2).inject("cut v1>depot @2..3").views["parcels"].at(20.0)
    assert shown.splitlines()[1:3] == [
        "parcel  attempts  given to  at the door",
        "p1      2         v1        2 times",
    ]


def test_a_network_in_two_parts_has_two_on_call_by_bully_and_one_by_leases():
    parts = "partition 1,2/3,4,5 @3..9"
    bully, leases = (capstone.rota(pattern=each).inject(parts) for each in ("bully", "leases"))
    assert bully.verdicts[0].status == "violated"
    assert "2 and 5 are on call, for longer than 1 s" in bully.verdicts[0].because
    assert all(leases.verdicts)


def test_with_most_engineers_down_bully_has_one_on_call_and_leases_nobody():
    bully, leases = (capstone.rota(pattern=each, down=3) for each in ("bully", "leases"))
    assert all(bully.verdicts)
    assert "nobody is on call, for longer than 5 s" in leases.verdicts[1].because


def test_a_liar_is_published_unless_three_work_on_each_finding():
    assert "finding 1 is published as 101" in capstone.research(liars=1).verdicts[0].because
    assert all(capstone.research(liars=1, copies=3).verdicts)
    assert capstone.research(liars=2, copies=3).verdicts[0].status == "violated"
    assert all(capstone.research(liars=2, copies=5).verdicts)


def test_a_reader_who_missed_news_goes_on_if_the_team_repeats():
    lost = "cut board>r2 @1..2"
    silent = capstone.research().inject(lost).verdicts[1]
    assert "finding 2 is not published. Of finding 1 the last was" in silent.because
    assert "Notify from board does not reach r2: cut" in silent.because
    assert all(capstone.research(again=1.0).inject(lost).verdicts)


def test_an_exam_is_the_same_for_the_same_key_and_another_for_another():
    first, again, other = (capstone.exam(capstone.fleet(), 5, key) for key in ("a", "a", "b"))
    lines = [[str(f) for each in p.explored.values() for f in each.failures] for p in (first, again, other)]
    assert lines[0] == lines[1] != lines[2]


def test_two_designs_sit_the_same_exam():
    """They differ in their controls alone: what goes wrong, and when, is the same."""
    plans = [capstone.exam(capstone.fleet(plan=plan), 5).explored["gone"] for plan in ("fixed", "auction")]
    assert [each.failures[0].scenario.seed for each in plans] == [1, 1]
    assert plans[0].failures[0].scenario.faults == plans[1].failures[0].scenario.faults


def test_only_agents_that_may_fail_are_struck():
    found = capstone.exam(capstone.fleet()).explored
    struck = {
        name
        for kind in ("crash", "gone")
        for f in found[kind].failures
        for each in f.scenario.faults
        for name in each.agents
    }
    assert struck <= {"v1", "v2", "v3", "v4", "v5"}


@pytest.mark.slow
def test_the_search_breaks_an_auction_that_has_survived_the_whole_exam():
    auction = capstone.fleet(plan="auction", attempts=6, door="remembers")
    assert capstone.overall(capstone.exam(auction)).mean == 1.0
    (pair,) = capstone.search(auction).pairs
    assert "No van was ever told to bring it" in pair.verdict.because
    assert pair.failing.scenario.parameters["attempts"] == 6
    assert pair.passing is not None


def test_liars_are_examined_where_agents_can_lie():
    kinds = [[*capstone.exam(brief(), 1).survived] for brief in CALM]
    assert [each[-1] for each in kinds] == ["rogue", "slow", "slow"]
    assert len(kinds[0]) == len(kinds[1]) + 1


def test_the_smallest_failing_schedule_keeps_the_design():
    explored = capstone.exam(capstone.fleet(attempts=6)).explored["cut"]
    (pair,) = explored.pairs
    assert pair.failing.scenario.parameters["attempts"] == 6
    assert len(pair.failing.scenario.faults) == 1
    assert pair.passing is not None
    with pytest.raises(ValueError, match="attempts of the design: a schedule is judged with the design"):
        explored.source.turned(explored.source.scenario, {"attempts": 1})


@pytest.mark.slow
def test_a_design_is_judged_beside_the_one_before_with_what_breaks_it_now():
    judged = capstone.judge(capstone.fleet(attempts=6), before=capstone.fleet())
    lines = repr(judged).splitlines()
    assert lines[:2] == [
        "before: survives 55 %, 20 messages",
        "now: survives 78 %, 20 messages",
    ]
    assert [each.verdict.name for each in judged.pairs] == [
        "each parcel comes in time",
        "no parcel comes twice",
    ]
    shown = judged._repr_mimebundle_()["text/html"]
    assert shown.count("<img") == 1
    assert "door takes p4 a second time" in shown


def test_faults_that_were_tried_in_the_lab_are_not_part_of_the_exam():
    tried = capstone.fleet().inject("crash v1 @1..2")
    assert repr(capstone.exam(tried, 5)) == repr(capstone.exam(capstone.fleet(), 5))
    ill = capstone.rota(pattern="leases", down=3)
    assert capstone.overall(capstone.exam(ill, 2)).mean == 0.0


def test_an_exam_tells_how_far_it_is():
    told = []
    capstone.exam(capstone.fleet(), 2, progress=lambda done, total: told.append((done, total)))
    assert told == [(number, 10) for number in range(1, 11)]


def test_retries_and_a_memory_make_a_fixed_plan_survive_all_but_vans_that_are_gone():
    found = capstone.exam(capstone.fleet(attempts=6, door="remembers"))
    assert {kind: round(20 * each.mean) for kind, each in found.survived.items()} == {
        "crash": 20, "gone": 2, "partition": 20, "cut": 20, "slow": 20,
    }  # fmt: skip
    assert capstone.overall(found) == share(82, 100)


@pytest.mark.slow
def test_a_class_of_the_learner_sits_the_exam():
    class Relay(Planner):
        """Tries the next van each time."""

        async def attempt(self, task):
            names, name = self.contractors, self.plan[task.name]
            outcome = await super().attempt(task)
            self.plan[task.name] = names[(names.index(name) + 1) % len(names)]
            return outcome

    relay = capstone.fleet(depot=Relay, attempts=6, door="remembers")
    assert capstone.cost(relay) == 20
    assert capstone.overall(capstone.exam(relay)).mean == 0.99


def test_a_van_of_the_learner_may_deliver_otherwise():
    class Walker(Van):
        """It never rings."""

        async def perform(self, conversation, task):
            await self.sleep(1.0)

    assert not capstone.fleet(van=Walker).verdicts[1]


def test_profiles_stand_in_one_picture_with_a_row_for_each_design_and_kind():
    profiles = {name: capstone.exam(capstone.fleet(plan=name), 3) for name in ("fixed", "auction")}
    picture = capstone.beside(profiles, "Two designs")
    lines = picture.alt.splitlines()
    assert len(lines) == 1 + 2 * 5
    assert lines[1].startswith("  crash: fixed: ")
    assert picture.svg.count(">fixed</text>") == picture.svg.count(">auction</text>") == 5
    assert picture.svg.count(">crash</text>") == 1


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"lab": "fleet"}, "fleet(plan='fixed')"),
        ({"lab": capstone.fleet(), "schedules": 0}, "schedules=0"),
        ({"lab": capstone.fleet(), "key": 16}, "key='group 4'"),
    ],
    ids=["no lab", "no schedules", "no key"],
)
def test_what_no_exam_is_is_refused_with_an_example(given, says):
    with pytest.raises((TypeError, ValueError)) as refused:
        capstone.exam(**given)
    assert says in str(refused.value)
