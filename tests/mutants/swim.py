"""Mistakes in groups that watch themselves."""

from tests.mutants.mutation import Mutant

AGENTS, RULES = "swim/agents.py", "swim/rules.py"

MUTANTS = [
    Mutant(
        AGENTS,
        "helpers = self.dice.sample(others, min(self.helpers, len(others)))",
        "helpers = []",
        caught_by="helpers are asked",
    ),
    Mutant(AGENTS, "min(self.helpers, len(others))", "min(1, len(others))", caught_by="helpers are asked"),
    Mutant(
        AGENTS,
        "return own, *doubts, *self.rumours.pick(repeats(len(self.known) + 1))",
        "return own, *doubts",
        caught_by="news reaches all",
    ),
    Mutant(
        AGENTS,
        'self.proclaim(self.stable.get("incarnation", 0) + 1)',
        "self.proclaim(1)",
        caught_by="incarnations count up",
    ),
    Mutant(AGENTS, " and ping.number not in self.late", "", caught_by="who answers a probe"),
    Mutant(AGENTS, "if not heard and ping.number", "if ping.number", caught_by="who answers a probe"),
    Mutant(AGENTS, "if refuted(own, update) > own:", "if False:", caught_by="incarnations count up"),
    Mutant(AGENTS, "if update.status == SUSPECT:", "if False:", caught_by="crashes are found"),
    Mutant(AGENTS, "if self.known[suspect.member] == suspect:", "if True:", caught_by="an older incarnation"),
    Mutant(
        RULES,
        "(news.incarnation, ORDER[news.status]) > (known.incarnation, ORDER[known.status])",
        "ORDER[news.status] > ORDER[known.status]",
        caught_by="mistakes are taken back",
    ),
    Mutant(
        RULES,
        "max(own, news.incarnation + 1)",
        "max(own, news.incarnation)",
        caught_by="incarnations count up",
    ),
    Mutant(
        RULES, "return dice.sample(list(members), len(members))", "return []", caught_by="crashes are found"
    ),
]
