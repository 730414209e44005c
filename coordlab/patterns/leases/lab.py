"""The leases lab: how can there never be two leaders, not even for a moment in a partition?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from coordlab.labs import declaration as lab
from coordlab.patterns.leases import expected, pictures, theory
from coordlab.patterns.leases.agents import Member, Storage
from coordlab.patterns.leases.checks import properties
from coordlab.patterns.leases.lab_agents import Everlasting, OutOfOrder, Unfenced, faults, names
from coordlab.world.agent import Agent
from coordlab.world.dice import dice
from coordlab.world.world import World

VERSIONS = ("textbook", "no-drift", "no-lease", "no-fencing")
PARAMETERS = (
    lab.Parameter("members", 5, 1, 9, 1, help="how many members elect a leader among themselves"),
    lab.Parameter("up", 1.0, 0.5, 1.0, 0.05, label="chance to be up",
                  help="how likely each member is up; the others are out of order during the whole run"),
    replace(lab.SLOWEST, high=0.1),
    replace(lab.LOSS, high=0.3),
    lab.Parameter("apart", "all", choices=("all", "members", "nobody"), label="1 is cut off from",
                  help="what member 1 is cut off from, from 4 to 9 s: all others, the members but not the "
                  "storage, or nobody"),
    lab.Parameter("off", 0.0, 0.0, 0.6, 0.05, label="clocks are off by",
                  help="the share by which the clock of 1 is too slow and the other clocks are too fast, "
                  "from 2 to 9 s"),
    lab.Parameter("version", "textbook", choices=VERSIONS, group="Protocol",
                  help="no-drift allows for no drift, which shows when clocks are off; no-lease leads until "
                  "it hears of a later term; no-fencing keeps every write, which shows when one is late"),
    lab.Parameter("lease", 1.0, 0.5, 3.0, 0.1, unit="s", group="Protocol",
                  help="how long a follower is bound to its leader"),
    lab.Parameter("drift", 0.1, 0.0, 0.3, 0.05, label="drift allowed for", group="Protocol",
                  help="the share by which a clock may be off without harm",
                  not_with={"version": ("no-drift",)}),
    lab.Parameter("beats", 4, 2, 6, 1, label="beats in a lease", group="Protocol",
                  help="how often a leader renews its lease before the lease would end"),
    lab.Parameter("starts", 1, 0, "members", 1, label="candidates at once", group="Protocol",
                  help="how many members stand for election at once; the others stand only after a silence"),
)  # fmt: skip


def build(roles: Mapping[str, type[Agent]], seed: int, **given: Any) -> World:
    """The storage, and the members, of the learner's classes if given."""
    world = lab.network(given, seed)
    version, everybody, luck = given["version"], names(given), dice(seed, "up")
    world.add(lab.fitting(roles.get("storage", Unfenced if version == "no-fencing" else Storage)))
    kind = roles.get("member", Everlasting if version == "no-lease" else Member)
    how = {"lease": given["lease"], "drift": _allowed(given), "beat": given["lease"] / given["beats"]}
    for number, name in enumerate(everybody):
        if luck.random() < given["up"]:
            world.add(lab.fitting(kind, name, everybody, **how, starts=number < given["starts"]))
        else:
            world.add(OutOfOrder(name))
    return world


def _allowed(given: lab.Parameters) -> float:
    return 0.0 if given["version"] == "no-drift" else float(given["drift"])


SPEC = lab.LabSpec(
    name="leases",
    title="Terms and leases",
    question="What prevents two leaders at once, even while the network is parted?",
    parameters=PARAMETERS,
    build=build,
    properties=lambda given: properties(given["members"], given["lease"], given["lease"] / given["beats"]),
    measures=(
        lab.Measure("two lead at once, s", lambda trace: pictures.led(trace, 2), expected.two_at_once),
        lab.Measure("messages of the first election", pictures.first_election, expected.messages),
        lab.Measure("somebody leads (1 or 0)", lambda trace: int(pictures.led(trace, 1) > 0),
                    expected.somebody),
        lab.Measure("nobody leads, s", lambda trace: round(trace.until - pictures.led(trace, 1), 3)),
        lab.Measure("writes kept", lambda trace: trace.count("Stored")),
        lab.Measure("writes refused", lambda trace: trace.count("Fenced")),
    ),
    until=expected.UNTIL,
    limits=lambda given: lab.Limits(f"{lab.STORMY} skew", drift=float(given["drift"]), over=9.0),
    faults=faults,
    lanes=lambda given: (*names(given), "storage"),
    focus=lambda given: (3.5 if given["starts"] < 2 else 0.0, 4.5 + 2.5 * given["lease"]),
    figures=(
        lab.Figure("For how long do two lead, if clocks are wrong?", x="off",
                   values=(0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6), measure="two lead at once, s",
                   theory={"textbook": lab.Curve(expected.within, "most"),
                           "no-drift": lab.Curve(expected.without, "most")},
                   series={each: {"version": each} for each in ("textbook", "no-drift")},
                   settings={"members": 9, "slowest": 0.01, "until": 9.0}),  # some stand soon
        lab.Figure("Does one more member help, if each is up with probability 0.7?", x="members",
                   values=(1, 2, 3, 4, 5, 6, 7), measure="somebody leads (1 or 0)",
                   theory={"most are up": lab.Curve(
                       lambda given, size: theory.availability(int(size), given["up"]))},
                   replications=60, settings={"up": 0.7, "apart": "nobody", "loss": 0.0, "beats": 2}),
    ),
    roles=(lab.Role("member", Member), lab.Role("storage", Storage)),
    views=(
        lab.View("leases", "Who leads, and which member is bound to whom until when.", pictures.leases),
        lab.View("terms", "The term, the vote and the role of each member, and what became of its writes.",
                 pictures.terms),
    ),
    schedules=(
        lab.Schedule("A leader without a lease", "Look at 1 after 4 s: nobody tells it that the others have "
                     "elected another.", {"version": "no-lease"}),
        lab.Schedule("A write that comes late", "Look for the write that comes after 6 s: its token is "
                     "older than that of the next leader.", {},
                     ("crash 1 @4..9", "delay 1>storage #14 3")),
        lab.Schedule("Clocks that nobody allows for", "Look at who leads before 5 s: the clock of 1 is "
                     "slow, and the others are fast.",
                     {"version": "no-drift", "off": 0.3, "drift": 0.3}),
    ),
    offers=lambda given: (
        lab.Offer("a member's clock runs at half the speed",
                  "skew {agent} x0.5 @{at}..{until}", names(given), 5.0),
        lab.Offer("the storage is cut off", f"partition storage/{','.join(names(given))} @{{at}}..{{until}}"),
    ),
    tones=pictures.TONES,
    page="coordlab.patterns.leases.agents",
    chapter="08_split_brain",
)  # fmt: skip
