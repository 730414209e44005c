"""Contract net: what a bid is worth, who is awarded, and how well awards made one by one do.

>>> bids = {"ann": Bid(cost=90, seconds=5), "bob": Bid(cost=-5, seconds=5), "cat": Bid(80, seconds=3600)}
>>> award(Task("dig", within=10), bids, cheapest)
'ann'
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from coordlab.world.message import message

# What an answer other than a good proposal says, and why a proposal is rejected.
INCAPABLE, BUSY, UNWILLING = "not capable", "no capacity left", "unwilling"
NOT_UNDERSTOOD, INVALID, OUTBID, LATE = "not understood", "invalid", "outbid", "late"
UNINVITED = "not invited"

# What came of a task.
DONE, FAILED, TIMED_OUT = "done", "the contractor failed", "the contractor was not done in time"
NOBODY_CAPABLE, ALL_REFUSED = "nobody is capable", "all refused"
NO_VALID_PROPOSAL, NO_ANSWER = "no valid proposal", "not all answered"
FINAL = (DONE, NOBODY_CAPABLE)  # to announce it again would change nothing

MOST = 1e15  # whatever a bid says in numbers is less
CLOSE = 1e-9  # scores that differ by no more are equal: what floats make of the same sum in other units


def require(right: bool, given: str, allowed: str, instead: str) -> None:
    """Nothing if `right`; else a ValueError that says what was given, what is allowed, what to write.

    >>> require(False, "capacity=0", "a contractor takes 1 task or more", "capacity=1")
    Traceback (most recent call last):
    ...
    ValueError: capacity=0: a contractor takes 1 task or more. Write for instance capacity=1.
    """
    if not right:
        raise ValueError(f"{given}: {allowed}. Write for instance {instead}.")


def number(value: object, least: float, most: float = MOST) -> bool:
    """Whether a value is a number from `least` to `most`.

    >>> number(3, 0), number(-1, 0), number(float("nan"), 0), number("3", 0), number(True, 0)
    (True, False, False, False, False)
    """
    return isinstance(value, (int, float)) and not isinstance(value, bool) and least <= value <= most


def require_numbers(least: float, most: float = MOST, **given: float) -> None:
    """Nothing if all are numbers from `least` to `most`; else a ValueError, as above."""
    for name, value in given.items():
        end = f"to {most:g}" if most < MOST else "on"
        require(
            number(value, least, most), f"{name}={value!r}", f"a number from {least:g} {end}", f"{name}=0.5"
        )


def require_counts(**given: int) -> None:
    """Nothing if all are whole numbers from 1 on; else a ValueError, as above."""
    for name, value in given.items():
        right = isinstance(value, int) and value is not True and value >= 1
        require(right, f"{name}={value!r}", "a whole number from 1 on", f"{name}=1")


def words(**given: Collection[str]) -> tuple[str, ...]:
    """The one collection of texts that is given, each text once; a text alone is none, a set is sorted.

    >>> words(skills="dig")
    Traceback (most recent call last):
    ...
    ValueError: skills='dig': a list of texts. Write for instance skills=['dig'].
    """
    ((name, value),) = given.items()
    several = isinstance(value, Collection) and not isinstance(value, str)
    right = several and all(isinstance(each, str) for each in value)
    require(right, f"{name}={value!r}", "a list of texts", f"{name}=['dig']")
    return tuple(dict.fromkeys(sorted(value) if isinstance(value, Set) else value))


# --- tasks and bids -------------------------------------------------------------------------------


@message
class Task:
    """This is to be done.

    It `needs` capabilities, all of them; none means that anybody can do it.  `priority` goes from 0, where
    a low cost matters, to 1, where it matters to be fast.  It may take up to `within` seconds.
    """

    name: str
    needs: frozenset[str] = frozenset()
    priority: float = 0.0
    within: float = 10.0

    def __post_init__(self) -> None:
        right = isinstance(self.needs, frozenset) and all(isinstance(each, str) for each in self.needs)
        require(right, f"needs={self.needs!r}", "a frozenset of texts", "needs=frozenset({'dig'})")
        require_numbers(0, 1, priority=self.priority)
        require_numbers(0, within=self.within)


def different(tasks: Collection[Task]) -> tuple[Task, ...]:
    """Tasks that all have names of their own; else a ValueError, as above."""
    right = isinstance(tasks, Collection) and all(isinstance(task, Task) for task in tasks)
    require(right, f"tasks={tasks!r}", "a list of tasks", "tasks=[Task('dig')]")
    names = Counter(task.name for task in tasks)
    twice = [name for name, count in names.items() if count > 1]
    require(not twice, f"more than one task is called {twice}", "each has its own name", "Task('dig 2')")
    return tuple(tasks)


@message
class Bid:
    """It costs so much, takes so many seconds, and I am so sure of it (0 to 1)."""

    cost: float
    seconds: float
    confidence: float = 1.0


Bids = Mapping[str, Bid]
Scores = Mapping[str, float]
Scoring = Callable[[Task, Bids], Scores]
"""How good each bid for a task is, from 0 to 1: the more the better, though a cost is best when low."""


def flaw(bid: Bid, task: Task) -> str | None:
    """Why a bid cannot be considered: a number that is none, or more time than the task has.

    >>> task = Task("dig", within=60)
    >>> flaw(Bid(cost=float("nan"), seconds=5), task), flaw(Bid(cost=5, seconds=90), task)
    ('its cost is nan', 'it takes 90 s of 60 s')
    >>> flaw(Bid(cost=5, seconds=60), task)
    """
    for name, most in (("cost", MOST), ("seconds", MOST), ("confidence", 1.0)):
        if not number(value := getattr(bid, name, None), 0, most):
            return f"its {name} is {value!r}"
    return f"it takes {bid.seconds:g} s of {task.within:g} s" if bid.seconds > task.within else None


# --- scoring --------------------------------------------------------------------------------------


def between(values: Sequence[float], worst: float, best: float) -> list[float]:
    """Where each value stands between the worst (0) and the best (1): the same in any unit.

    >>> between([200, 100, 125], worst=200, best=100)
    [0.0, 1.0, 0.75]
    >>> between([7, 7], worst=7, best=7)
    [1.0, 1.0]
    """
    span = abs(best - worst)
    return [abs(value - worst) / span for value in values] if span else [1.0] * len(values)


@dataclass(frozen=True)
class Weighted:
    """A scoring: the weighted mean of cost, seconds and confidence, each between the worst and the best bid.

    Like every scoring it takes bids as they are: `award` leaves out those with a `flaw`.

    >>> bids = {"ann": Bid(200, 90, 0.9), "bob": Bid(100, 120, 0.9)}
    >>> Weighted(cost=2, seconds=1, confidence=1)(Task("dig"), bids)
    {'ann': 0.5, 'bob': 0.75}
    """

    cost: float
    seconds: float = 0.0
    confidence: float = 0.0

    def __post_init__(self) -> None:
        weights = self.cost, self.seconds, self.confidence
        right = all(number(each, 0) for each in weights) and sum(weights) > 0
        require(right, f"{self}", "weights are zero or more, and one is above", "Weighted(cost=1)")

    def __call__(self, task: Task, bids: Bids) -> dict[str, float]:
        """The score of each bid, by bidder."""
        if not bids:
            return {}
        costs, times, sure = zip(*((b.cost, b.seconds, b.confidence) for b in bids.values()), strict=True)
        parts = zip(
            between(costs, max(costs), min(costs)),
            between(times, max(times), min(times)),
            between(sure, min(sure), max(sure)),
            strict=True,
        )
        whole = self.cost + self.seconds + self.confidence
        a, b, c = self.cost / whole, self.seconds / whole, self.confidence / whole
        return {
            name: a * cost + b * time + c * sure for name, (cost, time, sure) in zip(bids, parts, strict=True)
        }


cheapest: Scoring = Weighted(cost=1.0)
"""The lowest cost is best, and nothing else matters."""


def by_priority(task: Task, bids: Bids) -> dict[str, float]:
    """The more urgent the task, the more time counts and the less cost; confidence always counts 0.3.

    >>> bids = {"cheap": Bid(cost=50, seconds=120), "fast": Bid(cost=100, seconds=60)}
    >>> [best(by_priority(Task("dig", priority=p), bids)) for p in (0.0, 0.9)]
    ['cheap', 'fast']
    """
    return Weighted(0.5 - 0.3 * task.priority, 0.2 + 0.3 * task.priority, 0.3)(task, bids)


def best(scores: Scores) -> str:
    """Who has the highest score; of equals, whoever comes first in the alphabet.

    It sees scores alone: `award` looks at the bids, too.

    >>> best({"cat": 0.9, "bob": 0.9, "ann": 0.2})
    'bob'
    """
    require(bool(scores), f"scores={scores!r}", "a score for each bidder", "best({'ann': 1.0})")
    for name, score in scores.items():
        require(number(score, 0, 1), f"{name}'s score is {score!r}", "a score goes from 0 to 1", _SOUND)
    top = max(scores.values()) - CLOSE
    return min(name for name, score in scores.items() if score >= top)


_SOUND = "award(task, bids), which leaves out every bid with a flaw"


def award(task: Task, bids: Bids, scoring: Scoring = by_priority) -> str | None:
    """Whose bid is the best of those without a `flaw`; None if there are none.

    >>> award(Task("dig"), {"ann": Bid(cost=-5, seconds=1)})
    """
    sound = {name: bid for name, bid in bids.items() if flaw(bid, task) is None}
    return best(scoring(task, sound)) if sound else None


def shortlist(scores: Scores, most: int) -> list[str]:
    """The `most` best, the best first.

    >>> shortlist({"ann": 0.2, "bob": 0.9, "cat": 0.9}, 2)
    ['bob', 'cat']
    """
    left, chosen = dict(scores), list[str]()
    while left and len(chosen) < most:
        chosen.append(best(left))
        del left[chosen[-1]]
    return chosen


def fruitless(reasons: Sequence[str], invited: int) -> str:
    """What a call came to that brought no good proposal, from the reasons of those who answered.

    Nobody is capable only if all who were invited have answered so.

    >>> [fruitless(reasons, invited=2) for reasons in ([INCAPABLE, BUSY], [INCAPABLE] * 2, [BUSY])]
    ['all refused', 'nobody is capable', 'not all answered']
    """
    if INVALID in reasons:
        return NO_VALID_PROPOSAL
    if len(reasons) < invited:
        return NO_ANSWER
    unable = all(each in (INCAPABLE, NOT_UNDERSTOOD) for each in reasons)
    return NOBODY_CAPABLE if unable else ALL_REFUSED


# --- the manager's side ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Policy:
    """How a manager calls and awards; times are in seconds.

    Contractors have `bidding` to propose.  Whoever is awarded has the time it promised, and `patience`.  A
    task is announced up to `attempts` times with a `pause`, more or less, in between.  In each of several
    `rounds` of a call the better half of those who proposed is asked for a better proposal.
    """

    scoring: Scoring = field(default=by_priority, repr=False)
    bidding: float = 0.5
    patience: float = 0.5
    attempts: int = 3
    pause: float = 0.5
    rounds: int = 1

    def __post_init__(self) -> None:
        require_numbers(0, bidding=self.bidding, patience=self.patience, pause=self.pause)
        require_counts(attempts=self.attempts, rounds=self.rounds)
        scoring = f"scoring={self.scoring!r}"
        require(callable(self.scoring), scoring, "a function of a task and its bids", "scoring=cheapest")

    def longest(self, within: float) -> float:
        """How long a task that may take `within` seconds can be under way until its outcome is known.

        >>> Policy(attempts=2).longest(within=10)
        22.75
        """
        attempt = self.rounds * self.bidding + within + self.patience
        return self.attempts * attempt + 1.5 * self.pause * (self.attempts - 1)


DEFAULT = Policy()


@dataclass
class Bidding:
    """The bids for a task as they stand, and why others who were invited did not bid.

    >>> bidding = Bidding(Task("dig"), ("ann", "bob", "cat", "dan"))
    >>> bidding.take("ann", Bid(90, 5)), bidding.take("bob", Bid(80, 5)), bidding.take("cat", Bid(-1, 5))
    (None, None, 'its cost is -1')
    >>> bidding.refuse("dan", BUSY)
    >>> bidding.winner(cheapest), bidding.narrow(cheapest), bidding.winner(cheapest)
    ('bob', ['ann'], 'bob')
    """

    task: Task
    invited: tuple[str, ...]
    round: int = 1
    standing: dict[str, Bid] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)  # of this round

    def take(self, name: str, bid: Bid) -> str | None:
        """Let a bid stand, instead of the one of the round before; or say what is wrong with it.

        A bid of one who is not invited, to this round, changes nothing: UNINVITED.
        """
        if name not in self.invited:
            return UNINVITED
        if why := flaw(bid, self.task):
            self.refuse(name, INVALID)
        else:
            self.standing[name] = bid
        return why

    def refuse(self, name: str, reason: str) -> None:
        """Somebody does not bid, or no longer."""
        self.standing.pop(name, None)
        self.reasons.append(reason)

    def scores(self, scoring: Scoring) -> Scores:
        """How good each bid is that stands; a scoring that leaves anybody out is refused."""
        scores, names = scoring(self.task, self.standing), list(self.standing)
        right = isinstance(scores, Mapping) and scores.keys() == self.standing.keys()
        require(right, f"scores={scores!r}", f"one for each of {names}", "scoring=cheapest")
        return scores

    def winner(self, scoring: Scoring) -> str | None:
        """Whose bid is the best, if any stands."""
        return best(self.scores(scoring)) if self.standing else None

    def narrow(self, scoring: Scoring) -> list[str]:
        """Go on to the next round with the better half; gives those who are out."""
        kept = shortlist(self.scores(scoring), (len(self.standing) + 1) // 2)
        out = [name for name in self.standing if name not in kept]
        self.standing = {name: self.standing[name] for name in kept}
        self.invited, self.round, self.reasons = tuple(kept), self.round + 1, []
        return out

    @property
    def status(self) -> str:
        """What it came to, if no bid stands."""
        return fruitless(self.reasons, len(self.invited))


@message
class Closed:
    """The bidding is over."""

    conversation: str
    winner: str | None


@message
class Outcome:
    """This came of the task."""

    task: str
    status: str
    contractor: str | None = None
    result: Any = None
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
        require_counts(capacity=capacity)
        self.capacity = capacity
        self.held: dict[str, float] = {}  # until when a proposal binds it, by conversation
        self.working: dict[str, Any] = {}  # what does the work
        self.over: set[str] = set()  # what it will not begin (again)

    @property
    def load(self) -> int:
        """How many tasks it has promised to do or is doing."""
        return len(self.held) + len(self.working)

    @property
    def room(self) -> int:
        """How many more it can promise."""
        return self.capacity - self.load

    def hold(self, conversation: str, until: float) -> None:
        """Keep room for what has been proposed, until it is decided on or lapses."""
        self.held[conversation] = until

    def lapse(self, now: float) -> list[str]:
        """Give up the room kept for proposals that bind no longer; gives those."""
        lapsed = [each for each, until in self.held.items() if not until > now]
        for conversation in lapsed:
            del self.held[conversation]
        return lapsed

    def drop(self, conversation: str) -> bool:
        """Give up the room kept for a proposal; gives whether there was any."""
        return self.held.pop(conversation, None) is not None

    def begin(self, conversation: str, work: Any) -> None:
        """Do what was promised, or what there is room for."""
        self.drop(conversation)
        self.working[conversation] = work

    def end(self, conversation: str) -> Any:
        """Have done with it, whatever became of it; gives what did the work, if any."""
        self.drop(conversation)
        self.over.add(conversation)
        return self.working.pop(conversation, None)


# --- many tasks -----------------------------------------------------------------------------------

Costs = Sequence[Sequence[float]]
"""A row for each task: what it costs each contractor.  There are at least as many of them as tasks."""


def one_by_one(costs: Costs) -> tuple[int, ...]:
    """The contractor of each task if each in turn is awarded to the cheapest who is still free.

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
    """The contractor of each task if all are awarded at once, at the least cost (SciPy's assignment)."""
    from scipy.optimize import linear_sum_assignment

    if not _width(costs):
        return ()
    return tuple(int(who) for who in linear_sum_assignment(costs)[1])


