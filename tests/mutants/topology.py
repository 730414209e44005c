"""Mistakes in a team that works in rounds, and in its styles."""

from tests.mutants.mutation import Mutant

AGENTS, RULES = "topology/agents.py", "topology/rules.py"
WORK = "the same work"

MUTANTS = [
    Mutant(RULES, "tuple(others) if teller", "tuple(others)[1:] if teller", caught_by=WORK),
    Mutant(RULES, "not below(member, agents, branching) <= set(known)", "False", caught_by="10 messages"),
    Mutant(AGENTS, "len(known) == self.size:", "len(known) >= self.size - 1:", caught_by="no round before"),
    Mutant(AGENTS, "self.round < self.rounds", "self.round <= self.rounds", caught_by=WORK),
    Mutant(
        AGENTS,
        "Share(self.round, (self.number,))",
        "Share(self.round, (self.number, self.number % self.size + 1))",
        caught_by="only what was found",
    ),
    Mutant(
        AGENTS, "if (share.round, share.found) not in self.passed_on:", "if True:", caught_by="36 messages"
    ),
]
