"""An exhaustive answer for tiny worlds: every combination of short and long delays, with each fault."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from coordlab import requirements as require
from coordlab.explore.exploration import Exploration, first_attempt, kept, with_end
from coordlab.explore.landmarks import Landmarks, Sent
from coordlab.explore.search import ExploreError, Failure, broken
from coordlab.progress_bar import Tell, teller
from coordlab.trace.faults import Crash, Delay, Fault, as_fault
from coordlab.trace.scenario import Scenario, Value
from coordlab.trace.trace import Trace
from coordlab.world.run import Judge
from coordlab.world.source import Source, attempt, source_of

MOST = 100_000  # schedules


@dataclass
class Answer(Exploration):
    """The result of running every schedule of a space; true if all of them keep every property."""

    steps: int = 0

    def __repr__(self) -> str:
        if self and not self.stopped:
            return f"all {self.tried:,} schedules keep every property"
        return super().__repr__()


def exhaust(
    what: object,
    *properties: Judge,
    steps: int = 8,
    long: float = 0.5,
    faults: str | Iterable[Fault | str] = "crash",
    until: float | None = None,
    progress: bool | Tell = False,
    **parameters: Value,
) -> Answer:
    """Run a small world with each of its first messages short or long, and with at most one further fault.

    steps: how many messages, in the order of sending, take their time or `long` virtual seconds more.
    faults: "crash" lets each agent crash for good at each moment of the first `steps` messages, "" allows no
        fault; or the faults themselves, of which each run has one or none.
    what, properties, until, progress, parameters: as for `explore`.

    The latency of the world should be constant.  The first failure is the shortest.  Raises ExploreError,
    with an estimate, if there are more than 100,000 schedules.
    """
    steps = require.count("steps", steps, 0, 40, error=ExploreError)
    long = float(require.seconds("long", long, positive=True, error=ExploreError))
    source = with_end(source_of(what, parameters, until))
    first = first_attempt(source, properties)
    single = _single(first.run.trace, steps, faults)
    size = (len(single) + 1) * 2**steps
    given, allowed = f"{steps} steps and {len(single)} faults make {size:,} schedules", f"at most {MOST:,}"
    require.that(size <= MOST, given, f"{allowed} are run", "exhaust(..., steps=8)", ExploreError)
    begins = [source.scenario, *(source.scenario.with_faults(one) for one in single)]
    leaves = (leaf for begin in begins for leaf in _leaves(source, begin, properties, steps, long))
    answer, tell = Answer(source, properties, steps=steps), teller(progress, size, "schedule")
    with kept(answer):
        for scenario, violated in leaves:
            answer.tried += 1
            tell(answer.tried, size)
            known = {each.property for each in answer.failures}
            failures = [Failure(name, scenario, "exhaustive", answer.tried) for name in violated]
            answer.failures += [each for each in failures if each.property not in known]
    return answer


def _single(trace: Trace, steps: int, faults: str | Iterable[Fault | str]) -> list[Fault]:
    """The faults of which each run has at most one."""
    if not isinstance(faults, str):
        allowed, example = "expected faults, or crash", "faults=['crash 3 @1']"
        require.that(
            isinstance(faults, Iterable), f"faults={require.shown(faults)}", allowed, example, ExploreError
        )
        return [as_fault(each) for each in faults]
    require.one_of("faults", faults, ("", "crash"), ExploreError)
    if not faults:
        return []
    marks = Landmarks(trace)
    times = sorted({sent.time for sent in _first(marks, steps)})
    return [Crash(name, at=time / 1e6) for time in times for name in marks.agents]


def _first(marks: Landmarks, steps: int) -> list[Sent]:
    """The first messages of a run."""
    return sorted(sent for each in marks.sends.values() for sent in each)[:steps]


def _leaves(
    source: Source, scenario: Scenario, properties: tuple[Judge, ...], steps: int, long: float
) -> Iterator[tuple[Scenario, tuple[str, ...]]]:
    """Every schedule, and what it violates: fewer long messages come first.

    A run decides which message comes next, so a long one is chosen in the run with the choices before it.
    """
    waiting = [(scenario, 0)]
    while waiting:
        following: list[tuple[Scenario, int]] = []
        for each, chosen in waiting:
            tried = attempt(source, each, properties)
            sends = _first(Landmarks(tried.run.trace), steps)
            violated = broken(tried)
            for place in range(chosen, steps):
                if place < len(sends):
                    late = Delay(sends[place].sender, sends[place].to, sends[place].nth, long)
                    following.append((replace(each, faults=(*each.faults, late)), place + 1))
            yield each, violated
        waiting = following
