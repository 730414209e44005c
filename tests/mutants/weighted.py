"""Mistakes in weighted consensus."""

from __future__ import annotations

from tests.mutants.mutation import Mutant

AGENTS, RULES = "weighted/agents.py", "weighted/rules.py"
EARNED, HEARD, TOLD = "weights rest on", "voices are the opinions", "all are told the result"

MUTANTS = [
    Mutant(
        RULES,
        'return log(_chance("competence", competence) / (1 - competence))',
        "return log(1 - competence)",
        EARNED,
    ),
    Mutant(RULES, "return (right + trust *", "return (wrong + trust *", EARNED),
    Mutant(RULES, "weight = max(-most, min(most,", "weight = max(0.0, min(most,", EARNED),
    Mutant(
        RULES,
        "share = min(cap, strangers / max(1, len(unknown)))",
        "share = min(cap, strangers)",
        "strangers weigh",
    ),
    Mutant(
        RULES,
        "Consensus(ACCEPTED if lead > 0 else",
        "Consensus(ACCEPTED if lead < 0 else",
        "who weighs nothing",
    ),
    Mutant(
        AGENTS,
        "records[voter] = (right + (choice == truth), wrong + (choice != truth))",
        "records[voter] = (right + 1, wrong)",
        EARNED,
    ),
    Mutant(
        AGENTS, "self.stable.update(records=records, done=number)", "self.stable.update(done=number)", EARNED
    ),
    Mutant(AGENTS, "late = message.number != self.asked", "late = False", HEARD),
    Mutant(AGENTS, "        self.broadcast(Outcome(number, said.result))\n", "", TOLD),
    Mutant(AGENTS, "Ballot(sender, message.choice, self.now)", "Ballot(sender, 'yes', self.now)", HEARD),
]
