"""AnyIO and agent frameworks on virtual time; the latter where they are installed: `coordlab[frameworks]`."""

import asyncio
import operator
import threading
from typing import Annotated, TypedDict

import anyio
import pytest

from coordlab.world.agent import Agent
from coordlab.world.loop import simulate
from coordlab.world.world import World


def in_an_agent(work):
    """The result of a coroutine that is awaited in the `run` of an agent."""
    results = []

    class Host(Agent):
        async def run(self):
            results.append(await work)

    World().add(Host("zoe")).run()
    return results[0]


places = pytest.mark.parametrize("place", [simulate, in_an_agent])


def clock():
    """The virtual time."""
    return round(asyncio.get_running_loop().time(), 6)


# --- AnyIO ---------------------------------------------------------------------------------------------


@places
def test_scopes_of_anyio_end_what_takes_too_long_and_shield(place):
    async def scopes():
        with anyio.move_on_after(2) as late:
            await anyio.sleep(10)
        with pytest.raises(TimeoutError), anyio.fail_after(1):
            await anyio.sleep(10)
        with anyio.CancelScope() as outer:
            with anyio.CancelScope(shield=True):
                outer.cancel()
                await anyio.sleep(1)
            await anyio.sleep(5)
        return late.cancelled_caught, outer.cancelled_caught, clock()

    assert place(scopes()) == (True, True, 4)


@places
def test_a_memory_stream_of_anyio_holds_the_sender_back(place):
    async def streamed():
        send, receive = anyio.create_memory_object_stream(1)
        seen = []

        async def consume():
            async with receive:
                async for each in receive:
                    seen.append((each, clock()))
                    await anyio.sleep(1)

        async with anyio.create_task_group() as group:
            group.start_soon(consume)
            async with send:
                for each in range(3):
                    await send.send(each)
        return seen, clock()

    assert place(streamed()) == ([(0, 0), (1, 1), (2, 2)], 3)


@places
def test_a_task_group_of_anyio_can_be_cancelled_from_outside(place):
    ended = []

    async def patient(name):
        try:
            await anyio.sleep(100)
        finally:
            ended.append((name, clock()))

    async def everybody():
        async with anyio.create_task_group() as group:
            for name in ("ann", "bob"):
                group.start_soon(patient, name)

    async def outside():
        task = asyncio.create_task(everybody())
        await anyio.sleep(1)
        task.cancel()
        await asyncio.wait([task])
        return sorted(ended), task.cancelled(), clock()

    assert place(outside()) == ([("ann", 1), ("bob", 1)], True, 1)


@places
def test_a_thread_of_anyio_is_refused_in_words(place):
    with pytest.raises(RuntimeError, match=r"real threads take real time.*Write await asyncio\.to_thread"):
        place(anyio.to_thread.run_sync(int))


def test_a_thread_that_was_there_before_is_not_blamed_for_a_deadlock():
    leave = threading.Event()
    older = threading.Thread(target=leave.wait)
    older.start()
    try:
        with pytest.raises(RuntimeError, match=r"deadlock at 0 s.*Limit the wait: async with"):
            simulate(asyncio.Queue().get())
    finally:
        leave.set()
        older.join()


# --- LangGraph -----------------------------------------------------------------------------------------


class Log(TypedDict):
    log: Annotated[list, operator.add]


@pytest.fixture
def graphs():
    """What LangGraph makes graphs of."""
    return pytest.importorskip("langgraph.graph", reason="langgraph is not installed")


def fan_out(graphs, step_timeout=None, checkpointer=None, **seconds):
    """A graph whose nodes all start at once; each takes some seconds, and `last` comes after them."""

    def node(name, takes):
        async def work(state):
            await asyncio.sleep(takes)
            return {"log": [(name, clock())]}

        return work

    graph = graphs.StateGraph(Log)
    graph.add_node("last", node("last", 1))
    graph.add_edge("last", graphs.END)
    for name, takes in seconds.items():
        graph.add_node(name, node(name, takes))
        graph.add_edge(graphs.START, name)
    graph.add_edge(list(seconds), "last")
    compiled = graph.compile(checkpointer=checkpointer)
    compiled.step_timeout = step_timeout
    return compiled


