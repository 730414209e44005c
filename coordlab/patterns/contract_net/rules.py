"""Contract net: what a bid is worth, who is awarded, and how well awards made one by one do.

>>> bids = {"ann": Bid(cost=90, seconds=5), "bob": Bid(cost=-5, seconds=5), "cat": Bid(80, seconds=3600)}
>>> award(Task("dig", within=10), bids, cheapest)
'ann'
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from coordlab import requirements as require
from coordlab.world.message import message

# What an answer other than a good proposal says, and why a proposal is rejected.
INCAPABLE, BUSY, UNWILLING = "not capable", "no capacity left", "unwilling"
NOT_UNDERSTOOD, INVALID, OUTBID, LATE = "not understood", "invalid", "outbid", "late"
UNINVITED = "not invited"

# The outcome of a task.
DONE, FAILED, TIMED_OUT = "done", "the contractor failed", "the contractor was not done in time"
NOBODY_CAPABLE, ALL_REFUSED = "nobody is capable", "all refused"
NO_VALID_PROPOSAL, NO_ANSWER = "no valid proposal", "not all answered"
FINAL = (DONE, NOBODY_CAPABLE)  # another attempt would change nothing

MOST = 1e15  # the largest cost or time that a bid may name
CLOSE = 1e-9  # scores that differ by no more are equal: floats round the same sum differently in other units


# --- tasks and bids -------------------------------------------------------------------------------


@message
class Task:
    """Something to be done.

    needs: the capabilities a contractor must have, all of them; if empty, everybody can do the task.
    priority: from 0, where a low cost counts most, to 1, where speed counts most.
    within: how many seconds the work may take, 0 or more.
    """

    name: str
    needs: frozenset[str] = frozenset()
    priority: float = 0.0
    within: float = 10.0

    def __post_init__(self) -> None:
        require.instance("needs", self.needs, frozenset, "needs=frozenset({'dig'})")
        require.number("priority", self.priority, 0, 1)
        require.seconds("within", self.within)


def different(tasks: Collection[Task]) -> tuple[Task, ...]:
    """The tasks, in order.  Raises ValueError if two have the same name."""
    for task in tasks:
        require.instance("tasks", task, Task, "tasks=[Task('dig')]")
    require.names(
        "tasks", [task.name for task in tasks], empty=True, example="[Task('dig 1'), Task('dig 2')]"
    )
    return tuple(tasks)


@message
class Bid:
    """I do it for this cost and in this many seconds, and this is how sure I am (0 to 1)."""

    cost: float
    seconds: float
    confidence: float = 1.0


Bids = Mapping[str, Bid]
Scores = Mapping[str, float]
Scoring = Callable[[Task, Bids], Scores]
"""How good each bid for a task is, from 0 to 1, where 1 is best (a low cost gets a high score)."""


def flaw(bid: Bid, task: Task) -> str | None:
    """Why a bid cannot be considered: a value that is not a number in range, or more time than the task has.

    >>> task = Task("dig", within=60)
    >>> flaw(Bid(cost=float("nan"), seconds=5), task), flaw(Bid(cost=5, seconds=90), task)
    ('its cost is nan', 'it takes 90 s of 60 s')
    >>> flaw(Bid(cost=5, seconds=60), task)
    """
    for name, most in (("cost", MOST), ("seconds", MOST), ("confidence", 1.0)):
        value = getattr(bid, name, None)
        try:
            require.number(name, value, 0, most)
        except ValueError:
            return f"its {name} is {value!r}"
    return f"it takes {bid.seconds:g} s of {task.within:g} s" if bid.seconds > task.within else None


# --- scoring --------------------------------------------------------------------------------------


def between(values: Sequence[float], worst: float, best: float) -> list[float]:
    """Where each value lies between the worst (0) and the best (1): the same in any unit."""
    span = abs(best - worst)
    return [abs(value - worst) / span for value in values] if span else [1.0] * len(values)


@dataclass(frozen=True)
class Weighted:
    """A scoring: the weighted mean of cost, seconds and confidence, each between the worst and the best bid.

    The three fields are the weights, 0 or more and not all 0.  It takes bids as they are; `award` leaves out
    those with a `flaw`.

    >>> bids = {"ann": Bid(200, 90, 0.9), "bob": Bid(100, 120, 0.9)}
    >>> Weighted(cost=2, seconds=1, confidence=1)(Task("dig"), bids)
    {'ann': 0.5, 'bob': 0.75}
    """

    cost: float
    seconds: float = 0.0
    confidence: float = 0.0

    def __post_init__(self) -> None:
        weights = [require.number(name, weight, 0, MOST) for name, weight in vars(self).items()]
        require.that(sum(weights) > 0, f"{self}", "one weight must be above 0", "Weighted(cost=1)")

    def __call__(self, task: Task, bids: Bids) -> dict[str, float]:
        """The score of each bid, by bidder."""
        if not bids:
            return {}
        costs, times, sure = zip(*((b.cost, b.seconds, b.confidence) for b in bids.values()), strict=True)
        parts = (
            between(costs, max(costs), min(costs)),
            between(times, max(times), min(times)),
            between(sure, min(sure), max(sure)),
        )
        whole = self.cost + self.seconds + self.confidence
        a, b, c = self.cost / whole, self.seconds / whole, self.confidence / whole
        scores = [a * cost + b * time + c * sure for cost, time, sure in zip(*parts, strict=True)]
        return dict(zip(bids, scores, strict=True))


cheapest: Scoring = Weighted(cost=1.0)
"""The lowest cost is best, and nothing else counts."""


def by_priority(task: Task, bids: Bids) -> dict[str, float]:
    """The more urgent the task, the more time counts and the less cost; confidence always counts 0.3.

    >>> bids = {"cheap": Bid(cost=50, seconds=120), "fast": Bid(cost=100, seconds=60)}
    >>> [best(by_priority(Task("dig", priority=p), bids)) for p in (0.0, 0.9)]
    ['cheap', 'fast']
    """
    return Weighted(0.5 - 0.3 * task.priority, 0.2 + 0.3 * task.priority, 0.3)(task, bids)


def best(scores: Scores) -> str:
    """The name with the highest score; of equals, the first in the alphabet.

    Raises ValueError if there is no score, or one that is not a number from 0 to 1.

    >>> best({"cat": 0.9, "bob": 0.9, "ann": 0.2})
    'bob'
    """
    require.that(scores, f"scores={scores!r}", "expected a score for each bidder", "best({'ann': 1.0})")
    for name, score in scores.items():
        if not -CLOSE <= score <= 1 + CLOSE:
            instead = "award(task, bids), which leaves out every bid with a flaw"
            require.fail(f"{name}'s score is {score!r}", "expected a score from 0 to 1", instead)
    top = max(scores.values()) - CLOSE
    return min(name for name, score in scores.items() if score >= top)


def award(task: Task, bids: Bids, scoring: Scoring = by_priority) -> str | None:
    """The name of the best bidder, among bids without a `flaw`; None if there are none."""
    sound = {name: bid for name, bid in bids.items() if flaw(bid, task) is None}
    return best(scoring(task, sound)) if sound else None


def shortlist(scores: Scores, most: int) -> list[str]:
    """The names with the `most` highest scores, the best first.

    >>> shortlist({"ann": 0.2, "bob": 0.9, "cat": 0.9}, 2)
    ['bob', 'cat']
    """
    left, chosen = dict(scores), list[str]()
    while left and len(chosen) < most:
        chosen.append(best(left))
        del left[chosen[-1]]
    return chosen


# --- the manager's side ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Policy:
    """How a manager calls and awards.

    scoring: how good each bid is.
    bidding: how many seconds contractors have to propose, 0 or more.
    patience: how many seconds the manager waits beyond the time that was promised, 0 or more.
    attempts: how often a task is announced at most, 1 or more.
    pause: the mean number of seconds between two attempts, 0 or more; it varies by half.
    rounds: in each further round the better half is asked for a better proposal; 1 or more.
    """

    scoring: Scoring = field(default=by_priority, repr=False)
    bidding: float = 0.5
    patience: float = 0.5
    attempts: int = 3
    pause: float = 0.5
    rounds: int = 1

    def __post_init__(self) -> None:
        for name in ("bidding", "patience", "pause"):
            require.seconds(name, getattr(self, name))
        for name in ("attempts", "rounds"):
            require.count(name, getattr(self, name), 1)
        scoring = f"scoring={self.scoring!r}"
        require.that(
            callable(self.scoring), scoring, "expected a function of task and bids", "scoring=cheapest"
        )

    def longest(self, within: float) -> float:
        """The most seconds from the first call to the outcome of a task that may take `within` seconds.

        >>> Policy(attempts=2).longest(within=10)
        22.75
        """
        attempt = self.rounds * self.bidding + within + self.patience
        return self.attempts * attempt + 1.5 * self.pause * (self.attempts - 1)


DEFAULT = Policy()


@dataclass
class Bidding:
    """The standing bids for a task, and why others who were invited did not bid.

    >>> bidding = Bidding(Task("dig"), ("ann", "bob", "cat", "dan"))
    >>> bidding.take("ann", Bid(90, 5)), bidding.take("bob", Bid(80, 5)), bidding.take("cat", Bid(-1, 5))
    (None, None, 'its cost is -1')
    >>> bidding.winner(cheapest), bidding.narrow(cheapest), bidding.winner(cheapest)
    ('bob', ['ann'], 'bob')
    """

    task: Task
    invited: tuple[str, ...]
    round: int = 1
    standing: dict[str, Bid] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)  # of this round

    def take(self, name: str, bid: Bid) -> str | None:
        """Accept a bid in place of the one of the round before, or return what is wrong with it.

        A bid from an agent that is not invited to this round changes nothing: UNINVITED.
        """
        if name not in self.invited:
            return UNINVITED
        if why := flaw(bid, self.task):
            self.refuse(name, INVALID)
        else:
            self.standing[name] = bid
        return why

    def refuse(self, name: str, reason: str) -> None:
        """An agent does not bid, or withdraws its bid."""
        self.standing.pop(name, None)
        self.reasons.append(reason)

    def scores(self, scoring: Scoring) -> Scores:
        """The score of each standing bid.  Raises ValueError if the scoring leaves out a bidder."""
        scores, names = scoring(self.task, self.standing), list(self.standing)
        right = isinstance(scores, Mapping) and scores.keys() == self.standing.keys()
        require.that(right, f"scores={scores!r}", f"expected a score for each of {names}", "scoring=cheapest")
        return scores

    def winner(self, scoring: Scoring) -> str | None:
        """The name of the best standing bidder, or None."""
        return best(self.scores(scoring)) if self.standing else None

    def narrow(self, scoring: Scoring) -> list[str]:
        """Start the next round with the better half; return the names of those who are out."""
        kept = shortlist(self.scores(scoring), (len(self.standing) + 1) // 2)
        out = [name for name in self.standing if name not in kept]
        self.standing = {name: self.standing[name] for name in kept}
        self.invited, self.round, self.reasons = tuple(kept), self.round + 1, []
        return out

    @property
    def status(self) -> str:
        """Why the call failed, when no bid is standing.

        Nobody is capable only if all who were invited have answered so.
        """
        if INVALID in self.reasons:
            return NO_VALID_PROPOSAL
        if len(self.reasons) < len(self.invited):
            return NO_ANSWER
        unable = all(each in (INCAPABLE, NOT_UNDERSTOOD) for each in self.reasons)
        return NOBODY_CAPABLE if unable else ALL_REFUSED


@message
class Closed:
    """The bidding is over."""

    conversation: str
    winner: str | None


@message
class Outcome:
    """This is the outcome of the task."""

    task: str
    status: str
    contractor: str | None = None
    result: object = None
    attempts: int = 1


# --- the contractor's side ------------------------------------------------------------------------


class Commitments:
    """What a contractor has promised and what it works on: together never more than its capacity.

    >>> mine = Commitments(capacity=1)
    >>> mine.hold("ann-1", until=2.0), mine.room
    (None, 0)
    >>> mine.lapse(now=2.0), mine.room
    (['ann-1'], 1)
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = require.count("capacity", capacity, 1)
        self.held: dict[str, float] = {}  # until when a proposal is binding, by conversation
        self.working: dict[str, asyncio.Task[object] | None] = {}  # what does the work, by conversation
        self.over: set[str] = set()  # conversations whose work will not begin (again)

    @property
    def load(self) -> int:
        """How many tasks it has promised to do or is doing."""
        return len(self.held) + len(self.working)

    @property
    def room(self) -> int:
        """How many more tasks it can promise."""
        return self.capacity - self.load

    def hold(self, conversation: str, until: float) -> None:
        """Keep room for a proposal until it is decided on, or until it lapses."""
        self.held[conversation] = until

    def lapse(self, now: float) -> list[str]:
        """Free the room of proposals that are no longer binding; return their conversations."""
        lapsed = [each for each, until in self.held.items() if not until > now]
        for conversation in lapsed:
            del self.held[conversation]
        return lapsed

    def drop(self, conversation: str) -> bool:
        """Free the room of one proposal; return whether there was one."""
        return self.held.pop(conversation, None) is not None

    def begin(self, conversation: str, work: asyncio.Task[object] | None) -> None:
        """Start on what was promised, or on what there is room for."""
        self.drop(conversation)
        self.working[conversation] = work

    def end(self, conversation: str) -> asyncio.Task[object] | None:
        """Finish with a conversation for good; return what did the work, if anything."""
        self.drop(conversation)
        self.over.add(conversation)
        return self.working.pop(conversation, None)


