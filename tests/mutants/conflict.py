"""Mistakes in settling conflicts."""

from tests.mutants.mutation import Mutant

AGENTS, RULES = "conflict/agents.py", "conflict/rules.py"
TOLD, SAID = "one resolution, told to all", "settled by what was said"

MUTANTS = [
    Mutant(AGENTS, "self.resolved[resolved.conflict] = resolved", "pass", caught_by=TOLD),
    Mutant(
        AGENTS,
        'self.stable.setdefault("resolved", {})',
        "{}",
        caught_by=TOLD,
    ),
    Mutant(
        AGENTS,
        "for proposer in self.proposers:\n            self.send(proposer, resolved)",
        "for proposer in self.proposers[1:]:\n            self.send(proposer, resolved)",
        caught_by=TOLD,
    ),
    Mutant(AGENTS, "known.attempt <= message.attempt", "known.attempt >= message.attempt", caught_by=SAID),
    Mutant(
        AGENTS, "message.candidate and known is None", "message.candidate is None", caught_by="no candidate"
    ),
    Mutant(AGENTS, "str(answers[self.human].choice)", "candidates[0].id", caught_by=SAID),
    Mutant(AGENTS, "self.retries[conflict] < self", "self.retries[conflict] <= self", caught_by="retries"),
    Mutant(AGENTS, 'self.stable.setdefault("retries", Counter())', "Counter()", caught_by="retries"),
    Mutant(
        AGENTS, "within=self.policy.patience", "within=8 * self.policy.patience", caught_by="settled within"
    ),
    Mutant(RULES, '"priority": -candidate', '"priority": candidate', caught_by=SAID),
    Mutant(RULES, '"time": -candidate', '"time": candidate', caught_by=SAID),
    Mutant(RULES, "if whole is not None and whole != value:", "if whole is None:", caught_by=SAID),
    Mutant(RULES, "if each not in kept))", "if each in kept))", caught_by="no candidate"),
    Mutant(
        AGENTS,
        'self.stable.setdefault("heard", {})',
        "{}",
        caught_by="no candidate",
    ),
]
