"""The contract net lab: can every award be best and the whole be bad?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from coordlab.labs import declaration as lab
from coordlab.patterns.contract_net import theory
from coordlab.patterns.contract_net.agents import Manager
from coordlab.patterns.contract_net.checks import properties
from coordlab.patterns.contract_net.contractor import CallForProposals, Contractor
from coordlab.patterns.contract_net.pictures import (
    awards_of,
    bids,
    broken,
    contractors,
    cost,
    done,
    prices_of,
    promises,
    served,
    tasks_called,
)
from coordlab.patterns.contract_net.rules import (
    LATE,
    OUTBID,
    Bid,
    Bids,
    Commitments,
    Policy,
    Scoring,
    Task,
    Weighted,
    by_priority,
    planned,
)
from coordlab.trace.trace import DROP, FAULT, SEND, Trace
from coordlab.world.agent import Agent, State
from coordlab.world.dice import dice
from coordlab.world.world import World

VERSIONS = ("textbook", "eager", "first-come", "silent", "planned")
SCORINGS: dict[str, Scoring] = {
    "cheapest": Weighted(1.0),
    "fastest": Weighted(0.0, 1.0),
    "by-priority": by_priority,
}
CALLS = ("by-chance", "alike", "one-by-one")
_PRIORITY = "the scoring does not look at it"
PARAMETERS = (
    lab.Parameter("tasks", 4, 1, 12, 1, help="how many are called for"),
    lab.Parameter("contractors", 5, 1, 12, 1, help="each asks a price of its own for each task"),
    lab.Parameter("calls", "by-chance", choices=CALLS,
                  help="all at once, each contractor hears them in another order; all at once, and all hear "
                  "the same one first; or one manager calls them one by one"),
    lab.Parameter("slowest", 0.05, 0.01, 0.5, 0.01, unit="s", label="slowest message",
                  help="messages take from half of this to this; this, if all hear alike"),
    lab.Parameter("loss", 0.0, 0.0, 0.5, 0.01, label="messages lost", help="the share lost on the way"),
    lab.Parameter("version", "textbook", choices=VERSIONS, group="Protocol",
                  help="contractors promise more than they have room for; the first proposal wins; losers "
                  "hear nothing; or one who knows all prices plans it all"),
    lab.Parameter("deadline", 0.3, 0.1, 2.0, 0.1, unit="s", group="Protocol", help="for proposals"),
    lab.Parameter("scoring", "cheapest", presets=SCORINGS, group="Protocol", help="which proposal is best"),
    lab.Parameter("priority", 0.5, 0.0, 1.0, 0.1, group="Protocol", help="1: time counts most; 0: cost",
                  unused=lambda given: _PRIORITY if given["scoring"] != "by-priority" else ""),
    lab.Parameter("attempts", 6, 1, 10, 1, group="Protocol", help="how often a task is announced at most"),
    lab.Parameter("capacity", 1, 1, 3, 1, group="Contractors", help="how many tasks each takes at a time"),
    lab.Parameter("work", 4.0, 0.5, 6.0, 0.5, unit="s", group="Contractors",
                  help="a task takes from 0.7 to 1.3 times this, depending on who does it"),
    lab.Parameter("failing", 0.0, 0.0, 1.0, 0.1, group="Contractors", help="how often work fails"),
)  # fmt: skip


class Digger(Contractor):
    """Asks a price of its own for each task.

    terms: the price of each task by its name; in its state, so that the trace knows them.
    seconds: how long it works on a task.
    room: what it has promised; default: `Commitments` of its capacity.
    """

    terms = State[tuple[tuple[str, float], ...]](())

    def __init__(self, name: str, terms: Mapping[str, float], seconds: float = 1.0, **settings: Any) -> None:
        super().__init__(name, Bid(1.0, seconds), **settings)
        self.terms = tuple(terms.items())

    def bid_for(self, call: CallForProposals) -> Bid:
        """The price of the task, and the time."""
        return replace(self.bid, cost=dict(self.terms).get(call.task.name, self.bid.cost))


class Unkept(Commitments):
    """Keeps no room for what was proposed."""

    def hold(self, conversation: str, until: float) -> None: ...


class Eager(Digger):
    """A first try: it proposes whenever it does not work, as often as it is called."""

    def __init__(self, *given: Any, **settings: Any) -> None:
        super().__init__(*given, **settings)
        self.commitments = Unkept(self.capacity)


class Silent(Manager):
    """A first try: it tells the winner, and nobody else."""

    def reject(self, conversation: str, contractors: Iterable[str], reason: str = OUTBID) -> None: ...


def _first_come(task: Task, bids: Bids) -> dict[str, float]:
    return {name: 1 - place / len(bids) for place, name in enumerate(bids)}


def _managers(given: lab.Parameters) -> tuple[str, ...]:
    """One that calls for all tasks one by one, or one for each task."""
    alone = given["calls"] == "one-by-one" and given["version"] != "planned"
    return tuple(f"m{number}" for number in range(1, 2 if alone else given["tasks"] + 1))


def _prices(seed: int, tasks: int, contractors: int) -> dict[str, dict[str, float]]:
    """What each contractor asks for each task: exponential with mean 1, whatever the others ask."""
    drawn = {f"c{number}": dice(seed, "prices", f"c{number}") for number in range(1, contractors + 1)}
    return {
        who: {f"t{task}": round(draw.expovariate(1.0), 2) for task in range(1, tasks + 1)}
        for who, draw in drawn.items()
    }


def _policy(given: lab.Parameters) -> Policy:
    return Policy(SCORINGS[given["scoring"]], given["deadline"], attempts=given["attempts"])


def build(roles: Mapping[str, type[Agent]], seed: int, **given: Any) -> World:
    """Managers with their tasks, and contractors, of the learner's classes if given."""
    version, slowest = given["version"], given["slowest"]
    latency = f"constant({slowest})" if given["calls"] == "alike" else f"uniform({slowest / 2},{slowest})"
    world = World(seed, latency, loss=given["loss"], budget=lab.BUDGET)
    prices = _prices(seed, given["tasks"], given["contractors"])
    plan = planned(prices, given["capacity"]) if version == "planned" else {}
    policy = replace(_policy(given), scoring=_first_come) if version == "first-come" else _policy(given)
    urgency = {"priority": given["priority"], "within": 2 * given["work"]}
    tasks = [Task(f"t{number}", **urgency) for number in range(1, given["tasks"] + 1)]
    names = _managers(given)
    kind: type[Agent] = roles.get("manager", Silent if version == "silent" else Manager)
    for name, own in zip(names, [tasks] if len(names) == 1 else [[task] for task in tasks], strict=True):
        how = {"policy": policy, "interval": policy.bidding, "directed": plan.get(own[0].name)}
        world.add(lab.fitting(kind, name, own, tuple(prices), **how))
    kind = roles.get("contractor", Eager if version == "eager" else Digger)
    for who, terms in prices.items():
        seconds = round(given["work"] * dice(seed, "speed", who).uniform(0.7, 1.3), 1)
        how = {"seconds": seconds, "capacity": given["capacity"], "fails": given["failing"]}
        world.add(lab.fitting(kind, who, terms, **how))
    return world