# --- many tasks -----------------------------------------------------------------------------------

Costs = Sequence[Sequence[float]]
"""A row for each task with its cost for each contractor; at least as many contractors as tasks."""


def one_by_one(costs: Costs) -> tuple[int, ...]:
    """The contractor of each task if each task in turn goes to the cheapest contractor still free.

    >>> one_by_one([[1, 2], [1, 9]]), optimal([[1, 2], [1, 9]])
    ((0, 1), (1, 0))
    """
    free = list(range(_width(costs)))
    awarded = []
    for row in costs:
        awarded.append(min(free, key=lambda who: row[who]))
        free.remove(awarded[-1])
    return tuple(awarded)


def optimal(costs: Costs) -> tuple[int, ...]:
    """The contractor of each task if all are awarded at once, at the least cost (by SciPy)."""
    from scipy.optimize import linear_sum_assignment

    return tuple(int(who) for who in linear_sum_assignment(costs)[1]) if _width(costs) else ()


def _width(costs: Costs) -> int:
    """How many contractors there are.  Raises ValueError if the costs are not a table as described above."""
    for cost in (each for row in costs for each in row):
        require.number("cost", cost)
    widths = {len(row) for row in costs}
    right = len(widths) <= 1 and min(widths, default=0) >= len(costs)
    allowed = "expected a row for each task, all of one length, with no fewer contractors than tasks"
    require.that(right, f"costs={costs!r}", allowed, "[[3, 1], [2, 4]]")
    return min(widths, default=0)
