"""What a part of an assignment is: a question, its points, and how an answer to it is judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import floor
from typing import TYPE_CHECKING, Any, Protocol

from coordlab import requirements as require
from coordlab.trace.scenario import Scenario, Value
from coordlab.world.dice import dice, key
from coordlab.world.run import Judge
from coordlab.world.source import Attempt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

    from coordlab.explore.pairs import Pair
    from coordlab.intervals import Interval

ROWS = 200  # variants of a part
PUBLISHED = "published"  # the key of the visible checks
Variant = Mapping[str, Value]


class ExerciseError(ValueError):
    """What cannot be checked or graded: what was given, what is allowed, and what to write instead."""


@dataclass(frozen=True)
class Check:
    """One thing that is asked.

    name: what must be so, as the learner reads it.
    points: what it is worth.
    judge: the property of a run, made from the variant; None for what is not judged on runs.
    hints: three steps of help, from a question to a worked step.
    """

    name: str
    points: float
    judge: Callable[[Variant], Judge] | None = None
    hints: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What a check came to: the points earned, and a sentence that says why."""

    check: Check
    earned: float
    told: str

    def __post_init__(self) -> None:
        in_range = 0 <= self.earned <= self.check.points
        require.that(in_range, f"earned={self.earned}", f"expected 0 to {self.check.points}", "earned=0.5")

    @property
    def full(self) -> bool:
        """Whether nothing is missing."""
        return self.earned >= self.check.points


@dataclass(frozen=True)
class Graded:
    """What an answer came to.

    outcomes: one for each check of the part, in order; none if nothing could be judged.
    problem: why nothing could be judged: nothing is written yet, or the answer is of another kind; or "".
    started: whether there is an answer at all.
    explained: finds the smallest schedule that breaks the answer; see `pair`.
    survived: the share of schedules on which all checks held, by kind of fault.
    profile: for each check the shares of schedules on which it held, by kind of fault in order.
    """

    outcomes: tuple[Outcome, ...] = ()
    problem: str = ""
    started: bool = True
    explained: Callable[[], Pair | None] = field(default=lambda: None, repr=False)
    survived: Mapping[str, Interval] = field(default_factory=dict)
    profile: list[list[float]] = field(default_factory=list)

    @cached_property
    def pair(self) -> Pair | None:
        """The smallest schedule that breaks the answer, beside its nearest neighbour that does not."""
        return self.explained()

    @property
    def earned(self) -> float:
        """All points, rounded down to a hundredth."""
        return floor(sum(each.earned for each in self.outcomes) * 100 + 1e-9) / 100


class Runner(Protocol):
    """Runs an answer: in this process for the learner alone, in a process of its own for a grader."""

    def attempts(self, scenarios: Sequence[Scenario]) -> Iterator[Attempt]:
        """What becomes of each scenario, in order."""


@dataclass(frozen=True)
class Part:
    """A part of an assignment.

    id: the chapter's number and a letter, such as "07b".
    title, task: what it is called, and what is asked, with the fields of the variant in braces.
    minutes: how long it takes.
    lines: the size of our own solution in lines of code; 0: it is not code.
    checks: what is asked, in order; the first says whether the job is done at all.
    draw: makes the variant of a row from its dice: the same difficulty, other numbers and names.
    """

    id: str
    title: str
    task: str
    minutes: int
    checks: tuple[Check, ...]
    draw: Callable[[Random], dict[str, Value]]
    lines: int = 0

    form = ""  # how the answer is given, as the table of exercises says it
    runs = False  # whether an answer is code that a grader runs, by `tried`
    answer = "answer"  # how the name of the answer begins: "Answer" for a class

    @property
    def points(self) -> float:
        """What it is worth."""
        return sum(each.points for each in self.checks)

    @property
    def name(self) -> str:
        """What the answer is called in the notebook."""
        return f"{self.answer}_{self.id}"

    def variant(self, student: str = "", course: str = "") -> dict[str, Value]:
        """The variant of a student: the same on every machine.

        student: a name or a number; "": the variant of the notebook as it is released.
        course: a text of the instructor's, so that another course deals the variants in another way.
        """
        row = int.from_bytes(key("variant", course, self.id, student, size=8), "big") % ROWS if student else 0
        return self.row(row)

    def row(self, number: int) -> dict[str, Value]:
        """The variant with this number, from 0 to 199."""
        require.count("number", number, 0, ROWS - 1, example=7)
        return self.draw(dice("variant", self.id, number))

    def asked(self, variant: Variant) -> str:
        """The task in words; lists in the variant get a space after each comma."""
        told = {
            name: each.replace(",", ", ") if isinstance(each, str) else each for name, each in variant.items()
        }
        return self.task.format(**told)

    def unlike(self, answer: object) -> str:
        """Why an answer cannot be judged: it is of another kind than the one that is asked for; or ""."""
        raise NotImplementedError

    def grade(self, answer: object, variant: Variant, secret: str = PUBLISHED) -> Graded:
        """Judge an answer.

        secret: from what the schedules are drawn; another text draws others of the same kinds.
        """
        if answer is None or answer is ...:
            return Graded(problem=self.not_started(), started=False)
        if problem := self.unlike(answer):
            return Graded(problem=problem)
        return self.judged(answer, variant, secret)

    def judged(self, answer: object, variant: Variant, secret: str) -> Graded:
        """Judge an answer of the right kind."""
        raise NotImplementedError

    def tried(self, runner: Any, variant: Variant, secret: str) -> Graded:
        """Judge code that `runner` runs, in this process or in another one."""
        raise NotImplementedError

    def not_started(self) -> str:
        """What to do first."""
        lines = f"; our own solution has {self.lines} lines" if self.lines else ""
        return f"{self.name} is still ... in your cell. About {self.minutes} minutes{lines}."


def named(known: Mapping[str, Part], given: object) -> Part:
    """The part of this id.  Raises ExerciseError, which lists those of its chapter."""
    chapter = [each for each in known if isinstance(given, str) and each[:2] == given[:2]] or list(known)
    allowed, example = f"expected one of {', '.join(chapter)}", f'check("{chapter[0]}", ...)'
    right = isinstance(given, str) and given in known
    require.that(right, f"part {require.shown(given)}", allowed, example, ExerciseError)
    return known[str(given)]
