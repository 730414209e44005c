"""Fault schedules, drawn in strata: each stratum aims at another way in which a protocol may break.

    anything    faults of any kind at any time
    instants    an agent is struck right before or right after an event, of any kind with the same chance
    held back   one message, or two, arrive late, by milliseconds or by seconds
    lost        messages of any kind are lost, or arrive twice
    order       agents get priorities that change a few times: messages of the low ones take longer
    clocks      clocks run at the ends of their bound
    calls       answers fail, come late, lack fields, or repeat the one before
    overlap     the holder of a role is cut off, paused or slowed down while the role changes hands
    guided      a schedule that showed something new, with one change

The random priorities are those of PCT (Burckhardt, Kothari, Musuvathi and Nagarakatte, A randomized scheduler
with probabilistic guarantees of finding bugs, ASPLOS 2010), with links in place of threads.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from coordlab import requirements as require
from coordlab.explore.landmarks import Landmarks
from coordlab.trace.faults import (
    Crash,
    Cut,
    Delay,
    Drop,
    Duplicate,
    Fail,
    Fault,
    Half,
    Late,
    Partition,
    Pause,
    Skew,
    Slow,
    Stale,
)
from coordlab.trace.limits import KINDS, OF_AGENTS, OF_CALLS, OF_MESSAGES, Limits

STOPS = ("crash", "pause")  # the kinds that stop an agent
ALONE = ("crash", "pause", "slow", "skew")  # the kinds that can strike the only agent of a world

if TYPE_CHECKING:
    from random import Random

Faults = list[Fault]


@dataclass(frozen=True)
class Space:
    """Which schedules there are.

    agents: the names of the agents.
    end: when the run ends, in virtual seconds.
    limits: which faults there are, how many at once, and how large they are.
    own: the faults of the scenario itself, which may go beyond the limits.
    """

    agents: tuple[str, ...]
    end: float
    limits: Limits
    own: tuple[Fault, ...] = ()

    def __post_init__(self) -> None:
        spared = require.instance("limits", self.limits, Limits, "limits=Limits(most=2)").spared
        for name in spared:
            require.one_of("spared", name, self.agents)
        stops = self.allows(*STOPS)
        given = f"faults={' '.join(stops)!r} and spared={spared}"
        allowed = "expected an agent that is not spared, or other faults"
        require.that(not stops or self.struck, given, allowed, "explore(..., faults='slow')")

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of fault, of `KINDS`."""
        return tuple(self.limits.kinds)

    @property
    def slow(self) -> float:
        """How much longer an agent or a link needs at most for each message, in seconds."""
        return self.limits.hold if self.limits.slow is None else self.limits.slow

    @property
    def struck(self) -> list[str]:
        """The agents that may crash or pause."""
        return [name for name in self.agents if name not in self.limits.spared]

    @property
    def calm(self) -> float:
        """The time from which on nothing begins: when all is well again, or the end."""
        return self.end if self.limits.over is None else min(self.end, self.limits.over)

    def allows(self, *kinds: str) -> list[str]:
        """Those of these kinds that a schedule may hold."""
        return [kind for kind in kinds if kind in self.kinds]

    def moment(self, dice: Random) -> float:
        """A time in the first four fifths of a run, or of the time until all is well, to the millisecond."""
        return round(dice.uniform(0.0, 0.8 * self.calm), 3)

    def span(self, dice: Random, most: float) -> float:
        """A number of seconds up to `most`, short or long with the same chance."""
        return min(most, max(0.001, round(most * math.exp(dice.uniform(-7.0, 0.0)), 3)))

    def spell(self, dice: Random, at: float) -> tuple[float, float]:
        """When a fault begins, at about `at`, and when it ends, after a short or a long while."""
        if at >= self.calm:
            at = self.moment(dice)
        return at, self.ended(round(at + self.span(dice, self.end / 2), 6))

    def ended(self, until: float) -> float:
        """The end of a fault: `until`, or when all is well, if that is earlier."""
        return until if self.limits.over is None else min(until, self.limits.over)


def beyond(faults: Sequence[Fault], marks: Landmarks, space: Space) -> list[Fault]:
    """Those of the faults of a run that go beyond the limits: too large, or not over in time.

    A fault of a message is over when that is sent, and a delay when it arrives; when this will be is known
    only after the run.
    """
    limits = space.limits
    sent = {(one.sender, one.to, one.nth): one.time / 1e6 for each in marks.sends.values() for one in each}

    slowed = defaultdict[str, float](float)  # several of one agent add up
    for fault in faults:
        if isinstance(fault, Slow):
            slowed[fault.who] += fault.by

    def too_much(fault: Fault) -> bool:
        by: float = getattr(fault, "by", 0.0)
        if slowed[fault.who] > space.slow + 1e-6 if isinstance(fault, Slow) else by > limits.hold:
            return True
        if limits.over is None or isinstance(fault, Skew):
            return False
        if isinstance(fault, Drop):
            held = by if isinstance(fault, Delay) else 0.0
            return sent.get((fault.sender, fault.to, fault.nth), 0.0) + held > limits.over
        return fault.until is None or fault.until > limits.over

    return [fault for fault in faults if fault not in space.own and too_much(fault)]


