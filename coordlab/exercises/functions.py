"""Parts that are answered by a plain function: judged on a table of cases that is made from the variant."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from inspect import isclass
from math import floor, isclose
from typing import TYPE_CHECKING, Any, Protocol

from coordlab import requirements as require
from coordlab.exercises.part import PUBLISHED, Check, Graded, Outcome, Part, Variant
from coordlab.world.dice import dice
from coordlab.world.errors import in_words, line_of

if TYPE_CHECKING:
    from random import Random

VISIBLE, HIDDEN = 20, 40  # cases for each check


@dataclass(frozen=True)
class Returned:
    """What a call came to: plain data as JSON has it, or a problem in words."""

    value: object = None
    problem: str = ""


class Caller(Protocol):
    """Calls an answer: in this process for the learner alone, in a process of its own for a grader."""

    def returned(self, arguments: Sequence[Any]) -> Returned:
        """What the function returns for these arguments."""


@dataclass(frozen=True)
class Local:
    """Calls a function in this process, with arguments of its own, as JSON would have them."""

    function: Callable[..., object]

    def returned(self, arguments: Sequence[Any]) -> Returned:
        """What the function returns, or why that is no plain data."""
        try:
            found = self.function(*json.loads(json.dumps(arguments)))
        except Exception as error:  # noqa: BLE001  (whatever a learner's function raises)
            return Returned(problem=in_words(error) + line_of(error))
        try:
            return Returned(json.loads(json.dumps(found, allow_nan=False)))
        except (TypeError, ValueError, RecursionError):
            plain = "a number, a text, True, False, None, a list or a dict of them"
            return Returned(
                problem=f"it returned a {type(found).__name__}, and plain data is asked for: {plain}"
            )


@dataclass(frozen=True)
class Function(Part):
    """A part that is answered by a function of plain data.

    right: what it is to return, `right(variant, *arguments)`.
    case: draws the arguments of a case of a check, `case(name of the check, variant, dice)`.
    """

    right: Callable[..., object] = field(kw_only=True)
    case: Callable[[str, Variant, Random], tuple[Any, ...]] = field(kw_only=True)

    runs = True
    form = "write the function"

    def unlike(self, answer: object) -> str:
        """Why it is not a function, or ""."""
        if callable(answer) and not isclass(answer):
            return ""
        what = f"{self.name} is {require.shown(answer)}"
        return f"{what}, and a function is asked for. Write def {self.name}(...): ..."

    def judged(self, answer: object, variant: Variant, secret: str) -> Graded:
        """Judge a function in this process."""
        return self.tried(Local(answer), variant, secret)  # type: ignore[arg-type]

    def tried(self, caller: Caller, variant: Variant, secret: str) -> Graded:
        """Judge an answer, wherever it runs; if the first check earns nothing, no other does."""
        outcomes: list[Outcome] = []
        for check in self.checks:
            found = self._outcome(check, caller, variant, secret)
            works = found.earned > 0 and (not outcomes or outcomes[0].earned > 0)
            outcomes.append(found if works else Outcome(check, 0.0, found.told))
        return Graded(tuple(outcomes))

    def _outcome(self, check: Check, caller: Caller, variant: Variant, secret: str) -> Outcome:
        """All points if every case is right, nothing if half of them are wrong."""
        count = VISIBLE if secret == PUBLISHED else HIDDEN
        wrong: list[tuple[str, Returned, object]] = []
        for number in range(count):
            arguments = self.case(check.name, variant, dice(secret, self.id, check.name, number))
            found, right = caller.returned(arguments), self.right(variant, *arguments)
            if found.problem or not same(found.value, right):
                wrong.append((", ".join(map(repr, arguments)), found, right))
        if not wrong:
            return Outcome(check, check.points, f"right in all {count} cases")
        given, found, right = min(wrong, key=lambda each: (len(each[0]), each[0]))
        gives = f"stops: {found.problem}" if found.problem else f"returns {require.shown(found.value)}"
        told = f"wrong in {len(wrong)} of {count} cases. {self.name}({given}) {gives}; right is {right!r}"
        earned = check.points * max(0.0, 1 - 2 * len(wrong) / count)
        return Outcome(check, floor(earned * 100 + 1e-9) / 100, told)


def same(mine: object, right: object) -> bool:
    """Whether a value is right: of the same type, numbers with a fraction to six digits, lists in order."""
    if isinstance(right, float):
        near = type(mine) is float and isclose(mine, right, rel_tol=1e-6, abs_tol=1e-9)
        return near or (type(mine) is int and mine == right)
    if isinstance(right, (list, tuple)):
        alike = type(mine) is list and len(mine) == len(right)
        return alike and all(map(same, mine, right))  # type: ignore[call-overload]
    if isinstance(right, dict):
        alike = type(mine) is dict and mine.keys() == right.keys()
        return alike and all(same(mine[key], right[key]) for key in right)  # type: ignore[index]
    return type(mine) is type(right) and mine == right
