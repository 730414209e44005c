"""A lab at work: its declaration, the parameters as they stand, and the runs side by side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coordlab.labs.branch import Branch, Measured, Outcome
from coordlab.labs.spec import LabSpec
from coordlab.trace.faults import Delay, Drop, Duplicate, Fault, FaultError, read_fault
from coordlab.trace.scenario import Scenario, Value
from coordlab.trace.trace import SEND, Trace
from coordlab.world.agent import Agent
from coordlab.world.world import Run, WorldError

if TYPE_CHECKING:
    from coordlab.widgets.encoding import Branch as Shown


class Lab:
    """One pattern with its controls.  Shows itself in a notebook; the same by script:

    >>> from coordlab import labs
    >>> lab = labs.bully(agents=7, until=8)
    >>> lab.set(agents=9, loss=0.1).inject("crash 8 @4").scenario.faults
    (Crash(at=3.0, until=9.0, agent='9'), Crash(at=4.0, until=None, agent='8'))
    """

    def __init__(
        self,
        spec: LabSpec,
        agent: type[Agent] | None = None,
        scenario: Scenario | None = None,
        **parameters: Any,
    ) -> None:
        self.spec, self.agent = spec, agent
        self.selected = 0
        self.branches: list[Branch] = []
        self._undo: list[tuple[list[Branch], int]] = []
        self._listeners: list[Callable[[], None]] = []
        wanted = spec.scenario(parameters) if scenario is None else spec.complete(scenario)
        self.branches = [self._branched("your run", wanted, None, lenient=False)]

    # --- what is on show ---------------------------------------------------------------------------

    @property
    def branch(self) -> Branch:
        """The branch on show."""
        return self.branches[self.selected]

    @property
    def run(self) -> Run:
        """The run on show."""
        return self.branch.run

    @property
    def scenario(self) -> Scenario:
        """What determines it."""
        return self.branch.scenario

    @property
    def line(self) -> str:
        """The same on one line, to share."""
        return str(self.scenario)

    @property
    def parameters(self) -> dict[str, Value]:
        """The parameters as they stand."""
        return dict(self.scenario.parameters)

    @property
    def measures(self) -> list[Measured]:
        """For each measure its label, what was counted, and what theory says (None: nothing)."""
        return self.branch.outcome.measures

    # --- what a learner does -----------------------------------------------------------------------

    def set(self, **parameters: Any) -> Lab:
        """Change parameters (also `seed` and `until`) of the run on show, and run it again from zero."""
        return self._replace(self.spec.turned(self.scenario, parameters, self.branch.aside), lenient=True)

    def inject(self, *faults: Fault | str, name: str = "", branch: int | None = None) -> Lab:
        """Branch from the run on show, or from another: the same from zero, with more faults."""
        position = self._known(self.selected if branch is None else branch)
        before = self.branches[position].scenario
        scenario = before.with_faults(*faults)
        label = name or ", ".join(map(str, scenario.faults[len(before.faults) :]))
        return self._add(label, scenario, position)

    def vary(self, name: str = "", **parameters: Any) -> Lab:
        """Put a run with other parameters (also `seed` and `until`) beside the one on show."""
        label = name or ", ".join(f"{key} = {value}" for key, value in parameters.items())
        wanted = self.spec.turned(self.scenario, parameters, self.branch.aside)
        return self._add(label, wanted, self.selected, lenient=True)

    def heal(self) -> Lab:
        """Let the run on show go without any fault."""
        return self._replace(replace(self.scenario, faults=()))

    def play(self, scenario: Scenario | str, beside: bool = False) -> Lab:
        """Show another run of this lab, a scenario or a shared line, in place of this one or beside it."""
        wanted = Scenario.read(scenario) if isinstance(scenario, str) else scenario
        checked = self.spec.complete(wanted)
        return self._add("played line", checked, None) if beside else self._replace(checked)

    def select(self, position: int) -> Lab:
        """Show another branch."""
        self.selected = self._known(position)
        return self._changed()

    def rename(self, position: int, name: str) -> Lab:
        """Give a branch another name."""
        before = self.branches[self._known(position)]
        self._remember()
        renamed = replace(before, name=name.strip() or before.name)
        self.branches = [renamed if at == position else each for at, each in enumerate(self.branches)]
        return self._changed()

    def delete(self, position: int) -> Lab:
        """Remove a branch; the last one stays."""
        position = self._known(position)
        if len(self.branches) > 1:
            self._remember()
            left = [each for at, each in enumerate(self.branches) if at != position]
            self.branches = [each.without(position) for each in left]
            self.selected = min(self.selected - (self.selected > position), len(left) - 1)
        return self._changed()

    def undo(self) -> Lab:
        """Take the last change back."""
        if not self._undo:
            raise IndexError("there is nothing to undo: nothing has been changed yet.")
        self.branches, self.selected = self._undo.pop()
        return self._changed()

    def save(self, path: str | Path) -> Path:
        """Write the scenario on show to a small JSON file, which `labs.open_file` reads."""
        path = Path(path)
        path.write_text(self.scenario.to_json() + "\n", encoding="utf-8")
        return path

    def page(self, path: str | Path) -> Path:
        """Write all branches to one HTML file that plays without a kernel, a server or the net."""
        from coordlab.widgets.page import page

        path = Path(path)
        path.write_bytes(page(self.shown(), self.spec.title).encode())
        return path

    # --- inside ------------------------------------------------------------------------------------

    def shown(self) -> list[Shown]:
        """The branches as the player takes them."""
        return [
            each.shown(None if each.parent is None else self.branches[each.parent]) for each in self.branches
        ]

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call `listener()` whenever something else is on show."""
        self._listeners.append(listener)

    def fault_of(self, wish: dict[str, Any], branch: int) -> Fault:
        """The fault that a click in the player asks for, on one of the branches."""
        try:
            return CLICKED[wish["kind"]](wish, self.branches[self._known(branch)].run.trace)
        except (KeyError, TypeError, ValueError) as error:
            if isinstance(error, FaultError):
                raise
            raise FaultError(
                f"{str(wish)[:80]} is no fault that can be clicked. There are {', '.join(CLICKED)}. "
                f'Write for instance {{"kind": "Crash", "agent": "5", "at": 3.0}}.'
            ) from None

    def _branched(self, name: str, wanted: Scenario, parent: int | None, *, lenient: bool) -> Branch:
        """The run of a scenario as a branch; if `lenient`, without the faults whose agents do not exist."""
        world = self.spec.build(self.agent, wanted.seed, **wanted.parameters)
        here = world.agents.keys()
        aside = tuple(each for each in wanted.faults if lenient and not set(each.agents) <= here)
        scenario = replace(wanted, faults=tuple(each for each in wanted.faults if each not in aside))
        world.scenario = scenario
        world.expect(*self.spec.properties(scenario.parameters)).inject(*scenario.faults)
        until = None if scenario.until is None else float(scenario.until)  # 12 and 12.0 are one moment
        try:
            outcome = Outcome(self.spec, scenario, world.run(until))
        except WorldError as error:
            outcome = Outcome(self.spec, scenario, error.run, str(error))
        return Branch(name, outcome, parent, aside)

    def _add(self, name: str, scenario: Scenario, parent: int | None, *, lenient: bool = False) -> Lab:
        """Put a run beside the others, and show it."""
        label = name or f"copy of {self.branches[parent or 0].name}"
        made = self._branched(label, scenario, parent, lenient=lenient)
        self._remember()
        self.branches, self.selected = [*self.branches, made], len(self.branches)
        return self._changed()

    def _replace(self, scenario: Scenario, *, lenient: bool = False) -> Lab:
        """Put another run in the place of the one on show."""
        now = self.branch
        if scenario == replace(now.scenario, faults=(*now.scenario.faults, *(now.aside if lenient else ()))):
            return self
        made = self._branched(now.name, scenario, now.parent, lenient=lenient)
        self._remember()
        self.branches = [made if at == self.selected else each for at, each in enumerate(self.branches)]
        return self._changed()

    def _known(self, position: int) -> int:
        if not (isinstance(position, int) and 0 <= position < len(self.branches)):
            raise IndexError(f"there is no branch {position}: there are 0 to {len(self.branches) - 1}.")
        return position

    def _remember(self) -> None:
        self._undo = [*self._undo[-49:], (self.branches, self.selected)]

    def _changed(self) -> Lab:
        for listener in self._listeners:
            listener()
        return self

    def __repr__(self) -> str:
        measures = [
            f"  {label}: {value}" + ("" if theory is None else f" (theory {theory})")
            for label, value, theory in self.measures
        ]
        problem = [f"  the run broke off: {self.branch.problem}"] if self.branch.problem else []
        verdicts = [f"  {verdict}" for verdict in self.run.verdicts]
        return "\n".join(
            [f"{self.spec.title}: {self.spec.question}", f"  {self.line}", *problem, *verdicts, *measures]
        )

    @cached_property
    def panel(self) -> Any:
        """The widget: controls and player."""
        from coordlab.labs.panel import panel

        return panel(self)

    def _repr_mimebundle_(self, **_: Any) -> Any:
        from coordlab.labs.panel import bundle

        return bundle(self)


