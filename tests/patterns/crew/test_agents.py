"""A crew: what its tasks read, what overlaps, who delegates to whom, and how it ends."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings, strategies as some

from coordlab import World
from coordlab.patterns.crew import Crew, Manager, demo, theory
from coordlab.patterns.crew.checks import properties
from coordlab.patterns.crew.rules import (
    Ask,
    CrewError,
    Delegate,
    Output,
    Policy,
    Refused,
    Task,
    at_most,
    default_rights,
    least_busy,
    needs,
)
from coordlab.patterns.orchestration import Member, Scripted
from coordlab.patterns.orchestration.rules import Budget, Rights, Turn, Usage
from coordlab.patterns.orchestration.turns import result, tree
from coordlab.world.agent import Agent
from coordlab.world.world import Run
from tests.patterns.crew.story import relay
from tests.sampling import disaster_count

LATENCY = 0.01
SEVEN = [Delegate("ann", "find a"), Delegate("bob", "find b"), Delegate("cat", "find c"), "all found"]


async def tell(turn: Turn) -> str:
    read = [str(each.content) for each in turn.context if isinstance(each, Output)]
    return f"{turn.task}({', '.join(read)})"


def crewed(
    crew: Crew,
    *others: Agent,
    rights: Rights | None = None,
    faults: Sequence[str] = (),
    until: float | None = None,
) -> Run:
    """The crew at work, no promise broken; agents that are not given tell what they were told to do."""
    named = [each.name for each in others]
    world = World(seed=7, latency=LATENCY).add(crew, *others)
    world.add(Member(name, tell, 1.0) for name in crew.agents if name not in named)
    expected = properties(crew.budget, rights)
    run = world.inject(*faults).expect(*expected).run(until)
    assert [verdict for verdict in run.verdicts if verdict.status == "violated"] == []
    return run


def anns(names: Iterable[str], **fields: Any) -> list[Task]:
    return [Task(name, agent="ann", **fields) for name in names]


def outputs(run: Run) -> dict[str, Any]:
    return {each.task: each.content for each in result(run.trace).outputs}


def reason(run: Run) -> str:
    return str(result(run.trace).reason)


def turns_of(run: Run) -> list[str]:
    return [str(event.peer) for event in run.trace.select("Turn")]


def read_by(run: Run, task: str) -> list[tuple[Any, ...]]:
    return [event.data.context for event in run.trace.select("Turn") if event.data.about == task]


# --- the happy trace ------------------------------------------------------------------------------


def test_two_tasks_from_beginning_to_end() -> None:
    """A plan, a turn, its output, the next turn which reads it, and one result."""
    run = crewed(Crew(("ann", "bob"), [Task("plan", agent="ann"), Task("write", agent="bob")]))
    told = run.trace.select("send", "note", "decision", "timer")
    step = "{{'name': '{}', 'agent': '{}', 'context': None, 'asynchronous': False, 'retries': 3}}"
    output = "{{'task': '{}', 'agent': '{}', 'content': '{}', 'tokens': {}, 'skipped': False}}"
    steps = [step.format("plan", "ann"), step.format("write", "bob")]
    end = "{'kind': 'done', 'what': '', 'why': ''}"
    spent = "{'turns': 2, 'messages': 3, 'tokens': 11, 'seconds': 2.04}"
    done = [output.format("plan", "ann", "plan()", 2), output.format("write", "bob", "write(plan())", 4)]
    assert [str(event) for event in told] == [
        f"0.000 crew note Plan {{'agents': ['ann', 'bob'], 'manager': None, 'steps': [{', '.join(steps)}]}}",
        "0.000 crew send Turn -> ann",
        "1.010 ann timer its sleep to end 1.0",
        "1.010 ann send Reply -> crew",
        "1.020 crew note Output " + done[0],
        "1.020 crew send Turn -> bob",
        "2.030 bob timer its sleep to end 1.0",
        "2.030 bob send Reply -> crew",
        "2.040 crew note Output " + done[1],
        f"2.040 crew decision Result {{'reason': {end}, 'outputs': [{', '.join(done)}], 'spent': {spent}}}",
    ]
    assert {verdict.status for verdict in run.verdicts} == {"holds"}


# --- sequential: order and context ----------------------------------------------------------------


def test_each_task_reads_all_earlier_outputs_unless_it_names_some() -> None:
    tasks = [*anns("ab"), Task("all", "Do it all.", "ann"), *anns(["none"], context=())]
    run = crewed(Crew(("ann",), [*tasks, Task("some", agent="ann", context=("b", "a"))]))
    told = ["a()", "b(a())", "Do it all.(a(), b(a()))", "none()", "some(b(a()), a())"]
    assert list(outputs(run).values()) == told


def test_a_conditional_task_is_skipped_in_place() -> None:
    """Its output is empty, no agent had a turn for it, and the next task reads it like any other."""
    mend = Task("mend", agent="ann", condition=lambda before: "error" in before.content)
    tasks = [Task("draft", agent="ann"), mend, Task("print", agent="ann")]
    run = crewed(Crew(("ann",), tasks))
    assert outputs(run) == {"draft": "draft()", "mend": "", "print": "print(draft(), )"}
    assert [each.skipped for each in result(run.trace).outputs] == [False, True, False]
    assert result(run.trace).spent.turns == 2
    wanted = crewed(Crew(("ann",), tasks), Scripted("ann", "an error", "mended", "printed"))
    assert outputs(wanted) == {"draft": "an error", "mend": "mended", "print": "printed"}


def test_a_condition_that_breaks_fails_its_task() -> None:
    tasks = [Task("draft", agent="ann"), Task("mend", agent="ann", condition=lambda before: before.zed)]
    run = crewed(Crew(("ann",), tasks))
    why = "its condition: AttributeError: 'Output' object has no attribute 'zed'"
    assert reason(run) == f"failed: mend ({why})"
    assert outputs(run) == {"draft": "draft()"}


# --- asynchronous tasks: a graph ------------------------------------------------------------------


@some.composite
def job(draw: some.DrawFn) -> list[tuple[Task, float]]:
    """Tasks, each of an agent of its own, and how many seconds each takes."""
    tasks: list[tuple[Task, float]] = []
    for place in range(draw(some.integers(1, 7))):
        names = [each.name for each, _ in tasks]
        context = draw(some.none() | some.lists(some.sampled_from(names), unique=True)) if names else None
        task = Task(f"t{place}", "", f"a{place}", context and tuple(context), draw(some.booleans()))
        tasks.append((task, draw(some.integers(0, 5))))
    return tasks


@settings(max_examples=disaster_count())
@given(job())
def test_a_crew_takes_as_long_as_its_critical_path(tasks: list[tuple[Task, float]]) -> None:
    agents = [Member(str(task.agent), tell, seconds) for task, seconds in tasks]
    run = crewed(Crew([each.name for each in agents], [task for task, _ in tasks]), *agents)
    seconds = {task.name: each for task, each in tasks}
    path = theory.critical_path(seconds, needs([task for task, _ in tasks]), LATENCY)
    assert run.trace.until == pytest.approx(path)


@pytest.mark.parametrize("tasks", [1, 2, 5, 20])
def test_one_after_the_other_takes_the_sum(tasks: int) -> None:
    run = crewed(Crew(("ann",), anns(map(str, range(tasks)), context=())))
    assert run.trace.until == pytest.approx(theory.serial([1.0] * tasks, LATENCY))
    assert run.trace.count("Turn", "Reply") == 2 * tasks


def test_asynchronous_tasks_of_one_agent_wait_for_it() -> None:
    assert crewed(Crew(("ann",), anns("abc", context=(), asynchronous=True))).trace.until == pytest.approx(
        3.06
    )


def test_three_side_by_side_are_more_than_twice_as_fast() -> None:
    """The report of five tasks: 12.12 s one after the other, 6.08 s along the critical path."""
    serial, parallel = demo(asynchronous=False), demo()
    assert serial.trace.until / parallel.trace.until > 1.8
    assert outputs(serial) == outputs(parallel)


def test_outputs_are_in_the_order_of_the_tasks() -> None:
    tasks = [Task("slow", agent="ann", asynchronous=True), Task("fast", agent="bob", asynchronous=True)]
    run = crewed(Crew(("ann", "bob"), tasks), Member("ann", tell, 5.0))
    assert list(outputs(run)) == ["slow", "fast"]
    assert [event.agent for event in run.trace.select("Reply")] == ["bob", "ann"]


def test_a_failure_beside_others_loses_nothing() -> None:
    """Agents at work finish, no other begins, and the outputs so far are told."""
    tasks = [Task(name, agent=name, context=(), asynchronous=True) for name in ("ann", "bob", "cat")]
    later = [Task("sum", agent="ann", asynchronous=True, context=("bob",)), Task("end", agent="ann")]
    run = crewed(Crew(("ann", "bob", "cat"), tasks + later), Scripted("bob", OSError("down")))
    assert reason(run) == "failed: bob (bob: OSError: down)"
    assert outputs(run) == {"ann": "ann()", "cat": "cat()"}


# --- guardrails -----------------------------------------------------------------------------------


def test_a_refused_answer_is_tried_again_with_the_reason_and_all_context() -> None:
    tasks = [Task("plan", agent="ann"), Task("report", agent="bob", guardrails=(at_most(5),))]
    long = "this is one word too many"
    run = crewed(Crew(("ann", "bob"), tasks), Scripted("bob", long, "short"))
    plan = result(run.trace).outputs[0]
    why = Refused("report", 0, "at most 5 words", long, "6 words")
    assert read_by(run, "report") == [(plan,), (plan, why)]
    assert outputs(run)["report"] == "short"


def test_a_retry_reads_the_last_refusal_alone() -> None:
    """Three refusals of the same length: what there is to read grows once."""
    long = "this is one word too many"
    task = Task("report", agent="ann", guardrails=(at_most(5),))
    run = crewed(Crew(("ann",), [task], repeats=None), Scripted("ann", long, long, long, "short"))
    read = [event.data.tokens for event in run.trace.select("Turn")]
    assert read[0] < read[1] == read[2] == read[3]


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_retries_come_on_top_of_the_first_attempt(retries: int) -> None:
    """Then the task has failed; the default of 3 makes 4 attempts."""
    never = Task("report", agent="ann", guardrails=(lambda text: (False, "no"),), retries=retries)
    run = crewed(Crew(("ann",), [never]))
    assert reason(run) == f"failed: report (a guardrail refused {retries + 1} answers: no)"
    assert result(run.trace).spent.turns == theory.attempts(retries)
    assert Task("report").retries == 3


def test_retries_are_counted_for_each_guardrail() -> None:
    """Two guardrails with three each: up to seven attempts, and the last one passes."""
    no_a = lambda text: ("a" not in text, text if "a" not in text else "no a")
    no_b = lambda text: ("b" not in text, text if "b" not in text else "no b")
    task = Task("word", agent="ann", guardrails=(no_a, no_b))
    run = crewed(Crew(("ann",), [task]), Scripted("ann", "a", "b", "a", "b", "a", "b", "c"))
    assert outputs(run) == {"word": "c"}
    assert result(run.trace).spent.turns == theory.attempts(3, guardrails=2) == 7


def test_what_others_read_is_what_the_guardrails_made_of_it() -> None:
    """The second guardrail, too, sees what the first made; a new answer passes both."""
    upper = lambda text: (True, text.upper())
    loud = lambda text: (text.isupper(), text + "!")
    run = crewed(Crew(("ann",), [Task("a", agent="ann", guardrails=(upper, loud)), Task("b", agent="ann")]))
    assert outputs(run) == {"a": "A()!", "b": "b(A()!)"}


def test_a_guardrail_that_breaks_fails_its_task() -> None:
    run = crewed(Crew(("ann",), [Task("a", agent="ann", guardrails=(lambda text: text.zed,))]))
    assert reason(run) == "failed: a (its guardrails: AttributeError: 'str' object has no attribute 'zed')"
    vague = crewed(Crew(("ann",), [Task("a", agent="ann", guardrails=(bool,))]))  # type: ignore[arg-type]
    assert "expected (True, content) or (False, reason)" in reason(vague)


@pytest.mark.slow
def test_expected_attempts_are_those_counted() -> None:
    """Answers pass with chance 0.5: 1.875 attempts on average, 0.9375 pass in four (400 tasks, 3 errors)."""
    dice, tasks = random.Random(5), 400
    good = lambda text: (text == "good", text)
    counts = []
    for _ in range(tasks):
        lines = [dice.choice(["good", "bad"]) for _ in range(4)]
        run = crewed(Crew(("ann",), [Task("a", agent="ann", guardrails=(good,))]), Scripted("ann", *lines))
        counts.append((result(run.trace).spent.turns, bool(outputs(run))))
    mean = sum(count for count, _ in counts) / tasks
    assert mean == pytest.approx(theory.expected_attempts(0.5, 3), abs=3 * 1.05 / tasks**0.5)
    assert sum(good for _, good in counts) / tasks == pytest.approx(theory.passes(0.5, 3), abs=3 * 0.25 / 20)


# --- hierarchical: a manager who delegates --------------------------------------------------------


def managed(
    *lines: Any,
    tasks: Sequence[Task] = (Task("find"),),
    rights: Rights | None = None,
    others: Sequence[Agent] = (),
) -> Run:
    agents = ("ann", "bob", "cat")
    crew = Crew(agents, tasks, "hierarchical", manager="boss", rights=rights)
    expected = default_rights(agents, "boss") if rights is None else rights
    return crewed(crew, Scripted("boss", *lines), *others, rights=expected)


def three_tasks(policy: Policy = least_busy) -> Run:
    """Three tasks that need nothing of each other, and one that needs them all, delegated by a manager."""

    async def act(turn: Turn) -> str:
        return f"all on {turn.task}"

    agents, parts = ("ann", "bob", "cat"), ("cost", "risk", "benefit")
    tasks = (*(Task(part, context=(), asynchronous=True) for part in parts), Task("report"))
    crew = Crew(agents, tasks, "hierarchical", manager="boss")
    others = [Manager("boss", policy), *(Member(name, act, 3.0) for name in agents)]
    return crewed(crew, *others, rights=default_rights(agents, "boss"))


@pytest.mark.parametrize("delegations", range(1, 8))
def test_k_delegations_take_2k_plus_1_turns(delegations: int) -> None:
    """Seven for three: the manager's first, then each of theirs and the manager's again."""
    lines = [Delegate(("ann", "bob", "cat")[number % 3], f"part {number}") for number in range(delegations)]
    run = managed(*lines, "all found")
    assert result(run.trace).spent.turns == theory.hierarchical_turns(delegations)
    assert run.trace.count("Turn", "Reply") == 2 * theory.hierarchical_turns(delegations)
    assert outputs(run) == {"find": "all found"}


def test_the_turns_of_three_delegations_are_a_tree() -> None:
    run = managed(*SEVEN)
    turns = [(each.agent, [inner.agent for inner in each.turns]) for each in tree(run.trace)]
    assert turns == [("boss", ["ann"]), ("boss", ["bob"]), ("boss", ["cat"]), ("boss", [])]
    assert [each.content for each in read_by(run, "find")[-1][1:]] == ["find a()", "find b()", "find c()"]


def test_several_delegations_at_once_overlap() -> None:
    """Three parts in one turn: five turns in all, and one second rather than three."""
    run = managed(tuple(SEVEN[:3]), "all found")
    assert result(run.trace).spent.turns == 5
    assert run.trace.until == pytest.approx(1.06)


@pytest.mark.parametrize("name", ["ANN", "'ann'", '"Ann" ', "“ann”"])
def test_names_match_whatever_their_case_and_quotes(name: str) -> None:
    run = managed(Delegate(name, "find"), "found")
    assert turns_of(run) == ["boss", "ann", "boss"]


@pytest.mark.parametrize(
    ("order", "told"),
    [
        (Delegate("zed", "find"), "boss cannot delegate to 'zed', only to: ann, bob, cat"),
        (Ask("boss", "what?"), "boss cannot delegate to 'boss', only to: ann, bob, cat"),
        (Delegate(("ann",), "find"), "boss cannot delegate to ('ann',), only to: ann, bob, cat"),  # type: ignore[arg-type]
        (Delegate("bob", "find"), "failed: OSError: down"),
        (Ask("ann", "where?", "it is dark"), "where?()"),
    ],
)
def test_every_result_of_a_delegation_comes_back_as_text(order: Any, told: str) -> None:
    """An unknown name, a failure, an answer: the manager reads it and goes on."""
    run = managed(order, Delegate("ann", "find"), "found", others=[Scripted("bob", OSError("down"))])
    last = next(context[-1] for context in read_by(run, "find") if len(context) == 2)
    assert last.content == told
    assert reason(run) == "done"


def test_a_task_that_has_its_agent_is_delegated_to_that_one_only() -> None:
    """Anybody else is refused, and the team that the manager is told of has that one."""
    lines = (Delegate("bob", "find"), Delegate("ann", "find"), "found")
    run = managed(*lines, tasks=[Task("find", agent="ann")])
    assert turns_of(run) == ["boss", "boss", "ann", "boss"]
    assert read_by(run, "find")[0][0].members == (("ann", 0),)
    assert read_by(run, "find")[1][1].content == "boss cannot delegate to 'bob', only to: ann"


def test_an_agent_that_is_done_is_not_busy() -> None:
    """The least busy is told the second task as well: of equals the first, who has just finished."""
    crew = Crew(("ann", "bob"), [Task("find"), Task("sum")], "hierarchical", manager="boss")
    run = World(latency=0.01).add(crew, Manager("boss"), Scripted("ann", "one", "two"), Scripted("bob")).run()
    assert [name for name in turns_of(run) if name != "boss"] == ["ann", "ann"]


def test_the_manager_must_delegate() -> None:
    """An answer of its own is sent back; the same answer for the third time is a loop."""
    run = managed("I did it", Delegate("ann", "find"), "found")
    assert outputs(run) == {"find": "found"}
    assert read_by(run, "find")[1][1].content == "You hold no task yourself: delegate."
    stubborn = managed(*["I did it"] * 9)
    assert reason(stubborn) == "loop: boss (said 3 times)"
    assert outputs(stubborn) == {}


def test_a_manager_that_asks_only_strangers_has_not_delegated() -> None:
    run = managed(Delegate("zed", "find"), "I did it", Delegate("cat", "find"), "found")
    assert turns_of(run) == ["boss", "boss", "boss", "cat", "boss"]


def test_agents_delegate_if_they_may() -> None:
    rights = Rights({"boss": ("ann",), "ann": ("bob",)})
    ann = Scripted("ann", Delegate("bob", "dig"), Delegate("cat", "dig"), "found")
    run = managed(Delegate("ann", "find"), "all found", rights=rights, others=[ann])
    assert turns_of(run) == ["boss", "ann", "bob", "ann", "ann", "boss"]
    assert read_by(run, "find")[4][-1].content == "ann cannot delegate to 'cat', only to: bob"
    assert str(tree(run.trace)[0]).splitlines()[2].strip().startswith("3 bob: dig")


def test_agents_who_delegate_to_each_other_for_ever_are_stopped() -> None:
    rights = Rights({"ann": ("bob",), "bob": ("ann",)})
    crew = Crew(("ann", "bob"), [Task("find", agent="ann")], rights=rights)
    lines = {"ann": [Delegate("bob", "find")] * 9, "bob": [Delegate("ann", "find")] * 9}
    run = crewed(crew, *(Scripted(name, *lines[name]) for name in lines))
    assert reason(run) == "loop: ann, bob (said 3 times)"


def test_a_manager_that_sees_the_load_is_almost_twice_as_fast() -> None:
    """Three tasks at once: each to another agent, or all to the first; the outputs are the same."""
    fast, slow = three_tasks(), three_tasks(relay)
    assert outputs(fast) == outputs(slow)
    assert slow.trace.until / fast.trace.until >= 1.8
    assert sorted({event.peer for event in fast.trace.select("Turn")} - {"boss"}) == ["ann", "bob", "cat"]
    assert {event.peer for event in slow.trace.select("Turn")} == {"boss", "ann"}


# --- how it ends ----------------------------------------------------------------------------------


def test_a_failed_agent_ends_the_crew_with_what_there_is() -> None:
    tasks = [Task("plan", agent="ann"), Task("write", agent="bob"), Task("print", agent="ann")]
    run = crewed(Crew(("ann", "bob"), tasks), Scripted("bob", OSError("no network")))
    assert reason(run) == "failed: write (bob: OSError: no network)"
    assert outputs(run) == {"plan": "plan()"}


def test_a_failed_agent_may_be_called_again() -> None:
    bob = Scripted("bob", OSError("1"), OSError("2"), "written")
    run = crewed(Crew(("bob",), [Task("write", agent="bob")], tries=3), bob)
    assert outputs(run) == {"write": "written"}
    assert turns_of(run) == ["bob"] * 3


def test_a_silent_agent_ends_the_crew() -> None:
    tasks = [Task("plan", agent="ann"), Task("write", agent="bob")]
    run = crewed(Crew(("ann", "bob"), tasks, patience=9.0), faults=["crash bob @1.5"])
    assert reason(run) == "failed: write (bob: bob gave no reply within 9 s)"
    assert run.trace.until == pytest.approx(1.02 + 9.0)


def test_a_budget_ends_the_crew_with_what_there_is() -> None:
    run = crewed(Crew(("ann",), anns("abc"), budget=Budget(turns=2)))
    assert (reason(run), list(outputs(run))) == ("budget: turns", ["a", "b"])
    assert result(run.trace).spent == Usage(2, 3, 6, 2.04)
    few = crewed(Crew(("ann",), anns("abc"), budget=Budget(messages=2)))
    assert (reason(few), list(outputs(few))) == ("budget: messages", ["a"])


def test_an_agent_that_is_not_there_is_missed_at_once() -> None:
    crew = Crew(("ann", "bob"), [Task("a", agent="ann")])
    run = World().add(crew, Member("ann", tell)).expect(*properties()).run()
    assert reason(run) == "failed: bob (no agent has this name: add Member('bob', ...))"
    assert turns_of(run) == []


def test_the_estimate_of_tokens_can_be_chosen() -> None:
    run = crewed(Crew(("ann",), [Task("plan", agent="ann")], tokens=len), Member("ann", tell, tokens=len))
    assert result(run.trace).spent.tokens == len("plan") + len("plan()")


def test_a_crew_goes_on_where_it_crashed() -> None:
    run = crewed(Crew(("ann",), anns("abc")), faults=["crash crew @1.5..5"])
    assert outputs(run) == outputs(crewed(Crew(("ann",), anns("abc"))))
    assert [event.data.about for event in run.trace.select("Turn")] == ["a", "b", "b", "c"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"process": "hierarchical"}, "manager=None: a hierarchical crew has one"),
        ({"process": "round"}, "process='round': expected one of sequential, hierarchical"),
        ({"rights": Rights({"zed": ("ann",)})}, "rights for 'zed'"),
        ({"tries": 0}, "tries=0: expected a whole number, 1 or more.*tries=3"),
    ],
)
def test_what_makes_no_crew_is_refused_before_it_runs(given: dict[str, Any], words: str) -> None:
    with pytest.raises(CrewError, match=words):
        Crew(("ann",), [Task("a", agent="ann")], **given)