def anything(dice: Random, marks: Landmarks, space: Space) -> Faults:
    """Up to `most` faults of any kind at any time."""
    return [one_fault(dice, space) for _ in range(dice.randint(1, space.limits.most))]


def one_fault(dice: Random, space: Space) -> Fault:
    """A fault of any kind at any time."""
    kind, names = dice.choice(space.kinds), space.agents
    if kind in OF_CALLS:
        asker, answers = dice.sample(names, 2)
        return _of_call(dice, space, kind, asker, answers, space.moment(dice))
    if kind in OF_MESSAGES:
        sender, to = dice.sample(names, 2)
        return _marked(dice, space, kind, sender, to, dice.randint(1, 12))
    return strike(dice, space, kind, dice.choice(names), space.moment(dice))


def strike(dice: Random, space: Space, kind: str, agent: str, at: float) -> Fault:
    """A fault of this kind that strikes this agent at this time, for a short or a long while."""
    if kind in STOPS and agent in space.limits.spared:
        agent = dice.choice(space.struck)
    at, until = space.spell(dice, at)
    others = [name for name in space.agents if name != agent]
    if kind == "crash":
        return Crash(agent, at=at, until=until if dice.random() < 0.7 else space.limits.over)
    if kind == "pause":
        return Pause(agent, at=at, until=until)
    if kind == "cut":
        ends = [agent, dice.choice(others)]
        dice.shuffle(ends)
        return Cut(*ends, at=at, until=until)
    if kind == "slow":
        return Slow(agent, space.span(dice, space.slow), at=at, until=until)
    if kind == "skew":
        return Skew(agent, 1.0 + dice.choice((-1, 1)) * space.limits.drift, at=at)
    side = [agent, *(name for name in others[1:] if dice.random() < 0.4)] if dice.random() < 0.6 else [agent]
    return Partition([side], at=at, until=until)


def instants(dice: Random, marks: Landmarks, space: Space) -> Faults:
    """An agent is struck right before or right after an event; sometimes a second one is, too."""
    found = [_at_instant(dice, marks, space)]
    return found if dice.random() < 0.6 else [*found, _at_instant(dice, marks, space)]


def _at_instant(dice: Random, marks: Landmarks, space: Space) -> Fault:
    time, agent = dice.choice(marks.instants[dice.choice(list(marks.instants))])
    at = (time + dice.randint(0, 1)) / 1e6  # a fault strikes before everything else at its time
    return strike(dice, space, dice.choice(space.allows(*OF_AGENTS)), agent, at)


def held_back(dice: Random, marks: Landmarks, space: Space) -> Faults:
    """One or two messages arrive late."""
    return [_aimed(dice, marks, space, ["delay"]) for _ in range(dice.randint(1, 2))]


def lost(dice: Random, marks: Landmarks, space: Space) -> Faults:
    """Up to three messages are lost or arrive twice."""
    kinds = space.allows("drop", "duplicate")
    return [_aimed(dice, marks, space, kinds) for _ in range(dice.randint(1, 3))]


def _aimed(dice: Random, marks: Landmarks, space: Space, kinds: list[str]) -> Fault:
    calm = space.calm * 1e6
    soon = [name for name, sends in marks.sends.items() if sends[0].time < calm] or list(marks.sends)
    sends = marks.sends[dice.choice(soon)]
    sent = dice.choice([each for each in sends if each.time < calm] or sends)
    return _marked(dice, space, dice.choice(kinds), sent.sender, sent.to, sent.nth)


def _marked(dice: Random, space: Space, kind: str, sender: str, to: str, nth: int) -> Fault:
    if kind == "delay":
        return Delay(sender, to, nth, space.span(dice, space.limits.hold))
    return (Drop if kind == "drop" else Duplicate)(sender, to, nth)


def calls(dice: Random, marks: Landmarks, space: Space) -> Faults:
    """From one or two answers on, the calls between the two agents go wrong."""
    found: Faults = []
    for _ in range(dice.randint(1, 2)):
        time, asker, answers = dice.choice(marks.answers[dice.choice(list(marks.answers))])
        found.append(_of_call(dice, space, dice.choice(space.allows(*OF_CALLS)), asker, answers, time / 1e6))
    return found


def _of_call(dice: Random, space: Space, kind: str, asker: str, answers: str, at: float) -> Fault:
    at, until = space.spell(dice, at)
    if kind == "late":
        return Late(asker, answers, space.span(dice, space.limits.hold), at=at, until=until)
    return {"fail": Fail, "half": Half, "stale": Stale}[kind](asker, answers, at=at, until=until)


