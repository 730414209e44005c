"""The gallery: each line plays its trace, the property breaks at its event, and the numbers come out."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from coordlab import labs
from coordlab.course import cards
from coordlab.course.chapters import BY_NUMBER
from coordlab.course.gallery import GALLERY
from coordlab.labs.export import exhibit
from coordlab.labs.lab import Lab
from coordlab.properties.verdicts import Verdict
from coordlab.trace.narration import sentence
from tests.labs.opened import recorded


@pytest.fixture(params=GALLERY, scope="module")
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def opened(name: str) -> Lab:
    return labs.play(GALLERY[name].line).open_at(GALLERY[name].violates)


def verdict(lab: Lab, name: str) -> Verdict:
    return next(each for each in lab.run.verdicts if each.name == name)


def counted(lab: Lab, label: str) -> Any:
    return next(each.counted for each in lab.measures if each.label == label)


# --- each trace -------------------------------------------------------------------------------------


def test_twelve_traces_of_written_chapters_or_ones_to_come():
    assert len(GALLERY) == 12
    assert {each.chapter for each in GALLERY.values()} <= BY_NUMBER.keys()
    assert len({each.title for each in GALLERY.values()}) == 12


def test_the_line_gives_the_same_trace_again(name):
    lab = labs.play(GALLERY[name].line)
    assert labs.play(lab.line).run.trace.to_jsonl() == lab.run.trace.to_jsonl()
    assert lab.branch.problem == ""


def test_the_property_breaks_at_its_event(name):
    trace, lab = GALLERY[name], opened(name)
    assert verdict(lab, trace.violates).status == "violated"
    opening = lab.branch.opening
    assert opening.at == pytest.approx(trace.at, abs=0.0005)
    assert sentence(lab.run.trace, opening.event).startswith(trace.event)
    assert opening.window[0] <= opening.at <= opening.window[1]


def test_the_repaired_run_keeps_the_property(name):
    trace = GALLERY[name]
    lab = labs.play(trace.line)
    if trace.repaired:
        assert verdict(lab.set(**trace.repaired), trace.violates).status == "holds"
    else:
        options = next(each.options for each in lab.spec.parameters if each.name == "version")
        broken = [verdict(lab.set(version=each), trace.violates).status for each in options]
        assert set(broken) == {"violated"}


def test_what_is_said_is_short_and_has_a_source(name):
    trace = GALLERY[name]
    assert len(trace.says.split()) <= 45
    assert trace.says.endswith(".")
    assert trace.mirrors.endswith(".")
    assert re.match(r"https?://\S+$", trace.source)


# --- the numbers in the sentences, in their order -----------------------------------------------------


def split_brain(lab: Lab) -> list[object]:
    pause = lab.scenario.faults[0]
    one, other = [each for each in lab.run.trace.select("role") if each.data == "leads"][:2]
    two = counted(lab, "two lead at once, s")
    return [one.agent, pause.until - pause.at, other.agent, other.time, two, one.agent]


def stale_write(lab: Lab) -> list[object]:
    trace, (crash, delay) = lab.run.trace, lab.scenario.faults
    one, other = [each for each in trace.select("role") if each.data == "leads"]
    late = trace[lab.branch.opening.event]
    last = max(each.content.token for each in trace.select("Store", kind="handle") if each.time < late.time)
    assert crash.agent == one.agent == late.peer
    return [one.agent, crash.at, delay.by, late.time, other.agent, other.time, late.content.token, last]


def double_award(lab: Lab) -> list[object]:
    trace = lab.run.trace
    promised = [each.peer for each in trace.select("Propose", kind="send") if each.agent == "c1"]
    awards = [each for each in trace.select("AcceptProposal", kind="send") if each.peer == "c1"]
    (failure,) = trace.select("Failure", kind="send")
    away = [each for each in trace.select("RejectProposal", kind="send") if each.agent == "m1"]
    assert (failure.agent, failure.peer) == ("c1", "m1")
    assert len(away) == 2
    assert max(each.time for each in away) < failure.time
    assert [each.agent for each in awards] == ["m2", "m1"]
    return [lab.parameters["capacity"], len(promised), *(each.time for each in awards), failure.time]


def herd(lab: Lab) -> list[object]:
    def trials(lab: Lab) -> list[float]:
        return [each.time for each in lab.run.trace.select("Permit", kind="note") if each.content.probe]

    calls = trials(lab)
    assert lab.parameters["callers"] == 6
    assert calls[-1] - calls[0] < lab.parameters["patience"] == 1
    return [calls[0], lab.parameters["probes"], len(calls), 1, len(trials(lab.set(version="textbook")))]


def retry_storm(lab: Lab) -> list[object]:
    trace, crash = lab.run.trace, lab.scenario.faults[0]
    sent = [each.time for each in trace.select("Request", kind="send") if 5 <= each.time < 8]
    got = [each.time for each in trace.select("Outcome", kind="note") if each.content.result == "success"]
    assert max(got) < 5
    down = crash.until - crash.at
    per_second = round(len(sent) / 3, -1)
    return [down, crash.until, lab.parameters["retries"], per_second, 1 / lab.parameters["work"], 5]


def lost_update(lab: Lab) -> list[object]:
    one, other = lab.run.trace.select("Written", kind="send")[:2]
    sure = [round(100 * each.content.entry.confidence) for each in (one, other)]
    assert one.content.entry.version == other.content.entry.version
    return [one.time, sure[0], other.time, sure[1], one.content.entry.version]


def false_suspicion(lab: Lab) -> list[object]:
    trace, (fault,) = lab.run.trace, lab.scenario.faults
    suspected = [each for each in trace.select("Suspected", kind="decision") if each.time == 4.75]
    heard = [each.time for each in trace.select("Heartbeat", kind="handle") if each.peer == "a1"]
    assert len(suspected) == lab.parameters["agents"] == 3
    silence = 4.75 - max(each for each in heard if each < 4.75)
    assert lab.parameters["interval"] == 1
    return [fault.at, fault.ahead, suspected[0].time, silence]


def one_vote(lab: Lab) -> list[object]:
    done = lab.run.trace[lab.branch.opening.event]
    assert (done.content.result, dict(done.content.counts)) == ("accepted", {"yes": 1})
    return [lab.parameters["voters"], len(done.content.missing), done.time]


def liar(lab: Lab) -> list[object]:
    told = lab.run.trace[lab.branch.opening.event]
    assert [each.agent for each in lab.scenario.faults] == ["w1", "w2"]
    assert told.content.agent == "w2"
    wrong, all_tasks = counted(lab, "wrong answers accepted"), lab.parameters["tasks"]
    assert counted(lab, "time until conviction, s") is None
    share = 10 * lab.scenario.faults[0].share
    return [share, 10, told.time, told.content.answer, told.content.task, wrong, all_tasks]


def cart(lab: Lab) -> list[object]:
    trace = lab.run.trace
    gone = [each for each in trace.select("Update", kind="decision") if each.content.operation == "remove"]
    back = trace[lab.branch.opening.event]
    assert [each.content.value for each in gone] == ["milk", "bread"]
    assert trace[back.cause].peer == "2"
    return [gone[0].agent, gone[0].time, gone[1].time, back.time, trace[back.cause].peer]


def phantom(lab: Lab) -> list[object]:
    trace, at = lab.run.trace, lab.branch.opening.at
    replies = [each for each in trace.select("Table", kind="handle") if 0.6 < each.time <= at]
    (report,) = [each for each in trace.select("Deadlock") if each.time == at]
    assert report.content.victims == ("p1.1",)
    fault = lab.scenario.faults[0]
    return [fault.at, fault.until, len(replies), at]


def done(lab: Lab) -> list[object]:
    trace = lab.run.trace
    asked = [each.peer for each in trace.select("Do", kind="send")]
    assert len(trace.select("Failed", kind="send")) == len(asked)
    return [len(asked), lab.branch.opening.at]


TOLD: dict[str, Callable[[Lab], list[object]]] = {
    "split-brain": split_brain,
    "stale-write": stale_write,
    "double-award": double_award,
    "herd": herd,
    "retry-storm": retry_storm,
    "lost-update": lost_update,
    "false-suspicion": false_suspicion,
    "one-vote": one_vote,
    "liar": liar,
    "cart": cart,
    "phantom": phantom,
    "done": done,
}


def test_the_numbers_of_the_sentence_come_out(name):
    said = re.findall(r"(?<![\w-])\d+(?:\.\d+)?(?!\w)", GALLERY[name].says)
    assert [float(each) for each in said] == [
        pytest.approx(float(each), abs=0.0005) for each in TOLD[name](opened(name))
    ]


# --- the pages ----------------------------------------------------------------------------------------


def test_a_page_opens_at_the_event_and_has_the_repaired_run_beside(name):
    trace, lab = GALLERY[name], opened(name)
    text = exhibit(lab, trace.title, trace.says, trace.repaired)
    first, *others = recorded(text)
    assert first["opens"]["event"] == lab.branch.opening.event
    assert [each["name"] for each in others] == (["repaired"] if trace.repaired else [])
    assert "index.html" in text
    assert len(text.encode()) < 500_000


def test_the_index_has_a_card_with_a_picture_for_each_trace():
    found = {name: opened(name) for name in GALLERY}
    text, shown = cards.page(found), cards.index(found)
    assert text.count("<article>") == text.count("data:image/svg+xml;base64,") == 12
    assert re.findall(r'<h3><a href="([^"]+)"', text) == [f"{name}.html" for name in GALLERY]
    assert "<script" not in text
    assert [line.partition(" | ")[0] for line in repr(shown).splitlines()] == [
        each.title for each in GALLERY.values()
    ]
    assert '<a href="#Split-brain-after-a-pause">' in shown.markup
    chapters = [BY_NUMBER[each.chapter].link for each in GALLERY.values()]
    assert re.findall(r'<a href="(\w+\.ipynb)">', shown.markup) == chapters
