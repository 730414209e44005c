"""What may enter a world: agents that can be told apart and made again, and faults that can strike."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from difflib import get_close_matches
from types import CodeType
from typing import TYPE_CHECKING, Any

from coordlab import requirements as require
from coordlab.trace.faults import Drop, Fault, FaultError, Rogue, as_fault, seconds
from coordlab.trace.names import NAMES, is_name
from coordlab.trace.trace import SEND
from coordlab.world.agent import Agent, Making
from coordlab.world.errors import listed
from coordlab.world.message import HANDLERS
from coordlab.world.state import snapshot
from coordlab.world.task import MICRO, micros

if TYPE_CHECKING:
    from coordlab.world.world import World


def check_agent(world: World, agent: Agent) -> None:
    """Raise TypeError or ValueError unless `agent` can join `world`."""
    if not isinstance(agent, Agent) or not hasattr(agent, "_name"):
        given = repr(agent) if not isinstance(agent, Agent) else f"a {type(agent).__name__} without a name"
        allowed = "expected an instance of a subclass of Agent whose __init__ calls super().__init__(name)"
        require.fail(given, allowed, "world.add(Agent('ann'))", TypeError)
    # Error texts are built only when they are needed: a world may have thousands of agents.
    if not is_name(agent.name) or agent.name in world.agents:
        allowed = f"{NAMES}, and is unique in its world; taken so far: {listed(world.agents)}"
        require.fail(f"name={require.shown(agent.name)}", allowed, "name='ann'")
    if agent.placed:
        given, allowed = f"{agent!r} is in a world already", "each world needs agents of its own"
        require.fail(given, allowed, f"world.add({type(agent).__name__}({agent.name!r}))")
    args, named = agent._making
    if any(isinstance(each, Agent) for each in (*args, *named.values())):
        allowed = "agents know each other by name, because a branch of the run makes them again"
        require.fail(f"{agent!r} was made with another agent", allowed, "pass the name, and send")


def check_handlers(world: World) -> None:
    """Check the handlers of the classes in a world, and forget those that were found in the last run.

    A notebook may have changed one since.  An error names the first agent of the class.
    """
    for kind, agent in {type(each): each for each in reversed(world.agents.values())}.items():
        world.loop.acting = agent
        check_handlers_of(kind)
        kind._handlers.clear()
    world.loop.acting = None


def check_handlers_of(kind: type[Agent]) -> None:
    """Raise TypeError if a class of agents has a handler that nothing calls, as when its name is misspelt."""
    for name in dir(kind):
        if name.startswith("on_") and name not in HANDLERS:
            code = getattr(getattr(kind, name), "__code__", None)
            other = code is None or code.co_argcount != 3  # then it handles no message
            near = get_close_matches(name, sorted(HANDLERS), 1, 0) or ["on_hello"]
            allowed = f"no message has this name, so nothing would call it; did you mean {near[0]}?"
            example = f"def {near[0]}(self, sender, message): ..."
            given = f"{kind.__name__}.{name}{'' if code is None else f' in line {code.co_firstlineno}'}"
            require.that(other, given, allowed, example, TypeError)


def checked_fault(world: World, given: Fault | str) -> Fault:
    """A fault that can strike in `world`, with its time, or a FaultError.

    What strikes now must strike at the same time in a branch.
    """
    fault = as_fault(given)
    allowed = f"the agents here are {listed(world.agents)}"
    example = "one of these names" if world.agents else "world.add(Agent('5')) before it"
    for name in fault.agents:
        require.that(name in world.agents, f"{str(fault)!r} names {name!r}", allowed, example, FaultError)
    allowed, example = "a fault strikes once", "another time, agent or number"
    require.that(fault not in world.faults, f"{str(fault)!r} is there already", allowed, example, FaultError)
    if isinstance(fault, Rogue):
        kind = type(world[fault.agent])
        given = f"{str(fault)!r} would change nothing: no method of {kind.__name__} reads self.rogue"
        asks = any(_reads(each, "rogue") for base in kind.__mro__ for each in vars(base).values())
        require.that(asks, given, "its class decides what a rogue does", "if self.rogue: ...", FaultError)
    if not world.started:
        return fault
    if not isinstance(fault, Drop) and fault.at is None:
        return replace(fault, at=(world.loop.now + 1) / MICRO)
    if isinstance(fault, Drop):
        # The short way of a message counts nothing.
        passed = sum(row[1] == SEND and row[2:4] == fault.agents for row in world.rows)
        world.network.link(*fault.agents).count = passed
        late, why = passed >= fault.nth, f"that link has carried {passed} messages"
    else:
        late, why = micros(fault.at or 0) <= world.loop.now, f"it is {seconds(world.now)} s now"
    example = "a later one, or one without a time, which strikes now"
    require.that(not late, f"{str(fault)!r} lies in the past", why, example, FaultError)
    return fault


def _reads(what: object, name: str) -> bool:
    """Whether a function, or one inside it, mentions an attribute of this name."""
    code = what if isinstance(what, CodeType) else getattr(getattr(what, "fget", what), "__code__", None)
    return code is not None and (
        name in code.co_names
        or any(_reads(each, name) for each in code.co_consts if isinstance(each, CodeType))
    )


_ATOMS = (type(None), bool, int, float, str)


def copied_makings(agents: dict[str, Agent]) -> dict[str, Making]:
    """The arguments of agents that the run could change, as they are now; empty if they resist a copy."""
    makings = {
        name: agent._making
        for name, agent in agents.items()
        if not all(isinstance(each, _ATOMS) for each in (*agent._making[0], *agent._making[1].values()))
    }
    try:
        return deepcopy(makings)
    except (AttributeError, RecursionError, TypeError, ValueError):
        return {}


def what_made(world: World) -> tuple[Any, ...]:
    """What `made_again` needs to make a world again, as it was before or after its run."""
    given, allowed = "the world is running", "a world can be pickled before and after its run"
    require.that(not world.running, given, allowed, "pickle.dumps(world.run(until=20))", RuntimeError)
    agents = [
        (
            *(at, type(agent), world._makings.get(agent.name, agent._making)),
            {name: snapshot(value) for name, value in vars(agent).items() if name in agent._states},
        )
        for at, agent in world._arrivals
    ]
    network, now = world.network, world.loop.now if world.started else None
    names = ("scenario", "properties", "limits", "faults", "until", "_redraws")
    kept = {name: getattr(world, name) for name in names}
    settings = {"topology": network.topology, "budget": world.budget, **network.chances}
    return type(world), (world.seed, network.latency), settings, agents, kept, now


def made_again(
    kind: type[World],
    basis: tuple[Any, ...],
    settings: dict[str, Any],
    agents: list[tuple[Any, ...]],
    kept: dict[str, Any],
    now: int | None,
) -> World:
    """The world that `what_made` describes; `now` is None if it has not run."""
    world = kind(*basis, **settings)
    for at, cls, (args, named), states in agents:
        agent = cls(*args, **named)
        world.add(agent, at=at)
        vars(agent).update(states)
    vars(world).update(kept)
    if now is not None:
        world.started, world.loop.now = True, now
        world.loop.close()
    return world
