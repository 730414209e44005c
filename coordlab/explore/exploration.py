"""`explore`: search for schedules that break a property, and make a contrasting pair of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Executor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from math import inf
from time import monotonic

from coordlab import requirements as require
from coordlab.explore.landmarks import Landmarks
from coordlab.explore.pairs import Contrast, Pair
from coordlab.explore.schedules import ALONE, Space, beyond
from coordlab.explore.search import WORKS, ExploreError, Failure, Found, Job, Search, Worker, verdicts
from coordlab.explore.shrinking import Shrinker
from coordlab.progress_bar import Tell, teller
from coordlab.properties.verdicts import HOLDS, UNDECIDED, VIOLATED, Verdict
from coordlab.trace.limits import Limits, kinds_in
from coordlab.trace.narration import sentence
from coordlab.trace.parcel import do_packed, packed_work
from coordlab.trace.scenario import Scenario, Value
from coordlab.world.run import Judge, Run, check_properties
from coordlab.world.source import Attempt, Source, attempt, source_of

END = 20.0  # virtual seconds of a run, if neither the caller nor the source sets an end


@dataclass
class Exploration:
    """The result of a search.

    source, properties: what was run, and by what it was judged besides its own properties.
    tried: how many schedules were run.
    failures: the first schedule found for each violated property; those of the scenario itself come first.
    survived: for each stratum how many schedules broke nothing, and how many were run.
    stopped: why the search ended before its budget was used, or "".
    space: which schedules were drawn from; None before the scenario itself has run, and if it was exhausted.
    """

    source: Source
    properties: tuple[Judge, ...]
    tried: int = 0
    failures: list[Failure] = field(default_factory=list)
    survived: dict[str, list[int]] = field(default_factory=dict)
    stopped: str = ""
    space: Space | None = None

    def __bool__(self) -> bool:
        """Whether nothing was broken."""
        return not self.failures

    @cached_property
    def pairs(self) -> list[Pair]:
        """A contrasting pair for each violated property, made when first asked for."""
        return [self.pair(each) for each in self.failures]

    def pair(self, failure: Failure) -> Pair:
        """The smallest schedule that was found for a failure, and its nearest neighbour that passes."""
        name, end = failure.property, failure.scenario.until

        def breaks(scenario: Scenario) -> bool:
            verdict, run = self._verdict(name, scenario)
            if verdict.status != VIOLATED or _cut_off(verdict, scenario.until, end):
                return False
            return not (self.space and beyond(scenario.faults, Landmarks(run.trace), self.space))

        smallest = Shrinker(breaks, self.source.turned).shrink(failure.scenario)
        return Contrast(smallest, end, partial(self._verdict, name)).pair()

    def _verdict(self, name: str, scenario: Scenario) -> tuple[Verdict, Run]:
        tried = attempt(self.source, scenario, self.properties)
        found = {each.name: each for each in verdicts(tried)}
        return found.get(name, Verdict(name, HOLDS if name == WORKS else UNDECIDED)), tried.run

    def __repr__(self) -> str:
        rows = "".join(f"\n  {name}: {kept} of {tried}" for name, (kept, tried) in self.survived.items())
        table = f"\nschedules that broke nothing, by how they were drawn:{rows}" if rows else ""
        broken = "".join(f"\n{each}" for each in self.failures)
        stopped = f" The search stopped early: {self.stopped}." if self.stopped else ""
        drawn = f"\nfaults drawn: {self.space.limits}." if self.space else ""
        count = len(self.failures)
        some = "1 property was" if count == 1 else f"{count} properties were"
        what = "every schedule kept every property" if self else f"{some} broken"
        return f"{self.tried:,} schedules: {what}.{stopped}{drawn}{broken}{table}"


def _cut_off(verdict: Verdict, until: float | None, end: float | None) -> bool:
    """Whether a run ends earlier than those of the search, and its verdict became certain only by that."""
    if until is None or end is None or until >= end:
        return False
    return verdict.at is None or verdict.at >= until


def explore(
    what: object,
    *properties: Judge,
    budget: int = 1_000,
    seconds: float | None = None,
    faults: str | Iterable[str] | None = None,
    until: float | None = None,
    seed: int = 0,
    limits: Limits | None = None,
    stop_at: int | None = None,
    executor: Executor | None = None,
    progress: bool | Tell = False,
    **parameters: Value,
) -> Exploration:
    """Search for fault schedules that break a property.

    what: a lab, a world, a run, or a function that builds a world from `seed` and `parameters`.
    properties: by what the runs are judged besides the properties of the world itself.
    budget: how many schedules are run, 1 or more.
    seconds: how many real seconds the search may take; None: no limit.
    faults: kinds of fault that a schedule may hold, such as "crash delay"; None: those of `limits`.
    until: the end of each run in virtual seconds; None: that of `what`, or 20.
    seed: the same seed makes the same search, on every executor.
    limits: which faults there are, how many at once, and how large they are; None: what the lab or the world
        assumes (see `World.assume`), or `Limits()`.
    stop_at: stop when this many properties are broken; None: go on, unless the scenario itself breaks one.
    executor: any `concurrent.futures.Executor`; None: this process.
    progress: True shows a bar where tqdm is installed; a function is called with (tried, budget).
    parameters: further arguments of the function.

    What the scenario itself violates, without a further fault, is the first failure.  Ctrl-C, or an executor
    that dies, ends the search, and what it has found is returned.  Raises ExploreError for what is not
    allowed, for unequal runs of a scenario, and for an error in a property (see `.found`).
    """
    found = Exploration(with_end(source_of(what, parameters, until)), properties)
    effort = Effort(budget, inf if seconds is None else seconds, stop_at, executor, progress)
    with kept(found):
        effort.spend(begun(found, faults, limits, seed), found)
    return found


def begun(found: Exploration, faults: str | Iterable[str] | None, limits: Limits | None, seed: int) -> Search:
    """A search that has run the scenario itself; what it finds goes to `found`."""
    seed = require.count("seed", seed, -inf, example=7, error=ExploreError)
    check_properties(found.properties)
    first = first_attempt(found.source, found.properties)
    found.space = space_of(first, faults, limits)
    search = Search(found.source, found.properties, found.space, first, seed)
    found.failures, found.survived = search.failures, search.survived
    return search


def space_of(first: Attempt, faults: str | Iterable[str] | None, limits: Limits | None) -> Space:
    """Which schedules there are for a scenario that has run."""
    world, scenario = first.run.world, first.scenario
    if limits is None:
        limits = world.limits or Limits()
    require.instance("limits", limits, Limits, "limits=Limits(most=2)")
    kinds = kinds_of(limits.kinds if faults is None else faults, list(world.agents))
    own = replace(limits, kinds=kinds)
    return Space(tuple(world.agents), float(scenario.until or END), own, scenario.faults)


@dataclass(frozen=True)
class Effort:
    """How long to search, and where; see `explore`.  Raises ExploreError or ValueError."""

    budget: int
    seconds: float
    stop_at: int | None
    executor: Executor | None
    progress: bool | Tell

    def __post_init__(self) -> None:
        require.count("budget", self.budget, 1, example=1_000, error=ExploreError)
        if self.seconds != inf:
            require.seconds("seconds", self.seconds, positive=True)
        if self.stop_at is not None:
            require.count("stop_at", self.stop_at, 1, example=1, error=ExploreError)
        if self.executor is not None:
            example = "executor=ProcessPoolExecutor()"
            require.instance("executor", self.executor, Executor, example, ExploreError)

    def spend(self, search: Search, found: Exploration) -> None:
        """Search until the budget is used, the time is over, or enough is broken."""
        if search.failures and self.stop_at is None:
            found.stopped = "the scenario itself breaks a property; stop_at=2 looks for another one"
            return
        deadline, tell = monotonic() + self.seconds, teller(self.progress, self.budget, "schedule")
        while search.tried < self.budget and len(search.failures) < (self.stop_at or inf):
            jobs = search.batch(self.budget - search.tried)
            for job, each in zip(jobs, results(search.worker, jobs, self.executor), strict=True):
                search.take(job, each)
                found.tried = search.tried
            tell(search.tried, self.budget)
            if monotonic() > deadline:
                found.stopped = f"{self.seconds:g} real seconds were over"
                return


@contextmanager
def kept(found: Exploration) -> Iterator[None]:
    """Keep what was found, whatever ends the search early: the stop button, a dead executor, an error."""
    try:
        yield
    except KeyboardInterrupt:
        found.stopped = "it was interrupted"
    except (BrokenExecutor, CancelledError, ConnectionError) as error:
        found.stopped = f"the executor died ({type(error).__name__}: {error})"
    except ExploreError as error:
        error.found = found
        raise


def kinds_of(faults: str | Iterable[str], agents: Sequence[str]) -> tuple[str, ...]:
    """Kinds of fault that can strike these agents, each checked.

    Raises ExploreError if there are none, or for a word that names no kind.
    """
    example = "def build(seed): return World(seed).add(...)"
    require.that(agents, "0 agents", "expected at least one, for faults to strike", example, ExploreError)
    known = kinds_in("faults", faults, ExploreError)
    fits = tuple(kind for kind in known if len(agents) > 1 or kind in ALONE)
    given = f"faults={' '.join(known)!r} in a world of one agent"
    require.that(fits, given, f"expected one of {', '.join(ALONE)}", "faults='crash'", ExploreError)
    return fits


def with_end(source: Source) -> Source:
    """The source with an end of its runs: its own, or 20 virtual seconds."""
    return source if source.scenario.until is not None else source_of(source, until=END)


def first_attempt(source: Source, properties: tuple[Judge, ...]) -> Attempt:
    """The run of the scenario itself.

    Raises ExploreError unless there is something to judge, and a second run is the same.
    """
    first = attempt(source, source.scenario, properties)
    example = "explore(build, always('one leader', ...)), or world.expect(...) in build"
    judged = first.run.world.properties
    require.that(judged, "no property", "expected at least one to break", example, ExploreError)
    again = attempt(source, source.scenario)
    differs = first.run.divergence(again.run)
    if differs is not None:
        trace = first.run.trace if differs < len(first.run.trace) else again.run.trace
        given = f"two runs of {source.scenario} differ from event {differs} on: {sentence(trace, differs)}"
        allowed = "the same scenario must give the same run, so nothing may be drawn or read from outside"
        require.fail(given, allowed, "self.dice.random(), self.now", ExploreError)
    return first


def results(worker: Worker, jobs: Sequence[Job], executor: Executor | None) -> Iterator[Found]:
    """The results of the jobs, in order, on any executor, each as soon as it is known."""
    if executor is None:
        yield from map(worker.done, jobs)
        return
    work = partial(do_packed, packed_work(worker, ExploreError))
    for part in executor.map(work, [jobs[start : start + 8] for start in range(0, len(jobs), 8)]):
        yield from part