def _served(given: lab.Parameters, trace: Trace) -> lab.Theory | None:
    if given["version"] in ("planned", "eager", "silent"):
        return None
    most = min(given["tasks"], given["contractors"] * given["capacity"])
    least = min(given["capacity"], given["tasks"])
    unless = lab.why_not({**_disturbed(trace), "the deadline is too short": not _in_time(given),
                          "a contractor is free again before the last call": not _busy(given)})  # fmt: skip
    bounds = {"by-chance": (least, most), "alike": (least, least), "one-by-one": (most, most)}
    low, high = bounds[given["calls"]]
    return lab.Theory(low, unless=unless) if low == high else lab.Theory((low, high), "within", unless)


def _cost(given: lab.Parameters, trace: Trace) -> lab.Theory:
    terms, awards = prices_of(trace), awards_of(trace)
    load = max(Counter(awards.values()).values(), default=0)
    best = planned(terms, given["capacity"]) if terms else {}
    reasons = {
        "a class of yours names no prices": len(terms) < given["contractors"],
        "not every task is awarded": len(awards) < given["tasks"],
        "one contractor does more tasks than it has room for, one after the other": load > given["capacity"],
    }
    least = round(sum(terms[who][task] for task, who in best.items()), 2)
    return lab.Theory(least, "equal" if given["version"] == "planned" else "least", lab.why_not(reasons))


def _broken(given: lab.Parameters, trace: Trace) -> lab.Theory | None:
    unless = lab.why_not({**_disturbed(trace), "the deadline is too short": not _in_time(given)})
    return lab.Theory(0, unless=unless) if given["version"] in ("textbook", "first-come") else None


def _messages(given: lab.Parameters, trace: Trace) -> lab.Theory:
    invited, bid = (Counter(e.data.conversation for e in trace.select(each, kind=SEND))
                    for each in ("CallForProposals", "Propose"))  # fmt: skip
    called = sum(theory.messages(invited[each], bid[each]) for each in invited)
    directed = sum(each not in invited for each in tasks_called(trace)) * theory.messages(0, 0, directed=True)
    late = trace.count("Cancel") or any(e.data.reason == LATE for e in trace.select("RejectProposal"))
    over = trace.count("Outcome", kind="decision") == given["tasks"]
    last = max((event.time for event in trace.select(kind=SEND)), default=0.0) + given["slowest"]
    reasons = {"a proposal or a report is late": late,
               "the run ends before all is over": not over or last > trace.until}  # fmt: skip
    says = "most" if given["version"] == "silent" else "equal"
    return lab.Theory(called + directed, says, lab.why_not({**_disturbed(trace), **reasons}))


def _disturbed(trace: Trace) -> dict[str, object]:
    return {"a fault strikes": trace.select(kind=FAULT), "a message is lost": trace.select(kind=DROP)}


def _in_time(given: lab.Parameters) -> bool:
    return bool(given["deadline"] > 2 * given["slowest"])


