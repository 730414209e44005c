"""Mistakes in a crew, and in what it is made of."""

from tests.mutants.mutation import Mutant

AGENTS, RULES, BASE = "crew/agents.py", "crew/rules.py", "orchestration/agents.py"
PASSES, READ = "only what passes", "context is read"

MUTANTS = [
    Mutant(RULES, "check(content, task.guardrails)", "check(content, ())", caught_by=PASSES),
    Mutant(RULES, "if not passed:\n            return place, content", "pass", caught_by=PASSES),
    Mutant(
        RULES,
        "Output(task.name, agent, shared.frozen(value), tokens)",
        "Output(task.name, agent, '', tokens)",
        caught_by=PASSES,
    ),
    Mutant(RULES, "done, under_way = done + under_way, ()", "under_way = ()", caught_by=READ),
    Mutant(AGENTS, "> task.retries", "> task.retries + 1", caught_by="retries"),
    Mutant(AGENTS, "refusals[outcome.place] += 1", "pass", caught_by="retries"),
    Mutant(AGENTS, "read = (*context, outcome)", "read = (outcome,)", caught_by=READ),
    Mutant(AGENTS, "read = (*context, outcome)", "read = context", caught_by=READ),
    Mutant(
        AGENTS, "delegated = who != self.manager", "delegated = True", caught_by="the manager does no task"
    ),
    Mutant(
        AGENTS,
        "if task.name in self.done:\n                continue",
        "pass",
        caught_by="each output is of one",
    ),
    Mutant(
        AGENTS,
        "agent = self.manager or str(task.agent)",
        "agent = self.manager or self.agents[0]",
        caught_by="each output is of one",
    ),
    Mutant(
        AGENTS,
        "sorted(self.outputs, key=lambda each: self.place[each.task])",
        "list(self.outputs)",
        caught_by="the end tells",
    ),
    Mutant(BASE, "if (sender, turn.id) in self.seen:", "if False:", caught_by="each turn is acted on once"),
]
