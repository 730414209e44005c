"""A crew's rules: what makes a crew, who waits for whom, and what guardrails let pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings, strategies as some

from coordlab.patterns.crew.rules import (
    Ask,
    CrewError,
    Delegate,
    Process,
    Task,
    Team,
    brief,
    check,
    contexts,
    coworkers,
    least_busy,
    needs,
    requests,
    validate,
)
from coordlab.patterns.orchestration.rules import Rights, Turn, Utterance
from tests.patterns.crew.story import relay
from tests.sampling import disaster_count

PLAN, WRITE = Task("plan", agent="ann"), Task("write", agent="bob")
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no agents": ({"agents": []}, r"agents=\[\]: expected at least one name.*\['ann', 'bob'\]"),
    "an agent twice": ({"agents": ["ann", "bob", "Ann"]}, r"'Ann' is listed twice: expected different names"),
    "agents that are one text": ({"agents": "ann"}, r"agents='ann': expected a list or tuple of names"),
    "a set of agents, which has no order": ({"agents": {"ann", "bob"}}, r"agents=\{"),
    "no tasks": ({"tasks": []}, r"tasks=\[\]: expected a list of tasks, one or more.*\[Task"),
    "tasks that are texts": ({"tasks": ["plan"]}, r"tasks=\['plan'\]: expected a list of tasks"),
    "tasks that are a number": ({"tasks": 5}, r"tasks=5"),
    "a task twice": ({"tasks": [PLAN, PLAN]}, r"two tasks 'plan'.*Task\('plan 2'\)"),
    "no such process": ({"process": "circular"}, r"process='circular': expected one of sequential, hierarch"),
    "no manager": ({"process": "hierarchical"}, r"manager=None: a hierarchical crew has one.*manager='boss'"),
    "a manager for nothing": ({"manager": "boss"}, r"manager='boss': only a hierarchical crew"),
    "a manager among the agents": (
        {"process": "hierarchical", "manager": "ANN"},
        r"manager='ANN', agents=\['ann', 'bob'\]: the manager cannot be one of the agents",
    ),
    "a manager with a task": (
        {"process": "hierarchical", "manager": "boss", "tasks": [Task("plan", agent="Boss")]},
        r"<Task plan> has the manager as its agent.*does no task.*Task\('plan'\)",
    ),
    "a task without an agent": ({"tasks": [Task("plan")]}, r"<Task plan> has no agent: expected one of ann"),
    "an unknown agent": ({"tasks": [Task("plan", agent="zed")]}, r"agent 'zed'.*one of ann, bob.*or add it"),
    "context that comes later": (
        {"tasks": [Task("plan", agent="ann", context=("write",)), WRITE]},
        r"reads 'write', which is not earlier: expected earlier tasks, here none",
    ),
    "context of itself": ({"tasks": [Task("plan", agent="ann", context=("plan",))]}, r"which is not earlier"),
    "context of no task": (
        {"tasks": [PLAN, Task("write", agent="bob", context=("plam",))]},
        r"reads 'plam', which is not a task: expected earlier tasks, here plan",
    ),
    "a first task with a condition": (
        {"tasks": [Task("plan", agent="ann", condition=bool)]},
        r"conditional and first: .*not in the first task",
    ),
    "a condition beside others": (
        {"tasks": [PLAN, Task("write", agent="bob", condition=bool, asynchronous=True)]},
        r"conditional and asynchronous",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_makes_no_crew_is_refused(what: str) -> None:
    given: dict[str, Any] = {"agents": ["ann", "bob"], "tasks": [PLAN, WRITE], "manager": None}
    change, why = WRONG[what]
    with pytest.raises(CrewError, match=why):
        validated(**{**given, **change})


def validated(process: str = "sequential", **given: Any) -> tuple[Task, ...]:
    return validate(process=Process(process), **given)


def test_an_error_tells_a_mistake_of_each_task_with_its_code() -> None:
    tasks = [
        Task("a"),
        Task("b", agent="zed"),
        Task("c", agent="ann", context=("d",)),
        Task("a", agent="ann"),
    ]
    with pytest.raises(CrewError) as told:
        validated(agents=["ann"], tasks=tasks, manager=None)
    assert told.value.codes == ("no-agent", "unknown-agent", "context", "same-task")
    assert len(str(told.value).splitlines()) == 4
    with pytest.raises(CrewError) as alone:
        Task("a", retries=-1)
    assert alone.value.codes == ()


@pytest.mark.parametrize(
    ("rights", "why"),
    [
        ({"boss": ("ann", "zed")}, r"rights for 'zed': expected some of ann, bob, boss"),
        ({"bos": ("ann",)}, r"rights for 'bos'"),
        ({"boss": ("ann",)}, r"boss may not delegate <Task write> to bob: .*does no task itself"),
        ({"ann": ("bob",)}, r"boss may not delegate <Task plan> to ann"),
    ],
)
def test_rights_with_which_nothing_gets_done_are_refused(
    rights: dict[str, tuple[str, ...]], why: str
) -> None:
    """Rights for strangers, and a manager that may not delegate what there is."""
    with pytest.raises(CrewError, match=why):
        coworkers(["ann", "bob"], [PLAN, WRITE], "boss", Rights(rights))


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: Task("plan", retries=-1), CrewError, r"retries=-1: expected a whole number, 0 or more"),
        (lambda: Task("plan", context="ann"), CrewError, r"context='ann': expected a list.*\('plan',\)"),
        (lambda: coworkers(["ann"], [], "boss", {}), CrewError, r"rights=\{\}: expected Rights.*Rights\("),
        (lambda: check("x", [vague]), TypeError, r"vague returned 'yes': .*content\) or \(False, reason"),
        (lambda: check("x", [lambda text: [True, text]]), TypeError, r"a guardrail returned \[True, 'x'\]"),
        (lambda: check("x", [lambda text: (True,)]), TypeError, r"returned \(True,\)"),
        (lambda: check("x", [lambda text: ("yes", 1)]), TypeError, r"returned \('yes', 1\)"),
        (lambda: least_busy(Turn(1, 0, "count")), LookupError, r"turn 1 without a team.*Team"),
    ],
)
def test_what_cannot_be_used_is_refused(
    make: Callable[[], object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        make()


def vague(content: Any) -> Any:
    return "yes"


def test_a_crew_that_is_right_is_left_as_it_is() -> None:
    tasks = validate(["Ann", "bob"], [Task("plan", agent='"ann"'), WRITE], Process.SEQUENTIAL, None)
    assert [each.agent for each in tasks] == ["Ann", "bob"]
    assert tasks[1] == WRITE


def test_several_asynchronous_tasks_may_come_last() -> None:
    """The result holds every output, so nothing is lost; a real crew allows but one."""
    tasks = [PLAN, *(Task(name, agent="bob", asynchronous=True) for name in "xyz")]
    assert validate(["ann", "bob"], tasks, Process.SEQUENTIAL, None) == tuple(tasks)


# --- who waits for whom ---------------------------------------------------------------------------


@some.composite
def job(draw: some.DrawFn) -> list[Task]:
    tasks: list[Task] = []
    for place in range(draw(some.integers(1, 8))):
        names = [each.name for each in tasks]
        context = draw(some.none() | some.lists(some.sampled_from(names), unique=True)) if names else None
        tasks.append(Task(str(place), context=context and tuple(context), asynchronous=draw(some.booleans())))
    return tasks


@settings(max_examples=disaster_count())
@given(job())
def test_what_is_read_has_been_waited_for(tasks: list[Task]) -> None:
    """All contexts are among what a task waits for, itself or by way of others, and stand before it."""
    before: dict[str, set[str]] = {}
    for name, waits in needs(tasks).items():
        assert set(waits) <= before.keys()
        before[name] = set(waits).union(*(before[each] for each in waits))
        assert set(contexts(tasks)[name]) <= before[name]


@settings(max_examples=disaster_count())
@given(job())
def test_a_task_in_its_turn_waits_for_all_before_it(tasks: list[Task]) -> None:
    before: dict[str, set[str]] = {}
    for place, (name, waits) in enumerate(needs(tasks).items()):
        before[name] = set(waits).union(*(before[each] for each in waits))
        if not tasks[place].asynchronous:
            assert before[name] == {each.name for each in tasks[:place]}


def test_an_empty_context_is_none() -> None:
    """And a named one is read in the order in which it is named."""
    tasks = [Task("a"), Task("b", context=()), Task("c", context=("b", "a"))]
    assert contexts(tasks) == {"a": (), "b": (), "c": ("b", "a")}


# --- guardrails and delegation --------------------------------------------------------------------


def test_a_guardrail_sees_what_the_one_before_made() -> None:
    strip = lambda text: (True, text.strip())
    short = lambda text: (len(text) < 4, text if len(text) < 4 else "long")
    assert check("  yes  ", [strip, short]) == (None, "yes")
    assert check("  maybe  ", [strip, short]) == (1, "long")
    assert check("  yes  ", [short, strip]) == (0, "long")
    assert check("as it is", []) == (None, "as it is")


def test_what_delegates_is_told_from_an_answer() -> None:
    one, other = Delegate("ann", "count"), Ask("bob", "why?")
    assert requests(one) == (one,)
    assert requests((one, other)) == (one, other)
    assert [requests(each) for each in ("three", (), (one, "three"), None)] == [()] * 4


def test_policies_delegate_once_and_pass_on() -> None:
    """To the first, or to the agent with least to do; then what came back is the answer."""
    team = Team((("ann", 2), ("bob", 1), ("cat", 1)))
    asked, answered = Turn(1, 0, "count", (team,)), Turn(2, 0, "count", (team, Utterance("bob", "three")))
    assert [policy(asked).to for policy in (relay, least_busy)] == ["ann", "bob"]
    assert [policy(answered) for policy in (relay, least_busy)] == ["three", "three"]


def test_a_brief_of_nothing_is_empty() -> None:
    assert brief((Team((("ann", 0),)), "words")) == ""
