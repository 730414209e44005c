"""The making of the agents of a lab: what goes wrong with a learner's class is said with its role."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from traceback import walk_tb
from typing import TYPE_CHECKING, NoReturn

from coordlab.world.agent import Agent
from coordlab.world.errors import AgentError, in_words, line_of
from coordlab.world.guards import alarm, interruptible

if TYPE_CHECKING:
    from coordlab.labs.declaration import Role

WALL = 10.0  # real seconds that the making of all agents may take


class Endless(BaseException):
    """Stops an `__init__` without an end.  It is not an `Exception`, so that no agent catches it."""


@contextmanager
def making(parts: Mapping[Role, type[Agent]]) -> Generator[None]:
    """While agents are made: an error in the making of a learner's class becomes an AgentError.

    It names the role, and how the lab makes it.  After `WALL` real seconds the making is stopped.
    """

    def ring(*_: object) -> NoReturn:
        raise Endless(f"making it took more than {WALL:g} real seconds; has a loop in its __init__ no end?")

    try:
        with interruptible(), alarm(WALL, ring):
            yield
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:
        if (found := _unmade(error, parts)) is None:
            raise
        raise AgentError(found) from error  # also of `sys.exit`, which must not end the reader's kernel


def _unmade(error: BaseException, parts: Mapping[Role, type[Agent]]) -> str | None:
    """Which class of the learner's could not be made, and why; None if the error is not about one."""
    frames = [frame.f_locals for frame, _ in walk_tb(error.__traceback__)]
    held = [each.get(name) for each in frames for name in ("self", "agent")]
    text = str(error) if isinstance(error, Endless) else in_words(error)
    for role, kind in parts.items():
        if any(type(each) is kind for each in held) or f"{kind.__qualname__}.__init__" in text:
            takes = f"the lab makes it as {role.made}"
            return f"your {role.name}: a {kind.__name__} could not be made: {text}: {takes}{line_of(error)}"
    return None
