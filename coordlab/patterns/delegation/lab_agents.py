"""What the lab adds: the work that is delegated, and a coordinator of a first try."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import fsum

from coordlab.labs.declaration import Parameters
from coordlab.patterns.delegation.agents import Coordinator
from coordlab.patterns.delegation.domains import REPORT
from coordlab.patterns.delegation.rules import Leaf, Member, break_down, critical_path, in_order
from coordlab.world.dice import dice

SKILLS = ("gather", "analyse", "write", "sketch", "bind")
VERSIONS = ("textbook", "hasty", "trusting", "piled-up")


def report(size: int) -> tuple[Leaf, ...]:
    """A report on so many regions, as it is planned for a crew with all skills; each region has more data."""
    regions = [f"r{number}" for number in range(1, size + 1)]
    found = break_down({}, [("report", *regions)], REPORT, (Member("all", SKILLS),), {"analyse": 2.0})
    assert not isinstance(found, str), "a crew with all skills can do it"
    gathers = {f"gather {region}": (number + 1) / 2 for number, region in enumerate(regions, 1)}
    named = {leaf.name: leaf.name.split(" r1 ")[0] for leaf in found}  # "write", for all regions
    return tuple(
        Leaf(
            named[each.name],
            each.capability,
            gathers.get(each.name, each.work),
            tuple(named[name] for name in each.after),
        )
        for each in found
    )


def anomaly() -> tuple[Leaf, ...]:
    """Nine leaves that four members finish later than three (Graham 1966)."""
    work = (3, 2, 2, 2, 4, 4, 4, 4, 9)
    after = {9: ("t1",), **dict.fromkeys((5, 6, 7, 8), ("t4",))}
    return tuple(Leaf(f"t{n}", "gather", float(each), after.get(n, ())) for n, each in enumerate(work, 1))


def longest_last() -> tuple[Leaf, ...]:
    """Twelve short leaves and then a long one: four members take 7 s in this order, and could take 4."""
    short = tuple(Leaf(f"short-{number}", "gather") for number in range(1, 13))
    return *short, Leaf("long", "gather", 4.0)


def chain(size: int) -> tuple[Leaf, ...]:
    """Each leaf waits for the one before."""
    names = [f"link-{number}" for number in range(1, size + 1)]
    before = [(), *((name,) for name in names)]
    return tuple(Leaf(name, "gather", 1.0, each) for name, each in zip(names, before, strict=False))


def drawn(size: int) -> tuple[Leaf, ...]:
    """`2 * size` leaves.  Each waits for up to two earlier ones, drawn with a fixed seed."""
    draw, leaves = dice(size, "leaves"), list[Leaf]()
    for number in range(1, 2 * size + 1):
        earlier = [leaf.name for leaf in leaves]
        after = draw.sample(earlier, min(len(earlier), draw.randint(0, 2)))
        leaves.append(Leaf(f"t{number}", "gather", round(draw.uniform(0.5, 2.5), 1), tuple(after)))
    return tuple(leaves)


WORK: dict[str, Callable[[int], tuple[Leaf, ...]]] = {
    "report": report,
    "drawn": drawn,
    "chain": chain,
    "longest-last": lambda size: longest_last(),
    "anomaly": lambda size: anomaly(),
}


def leaves_of(given: Parameters) -> tuple[Leaf, ...]:
    """What is to be done, in the order in which it is handed out."""
    leaves = WORK[given["work"]](given["size"])
    if given["order"] == "as-listed":
        return leaves
    return tuple(sorted(leaves, key=lambda leaf: -chains(leaves)[leaf.name][1]))


def chains(leaves: tuple[Leaf, ...]) -> dict[str, tuple[float, float]]:
    """For each leaf the seconds of the longest chain that ends with it, and of the longest that begins."""
    before, after = dict[str, float](), dict.fromkeys((leaf.name for leaf in leaves), 0.0)
    ordered = in_order(leaves)
    for leaf in ordered:
        before[leaf.name] = leaf.work + max((before[name] for name in leaf.after), default=0.0)
    for leaf in reversed(ordered):
        for name in leaf.after:
            after[name] = max(after[name], leaf.work + after[leaf.name])
    return {leaf.name: (before[leaf.name], leaf.work + after[leaf.name]) for leaf in leaves}


def critical(leaves: tuple[Leaf, ...]) -> set[str]:
    """The leaves on a longest chain: a delay of one of them is a delay of the whole."""
    whole, found = critical_path(leaves), chains(leaves)
    return {leaf.name for leaf in leaves if fsum(found[leaf.name]) - leaf.work > whole - 1e-9}


class Hasty(Coordinator):
    """A first try: it hands everything out at once, whatever has to come before."""

    async def see_to(self, leaf: Leaf) -> None:
        """See to a leaf as if it waited for nothing."""
        await super().see_to(replace(leaf, after=()))
