"""Measure all contenders in turn (A B C A B C ...), each time in a fresh process, and compare the medians."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from statistics import median
from typing import Any

from tests.benchmarks import bully, genuine, messages, timers
from tests.benchmarks.workload import MICRO, Target, Workload

WORKLOADS: dict[str, Workload] = {
    "timers": timers.WORKLOAD,
    "messages": messages.WORKLOAD,
    "bully": bully.WORKLOAD,
    "genuine": genuine.WORKLOAD,
}
REFERENCES = ("bare heap", "SimPy", "async-solipsism")
Measured = dict[str, Any]


def measure(workload: Workload, contender: str, size: int, collect: bool, check: bool) -> Measured:
    """Do the work once, here; gives the CPU seconds it took and, if asked for, its answer."""
    gc.collect()
    if not collect:
        gc.disable()
    began = time.process_time()
    outcome = workload.contenders[contender](size)
    cpu = time.process_time() - began
    gc.disable()  # nor shall counting and checking take long
    counted = size if workload.counted is None else workload.counted(outcome)
    return {"cpu": cpu, "counted": counted, "answer": workload.answer(outcome) if check else None}


def measure_apart(key: str, contender: str, size: int, collect: bool, check: bool) -> Measured:
    """The same in a fresh process."""
    order = json.dumps([key, contender, size, collect, check])
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks", "--measure", order],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    result: Measured = json.loads(done.stdout)
    return result


def measure_ordered(order: str) -> str:
    """What the fresh process does."""
    key, *rest = json.loads(order)
    result = json.dumps(measure(WORKLOADS[key], *rest))
    sys.stdout.write(result)
    sys.stdout.flush()
    os._exit(0)  # freeing millions of rows would take as long as making them


def agree(answers: dict[str, Measured]) -> None:
    """All answers must be equal in whatever they have in common."""
    first, *others = answers
    for other in others:
        for what in answers[first].keys() & answers[other].keys():
            one, two = answers[first][what], answers[other][what]
            if one != two:
                raise AssertionError(f"{what}: {first} says {one}, but {other} says {two}")


def compare(key: str, size: int, rounds: int, collect: bool) -> dict[str, float]:
    """Median CPU microseconds for one unit of a workload, by contender."""
    workload = WORKLOADS[key]
    spent: dict[str, list[float]] = {name: [] for name in workload.contenders}
    for number in range(rounds):
        answers = {}
        for name, times in spent.items():
            result = measure_apart(key, name, size, collect, check=number == 0)
            times.append(result["cpu"] * MICRO / result["counted"])
            answers[name] = result["answer"] or {}
        agree(answers)
    return {name: median(times) for name, times in spent.items()}


def verdict(target: Target, *medians: dict[str, float]) -> str:
    """Whether a target is reached."""
    times = [each[target.theirs] / each[target.ours] for each in medians]
    reached = "reached" if min(times) >= target.times else "NOT reached"
    shown = times if target.times >= 1 else [1 / each for each in times]
    return f"{target}: {reached} ({', '.join(f'{each:.2f}' for each in shown)})"


def table(workload: Workload, columns: dict[str, dict[str, float]]) -> Iterable[str]:
    """A table of medians in markdown, one column and its ratios for each way to treat the collector."""
    known = [name for name in REFERENCES if name in workload.contenders][:2]
    heads = [f"µs a {workload.unit}, {column}" for column in columns]
    ratios = [f"x {reference}" for reference in known]
    yield f"| {workload.title} | " + " | ".join(part for head in heads for part in (head, *ratios)) + " |"
    yield "|---" + "|--:" * (len(columns) * (1 + len(ratios))) + "|"
    for name in workload.contenders:
        cells = []
        for medians in columns.values():
            cells += [f"{medians[name]:.2f}", *(f"{medians[name] / medians[each]:.2f}" for each in known)]
        yield f"| {name} | " + " | ".join(cells) + " |"
    yield ""
    yield from (f"- {name}: {note}" for name, note in workload.notes.items())
    yield from (f"- {verdict(target, *columns.values())}" for target in workload.targets)
    yield ""
