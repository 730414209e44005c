"""Mistakes in conductors and members, which all styles share."""

from tests.mutants.mutation import Mutant

AGENTS, RULES = "orchestration/agents.py", "orchestration/rules.py"
BUDGET, COUNTED = "within the budget", "turns and tokens are counted"

MUTANTS = [
    Mutant(AGENTS, "if (sender, turn.id) in self.seen:", "if False:", caught_by="each turn is acted on once"),
    Mutant(AGENTS, "self.spend(tokens=reply.tokens)", "pass", caught_by=COUNTED),
    Mutant(AGENTS, "self.spend(1, 1, read, check=True)", "self.spend(1, 1, read)", caught_by=BUDGET),
    Mutant(
        AGENTS, "self.spend(1, 1, read, check=True)", "self.spend(1, 1, 0, check=True)", caught_by=COUNTED
    ),
    Mutant(AGENTS, 'stable.get("spent", Usage())', "Usage()", caught_by="each turn has a parent"),
    Mutant(
        AGENTS, 'self.result = stable["result"] = Result', "self.result = Result", caught_by="one stop reason"
    ),
    Mutant(
        AGENTS,
        "            self.decide(self.result)\n",
        "            self.decide(self.result)\n            self.decide(self.result)\n",
        caught_by="one stop reason",
    ),
    Mutant(AGENTS, "within=min(self.patience, left))", "within=self.patience * 30)", caught_by="a run ends"),
    Mutant(RULES, "spent.turns > self.turns", "spent.turns > self.turns + 1", caught_by=BUDGET),
    Mutant(RULES, "spent.tokens > self.tokens", "spent.tokens > 2 * self.tokens", caught_by=BUDGET),
    Mutant(AGENTS, 'stable.setdefault("began", self.now)', "self.now", caught_by=BUDGET),
]
