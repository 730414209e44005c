"""Traces for tests of the player: bully elections of any length and size."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace
from typing import Any

from coordlab import World
from coordlab.patterns.bully import Candidate
from coordlab.trace.narration import TEMPLATES
from coordlab.trace.trace import MICRO, Trace
from coordlab.widgets.encoding import Branch, first_difference, pack

HOSTILE = "</script><img src=x onerror=alert(1)><!--"


@cache
def election(
    agents: int = 5, until: float = 20, seed: int = 11, crash: bool = True, parted: bool = True
) -> Trace:
    """An election with a crash at 3 s, a restart at 9 s, a partition from 12 to 15 s, and losses."""
    world = World(seed, latency="uniform(0.01,0.05)", loss=0.04)
    world.add(Candidate(rank, patience=0.25, heartbeat=1.0) for rank in range(1, agents + 1))
    faults = [f"crash {agents} @3..9"] * crash + ["partition 1,2 @12..15"] * (parted and agents > 2)
    return world.inject(*faults).run(until).trace


def long_election(events: int) -> Trace:
    """The first `events` events of a long election among twelve agents."""
    trace = election(agents=12, until=events / 60)
    rows = trace.rows[:events]
    assert len(rows) == events
    return Trace(rows, trace.agents, trace.says, rows[-1][0] / MICRO)


def verdicts(trace: Trace) -> list[SimpleNamespace]:
    """Verdicts of each status, one of them with an event."""
    broken = next((event for event in trace if event.kind == "state" and event.time > 12), trace[0])
    why = f"{broken.agent} and another both coordinate: neither hears the other across the partition."
    rows = (
        ("one coordinator at a time", "violated", broken.time, broken.seq, why),
        ("highest alive rules", "holds", None, None, "held throughout"),
        ("agreement within 1.5 s", "holds", 3.8, None, "agreed after 0.73 s"),
        ("all follow the same", "undecided", None, None, "the run ended first"),
    )
    fields = ("name", "status", "at", "event", "because")
    return [SimpleNamespace(**dict(zip(fields, row, strict=True))) for row in rows]


def branch(
    trace: Trace,
    name: str = "run",
    parent: int | None = None,
    divergence: dict[str, Any] | None = None,
    **about: Any,
) -> Branch:
    """`trace` as a branch with title, line, verdicts and measures."""
    words = {
        "title": "Bully election",
        "question": "Who leads when the leader falls silent, and what does it cost?",
        "line": "bully agents=5 loss=4% seed=11 | crash 5 @3..9",
        "verdicts": verdicts(trace) if len(trace) else [],
        "measures": [
            {"label": "messages", "value": "19", "theory": "≤ 27", "judged": "agrees"},
            {"label": "silence until agreement, s", "value": "0.73", "theory": "", "judged": ""},
        ],
        "templates": TEMPLATES,
        "lanes": tuple(reversed(trace.agents)),
        "focus": (0.0, 2.5),
        **about,
    }
    return Branch(pack(trace, **words), name, parent, divergence)


def hostile() -> Branch:
    """A branch of which every text is a piece of a page."""
    rows: list[Any] = [
        (0, "start", HOSTILE, None, None, HOSTILE, None, (("role", HOSTILE),)),
        (1, "note", HOSTILE, None, None, None, 0, HOSTILE),
    ]
    return branch(Trace(rows, (HOSTILE,), {HOSTILE: HOSTILE}, 2.0), HOSTILE, title=HOSTILE, verdicts=())


def family() -> list[Branch]:
    """The run without faults, and its branch with them."""
    calm, struck = election(crash=False, parted=False), election()
    return [
        branch(calm, "recorded run", line="bully agents=5 loss=4% seed=11"),
        branch(struck, "crash 5 at 3 s, back at 9 s", parent=0, divergence=first_difference(struck, calm)),
    ]
