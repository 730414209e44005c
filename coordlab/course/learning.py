"""Functions for the notebooks: compare a prediction, check an answer, show source code, show an error.

    compare(prediction, actual, "07 messages")      # `...`: no prediction yet
    check(answer, right, "07 exercise 1")           # `...`: no answer yet
    judged(*run.verdicts)                           # verdicts as sentences
    source(bully)                                   # the source of a pattern, module, class or function
    with expect_error(LookupError): ...             # show the error, and continue
    save_progress("me.json"), load_progress("me.json")

Only `save_progress` writes a file: at once, and again after each answer that follows.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from importlib import import_module
from math import inf, isnan
from textwrap import dedent
from traceback import format_exc
from types import FunctionType, MethodType, ModuleType, TracebackType
from typing import TypeGuard, TypeVar

from coordlab import requirements as require
from coordlab.course import advice
from coordlab.course.progress import Plain, answers, load_progress, plain, save_progress

T = TypeVar("T")
Sourced = ModuleType | type | FunctionType | MethodType

__all__ = ["check", "compare", "expect_error", "judged", "load_progress", "save_progress", "source"]


@dataclass(frozen=True, repr=False)
class Shown:
    """Output of a notebook cell: `markup` of the MIME type `kind`, and the same as plain `text`."""

    text: str
    markup: str
    kind: str = "text/html"

    def __repr__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/plain": self.text, self.kind: self.markup}


def compare(prediction: object, actual: object, name: str = "") -> Shown:
    """Compare a prediction with the actual value; numbers within 0.5 % of it are right.

    Texts are compared without regard to capitals, lists item by item, sets and dicts in any order.  With a
    `name` the prediction is kept, and used again if `prediction` is `...` or None.  The result stays covered
    without a prediction, or if that is of another kind than the result; on paper it is always seen.

    >>> compare(12, 19)
    You predicted 12, and it is 19: your 12 was 7 too low.
    >>> compare(..., 19)
    You have not predicted yet: write your guess above, then run this again.
    >>> compare("many", 19)
    You predicted 'many', but a number is asked for. Write for example 12, then run this again.
    """
    given = prediction if _given(prediction) else answers.get(name)
    wrong = _of_another_kind(given, actual)
    if name and not wrong and _given(prediction):
        answers.remember(name, prediction)
    words = wrong or _compared(given, actual)
    mark = "Your turn." if wrong or not _given(given) else _mark(given, actual)
    line = f'<p role="status"><strong>{mark}</strong> {escape(words)}</p>'
    return Shown(words, line if mark != "Your turn." else line + _covered(f"It is {_written(actual)}."))


def _covered(words: str) -> str:
    """A sentence that is hidden until the reader unfolds it.  Print shows it, also where `hidden` is all."""
    shown = escape(words)
    printed = "@media print{.cl-printed[hidden]{display:block!important}.cl-covered{display:none}}"
    cover = f"<details class='cl-covered'><summary>show me</summary>{shown}</details>"
    return f"<style>{printed}</style>{cover}<p class='cl-printed' hidden>{shown}</p>"


def check(answer: T, right: Callable[[T], object], name: str = "") -> Shown:
    """Check an answer to an exercise with the function `right`.  With a `name` the result is kept.

    >>> check(6 * 7, lambda answer: answer == 42)
    ✓ Right.
    >>> check(..., lambda answer: answer == 42)
    Your turn: nothing is written here yet.
    """
    passed, words, trail = False, "Your turn: nothing is written here yet.", ""
    if _given(answer):
        try:
            passed = bool(right(answer))
            words = (
                "✓ Right."
                if passed
                else "✗ Not yet. Read the task and the check, change your answer, run this again."
            )
        except Exception as error:  # noqa: BLE001  (the answer is the learner's)
            words, trail = _stopped(error), format_exc(limit=-3)
        if name:
            answers.remember(name, passed)
    line = f'<p role="status"><strong>{escape(words)}</strong></p>'
    where = f"<details><summary>where</summary><pre>{escape(trail)}</pre></details>" if trail else ""
    return Shown(words, line + where)


def _stopped(error: Exception) -> str:
    """What an error says that came while an answer was checked."""
    if "ellipsis" in str(error):
        return "Your turn: this check needs an answer that is still `...`. Write that one first."
    told = f"{type(error).__name__}: {error}".partition("\n")[0]
    return f"✗ Not yet. Your answer stopped with {told[:300]}"


def _given(answer: object) -> bool:
    return answer is not None and answer is not ...


KINDS = {
    "a number": "12",
    "True or False": "True",
    "a word": '"yes"',
    "a list": "[1, 2]",
    "a dictionary": "{'a': 1}",
}
"""What a prediction may be, with an example of each."""


def _of_another_kind(given: object, actual: object) -> str:
    """What to write instead, if a prediction cannot be right because it is of another kind; or ""."""
    wanted = _kind(plain(actual))
    if wanted is None or not _given(given) or _kind(plain(given)) == wanted:
        return ""
    told = require.shown(given if isinstance(given, str) else plain(given))
    wanted = "a dictionary" if isinstance(actual, dict) else wanted
    example = f"Write for example {KINDS[wanted]}, then run this again."
    return f"You predicted {told}, but {wanted} is asked for. {example}"


def _kind(value: Plain) -> str | None:
    """One of `KINDS`; a text that says a number or a truth value counts as that.  None: any, or NaN."""
    if isinstance(value, str):
        said, truth = _read(value), value.strip().casefold() in ("true", "false")
        if isinstance(said, float) and isnan(said):
            return None
        return "True or False" if truth else "a number" if _is_number(said) else "a word"
    if isinstance(value, bool):
        return "True or False"
    return "a list" if isinstance(value, list) else "a number" if _is_number(value) else None


def _compared(given: object, actual: object) -> str:
    if not _given(given):
        return "You have not predicted yet: write your guess above, then run this again."
    if _same(given, actual):
        return f"You predicted {_written(given)}, and so it is."
    off, one, other = "", plain(given), plain(actual)
    if _is_number(one) and _is_number(other):
        side = "low" if one < other else "high"
        off = f": your {_written(one)} was {_written(abs(other - one))} too {side}"
    return f"You predicted {_written(given)}, and it is {_written(actual)}{off}."


def _mark(given: object, actual: object) -> str:
    if not _given(given):
        return "Your turn."
    return "✓ As predicted." if _same(given, actual) else "✗ A surprise."


def _same(given: object, actual: object) -> bool:
    return _alike(plain(given), plain(actual))


def _alike(one: Plain, other: Plain) -> bool:
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_alike, one, other))
    if isinstance(one, str) != isinstance(other, str):  # "2" for 2
        one, other = _read(one), _read(other)
    if _is_number(one) and _is_number(other):
        # a value read from a figure is precise enough
        return one == other or abs(one - other) <= 0.005 * abs(other) < inf
    if isinstance(one, str) and isinstance(other, str):
        return one.casefold().split() == other.casefold().split()
    return one == other


def _read(value: Plain) -> Plain:
    """The number that a text says, if it says one; any other value as text."""
    try:
        return float(value) if isinstance(value, str) else value if _is_number(value) else str(value)
    except ValueError:
        return value


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _written(value: object) -> str:
    if isinstance(value, (list, tuple, int)) or not require.is_bounded(value):
        value = plain(value)
    return _worded(value)


def _worded(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_worded, value))}]"
    digits = 4 if not isinstance(value, float) or abs(value) < 10_000 else 10  # 1234567.25, not 1.235e+06
    return f"{value:.{digits}g}" if isinstance(value, float) else str(value)


def judged(*verdicts: object) -> Shown:
    """The verdicts of a run as sentences, one per line."""
    words = [str(verdict) for verdict in verdicts]
    return Shown("\n".join(words), "".join(f"<div>{escape(each)}</div>" for each in words))


def source(thing: Sourced) -> Shown:
    """The source of a module, class or function; that of a module is folded.

    The source of a pattern, which is a folder, is its docstring followed by its agents.
    """
    code = dedent(_code(thing)).rstrip()
    page = f"```python\n{code}\n```"
    if inspect.ismodule(thing):
        place = "/".join(thing.__name__.split(".")) + ("" if hasattr(thing, "__path__") else ".py")
        head = f"The page <code>{place}</code>, {len(code.splitlines())} lines: click to read it"
        page = f"<details><summary>{head}</summary>\n\n{page}\n\n</details>"
    return Shown(code, page, "text/markdown")


def _code(thing: Sourced) -> str:
    if not (inspect.ismodule(thing) and hasattr(thing, "__path__")):
        return inspect.getsource(thing)
    agents = inspect.getsource(import_module(f"{thing.__name__}.agents"))
    return f'"""{thing.__doc__}"""\n\n{agents.partition(chr(10))[2].lstrip()}'


class expect_error:  # noqa: N801  (a context manager reads as a verb)
    """Show the error that the block raises, and continue.

    Raises AssertionError if the block does not raise an error; errors of other kinds are not caught.
    """

    def __init__(self, *kinds: type[Exception]) -> None:
        self.kinds = kinds or (Exception,)

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> bool:
        if error is None:
            wanted = " or ".join(each.__name__ for each in self.kinds)
            raise AssertionError(f"expected {wanted}; the block raised no error.")
        if not isinstance(error, self.kinds):
            return False
        from IPython.display import display

        words = f"{type(error).__name__}: {error}"
        markup = f'<pre style="white-space:pre-wrap">{escape(words)}</pre>'
        display(Shown(words, markup))  # type: ignore[no-untyped-call]
        return True


advice.install()
