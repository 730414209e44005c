"""The delivery fleet: each parcel comes to its door, and no parcel comes twice.

A depot gives parcels to vans, by a fixed plan or by contract net.  A van drives to the door, and the door
takes what it is given, or remembers what it has.  The depot and the door do not crash.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from coordlab.labs import declaration as lab
from coordlab.patterns.contract_net import Contractor, Manager, theory
from coordlab.patterns.contract_net.contractor import Failure, InformDone, Report
from coordlab.patterns.contract_net.rules import DEFAULT, Bid, Outcome, Policy, Task, cheapest
from coordlab.properties import HOLDS, UNDECIDED, VIOLATED, Objection, Property, Verdict, safety
from coordlab.trace.narration import explained, sentence, unfinished
from coordlab.trace.trace import CRASH, SEND, Trace
from coordlab.world.agent import Agent, State
from coordlab.world.dice import dice
from coordlab.world.message import message
from coordlab.world.world import World

LIMIT, CALM = 12.0, 9.0  # seconds: for the last parcel from its order on, and when faults are over
DRIVE, PATIENCE, EVERY = 2.0, 0.5, 1.5  # seconds: to a door, for an answer, between two parcels
PLANS, DOORS = ("fixed", "auction"), ("forgets", "remembers")


@message
class Deliver:
    """Here is a parcel for you."""

    parcel: str


@message
class Taken:
    """I have taken it."""

    parcel: str


@message
class Had:
    """I have had it before, and send it back."""

    parcel: str


class Door(Agent):
    """Takes parcels; one that remembers takes each once."""

    role = State("open")
    parcels = State[tuple[str, ...]](())

    def __init__(self, name: str = "door", remembers: bool = False) -> None:
        super().__init__(name)
        self.remembers = remembers

    def on_deliver(self, sender: str, message: Deliver) -> Taken | Had:
        """Take a parcel, or send it back."""
        if self.remembers and message.parcel in self.parcels:
            return Had(message.parcel)
        self.parcels = (*self.parcels, message.parcel)
        return Taken(message.parcel)


class Van(Contractor):
    """Drives a parcel to the door, and reports whether the door answered."""

    async def perform(self, conversation: str, task: Task) -> Report:
        """The work on one parcel."""
        await self.sleep(self.bid.seconds)
        answer = await self.ask("door", Deliver(task.name), within=PATIENCE)
        return InformDone(conversation) if answer else Failure(conversation, "the door did not answer")


class Planner(Manager):
    """Gives each parcel to the van that a fixed plan names, and does not ask who is there."""

    def __init__(
        self,
        name: str,
        tasks: tuple[Task, ...],
        contractors: tuple[str, ...],
        policy: Policy = DEFAULT,
        interval: float = 0.0,
    ) -> None:
        super().__init__(name, tasks, contractors, policy, interval)
        vans = self.contractors
        self.plan = {task.name: vans[place % len(vans)] for place, task in enumerate(self.tasks)}

    async def attempt(self, task: Task) -> Outcome:
        """One award, to the van of the plan."""
        calls = self.stable["calls"] = self.stable.get("calls", 0) + 1
        return await self.award(f"{self.name}-{calls}", task, self.plan[task.name], task.within)


@safety("no parcel comes twice")
def none_twice(trace: Trace) -> Iterator[Objection]:
    """A door takes each parcel once at most."""
    taken: set[str] = set()
    for event in trace.select("Taken", kind=SEND):
        parcel = event.content.parcel
        if parcel in taken:
            yield event, f"{event.agent} takes {parcel} a second time, {explained(trace, event.seq)}"
        taken.add(parcel)


def all_delivered(parcels: tuple[str, ...]) -> Property:
    """Each parcel has come to the door when the time for the last one is over."""
    name, due = "each parcel comes in time", EVERY * (len(parcels) - 1) + LIMIT

    def judge(trace: Trace) -> Verdict:
        taken = {event.content.parcel for event in trace.select("Taken", kind=SEND, before=due)}
        missing = next((each for each in parcels if each not in taken), None)
        if missing is None:
            return Verdict(name, HOLDS)
        if trace.until < due:
            return Verdict(name, UNDECIDED, because=f"{missing} is on its way when the run ends")
        seq, why = _why(trace, missing, due)
        return Verdict(name, VIOLATED, due, seq, f"{missing} has not come. {why}")

    return Property(name, judge)


def _why(trace: Trace, parcel: str, due: float) -> tuple[int | None, str]:
    """The last award of a parcel, and what became of it in words."""
    awards = trace.select("AcceptProposal", kind=SEND, before=due)
    last = next((event for event in reversed(awards) if event.content.task.name == parcel), None)
    if last is None:
        return None, "No van was ever told to bring it."
    crashes = trace.select(CRASH, agent=last.peer, since=last.time, before=last.time + DRIVE + PATIENCE)
    told = [f"At {event.time:.3f} s: {sentence(trace, event.seq)}" for event in crashes[:1]]
    return last.seq, " ".join([f"At {last.time:.3f} s: {unfinished(trace, last.seq, due)}", *told])


PARAMETERS = (
    lab.Parameter("plan", "fixed", choices=PLANS, group="Design",
                  help="fixed: each parcel has its van; auction: contract net, each parcel goes to the van "
                  "with the best bid, and to another one if that fails"),
    lab.Parameter("attempts", 1, 1, 8, 1, group="Design",
                  help="how often the depot tries to have a parcel delivered"),
    lab.Parameter("door", "forgets", choices=DOORS, group="Design",
                  help="forgets: the door takes anything; remembers: it sends back what it already has"),
    lab.Parameter("bids", 0.2, 0.2, 3.0, 0.1, unit="s", label="wait for bids", group="Design",
                  help="how long the depot waits for bids, if not all have answered before",
                  only_with={"plan": ("auction",)}),
    lab.Parameter("vans", 5, 2, 8, 1, group="World", help="how many vans there are"),
    lab.Parameter("parcels", 5, 1, 10, 1, group="World", help="how many parcels there are"),
    lab.LOSS,
)  # fmt: skip


def vans(given: lab.Parameters) -> tuple[str, ...]:
    """The names of the vans."""
    return lab.numbered("v", given["vans"])


def parcels(given: lab.Parameters) -> tuple[str, ...]:
    """The names of the parcels."""
    return lab.numbered("p", given["parcels"])


def build(roles: Mapping[str, type[Agent]], seed: int, **given: Any) -> World:
    """A depot, vans, of the learner's class if given, and a door."""
    world = World(seed, "uniform(0.01,0.05)", loss=given["loss"], budget=lab.BUDGET)
    policy = Policy(cheapest, bidding=given["bids"], patience=2 * PATIENCE, attempts=given["attempts"])
    tasks = tuple(Task(each, within=DRIVE) for each in parcels(given))
    kind = roles.get("depot", Planner if given["plan"] == "fixed" else Manager)
    world.add(lab.fitting(kind, "depot", tasks, vans(given), policy=policy, interval=EVERY))
    for name in vans(given):
        cost = round(dice(seed, "distance", name).uniform(1.0, 2.0), 2)
        world.add(lab.fitting(roles.get("van", Van), name, Bid(cost, DRIVE), capacity=given["parcels"]))
    return world.add(Door(remembers=given["door"] == "remembers"))


