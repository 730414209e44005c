"""A lab in use: its declaration, and its branches, one of which is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coordlab import requirements as require
from coordlab.labs.branch import Branch, Outcome
from coordlab.labs.declaration import OFFERS, LabSource, LabSpec, Measured, Offer
from coordlab.labs.figures import Figures, Made
from coordlab.labs.opening import opening
from coordlab.labs.trouble import played
from coordlab.progress_bar import Tell, teller
from coordlab.properties.verdicts import VIOLATED, Verdict
from coordlab.requirements import shown
from coordlab.trace.faults import Fault, FaultError, as_fault
from coordlab.trace.scenario import Scenario, ScenarioError, Value
from coordlab.world.run import unlike
from coordlab.world.world import Run

if TYPE_CHECKING:
    from coordlab.explore.turning import TurningPoint
    from coordlab.labs.panel import Panel
    from coordlab.labs.pictures import Drawn
    from coordlab.widgets.encoding import Branch as Shown
    from coordlab.widgets.player import Player


class Interrupted(KeyboardInterrupt):
    """A run of a lab was interrupted.  A notebook shows the message without a traceback."""

    def _render_traceback_(self) -> list[str]:
        return [f"Interrupted: {self}"]


class Lab:
    """One pattern with its controls and its runs.  It displays itself in a notebook; in a script:

    >>> from coordlab import labs
    >>> lab = labs.bully(agents=7, until=8)
    >>> lab.set(agents=9, loss=0.1).inject("crash 8 @4").scenario.faults
    (Crash(at=3.0, until=9.0, agent='9'), Crash(at=4.0, until=None, agent='8'))

    Besides parameters it takes classes of yours, by role: `labs.bully(agent=MyAgent)`; see `spec.roles`.

    Each method that changes something returns the lab.  If it raises an error, nothing has changed.
    """

    def __init__(
        self,
        spec: LabSpec,
        *,
        scenario: Scenario | None = None,
        **given: object,
    ) -> None:
        self.spec, self.roles = spec, spec.cast(given)
        names = {each.name for each in spec.roles}
        parameters = {name: value for name, value in given.items() if name not in names}
        self.selected = 0
        self.branches: list[Branch] = []
        self._undo: list[tuple[list[Branch], int]] = []
        self._listeners: list[Callable[[], None]] = []
        self._figures = Figures()
        wanted = spec.scenario(parameters) if scenario is None else spec.complete(scenario)
        self.branches = [self.branched("your run", wanted, None, lenient=False)]

    # --- what is shown -----------------------------------------------------------------------------

    @property
    def branch(self) -> Branch:
        """The branch that is shown."""
        return self.branches[self.selected]

    @property
    def run(self) -> Run:
        """The run of that branch."""
        return self.branch.run

    @property
    def scenario(self) -> Scenario:
        """All that determines the run."""
        return self.branch.scenario

    @property
    def line(self) -> str:
        """The scenario on one line, to share."""
        return str(self.scenario)

    @property
    def source(self) -> LabSource:
        """What makes the worlds of this lab: `explore` and `sweep` begin at the run that is shown."""
        return LabSource(self.spec, self.roles, self.scenario)

    @property
    def parameters(self) -> dict[str, Value]:
        """The parameters of the run."""
        return dict(self.scenario.parameters)

    @property
    def presets(self) -> dict[str, dict[str, Any]]:
        """For each parameter that has presets their data by name; what the run uses of yours is "yours"."""
        found: dict[str, dict[str, Any]] = {}
        for each in self.spec.parameters:
            if each.presets:
                value = self.scenario.parameters[each.name]
                own = {} if value in each.presets else {"yours": each.data(value)}
                found[each.name] = {**each.presets, **own}
        return found

    @property
    def trying(self) -> str:
        """The title of the schedule that is shown; "": none."""
        shown = (each for each in self.spec.schedules if self.spec.trial(each) == self.scenario)
        return next((each.title for each in shown), "")

    @property
    def undoable(self) -> bool:
        """Whether there is a change to undo."""
        return bool(self._undo)

    @property
    def offers(self) -> dict[str, Offer]:
        """The faults that the lab offers, by their labels: first those that suit the pattern."""
        return {each.label: each for each in (*self.spec.offers(self.parameters), *OFFERS)}

    @property
    def verdicts(self) -> list[Verdict]:
        """Whether each property holds in the run, and if not, why."""
        return self.run.verdicts

    @property
    def measures(self) -> list[Measured]:
        """For each measure its label, what was counted, and what theory expects (None: nothing)."""
        return self.branch.outcome.measures

    @property
    def views(self) -> dict[str, Drawn]:
        """The pattern's own views of the run by name: `lab.views["board"].at(2.5)`."""
        return self.branch.outcome.views

    def figure(self, question: str = "", progress: bool | Tell = False) -> Made:
        """A figure of the lab: the setting that is shown is swept over a parameter, and theory lies over it.

        question: which one, by its text or the beginning of it; default: the first.
        progress: True for a bar, or a function of how many runs are done, and of how many.

        Raises ValueError if the lab has no such figure.
        """
        made = self.made(question)
        total = made.left
        tell = teller(progress, total, "run")
        for left in made.steps():
            tell(total - left, total)
        return made

    def made(self, question: str = "") -> Made:
        """The same figure as far as it is made."""
        require.instance("question", question, str, "lab.figure('How')")
        known = {each.question: each for each in self.spec.figures}
        found = [each for name, each in known.items() if name.startswith(question)]
        figure = found[0] if found else known[require.one_of("question", question, known)]
        return self._figures.at(figure, self.source)

    # --- what a learner does -----------------------------------------------------------------------

    def set(self, **parameters: object) -> Lab:
        """Change settings (parameters, `seed`, `until`) of the run that is shown, and run it again.

        Raises ScenarioError if a setting is not allowed.
        """
        return self._replace(self.spec.turned(self.scenario, parameters, self.branch.aside), lenient=True)

    def inject(self, *faults: Fault | str, name: str = "", branch: int | None = None) -> Lab:
        """Add a branch: the run that is shown, or that at position `branch`, with more faults.

        Raises FaultError if a fault cannot be read or names an agent that does not exist.
        """
        position = self.known(self.selected if branch is None else branch)
        before = self.branches[position].scenario
        scenario = before.with_faults(*faults)
        label = _named(name) or ", ".join(map(str, scenario.faults[len(before.faults) :]))
        return self._add(label, scenario, position)

    def vary(self, name: str = "", **parameters: object) -> Lab:
        """Add a branch: the run that is shown, with other settings; see `set`."""
        label = _named(name) or ", ".join(f"{key} = {value}" for key, value in parameters.items())[:80]
        wanted = self.spec.turned(self.scenario, parameters, self.branch.aside)
        return self._add(label, wanted, self.selected, lenient=True)

    def heal(self, fault: Fault | str | None = None, at: float | None = None) -> Lab:
        """Run the scenario that is shown without faults, or without one of them.

        fault: the one to take away; default: all.
        at: when it ends instead, in virtual seconds.

        Raises FaultError if the run has no such fault, or if it cannot end then.
        """
        faults = list(self.scenario.faults)
        if fault is None:
            return self._replace(replace(self.scenario, faults=()))
        gone, has = as_fault(fault), ", ".join(map(str, faults)) or "no faults"
        require.that(gone in faults, repr(str(gone)), f"the run has {has}", "lab.heal()", FaultError)
        place = faults.index(gone)
        faults[place : place + 1] = [] if at is None else [replace(gone, until=at)]
        return self._replace(replace(self.scenario, faults=tuple(faults)))

    def try_out(self, title: str) -> Lab:
        """Show the run of a schedule, by its title or the beginning of it; `spec.schedules` lists them.

        Raises ValueError if the lab has no such schedule.
        """
        return self._replace(self.spec.trial(self.spec.schedule(title)))

    def play(self, scenario: Scenario | str, beside: bool = False) -> Lab:
        """Show another scenario of this lab, given as data or text, in place of this one or `beside` it.

        Beside it, the branch is named after what differs.  Raises ScenarioError if the scenario cannot be
        read or is of another lab.
        """
        checked = self.spec.complete(scenario_of(scenario))
        return (
            self._add(self.spec.differing(checked, self.scenario), checked, None)
            if beside
            else self._replace(checked)
        )

    def select(self, position: int) -> Lab:
        """Show the branch at a position, from 0.  Raises IndexError if it does not exist."""
        self.selected = self.known(position)
        return self._changed()

    def rename(self, position: int, name: str) -> Lab:
        """Give the branch at a position another name; a blank name changes nothing."""
        before = self.branches[self.known(position)]
        clean = _named(name)
        renamed = replace(before, name=clean or before.name)
        named = [renamed if at == position else each for at, each in enumerate(self.branches)]
        return self._show(named, self.selected)

    def delete(self, position: int) -> Lab:
        """Remove the branch at a position; the last one remains."""
        position = self.known(position)
        if len(self.branches) == 1:
            return self._changed()
        left = [each.without(position) for at, each in enumerate(self.branches) if at != position]
        return self._show(left, min(self.selected - (self.selected > position), len(left) - 1))

    def undo(self) -> Lab:
        """Undo the last change, of at most 50.  Raises IndexError if there is none."""
        require.that(self._undo, "nothing to undo", "change something first", "lab.set(seed=7)", IndexError)
        self.branches, self.selected = self._undo.pop()
        return self._changed()

    def open_at(self, at: float | str) -> Lab:
        """Let the run that is shown open at virtual second `at`, or where the property `at` is violated.

        That holds for the player, its still and the page.  Raises ValueError if there is no such moment.
        """
        opened = replace(self.branch, opening=opening(self.run, at))
        self.branches = [opened if each is self.branch else each for each in self.branches]
        return self._changed()

    def save(self, path: str | Path) -> Path:
        """Write the scenario that is shown to a JSON file, which `labs.open_file` reads; return `path`."""
        path = require.new_file("path", path, "run.json")
        path.write_text(self.scenario.to_json() + "\n", encoding="utf-8")
        return path

    def page(self, path: str | Path, vary: Mapping[str, Iterable[object]] | None = None) -> Path:
        """Write all branches to one HTML file that plays without a kernel or network; return `path`.

        The three runs worth trying are in it, too, one click away as in the lab.

        vary: parameters by name, each with values of which a run is added.  Default: all versions of the lab.
        """
        path = require.new_file("path", path, "lab.html")
        path.write_bytes(self.html(vary).encode())
        return path

    def html(self, vary: Mapping[str, Iterable[object]] | None = None) -> str:
        """The same page as a text."""
        from coordlab.labs.export import html

        return html(self, vary)

    def point_of_no_return(self, judge: str = "", progress: bool | Tell = False) -> TurningPoint:
        """When the run that is shown was lost; the player draws the curve.  See `coordlab.explore`.

        judge: the name of a property that it violates.  Default: the first one.
        progress: True shows a bar where tqdm is installed; a function is called with (drawn, in all).

        Raises ExploreError if the run broke off or violates no property.
        """
        from coordlab.explore import ExploreError, point_of_no_return

        broken = [each.name for each in self.run.verdicts if each.status == VIOLATED]
        whole, allowed = not self.branch.problem, "expected a whole run that violates a property"
        require.that(broken and whole, self.line, allowed, "lab.set(patience=0.05)", ExploreError)
        found = point_of_no_return(self.run, judge or broken[0], progress=progress)
        self.branch.outcome.turning = found
        self._changed()
        return found

    # --- internals ------------------------------------------------------------------------------------

    def shown(self) -> list[Shown]:
        """The branches as the player reads them."""
        return [
            each.shown(None if each.parent is None else self.branches[each.parent]) for each in self.branches
        ]

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call `listener()` after each change."""
        self._listeners.append(listener)

    def branched(self, name: str, wanted: Scenario, parent: int | None, *, lenient: bool) -> Branch:
        """Run a scenario; if `lenient`, skip the faults whose agents do not exist."""
        source, world = LabSource(self.spec, self.roles, wanted), None
        try:
            world = source.world(replace(wanted, faults=()))
            here = world.agents.keys()
            aside = tuple(each for each in wanted.faults if lenient and not set(each.agents) <= here)
            left = tuple(each for each in wanted.faults if each not in aside)
            world.scenario = replace(wanted, faults=left)
            made = Branch(name, played(source, world.inject(*left)), parent, aside)
        except KeyboardInterrupt:
            at = world and f" at {world.now:g} virtual seconds"
            raise Interrupted(f"the run was interrupted{at or ''}; the lab has not changed.") from None
        return made if parent is None else self.compared(made, self.branches[parent].outcome)

    @staticmethod
    def compared(branch: Branch, before: Outcome) -> Branch:
        """The branch, which says so if it does not repeat another run up to the first of its new faults."""
        known, now = before.scenario, branch.scenario
        new = now.faults[len(known.faults) :]
        same = replace(now, faults=now.faults[: len(known.faults)]) == known
        if not same or before.problem or branch.problem:
            return branch
        return replace(branch, unlike=unlike(before.run.trace, branch.run.trace, new))

    def _add(self, name: str, scenario: Scenario, parent: int | None, *, lenient: bool = False) -> Lab:
        """Add a branch, and show it."""
        label = _named(name) or f"copy of {self.branches[parent or 0].name}"
        made = self.branched(label, scenario, parent, lenient=lenient)
        return self._show([*self.branches, made], len(self.branches))

    def _replace(self, scenario: Scenario, *, lenient: bool = False) -> Lab:
        """Replace the run that is shown."""
        now = self.branch
        if scenario == replace(now.scenario, faults=(*now.scenario.faults, *(now.aside if lenient else ()))):
            return self
        made = self.branched(now.name, scenario, now.parent, lenient=lenient)
        shown = [made if at == self.selected else each for at, each in enumerate(self.branches)]
        return self._show(shown, self.selected)

    def known(self, position: int) -> int:
        """The position of a branch.  Raises IndexError if there is none."""
        return require.count("branch", position, 0, len(self.branches) - 1, example=0, error=IndexError)

    def _show(self, branches: list[Branch], selected: int) -> Lab:
        """Show other branches.  If a listener raises an error or is interrupted, nothing has changed."""
        before = self._undo, self.branches, self.selected
        self._undo = [*self._undo[-49:], (self.branches, self.selected)]
        self.branches, self.selected = branches, selected
        try:
            return self._changed()
        except BaseException as error:
            self._undo, self.branches, self.selected = before
            if isinstance(error, KeyboardInterrupt):
                raise Interrupted("the run was not yet shown; the lab has not changed.") from None
            raise

    def _changed(self) -> Lab:
        for listener in self._listeners:
            listener()
        return self

    def __repr__(self) -> str:
        measures = [f"  {measure}" for measure in self.measures]
        problem = [f"  the run stopped with an error: {self.branch.problem}"] if self.branch.problem else []
        verdicts = [f"  {verdict}" for verdict in self.run.verdicts]
        said = [f"  {each}" for each in (self.branch.late, self.branch.unlike) if each]
        yours = ", ".join(f"{role}={kind.__name__}" for role, kind in self.roles.items())
        line = f"  {self.line}{f'  (with {yours})' if yours else ''}"
        head = f"{self.spec.title}: {self.spec.question}"
        return "\n".join([head, line, *problem, *said, *verdicts, *measures])

    @cached_property
    def player(self) -> Player:
        """The player alone, as one widget; in marimo it is shown by `mo.ui.anywidget(lab.player)`."""
        from coordlab.labs.panel import player_of

        return player_of(self)

    @cached_property
    def panel(self) -> Panel:
        """The controls and the player, as ipywidgets."""
        from coordlab.labs.panel import Panel

        return Panel(self)

    def close(self) -> None:
        """Close the widgets, and call no listener again; a lab that is displayed later gets new widgets."""
        from coordlab.labs.panel import parts

        for name in {"panel", "player"} & vars(self).keys():
            for widget in parts(vars(self).pop(name)):
                widget.close()
        self._listeners.clear()

    def _ipython_display_(self) -> None:
        from coordlab.labs.display import show

        show(self)

    def _repr_mimebundle_(self, **_: object) -> dict[str, object]:
        """For displays other than IPython's: the panel, a picture and a text, of which they show one."""
        from coordlab.labs.display import picture

        return {
            **self.panel._repr_mimebundle_(),
            **picture(self)._repr_mimebundle_(),
            "text/plain": repr(self),
        }


def scenario_of(given: object) -> Scenario:
    """A scenario given as data, as one line or as JSON.  Raises ScenarioError if it cannot be read."""
    if not isinstance(given, (str, Scenario)):
        allowed, example = "expected a Scenario, its line or its JSON", "labs.play('bully agents=5')"
        require.fail(f"scenario={shown(given)}", allowed, example, ScenarioError)
    return Scenario.read(given) if isinstance(given, str) else given


def _named(name: object) -> str:
    """The name of a branch.  Raises TypeError or ValueError for what is not one line of text."""
    clean = require.instance("name", name, str, 'name="without loss"').strip()
    require.that(clean.isprintable(), f"name={name!r}", "expected one line of text", "'without loss'")
    return clean
