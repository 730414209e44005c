"""The workers of the lab, and their tasks."""

from __future__ import annotations

from coordlab.labs import declaration as lab
from coordlab.patterns.crew.rules import Task, at_most
from coordlab.patterns.orchestration.agents import Member
from coordlab.patterns.orchestration.rules import Turn

RESEARCHERS = ("ann", "bob", "cat", "dan", "eve", "fay")


PLANNER, WRITER, MANAGER = "pia", "pat", "max"


SHORT, LONG = "It pays.", "It costs a lot, but in the end it pays."


class Worker(Member):
    """Does what it is told; as a writer it is brief enough with a probability of `chance`.

    failing: the probability that a turn ends in an error.
    """

    def __init__(self, name: str, seconds: float = 1.0, chance: float = 1.0, failing: float = 0.0) -> None:
        super().__init__(name, None, seconds)
        self.chance, self.failing = chance, failing

    async def reply(self, turn: Turn) -> object:
        """A result, or a draft of the report."""
        if self.dice.random() < self.failing:
            raise RuntimeError("the tool did not answer")
        if turn.about != "report":
            return f"all on {turn.about}"
        return SHORT if self.dice.random() < self.chance else LONG


def tasks(given: lab.Parameters, *, guarded: bool = True) -> tuple[Task, ...]:
    """A plan, the parts, and a report of at most five words."""
    beside = given["version"] in ("textbook", "no-guardrail")
    parts = (
        Task(f"part {number}", "", who, ("plan",), asynchronous=beside)
        for number, who in enumerate(RESEARCHERS[: given["parts"]], 1)
    )
    guard = (at_most(5),) if guarded else ()
    report = Task("report", agent=WRITER, guardrails=guard, retries=given["retries"])
    return (Task("plan", agent=PLANNER), *parts, report)
