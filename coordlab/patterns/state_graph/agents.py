"""State graph: the messages and the agents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import isawaitable
from operator import or_
from typing import Any

from coordlab import requirements as require
from coordlab.patterns.orchestration.agents import Act, Conductor, Member
from coordlab.patterns.orchestration.rules import Budget, Ended, Failed, Stop, StopReason, Turn
from coordlab.patterns.state_graph import rules
from coordlab.patterns.state_graph.checks import properties
from coordlab.patterns.state_graph.graph import END, START, Graph, GraphError, StateGraph
from coordlab.patterns.state_graph.rules import Checkpoint, Command, Interrupt, Pairs, Task, command
from coordlab.world.agent import Agent, State
from coordlab.world.message import message
from coordlab.world.state import snapshot
from coordlab.world.world import Run, World

__all__ = ["WORKS", "Asked", "Editor", "Resume", "Runner", "demo", "node", "report"]


@message
class Asked:
    """I can only go on if somebody answers this."""

    questions: tuple[tuple[str, str], ...]  # each with its key


@message
class Resume:
    """Go on: these are the answers to what was asked."""

    answers: Pairs  # by key


def node(work: Callable[..., object]) -> Act:
    """How a member acts as a node: by `work`, a function, async or not, of the state (or the item sent).

    It returns what to write, a `Command`, or an `Interrupt`; after that it is called again, with the answer.
    """

    async def act(turn: Turn) -> Command | Interrupt:
        task, values = turn.context
        answer = work(*task.arguments(values))
        return command(await answer if isawaitable(answer) else answer)

    return act


def _explained(name: str, why: str) -> str:
    """Why a member failed, and what to write if its function takes a Turn for the state."""
    if hint := rules.kept_as(why):
        return f"{why.rstrip('.')}: {hint}"
    if "'Turn' object" not in why and "not a coroutine" not in why:
        return why
    hint = f"a member is given a Turn, but the work of a node the state. Write Member({name!r}, node(work))"
    return f"{why.rstrip('.')}: {hint}"


UNCOUNTED = Budget(turns=None)  # super-steps are counted
NOWHERE = Checkpoint(0, (), ())


class Runner(Conductor):
    """Runs a graph whose nodes are members of the same names, from an input or from a checkpoint.

    - `graph`: what `StateGraph.compile` returns.
    - `start`: the input, a mapping from keys to values, or a checkpoint of an earlier run.
    - `limit`: the most super-steps, 1 or more.
    - `human`: the name of the agent that is told what nodes ask, if there is one.
    - `repeats`: how often the same state may come round before the run stops; None is without end.
    - `name`, `budget`, `patience`: see `Conductor`.

    Its last checkpoint outlives a crash.  It fails with the first node, by name, that does, and what the
    others wrote in that super-step is dropped.  When a node asks, it stops, and goes on when a Resume comes.
    Raises TypeError or ValueError if the graph is not compiled, or the limit is not a number of super-steps.
    """

    step = State(0)

    def __init__(
        self,
        graph: Graph,
        start: Mapping[str, Any] | Checkpoint,
        limit: int = 25,
        human: str | None = None,
        name: str = "graph",
        budget: Budget = UNCOUNTED,
        patience: float = 60.0,
        repeats: int | None = None,
    ) -> None:
        super().__init__(name, budget, patience, repeats)
        self.graph = require.instance("graph", graph, Graph, "Runner(graph.compile(), {})")
        self.limit = require.count("limit", limit, least=1, example=25)
        self.start, self.human = start, human

    @property
    def checkpoint(self) -> Checkpoint:
        """The last one; it outlives a crash."""
        kept: Checkpoint = self.stable.get("checkpoint", NOWHERE)
        return kept

    async def conduct(self) -> StopReason:
        """Super-steps, until nothing is triggered or somebody must be asked."""
        if missing := self.missing(*self.graph.nodes, self.human):
            return missing
        try:
            kept = self.stable.get("checkpoint", self.start)
            self.reach(kept if isinstance(kept, Checkpoint) else rules.begin(self.graph, kept))
            while self.checkpoint.goes_on:
                if self.checkpoint.step >= self.limit:
                    return StopReason(Stop.BUDGET, "super-steps", f"more than {self.limit}")
                await self.super_step()
        except (GraphError, TypeError) as error:  # the latter: a value that cannot be kept
            return StopReason(Stop.FAILED, self.name, str(error))
        if asked := self.checkpoint.questions:
            if self.human:
                self.send(self.human, Asked(asked))
            return StopReason(Stop.INTERRUPTED, *asked[0])
        return StopReason(Stop.DONE, "", rules.unfilled(self.graph, self.checkpoint))

    async def super_step(self) -> None:
        """Let all that are ready run on one snapshot, and merge what they answer."""
        checkpoint = self.checkpoint
        works = [self.execute(task) for task in checkpoint.ready]
        replies: list[Command | Interrupt] = await self.together(*works)
        self.reach(rules.advance(self.graph, checkpoint, replies))

    async def execute(self, task: Task) -> Command | Interrupt:
        """What a node answers."""
        values = () if task.sent else self.checkpoint.values
        reply = await self.turn(task.node, "", (task, values), about=f"super-step {self.step + 1}")
        if isinstance(reply, Failed):
            raise Ended(StopReason(Stop.FAILED, task.node, _explained(task.node, reply.why)))
        return command(reply.content)

    def reach(self, checkpoint: Checkpoint) -> None:
        """Make this the last checkpoint, to be found again after a crash."""
        self.stable["checkpoint"] = checkpoint
        self.outputs = self.stable["outputs"] = (checkpoint,)
        self.step = checkpoint.step
        self.note(checkpoint)
        if self.loops:
            self.heard(self.name, (snapshot(checkpoint.values), checkpoint.tasks))

    def on_resume(self, sender: str, message: Resume) -> None:
        try:
            answered = rules.resume(self.checkpoint, dict(message.answers))
        except (TypeError, ValueError) as error:
            self.note(str(error))
            return
        if self.role == "conducting":
            self.note(f"{sender} answers while others still run, and has to do so again later.")
            return
        self.stable["checkpoint"] = answered
        self.stable.pop("result", None)
        self.spawn(self.run())


class Editor(Agent):
    """Takes a second to say of each draft whether it may be published: only draft number `publishes` may."""

    def __init__(self, name: str, publishes: int) -> None:
        super().__init__(name)
        self.publishes = f"Publish draft {publishes}?"

    async def on_asked(self, sender: str, message: Asked) -> Resume:
        await self.sleep(1.0)
        said = ((key, "yes" if text == self.publishes else "no") for key, text in message.questions)
        return Resume(tuple(said))


def report() -> Graph:
    """Facts and figures are gathered side by side; the draft goes back until it may be published."""
    graph = StateGraph({"sources": or_, "draft": None, "verdict": None})
    for name in ("plan", "facts", "figures", "write", "review"):
        graph.add_node(name)
    graph.add_edge(START, "plan").add_edge("plan", "facts").add_edge("plan", "figures")
    graph.add_edge(["facts", "figures"], "write").add_edge("write", "review")
    publish_or_rewrite = lambda state: END if state["verdict"] == "yes" else "write"
    return graph.add_conditional_edges("review", publish_or_rewrite, ["write", END]).compile()


WORKS: dict[str, Callable[..., object]] = {
    "plan": lambda state: {"sources": {"outline"}, "draft": 0},
    "facts": lambda state: {"sources": {"a fact"}},
    "figures": lambda state: {"sources": {"a figure"}},
    "write": lambda state: {"draft": state["draft"] + 1},
    "review": lambda state, *said: (
        {"verdict": said[0]} if said else Interrupt(f"Publish draft {state['draft']}?")
    ),
}


def demo() -> Run:
    """A report is written, sent back once, and published; the runner of the graph crashes in between.

    >>> from coordlab.patterns.orchestration.turns import result
    >>> ended = result(demo().trace)
    >>> str(ended.reason), ended.outputs[0].step, ended.outputs[0].state["draft"]
    ('done', 6, 2)
    """
    world = World(seed=7, latency="uniform(0.01, 0.05)")
    world.add(Runner(report(), {}, human="ed"), Editor("ed", publishes=2))
    world.add(Member(name, node(work), seconds=0.1) for name, work in WORKS.items())
    return world.inject("crash graph @0.4..0.6").expect(*properties(report())).run(until=5.0)