def _timed(body: Callable[[dict[str, Any]], str]) -> Callable[[dict[str, Any], Trace], Fault]:
    """A fault at a moment, from what its text says between its kind and that moment."""
    return lambda wish, _: read_fault(f"{wish['kind'].lower()} {body(wish)} @{float(wish['at']):.3f}")


CLICKED: dict[str, Callable[[dict[str, Any], Trace], Fault]] = {
    "Crash": _timed(lambda wish: wish["agent"]),
    "Restart": _timed(lambda wish: wish["agent"]),
    "Slow": _timed(lambda wish: f"{wish['who']} {float(wish['by'])}"),
    "Cut": _timed(lambda wish: wish["link"]),
    "Partition": _timed(lambda wish: "/".join(",".join(group) for group in wish["groups"])),
    "Drop": lambda wish, trace: Drop(*nth_on_link(trace, wish["message"])),
    "Duplicate": lambda wish, trace: Duplicate(*nth_on_link(trace, wish["message"])),
    "Delay": lambda wish, trace: Delay(*nth_on_link(trace, wish["message"]), float(wish["by"])),
}
"""How each fault that a learner can click is read from what the player sends."""


def nth_on_link(trace: Trace, message: int) -> tuple[str, str, int]:
    """Sender, recipient, and and the index on that link, from 1, of a message of a run."""
    counts: dict[tuple[str | None, str | None], int] = {}
    for _, kind, agent, peer, number, *_ in trace.rows:
        if kind == SEND:
            counts[agent, peer] = nth = counts.get((agent, peer), 0) + 1
            if number == message:
                return str(agent), str(peer), nth
    raise FaultError(f"there is no message {message} in this run: it has {sum(counts.values())}.")
