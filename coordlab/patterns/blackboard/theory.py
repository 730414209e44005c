"""Blackboard: what it costs to hear of news, and how much one board can bear, by counting."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from coordlab import requirements as require


def polling_reads(agents: int, keys: int, ticks: int = 1) -> int:
    """Reads when each of `agents` reads each of `keys` at every one of `ticks`, whether there is news or not.

    >>> polling_reads(agents=4, keys=5, ticks=10)
    200
    """
    return require.count("agents", agents) * require.count("keys", keys) * require.count("ticks", ticks)


def notices(agents: int, writes: int, interested: float = 1.0) -> float:
    """Notices when a share `interested` (0 to 1) of `agents` subscribed to what each of `writes` is about.

    >>> notices(agents=4, writes=5)
    20.0
    """
    share = require.number("interested", interested, 0, 1, unit="a share")
    return require.count("agents", agents) * require.count("writes", writes) * share


def surest(
    facts: Mapping[str, float], rules: Iterable[tuple[Collection[str], str, float]]
) -> dict[str, float]:
    """How sure each fact and each conclusion can be, if a conclusion is no surer than the least sure need.

    facts: what was observed, with its confidence from 0 to 1.
    rules: what each needs and concludes, and how sure the rule itself is; of two ways the surer one counts.

    >>> surest({"hair": 0.9, "claws": 0.5}, [(("hair",), "mammal", 1.0), (("mammal", "claws"), "cat", 0.8)])
    {'hair': 0.9, 'claws': 0.5, 'mammal': 0.9, 'cat': 0.4}
    """
    found, rules, before = dict(facts), list(rules), -1.0
    while sum(found.values()) > before:
        before = sum(found.values())
        for needs, gives, strength in rules:
            if all(need in found for need in needs):
                sure = strength * min((found[need] for need in needs), default=1.0)
                found[gives] = max(sure, found.get(gives, 0.0))
    return found


def throughput(hold: float) -> float:
    """Operations per second at most, for any number of agents, if each holds one lock for `hold` seconds.

    >>> throughput(hold=0.05)
    20.0
    """
    return 1 / require.seconds("hold", hold, positive=True)
