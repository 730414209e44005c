"""State graphs without a world: what super-steps, reducers, joins, routers, interrupts and limits mean."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from copy import copy, deepcopy
from dataclasses import replace
from itertools import permutations
from operator import add, or_
from typing import Any

import networkx as nx
import pytest
from hypothesis import given, settings, strategies as st

from coordlab.patterns.state_graph.graph import END, START, Graph, GraphError, Send, StateGraph, depth
from coordlab.patterns.state_graph.rules import (
    Checkpoint,
    Command,
    Interrupt,
    Task,
    advance,
    begin,
    invoke,
    merge,
    resume,
)
from tests.patterns.state_graph.drawing import Works, built, count, course, drawn, routed, shape, signing
from tests.sampling import disaster_count

COURSES = {  # capitals are deferred
    "one node": ("START>a", "a"),
    "a chain": ("START>a a>b b>c", "a, b, c"),
    "END is not a node": ("START>a a>END", "a"),
    "nothing but END": ("START>END", ""),
    "two entries": ("START>a START>b", "a b"),
    "fan-out": ("START>a a>b a>c a>d", "a, b c d"),
    "names in order": ("START>z START>b START>a", "a b z"),
    "an edge twice": ("START>a a>b a>b", "a, b"),
    "even diamond, plain": ("START>a a>b a>c b>d c>d", "a, b c, d"),
    "even diamond, join": ("START>a a>b a>c b+c>d", "a, b c, d"),
    "uneven diamond, plain: six": ("START>a a>b a>c c>d b>e d>e", "a, b c, d e, e"),
    "uneven diamond, join: five": ("START>a a>b a>c c>d b+d>e", "a, b c, d, e"),
    "uneven diamond, deferred: five": ("START>a a>b a>c c>d b>E d>E", "a, b c, d, E"),
    "plain doubles go on as doubles": ("START>a a>b a>c c>d b>e d>e e>f", "a, b c, d e, e f, f"),
    "deferred with successors": ("START>a START>b b>c a>D D>e", "a b, c, D, e"),
    "deferred and alone": ("START>a a>B", "a, B"),
    "two deferred at once": ("START>a START>b a>C b>D", "a b, C D"),
    "a join never filled": ("START>a b>END a+b>c", "a"),
    "a join at two depths": ("START>a a>b b>c a+c>d", "a, b, c, d"),
    "a join and a plain edge": ("START>a START>b b>c a+c>d a>d", "a b, c d, d"),
    "a join and a plain edge at once": ("START>a START>b a+b>c a>c", "a b, c"),
    "a join of three": ("START>a START>b b>c c>d a+c+d>e", "a b, c, d, e"),
    "two joins": ("START>a START>b START>c a+b>d b+c>e", "a b c, d e"),
    "an arrival counts once": ("START>a a>b a>c c>b b>d b+c>e", "a, b c, b d e, d"),
}


@pytest.mark.parametrize("case", COURSES)
def test_super_steps_follow_the_edges(case: str) -> None:
    text, steps = COURSES[case]
    deferred = {name: {"defer": True} for name in "BCDE" if name in text.replace(START, "").replace(END, "")}
    assert ", ".join(course(drawn(text, **deferred).compile())) == steps


ROUTES = {
    "to one": ("START>a", {"a": (lambda state: "b", "b c")}, ["a", "b"]),
    "to several": ("START>a", {"a": (lambda state: ["c", "b"], "b c")}, ["a", "b c"]),
    "to the end": ("START>a", {"a": (lambda state: END, "b END")}, ["a"]),
    "nowhere": ("START>a", {"a": (lambda state: (), "b END")}, ["a"]),
    "from the start": ("a>b", {START: (lambda state: "a", "a b")}, ["a", "b"]),
    "round and round": ("START>a", {"a": (count(3), "a END")}, ["a", "a", "a"]),
    "round two nodes": ("START>a a>b", {"b": (count(4), "a END")}, ["a", "b", "a", "b"]),
    "to items": ("START>a", {"a": (lambda state: [Send("b", k) for k in (3, 1, 2)], "b")}, ["a", "b b b"]),
    "to a set of names": ("START>a", {"a": (lambda state: {"c", "b"}, "b c")}, ["a", "b c"]),
    "to both": ("START>a", {"a": (lambda state: [Send("b", 1), "b", "c"], "b c")}, ["a", "b c b"]),
}


@pytest.mark.parametrize("case", ROUTES)
def test_routers_say_who_is_next(case: str) -> None:
    """A name, END, a Send, several of these, or nothing."""
    text, routes, steps = ROUTES[case]
    graph = drawn(text)
    for name in ("b", "c"):
        if name not in graph.nodes:
            graph.add_node(name)
    assert course(routed(graph, **routes)) == steps


def test_a_router_sees_what_all_have_written() -> None:
    """It is asked at the barrier, where all writes are: once for each node, not for each task."""
    asked: list[int] = []
    router = lambda state: asked.append(len(state["log"])) or END
    graph = drawn("START>b", a={})
    graph.add_conditional_edges("b", lambda state: [Send("a", k) for k in range(3)], ["a"])
    invoke(compiled := routed(graph, a=(router, "b END")), signing(compiled), {})
    assert asked == [4]


def test_a_command_leads_to_nodes_in_addition_to_the_edges() -> None:
    """A has an edge to b, and its Command goes to c: both run."""
    graph = drawn("START>a a>b", a={"goto": ["c", END]}, c={}).compile()
    works = {**signing(graph), "a": lambda state: Command((("log", ("a",)),), ("c",))}
    assert course(graph, works) == ["a", "b c"]
    assert course(graph, {**works, "a": lambda state: Command(goto=(END,))}) == ["a", "b"]


def test_a_join_in_a_cycle_fires_once_for_each_full_set() -> None:
    graph = routed(drawn("START>a a>b a>c b+c>d"), d=(count(5), "a END"))
    assert course(graph) == ["a", "b c", "d"] * 2


@pytest.mark.parametrize(("text", "steps"), [("START>r", "r a"), ("START>r a>r", "r a r b c")])
def test_an_arrival_at_a_join_is_remembered_round_the_cycle(text: str, steps: str) -> None:
    """A comes to the join in the first round, b in the second: only then c runs."""
    graph = drawn(f"{text} a+b>c", a={}, b={})
    assert course(routed(graph, r=(lambda s: "b" if "a" in s["log"] else "a", "a b"))) == steps.split()


REDUCERS = {
    "a plain key": ({"x": None}, {"a": {"x": 1}}, {"x": 0}, {"x": 1}),
    "a plain key without a value": ({"x": None}, {"a": {"x": 1}}, {}, {"x": 1}),
    "a summed key": ({"x": add}, {"a": {"x": 1}, "b": {"x": 2}}, {"x": 10}, {"x": 13}),
    "the first write is the value": ({"x": add}, {"a": {"x": 1}, "b": {"x": 2}}, {}, {"x": 3}),
    "the largest": ({"x": max}, {"a": {"x": 3}, "b": {"x": 7}}, {"x": 5}, {"x": 7}),
    "a list, by name": ({"x": add}, {"b": {"x": [2]}, "a": {"x": [1]}}, {"x": []}, {"x": (1, 2)}),
    "a set": ({"x": or_}, {"a": {"x": {1}}, "b": {"x": {1, 2}}}, {"x": set()}, {"x": frozenset({1, 2})}),
    "two keys": ({"x": None, "y": None}, {"a": {"x": 1}, "b": {"y": 2}}, {}, {"x": 1, "y": 2}),
    "no write": ({"x": None}, {"a": None, "b": {}}, {"x": 7}, {"x": 7}),
    "pairs": ({"x": None}, {"a": (("x", 1),)}, {}, {"x": 1}),
}


@pytest.mark.parametrize("case", REDUCERS)
def test_writes_merge_at_the_barrier(case: str) -> None:
    keys, writes, before, after = REDUCERS[case]
    graph = drawn(" ".join(f"START>{name}" for name in writes), keys).compile()
    works = {name: lambda state, written=written: written for name, written in writes.items()}
    assert invoke(graph, works, before).state == after


def test_siblings_read_the_same_snapshot() -> None:
    graph = drawn("START>a START>b a>c", {"x": None, "seen": add}).compile()
    look = lambda state: {"seen": [state["x"]]}
    works = {"a": lambda state: {"x": 1, **look(state)}, "b": look, "c": look}
    assert invoke(graph, works, {"x": 0}).state["seen"] == (0, 0, 1)


def test_adding_to_a_summed_key_what_was_read_from_it_counts_double() -> None:
    """10, and two nodes that mean to add 1 and 2, but write the sums: 10 + 11 + 12 = 33."""
    graph = drawn("START>a START>b", {"n": add}).compile()
    works = {"a": lambda state: {"n": state["n"] + 1}, "b": lambda state: {"n": state["n"] + 2}}
    assert invoke(graph, works, {"n": 10}).state == {"n": 33}


def test_items_merge_in_their_order() -> None:
    """Whatever the items are, what is written of them comes in the order of the Sends, after plain tasks."""
    graph = drawn("START>a", b={})
    way = routed(graph, a=(lambda state: ["b", Send("b", "z"), Send("b", "c")], "b"))
    works = {"a": lambda s: {}, "b": lambda given: {"log": [given if isinstance(given, str) else "state"]}}
    assert invoke(way, works, {}).state["log"] == ("state", "z", "c")


@settings(max_examples=disaster_count())
@given(st.lists(st.integers(-9, 9), min_size=1, max_size=5), st.sampled_from([add, max, min, or_]))
def test_with_reducers_that_commute_the_order_makes_no_difference(
    written: list[int], reducer: Callable[[int, int], int]
) -> None:
    """All orders of up to five writers give the same state."""
    graph = StateGraph({"x": reducer})
    for at, _ in enumerate(written):
        graph.add_node(f"n{at}").add_edge(START, f"n{at}")
    before = begin(graph.compile(), {"x": 3})
    writes = list(zip(before.tasks, [Command((("x", each),)) for each in written], strict=True))
    orders = [zip(*order, strict=True) for order in permutations(writes)]
    merged = {merge(graph.compile(), replace(before, tasks=tasks), results) for tasks, results in orders}
    assert len(merged) == 1


def test_with_appending_the_order_shows() -> None:
    """The hidden dependence: the same two writes, two states."""
    graph = drawn("START>a START>b").compile()
    before = begin(graph, {})
    results = [Command((("log", (name,)),)) for name in "ab"]
    backwards = replace(before, tasks=before.tasks[::-1])
    assert merge(graph, before, results) != merge(graph, backwards, results[::-1])


def bulk_synchronous(plain: list[tuple[str, str]], joins: list[tuple[tuple[str, ...], str]]) -> list[str]:
    """Who runs when: tokens on edges, moved all at once."""
    tokens = {edge for edge in plain if edge[0] == START}
    waiting: dict[int, set[str]] = {at: set() for at, _ in enumerate(joins)}
    steps = []
    while tokens:
        running = sorted({to for _, to in tokens})
        steps.append(" ".join(running))
        tokens = {(source, to) for source, to in plain if source in running}
        for at, (sources, to) in enumerate(joins):
            waiting[at] |= {each for each in sources if each in running}
            if waiting[at] == set(sources):
                tokens.add(("join", to))
                waiting[at] = set()
    return steps


def test_a_simulation_that_moves_tokens_gives_the_same() -> None:
    """Random graphs with joins: the same nodes in the same super-steps, and no more than the depth.

    networkx finds the same depth, the longest path; with plain edges alone, that is what a run takes.
    """
    shapes = set()
    for seed in range(disaster_count()):
        plain, joins = shape(seed)
        graph = built((plain, joins))
        steps = bulk_synchronous(plain, joins)
        assert course(graph) == steps
        edges = nx.DiGraph([*plain, *((each, to) for sources, to in joins for each in sources)])
        deepest = nx.dag_longest_path_length(edges.subgraph(nx.descendants(edges, START) | {START}))
        assert depth(graph) == deepest
        assert len(steps) <= deepest if joins else len(steps) == deepest
        shapes.add((len(steps), bool(joins)))
    assert len(shapes) > 5


@pytest.mark.slow
def test_a_thousand_nodes_in_a_row_are_no_trouble() -> None:
    names = [f"n{at:04}" for at in range(1000)]
    graph = built((list(zip([START, *names], names, strict=False)), []))
    assert depth(graph) == 1000
    assert invoke(graph, signing(graph), {}, limit=1000).state["log"] == tuple(names)


@pytest.mark.parametrize("steps", [1, 2, 3, 5, 10])
def test_a_graph_of_k_super_steps_needs_a_limit_of_k(steps: int) -> None:
    """With one less, a task is left over."""
    graph = drawn("START>a").add_conditional_edges("a", count(steps), ["a", END]).compile()
    assert invoke(graph, signing(graph), {}, limit=steps).tasks == ()
    left = invoke(graph, signing(graph), {}, limit=steps - 1)
    assert (left.step, [task.node for task in left.tasks]) == (steps - 1, ["a"])


def approval() -> tuple[Graph, Works, list[str]]:
    """draft, then review and count side by side, of which review asks; then publish, which needs leave."""
    calls: list[str] = []
    called = lambda name, work: lambda *given: calls.append(name) or work(*given)
    graph = drawn("START>draft draft>review draft>count review+count>publish", publish={"pause": True})
    works: Works = {
        "draft": lambda state: {"log": ["draft"]},
        "review": lambda state, *said: {"log": said} if said else Interrupt("Good?"),
        "count": lambda state: {"log": ["counted"]},
        "publish": lambda state, leave: {"log": [leave]},
    }
    return graph.compile(), {name: called(name, work) for name, work in works.items()}, calls


def test_an_interrupt_runs_its_node_again_and_its_siblings_not() -> None:
    """Three nodes, four calls: what count did is kept while review waits."""
    graph, works, calls = approval()
    asked = invoke(graph, works, {})
    assert (asked.step, asked.questions) == (1, (("review", "Good?"),))
    assert asked.state == {"log": ("draft",)}
    going = invoke(graph, works, resume(asked, {"Good?": "yes"}))
    assert calls == ["draft", "count", "review", "review"]
    assert going.questions == (("publish", "May publish run?"),)
    done = invoke(graph, works, resume(going, {"May publish run?": "go"}))
    assert (done.step, done.state["log"]) == (3, ("draft", "counted", "yes", "go"))


def test_two_may_ask_at_once_and_be_answered_one_by_one() -> None:
    graph = drawn("START>a START>b a+b>c").compile()
    ask = lambda name: lambda state, *said: {"log": said} if said else Interrupt(f"{name}?")
    works = {"a": ask("a"), "b": ask("b"), "c": lambda state: {"log": ["c"]}}
    asked = invoke(graph, works, {})
    assert [question for _, question in asked.questions] == ["a?", "b?"]
    half = invoke(graph, works, resume(asked, {"b?": "B"}))
    assert (half.step, half.questions) == (0, (("a", "a?"),))
    assert invoke(graph, works, resume(half, {"a?": "A"})).state["log"] == ("A", "B", "c")


def paying() -> tuple[Graph, Works]:
    """Two payments are sent to one node, which needs permission for each."""
    graph = drawn("START>split pay>END", split={"goto": ["pay"]}, pay={"pause": True}).compile()
    works: Works = {
        "split": lambda state: Command(goto=(Send("pay", 5), Send("pay", 5000))),
        "pay": lambda sum_, said: {"log": [f"{sum_} {said}"]},
    }
    return graph, works


def test_two_questions_with_the_same_words_are_answered_one_by_one() -> None:
    graph, works = paying()
    asked = invoke(graph, works, {})
    assert asked.questions == (("pay 1", "May pay run?"), ("pay 2", "May pay run?"))
    with pytest.raises(
        GraphError, match=r"'May pay run.' was asked by several: answer each by its key: pay 1, pay 2"
    ):
        resume(asked, {"May pay run?": "yes"})
    half = invoke(graph, works, resume(asked, {"pay 1": "yes"}))
    assert half.questions == (("pay 2", "May pay run?"),)
    assert invoke(graph, works, resume(half, {"pay 2": "yes"})).state["log"] == ("5 yes", "5000 yes")


@pytest.mark.parametrize("no", ["no", " No ", False])
def test_a_node_that_may_not_run_does_not(no: object) -> None:
    """What the others of its super-step wrote is merged all the same, and its edges lead nowhere."""
    graph, works = paying()
    done = invoke(graph, works, resume(invoke(graph, works, {}), {"pay 1": "yes", "pay 2": no}))
    assert (done.state["log"], done.goes_on) == (("5 yes",), False)
    none = invoke(graph, works, resume(invoke(graph, works, {}), {"pay 1": no, "pay 2": no}))
    assert (none.state, none.goes_on) == ({}, False)


@pytest.mark.parametrize(
    ("work", "hint"),
    [
        (lambda state: {"log": [state["meta"]["k"]]}, r"read dict\(state\['meta'\]\)\['k'\]"),
        (lambda state: {"log": state["log"] + ["x"]}, r"write \(\*state\['log'\], 'x'\)"),
    ],
)
def test_an_error_from_a_dict_or_list_says_how_the_state_keeps_it(work: Any, hint: str) -> None:
    graph = StateGraph({"log": None, "meta": None}).add_node("a").add_edge(START, "a").compile()
    with pytest.raises(TypeError) as caught:
        invoke(graph, {"a": work}, {"log": ["l"], "meta": {"k": 1}})
    assert re.search(hint, caught.value.__notes__[0])
    reducer = StateGraph({"meta": lambda a, b: {**a, **b}}).add_node("a").add_edge(START, "a").compile()
    with pytest.raises(GraphError, match=r"merge dict\(a\) \| dict\(b\)"):
        invoke(reducer, {"a": lambda state: {"meta": {"x": 2}}}, {"meta": {"k": 1}})


def test_conditional_edges_need_their_targets() -> None:
    with pytest.raises(GraphError, match="at least one target"):
        StateGraph({"log": None}).add_node("a").add_conditional_edges("a", lambda state: "a")


def test_a_node_may_ask_twice() -> None:
    graph = drawn("START>a").compile()
    ask = lambda state, *said: {"log": said} if len(said) == 2 else Interrupt(f"{len(said) + 1}?")
    asked = invoke(graph, {"a": ask}, {})
    again = invoke(graph, {"a": ask}, resume(asked, {"1?": "one"}))
    assert invoke(graph, {"a": ask}, resume(again, {"2?": "two"})).state["log"] == ("one", "two")


def test_from_each_checkpoint_the_run_goes_on_as_if_uninterrupted() -> None:
    """Random graphs, stopped after each super-step: the same end."""
    for seed in range(disaster_count()):
        graph = built(shape(seed))
        end = invoke(graph, signing(graph), {"log": ()})
        for stop in range(end.step + 1):
            assert invoke(graph, signing(graph), invoke(graph, signing(graph), {"log": ()}, stop)) == end


def test_a_checkpoint_is_data() -> None:
    """It can be compared, kept in a set, and made again from what it prints."""
    graph, works, _ = approval()
    asked = invoke(graph, works, {})
    names = {each.__name__: each for each in (Checkpoint, Task, Command, Send)}
    assert eval(repr(asked), names) == asked
    assert len({asked, invoke(graph, works, {})}) == 1


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        *[("__setitem__", ("n", 1)), ("__ior__", ({"n": 1},)), ("update", ({"n": 1},)), ("pop", ("n",))],
        *[("setdefault", ("n", 1)), ("__delitem__", ("n",)), ("popitem", ()), ("clear", ())],
    ],
)
def test_a_node_cannot_write_to_what_it_reads(method: str, arguments: tuple[Any, ...]) -> None:
    """It would be lost; a node writes what it returns."""
    graph = drawn("START>a", {"n": None}).compile()
    with pytest.raises(TypeError, match=r"only for reading.*return \{'n': \.\.\.\}"):
        invoke(graph, {"a": lambda state: getattr(state, method)(*arguments)}, {"n": 0})


def test_what_a_node_reads_can_be_copied() -> None:
    """The copies are plain tables, which may be changed."""
    view = Task("a").arguments((("n", 1),))[0]
    copies = [deepcopy(view), copy(view), view.copy(), dict(view), view | {}, {**view}]
    assert [(type(each), each) for each in copies] == [(dict, {"n": 1})] * 6


def test_a_key_without_a_value_is_missed_in_words() -> None:
    """With those that have one; one may ask without."""
    graph = drawn("START>a", {"n": None, "m": None}).compile()
    with pytest.raises(KeyError, match=r"'n' has no value: .* are m\. .* \{'n': \.\.\.\}, or .*\.get\('n'\)"):
        invoke(graph, {"a": lambda state: {"m": state["n"]}}, {"m": 1})
    assert invoke(graph, {"a": lambda state: {"m": state.get("n", 7)}}, {}).state == {"m": 7}


def test_a_router_cannot_write_to_what_it_reads() -> None:
    graph = drawn("START>a", {"n": None})
    graph.add_conditional_edges("a", lambda state: state.update(n=1), [END])  # type: ignore[attr-defined]
    with pytest.raises(GraphError, match=r"the router of a raised TypeError.*only for reading"):
        invoke(graph.compile(), {"a": lambda state: None}, {"n": 0})


LINE = drawn("START>a a>b").compile()


def wrong(text: str, keys: Mapping[str, Any] | None = None, **writes: object) -> Callable[[], object]:
    graph = drawn(text, keys).compile()
    return lambda: invoke(graph, {name: lambda s, write=write: write for name, write in writes.items()}, {})


def misled(router: Callable[..., Any], targets: str = "END") -> Callable[[], object]:
    graph = routed(drawn("START>a", b={}), a=(router, targets))
    return lambda: invoke(graph, {"a": lambda s: None, "b": lambda item: {"x": item}}, {})


MISRUN: dict[str, Callable[[], object]] = {
    r"a and b both wrote 'x' in super-step 1: .*\{'x': operator.add\}": wrong(
        "START>a START>b", a={"x": 1}, b={"x": 2}
    ),
    "b and b both wrote 'x'": misled(lambda s: [Send("b", 1), Send("b", 2)], "b"),
    r"a wrote 'lgo': the keys are log, x\. .*\{..., 'lgo': None\}": wrong("START>a", a={"lgo": 1}),
    r"b wrote '1' to 'y', which its reducer cannot merge with 1 \(Type": wrong(
        "START>a a>b", {"y": add}, a={"y": 1}, b={"y": "1"}
    ),
    r"b wrote 1 to 'y', which its reducer cannot merge with \{'p', 'q'\}": wrong(
        "START>a a>b", {"y": add}, a={"y": {"q", "p"}}, b={"y": 1}
    ),
    r"a node answered 'done': .*return \{'draft': 'v1'\}": wrong("START>a", a="done"),
    "a node answered <object object>: ": wrong("START>a", a=object()),
    r"the Command of a leads to 'b': it may lead to none\. .* add 'b' to its targets": wrong(
        "START>a a>b", a=Command(goto=("b",)), b=None
    ),
    "the router of a leads to 'b': it may lead to END": misled(lambda s: "b"),
    "the router of a leads to 7": misled(lambda s: 7),
    r"leads to Send\(node='END', item=None\)": misled(lambda s: Send(END)),
    r"the router of a raised KeyError.*'x' has no value.* here none.*get\('draft'\)": misled(
        lambda s: s["x"]
    ),
    "START wrote 'y': the keys are log, x": lambda: begin(LINE, {"y": 1}),
    "0 results for 1 tasks": lambda: advance(LINE, begin(LINE, {}), []),
    r"'Bad\?' was answered, but nobody asked it: the questions are Good\? \(a\)": lambda: resume(
        Checkpoint(0, (), (Task("a", question="Good?"),)), {"Bad?": "no"}
    ),
    "values='n': expected a mapping": lambda: begin(LINE, "n"),
    "no function for 'a'": lambda: invoke(LINE, [len], {}),
    "no function for 'b': expected one for each of a, b": lambda: invoke(LINE, {"a": dict}, {}),
    "limit=-1: expected a whole number, 0 or more.*limit=25": lambda: invoke(LINE, {}, {}, limit=-1),
}


@pytest.mark.parametrize("words", MISRUN)
def test_what_breaks_the_rules_is_named(words: str) -> None:
    with pytest.raises(GraphError, match=words):
        MISRUN[words]()
