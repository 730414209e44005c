"""The parameters of a lab: what a learner can change, within which bounds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from coordlab import requirements as require
from coordlab.trace.scenario import ScenarioError, Value
from coordlab.trace.trace import dumps, loads

Parameters = Mapping[str, Any]


@dataclass(frozen=True, repr=False)
class Parameter(require.Readable):
    """A setting that a learner can change.

    name: as in a scenario line.
    default: an int, a float or a bool, which is also the kind of its values, or one of the choices.
    low, high, step: the range of a number, and the step of its slider.  A bound may be the name of a
        parameter that stands before it.
    choices: the texts to choose from; without any it is a number or a switch.
    presets: plain data by name, as in JSON, such as the ballots of a vote; the names are its choices.
    mistakes: what is wrong with data of the learner's own, a sentence each; None: only presets are allowed.
    unit: shown beside the name.
    help: one line that says what the number or the choice does.
    label: shown instead of the name.
    group: the heading in the controls.
    only_with: the choices of other parameters with which alone it has an effect, by parameter.
    not_with: those with which it has none.
    """

    name: str
    default: Value
    low: float | str = 0.0
    high: float | str = 1.0
    step: float = 1.0
    choices: tuple[str, ...] = ()
    unit: str = ""
    help: str = ""
    label: str = ""
    group: str = "World"
    presets: Mapping[str, Any] = field(default_factory=dict)
    mistakes: Callable[[Any], Iterable[str]] | None = None
    only_with: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)
    not_with: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)

    @property
    def options(self) -> tuple[str, ...]:
        """The texts to choose from: its choices, or the names of its presets."""
        return self.choices or tuple(self.presets)

    def why_unused(self, given: Parameters) -> str:
        """Why it has no effect beside the others; "": it has."""
        for other, choices in self.only_with.items():
            if given[other] not in choices:
                return f"used only with {other} {' or '.join(map(str, choices))}"
        return next(
            (
                f"not used with {other} {given[other]}"
                for other, choices in self.not_with.items()
                if given[other] in choices
            ),
            "",
        )

    def data(self, value: Value) -> Any:
        """What a value stands for: that of a preset, data of the learner's own, or the value itself."""
        if value in self.presets:
            return self.presets[str(value)]
        return loads(value) if self.presets and isinstance(value, str) else value

    def bounds(self, given: Parameters) -> tuple[float, float]:
        """The range of a number, from the parameters that stand before it."""
        low, high = (given[each] if isinstance(each, str) else each for each in (self.low, self.high))
        return low, high

    def checked(self, value: object, given: Parameters) -> Value:
        """`value` as this parameter stores it, beside those that stand before it.

        A float is rounded to six digits, so that the scenario line repeats the run exactly.

        Raises ScenarioError if it is not allowed.
        """
        name, default = self.name, self.default
        if self.mistakes is not None and (not isinstance(value, str) or value[:1] in ("{", "[")):
            return self._own(value, self.mistakes)
        if self.options:
            return require.one_of(name, value, self.options, ScenarioError)
        if isinstance(default, bool):
            return require.flag(name, value, ScenarioError)
        low, high = self.bounds(given)
        assert not isinstance(default, str), "a text has options"
        example = min(max(default, low), high)
        if isinstance(default, int):
            return require.count(name, value, low, high, int(example), ScenarioError)
        unit = f"a number ({self.unit})" if self.unit else ""
        found = require.number(name, value, low, high, unit=unit, example=example, error=ScenarioError)
        return round(float(found), 6)

    def within(self, value: Value, given: Parameters) -> Value:
        """A number moved into the range that the parameters before it leave; anything else as it is."""
        if self.options or isinstance(value, (bool, str)):
            return value
        low, high = self.bounds(given)
        return type(value)(min(max(value, low), high))

    def _own(self, value: object, mistakes: Callable[[Any], Iterable[str]]) -> str:
        """Data of the learner's own as a text.  Raises ScenarioError with a sentence for each mistake."""
        name, example = self.name, f"{self.name}={next(iter(self.presets.values()))!r}"
        require.bounded(value, name, ScenarioError)
        try:
            data = loads(value if isinstance(value, str) else dumps(value))
            found = list(mistakes(data))
        except (TypeError, ValueError, LookupError, AttributeError):
            found = [f"expected data in the form of a preset ({', '.join(self.presets)})"]
        require.that(not found, f"{name}={require.shown(value)}", "; ".join(found), example, ScenarioError)
        return dumps(data)


SLOWEST = Parameter(
    "slowest", 0.05, 0.01, 0.5, 0.01, unit="s", label="slowest message",
    help="each message takes between a fifth of this and this",
)  # fmt: skip
LOSS = Parameter(
    "loss", 0.0, 0.0, 0.5, 0.01, label="messages lost", help="the share of messages that are lost on the way"
)
"""Of the network that most labs have; one with other bounds or in another group is a `replace` of it."""


def numbered(prefix: str, count: int) -> tuple[str, ...]:
    """The names of `count` agents of a kind.

    >>> numbered("w", 3)
    ('w1', 'w2', 'w3')
    """
    return tuple(f"{prefix}{number}" for number in range(1, count + 1))
