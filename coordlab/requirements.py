"""What a function requires of its arguments: one way to say what was given, what is allowed, what to write.

    from coordlab import requirements as require

    agents = require.count("agents", agents, least=2, example=5)
    loss = require.probability("loss", loss)
    tie = require.one_of("tie", tie, ("tie", "rejected", "accepted"))
    require.that(low < high, f"low={low}, high={high}", "low must be below high", "low=1, high=2")

Each returns the value as Python's own number, so that numbers of numpy and pandas, decimals and fractions
work as well; a bool is not a number.  A value that is not allowed raises `error`, ValueError by default.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from enum import Enum
from math import inf, isnan, nan
from numbers import Complex, Integral, Number, Real
from os import PathLike
from typing import TYPE_CHECKING, NoReturn, SupportsFloat, TypeVar, cast

if TYPE_CHECKING:
    from fractions import Fraction
    from pathlib import Path

T = TypeVar("T")
MOST = 1.7976931348623157e308  # the largest float: what is beyond it is not finite
MOST_PARTS, LEVELS = 100_000, 100  # of a value
_PLAIN = frozenset((type(None), bool, int, float, str, bytes))
_LONGEST = 120  # characters of a value in an error text
_BRACKETS: dict[type, tuple[str, str]] = {list: ("[", "]"), tuple: ("(", ")"), dict: ("{", "}")}
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def fail(given: str, allowed: str, example: str, error: Callable[[str], Exception] = ValueError) -> NoReturn:
    """Raise `error` in three parts: what was `given` (300 characters), what is `allowed`, an `example`."""
    stop = "" if allowed.endswith("?") else "."
    raise error(without_addresses(f"{_cut(given, 300)}: {allowed}{stop} For example: {example}."))


def without_addresses(text: str) -> str:
    """A text that reads the same in every process: `<object at 0x7f…>` becomes `<object>`."""
    return _ADDRESS.sub("", text)


def shown(value: object) -> str:
    """`repr(value)` for an error text, with sets in order and without addresses, cut to 120 characters."""
    return _written(value, _LONGEST)


class Readable:
    """Has a `repr` that reads the same in every process: its public attributes, without addresses."""

    __slots__ = ()

    def __repr__(self) -> str:
        public = {name: value for name, value in vars(self).items() if not name.startswith("_")}
        told = ", ".join(f"{name}={_written(value, 200)}" for name, value in public.items())
        return f"{type(self).__name__}({told})"


def _written(value: object, most: int) -> str:
    """`repr(value)` with sets in order and without addresses, cut; of a long value only this much is read."""
    text = ""
    for piece in _pieces(value, ()):
        text += piece
        if len(text) > most:
            break
    return _cut(text, most)


def _pieces(value: object, around: tuple[object, ...]) -> Iterator[str]:
    """The parts of `repr(value)`, one by one; `around` is what the value lies in."""
    kind = type(value)
    if isinstance(value, int) and abs(value) >= 10**60:
        yield "a number of more than 60 digits"
    elif kind not in _BRACKETS and not is_bounded(value):
        yield f"a {kind.__name__} of more than {MOST_PARTS:,} parts"
    elif isinstance(value, (set, frozenset)):
        yield f"{{{', '.join(sorted(_written(each, _LONGEST) for each in value))}}}"
    elif kind not in _BRACKETS:
        yield without_addresses(repr(value))
    elif any(each is value for each in around):
        yield "...".join(_BRACKETS[kind])
    else:
        opening, closing = _BRACKETS[kind]
        yield opening
        for at, each in enumerate(cast("Iterable[object]", value)):
            yield ", " if at else ""
            yield from _pieces(each, (*around, value))
            if isinstance(value, dict):
                yield ": "
                yield from _pieces(value[each], (*around, value))
        yield f",{closing}" if isinstance(value, tuple) and len(value) == 1 else closing


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}…"


def bounded(value: object, what: str, error: type[Exception] = TypeError) -> None:
    """Raise `error` for a value that is not `is_bounded`."""
    if not is_bounded(value):
        most = f"{what} cannot contain itself, and has at most {MOST_PARTS:,} parts in {LEVELS} levels"
        fail(shown(value), f"{most}; a part that it holds twice counts twice", "name it: parent='ann'", error)


def is_bounded(value: object) -> bool:
    """Whether a value has at most 100,000 parts (items, keys, fields), in at most 100 levels.

    A part that it holds twice counts twice.

    >>> loop = [1, 2]
    >>> is_bounded([loop, loop]), loop.append(loop), is_bounded(loop)
    (True, None, False)
    """
    level, found = [value], 0
    for _ in range(LEVELS):
        deeper: list[object] = []
        for each in level:
            kind = each.__class__
            if kind is tuple or kind is list:
                deeper += each  # type: ignore[arg-type]
            elif kind not in _PLAIN:
                deeper += _held(each)
        if not deeper:
            return True
        found += len(deeper)
        if found > MOST_PARTS:
            break
        level = deeper
    return False


def _held(value: object) -> Iterable[object]:
    """The parts of a value that is not a plain list or tuple."""
    names = getattr(value, "__dataclass_fields__", None)
    if names is not None:
        held = getattr(value, "__dict__", None)
        return [getattr(value, name, None) for name in names] if held is None else held.values()
    if isinstance(value, dict):
        return [*value, *value.values()]
    return value if isinstance(value, (list, tuple, set, frozenset)) else ()


def that(holds: object, given: str, allowed: str, example: str, error: type[Exception] = ValueError) -> None:
    """Raise `error` unless the condition `holds`.

    >>> that(2 < 1, "low=2, high=1", "low must be below high", "low=1, high=2")
    Traceback (most recent call last):
    ValueError: low=2, high=1: low must be below high. For example: low=1, high=2.
    """
    if not holds:
        fail(given, allowed, example, error)


def count(
    name: str,
    value: object,
    least: float = 0,
    most: float = inf,
    example: int | None = None,
    error: type[Exception] = ValueError,
) -> int:
    """A whole number from `least` to `most`; `least=-inf` allows any.

    >>> count("agents", True, least=1, example=5)
    Traceback (most recent call last):
    ValueError: agents=True: expected a whole number, 1 or more. For example: agents=5.
    """
    if value.__class__ is int and least <= value <= most:
        return value
    if isinstance(value, Integral) and not isinstance(value, bool) and least <= int(value) <= most:
        return int(value)
    bounds = _bounds(least, most, None, inf)
    sample = example if example is not None else max(least, min(1, most))
    fail(f"{name}={shown(value)}", f"expected a whole number{bounds}", f"{name}={sample}", error)


def number(
    name: str,
    value: object,
    least: float = -inf,
    most: float = inf,
    *,
    above: float | None = None,
    below: float = inf,
    unit: str = "",
    example: float | None = None,
    error: type[Exception] = ValueError,
) -> float:
    """A finite number from `least` to `most`, or strictly `above` and `below`; `unit` is for the message.

    >>> number("threshold", 0.4, 0.5, 1, example=0.66)
    Traceback (most recent call last):
    ValueError: threshold=0.4: expected a number from 0.5 to 1. For example: threshold=0.66.
    """
    plain = value if type(value) is float else _plain(value)
    # NaN fails every comparison
    if max(least, -MOST) <= plain <= min(most, MOST) and plain < below and (above is None or above < plain):
        return plain
    bounds = _bounds(least, most, above, below)
    sample = example if example is not None else _example(least, most, above, below)
    fail(f"{name}={shown(value)}", f"expected {unit or 'a number'}{bounds}", f"{name}={sample:g}", error)


def seconds(
    name: str,
    value: object,
    *,
    positive: bool = False,
    example: float | None = None,
    error: type[Exception] = ValueError,
) -> float:
    """A duration or moment in virtual seconds, 0 or later; above 0 if `positive`.

    >>> seconds("deadline", 0, positive=True)
    Traceback (most recent call last):
    ValueError: deadline=0: expected seconds above 0. For example: deadline=1.
    """
    if positive:
        return number(name, value, above=0, unit="seconds", example=example, error=error)
    return number(name, value, 0, unit="seconds", example=example, error=error)


def probability(
    name: str, value: object, *, certain: bool = True, error: type[Exception] = ValueError
) -> float:
    """A number from 0 to 1; strictly between them unless it may be `certain`.

    >>> probability("loss", 1.5)
    Traceback (most recent call last):
    ValueError: loss=1.5: expected a probability from 0 to 1. For example: loss=0.5.
    """
    if certain:
        return number(name, value, 0, 1, unit="a probability", example=0.5, error=error)
    return number(name, value, above=0, below=1, unit="a probability", example=0.5, error=error)


def flag(name: str, value: object, error: type[Exception] = TypeError) -> bool:
    """True or False, numpy's as well."""
    taken = by_value(value)
    if isinstance(taken, bool):
        return taken
    fail(f"{name}={shown(value)}", "expected True or False", f"{name}=True", error)


