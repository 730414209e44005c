"""The shared counter lab: how many of the steps does the board count?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coordlab.labs import declaration as lab
from coordlab.patterns.counter import pictures, theory
from coordlab.patterns.counter.agents import NAMES, Adder, Board
from coordlab.patterns.counter.checks import METHODS, properties
from coordlab.trace.trace import Trace
from coordlab.world.agent import Agent
from coordlab.world.world import World

PARAMETERS = (
    lab.Parameter("agents", 2, 1, 8, 1, help="how many agents add to the number on the board"),
    lab.Parameter("steps", 5, 1, 25, 1, help="how many times each agent adds one"),
    lab.Parameter("version", "lock", choices=METHODS,
                  help="read, work and write with no safeguard; with a lock; with a write that is refused if "
                  "the number has changed; or one message that adds"),
    lab.Parameter("work", 0.1, 0.0, 1.0, 0.01, unit="s",
                  help="how long an agent works in each step between reading and writing"),
    lab.Parameter("spread", 0.0, 0.0, 5.0, 0.1, unit="s",
                  help="each agent begins at random within this time; 0: all begin at once"),
    lab.SLOWEST,
)  # fmt: skip


class LastingBoard(Board):
    """A board that keeps the run going until its end: else a run in which all wait would stop."""

    async def run(self) -> None:
        """Wait for longer than any run."""
        await self.sleep(1e8)


def build(roles: Mapping[str, type[Agent]], seed: int, **given: Any) -> World:
    """The board, and the agents, of the learner's class if given."""
    world = lab.network(given, seed).add(LastingBoard())
    settings = {name: given[name] for name in ("steps", "work", "spread")}
    kind = roles.get("adder", Adder)
    return world.add(
        lab.fitting(kind, name, method=given["version"], **settings) for name in NAMES[: given["agents"]]
    )


def most(given: lab.Parameters) -> float:
    """Seconds until all are done, at most."""
    size, steps, work, slowest = (given[name] for name in ("agents", "steps", "work", "slowest"))
    return float(given["spread"] + theory.seconds(given["version"], size, steps, work, slowest))


def _late(trace: Trace) -> str:
    return "" if pictures.finished(trace) is not None else "the run ends before all are done"


def _unless(trace: Trace) -> str:
    return lab.why_not(lab.disturbed(trace)) or _late(trace)


def _counted(given: lab.Parameters, trace: Trace) -> lab.Theory:
    """Whatever the faults: once all are done, the number is not below the worst case."""
    size = given["agents"], given["steps"]
    if given["version"] != "unsynchronised":
        return lab.Theory(theory.best(*size), unless=_late(trace))
    return lab.Theory((theory.worst(*size), theory.best(*size)), "within", _late(trace))


def _messages(given: lab.Parameters, trace: Trace) -> lab.Theory:
    says = "most" if given["version"] == "compare-and-set" else "equal"
    return lab.Theory(round(_each(given["version"], given, given["agents"]), 3), says, _unless(trace))


def _each(version: str, given: lab.Parameters, agents: float) -> float:
    return theory.messages(version, int(agents), given["steps"])


def _messages_curve(version: str) -> lab.Curve:
    says = "most" if version == "compare-and-set" else "equal"
    return lab.Curve(lambda given, agents: _each(version, given, agents), says=says)


EACH = {method: {"version": method} for method in METHODS}
SPEC = lab.LabSpec(
    name="counter",
    title="Shared counter",
    question="Many agents add to one number: how many of their steps does it count?",
    parameters=PARAMETERS,
    build=build,
    roles=(lab.Role("adder", Adder),),
    properties=lambda given: properties(round(1.5 * most(given) + 4, 1)),
    measures=(
        lab.Measure("counted in the end", pictures.counted, _counted),
        lab.Measure("lost updates", pictures.lost),
        lab.Measure("messages per step", pictures.per_step, _messages),
        lab.Measure("all done after, s", pictures.finished,
                    lambda given, trace: lab.Theory(round(most(given), 3), "most", _unless(trace))),
    ),
    until=lambda given: round(1.5 * most(given) + 5, 1),
    limits=lambda given: lab.Limits("pause slow delay", hold=1.0, slow=0.1, over=3.0),
    focus=lambda given: (0.0, min(2.0, most(given))),
    views=(
        lab.View("copies", "Who works with which number, and until when: red if it is out of date.",
                 lambda given, trace: pictures.copies(trace)),
    ),
    figures=(
        lab.Figure("How many messages does a step take, as more agents add?", x="agents",
                   values=(1, 2, 3, 4, 5, 6, 8), measure="messages per step", replications=5,
                   theory={method: _messages_curve(method) for method in METHODS}, series=EACH),
    ),
    schedules=(
        lab.Schedule("The worst case", "Look at the board: what do ten steps come to, with two pauses?",
                     {"version": "unsynchronised"}, ("pause ann @0.1..0.84", "pause bob @1..2.5")),
        lab.Schedule("Eight compare and set", "Look at the copies: of eight attempts at once, one succeeds.",
                     {"agents": 8, "version": "compare-and-set"}),
        lab.Schedule("The holder of the lock crashes",
                     "Look for the agent that waits for ever: nobody gives the lock back.",
                     {}, ("crash ann @0.2",)),
    ),
    offers=lambda given: (
        lab.Offer("an agent pauses", "pause {agent} @{at}..{until}", NAMES[: given["agents"]], 1.0),
    ),
    tones={"rests": "idle", "waits": "between", "reads": "between", "works": "active", "writes": "between",
           "is done": "normal", "open": "idle", "locked": "active"},
    page="coordlab.patterns.counter",
    chapter="01_why_coordination_is_hard",
)  # fmt: skip
