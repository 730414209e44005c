"""A look at an agent: what makes runs of it differ, and which of its handlers cannot bear a repetition."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, replace

from coordlab.explore.landmarks import Landmarks
from coordlab.properties.verdicts import HOLDS, VIOLATED
from coordlab.trace.faults import Duplicate
from coordlab.trace.narration import sentence
from coordlab.world.agent import Agent
from coordlab.world.source import Source, attempt, source_of

OUTSIDE = {
    "random": "self.dice",
    "secrets": "self.dice",
    "uuid": "self.dice",
    "numpy.random": "self.dice",
    "os.urandom": "self.dice.randbytes(...)",
    "time": "self.now, or await self.sleep(...)",
    "datetime": "self.now",
}
"""What an agent must not read, because it differs from run to run, and what it reads instead."""


@dataclass(frozen=True)
class Finding:
    """Something to mend in an agent.

    kind: "outside", "changed message", "different run" or "not repeatable".
    where: the class and the line, or the message.
    what: what is wrong, and what to write instead.
    """

    kind: str
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what} ({self.kind})"


@dataclass(frozen=True, repr=False)
class Findings:
    """What `lint` has found; true if there is nothing to mend."""

    found: tuple[Finding, ...]

    def __bool__(self) -> bool:
        return not self.found

    def __repr__(self) -> str:
        return "\n".join(map(str, self.found)) or "nothing to mend"


def lint(what: object, until: float | None = None) -> Findings:
    """What to mend in the agents of a world, by reading them and by running them.

    what, until: as for `explore`.

    Reading finds clocks and randomness from outside, and messages that are changed.  Running finds a second
    run that differs, and messages whose repetition breaks a property.
    """
    source = source_of(what, until=until)
    kinds = dict.fromkeys(type(agent) for agent in source.world(source.scenario).agents.values())
    own = [each for kind in kinds for each in kind.__mro__ if issubclass(each, Agent) and each is not Agent]
    read = [finding for kind in dict.fromkeys(own) for finding in reading(kind)]
    return Findings((*read, *_different_run(source), *_not_repeatable(source)))


def reading(kind: type[Agent]) -> Iterator[Finding]:
    """What the source of a class of agents shows."""
    try:
        lines, first = inspect.getsourcelines(kind)
    except (OSError, TypeError):  # made in a console that keeps no source
        return
    tree = ast.parse(textwrap.dedent("".join(lines))).body[0]
    assert isinstance(tree, ast.ClassDef)
    names = inspect.getmodule(kind)
    for node in ast.walk(tree):
        where = f"{kind.__name__}, line {first + getattr(node, 'lineno', 1) - 1}"
        if isinstance(node, ast.Name) and (module := _outside(getattr(names, node.id, None), node.id)):
            what = f"`{node.id}` comes from outside the world; write {OUTSIDE[module]}"
            yield Finding("outside", where, what)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("on_"):
            yield from _changed(node, kind, first)


def _outside(value: object, name: str) -> str:
    """The module from outside to which a name in the source refers, or ""."""
    if value is None:
        return ""
    home = value.__name__ if inspect.ismodule(value) else str(getattr(value, "__module__", ""))
    home = "os.urandom" if name == "urandom" else home
    return home if home in OUTSIDE else ""


def _changed(handler: ast.FunctionDef | ast.AsyncFunctionDef, kind: type, first: int) -> Iterator[Finding]:
    """Where a handler writes to the message that it was given."""
    names = [each.arg for each in handler.args.args]
    if len(names) < 3:
        return
    for node in ast.walk(handler):
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        for target in targets:
            base = target
            while isinstance(base, ast.Attribute | ast.Subscript):
                base = base.value
            if base is not target and isinstance(base, ast.Name) and base.id == names[2]:
                where = f"{kind.__name__}, line {first + getattr(node, 'lineno', 1) - 1}"
                what = f"`{ast.unparse(target)}` changes a message; make a new one with dataclasses.replace"  # type: ignore[arg-type]
                yield Finding("changed message", where, what)


def _different_run(source: Source) -> Iterator[Finding]:
    one, other = (attempt(source, source.scenario).run for _ in range(2))
    first = one.divergence(other)
    if first is not None:
        trace = one.trace if first < len(one.trace) else other.trace
        event = trace[first]
        what = f"a second run differs from {event.time:.3f} s on: {sentence(trace, first)}"
        yield Finding("different run", str(event.agent or "the world"), what)


def _not_repeatable(source: Source) -> Iterator[Finding]:
    """The messages of which one that arrives twice breaks a property that holds otherwise."""
    before = attempt(source, source.scenario).run
    held = {each.name for each in before.verdicts if each.status == HOLDS}
    for name, sends in Landmarks(before.trace).sends.items():
        for sent in sends[:3]:
            twice = Duplicate(sent.sender, sent.to, sent.nth)
            tried = attempt(
                source,
                replace(source.scenario, faults=tuple(dict.fromkeys((*source.scenario.faults, twice)))),
            )
            broken = [
                each.name for each in tried.run.verdicts if each.name in held and each.status == VIOLATED
            ]
            if broken or tried.problem:
                why = tried.problem or f"“{broken[0]}” is violated"
                yield Finding("not repeatable", name, f"if it arrives twice ({twice}), {why}")
                break
