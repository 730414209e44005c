"""A run as data: what remains of a world that has run."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from importlib import import_module
from itertools import zip_longest
from math import inf
from typing import TYPE_CHECKING, Any

from coordlab import requirements as require
from coordlab.trace.faults import Drop, Fault
from coordlab.trace.narration import narration, sentence
from coordlab.trace.parcel import Parcel, as_it_was, parcel
from coordlab.trace.scenario import Scenario
from coordlab.trace.trace import FAULT, MICRO, SEND, Trace

if TYPE_CHECKING:
    from coordlab.properties.verdicts import Verdict
    from coordlab.world.world import World


Judge = Callable[[Trace], "Verdict"]
"""A property, as a world sees it."""


def check_properties(properties: Sequence[Judge]) -> None:
    """Raise TypeError unless each is a property; the predicate of a property is not one."""
    allowed = "expected a property, which has a name and judges a trace"
    example = "world.expect(always('one leader', lambda now: len(now.where('role', 'leads')) <= 1))"
    for each in properties:
        if not (callable(each) and hasattr(each, "name")):
            require.fail(require.shown(each), allowed, example, TypeError)


def judged(trace: Trace, properties: Sequence[Judge]) -> list[Verdict]:
    """The verdicts of properties on a trace; those that can be judged together are, in one pass."""
    groups: dict[object, list[int]] = {}
    for place, judge in enumerate(properties):
        groups.setdefault(getattr(judge, "together", None), []).append(place)
    found: dict[int, Verdict] = {}
    for together, places in groups.items():
        some = [properties[place] for place in places]
        verdicts = together(trace, some) if callable(together) else [judge(trace) for judge in some]
        found.update(zip(places, verdicts, strict=True))
    return [found[place] for place in range(len(properties))]


def unlike(before: Trace, after: Trace, faults: Sequence[Fault]) -> str:
    """How a run differs from the one that it repeats, earlier than by the first of its new faults; or ""."""
    start = min((_begins(each, before) for each in faults), default=inf)
    pairs = zip_longest(_until(start, before), _until(start, after), fillvalue=((inf,), -1))
    different = (
        (before, seq) if row[0] < other[0] else (after, other_seq)  # what comes first has no counterpart
        for (row, seq), (other, other_seq) in pairs
        if row != other and repr(row) != repr(other)  # NaN is NaN
    )
    trace, seq = next(different, (after, -1))
    if seq < 0:
        return ""
    event = trace[seq]
    return (
        "this run does not repeat the one before: it differs before the first new fault, from "
        f"{event.time:.3f} s on: {sentence(trace, seq)} {event.agent} must use self.dice and self.now, not "
        "random or time, and keep nothing between runs; coordlab.explore.lint(run) shows where."
    )


def _begins(fault: Fault, trace: Trace) -> float:
    """The microsecond at which a fault begins; one of a message, when that is sent."""
    if not isinstance(fault, Drop):
        return (fault.at or 0.0) * MICRO
    sent = [row[0] for row in trace.rows if row[1] == SEND and row[2:4] == fault.agents]
    return sent[fault.nth - 1] if fault.nth <= len(sent) else inf


def _until(start: float, trace: Trace) -> Iterator[tuple[tuple[Any, ...], int]]:
    """What happened before then, faults and numbers of causes aside, each with its number in the trace."""
    for seq, row in enumerate(trace.rows):
        if row[1] != FAULT and row[0] < start:
            yield (*row[:6], row[7]), seq


class Run:
    """A run that is over: its trace, the verdicts of its properties, and the ways to vary it.

    trace: the record of all that happened.
    world: the world as it was at the end.
    until: the end in virtual seconds, or None if the run ended by itself.

    A run can be pickled.  The agents of its world then have the states that the trace recorded last, and are
    otherwise as they were made.
    """

    def __init__(self, trace: Trace, world: World, until: float | None) -> None:
        self.trace, self.world, self.until = trace, world, until

    @cached_property
    def verdicts(self) -> list[Verdict]:
        """The verdict of each property that the world expects, judged when first asked for."""
        return judged(self.trace, self.world.properties)

    @property
    def scenario(self) -> Scenario:
        """All that determines this run, as data."""
        return replace(self.world.scenario, faults=tuple(self.world.faults), until=self.until)

    @property
    def line(self) -> str:
        """All that determines this run, on one line to share."""
        return str(self.scenario)

    def branch(self, *faults: Fault | str) -> Run:
        """Run the same world again from the beginning, with more faults.

        Its agents are made again from their arguments.  Warns if it differs before the first of these faults,
        as it does if an agent uses chance or a clock from outside.  Raises FaultError for a fault that cannot
        strike.
        """
        world = self.world.again()
        known = len(world.faults)
        branch = world.inject(*faults).run(self.until)
        if why := unlike(self.trace, branch.trace, world.faults[known:]):
            warnings.warn(why, stacklevel=2)
        return branch

    def divergence(self, other: Run) -> int | None:
        """The number of the first event in which the two runs differ; None if they are equal."""
        require.instance("other", other, Run, "run.divergence(run.branch('crash 5 @3'))")
        return self.trace.divergence(other.trace)

    def __reduce__(self) -> Parcel:
        return parcel(as_it_was, Run, vars(self))

    def __repr__(self) -> str:
        verdicts = "".join(f"\n{verdict}" for verdict in self.verdicts)
        return f"{self.line}\n{narration(self.trace)}{verdicts}"

    # The only import upwards, when a notebook asks: any run shows the player, however it was imported.
    def _ipython_display_(self) -> None:
        import_module("coordlab.labs").show(self)._ipython_display_()

    def _repr_mimebundle_(self, **_: object) -> Any:
        return import_module("coordlab.labs").show(self)._repr_mimebundle_()
