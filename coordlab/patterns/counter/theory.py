"""What agents that add to one counter can lose, how likely it is, and what it costs to lose nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from math import factorial
from typing import TypeAlias

from coordlab import requirements as require

MESSAGES = {"unsynchronised": 4, "lock": 8, "compare-and-set": 4, "one-message": 2}
"""Messages of a step, or of an attempt to make one, by method."""


def best(agents: int, steps: int) -> int:
    """What the counter shows at most in the end: every step."""
    return require.count("agents", agents, 1) * require.count("steps", steps, 1)


def worst(agents: int, steps: int) -> int:
    """What it shows at least: 2, however many agents and steps there are, if there are two of each.

    The last write is one more than was read before it. If that was 0, its agent had written nothing before,
    so it has one step only. Else it was 1 or more. Ben-Ari 2006, chapter 2.

    >>> worst(2, 5), worst(8, 25), worst(1, 5), worst(5, 1)
    (2, 2, 5, 1)
    """
    return steps if best(agents, steps) == steps else min(steps, 2)


def orders(agents: int, steps: int) -> int:
    """In how many orders the reads and writes can come: (2nm)! / ((2m)!)^n.

    >>> orders(2, 5), orders(3, 5)
    (184756, 5550996791340)
    """
    return factorial(2 * best(agents, steps)) // int(factorial(2 * steps) ** agents)


def outcomes(agents: int, steps: int) -> dict[int, int]:
    """What the counter shows in the end, and in how many of all orders.

    >>> outcomes(2, 2)
    {2: 32, 3: 32, 4: 6}
    """
    now = Counter({_begun(agents): 1})
    for _ in range(2 * best(agents, steps)):
        after: Counter[Moment] = Counter()
        for moment, count in now.items():
            for _, (value, parts) in _next(moment, steps):
                after[value, tuple(sorted(parts))] += count  # agents are alike: their order is nothing
        now = after
    found: Counter[int] = Counter()
    for (value, _), count in now.items():
        found[value] += count
    return dict(sorted(found.items()))


def order(agents: int, steps: int, ending: int) -> str:
    """An order of all reads and writes after which the counter shows `ending`: a letter for each agent.

    The first one in alphabetical order. Each letter is in turn a read and a write of its agent.
    Raises ValueError if there is none, or for more than 26 agents.

    >>> order(2, 3, ending=2), order(2, 2, ending=4)
    ('abaaababbbba', 'aaaabbbb')
    """
    require.count("agents", agents, 1, 26)
    dead = set[Moment]()  # from which no order leads there

    def rest(moment: Moment) -> str | None:
        following = [] if moment in dead else [*_next(moment, steps)]
        if not following:
            return "" if moment not in dead and moment[0] == ending else None
        for place, after in following:
            if (tail := rest(after)) is not None:
                return chr(ord("a") + place) + tail
        dead.add(moment)
        return None

    found = rest(_begun(agents))
    allowed = f"expected {worst(agents, steps)} to {best(agents, steps)}"
    require.that(found is not None, f"ending={ending!r}", allowed, f"ending={worst(agents, steps)}")
    return str(found)


# The value; and for each agent how many reads and writes it has done, and what it has read.
Moment: TypeAlias = "tuple[int, tuple[tuple[int, int], ...]]"


def _begun(agents: int) -> Moment:
    return 0, ((0, 0),) * require.count("agents", agents, 1)


def _next(moment: Moment, steps: int) -> Iterator[tuple[int, Moment]]:
    """Each agent, by its place, that has something left to do, and what is then."""
    value, parts = moment
    for place, (done, seen) in enumerate(parts):
        if done < 2 * steps:
            reads = done % 2 == 0
            part = (done + 1, value if reads else 0)
            yield place, (value if reads else seen + 1, (*parts[:place], part, *parts[place + 1 :]))


def loss(agents: int, window: float, spread: float) -> float:
    """The probability that an update is lost if each agent makes one step, begun at random.

    window: the seconds between reading and writing, as the counter sees them, 0 or more.
    spread: the seconds, above 0, within which each begins, all moments equally likely.

    Nothing is lost if any two begin at least a window apart. Take a window w out of each of the n - 1 gaps:
    what is left are n points on a line of s - (n - 1)w instead of s, so the probability of this is
    (1 - (n - 1)w/s)^n. R. Pyke, Spacings, Journal of the Royal Statistical Society B 27(3), 1965.

    >>> [round(loss(agents, 0.1, 2.0), 3) for agents in (1, 2, 3, 5)]
    [0.0, 0.098, 0.271, 0.672]
    """
    window, spread = require.seconds("window", window), require.seconds("spread", spread, positive=True)
    room = 1 - (require.count("agents", agents, 1) - 1) * window / spread
    return 1 - float(max(room, 0.0)) ** agents


def attempts(agents: int, steps: int) -> int:
    """Attempts with compare and set, at most: n²m - n(n - 1)/2.

    An attempt fails only if another agent has written since it read, and each write makes at most one
    attempt of each other agent fail; an agent that is done fails no more.

    >>> attempts(5, 1), attempts(5, 5)
    (15, 115)
    """
    return agents * best(agents, steps) - agents * (agents - 1) // 2


def messages(method: str, agents: int, steps: int) -> float:
    """Messages for each step; with compare and set at most.

    >>> [messages(method, 5, 1) for method in MESSAGES]
    [4.0, 8.0, 12.0, 2.0]
    """
    each = MESSAGES[require.one_of("method", method, MESSAGES)]
    tries = attempts(agents, steps) / best(agents, steps) if method == "compare-and-set" else 1.0
    return each * tries


def seconds(method: str, agents: int, steps: int, work: float, slowest: float) -> float:
    """Seconds until all are done, at most, if all begin at once and no message takes longer than `slowest`.

    With a lock one step follows the other. With compare and set an agent makes at most nm attempts: each
    that fails has met the write of another agent.

    >>> [round(seconds(method, 5, 5, work=0.1, slowest=0.05), 2) for method in MESSAGES]
    [1.5, 12.5, 7.5, 1.0]
    """
    work, slowest = require.seconds("work", work), require.seconds("slowest", slowest)
    every = best(agents, steps)
    return {
        "unsynchronised": steps * (work + 4 * slowest),
        "lock": every * (work + 8 * slowest),
        "compare-and-set": every * (work + 4 * slowest),
        "one-message": steps * (work + 2 * slowest),
    }[require.one_of("method", method, MESSAGES)]
