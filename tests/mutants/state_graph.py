"""Mistakes in the runner of a state graph and in its super-steps."""

from __future__ import annotations

from tests.mutants.mutation import Mutant

AGENTS, RULES = "state_graph/agents.py", "state_graph/rules.py"
JOINS, PLACE, EDGES, MERGED = (
    "joins wait for all",
    "it goes on where it was",
    "edges are followed",
    "writes are",
)

MUTANTS = [
    Mutant(
        AGENTS,
        'self.stable["checkpoint"] = checkpoint',
        'self.stable.setdefault("checkpoint", checkpoint)',
        PLACE,
    ),
    Mutant(AGENTS, 'kept = self.stable.get("checkpoint", self.start)', "kept = self.start", PLACE),
    Mutant(AGENTS, "self.checkpoint.step >= self.limit", "self.checkpoint.step > self.limit", "at most"),
    Mutant(
        AGENTS,
        "values = () if task.sent else self.checkpoint.values",
        "values = () if task.sent else self.checkpoint.values[:1]",
        "one snapshot",
    ),
    Mutant(RULES, "if full else here)", "if full else ())", JOINS),
    Mutant(RULES, "full = len(here) == len(sources)", "full = len(here) > 0", JOINS),
    Mutant(
        RULES, "return Checkpoint(done.step + 1, values", "return Checkpoint(done.step + 2, values", PLACE
    ),
    Mutant(RULES, "for node in sorted(now)]", "for node in sorted(now)[:1]]", EDGES),
    Mutant(
        RULES,
        "values[key] = _reduced(graph, task, key, values[key], value) if key in values else value",
        "values[key] = value",
        MERGED,
    ),
    Mutant(
        RULES,
        "for task, result in zip(done.tasks, results, strict=True):\n        for key",
        "for task, result in list(zip(done.tasks, results, strict=True))[:1]:\n        for key",
        MERGED,
    ),
    Mutant(AGENTS, "self.note(checkpoint)", "pass", "nodes run only if triggered"),
]
