"""Mistakes in leaders with terms, leases and tokens."""

from tests.mutants.mutation import Mutant

AGENTS, RULES = "leases/agents.py", "leases/rules.py"

MUTANTS = [
    Mutant(
        RULES,
        '(term == promise.term and promise.vote in ("", whom))',
        "term == promise.term",
        caught_by="one vote a term",
    ),
    Mutant(
        AGENTS,
        'self.promise = self.stable["promise"] = promise',
        "self.promise = promise",
        caught_by="terms increase",
    ),
    Mutant(RULES, "or now >= promise.until", "or now >= promise.since", caught_by="promises are kept"),
    Mutant(RULES, "// 2 + 1", "// 2", caught_by="a majority elects"),
    Mutant(RULES, "return token >= highest", "return True", caught_by="the storage is fenced"),
    Mutant(
        AGENTS,
        'self.highest = self.stable["highest"] = message.token',
        "self.highest = message.token",
        caught_by="the storage is fenced",
    ),
    Mutant(AGENTS, "return Stored(message.token)", "return Stored(0)", caught_by="the storage is fenced"),
    Mutant(AGENTS, "held(lease, drift)", "held(lease, 0.0)", caught_by="one leader at once"),
    Mutant(RULES, "(1 - drift) / (1 + drift)", "(1 - drift)", caught_by="one leader at once"),
    Mutant(
        AGENTS,
        'until = "leads", self.asked + self.held',
        'until = "leads", self.now + self.held',
        caught_by="one leader at once",
    ),
    Mutant(
        AGENTS,
        "(message.term, message.asked) == (self.term, self.asked)",
        "message.term == self.term",
        caught_by="one leader at once",
    ),
    Mutant(
        AGENTS,
        "for member in self.others:",
        "for member in self.others[:1]:",
        caught_by="led again",
    ),
    Mutant(RULES, "until=now + lease", "until=now + lease / 2", caught_by="one leader at once"),
]