def by_value(value: object) -> object:
    """A number or truth value of numpy or pandas, a decimal or a fraction as Python's own, all else as it is.

    >>> from fractions import Fraction
    >>> by_value(Fraction(1, 4)), by_value("1/4")
    (0.25, '1/4')
    """
    if value is None or value.__class__ in (bool, int, float, str) or isinstance(value, Enum):
        return value
    if type(value).__name__ in ("bool", "bool_") and type(value).__module__ == "numpy":
        return bool(value)
    number = _plain(value)
    return value if isnan(number) and not isinstance(value, Number) else number


def one_of(name: str, value: object, allowed: Iterable[T], error: type[Exception] = ValueError) -> T:
    """One of the `allowed` values, as it is listed there.

    >>> one_of("tie", "maybe", ("tie", "rejected"))
    Traceback (most recent call last):
    ValueError: tie='maybe': expected one of 'tie', 'rejected'. For example: tie='tie'.
    """
    choices = list(allowed)
    for choice in choices:
        if type(choice) is type(value) and choice == value:
            return choice
    words = (
        f"expected one of {', '.join(map(repr, choices))}" if choices else "there is nothing to choose from"
    )
    fail(f"{name}={shown(value)}", words, f"{name}={next(iter(choices), None)!r}", error)


def instance(name: str, value: object, kind: type[T], example: str, error: type[Exception] = TypeError) -> T:
    """An instance of the class `kind`.

    >>> instance("by", 3, str, "by='ann'")
    Traceback (most recent call last):
    TypeError: by=3: expected str, not int. For example: by='ann'.
    """
    if isinstance(value, kind):
        return value
    fail(f"{name}={shown(value)}", f"expected {kind.__name__}, not {type(value).__name__}", example, error)


