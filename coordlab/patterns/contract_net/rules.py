"""Contract net: what a bid is worth, who is awarded, and what a contractor has promised."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import fsum, inf

from coordlab import requirements as require
from coordlab.world.message import message

# What an answer other than a good proposal says, and why a proposal is rejected.
INCAPABLE, BUSY, UNWILLING, UNINVITED = "not capable", "no capacity left", "unwilling", "not invited"
NOT_UNDERSTOOD, INVALID, OUTBID, LATE = "not understood", "invalid", "outbid", "late"

# The outcome of a task.
DONE, FAILED, TIMED_OUT = "done", "the contractor failed", "the contractor was not done in time"
NOBODY_CAPABLE, ALL_REFUSED = "nobody is capable", "all refused"
NO_VALID_PROPOSAL, NO_ANSWER = "no valid proposal", "not all answered"
FINAL = (DONE, NOBODY_CAPABLE)  # another attempt would change nothing

MOST = 1e15  # the largest cost or time that a bid may name
CLOSE = 1e-9  # scores that differ by no more are equal: floats round the same sum differently in other units


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
        require.that(
            isinstance(self.name, str) and self.name, f"name={self.name!r}", "expected a text", "Task('dig')"
        )
        require.instance("needs", self.needs, frozenset, "needs=frozenset({'dig'})")
        require.number("priority", self.priority, 0, 1)
        require.seconds("within", self.within)


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
    """Why a bid cannot be considered: a value is not a number in range, or it takes too long for the task."""
    for name, most in (("cost", MOST), ("seconds", MOST), ("confidence", 1.0)):
        value = getattr(bid, name, None)
        try:
            require.number(name, value, 0, most)
        except ValueError:
            return f"its {name} is {value!r}"
    return f"it takes {bid.seconds:g} s of {task.within:g} s" if bid.seconds > task.within else None


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
        if not bids:
            return {}
        scores, whole = dict.fromkeys(bids, 0.0), fsum(vars(self).values())
        for name, weight in vars(self).items():
            values = {bidder: getattr(bid, name) for bidder, bid in bids.items()}
            low, high = min(values.values()), max(values.values())
            worst = low if name == "confidence" else high
            for bidder, value in values.items():  # from the worst (0) to the best (1): the same in any unit
                scores[bidder] += weight / whole * (abs(value - worst) / (high - low) if high != low else 1.0)
        return scores


cheapest: Scoring = Weighted(cost=1.0)
"""The lowest cost is best, and nothing else counts."""


def by_priority(task: Task, bids: Bids) -> dict[str, float]:
    """The more urgent the task, the more time counts and the less cost; confidence always counts 0.3."""
    return Weighted(0.5 - 0.3 * task.priority, 0.2 + 0.3 * task.priority, 0.3)(task, bids)


def best(scores: Scores) -> str:
    """The name with the highest score; of equals, the first in the alphabet.

    Raises ValueError if there is no score, or one that is not a number from 0 to 1.
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
    """The names with the `most` highest scores, the best first."""
    left, chosen = dict(scores), list[str]()
    while left and len(chosen) < most:
        chosen.append(best(left))
        del left[chosen[-1]]
    return chosen


def assigned(costs: Sequence[Sequence[float]]) -> list[int]:
    """For each task its contractor, each another one, so that all together cost least.

    costs: for each task what each contractor asks; at least as many contractors as tasks.

    The Hungarian method in O(tasks² · contractors): J. Munkres, Algorithms for the Assignment and
    Transportation Problems, Journal of SIAM 5(1), 1957.

    >>> assigned([[1, 2], [1, 9]])
    [1, 0]
    """
    width = min(map(len, costs), default=0)
    given, allowed = f"{len(costs)} tasks for {width} contractors", "expected a contractor for each task"
    require.that(len(costs) <= width, given, allowed, "assigned([[1, 2], [1, 9]])")
    owner = [-1] * width  # the task of each contractor so far
    rent, worth = [0.0] * width, [0.0] * len(costs)  # prices under which nobody's choice costs too much
    for task in range(len(costs)):
        slack, before = [inf] * width, [-1] * width  # the cheapest way to each contractor, and from whom
        seen, now, at = list[int](), task, -1
        while True:
            for who in range(width):
                if who not in seen and (extra := costs[now][who] - worth[now] - rent[who]) < slack[who]:
                    slack[who], before[who] = extra, at
            at = min((who for who in range(width) if who not in seen), key=slack.__getitem__)
            step = slack[at]
            worth[task] += step
            for who in seen:
                worth[owner[who]] += step
                rent[who] -= step
            slack = [each if who in seen else each - step for who, each in enumerate(slack)]
            if owner[at] < 0:
                break
            seen.append(at)
            now = owner[at]
        while before[at] >= 0:
            owner[at], at = owner[before[at]], before[at]
        owner[at] = task
    return [owner.index(task) for task in range(len(costs))]


def planned(prices: Mapping[str, Mapping[str, float]], capacity: int = 1) -> dict[str, str]:
    """Who does each task so that all together cost least, from what each contractor asks for each task.

    capacity: how many tasks one contractor does at most; more if there is not room for all.

    >>> planned({"ann": {"dig": 1, "rake": 2}, "bob": {"dig": 2, "rake": 9}})
    {'dig': 'bob', 'rake': 'ann'}
    """
    tasks = list(next(iter(prices.values()), {}))
    each = max(capacity, -(-len(tasks) // max(1, len(prices))))
    places = [name for name in prices for _ in range(each)]
    chosen = assigned([[prices[name][task] for name in places] for task in tasks])
    return {task: places[place] for task, place in zip(tasks, chosen, strict=True)}


@dataclass(frozen=True, repr=False)
class Policy(require.Readable):
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
        given, allowed = f"scoring={self.scoring!r}", "expected a function of task and bids"
        require.that(callable(self.scoring), given, allowed, "scoring=cheapest")

    def longest(self, within: float) -> float:
        """The most seconds from the first call to the outcome of a task that may take `within` seconds."""
        attempt = self.rounds * self.bidding + within + self.patience
        return self.attempts * attempt + 1.5 * self.pause * (self.attempts - 1)


DEFAULT = Policy()


@dataclass
class Bidding:
    """The standing bids for a task, and why others who were invited did not bid."""

    task: Task
    invited: tuple[str, ...]
    round: int = 1
    standing: dict[str, Bid] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)  # of this round

    def take(self, name: str, bid: Bid) -> str | None:
        """Accept a bid in place of the one of the round before, or return what is wrong with it."""
        if name not in self.invited:
            return UNINVITED
        if why := flaw(bid, self.task):
            self.refuse(name, INVALID)
        else:
            self.standing[name] = bid
        return why

    def refuse(self, name: str, reason: str) -> None:
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
        """Why the call failed, when no bid is standing: nobody is capable only if all say so."""
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


class Commitments(require.Readable):
    """What a contractor has promised and what it works on: together never more than its capacity."""

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
        self.drop(conversation)
        self.working[conversation] = work

    def end(self, conversation: str) -> asyncio.Task[object] | None:
        """Finish with a conversation for good; return what did the work, if anything."""
        self.drop(conversation)
        self.over.add(conversation)
        return self.working.pop(conversation, None)
