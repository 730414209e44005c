"""The on-call rota: somebody is on call, and never two for long.

Engineers agree on who is on call, by the bully election, or by terms and leases.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from coordlab.labs import declaration as lab
from coordlab.patterns.bully import Candidate
from coordlab.patterns.leases import Member, Storage
from coordlab.properties import HOLDS, UNDECIDED, VIOLATED, Moment, Property, Verdict, moments
from coordlab.trace.narration import explained
from coordlab.trace.trace import SEND, Trace
from coordlab.world.agent import Agent
from coordlab.world.world import World

UNTIL, CALM = 16.0, 9.0  # seconds: the end of a run, and when faults are over
HANDOVER, GAP = 1.0, 5.0  # seconds for which two may be on call, and nobody
PATTERNS = ("bully", "leases")


def on_call(now: Moment) -> list[str]:
    """The engineers that believe they are on call."""
    return [*now.where("role", "coordinates"), *now.where("role", "leads")]


def for_at_most(name: str, seconds: float, wrong: Callable[[Moment], str]) -> Property:
    """What is wrong, which `wrong` says in words ("": nothing), never lasts longer than this."""

    def judge(trace: Trace) -> Verdict:
        began: tuple[float, int | None, str] | None = None
        for now in moments(trace):
            if began and now.time > began[0] + seconds + 1e-9:
                since, seq, words = began
                why = f" It began {explained(trace, seq)}" if seq is not None else ""
                told = f"from {since:.3f} s on {words}, for longer than {seconds:g} s.{why}"
                return Verdict(name, VIOLATED, since + seconds, seq, told)
            words = wrong(now)
            if not words:
                began = None
            elif began is None:
                began = (now.time, now.seq, words)
        return Verdict(name, HOLDS if len(trace) else UNDECIDED)

    return Property(name, judge)


def _two(now: Moment) -> str:
    some = on_call(now)
    return f"{' and '.join(some)} are on call" if len(some) > 1 else ""


def _nobody(now: Moment) -> str:
    return "" if on_call(now) else "nobody is on call"


PARAMETERS = (
    lab.Parameter("pattern", "bully", choices=PATTERNS, group="Design",
                  help="bully: the highest that is up; leases: whom a majority follows, for a lease"),
    lab.Parameter("patience", 0.25, 0.1, 1.0, 0.05, unit="s", group="Design",
                  help="how long an engineer waits for an answer",
                  only_with={"pattern": ("bully",)}),
    lab.Parameter("lease", 1.0, 0.5, 3.0, 0.1, unit="s", group="Design",
                  help="how long an engineer is bound to the one on call",
                  only_with={"pattern": ("leases",)}),
    lab.Parameter("engineers", 5, 2, 9, 1, group="World", help="how many engineers there are"),
    lab.Parameter("down", 0, 0, "engineers", 1, group="World", label="engineers ill",
                  help="how many of them, the last ones, are ill for the whole run"),
)  # fmt: skip


def engineers(given: lab.Parameters) -> tuple[str, ...]:
    """The names of the engineers."""
    return lab.numbered("", given["engineers"])


def build(roles: Mapping[str, type[Agent]], seed: int, **given: Any) -> World:
    """The engineers, of the learner's class if given; leases need a storage as well."""
    world, names = World(seed, "uniform(0.01,0.05)", budget=lab.BUDGET), engineers(given)
    if given["pattern"] == "bully":
        kind = roles.get("candidate", Candidate)
        return world.add(lab.fitting(kind, int(name), patience=given["patience"]) for name in names)
    kind, lease = roles.get("member", Member), given["lease"]
    world.add(Storage("pager"))
    return world.add(
        lab.fitting(kind, name, names, lease=lease, beat=lease / 4, storage="pager") for name in names
    )


def _ill(given: lab.Parameters) -> tuple[str, ...]:
    """The last engineers are down."""
    return tuple(f"crash {name}" for name in engineers(given)[given["engineers"] - given["down"] :])


def _seconds(trace: Trace, wrong: Callable[[Moment], str]) -> float:
    """For how many seconds something is wrong."""
    total, before, was = 0.0, 0.0, ""
    for now in moments(trace):
        total += now.time - before if was else 0.0
        before, was = now.time, wrong(now)
    return round(total, 3)


SPEC = lab.LabSpec(
    name="rota",
    title="The on-call rota",
    question="Which design always has one engineer on call, and never two?",
    parameters=PARAMETERS,
    build=build,
    roles=(lab.Role("candidate", Candidate), lab.Role("member", Member)),
    properties=lambda given: (
        for_at_most(f"two are on call for {HANDOVER:g} s at most", HANDOVER, _two),
        for_at_most(f"nobody is on call for {GAP:g} s at most", GAP, _nobody),
    ),
    measures=(
        lab.Measure("two on call, s", lambda trace: _seconds(trace, _two)),
        lab.Measure("nobody on call, s", lambda trace: _seconds(trace, _nobody)),
        lab.Measure("messages", lambda trace: trace.count(kind=SEND)),
    ),
    until=UNTIL,
    faults=_ill,
    limits=lambda given: lab.Limits(
        "crash partition cut slow", slow=0.5, over=CALM,
        spared=("pager",) if given["pattern"] == "leases" else (),
    ),
    focus=lambda given: (3.0, 9.0),
    schedules=(
        lab.Schedule("Two rooms", "Look at 4 to 8 s: who believes it is on call in each part? "
                     "Then choose leases.", {}, ("partition 1,2/3,4,5 @4..8",)),
        lab.Schedule("Most are ill", "Look at the whole night: who is on call? Then choose bully.",
                     {"pattern": "leases", "down": 3}),
        lab.Schedule("One deaf engineer", "Look at 2 from 7 s on: whom does it hear, and what does it make "
                     "of the silence?", {}, ("cut 3>2 @7..9", "cut 4>2 @7..9", "cut 5>2 @7..9")),
    ),
    offers=lambda given: (
        lab.Offer("an engineer loses the network", "partition {agent} @{at}..{until}", engineers(given), 4.0),
        lab.Offer("an engineer's messages come late", "slow {agent} 0.5 @{at}..{until}", engineers(given)),
    ),
    tones={"follows": "normal", "electing": "between", "stands": "between", "coordinates": "active"}
    | {"leads": "active"},
    chapter="16_capstone",
)  # fmt: skip
