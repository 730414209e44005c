"""The state graph in a world: super-steps in time, failures, crashes, interrupts, and what it costs."""

from __future__ import annotations

from typing import Any

import pytest

from coordlab import World
from coordlab.patterns.orchestration import Member, Scripted
from coordlab.patterns.orchestration.rules import Budget, estimate
from coordlab.patterns.orchestration.turns import result
from coordlab.patterns.state_graph import Resume, Runner, node, theory
from coordlab.patterns.state_graph.checks import as_uninterrupted, properties
from coordlab.patterns.state_graph.graph import END, START, Graph, Send, StateGraph
from coordlab.patterns.state_graph.rules import Checkpoint, Interrupt, Task, invoke, resume
from coordlab.properties import recorded
from coordlab.trace.trace import Trace
from coordlab.world.agent import Agent
from coordlab.world.world import Run
from tests.patterns.state_graph.drawing import Works, built, drawn, shape, signing
from tests.patterns.state_graph.story import calm, reporting
from tests.sampling import disaster_count


def world(graph: Graph, works: Works | None = None, seconds: float = 0.0, **settings: Any) -> World:
    """A runner and its nodes, each message 10 ms under way."""
    made = World(settings.pop("seed", 0), latency=settings.pop("latency", 0.01))
    made.add(Runner(graph, settings.pop("start", {}), **settings))
    works = signing(graph) if works is None else works
    made.add(Member(name, node(work), seconds=seconds) for name, work in works.items())
    return made.expect(*properties(graph, settings.get("limit", 25), commutative=False))


def last(run: Run) -> Checkpoint:
    (checkpoint,) = result(run.trace).outputs
    return checkpoint


def reason(run: Run) -> str:
    """Why it ended, with all promises kept."""
    assert {verdict.status for verdict in run.verdicts} == {"holds"}
    return str(result(run.trace).reason)


def checkpoints(trace: Trace) -> list[Checkpoint]:
    return [event.data for event in recorded(trace, "Checkpoint")]


DIAMOND = "START>a a>b a>c c>d b>e d>e"
JOINED = "START>a a>b a>c c>d b+d>e"


def test_a_super_step_in_full() -> None:
    """START triggers a, a triggers b: turn, reply, checkpoint, and again."""
    run = world(drawn("START>a a>b").compile()).run()
    happened = run.trace.select("send", "handle", "note", "decision")
    assert [str(event).partition(" {")[0] for event in happened] == [
        "0.000 graph note Checkpoint",
        "0.000 graph send Turn -> a",
        "0.010 a handle Turn <- graph",
        "0.010 a send Reply -> graph",
        "0.020 graph handle Reply <- a",
        "0.020 graph note Checkpoint",
        "0.020 graph send Turn -> b",
        "0.030 b handle Turn <- graph",
        "0.030 b send Reply -> graph",
        "0.040 graph handle Reply <- b",
        "0.040 graph note Checkpoint",
        "0.040 graph decision Result",
    ]
    states = [(each.step, each.state) for each in checkpoints(run.trace)]
    assert states == [(0, {}), (1, {"log": ("a",)}), (2, {"log": ("a", "b")})]
    assert (reason(run), last(run).tasks) == ("done", ())


def test_theory_counts_what_is_sent() -> None:
    """Random graphs: executions, messages, super-steps and seconds are as the formulas say."""
    for seed in range(disaster_count()):
        plain, _ = shape(seed)
        edges = {source: [to for each, to in plain if each == source] for source, _ in plain}
        run = world(built((plain, [])), seconds=0.5).run()
        executions, steps = theory.executions(edges), theory.super_steps(edges)
        counted = run.trace.count("Turn"), run.trace.count("send"), last(run).step
        assert counted == (executions, 2 * executions, steps)
        assert run.trace.until == pytest.approx(theory.seconds([[0.5]] * steps, latency=0.01))


