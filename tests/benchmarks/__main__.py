"""`python -m tests.benchmarks`: coordlab beside a bare heap, SimPy, async-solipsism and asyncio itself."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from platform import platform, python_version

import click

from tests.benchmarks import footprint
from tests.benchmarks.class_figures import class_figures
from tests.benchmarks.compare import WORKLOADS, compare, measure_ordered, table
from tests.benchmarks.lab_figures import lab_figures
from tests.benchmarks.pattern_figures import pattern_figures
from tests.benchmarks.search_figures import search_figures

PAGES = {"grading": class_figures, "labs": lab_figures, "patterns": pattern_figures, "search": search_figures}
MEASURES = {**footprint.MEASURES, **PAGES}

CAPTION = """\
CPU time, median of {rounds} rounds; each measurement in a fresh process, contenders take turns, and their
answers are compared.
"gc on": Python's cycle collector as it is set by default. coordlab rests it during a run by itself and looks
at new objects now and then; nobody else does. "gc off": it is switched off for everybody before the run;
what coordlab's loop collects by itself it still does.
Python {python} on {platform}, scale {scale:g}.
"""
COLLECT = {"on": (True,), "off": (False,), "both": (True, False)}


@click.command(help=__doc__)
@click.option("--rounds", default=5, show_default=True, help="Measurements of each contender.")
@click.option("--scale", default=1.0, show_default=True, help="Size, as a factor to the full one.")
@click.option("--only", multiple=True, type=click.Choice([*WORKLOADS, *MEASURES]), help="Repeatable.")
@click.option("--gc", "collector", default="both", type=click.Choice([*COLLECT]), show_default=True)
@click.option("--measure", hidden=True, help="One measurement, for the process that asks for it.")
def main(rounds: int, scale: float, only: tuple[str, ...], collector: str, measure: str | None) -> None:
    if measure is not None:
        measure_ordered(measure)
    say(CAPTION.format(rounds=rounds, scale=scale, python=python_version(), platform=platform()))
    for key, workload in WORKLOADS.items():
        if not only or key in only:
            size = max(1, round(workload.size * scale))
            medians = {
                f"gc {'on' if collect else 'off'}": compare(key, size, rounds, collect)
                for collect in COLLECT[collector]
            }
            say("\n".join(table(workload, medians)))
    chosen = {name: take for name, take in MEASURES.items() if not only or name in only}
    if chosen:
        say("\n".join(others(chosen, rounds)))


def others(chosen: dict[str, Callable[[int], list[footprint.Figure]]], rounds: int) -> Iterable[str]:
    """The table of everything that is no race."""
    yield "| measure | coordlab | SimPy | async-solipsism | target | |"
    yield "|---|--:|--:|--:|--:|---|"
    for take in chosen.values():
        yield from map(str, take(rounds))


def say(text: str) -> None:
    """Print at once: it takes minutes."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