def total(costs: Costs, awarded: Iterable[int]) -> float:
    """What these awards cost together.

    >>> total([[1, 2], [1, 9]], (0, 1)), total([[1, 2], [1, 9]], (1, 0))
    (10, 3)
    """
    return sum(row[who] for row, who in zip(costs, awarded, strict=True))


def _width(costs: Costs) -> int:
    """How many contractors there are, once the table is found to be one."""
    table = isinstance(costs, Sequence) and all(isinstance(row, Sequence) for row in costs)
    require(table, f"costs={costs!r}", _TABLE, "[[3, 1], [2, 4]]")
    widths = {len(row) for row in costs}
    right = len(widths) <= 1 and all(number(each, -MOST) for row in costs for each in row)
    wide = min(widths, default=0)
    require(right and wide >= len(costs), f"costs={costs!r}", _TABLE, "[[3, 1], [2, 4]]")
    return wide


_TABLE = "a row of numbers for each task, all as long, with no fewer contractors than tasks"


def served(rankings: Iterable[Sequence[str]]) -> int:
    """How many of several simultaneous calls bring a bid if each bidder can commit to one, its favourite.

    >>> served([["dig", "sew"]] * 5), served([["dig", "sew"], ["sew", "dig"]])
    (1, 2)
    """
    return len({ranking[0] for ranking in rankings if ranking})
