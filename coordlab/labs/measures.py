"""What is counted in the runs of a lab, what theory expects of it, and figures of many runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from math import inf
from typing import Any, NamedTuple, TypeVar

from coordlab import requirements as require
from coordlab.labs.parameters import Parameters
from coordlab.trace.scenario import Value
from coordlab.trace.trace import DROP, FAULT, Trace, brief

T = TypeVar("T")


def once(read: Callable[[Trace], T]) -> Callable[[Trace], T]:
    """A function that reads each trace once: measures, theories and views share what it found."""

    @wraps(read)
    def kept(trace: Trace) -> T:
        found: dict[object, T] = vars(trace).setdefault("_found", {})
        if read not in found:
            found[read] = read(trace)
        return found[read]

    return kept


def said(value: object) -> str:
    """What was counted or is expected in words; a number with as many digits as one reads.

    >>> said(None), said(True), said(0.230476), said(105.899384), said(12)
    ('never', 'yes', '0.2305', '105.899', '12')
    """
    if value is None or isinstance(value, bool):
        return {None: "never", True: "yes", False: "no"}[value]
    if isinstance(value, float):
        value = float(f"{value:.4g}") if abs(value) < 1 else round(value, 3)
    return brief(value)


@dataclass(frozen=True)
class Theory:
    """What theory expects to be counted in a run.

    expected: the value itself, a bound of it, or two of them.
    says: "equal": it is this value; "most" or "least": that is a bound; "within": it lies between two values.
    unless: why theory says nothing about this run.  Default: it applies, and the run is judged by it.
    """

    expected: Any
    says: str = "equal"
    unless: str = ""

    def __str__(self) -> str:
        if self.says == "within":
            return " to ".join(map(said, self.expected))
        return {"equal": "", "most": "≤ ", "least": "≥ "}[self.says] + said(self.expected)

    def agrees(self, counted: Any) -> bool:
        """Whether what was counted is as expected; None, what never happened, is within no bounds."""
        if self.says == "equal" or counted is None:
            return bool(self.says == "equal" and counted == self.expected)
        low, high = self.expected if self.says == "within" else (self.expected, self.expected)
        return bool((self.says == "most" or low <= counted) and (self.says == "least" or counted <= high))


def disturbed(trace: Trace) -> dict[str, object]:
    """The reasons why theory of a run without faults and losses does not apply; see `why_not`."""
    return {"a fault strikes": trace.select(kind=FAULT), "a message is lost": trace.select(kind=DROP)}


def lost(trace: Trace, since: float = 0.0, before: float = inf) -> int:
    """How many messages were lost on the way; those to an agent that was down are not counted."""
    return sum(event.data != "down" for event in trace.select(kind=DROP, since=since, before=before))


@dataclass(frozen=True, repr=False)
class Measure(require.Readable):
    """A quantity counted on a trace (None: it did not happen), and what theory expects (None: nothing)."""

    label: str
    count: Callable[[Trace], object]
    theory: Callable[[Parameters, Trace], Theory | None] = lambda parameters, trace: None


@dataclass(frozen=True, repr=False)
class Curve(require.Readable):
    """A curve of theory in a figure.

    of: its height, from the parameters and the place along the axis.
    says: what it claims of a measured mean: "equal" to the curve, at "most" it, or at "least" it.
    applies: for which parameters it says so; for others it is only shown.
    """

    of: Callable[[Parameters, float], float]
    says: str = "equal"
    applies: Callable[[Parameters], bool] = lambda given: True


@dataclass(frozen=True)
class Figure:
    """A figure: a measure over the values of a parameter, from many runs, with theory over it.

    question: what the figure answers; a lab knows it by this text.
    x: the parameter along the axis, a number.
    values: its values; that of the setting which is shown is added.
    measure: the label of a measure of the lab that is a number.
    theory: curves by their labels.
    replications: how many seeds each value is run with, the same ones for all.
    settings: parameters that the figure sets, whatever the lab shows.
    series: what is counted: by its label, the parameters in which it differs from the setting that is shown;
        the curve of theory with that label speaks of it.  Default: the setting alone, and all curves of it.
    """

    question: str
    x: str
    values: tuple[float, ...]
    measure: str
    theory: Mapping[str, Curve] = field(default_factory=dict)
    replications: int = 10
    settings: Mapping[str, Value] = field(default_factory=dict)
    series: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)


class Measured(NamedTuple):
    """A measure of one run: its label, what was counted, and what theory expects."""

    label: str
    counted: Any
    theory: Theory | None = None

    @property
    def agrees(self) -> bool | None:
        """Whether the run agrees with theory; None if there is none, or if it does not apply."""
        if self.theory is None or self.theory.unless:
            return None
        return self.theory.agrees(self.counted)

    @property
    def shown(self) -> dict[str, str]:
        """In words: its label, its value, theory, and how they compare."""
        judged = {True: "agrees", False: "does not agree", None: ""}[self.agrees]
        if self.theory is not None and self.theory.unless:
            judged = f"does not apply: {self.theory.unless}"
        theory = "" if self.theory is None else str(self.theory)
        return {"label": self.label, "value": said(self.counted), "theory": theory, "judged": judged}

    def __repr__(self) -> str:
        words = self.shown
        beside = f" (theory {words['theory']}: {words['judged']})" if self.theory else ""
        return f"{self.label}: {words['value']}{beside}"

    def __str__(self) -> str:
        return repr(self)