@pytest.mark.parametrize(("text", "joins", "executions"), [(DIAMOND, False, 6), (JOINED, True, 5)])
def test_the_diamond_with_unequal_arms(text: str, joins: bool, executions: int) -> None:
    """Six executions with plain edges, for e runs at both depths; five with a join."""
    run = world(drawn(text).compile()).run()
    assert run.trace.count("Turn") == theory.executions(theory.DIAMOND, joins) == executions


def test_a_node_reads_the_state_and_no_bookkeeping() -> None:
    """The tokens of a turn are those of the state, or of what was sent and answered."""
    world = World().add(
        Runner(StateGraph({"n": None}).add_node("a").add_edge(START, "a").compile(), {"n": 7})
    )
    trace = world.add(Member("a", node(lambda state: None))).run().trace
    (turn,) = trace.select("Turn", kind="send")
    assert turn.content.tokens == estimate(str((("n", 7),)))
    assert Task("a", sent=("four",), answers=("yes", "no")).tokens == 3


def test_a_super_step_takes_as_long_as_its_slowest_node() -> None:
    """1 s, then 1 s and 5 s side by side, then 1 s."""
    graph = drawn("START>a a>b a>c b+c>d").compile()
    made = World(latency=0.5).add(Runner(graph, {}))
    made.add(Member(n, node(w), seconds=5.0 if n == "c" else 1.0) for n, w in signing(graph).items())
    assert made.run().trace.until == theory.seconds([[1.0], [1.0, 5.0], [1.0]], latency=0.5)


def test_with_a_limit_of_one_less_a_run_ends_with_a_reason_and_what_there_is() -> None:
    """A graph of k super-steps needs k, not k + 1 as in LangGraph."""
    graph = drawn("START>a a>b b>c").compile()
    limit = theory.limit_needed(3)
    assert reason(world(graph, limit=limit).run()) == "done"
    short = world(graph, limit=limit - 1).run()
    assert (reason(short), last(short).state) == ("budget: super-steps (more than 2)", {"log": ("a", "b")})


def test_the_limit_counts_super_steps_not_nodes() -> None:
    graph = drawn("START>a " + " ".join(f"a>b{at}" for at in range(8))).compile()
    assert reason(world(graph, limit=2).run()) == "done"


def test_a_budget_of_turns_and_time_is_a_limit_of_its_own() -> None:
    graph = drawn(DIAMOND).compile()
    assert reason(world(graph, budget=Budget(turns=4)).run()) == "budget: turns"
    assert reason(world(graph, budget=Budget(time=0.5), seconds=1.0).run()) == "budget: time"


def test_the_world_ends_where_the_rules_end() -> None:
    """Random graphs with random delays: the same last checkpoint as without a world."""
    for seed in range(disaster_count()):
        graph = built(shape(seed))
        run = world(graph, seed=seed, latency="uniform(0.01, 0.2)").run()
        assert (reason(run).split()[0], last(run)) == ("done", invoke(graph, signing(graph), {}))


def test_items_are_mapped_and_their_results_come_in_order() -> None:
    """Three items for one node, which takes longer for the first."""

    async def square(item: int) -> dict[str, Any]:
        return {"log": [item * item]}

    graph = drawn("START>split", square={})
    graph.add_edge("square", END)
    graph.add_conditional_edges("split", lambda state: [Send("square", k) for k in (3, 1, 2)], ["square"])
    run = world(made := graph.compile(), {"split": lambda state: None, "square": square}).run()
    assert last(run).state["log"] == (9, 1, 4)
    assert (last(run).step, made.orphans) == (2, ())


def test_a_join_that_is_never_filled_is_told() -> None:
    graph = drawn("START>a b>END a+b>c").compile()
    assert reason(world(graph).run()) == "done (c still waits for b)"


def test_plain_and_async_nodes_and_scripts_are_all_members() -> None:
    async def slow(state: dict[str, Any]) -> dict[str, Any]:
        return {"log": ["slow"]}

    graph = drawn("START>a a>b b>c").compile()
    made = world(graph, {"a": slow, "b": lambda state: {"log": ["b"]}})
    assert last(made.add(Scripted("c", {"log": ["c"]})).run()).state["log"] == ("slow", "b", "c")


