"""Mistakes in the ring election."""

from tests.mutants.mutation import Mutant

AGENTS, RULES = "ring/agents.py", "ring/rules.py"

MUTANTS = [
    Mutant(RULES, "return max(own, rank)", "return rank", caught_by="only the higher rank goes on"),
    Mutant(RULES, "if rank < own and taking_part:", "if False:", caught_by="an election takes no more"),
    Mutant(AGENTS, "left=token.left - places", "left=token.left", caught_by="no rank goes round twice"),
    Mutant(AGENTS, "self.after[: token.left]", "self.after[:1]", caught_by="the last one elected"),
    Mutant(
        AGENTS,
        "str(message.rank)\n            self.spawn(self.pass_on(message))",
        "str(message.rank)",
        caught_by="the last one elected",
    ),
    Mutant(AGENTS, "if message.rank > self.rank:", "if True:", caught_by="an election takes no more"),
    Mutant(
        AGENTS, "if bool(heard) == ruling and", "if not ruling and not heard and", caught_by="one coordinator"
    ),
]
