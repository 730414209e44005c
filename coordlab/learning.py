"""For the reader of a notebook: predict and compare, read the source, meet an error, keep one's answers.

    compare(prediction, actual, "07 messages")      # `...` for no prediction yet
    check(answer, right, "07 exercise 1")           # `...` for no answer yet
    source(bully)                                   # a page of the package, or one of its functions
    with expect_error(LookupError): ...             # an error that teaches
    save_progress("me.json"), load_progress("me.json")

Answers live in this session only, until one saves them.
"""

from __future__ import annotations

import inspect
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from textwrap import dedent
from types import EllipsisType, TracebackType
from typing import Any

FORMAT, VERSION, MOST = "coordlab-progress", 1, 1_000_000

answers: dict[str, Any] = {}
"""What the reader has predicted and answered so far, by name."""


class ProgressError(ValueError):
    """A file that holds no progress, or must not be overwritten: says why, and what to do instead."""


@dataclass(frozen=True, repr=False)
class Shown:
    """Something to be seen in a notebook: as `markup` of the type `kind` where that can be, else as `text`."""

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
    You have not predicted yet. It is 19.
    """
    if name and not isinstance(prediction, EllipsisType):
        answers[name] = _plain(prediction)
    given = answers.get(name, ...) if isinstance(prediction, EllipsisType) else prediction
    words = _compared(given, actual)
    return Shown(words, f'<p role="status"><strong>{_mark(given, actual)}</strong> {escape(words)}</p>')


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
        return f"You have not predicted yet. It is {_told(actual)}."
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
    return bool(_plain(given) == _plain(actual))


def _apart(given: float, actual: float) -> str:
    return f"{_told(abs(actual - given))} too {'low' if given < actual else 'high'}"


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _told(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def source(thing: Any) -> Shown:
    """The source of a module, class or function as it is installed; a module's is folded up."""
    code = dedent(inspect.getsource(thing)).rstrip()
    page = f"```python\n{code}\n```"
    if inspect.ismodule(thing):
        place = "/".join(thing.__name__.split(".")) + ".py"
        head = f"The page <code>{place}</code>, {len(code.splitlines())} lines: click to read it"
        page = f"<details><summary>{head}</summary>\n\n{page}\n\n</details>"
    return Shown(code, page, "text/markdown")


class expect_error:  # noqa: N801  (a context manager reads as a verb)
    """Shows the error that the block below it raises, and goes on; the block must raise one of `kinds`."""

    def __init__(self, *kinds: type[Exception]) -> None:
        self.kinds = kinds or (Exception,)

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> bool:
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


# --- progress --------------------------------------------------------------------------------------


def save_progress(path: str | Path) -> str:
    """Write all answers to one small JSON file; those that it holds already, and are not given anew, stay."""
    path = Path(path)
    kept = {**(_read(path) if path.exists() else {}), **answers}
    content = {"format": FORMAT, "version": VERSION, "answers": kept}
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, suffix=".part", delete=False) as file:
        json.dump(content, file, ensure_ascii=False, indent=1)
    Path(file.name).replace(path)  # the old file is whole until the new one is
    return f"{_counted(kept)} saved in {path.name}."


def load_progress(path: str | Path) -> str:
    """Take up the answers of a file; what has been answered in this session stays."""
    found = _read(Path(path))
    answers.update({**found, **answers})
    return f"{_counted(found)} found in {Path(path).name}."


def _read(path: Path) -> dict[str, Any]:
    """The answers in a file: data only, and all of it looked at before any is taken."""
    if path.stat().st_size > MOST:
        raise ProgressError(f"{path.name} has more than {MOST:,} bytes: that is no file of answers. {_ADVICE}")
    try:
        content = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise ProgressError(f"{path.name} is not JSON: cut off, or another kind of file. {_ADVICE}") from None
    ours = isinstance(content, dict) and (content.get("format"), content.get("version")) == (FORMAT, VERSION)
    found = content.get("answers") if ours else None
    if not isinstance(found, dict) or not all(map(_is_plain, found.values())):
        raise ProgressError(f"{path.name} was not written by save_progress, version {VERSION}. {_ADVICE}")
    return found


_ADVICE = "Nothing was changed; give another path."


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no number")


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return value if _is_plain(value) else str(value)


def _is_plain(value: Any) -> bool:
    if isinstance(value, list):
        return all(isinstance(each, list) and _is_plain(each) or _is_plain(each) for each in value)
    return value is None or isinstance(value, (bool, int, float, str)) and value == value


def _counted(found: dict[str, Any]) -> str:
    return f"{len(found)} answer{'' if len(found) == 1 else 's'}"
