"""Parts that are answered by data: numbers that were predicted, a schedule, who and when."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from coordlab import requirements as require
from coordlab.exercises.part import Graded, Outcome, Part, Variant
from coordlab.explore.turning import point_of_no_return
from coordlab.properties.verdicts import VIOLATED
from coordlab.trace.faults import FaultError
from coordlab.trace.scenario import Scenario, ScenarioError
from coordlab.world.errors import WorldError
from coordlab.world.run import Judge, Run
from coordlab.world.world import World


@dataclass(frozen=True)
class Numbers(Part):
    """A part that is answered by numbers, one for each check; a number after a wrong one earns nothing.

    right: the numbers, made from the variant.
    within: how much an answer may differ, as a share of the right number.
    """

    right: Callable[[Variant], tuple[float, ...]] = field(kw_only=True)
    within: float = field(kw_only=True, default=0.0)

    form = "predict a number"

    def unlike(self, answer: object) -> str:
        """Why it is not what is asked for, or ""."""
        found = answer if isinstance(answer, (tuple, list)) else (answer,)
        wanted = f"({', '.join(['12'] * len(self.checks))})" if len(self.checks) > 1 else "12"
        if len(found) == len(self.checks) and all(map(_is_number, found)):
            return ""
        numbers = "a number is" if len(self.checks) == 1 else f"{len(self.checks)} numbers are"
        given = f"{self.name} is {require.shown(answer)}"
        return f"{given}, and {numbers} asked for. Write {self.name} = {wanted}"

    def judged(self, answer: object, variant: Variant, secret: str) -> Graded:
        """Each right number earns the points of its check, up to the first that is wrong."""
        given = answer if isinstance(answer, (tuple, list)) else (answer,)
        outcomes: list[Outcome] = []
        for check, mine, right in zip(self.checks, given, self.right(variant), strict=True):
            off = abs(float(mine) - right)
            fine = off <= self.within * abs(right) + 1e-9
            earns = fine and all(each.full for each in outcomes)
            later = "" if earns else ", but a number after a wrong one earns nothing"
            told = f"right{later}" if fine else f"too {'high' if mine > right else 'low'}"
            outcomes.append(Outcome(check, check.points if earns else 0.0, f"{mine:g} is {told}"))
        return Graded(tuple(outcomes))


def _is_number(value: object) -> bool:
    return type(require.by_value(value)) in (int, float) and isfinite(float(value))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Reading(Part):
    """A part that is answered by texts and numbers that are read off a trace, by name.

    run: the run whose trace is read, made from the variant.
    right: the answers, made from that run and the variant.
    """

    run: Callable[[Variant], Run] = field(kw_only=True)
    right: Callable[[Run, Variant], dict[str, Any]] = field(kw_only=True)

    form = "read a trace"

    def unlike(self, answer: object) -> str:
        """Why it is not what is asked for, or ""."""
        names = [each.name for each in self.checks]
        if isinstance(answer, Mapping) and all(isinstance(each, str) for each in answer):
            return ""
        example = ", ".join(f'"{name}": ...' for name in names)
        what = f"{self.name} is {require.shown(answer)}"
        return f"{what}, and a dict is asked for. Write {self.name} = {{{example}}}"

    def judged(self, answer: object, variant: Variant, secret: str) -> Graded:
        """Each right entry earns the points of its check."""
        assert isinstance(answer, Mapping)
        right = self.right(self.run(variant), variant)
        outcomes = []
        for check in self.checks:
            mine = answer.get(check.name, ...)
            fine = type(mine) is type(right[check.name]) and mine == right[check.name]
            missing = mine is ... or mine is None
            told = "right" if fine else "missing" if missing else f"{require.shown(mine)} is not right"
            outcomes.append(Outcome(check, check.points if fine else 0.0, told))
        return Graded(tuple(outcomes))


@dataclass(frozen=True)
class Schedule(Part):
    """A part that is answered by a scenario line: a schedule that breaks a property.

    The first check asks that it breaks, the second that it does so with few faults.

    build: makes the world from the seed and the variant.
    until: the end of the run, in virtual seconds.
    broken: the property that is to break, made from the variant.
    kinds: which faults may be used.
    most: how many, made from the variant.
    """

    build: Callable[..., World] = field(kw_only=True)
    until: float = field(kw_only=True)
    broken: Callable[[Variant], Judge] = field(kw_only=True)
    kinds: tuple[str, ...] = field(kw_only=True)
    most: Callable[[Variant], int] = field(kw_only=True)

    form = "find the schedule"

    def scenario(self, variant: Variant) -> Scenario:
        """The scenario without a fault, from which an answer begins."""
        return Scenario(self.id, dict(variant), until=self.until)

    def run(self, line: str, variant: Variant) -> Run:
        """The run of a line.  Raises ValueError for what is not allowed, WorldError if the run fails."""
        found, own = Scenario.from_line(line), self.scenario(variant)
        if found.again(own.seed, ()) != own:
            require.fail(line, "it is not your scenario with faults; yours begins like this", str(own))
        for fault in found.faults:
            kind = type(fault).__name__.lower()
            require.one_of("fault", kind, self.kinds)
        world = self.build(seed=own.seed, **variant).inject(*found.faults)
        world.scenario = found
        return world.run(self.until)

    def unlike(self, answer: object) -> str:
        """Why it is not what is asked for, or ""."""
        if isinstance(answer, str):
            return ""
        given = f"{self.name} is {require.shown(answer)}"
        return f"{given}, and a scenario line is asked for, as a text in quotes."

    def judged(self, answer: object, variant: Variant, secret: str) -> Graded:
        """The first check earns if the run breaks the property, the second if few faults do it."""
        try:
            run = self.run(str(answer), variant)
        except (ScenarioError, FaultError, ValueError) as error:
            return Graded(problem=f"This line cannot be run. {error}")
        except WorldError as error:
            return Graded(problem=f"The run of this line was stopped. {error}")
        verdict = self.broken(variant)(run.trace)
        breaks, few = self.checks
        if verdict.status != VIOLATED:
            told = "this schedule keeps the promise"
            return Graded((Outcome(breaks, 0.0, told), Outcome(few, 0.0, "first it must break")))
        used, most = len(run.world.faults), self.most(variant)
        fine = used <= most
        told = f"{used} fault{'s' if used > 1 else ''}, at most {most} {'is' if most == 1 else 'are'} needed"
        return Graded(
            (Outcome(breaks, breaks.points, verdict.because), Outcome(few, few.points if fine else 0.0, told))
        )


@dataclass(frozen=True)
class WhoAndWhen(Part):
    """A part that is answered by an agent and a time: who made a failing run one that could not be saved.

    The first check asks who, the second when.

    run: the failing run, made from the variant.
    broken: the property that it violates.
    within: by how many virtual seconds the time may be off.
    """

    run: Callable[[Variant], Run] = field(kw_only=True)
    broken: Callable[[Variant], Judge] = field(kw_only=True)
    within: float = field(kw_only=True, default=0.05)

    form = "mark who and when"

    def unlike(self, answer: object) -> str:
        """Why it is not what is asked for, or ""."""
        pair = isinstance(answer, (tuple, list)) and len(answer) == 2
        if pair and isinstance(answer[0], str) and _is_number(answer[1]):  # type: ignore[index]
            return ""
        what = f"{self.name} is {require.shown(answer)}"
        return f'{what}, and an agent and a time are asked for. Write {self.name} = ("ann", 3.2)'

    def judged(self, answer: object, variant: Variant, secret: str) -> Graded:
        """Judge by the point of no return."""
        assert isinstance(answer, Sequence)
        mine, time, run = str(answer[0]), float(answer[1]), self.run(variant)
        if mine not in run.trace.agents:
            known = ", ".join(run.trace.agents)
            return Graded(problem=f"There is no agent {require.shown(mine)}; the agents are {known}.")
        found = point_of_no_return(run, self.broken(variant))  # type: ignore[arg-type]
        assert found.event is not None
        guilty = {found.event.agent, found.event.peer} - {None}
        who, when = self.checks
        right = mine in guilty
        near = found.before - self.within <= time <= found.after + self.within
        told = f"{mine} {'took' if right else 'did not take'} part in it"
        then = "at about then" if near else f"not at {time:g} s"
        return Graded(
            (
                Outcome(who, who.points if right else 0.0, told),
                Outcome(when, when.points if near else 0.0, then),
            )
        )
