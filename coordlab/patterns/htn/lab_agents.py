"""What the lab adds: its tasks, and two actors of a first try."""

from __future__ import annotations

from coordlab.labs.declaration import Parameters
from coordlab.patterns.htn.agents import Actor, Do
from coordlab.patterns.htn.domains import WAYS, evening, lock, locked, outing
from coordlab.patterns.htn.planner import EXHAUSTED, FOUND, Outcome
from coordlab.patterns.htn.rules import Domain, Refined, Refusal, State, Task

TASKS = ("outing", "lock")
LEAVES = 0.3  # seconds: when somebody else takes the taxi


def domain_of(given: Parameters) -> Domain:
    """What can be done at a setting."""
    if given["task"] == "outing":
        return outing(WAYS[given["ways"]])
    return lock(given["positions"], at_once=given["mistakes"] == "at-once")


def begins(given: Parameters) -> tuple[State, tuple[Task, ...]]:
    """The facts at the start, and the tasks."""
    if given["task"] == "outing":
        return evening(given["cash"]), (("travel", "alice", "park"), ("enter", "alice"))
    dials = tuple(("set", number) for number in range(1, given["dials"] + 1))
    return locked(given["dials"], given["positions"]), (*dials, ("unlock",))


class Greedy(Actor):
    """A first try: the first method that applies is taken, and never given up."""

    def search(self, facts: State, tasks: tuple[Task, ...]) -> Outcome:
        """What the first methods lead to, or where they end."""
        left, plan, now = [(task, 0) for task in reversed(tasks)], list[Task](), facts
        chosen, refusals, tried = list[Refined](), list[Refusal](), dict[str, int]()
        while left:
            task, level = left.pop()
            for by in self.domain.methods.get(task[0], ("",)):
                found = self.domain.refine(now, task, by) if by else self.domain.perform(now, task)
                tried[by or task[0]] = tried.get(by or task[0], 0) + 1
                if not isinstance(found, str):
                    break
                refusals.append(Refusal(task, by or task[0], found, len(plan)))
            else:
                return Outcome(EXHAUSTED, tried=tried, refusals=tuple(refusals))
            chosen.append(Refined(task, by, level))
            if isinstance(found, State):
                plan.append(task)
                now = found
            else:
                left += [(each, level + 1) for each in reversed(found)]
        return Outcome(FOUND, tuple(plan), tuple(chosen), now, tried=tried, refusals=tuple(refusals))


class EyesShut(Actor):
    """A first try: it does its plan to the end, whatever becomes of it."""

    async def carry_out(self, tasks: tuple[Task, ...], found: Outcome) -> tuple[Task, ...]:
        """Ask for one action after another; nothing is left then."""
        self.role = "acting"
        for number, task in enumerate(found.plan or (), 1):
            await self.insist(Do(number, task))
        return ()


VERSIONS: dict[str, type[Actor]] = {"textbook": Actor, "greedy": Greedy, "eyes-shut": EyesShut}