def failing(state: dict[str, Any]) -> None:
    raise ConnectionError("no network")


def test_what_siblings_wrote_is_dropped_when_a_node_fails() -> None:
    """B fails beside c: the checkpoint before them is what there is, and from there one can go on."""
    graph = drawn("START>a a>b a>c b+c>d").compile()
    run = world(graph, {**signing(graph), "b": failing}).run()
    assert reason(run) == "failed: b (ConnectionError: no network)"
    assert (last(run).step, last(run).state["log"]) == (1, ("a",))
    again = world(graph, start=last(run)).run()
    assert last(again) == invoke(graph, signing(graph), {})
    assert again.trace.count("Turn", peer="a") == 0


def test_of_two_that_fail_the_first_by_name_is_named() -> None:
    graph = drawn("START>b START>a").compile()
    assert reason(world(graph, {"a": failing, "b": failing}).run()).startswith("failed: a")


def test_a_node_that_is_down_fails_in_time() -> None:
    graph = drawn("START>a a>b").compile()
    run = world(graph, patience=0.5).inject("crash b @0.005").run()
    assert reason(run) == "failed: b (b gave no reply within 0.5 s)"


async def unwrapped(state: Any) -> dict[str, Any]:
    return {"x": state["x"] + 1}


async def unwrapped_too(state: Any) -> dict[str, Any]:
    return {"x": state.get("x")}


@pytest.mark.parametrize("work", [unwrapped, unwrapped_too, lambda state: {"x": 1}])
def test_a_member_whose_work_is_not_made_a_node_is_told_how(work: Any) -> None:
    """It gets a turn, and takes it for the state."""
    graph = drawn("START>a").compile()
    why = reason(world(graph, {}, start={"x": 0}).add(Member("a", work)).run())
    assert why.startswith("failed: a (")
    assert "a Turn, but the work of a node the state. Write Member('a', node(work))" in why


one, other = (lambda s: {"x": 1}), (lambda s: {"x": 2})
MISRUN: dict[str, tuple[Works, str]] = {
    "a write in place": ({"a": lambda s: s.update(x=1)}, "written to in place: it is only for reading"),
    "a key without a value": ({"a": lambda s: {"x": s["x"]}}, "'x' has no value: "),
    "two writers": ({"a": one, "b": other}, "a and b both wrote 'x' in super-step 1"),
    "an unknown key": ({"a": lambda s: {"y": 1}}, "a wrote 'y': the keys are log, x"),
    "no answer": ({"a": lambda s: "done"}, "a node answered 'done'"),
    "an object": ({"a": lambda s: {"x": object()}}, "could still change after it was sent"),
    "bad sum": ({"a": lambda s: {"log": 1}, "b": lambda s: {"log": "1"}}, "its reducer cannot merge with 1"),
    "no reducer": ({}, "Checkpoint.values"),
}


@pytest.mark.parametrize("case", MISRUN)
def test_what_breaks_the_rules_ends_the_run_as_failed(case: str) -> None:
    """With the rule it broke, and the checkpoint before; the world goes on."""
    works, why = MISRUN[case]
    keys = {"log": lambda old, new: object()} if case == "no reducer" else None  # what cannot be kept
    graph = drawn("START>a START>b", keys).compile()
    run = world(graph, {**signing(graph), **works}).run()
    assert reason(run).startswith("failed: ")
    assert why in reason(run)
    assert last(run).step == 0


def test_an_input_that_does_not_fit_ends_the_run_as_failed() -> None:
    run = world(drawn("START>a").compile(), start={"y": 1}).run()
    assert str(result(run.trace).reason).startswith("failed: graph (START wrote 'y'")
    assert run.trace.count("Turn") == 0


def test_a_node_without_a_member_is_missed_at_once() -> None:
    run = world(drawn("START>a a>b").compile(), {"a": lambda state: None}).run()
    assert str(result(run.trace).reason) == "failed: b (no agent has this name: add Member('b', ...))"


