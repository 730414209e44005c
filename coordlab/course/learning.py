"""For the reader of a notebook: predict and compare, read the source, meet an error, keep one's answers.

    compare(prediction, actual, "07 messages")      # `...` for no prediction yet
    check(answer, right, "07 exercise 1")           # `...` for no answer yet
    judged(*run.verdicts)                           # what holds, what does not, and why
    source(bully)                                   # a page of the package, or one of its functions
    with expect_error(LookupError): ...             # an error that teaches
    save_progress("me.json"), load_progress("me.json")

Nothing is written unless asked.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from importlib import import_module
from textwrap import dedent
from types import EllipsisType, TracebackType
from typing import Any

from coordlab.course.progress import answers, load_progress, plain, save_progress

__all__ = ["check", "compare", "expect_error", "judged", "load_progress", "save_progress", "source"]


@dataclass(frozen=True, repr=False)
class Shown:
    """Something to see in a notebook: as `markup` of the type `kind` where that can be, else as `text`."""

    text: str
    markup: str
    kind: str = "text/html"

    def __repr__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": self.text, self.kind: self.markup}


def compare(prediction: Any, actual: Any, name: str = "") -> Shown:
    """A prediction beside what came out.  With a `name` it is kept, and found again where it is not repeated.

    >>> compare(12, 19)
    You predicted 12, and it is 19: your 12 was 7 too low.
    >>> compare(..., 19)
    You have not predicted yet: write your guess above, then run this again.
    """
    if name and not isinstance(prediction, EllipsisType):
        answers[name] = plain(prediction)
    given = answers.get(name, ...) if isinstance(prediction, EllipsisType) else prediction
    words = _compared(given, actual)
    waiting = isinstance(given, EllipsisType)
    answer = f"<details><summary>show me</summary>It is {escape(_told(actual))}.</details>" if waiting else ""
    line = f'<p role="status"><strong>{_mark(given, actual)}</strong> {escape(words)}</p>'
    return Shown(words, line + answer)


def check(answer: Any, right: Callable[[Any], Any], name: str = "") -> Shown:
    """Whether an answer to an exercise is `right`.  With a `name` it is kept that it is.

    >>> check(6 * 7, lambda answer: answer == 42)
    ✓ Right.
    >>> check(..., lambda answer: answer == 42)
    Your turn: nothing is written here yet.
    """
    if isinstance(answer, EllipsisType):
        words = "Your turn: nothing is written here yet."
    else:
        passed = bool(right(answer))
        words = "✓ Right." if passed else "✗ Not yet. Look at the run that the check looks at, and try again."
        answers.update({name: passed} if name else {})
    return Shown(words, f'<p role="status"><strong>{escape(words)}</strong></p>')


def _compared(given: Any, actual: Any) -> str:
    if isinstance(given, EllipsisType):
        return "You have not predicted yet: write your guess above, then run this again."
    if _same(given, actual):
        return f"You predicted {_told(given)}, and so it is."
    off = f": your {_told(given)} was {_apart(given, actual)}" if _number(given) and _number(actual) else ""
    return f"You predicted {_told(given)}, and it is {_told(actual)}{off}."


def _mark(given: Any, actual: Any) -> str:
    if isinstance(given, EllipsisType):
        return "Your turn."
    return "✓ As predicted." if _same(given, actual) else "✗ A surprise."


def _same(given: Any, actual: Any) -> bool:
    if _number(given) and _number(actual):
        return bool(abs(given - actual) <= 0.005 * abs(actual))  # what one reads off a figure will do
    return bool(plain(given) == plain(actual))


def _apart(given: float, actual: float) -> str:
    return f"{_told(abs(actual - given))} too {'low' if given < actual else 'high'}"


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _told(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def judged(*verdicts: Any) -> Shown:
    """Verdicts one below the other, to be read as sentences."""
    words = [str(verdict) for verdict in verdicts]
    return Shown("\n".join(words), "".join(f"<div>{escape(each)}</div>" for each in words))


def source(thing: Any) -> Shown:
    """The source of a module, class or function as it is installed; that of a module is folded up.

    Of a pattern, which is a folder, it is the head of the page and then the agents.
    """
    code = dedent(_code(thing)).rstrip()
    page = f"```python\n{code}\n```"
    if inspect.ismodule(thing):
        place = "/".join(thing.__name__.split(".")) + ("" if hasattr(thing, "__path__") else ".py")
        head = f"The page <code>{place}</code>, {len(code.splitlines())} lines: click to read it"
        page = f"<details><summary>{head}</summary>\n\n{page}\n\n</details>"
    return Shown(code, page, "text/markdown")


def _code(thing: Any) -> str:
    if not hasattr(thing, "__path__"):
        return inspect.getsource(thing)
    agents = inspect.getsource(import_module(f"{thing.__name__}.agents"))
    return f'"""{thing.__doc__}"""\n\n{agents.partition(chr(10))[2].lstrip()}'


class expect_error:  # noqa: N801  (a context manager reads as a verb)
    """Shows the error that the block below it raises, and goes on; the block must raise one of `kinds`."""

    def __init__(self, *kinds: type[Exception]) -> None:
        self.kinds = kinds or (Exception,)

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> bool:
        if error is None:
            wanted = " or ".join(each.__name__ for each in self.kinds)
            raise AssertionError(f"this block was to raise {wanted}, and nothing went wrong.")
        if not isinstance(error, self.kinds):
            return False
        from IPython.display import display

        words = f"{type(error).__name__}: {error}"
        markup = f'<pre style="white-space:pre-wrap">{escape(words)}</pre>'
        display(Shown(words, markup))  # type: ignore[no-untyped-call]
        return True
