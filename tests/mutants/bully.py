"""Mistakes in the bully election."""

from tests.mutants.mutation import Mutant

AGENTS = "bully/agents.py"

MUTANTS = [
    Mutant(
        AGENTS,
        "if int(peer) > self.rank]",
        "if int(peer) > self.rank + 1]",
        caught_by="one coordinator per component",
    ),
    Mutant(
        AGENTS,
        'if not answers and self.role == "electing":',
        'if self.role == "electing":',
        caught_by="rules only if nobody above answered",
    ),
]