def function(name: str, value: T, example: str, error: type[Exception] = TypeError) -> T:
    """Something that can be called.

    >>> function("condition", 3, "lambda: self.ready")
    Traceback (most recent call last):
    TypeError: condition=3: expected a function, not int. For example: lambda: self.ready.
    """
    if not callable(value):
        fail(f"{name}={shown(value)}", f"expected a function, not {type(value).__name__}", example, error)
    return value


def path(name: str, value: object, example: str) -> Path:
    """Where a file is or will be: a text, a `pathlib.Path` or what else names a path in Python.

    >>> path("path", 3, "run.json")
    Traceback (most recent call last):
    TypeError: path=3: expected the path of a file. For example: path='run.json'.
    """
    from pathlib import Path

    if isinstance(value, PathLike):
        value = value.__fspath__()
    that(
        isinstance(value, str),
        f"{name}={shown(value)}",
        "expected the path of a file",
        f"{name}={example!r}",
        TypeError,
    )
    return Path(cast("str", value))


def new_file(name: str, value: object, example: str, error: type[Exception] = FileNotFoundError) -> Path:
    """The path of a file to be written, in a folder that exists.

    >>> new_file("path", "no/run.json", "run.json")
    Traceback (most recent call last):
    FileNotFoundError: path='no/run.json': the folder no does not exist. For example: path='run.json'.
    """
    file = path(name, value, example)
    given, folder = f"{name}={str(file)!r}", file.parent
    that(folder.is_dir(), given, f"the folder {folder} does not exist", f"{name}={example!r}", error)
    return file


def names(
    name: str,
    value: object,
    *,
    empty: bool = False,
    example: str = "['ann', 'bob']",
    error: type[Exception] = ValueError,
) -> tuple[str, ...]:
    """Several texts, each once, as a tuple; a single text or a set is refused.

    >>> names("electorate", ["ann", "bob", "ann"])
    Traceback (most recent call last):
    ValueError: electorate: 'ann' is listed twice; expected each name once. For example: ['ann', 'bob'].
    """
    listed = isinstance(value, Collection) and not isinstance(value, (str, set, frozenset))
    found: tuple[str, ...] = tuple(value) if isinstance(value, Collection) else ()
    if not listed or not all(isinstance(each, str) for each in found):
        kind = error if error is not ValueError else TypeError
        fail(f"{name}={shown(value)}", "expected a list or tuple of names", example, kind)
    if not found and not empty:
        fail(f"{name}={shown(value)}", "expected at least one name", example, error)
    if twice := [each for each in dict.fromkeys(found) if found.count(each) > 1]:
        raise error(f"{name}: {twice[0]!r} is listed twice; expected each name once. For example: {example}.")
    return found


def _plain(value: object) -> float:
    """A number as Python's own; NaN for what is not a number."""
    if isinstance(value, Integral) and not isinstance(value, bool):
        return int(value)
    # A decimal is a Number, but not registered as Real; importing it here would slow every import down.
    real = isinstance(value, Real) or (isinstance(value, Number) and not isinstance(value, Complex))
    try:
        return float(cast("SupportsFloat", value)) if real and not isinstance(value, bool) else nan
    except OverflowError:  # of a fraction
        return inf if cast("Fraction", value) > 0 else -inf
    except ValueError:  # of a decimal, a NaN that signals
        return nan


def _bounds(least: float, most: float, above: float | None, below: float) -> str:
    """The limits in words, as they follow on "a number"."""
    low = f" above {above:g}" if above is not None else ""
    if below < inf:
        return f"{low} and below {below:g}" if low else f" below {below:g}"
    if low:
        return f"{low}, up to {most:g}" if most < inf else low
    if -inf < least and most < inf:
        return f" from {least:g} to {most:g}"
    return f", {least:g} or more" if -inf < least else f", at most {most:g}" if most < inf else ""


def _example(least: float, most: float, above: float | None, below: float) -> float:
    """Some number within the limits, a round one where possible."""
    low, high = (least if above is None else above), min(most, below)
    if low < 1 < high:
        return 1
    return low + 1 if high == inf else high - 1 if low == -inf else (low + high) / 2
