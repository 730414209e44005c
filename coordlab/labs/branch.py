"""A run of a lab, and what is derived from it, computed once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from coordlab import requirements as require
from coordlab.labs.declaration import LabSpec, Measured, Theory, offers_as_data
from coordlab.labs.opening import Opening
from coordlab.labs.pictures import Drawn, drawn
from coordlab.trace.faults import Fault
from coordlab.trace.narration import TEMPLATES
from coordlab.trace.scenario import Scenario
from coordlab.trace.trace import MICRO, Trace
from coordlab.world.errors import BudgetError, WorldError
from coordlab.world.run import Run

if TYPE_CHECKING:
    from coordlab.explore.turning import TurningPoint
    from coordlab.widgets.encoding import Branch as Shown, Divergence, Recording


MOST = 10_000  # events that are shown of a run that used up its budget: more of the same explains nothing


def broken_off(error: WorldError) -> tuple[Run, str]:
    """The run until an error, at most its first 10,000 events, and the error in words."""
    run, words = error.run, str(error)
    if isinstance(error, BudgetError) and error.remedy:
        words = words.replace(error.remedy, "End the run sooner: lab.set(until=2).")
    rows = run.trace.rows[:MOST]
    if len(rows) == len(run.trace):
        return run, words
    first = Trace(rows, run.trace.agents, run.trace.says, rows[-1][0] / MICRO, broken=True)
    return Run(first, run.world, run.until), f"{words} The first {MOST:,} events are shown."


class Outcome(require.Readable):
    """A scenario with its run; `problem` is the error that stopped the run, if any."""

    def __init__(self, spec: LabSpec, scenario: Scenario, run: Run, problem: str = "") -> None:
        self.spec, self.scenario, self.run, self.problem = spec, scenario, run, problem
        self._compared: tuple[Outcome, Divergence | None] | None = None
        self.turning: TurningPoint | None = None  # when the run was lost, if that was asked

    @cached_property
    def measures(self) -> list[Measured]:
        """What was counted on the trace, each with what theory expects of a run that did not break off."""
        given, trace = self.scenario.parameters, self.run.trace
        pairs = [(each, each.theory(given, trace)) for each in self.spec.measures]
        return [Measured(each.label, each.count(trace), self._whole(theory)) for each, theory in pairs]

    def _whole(self, theory: Theory | None) -> Theory | None:
        return replace(theory, unless="the run broke off") if theory and self.problem else theory

    @cached_property
    def views(self) -> dict[str, Drawn]:
        """The pattern's own views of the run, by name."""
        return drawn(self.spec, self.scenario.parameters, self.run.trace)

    @cached_property
    def recording(self) -> Recording:
        """The run as the player reads it."""
        from coordlab.widgets.encoding import pack

        return pack(
            self.run.trace,
            title=self.spec.title,
            question=self.spec.question,
            line=str(self.scenario),
            verdicts=self.run.verdicts,
            measures=[each.shown for each in self.measures],
            lanes=self.spec.lanes(self.scenario.parameters),
            focus=self.spec.focus(self.scenario.parameters),
            problem=self.problem,
            templates=TEMPLATES,
            own=self._own,
        )

    @property
    def _own(self) -> dict[str, object]:
        """What the player shows of the pattern alone."""
        offers = self.spec.offers(self.scenario.parameters)
        views = [each.data for each in self.views.values()]
        return {"views": views, "tones": self.spec.tones, "offers": offers_as_data(offers)}

    def divergence(self, parent: Outcome) -> Divergence | None:
        """The first event in which this run differs from that of its parent."""
        from coordlab.widgets.encoding import first_difference

        if self._compared is None or self._compared[0] is not parent:
            self._compared = parent, first_difference(self.run.trace, parent.run.trace)
        return self._compared[1]


@dataclass(frozen=True)
class Branch:
    """An outcome with a name, and the position of the branch that it was made from (None: of none)."""

    name: str
    outcome: Outcome
    parent: int | None = None
    aside: tuple[Fault, ...] = ()  # faults that are skipped while their agents do not exist
    unlike: str = ""  # how it differs from the run that it repeats, before its first new fault
    opening: Opening | None = None  # where the player opens it; None: where the lab says

    @property
    def scenario(self) -> Scenario:
        """What determines the run."""
        return self.outcome.scenario

    @property
    def run(self) -> Run:
        """The run itself."""
        return self.outcome.run

    @property
    def problem(self) -> str:
        """The error that stopped the run, if any."""
        return self.outcome.problem

    @property
    def notice(self) -> str:
        """What the learner must know: an error, faults without effect, or a difference from the parent."""
        skipped = ", ".join(map(str, self.aside))
        aside = skipped and f"skipped, because the agent does not exist: {skipped}"
        return self.problem or aside or self.late or self.unlike

    @property
    def window(self) -> tuple[float, float] | None:
        """The part that is shown first, in seconds; None: the whole run."""
        since, until = self.opening.window if self.opening else self.outcome.recording.meta["focus"]
        return (since, until) if since < until else None

    @property
    def late(self) -> str:
        """The faults that would begin after the end of the run, in words."""
        end = self.run.trace.until
        late = ", ".join(
            str(each) for each in self.scenario.faults if (getattr(each, "at", 0.0) or 0.0) > end
        )
        return late and f"without effect, because the run ends at {end:g} s: {late}"

    def shown(self, parent: Branch | None) -> Shown:
        """The branch as the player reads it."""
        from coordlab.widgets.encoding import Branch as Shown

        divergence = None if parent is None else self.outcome.divergence(parent.outcome)
        lost = self.outcome.turning
        turning = None if lost is None else _pictured(lost)
        opens = None if self.opening is None else vars(self.opening)
        return Shown(self.outcome.recording, self.name, self.parent, divergence, turning, opens)

    def without(self, deleted: int) -> Branch:
        """The same branch after the one at position `deleted` has been removed."""
        gone = self.parent is None or self.parent == deleted
        parent = None if gone or self.parent is None else self.parent - (self.parent > deleted)
        return replace(self, parent=parent)


def _pictured(found: TurningPoint) -> dict[str, object]:
    """What the player shows of a point of no return."""
    event = None if found.event is None else found.event.seq
    curve = [(at, each.mean) for at, each in found.curve.items()]
    words = {"property": found.property, "words": found.sentence}
    return {**words, "at": found.after, "event": event, "curve": curve}