def _taken(trace: Trace) -> list[str]:
    """The parcels that the door took, in order."""
    return [event.content.parcel for event in trace.select("Taken", kind=SEND)]


def _messages(given: lab.Parameters, trace: Trace) -> lab.Theory:
    """Award, delivery, receipt and report of each parcel; in an auction calls, bids and refusals besides."""
    auction = theory.messages(given["vans"], given["vans"]) - 2
    each = 4 if given["plan"] == "fixed" else 4 + auction
    return lab.Theory(each * given["parcels"], unless=lab.why_not(lab.disturbed(trace)))


def _parcels(given: lab.Parameters, trace: Trace) -> lab.Table:
    """To which van each parcel was given last, how often that was, and how often it came to the door."""
    given_out, came, cells = Counter[str](), Counter[str](), list[lab.Cell]()
    for event in trace.select("AcceptProposal", "Taken", kind=SEND):
        if event.name == "Taken":
            parcel = event.content.parcel
            came[parcel] += 1
            told, tone = ("once", "normal") if came[parcel] == 1 else (f"{came[parcel]} times", "failed")
            cells.append(lab.Cell(event.seq, parcel, "at the door", told, tone))
        else:
            parcel = event.content.task.name
            given_out[parcel] += 1
            cells.append(lab.Cell(event.seq, parcel, "given to", str(event.peer), "active"))
            cells.append(lab.Cell(event.seq, parcel, "attempts", str(given_out[parcel])))
    return lab.Table(parcels(given), ("attempts", "given to", "at the door"), tuple(cells), "parcel")


SPEC = lab.LabSpec(
    name="fleet",
    title="The delivery fleet",
    question="Which design brings each parcel, and none twice?",
    parameters=PARAMETERS,
    build=build,
    roles=(lab.Role("depot", Manager), lab.Role("van", Van)),
    properties=lambda given: (none_twice, all_delivered(parcels(given))),
    measures=(
        lab.Measure("parcels delivered", lambda trace: len({*_taken(trace)})),
        lab.Measure("brought again", lambda trace: len(_taken(trace)) - len({*_taken(trace)})),
        lab.Measure("messages", lambda trace: trace.count(kind=SEND), _messages),
    ),
    until=lambda given: EVERY * (given["parcels"] - 1) + LIMIT + 2.0,
    limits=lambda given: lab.Limits(
        "crash partition cut slow", slow=3.0, over=CALM, spared=("depot", "door")
    ),
    lanes=lambda given: ("depot", *vans(given), "door"),
    focus=lambda given: (0.0, 4.0),
    views=(lab.View("parcels", "Which van each parcel was given to, and how often it came.", _parcels),),
    schedules=(
        lab.Schedule(
            "A report is lost",
            "Look at p1: how often does it come? Then let the door remember.",
            {"attempts": 2},
            ("cut v1>depot @2..3",),
        ),
        lab.Schedule(
            "A van is gone",
            "Look at p3: how often does the depot send a van that is not there? Then choose an auction.",
            {"attempts": 6},
            ("crash v3 @1",),
        ),
        lab.Schedule(
            "Late bids",
            "Look at the first call: when do the bids come, and when is it over? Then wait longer for bids.",
            {"plan": "auction", "attempts": 6, "door": "remembers"},
            ("slow depot 1 @..9",),
        ),
    ),
    offers=lambda given: (
        lab.Offer("a van breaks down and comes back", "crash {agent} @{at}..{until}", vans(given), 4.0),
        lab.Offer("a van's answers are lost", "cut {agent}>depot @{at}..{until}", vans(given), 4.0),
        lab.Offer("the door's answers are lost", "cut door>{agent} @{at}..{until}", vans(given)),
    ),
    tones={"idle": "idle", "open": "idle", "calling": "between", "awaiting": "normal", "bound": "between"}
    | {"working": "active"},
    chapter="16_capstone",
)
