"""What part c of chapter 04 asks of a chair and five voters: four proposals, decided once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from coordlab.exercises.part import Variant
from coordlab.properties import Objection, Property, moments, safety
from coordlab.trace.scenario import Value
from coordlab.trace.trace import DELIVER, DROP, HANDLE, RESTART, SEND, START, STATE, Trace
from coordlab.world.agent import Agent
from coordlab.world.world import World

if TYPE_CHECKING:
    from random import Random

NAMES = ("ada", "ben", "cleo", "dan", "eve", "finn", "gus", "hal", "ida", "jon", "kim", "lea", "max", "nora",
         "otto", "pia", "rosa", "sam", "tess", "uma")  # fmt: skip
CLOSES, QUORUM, CLEAR = 4.0, 3, 2.0  # CLEAR: seconds before the close in which a voter must be audible


def draw_votes(dice: Random) -> dict[str, Value]:
    """Five voters, four proposals: a majority, a tie, a quorum by abstentions, no quorum; how ties end."""
    names, tie = sorted(dice.sample(NAMES, 5)), dice.choice(("first", "last"))
    middle = dice.sample(("y", "n"), 2)
    tied = ["y", *middle, "n"] if tie == "first" else ["n", *middle, "y"]
    tied.insert(dice.randint(0, 4), "a")
    majority = dice.choice(("yyynn", "yynnn"))
    columns = [tied, *(dice.sample(each, 5) for each in (majority, "yaa--", "yy---"))]
    dice.shuffle(columns)
    votes = [f"{name}:{''.join(row)}" for name, row in zip(names, zip(*columns, strict=True), strict=True)]
    return {"votes": " ".join(votes), "tie": tie}


def choices(votes: Value) -> dict[str, str]:
    """The choices of each voter, a letter for each proposal."""
    return dict(each.split(":") for each in str(votes).split())


def build_vote(kind: Callable[..., Agent], seed: int, votes: str, **_: Value) -> World:
    """A chair and five voters of one class."""
    given = {"chair": "", **choices(votes)}
    return World(seed, latency="uniform(0.01, 0.05)").add(
        kind(name, mine, CLOSES) for name, mine in given.items()
    )


def outcome(rows: dict[str, str], tie: str) -> tuple[str, ...]:
    """The outcome of each proposal, by the ballots of the voters that count."""
    return tuple(
        _one(dict(zip(rows, column, strict=True)), tie) for column in zip(*rows.values(), strict=True)
    ) or (("no_quorum",) * 4)


def _one(said: dict[str, str], tie: str) -> str:
    """The outcome of one proposal."""
    lead = sum({"y": 1, "n": -1}.get(each, 0) for each in said.values())
    clear = sorted(name for name, each in said.items() if each in "yn")
    if sum(each != "-" for each in said.values()) < QUORUM:
        return "no_quorum"
    decides = said[clear[0 if tie == "first" else -1]] if clear else "n"
    return "accepted" if lead > 0 or (lead == 0 and decides == "y") else "rejected"


def _words(value: object) -> tuple[object, ...] | None:
    """A state that is a tuple or a list, as a tuple; None for no outcome."""
    return None if value is None else tuple(value) if isinstance(value, (tuple, list)) else (value,)


def _known(trace: Trace) -> Iterator[tuple[Any, Any, dict[str, Any]]]:
    """Each event that gives an agent an outcome, this outcome, and all states of that agent."""
    states: dict[str | None, dict[str, Any]] = {}
    for event in trace:
        if event.kind in (START, RESTART):
            states[event.agent] = dict(event.data)
        elif event.kind == STATE:
            states[event.agent][str(event.name)] = event.data
        else:
            continue
        found = _words(states[event.agent].get("outcome"))
        if found is not None and (event.kind != STATE or event.name == "outcome"):
            yield event, found, states[event.agent]


def audible(trace: Trace) -> set[str]:
    """The voters that the chair could hear in the last seconds before the close: no fault was in the way."""
    names = {name for name in trace.agents if name != "chair"}
    for now in moments(trace):
        if CLOSES - CLEAR <= now.time <= CLOSES:
            names &= set(next((each for each in now.components if "chair" in each), ()))
    sent: dict[int | None, float] = {}
    for event in trace:
        if event.kind == SEND:
            sent[event.message] = event.time
        elif event.kind in (DELIVER, DROP) and event.time >= CLOSES - CLEAR:
            late = event.kind == DROP or event.time - sent[event.message] > 0.3
            if late and sent[event.message] <= CLOSES:
                names -= {str(event.agent), str(event.peer)}
    return names


@safety("the vote is held")
def held(trace: Trace) -> Iterator[Objection]:
    """In the end all hold an outcome, and each voter that could be heard before the close is counted."""
    known = list(_known(trace))
    last = {event.agent: states for event, _, states in known}
    for name in trace.agents:
        if name not in last or last[name].get("outcome") is None:
            yield trace[len(trace) - 1], f"{name} knows no outcome at {trace.until:g} s."
            return
    first, counts = next(
        (event, states.get("counted")) for event, _, states in known if event.agent == "chair"
    )
    missing = sorted(audible(trace) - set(map(str, _words(counts) or ())))
    if missing:
        yield first, f"{missing[0]} could be heard for {CLEAR:g} s before the close, and is not counted."


def follows(variant: Variant) -> Property:
    """The chair's outcome is what the ballots of those that it counts say."""
    given, tie = choices(variant["votes"]), str(variant["tie"])

    @safety("the outcome follows from the ballots")
    def judge(trace: Trace) -> Iterator[Objection]:
        for event, found, states in _known(trace):
            names = _words(states.get("counted")) or ()
            if event.agent == "chair":
                right = outcome({name: given[name] for name in given if name in names}, tie)
                if found != right:
                    yield (
                        event,
                        f"the ballots of {', '.join(map(str, names)) or 'nobody'} say {right}, not {found}.",
                    )

    return judge


@safety("one outcome, for good")
def one_outcome(trace: Trace) -> Iterator[Objection]:
    """Nobody ever holds another outcome than the first one, also after a crash, and none before the close."""
    first: tuple[object, ...] | None = None
    for event, found, _ in _known(trace):
        first = first or found
        if event.time < CLOSES - 1e-6:
            yield event, f"{event.agent} holds an outcome before the close."
        if found != first:
            yield event, f"{event.agent} holds {found}, though it was {first} before."


@safety("only what was heard")
def heard(trace: Trace) -> Iterator[Objection]:
    """The chair counts whom it heard before the close; a voter knows the outcome from the chair, after it."""
    handled = [event for event in trace if event.kind == HANDLE]
    for event, _, states in _known(trace):
        before = [each for each in handled if each.seq < event.seq and each.agent == event.agent]
        peers = {each.peer for each in before if each.time <= CLOSES + 1e-6}
        odd = [name for name in _words(states.get("counted")) or () if name not in peers]
        if event.agent == "chair" and odd:
            yield event, f"the chair counts {odd[0]}, which sent it no message before the close."
        if event.agent != "chair" and not any(
            each.peer == "chair" and each.time >= CLOSES for each in before
        ):
            yield event, f"{event.agent} knows an outcome that the chair has not told."