@places
def test_the_nodes_of_a_langgraph_run_side_by_side(place, graphs):
    result = place(fan_out(graphs, ann=2, bob=1).ainvoke({"log": []}))
    assert result["log"] == [("ann", 2), ("bob", 1), ("last", 3)]


@places
def test_a_langgraph_streams_each_result_at_its_time(place, graphs):
    async def streamed():
        updates = fan_out(graphs, ann=2, bob=1).astream({"log": []}, stream_mode="updates")
        return [(clock(), *update) async for update in updates]

    assert place(streamed()) == [(1, "bob"), (2, "ann"), (3, "last")]


@places
def test_a_langgraph_keeps_checkpoints(place, graphs):
    from langgraph.checkpoint import memory

    graph = fan_out(graphs, checkpointer=memory.InMemorySaver(), ann=1)
    thread = {"configurable": {"thread_id": "1"}}

    async def twice():
        for _ in range(2):
            await graph.ainvoke({"log": []}, thread)
        return [len(each.values["log"]) async for each in graph.aget_state_history(thread)]

    assert place(twice()) == [4, 3, 2, 2, 2, 1, 0, 0]


@places
def test_a_step_of_a_langgraph_that_takes_too_long_is_ended(place, graphs):
    async def late():
        with pytest.raises(TimeoutError):
            await fan_out(graphs, step_timeout=1.5, ann=5).ainvoke({"log": []})
        return clock()

    assert place(late()) == 1.5


# --- AutoGen -------------------------------------------------------------------------------------------


@places
def test_an_autogen_team_talks_on_virtual_time(place):
    agents = pytest.importorskip("autogen_agentchat.agents", reason="autogen-agentchat is not installed")
    from autogen_agentchat.base import Response
    from autogen_agentchat.conditions import MaxMessageTermination
    from autogen_agentchat.messages import TextMessage
    from autogen_agentchat.teams import RoundRobinGroupChat

    class Slow(agents.BaseChatAgent):
        produced_message_types = (TextMessage,)

        async def on_messages(self, messages, cancellation_token):
            await asyncio.sleep(2)
            return Response(chat_message=TextMessage(content=f"at {clock():g} s", source=self.name))

        async def on_reset(self, cancellation_token):
            pass

    async def talk():
        team = RoundRobinGroupChat(
            [Slow(name, description=name) for name in ("ann", "bob")],
            termination_condition=MaxMessageTermination(4),
        )
        result = await team.run(task="Count.")
        return [(each.source, each.content) for each in result.messages]

    assert place(talk()) == [("user", "Count."), ("ann", "at 2 s"), ("bob", "at 4 s"), ("ann", "at 6 s")]


# --- Agent Framework -----------------------------------------------------------------------------------


@places
def test_a_workflow_of_agent_framework_fans_out(place):
    framework = pytest.importorskip("agent_framework", reason="agent-framework-core is not installed")

    class Start(framework.Executor):
        @framework.handler
        async def begin(self, word: str, ctx: framework.WorkflowContext[str]) -> None:
            await ctx.send_message(word)

    class Slow(framework.Executor):
        def __init__(self, name: str, takes: float) -> None:
            super().__init__(id=name)
            self.takes = takes

        @framework.handler
        async def work(self, word: str, ctx: framework.WorkflowContext[str]) -> None:
            await asyncio.sleep(self.takes)
            await ctx.send_message(f"{self.id} at {clock():g} s")

    class Gather(framework.Executor):
        @framework.handler
        async def gather(self, words: list[str], ctx: framework.WorkflowContext[None, list[str]]) -> None:
            await ctx.yield_output(words)

    async def flow():
        start, end = Start(id="start"), Gather(id="end")
        slow = [Slow("ann", 2), Slow("bob", 1)]
        builder = framework.WorkflowBuilder(start_executor=start)
        workflow = builder.add_fan_out_edges(start, slow).add_fan_in_edges(slow, end).build()
        return (await workflow.run("go")).get_outputs(), clock()

    assert place(flow()) == ([["ann at 2 s", "bob at 1 s"]], 2)
