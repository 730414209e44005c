"""Parts that are answered by a property: judged on runs of which some keep a promise and some break it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from inspect import isclass
from itertools import product
from math import floor
from typing import TYPE_CHECKING, Any, Protocol

from coordlab import requirements as require
from coordlab.exercises.part import PUBLISHED, ExerciseError, Graded, Outcome, Part, Variant
from coordlab.explore.pairs import Pair
from coordlab.properties.verdicts import VIOLATED, Property, Verdict
from coordlab.trace.files import read_trace
from coordlab.trace.scenario import Scenario
from coordlab.trace.trace import RESTART, START, Event, Trace
from coordlab.world.dice import dice
from coordlab.world.errors import in_words, line_of
from coordlab.world.run import Run
from coordlab.world.world import World

if TYPE_CHECKING:
    from random import Random

VISIBLE, HIDDEN = 2, 5  # runs of each version with each kind of schedule

Draw = Callable[["Random", Variant], Sequence[str]]
"""Draws the faults of a schedule."""


@dataclass(frozen=True)
class Opinion:
    """What a property that a learner wrote says of a trace.

    because: why it rejects it.
    problem: why it has no opinion: an error, or a value of another kind; or "".
    """

    rejects: bool = False
    because: str = ""
    problem: str = ""


def opinion(answer: Callable[[Trace], Any], text: str) -> Opinion:
    """What a property says of a trace, which it is given as if it were read from a file."""
    try:
        found = answer(read_trace(text))
    except Exception as error:  # noqa: BLE001  (whatever a learner's code raises)
        return Opinion(problem=f"{in_words(error)}{line_of(error)}")
    if isinstance(found, Verdict):
        return Opinion(found.status == VIOLATED, found.because)
    if isinstance(found, (bool, str, Event)):
        return Opinion(found is not True, "" if isinstance(found, bool) else str(found))
    allowed = "return True, or a sentence or the event that says what is wrong"
    return Opinion(problem=f"It returned {require.shown(found)}; {allowed}.")


class Reader(Protocol):
    """Reads traces: in this process for the learner alone, in a process of its own for a grader."""

    def opinions(self, traces: Sequence[str]) -> Iterator[Opinion]:
        """What an answer says of each trace, in order."""


@dataclass(frozen=True)
class Here:
    """Lets a property read in this process."""

    answer: Callable[[Trace], Any]

    def opinions(self, traces: Sequence[str]) -> Iterator[Opinion]:
        """What it says of each trace, in order."""
        return (opinion(self.answer, each) for each in traces)


@dataclass(frozen=True)
class Case:
    """A run, its trace as text, and what the promise says of it."""

    run: Run
    text: str
    truth: Verdict

    @property
    def broken(self) -> bool:
        """Whether the run breaks the promise."""
        return self.truth.status == VIOLATED


@dataclass(frozen=True)
class WriteProperty(Part):
    """A part that is answered by a property, or a function from a trace to True, a sentence, or an event.

    One that rejects a run which keeps the promise earns nothing.  Otherwise the first check earns if at least
    half of the runs are caught that break it, and the second by the share of them.

    build: makes the world from the version of its agents, the seed and the variant.
    versions: how many versions there are, correct ones and broken ones.
    until: the end of each run, in virtual seconds.
    promise: the property that is to be written, made from the variant; it decides which runs are broken.
    schedules: draw the faults of a run.  All versions run with the same, so that faults give nothing away.
    """

    build: Callable[..., World] = field(kw_only=True)
    versions: int = field(kw_only=True)
    until: float = field(kw_only=True)
    promise: Callable[[Variant], Property] = field(kw_only=True)
    schedules: tuple[Draw, ...] = field(kw_only=True)

    runs = True
    form = "write the property"

    def unlike(self, answer: object) -> str:
        """Why it is no property, or ""."""
        if callable(answer) and not isclass(answer):
            return ""
        what = f"{self.name} is {require.shown(answer)}"
        return f"{what}, and a property is asked for, or a function. Write def {self.name}(trace): ..."

    def judged(self, answer: object, variant: Variant, secret: str) -> Graded:
        """Judge a property in this process."""
        return self.tried(Here(answer), variant, secret)  # type: ignore[arg-type]

    def tried(self, reader: Reader, variant: Variant, secret: str) -> Graded:
        """Judge a property, wherever it reads; it is not told which runs are broken, nor is their order."""
        cases = list(self.cases(variant, secret))
        dice(secret, self.id, "order").shuffle(cases)
        found = list(zip(cases, reader.opinions([each.text for each in cases]), strict=True))
        if problem := next((said.problem for _, said in found if said.problem), ""):
            return Graded(problem=f"Your property did not judge a run. {problem}")
        wrong = [(case, said) for case, said in found if said.rejects != case.broken]
        rejected = [each for each in wrong if not each[0].broken]
        broken = sum(case.broken for case in cases)
        caught = broken - len(wrong) + len(rejected)
        kept = len(cases) - broken
        accepts, catches = self.checks
        share = 0.0 if rejected else caught / broken
        told = f"rejects {len(rejected)} of {kept} runs that keep the promise" if rejected else "rejects none"
        told += "" if rejected or share >= 0.5 else "; it earns once half of the broken runs are caught"
        catch = f"catches {caught} of {broken} runs that break the promise"
        catch += "; it earns once no other is rejected" if rejected else ""
        return Graded(
            (
                Outcome(accepts, accepts.points if share >= 0.5 else 0.0, told),
                Outcome(catches, floor(catches.points * share * 100 + 1e-9) / 100, catch),
            ),
            explained=lambda: _explained(cases, [*rejected, *wrong]),
        )

    def cases(self, variant: Variant, secret: str) -> Iterator[Case]:
        """The runs: of each version with each kind of schedule, some."""
        promise = self.promise(variant)
        count = VISIBLE if secret == PUBLISHED else HIDDEN
        for number, kind, version in product(range(count), range(len(self.schedules)), range(self.versions)):
            drawn = dice(secret, self.id, kind, number)
            seed, faults = drawn.randrange(10_000), self.schedules[kind](drawn, variant)
            base = Scenario(self.id, {**variant, "version": version}, seed=seed, until=self.until)
            run = self.run(base, faults)
            text = nameless(run.trace).to_jsonl()
            yield Case(run, text, promise(read_trace(text)))

    def run(self, base: Scenario, faults: Sequence[Any]) -> Run:
        """The run of a scenario with these faults."""
        world = self.build(seed=base.seed, **base.parameters).inject(*faults)
        world.scenario = base
        return world.run(self.until)

    def watched(self, line: str, variant: Variant) -> Run:
        """The run of a line that a report shows.  Raises ScenarioError or ExerciseError otherwise."""
        found = Scenario.from_line(line)
        version = found.parameters.get("version")
        own = Scenario(self.id, {**variant, "version": 0}, seed=found.seed, until=self.until)
        right = isinstance(version, int) and 0 <= version < self.versions
        given = replace(found, faults=(), parameters={**found.parameters, "version": 0})
        allowed = f"expected a line of part {self.id} and of your variant"
        require.that(right and given == own, line, allowed, str(own), ExerciseError)
        return self.run(replace(found, faults=()), found.faults)


def nameless(trace: Trace) -> Trace:
    """The trace without the names of the classes of its agents, which would tell the version."""
    rows = [(*row[:5], "Agent", *row[6:]) if row[1] in (START, RESTART) else row for row in trace.rows]
    return Trace(rows, trace.agents, trace.says, trace.until, trace.broken)


def _explained(cases: Sequence[Case], wrong: Sequence[tuple[Case, Opinion]]) -> Pair | None:
    """A run that is judged wrongly, beside one of the other kind: with the same schedule if there is one."""
    if not wrong:
        return None
    case, said = wrong[0]
    others = [each for each in cases if each.broken != case.broken]
    other = min(others, key=lambda each: _unlike(each.run.scenario, case.run.scenario))
    if case.broken:
        because = f"Your property accepts this run, which breaks the promise: {case.truth.because}"
        return Pair(replace(case.truth, because=because), case.run, other.run, "in another version")
    why = f": {said.because}" if said.because else ""
    because = f"Your property rejects the run that holds, which keeps the promise{why}"
    return Pair(Verdict(case.truth.name, VIOLATED, because=because), other.run, case.run, "")


def _unlike(one: Scenario, other: Scenario) -> tuple[bool, bool]:
    return one.seed != other.seed, one.faults != other.faults
