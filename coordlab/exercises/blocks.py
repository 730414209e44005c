"""Parts that are answered by ordering blocks of code: what they make together is run and judged."""

from __future__ import annotations

import linecache
from dataclasses import dataclass, field
from string import ascii_uppercase
from textwrap import indent
from typing import Any

from coordlab import requirements as require
from coordlab.exercises.part import ExerciseError, Variant
from coordlab.exercises.practice import OnSchedules
from coordlab.trace.scenario import Value
from coordlab.world.agent import Agent
from coordlab.world.dice import dice
from coordlab.world.errors import in_words, line_of


@dataclass(frozen=True)
class Blocks(OnSchedules):
    """A part that is answered by a text of letters, each of which stands for a block of code.

    Some blocks are typical mistakes, which a right answer leaves out.  Each variant has letters of its own.

    given: the code above the blocks, which ends within the class `Answer`.
    blocks: their code, each with its indentation, sorted: the right order is nowhere in the package.
    shared: the names that the code may use and the page does not show, such as classes of messages.

    A loop must stand in one block, with what makes it wait: else an order of the others could hang.
    """

    given: str = field(kw_only=True)
    blocks: tuple[str, ...] = field(kw_only=True)
    shared: tuple[object, ...] = field(kw_only=True)

    form = "order the blocks"

    def __post_init__(self) -> None:
        require.that(
            list(self.blocks) == sorted(self.blocks), f"blocks of {self.id}", "expected them sorted", "sorted"
        )

    def row(self, number: int) -> dict[str, Value]:
        """The variant with this number, and how its letters are dealt."""
        return {**super().row(number), "deal": dice("deal", self.id, number).randrange(1_000_000)}

    def dealt(self, variant: Variant) -> dict[str, str]:
        """The block of each letter."""
        order = list(self.blocks)
        dice("blocks", variant["deal"]).shuffle(order)
        return dict(zip(ascii_uppercase, order, strict=False))

    def asked(self, variant: Variant) -> str:
        """The task in words, what is given, and the blocks with their letters."""
        blocks = "\n".join(_lettered(letter, code) for letter, code in self.dealt(variant).items())
        return (
            f"{super().asked(variant)}\n\nThe code begins like this:\n\n```python\n{self.given}\n```\n\n"
            f"Go on with some of these blocks, each at most once:\n\n```\n{blocks}\n```\n\n"
            f'Write their letters in order, such as {self.name} = "{"".join(self.dealt(variant))[:3]}".'
        )

    def unlike(self, answer: object) -> str:
        """Why it is not a text of letters, or ""."""
        if isinstance(answer, str) or (
            isinstance(answer, (list, tuple)) and all(isinstance(each, str) for each in answer)
        ):
            return ""
        what = f"{self.name} is {require.shown(answer)}"
        return f'{what}, and letters of blocks are asked for. Write {self.name} = "CAB"'

    def code(self, answer: object, variant: Variant) -> str:
        """What the blocks make together.  Raises ExerciseError for other letters, or one that comes twice."""
        dealt = self.dealt(variant)
        letters = [each for each in "".join(answer).upper() if each not in " ,"]  # type: ignore[arg-type]
        example = f'{self.name} = "{"".join(dealt)[:3]}"'
        for place, letter in enumerate(letters):
            allowed = f"the letters are {', '.join(dealt)}, each at most once"
            once = letter in dealt and letter not in letters[:place]
            require.that(once, f"letter {require.shown(letter)}", allowed, example, ExerciseError)
        require.that(letters, f"{self.name} has no letter", "expected some", example, ExerciseError)
        return "\n".join((self.given, *(dealt[letter] for letter in letters), ""))

    def kind(self, answer: object, variant: Variant) -> type[Agent]:
        """The class that the blocks make.  Raises ExerciseError if they make none."""
        source, file = self.code(answer, variant), f"blocks of {self.id}"
        names: dict[str, Any] = {each.__name__: each for each in self.shared if isinstance(each, type)}
        names["__name__"] = "answer"
        linecache.cache[file] = len(source), None, source.splitlines(True), file  # for errors to show
        try:
            exec(compile(source, file, "exec"), names)  # noqa: S102  (every block of it is ours)
        except SyntaxError as error:
            line = (error.text or "").strip()
            raise ExerciseError(f"In this order it is not Python: {error.msg}, at {line!r}.") from None
        except Exception as error:  # noqa: BLE001  (whatever this order raises)
            raise ExerciseError(
                f"In this order it is not a class. {in_words(error)}{line_of(error)}"
            ) from None
        kind: type[Agent] = names["Answer"]
        return kind


def _lettered(letter: str, code: str) -> str:
    return f"{letter} |{indent(code, '   |')[4:]}"
