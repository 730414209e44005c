"""Mistakes in planning and acting."""

from __future__ import annotations

from tests.mutants.mutation import Mutant

AGENTS = "htn/agents.py"
DONE, ONCE, ENDS = "done only if the plan", "no action is done more often", "done or given up"

MUTANTS = [
    Mutant(AGENTS, "if not isinstance(reply, Done):", "if reply is None:", DONE),
    Mutant(
        AGENTS,
        'number = self.stable["number"] = self.stable.get',
        "number = self.number = vars(self).get",
        DONE,
    ),
    Mutant(AGENTS, "remaining(tasks, found.chosen, done)", "remaining(tasks, found.chosen, done + 1)", DONE),
    Mutant(AGENTS, 'self.stable.setdefault("replies", {})', "vars(self).setdefault('replies', {})", ONCE),
    Mutant(AGENTS, "        if which not in replies:", "        if True:", ONCE),
    Mutant(
        AGENTS, "        self.become(after)", "        self.facts = self.facts", "planning changes nothing"
    ),
    Mutant(
        AGENTS, 'self.facts = self.stable["facts"] = tuple', "self.facts = tuple", "planning changes nothing"
    ),
    Mutant(AGENTS, 'else:\n            self.role = "done"', 'else:\n            self.role = "acting"', ENDS),
]
