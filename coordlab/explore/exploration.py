"""`explore`: search for schedules that break a property, and make a contrasting pair of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Executor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, partial
from math import inf
from time import monotonic

from coordlab import requirements as require
from coordlab.explore.pairs import Contrast, Pair
from coordlab.explore.schedules import ALONE, KINDS, USUAL, Limits, Space
from coordlab.explore.search import WORKS, ExploreError, Failure, Found, Job, Search, Worker, verdicts
from coordlab.explore.shrinking import Shrinker
from coordlab.progress_bar import Tell, teller
from coordlab.properties.verdicts import HOLDS, UNDECIDED, VIOLATED, Verdict
from coordlab.trace.narration import sentence
from coordlab.trace.parcel import do_packed, packed_work
from coordlab.trace.scenario import Scenario, Value
from coordlab.world.run import Judge, Run
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
    """

    source: Source
    properties: tuple[Judge, ...]
    tried: int = 0
    failures: list[Failure] = field(default_factory=list)
    survived: dict[str, list[int]] = field(default_factory=dict)
    stopped: str = ""

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
            verdict, _ = self._verdict(name, scenario)
            return verdict.status == VIOLATED and not _cut_off(verdict, scenario.until, end)

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
        count = len(self.failures)
        some = "1 property was" if count == 1 else f"{count} properties were"
        what = "every schedule kept every property" if self else f"{some} broken"
        return f"{self.tried:,} schedules: {what}.{stopped}{broken}{table}"


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
    faults: str | Iterable[str] = USUAL,
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
    faults: kinds of fault that a schedule may hold, such as "crash delay"; default: all but those of calls.
    until: the end of each run in virtual seconds; None: that of `what`, or 20.
    seed: the same seed makes the same search, on every executor.
    limits: how many faults there are at once, and how large they are; default: `Limits()`.
    stop_at: stop when this many properties are broken; None: go on.
    executor: any `concurrent.futures.Executor`; None: this process.
    progress: True shows a bar where tqdm is installed; a function is called with (tried, budget).
    parameters: further arguments of the function.

    What the scenario itself violates, without a further fault, is the first failure.  Ctrl-C, or an executor
    that dies, ends the search, and what it has found is returned.  Raises ExploreError for what is not
    allowed, for unequal runs of a scenario, and for an error in a property (see `.found`).
    """
    budget = require.count("budget", budget, 1, example=1_000, error=ExploreError)
    source = with_end(source_of(what, parameters, until))
    check_source(source, tried := attempt(source, source.scenario, properties), properties)
    agents, end = tuple(tried.run.world.agents), float(source.scenario.until or END)
    space = Space(kinds_of(faults, agents), agents, end, limits or Limits())
    limit = inf if seconds is None else float(require.seconds("seconds", seconds, positive=True))
    return _searched(Search(source, properties, space, seed), budget, limit, stop_at, executor, progress)


def _searched(
    search: Search,
    budget: int,
    limit: float,
    stop_at: int | None,
    executor: Executor | None,
    progress: bool | Tell,
) -> Exploration:
    """Search until the budget is used, `limit` real seconds are over, or enough is broken."""
    found = Exploration(search.source, search.properties, failures=search.failures, survived=search.survived)
    if stop_at is not None:
        stop_at = require.count("stop_at", stop_at, 1, example=1, error=ExploreError)
    if executor is not None:
        require.instance("executor", executor, Executor, "executor=ProcessPoolExecutor()", ExploreError)
    deadline, tell = monotonic() + limit, teller(progress, budget, "schedule")
    with kept(found):
        while search.tried < budget and (stop_at is None or len(search.failures) < stop_at):
            jobs = search.batch(budget - search.tried)
            for job, each in zip(jobs, results(search.worker, jobs, executor), strict=True):
                search.take(job, each)
                found.tried = search.tried
            tell(search.tried, budget)
            if monotonic() > deadline:
                found.stopped = f"{limit:g} real seconds were over"
                break
    return found


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
    known = words_of(faults)
    fits = tuple(kind for kind in known if len(agents) > 1 or kind in ALONE)
    given = f"faults={' '.join(known)!r} in a world of one agent"
    require.that(fits, given, f"expected one of {', '.join(ALONE)}", "faults='crash'", ExploreError)
    return fits


def words_of(faults: str | Iterable[str]) -> tuple[str, ...]:
    """The kinds of fault in a text or a list.  Raises ExploreError for others, or if there are none."""
    allowed, given = f"expected kinds among {', '.join(KINDS)}", f"faults={require.shown(faults)}"
    require.that(
        isinstance(faults, Iterable) and faults, given, allowed, "faults='crash delay'", ExploreError
    )
    kinds = faults.split() if isinstance(faults, str) else faults
    return tuple(require.one_of("faults", kind, KINDS, ExploreError) for kind in kinds)


def with_end(source: Source) -> Source:
    """The source with an end of its runs: its own, or 20 virtual seconds."""
    return source if source.scenario.until is not None else source_of(source, until=END)


def check_source(source: Source, tried: Attempt, properties: Sequence[Judge]) -> None:
    """Raise ExploreError unless there is something to judge, and the same scenario gives the same run."""
    judged = [*tried.run.world.properties, *properties]
    example = "explore(build, always('one leader', ...)), or world.expect(...) in build"
    require.that(judged, "no property", "expected at least one to break", example, ExploreError)
    again = attempt(source, source.scenario, tuple(properties))
    first = tried.run.divergence(again.run)
    if first is not None:
        trace = tried.run.trace if first < len(tried.run.trace) else again.run.trace
        given = f"two runs of {source.scenario} differ from event {first} on: {sentence(trace, first)}"
        allowed = "the same scenario must give the same run, so nothing may be drawn or read from outside"
        require.fail(given, allowed, "self.dice.random(), self.now", ExploreError)


def results(worker: Worker, jobs: Sequence[Job], executor: Executor | None) -> Iterator[Found]:
    """The results of the jobs, in order, on any executor, each as soon as it is known."""
    if executor is None:
        yield from map(worker.done, jobs)
        return
    work = partial(do_packed, packed_work(worker, ExploreError))
    for part in executor.map(work, [jobs[start : start + 8] for start in range(0, len(jobs), 8)]):
        yield from part
