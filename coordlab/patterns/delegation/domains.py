"""A small domain to plan in: a report that a team writes, parts of it at the same time."""

from __future__ import annotations

from coordlab.patterns.htn.rules import Domain, Effects, State, Task


def gather(state: State, region: str) -> Effects:
    """Collect the data of a region."""
    return {("data", region): True}


def analyse(state: State, region: str) -> Effects | str:
    """Derive the findings of a region from its data."""
    return {("findings", region): True} if ("data", region) in state else f"there are no data of {region}"


def write(state: State, *regions: str) -> Effects | str:
    """Write the text."""
    missing = [region for region in regions if ("findings", region) not in state]
    return f"there are no findings of {missing[0]}" if missing else {"text": True}


def plot(state: State, *regions: str) -> Effects | str:
    """Draw the figures with a program."""
    return {"figures": all(state["findings", region] for region in regions)}


def sketch(state: State, *regions: str) -> Effects | str:
    """Draw the figures by hand."""
    return {"figures": all(state["findings", region] for region in regions)}


def bind(state: State) -> Effects | str:
    """Put text and figures together."""
    return {"report": True} if state["text"] and state["figures"] else "text or figures are missing"


def region_by_region(state: State, *regions: str) -> list[Task]:
    """Study each region, then write, illustrate and bind."""
    studies: list[Task] = [("study", region) for region in regions]
    return [*studies, ("write", *regions), ("illustrate", *regions), ("bind",)]


def from_data(state: State, region: str) -> list[Task]:
    """Gather data, then analyse them."""
    return [("gather", region), ("analyse", region)]


def with_a_program(state: State, *regions: str) -> list[Task]:
    """Plot the figures."""
    return [("plot", *regions)]


def by_hand(state: State, *regions: str) -> list[Task]:
    """Sketch the figures."""
    return [("sketch", *regions)]


REPORT = Domain(
    [gather, analyse, write, plot, sketch, bind],
    {"report": [region_by_region], "study": [from_data], "illustrate": [with_a_program, by_hand]},
)
