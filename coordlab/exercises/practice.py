"""Parts that are answered by a class of agents: judged on hundreds of schedules, by kind of fault."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from inspect import isclass
from math import floor, fsum

from coordlab import requirements as require
from coordlab.exercises.part import PUBLISHED, Check, ExerciseError, Graded, Outcome, Part, Runner, Variant
from coordlab.explore.landmarks import Landmarks
from coordlab.explore.pairs import Contrast, Pair
from coordlab.explore.schedules import STRATA, Space, beyond, strata
from coordlab.explore.shrinking import Shrinker
from coordlab.intervals import share
from coordlab.properties.verdicts import HOLDS, UNDECIDED, VIOLATED, Verdict
from coordlab.trace.faults import Fault
from coordlab.trace.limits import Limits
from coordlab.trace.scenario import Scenario, Value
from coordlab.world.agent import Agent
from coordlab.world.dice import dice
from coordlab.world.errors import in_words, line_of
from coordlab.world.run import Run
from coordlab.world.source import Attempt, Built, Source, attempt
from coordlab.world.world import World

VISIBLE, HIDDEN = 16, 40  # schedules for each kind of fault; no kind is the worst with fewer than 20 hidden
SEEDS = 5  # base runs from which schedules start
SHRINKING = 150  # runs to make a failing schedule smaller


@dataclass(frozen=True)
class Kind:
    """A kind of fault: how it is called, how its schedules are drawn (see `explore`), with which faults.

    lasting: whether there is a single fault, which lasts as long as the limits allow.
    """

    name: str
    stratum: str
    faults: str
    lasting: bool = False


CRASHES = Kind("a crash at the worst moment", "instants", "crash", lasting=True)
RETURNS = Kind("a crash and a return", "instants", "crash")
PAUSES = Kind("a pause at the worst moment", "instants", "pause")
PARTED = Kind("a partition that heals", "instants", "partition cut")
LOST = Kind("messages lost or doubled", "lost", "drop duplicate")
LATE = Kind("a message held back", "held back", "delay")
ORDER = Kind("agents of unequal speed", "order", "slow")
MIXED = Kind("several faults at once", "anything", "crash partition cut slow drop duplicate delay")


@dataclass(frozen=True)
class OnSchedules(Part):
    """A part whose answer becomes a class of agents, which is judged on schedules.

    build: makes the world from the class, the seed and the variant.
    until: the end of each run, in virtual seconds.
    limits: which faults a run may hold; made from the variant, as all that the checks promise depends on it.
    kinds: the kinds of fault of which the mark is a profile.
    """

    build: Callable[..., World] = field(kw_only=True)
    until: float = field(kw_only=True)
    limits: Callable[[Variant], Limits] = field(kw_only=True)
    kinds: tuple[Kind, ...] = field(
        kw_only=True, default=(CRASHES, RETURNS, PARTED, LOST, LATE, ORDER, MIXED)
    )

    def kind(self, answer: object, variant: Variant) -> type[Agent]:
        """The class that an answer of the right kind is, or makes.  Raises ExerciseError if it makes none."""
        raise NotImplementedError

    def source(self, kind: Callable[..., Agent], variant: Variant) -> Source:
        """Makes the worlds of an answer."""
        scenario = Scenario(self.id, dict(variant), until=self.until)
        return Built(partial(self.build, kind), scenario)

    def scenario(self, line: str, variant: Variant) -> Scenario:
        """The scenario of a line that a report shows.  Raises ScenarioError or ExerciseError otherwise."""
        found = Scenario.from_line(line)
        require.that(
            (found.lab, dict(found.parameters)) == (self.id, dict(variant)),
            line,
            f"expected a line of part {self.id} and of your variant",
            str(self.source(Agent, variant).scenario),
            ExerciseError,
        )
        return found

    def judged(self, answer: object, variant: Variant, secret: str) -> Graded:
        """Judge a class in this process."""
        try:
            kind = self.kind(answer, variant)
        except ExerciseError as error:
            return Graded(problem=str(error))
        return self.tried(Here(self.source(kind, variant)), variant, secret)

    def tried(self, runner: Runner, variant: Variant, secret: str) -> Graded:
        """Judge an answer, wherever it runs."""
        count = VISIBLE if secret == PUBLISHED else HIDDEN
        return Trial(self, variant, runner, secret).graded(count)


@dataclass(frozen=True)
class Practice(OnSchedules):
    """A part that is answered by a class of agents."""

    runs = True
    form = "complete a page"
    answer = "Answer"

    def kind(self, answer: object, variant: Variant) -> type[Agent]:
        """The answer itself."""
        return answer  # type: ignore[return-value]

    def unlike(self, answer: object) -> str:
        """Why it is not a class of agents, or ""."""
        if isclass(answer) and issubclass(answer, Agent):
            return ""
        what = f"{self.name} is {require.shown(answer)}"
        return f"{what}, and a class of agents is asked for. Write class {self.name}(Agent): ..."


class Here:
    """Runs a class in this process."""

    def __init__(self, source: Source) -> None:
        self.source = source

    def attempts(self, scenarios: Sequence[Scenario]) -> Iterator[Attempt]:
        """What becomes of each scenario, in order."""
        return map(self._attempt, scenarios)

    def _attempt(self, scenario: Scenario) -> Attempt:
        try:
            return attempt(self.source, scenario)
        except Exception as error:  # noqa: BLE001  (the answer's own __init__ is a learner's code, too)
            empty = World(scenario.seed).run(0.0)
            return Attempt(scenario, empty, f"{in_words(error)}{line_of(error)}")


@dataclass
class Judged:
    """A schedule that was run: for each check whether it holds, and why not."""

    kind: str
    attempt: Attempt
    verdicts: list[Verdict]

    @property
    def worked(self) -> bool:
        """Whether the job was done: the first check holds."""
        return bool(self.verdicts[0])


class Trial:
    """One answer on many schedules."""

    def __init__(self, part: OnSchedules, variant: Variant, runner: Runner, secret: str) -> None:
        self.part, self.variant, self.runner, self.secret = part, variant, runner, secret
        self.judges = [each.judge(variant) for each in part.checks if each.judge is not None]
        self.base = Scenario(part.id, dict(variant), until=part.until)
        self.limits = part.limits(variant)

    def graded(self, count: int) -> Graded:
        """The points, and what explains them; `count` schedules of each kind of fault are run."""
        bases = [replace(self.base, seed=seed) for seed in range(SEEDS)]
        calm = list(self.runner.attempts(bases))
        if calm[0].problem:
            return Graded(problem=f"It was stopped before anything could be judged. {calm[0].problem}")
        marks = [Landmarks(each.run.trace) for each in calm]
        found = [judged for kind in self.part.kinds for judged in self._kind(kind, calm, marks, count)]
        outcomes = tuple(self._outcome(place, check, found) for place, check in enumerate(self.part.checks))
        survived = {
            kind.name: share(sum(all(each.verdicts) for each in some), len(some))
            for kind in self.part.kinds
            if (some := [each for each in found if each.kind == kind.name])
        }
        profile = [self._profile(place, found) for place in range(len(self.judges))]
        explained = partial(self._pair, outcomes, found)
        return Graded(outcomes, explained=explained, survived=survived, profile=profile)

    def _profile(self, place: int, found: Sequence[Judged]) -> list[float]:
        """The share of runs in which a check held, by kind of fault."""
        kinds = [[each for each in found if each.kind == kind.name] for kind in self.part.kinds]
        return [round(sum(bool(each.verdicts[place]) for each in some) / len(some), 4) for some in kinds]

    def _kind(
        self, kind: Kind, calm: Sequence[Attempt], marks: Sequence[Landmarks], count: int
    ) -> list[Judged]:
        """The results of the schedules with this kind of fault."""
        space = self._space(calm[0], replace(self.limits, kinds=kind.faults))
        scenarios = [
            calm[number % SEEDS].scenario.with_faults(
                *self._drawn(kind, marks[number % SEEDS], space, number)
            )
            for number in range(count)
        ]
        found = [Judged(kind.name, tried, self._verdicts(tried)) for tried in self.runner.attempts(scenarios)]
        again = {
            place: self._allowed(each.attempt, space)
            for place, each in enumerate(found)
            if not all(each.verdicts)
        }
        again = {place: each for place, each in again.items() if each != found[place].attempt.scenario}
        for place, tried in zip(again, self.runner.attempts(list(again.values())), strict=True):
            found[place] = Judged(kind.name, tried, self._verdicts(tried))
        return found

    def _space(self, calm: Attempt, limits: Limits) -> Space:
        return Space(calm.run.trace.agents, self.part.until, limits, self.base.faults)

    def _drawn(self, kind: Kind, marks: Landmarks, space: Space, number: int) -> tuple[Fault, ...]:
        """The faults of a schedule; none if the answer does nothing that they could strike."""
        if kind.stratum not in strata(marks, space):
            return ()
        own = dice(self.secret, self.part.id, kind.name, number)
        faults = tuple(dict.fromkeys(STRATA[kind.stratum](own, marks, space)))
        return (replace(faults[0], until=self.limits.over),) if kind.lasting else faults

    def _allowed(self, tried: Attempt, space: Space) -> Scenario:
        """The scenario without the faults that go beyond the limits."""
        faults = tried.scenario.faults
        much = beyond(faults, Landmarks(tried.run.trace), space)
        return replace(tried.scenario, faults=tuple(each for each in faults if each not in much))

    def _verdicts(self, tried: Attempt) -> list[Verdict]:
        """What each check says of a run; an error breaks all of them."""
        if tried.problem:
            return [Verdict(each.name, VIOLATED, because=tried.problem) for each in self.part.checks]
        return [judge(tried.run.trace) for judge in self.judges]

    def _outcome(self, place: int, check: Check, found: Sequence[Judged]) -> Outcome:
        """Half of the points for the mean over the kinds of fault, half for the worst kind.

        A check earns only in the runs in which the job was done: doing nothing is always safe.  A kind of
        fault earns nothing if half of its runs break, and all if none does.
        """
        shares = []
        for kind in self.part.kinds:
            some = [each for each in found if each.kind == kind.name]
            kept = sum(bool(each.verdicts[place]) and each.worked for each in some) / len(some)
            shares.append(max(0.0, 2 * kept - 1))
        earned = check.points * (fsum(shares) / len(shares) + min(shares)) / 2
        broken = sum(not each.verdicts[place] for each in found)
        idle = sum(bool(each.verdicts[place]) and not each.worked for each in found)
        told = f"broken in {broken} of {len(found)} runs" if broken else "holds"
        if idle and not broken:
            told += f"; it earns only in the {len(found) - idle} runs in which the first check holds"
        return Outcome(check, floor(earned * 100 + 1e-9) / 100, told)

    def _pair(self, outcomes: Sequence[Outcome], found: Sequence[Judged]) -> Pair | None:
        """The smallest schedule that breaks the first check that is broken, and its neighbour."""
        for place, outcome in enumerate(outcomes):
            failing = [each for each in found if not each.verdicts[place]]
            if outcome.full or not failing:
                continue
            scenarios = [each.attempt.scenario for each in failing]
            return self._contrast(place, min(scenarios, key=lambda each: (len(each.faults), str(each))))
        return None

    def _contrast(self, place: int, scenario: Scenario) -> Pair:
        tried: dict[str, tuple[Verdict, Run]] = {}

        def judged(scenario: Scenario) -> tuple[Verdict, Run]:
            line = str(scenario)
            if line not in tried:
                found = next(iter(self.runner.attempts([scenario])))
                tried[line] = self._verdicts(found)[place], found.run
            return tried[line]

        def fails(scenario: Scenario) -> bool:
            verdict, run = judged(scenario)
            if verdict.status == HOLDS or (verdict.status == UNDECIDED and scenario.until != self.part.until):
                return False
            space = Space(run.trace.agents, self.part.until, self.limits)
            return not beyond(scenario.faults, Landmarks(run.trace), space)

        smallest = Shrinker(fails, _fixed, SHRINKING).shrink(scenario)
        return Contrast(smallest, self.part.until, judged).pair()


def _fixed(_: Scenario, values: Mapping[str, Value]) -> Scenario:
    """The variant is the learner's own, and is not made smaller."""
    require.fail(f"another {', '.join(values)}", "the variant is given", "the same scenario")
