"""Mistakes in locks and in what breaks deadlocks."""

from __future__ import annotations

from tests.mutants.mutation import Mutant

AGENTS, LOCKS, RULES = "deadlock/agents.py", "deadlock/locks.py", "deadlock/rules.py"
LIMITS, USED = "locks are held within their limits", "no lock is used by more than it has units"
PHANTOM, VICTIMS = "every reported deadlock is one", "victims break every cycle, and each is needed"

MUTANTS = [
    Mutant(RULES, "len(self.holders) < self.limit else", "len(self.holders) <= self.limit else", LIMITS),
    Mutant(RULES, "served = self.line[:", "served = self.line[::-1][:", LIMITS),  # the last is served first
    Mutant(AGENTS, "if message.key == self.claim.key and sender not in", "if sender not in", USED),
    Mutant(LOCKS, "self.send(self.claims[key].worker, Granted(key))", "pass", "everybody is done"),
    Mutant(AGENTS, 'if old := self.stable.get("attempt")', "if old := None", "everybody is done"),
    Mutant(
        RULES,
        "return Lock(after.limit, after.holders, line if same else [])",
        "return after",
        equivalent="an attempt that has let go never waits again, so one look is as good as two",
    ),
    Mutant(RULES, "for who in lock.line)", "for who in lock.line[:1])", "deadlocks end"),
    Mutant(RULES, "return Wait(on, 1)", "return Wait(on, len(on))", equivalent="locks have one holder here"),
    Mutant(AGENTS, "tuple(chosen)))", "tuple(chosen[1:])))", VICTIMS),
    Mutant(AGENTS, "(first.key == own.key and message.lock != self.waiting)", "False", PHANTOM),
    Mutant(AGENTS, "self.send(claims[key].worker, GoBack(key))", "pass", "deadlocks end"),
]
