"""What must hold of a bully election: invariants BU-S1 to BU-S5 and BU-L1 on a trace.

The states read are `role` (electing, coordinates, follows) and `coordinator` (a name, or None).
"""

from __future__ import annotations

from collections.abc import Iterator

from coordlab.properties import Moment, Objection, Property, always, eventually, safety
from coordlab.trace.narration import because, sentence
from coordlab.trace.trace import CRASH, HANDLE, SEND, STATE, Trace


def rulers(now: Moment, component: list[str]) -> list[str]:
    """The agents of a component that coordinate."""
    return [name for name in component if now.state(name, "role") == "coordinates"]


def one_coordinator(settle: float) -> Property:
    """BU-S1: after `settle` calm seconds no component has two coordinators."""

    def single(now: Moment) -> bool | str:
        many = [ruling for each in now.components if len(ruling := rulers(now, each)) > 1]
        if not many:
            return True
        now.about = max(now.changed[name] for name in many[0])
        return f"{', '.join(many[0][:-1])} and {many[0][-1]} coordinate at once."

    return always("one coordinator per component", single, calm=settle)


def highest_rules(settle: float) -> Property:
    """BU-S2: after `settle` calm seconds each coordinator is the highest of its component."""

    def highest(now: Moment) -> bool | str:
        for each in now.components:
            for ruling in rulers(now, each):
                if ruling != (top := max(each, key=int)):
                    now.about = now.changed[ruling]
                    return f"{ruling} coordinates though {top} is up."
        return True

    return always("the highest alive coordinates", highest, calm=settle)


def agreed(now: Moment) -> bool | str:
    """Whether all agents of each component follow the one among them that coordinates."""
    for each in now.components:
        followed = {now.state(name, "coordinator") for name in each}
        ruling = rulers(now, each)
        if followed != set(ruling) or len(followed) != 1:
            others = [name for name in each if now.state(name, "coordinator") not in ruling[-1:]]
            now.about = min((now.changed[name] for name in others), default=None)  # who has waited longest
            return f"{', '.join(each)} did not agree on a coordinator."
    return True


def agreement(within: float) -> Property:
    """BU-L1: `within` seconds after each disturbance every component agrees."""
    return eventually(f"agreement within {within:g} s", agreed, within)


@safety("rules only if nobody above answered")
def unanswered_rules(trace: Trace) -> Iterator[Objection]:
    """BU-S3: an agent becomes coordinator only in an election in which it handled no Answer."""
    answered = set()
    for event in trace.select(STATE, SEND, HANDLE, "role", "Election", "Answer"):
        if event.data == "electing" or (event.kind == SEND and event.name == "Election"):
            answered.discard(event.agent)
        elif event.kind == HANDLE and event.name == "Answer":
            answered.add(event.agent)
        elif event.kind == STATE and event.data == "coordinates" and event.agent in answered:
            yield event, f"{event.agent} rules, though it was answered. {because(trace, event.seq)}"


def one_election_at_a_time(patience: float) -> Property:
    """BU-S4: nobody asks the same agent again before it has waited for the answer."""

    @safety("one election at a time")
    def judge(trace: Trace) -> Iterator[Objection]:
        asked: dict[tuple[str | None, str | None], float] = {}
        for event in sorted([*trace.select(CRASH), *trace.select(SEND, HANDLE, "Election", "Answer")]):
            pair = event.agent, event.peer
            if event.kind == CRASH:
                asked = {each: when for each, when in asked.items() if each[0] != event.agent}
            elif event.kind == HANDLE and event.name == "Answer":
                asked.pop(pair, None)
            elif event.kind == SEND and event.name == "Election":
                if event.time < asked.get(pair, -patience) + patience:
                    when = f"It had asked at {asked[pair]:.3f} s and was still waiting."
                    yield event, f"{sentence(trace, event.seq)} {when}"
                asked[pair] = event.time

    return judge


@safety("follows who told it")
def follows_who_told_it(trace: Trace) -> Iterator[Objection]:
    """BU-S5: an agent follows itself only as it coordinates, and another only once that one has told it."""
    told: dict[str | None, str | None] = {}  # by whom it was told last; itself if it coordinates
    heard = trace.select(STATE, HANDLE, "role", "coordinator", "Coordinator")
    for event in sorted([*trace.select(CRASH), *heard]):
        if event.kind == CRASH:
            told.pop(event.agent, None)
        elif event.kind == HANDLE:
            told[event.agent] = event.peer
        elif event.name == "role" and event.data == "coordinates":
            told[event.agent] = event.agent
        elif event.name == "coordinator" and event.data not in (None, told.get(event.agent)):
            yield event, f"{event.agent} follows {event.data}, who has not told it."


def settling_time(patience: float, heartbeat: float) -> float:
    """How many seconds agents may take to agree after a disturbance, if no message is lost.

    Two heartbeats to notice: one until a coordinator hears of a higher one, another until its followers
    find that it has stepped back.  A patience to doubt; two elections, each a patience to ask and three to
    be told, because the agent that was to tell may have crashed; half a patience for the news.
    """
    return 2 * heartbeat + 9.5 * patience


def properties(patience: float = 0.25, heartbeat: float = 1.0) -> tuple[Property, ...]:
    """All of them, for candidates with this patience and heartbeat (seconds)."""
    settle = settling_time(patience, heartbeat)
    return (
        one_coordinator(settle),
        highest_rules(settle),
        unanswered_rules,
        one_election_at_a_time(patience),
        follows_who_told_it,
        agreement(settle),
    )
