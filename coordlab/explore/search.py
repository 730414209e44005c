"""The search: schedules are drawn, run and judged in batches, and what showed something new is varied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from coordlab import requirements as require
from coordlab.explore.landmarks import Landmarks
from coordlab.explore.schedules import STRATA, Faults, Space, beyond, guided, strata
from coordlab.properties.verdicts import VIOLATED, Verdict
from coordlab.trace.faults import Fault
from coordlab.trace.scenario import Scenario
from coordlab.world.dice import dice
from coordlab.world.run import Judge
from coordlab.world.source import Attempt, Source, attempt

SEEDS = 8  # base runs from which schedules start
BATCH = 40  # schedules that are drawn before their results are looked at
CORPUS = 200  # schedules that showed something new and are varied
WORKS = "no agent fails"
"""The name under which a run that its agents stop with an error is reported."""
ITSELF = "the scenario itself"
"""What stands in a failure in place of a stratum if no further fault was needed."""


class ExploreError(ValueError):
    """What cannot be explored; `found` holds the result so far, if there is one."""

    found: object = None


@dataclass(frozen=True)
class Failure:
    """A schedule that violates a property.

    property: its name.
    scenario: the schedule.
    stratum: how it was drawn, or `ITSELF`.
    at: the number of schedules run when it was found; 0 for the scenario itself.
    """

    property: str
    scenario: Scenario
    stratum: str
    at: int

    def __str__(self) -> str:
        found = f"{self.stratum}, schedule {self.at}" if self.at else self.stratum
        return f"✗ {self.property} ({found}): {self.scenario}"


class Job(NamedTuple):
    """One schedule to draw: from which one, and how."""

    number: int
    stratum: str
    parent: Scenario


class Found(NamedTuple):
    """What became of a schedule: the violated properties, and the shape of its run."""

    scenario: Scenario
    violated: tuple[str, ...]
    features: frozenset[tuple[object, ...]]


@dataclass
class Search:
    """A search in progress: draws, runs and remembers.

    source, properties: what is run, and by which properties besides its own it is judged.
    space: which schedules there are.
    first: the scenario itself, run and judged.
    seed: from which all choices are drawn.
    """

    source: Source
    properties: tuple[Judge, ...]
    space: Space
    first: Attempt
    seed: int = 0
    tried: int = 0
    failures: list[Failure] = field(default_factory=list)
    survived: dict[str, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        base = self.source.scenario
        self.worker = Worker(self.source, self.properties, self.space, self.seed)
        step = 1 if base.seed < 2**63 - SEEDS else -1  # seeds stay below 2**63
        self.bases = [replace(base, seed=base.seed + number * step) for number in range(SEEDS)]
        self.corpus: list[Scenario] = []
        self.seen = set[tuple[object, ...]]()
        self.violated = set[str]()
        marks = Landmarks(self.first.run.trace)
        self.worker.known[base.seed, base.faults] = marks
        self.strata = strata(marks, self.space)
        self._fail(broken(self.first), base, ITSELF)

    def batch(self, most: int) -> list[Job]:
        """The next jobs: the strata take turns; every third job varies a schedule that showed news."""
        return [self._job(number) for number in range(self.tried, self.tried + min(BATCH, most))]

    def _job(self, number: int) -> Job:
        choose = dice(self.seed, "job", number)
        if self.corpus and (number % 3 == 2 or not self.strata):
            recent = self.corpus[-40:] if choose.random() < 0.5 else self.corpus
            return Job(number, GUIDED, choose.choice(recent))
        stratum = self.strata[(number - number // 3) % len(self.strata)]
        return Job(number, stratum, choose.choice(self.bases))

    def take(self, job: Job, found: Found) -> None:
        """Record the result of a job."""
        self.tried += 1
        tally = self.survived.setdefault(job.stratum, [0, 0])
        tally[0] += not found.violated
        tally[1] += 1
        self._fail(found.violated, found.scenario, job.stratum)
        if not found.features <= self.seen:
            self.seen |= found.features
            self.corpus = [*self.corpus, found.scenario][-CORPUS:]

    def _fail(self, violated: Sequence[str], scenario: Scenario, stratum: str) -> None:
        """Record the properties that no schedule has violated before."""
        new = [name for name in violated if name not in self.violated]
        self.violated.update(new)
        self.failures += [Failure(name, scenario, stratum, self.tried) for name in new]


GUIDED = "guided"


@dataclass
class Worker:
    """Draws, runs and judges the schedules of a batch; it can go to another process."""

    source: Source
    properties: tuple[Judge, ...]
    space: Space
    seed: int
    known: dict[tuple[int, tuple[Fault, ...]], Landmarks] = field(default_factory=dict, repr=False)
    seen: set[tuple[object, ...]] = field(default_factory=set, repr=False)

    def __call__(self, jobs: Sequence[Job]) -> list[Found]:
        """The results of a batch, in order."""
        return [self.done(job) for job in jobs]

    def __reduce__(self) -> tuple[type[Worker], tuple[object, ...]]:
        return Worker, (self.source, self.properties, self.space, self.seed)  # landmarks are found again

    def marks(self, parent: Scenario) -> Landmarks:
        """The landmarks of a run, those of the last few hundred runs remembered."""
        key = parent.seed, parent.faults
        if key not in self.known:
            if len(self.known) > CORPUS:
                self.known.clear()
            self.known[key] = Landmarks(attempt(self.source, parent).run.trace)
        return self.known[key]

    def done(self, job: Job) -> Found:
        """The result of one job."""
        faults = tuple(dict.fromkeys(self.drawn(job)))
        while True:
            scenario = job.parent.again(job.parent.seed, faults)
            tried = attempt(self.source, scenario, self.properties)
            marks, violated = Landmarks(tried.run.trace), broken(tried)
            much = beyond(faults, marks, self.space) if violated else []
            if not much:
                break
            faults = tuple(each for each in faults if each not in much)  # what is left must break it, too
        if len(self.known) <= CORPUS and not marks.features <= self.seen:  # vary what is new
            self.known[scenario.seed, scenario.faults] = marks
            self.seen |= marks.features
        return Found(scenario, violated, marks.features)

    def drawn(self, job: Job) -> Faults:
        """The faults of one job: those of its parent, and what the stratum draws."""
        own, marks = dice(self.seed, "schedule", job.number), self.marks(job.parent)
        before = list(job.parent.faults)
        if job.stratum == GUIDED:
            return guided(own, marks, self.space, before)
        return before + STRATA[job.stratum](own, marks, self.space)


def broken(tried: Attempt) -> tuple[str, ...]:
    """The names of the properties that an attempt violates.  Raises ExploreError if one raises an error."""
    try:
        return tuple(each.name for each in verdicts(tried) if each.status == VIOLATED)
    except Exception as error:  # noqa: BLE001  (whatever a property raises)
        what = " ".join([f"{type(error).__name__}: {error}", *getattr(error, "__notes__", ())])
        allowed = "a property returns a verdict on every trace"
        example = "run this scenario alone; what was found before is error.found"
        require.fail(f"{what}, in {tried.scenario}", allowed, example, ExploreError)


def verdicts(tried: Attempt) -> list[Verdict]:
    """The verdicts of an attempt; a run that an error stopped has violated `WORKS`."""
    if tried.problem:
        trace = tried.run.trace
        stopped = Verdict(WORKS, VIOLATED, trace.until, len(trace) - 1 if len(trace) else None, tried.problem)
        return [*tried.run.verdicts, stopped]
    return tried.run.verdicts
