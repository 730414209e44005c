"""Mistakes in the bully election."""

from tests.mutants.mutation import Mutant

AGENTS = "bully/agents.py"
ONE, AGREE = "one coordinator per component", "agreement"

MUTANTS = [
    Mutant(AGENTS, "if int(peer) > self.rank]", "if int(peer) > self.rank + 1]", caught_by=ONE),
    Mutant(
        AGENTS,
        'if not answers and self.role == "electing":',
        'if self.role == "electing":',
        caught_by="rules only if nobody above answered",
    ),
    Mutant(AGENTS, "if bool(heard) == ruling and", "if not heard and not ruling and", caught_by=ONE),
    Mutant(AGENTS, 'while self.role == "electing":', "if True:", caught_by=AGREE),
    Mutant(AGENTS, "self.send(sender, Coordinator())", "pass", caught_by=AGREE),
    Mutant(AGENTS, 'return Pong() if self.role == "coordinates" else None', "return Pong()", caught_by=AGREE),
    Mutant(AGENTS, "elif not (self.holding and self.guarded):", "else:", caught_by="one election at a time"),
    Mutant(
        AGENTS,
        '"follows", sender',
        '"follows", max(self.peers, key=int)',
        caught_by="follows who told it",
    ),
    Mutant(AGENTS, '"coordinates", self.name, self.now', '"coordinates", None, self.now', caught_by=AGREE),
]
