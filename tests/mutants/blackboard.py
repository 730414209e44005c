"""Mistakes in a blackboard, its control, and the rules of its small expert system."""

from tests.mutants.mutation import Mutant

AGENTS, RULES, EXPERT = "blackboard/agents.py", "blackboard/rules.py", "blackboard/expert.py"
NOTICES, ONCE, FOLLOWS = "notices match", "each source once", "all that follows"

MUTANTS = [
    Mutant(AGENTS, "where=lambda entry: entry.author != sender", "where=lambda entry: True", caught_by=ONCE),
    Mutant(AGENTS, "self.on_unsubscribe(sender, Unsubscribe(message.query))", "pass", caught_by=NOTICES),
    Mutant(AGENTS, "self.busy < self.concurrent", "self.busy <= self.concurrent", caught_by="at most"),
    Mutant(AGENTS, "self.agenda.renew(sender)", "pass", caught_by=FOLLOWS),
    Mutant(
        AGENTS,
        "Activate(best.entry), within=self.limit",
        "Activate(best.entry), within=0.1",
        caught_by="at most",
    ),
    Mutant(RULES, "self.seen.add((source, entry.key, entry.version))", "pass", caught_by=ONCE),
    Mutant(
        RULES,
        'require.number("rating", rating(each)), -each.order',
        "-rating(each), -each.order",
        caught_by="the best rated",
    ),
    Mutant(RULES, "expected not in (None, self.version(key))", "False", caught_by="compare-and-set"),
    Mutant(
        RULES, "version=self.version(key) + 1", "version=self.version(key)", caught_by="versions count up"
    ),
    Mutant(RULES, 'self.level in ("", entry.level)', 'self.level != "none"', caught_by=NOTICES),
    Mutant(RULES, "for entry in self.query() if replay else ():", "for entry in ():", caught_by=FOLLOWS),
    Mutant(EXPERT, "self.strength * min(", "max(", caught_by=FOLLOWS),
    Mutant(EXPERT, "confidence, sources, expected=0", "confidence, (), expected=0", caught_by=FOLLOWS),
    Mutant(EXPERT, "keys >= {", "keys & {", equivalent="it looks again before it concludes anything"),
]
