"""What the kernel does between a slider and the player, for the default run of each lab."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import partial
from typing import Any

from coordlab import labs
from coordlab.labs.branch import Outcome
from tests.benchmarks.footprint import Figure

AIM = 25.0  # CPU ms: half of what a repaint may take


@dataclass(frozen=True)
class Phases:
    """What one repaint of a lab costs.

    events: the rows of the trace.
    run, judge, views, pack: CPU ms to make the world and run it; to judge its properties, count, and compare
        with theory; to make the pattern's own views; to encode all that.
    sent: kB that go to the browser.
    """

    events: int
    run: float
    judge: float
    views: float
    pack: float
    sent: float

    @property
    def kernel(self) -> float:
        """CPU ms of all phases."""
        return self.run + self.judge + self.views + self.pack

    def __str__(self) -> str:
        return " ".join(f"{each.name} {getattr(self, each.name):.4g}" for each in fields(self))


def phases(name: str, rounds: int = 3) -> Phases:
    """The phases of a lab's default run; of each the least of several rounds."""
    lab = getattr(labs, name)()
    scenario, found = lab.scenario, list[list[float]]()
    for _ in range(rounds):
        run, seconds = timed(lambda: lab.source.world(scenario).run(float(scenario.until)))
        outcome = Outcome(lab.spec, scenario, run)
        found.append([seconds, *(timed(partial(step, outcome))[1] for step in (judge, views, pack))])
    recording = outcome.recording
    sent = (len(json.dumps(recording.meta)) + len(recording.columns)) / 1000
    least = (1000 * min(column) for column in zip(*found, strict=True))
    return Phases(len(run.trace), *least, sent)


def judge(outcome: Outcome) -> object:
    return outcome.run.verdicts, outcome.measures


def views(outcome: Outcome) -> object:
    return [each.data for each in outcome.views.values()]


def pack(outcome: Outcome) -> object:
    return json.dumps(outcome.recording.meta)


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """What work returns, and its CPU seconds."""
    began = time.process_time()
    made = work()
    return made, time.process_time() - began


def lab_figures(rounds: int) -> list[Figure]:
    """For each lab the CPU ms of the kernel, and what they are spent on."""
    found = {name: phases(name, rounds) for name in labs.NAMES}
    return [
        Figure(f"{name}: {each}; kernel, CPU ms", {"coordlab": each.kernel}, AIM, f"< {AIM:g}")
        for name, each in found.items()
    ]