def _busy(given: lab.Parameters) -> bool:
    """Whether the first work is done after the last call."""
    calling = given["tasks"] * given["deadline"] if given["calls"] == "one-by-one" else 4 * given["slowest"]
    return bool(0.7 * given["work"] > calling)


def _curve(calls: str) -> lab.Curve:
    of: Callable[[lab.Parameters, float], float] = {
        "by-chance": lambda given, n: theory.expected_served(int(n), given["contractors"], given["capacity"]),
        "alike": lambda given, n: min(given["capacity"], int(n)),
        "one-by-one": lambda given, n: min(int(n), given["contractors"] * given["capacity"]),
    }[calls]
    return lab.Curve(of, applies=lambda given: given["calls"] == calls and _first_calls(given))


def _first_calls(given: lab.Parameters) -> bool:
    """Whether theory says how many tasks the first calls serve."""
    return given["version"] in ("textbook", "first-come") and not given["loss"] and _in_time(given)


def _exponential(version: str, of: Callable[[int, int], float]) -> lab.Curve:
    return lab.Curve(
        lambda given, n: of(int(n), given["contractors"]), applies=lambda given: given["version"] == version
    )


_PROMISES = {"bound": "between", "working": "active"}
_RELIABLE: dict[str, float] = {"loss": 0.0, "slowest": 0.05, "deadline": 0.3, "failing": 0.0, "work": 6.0}
_EACH_ONE: dict[str, Any] = {"contractors": 10, "capacity": 1, "scoring": "cheapest", "calls": "one-by-one"}
SPEC = lab.LabSpec(
    name="contract_net",
    title="Contract net",
    question="Can every award be best and the whole be bad?",
    parameters=PARAMETERS,
    build=build,
    roles=(lab.Role("manager", Manager), lab.Role("contractor", Digger)),
    properties=lambda given: properties(_policy(given)),
    measures=(
        lab.Measure("served at the first call", served, _served),
        lab.Measure("cost of the awards", cost, _cost),
        lab.Measure("promises broken", broken, _broken),
        lab.Measure("tasks done", lambda trace: len(done(trace))),
        lab.Measure("last one done at, s", lambda trace: max(done(trace), default=None)),
        lab.Measure("messages in all", lambda trace: trace.count("send"), _messages),
        lab.Measure("messages lost", lambda trace: sum(e.data != "down" for e in trace.select(kind=DROP))),
    ),
    until=12.0,
    lanes=lambda given: (*_managers(given), *contractors(given)),
    focus=lambda given: (0.0, 2.0),
    views=(
        lab.View("bids", "Who asks what for which task, and who gets it; * is cheapest as a whole.", bids),
        lab.View("promises", "What each contractor is bound to by a proposal, and works on.", promises),
    ),
    figures=(
        lab.Figure(
            "How many tasks are served if all are called at once?",
            x="tasks",
            values=(1, 3, 4, 6, 8, 10, 12),
            measure="served at the first call",
            theory={each: _curve(each) for each in CALLS},
            series={each: {"calls": each} for each in CALLS},
            settings=_RELIABLE,
            replications=20,
        ),
        lab.Figure(
            "What does it cost to award one by one, as fewer contractors are left?",
            x="tasks",
            values=(1, 2, 4, 6, 8, 9, 10),
            measure="cost of the awards",
            theory={
                "textbook": _exponential("textbook", theory.awarded_cost),
                "planned": _exponential("planned", theory.least_cost),
            },
            series={each: {"version": each} for each in ("textbook", "planned")},
            settings=_RELIABLE | _EACH_ONE,
            replications=40,
        ),
    ),
    schedules=(
        lab.Schedule("All want the same", "Look at the first calls: six contractors are free, and one "
                     "task is served.", {"calls": "alike", "tasks": 6, "contractors": 6}),
        lab.Schedule("Every award is best", "Look at the fourth: the best offer left is 2.06. All cost 3.64, "
                     "those with a star 0.8.",
                     {"calls": "one-by-one", "tasks": 5, "contractors": 5, "seed": 40}),
        lab.Schedule("Eager contractors", "Look at c2: it promises more than it can do, wins three tasks at "
                     "once, and turns two of them down.", {"version": "eager", "seed": 11}),
    ),
    offers=lambda given: (
        lab.Offer("a contractor crashes at work, and comes back", "crash {agent} @{at}..{until}",
                  contractors(given)),
        lab.Offer("a contractor proposes after the deadline",
                  f"slow {{agent}} {given['deadline']:g} @{{at}}..{{until}}", contractors(given), 1.0),
        lab.Offer("its reports to m1 are lost", "cut {agent}>m1 @{at}..{until}", contractors(given), 6.0),
        lab.Offer("a manager crashes, and comes back", "crash {agent} @{at}..{until}", _managers(given), 1.0),
    ),
    tones={"idle": "idle", "calling": "between", "awaiting": "normal"} | _PROMISES,
    page="coordlab.patterns.contract_net",
    chapter="03_contract_net",
)  # fmt: skip