def order(dice: Random, marks: Landmarks, space: Space) -> Faults:
    """Each agent gets a priority, and from each of a few moments on one of them gets the lowest."""
    step = max(1, int(1000 * space.span(dice, space.slow) / len(space.agents))) / 1000
    ranked = dice.sample(space.agents, len(space.agents))
    over = space.limits.over
    found: Faults = [
        Slow(name, round(step * place, 3), until=over) for place, name in enumerate(ranked) if place
    ]
    for low in dice.sample(range(len(ranked)), min(len(ranked), dice.randint(0, 2))):
        by = round(step * (len(ranked) - low), 3)
        found.append(Slow(ranked[low], by, at=space.moment(dice), until=over))
    return found


def clocks(dice: Random, marks: Landmarks, space: Space) -> Faults:
    """Some clocks run as fast or as slow as they may, and sometimes something else goes wrong."""
    some = dice.sample(space.agents, dice.randint(1, len(space.agents)))
    found: Faults = [Skew(name, 1.0 + dice.choice((-1, 1)) * space.limits.drift) for name in some]
    return found + (_further(dice, marks, space) if dice.random() < 0.8 else [])


def overlap(dice: Random, marks: Landmarks, space: Space) -> Faults:
    """Around a change of role, the agent that takes it on, or one that had it, is held up."""
    place = dice.randrange(len(marks.turns))
    time, taker, role = marks.turns[place]
    before = [agent for _, agent, had in marks.turns[:place] if had == role and agent != taker]
    agent = dice.choice([taker, *before[-1:]])
    at = max(0.0, round(time / 1e6 + dice.choice((-1, 0, 1)) * space.span(dice, 1.0), 6))
    found: Faults = []
    if kinds := space.allows(*OF_AGENTS):
        found.append(strike(dice, space, dice.choice(kinds), agent, at))
    near = [
        sent
        for each in marks.sends.values()
        for sent in each
        if sent.sender == agent and abs(sent.time - time) < 1_000_000
    ]
    if near and space.allows("delay"):
        for sent in dice.sample(near, min(len(near), dice.randint(0 if found else 1, 3))):
            found.append(Delay(sent.sender, sent.to, sent.nth, space.span(dice, space.limits.hold)))
    if space.allows("skew") and dice.random() < 0.5:
        found += [
            Skew(name, 1.0 + (-1 if name == agent else 1) * space.limits.drift)
            for name in space.agents
            if not any(isinstance(each, Skew) and each.agent == name for each in found)
        ]
    return found


def guided(dice: Random, marks: Landmarks, space: Space, before: Faults) -> Faults:
    """One change to a schedule: a fault more, a fault less, or another time."""
    change = dice.random()
    if before and change < 0.2:
        gone = dice.randrange(len(before))
        return before[:gone] + before[gone + 1 :]
    if before and change < 0.45:
        place = dice.randrange(len(before))
        return [*before[:place], _moved(dice, marks, space, before[place]), *before[place + 1 :]]
    return before + _further(dice, marks, space)


def _further(dice: Random, marks: Landmarks, space: Space) -> Faults:
    fitting = [draw for draw in STRATA.values() if draw not in (order, clocks) and _fits(draw, marks, space)]
    return dice.choice(fitting)(dice, marks, space) if fitting else []


def _moved(dice: Random, marks: Landmarks, space: Space, fault: Fault) -> Fault:
    """The same fault at another time: close to its own, or at an instant of the run."""
    if fault.at is None or not marks.rows:
        return fault
    time = fault.at + dice.gauss(0.0, 0.2) if dice.random() < 0.5 else dice.choice(marks.rows)[0] / 1e6
    at = max(0.0, round(time, 6))
    if fault.until is None:
        return replace(fault, at=at)
    if at >= space.calm:
        at = space.moment(dice)
    return replace(fault, at=at, until=space.ended(round(at + fault.until - fault.at, 6)))


Stratum = Callable[["Random", Landmarks, Space], Faults]
STRATA: dict[str, Stratum] = {
    "anything": anything,
    "instants": instants,
    "held back": held_back,
    "lost": lost,
    "order": order,
    "clocks": clocks,
    "calls": calls,
    "overlap": overlap,
}
NEEDS: dict[Stratum, tuple[str, ...]] = {
    instants: OF_AGENTS,
    held_back: ("delay",),
    lost: ("drop", "duplicate"),
    order: ("slow",),
    clocks: ("skew",),
    calls: OF_CALLS,
    overlap: (*OF_AGENTS, "delay"),
}


def _fits(draw: Stratum, marks: Landmarks, space: Space) -> bool:
    """Whether the stratum has what it needs: a kind of fault, a message, a change of role."""
    if not space.allows(*NEEDS.get(draw, KINDS)):
        return False
    if draw in (held_back, lost):
        return bool(marks.sends)
    if draw is calls:
        return bool(marks.answers)
    return bool(marks.turns if draw is overlap else marks.instants)


def strata(marks: Landmarks, space: Space) -> list[str]:
    """The names of the strata that can be drawn from."""
    return [name for name, draw in STRATA.items() if _fits(draw, marks, space)]