@pytest.mark.parametrize(
    ("graph", "limit", "words"),
    [
        (drawn("START>a").compile(), 0, r"limit=0: expected a whole number, 1 or more.*limit=25"),
        (drawn("START>a").compile(), "5", r"limit='5'"),
        (drawn("START>a"), 25, r"graph=<StateGraph of 1 nodes>: expected Graph.*Runner\(graph.compile\(\)"),
    ],
)
def test_what_cannot_be_run_is_refused(graph: Any, limit: Any, words: str) -> None:
    """A graph that has not been checked, and a limit that is not a number of super-steps."""
    with pytest.raises((TypeError, ValueError), match=words):
        Runner(graph, {}, limit=limit)


@pytest.mark.slow
def test_after_a_crash_at_each_step_the_run_goes_on_as_if_uninterrupted() -> None:
    """The runner falls just after each checkpoint, in the middle of each turn, and just before each reply."""
    notes = calm().trace.select("note")
    for at in sorted({round(each.time + late, 3) for each in notes for late in (1e-3, 0.05, 0.119)}):
        run = reporting().inject(f"crash graph @{at}..{at + 0.03:.3f}").run(until=6.0)
        assert (reason(run), last(run).state) == ("done", last(calm()).state), at
        assert as_uninterrupted(calm().trace)(run.trace), at


def test_nodes_run_at_least_once_and_write_once() -> None:
    """The runner falls while write writes: write runs twice, and there is one draft."""
    run = reporting().inject("crash graph @0.3..0.4").run(until=0.9)
    assert run.trace.count("Turn", peer="write") == 2
    assert checkpoints(run.trace)[-1].state["draft"] == 1


def asking() -> Graph:
    return drawn("START>a a>b b>c", b={"pause": True}).compile()


def test_a_run_that_asks_stops_and_goes_on_in_another_world() -> None:
    """B needs leave, and gets it: the checkpoint is all that is handed over."""
    graph = asking()
    works = {**signing(graph), "b": lambda state, leave: {"log": [leave]}}
    first = world(graph, works).run()
    assert reason(first) == "interrupted: b (May b run?)"
    second = world(graph, works, start=resume(last(first), {"May b run?": "go"})).run()
    assert (reason(second), last(second).state["log"]) == ("done", ("a", "go", "c"))


def test_an_interrupt_inside_runs_its_node_again_from_the_top() -> None:
    graph = drawn("START>a a>b b>c").compile()
    works = {**signing(graph), "b": lambda state, *said: {"log": said} if said else Interrupt("Good?")}
    run = world(graph, works).add(Voice("ed", (("Good?", "yes"),))).run()
    assert run.trace.count("Turn") == 4
    assert (reason(run), last(run).state["log"]) == ("done", ("a", "yes", "c"))


class Voice(Agent):
    """Sends one answer after a second."""

    def __init__(self, name: str, answers: tuple[Any, ...], after: float = 1.0) -> None:
        super().__init__(name)
        self.answers, self.after = answers, after

    async def run(self) -> None:
        await self.sleep(self.after)
        self.send("graph", Resume(self.answers))


@pytest.mark.parametrize(
    ("answers", "after", "words"),
    [
        ((("Bad?", "no"),), 1.0, "'Bad?' was answered, but nobody asked it: the questions are May b run?"),
        (("yes",), 1.0, "dictionary update sequence"),
        ((), 0.005, "ed answers while others still run"),
    ],
)
def test_an_answer_that_fits_nothing_is_noted_and_changes_nothing(
    answers: tuple[Any, ...], after: float, words: str
) -> None:
    run = world(asking()).add(Voice("ed", answers, after)).run()
    assert any(words in str(event.data) for event in run.trace.select("note"))
    assert reason(run) == "interrupted: b (May b run?)"


def test_a_state_that_comes_round_is_a_loop_if_repeats_are_limited() -> None:
    graph = drawn("START>a").add_conditional_edges("a", lambda state: "a", ["a", END]).compile()
    works: Works = {"a": lambda state: {"x": 0}}
    assert reason(world(graph, works, repeats=3).run()) == "loop: graph (said 3 times)"
    assert reason(world(graph, works).run()) == "budget: super-steps (more than 25)"
