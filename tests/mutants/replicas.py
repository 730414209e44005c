"""Mistakes in replicas that gossip."""

from tests.mutants.mutation import Mutant

AGENTS, RULES = "replicas/agents.py", "replicas/rules.py"
SAYS, MADE, EQUAL = "copies say what was heard", "each update is made once", "equal copies within"
STAMP = "a write bears its author's time"

MUTANTS = [
    Mutant(RULES, "key=_text)))", "key=_text)))[:1]", caught_by=SAYS),
    Mutant(RULES, "len(self.added) + 1)", "1)", caught_by=SAYS),  # tags are used again
    Mutant(
        RULES,
        "return self._with(self.added, self.removed | self.tags(element))",
        "return self._with(self.added - self.tags(element), self.removed)",
        caught_by="nothing is dropped",
    ),
    Mutant(  # remove wins
        RULES,
        "_ordered(each[0] for each in self.added - self.removed)",
        "_ordered(a[0] for a in self.added if all(a[0] != r[0] for r in self.removed))",
        caught_by=SAYS,
    ),
    Mutant(RULES, "most[name] = max(count, most.get(name, 0))", "most[name] = count", caught_by="merging"),
    Mutant(
        RULES,
        "PNCounter(self.up, self.down.add(amount, by))",
        "PNCounter(self.up, self.down.add(1, by))",
        caught_by=SAYS,
    ),
    Mutant(
        RULES,
        "Write(value, by, at, _next(self.stamped",
        "Write(value, by, 0.0, _next(self.stamped",
        caught_by=STAMP,
    ),
    Mutant(RULES, "max(self.stamped, key", "min(self.stamped, key", caught_by=SAYS),
    Mutant(RULES, "count >= number and", "count > number and", caught_by=SAYS),  # is superseded, and stands
    Mutant(AGENTS, 'self.stable["copy"] = self.copy', "self.copy", caught_by="nothing is dropped"),
    Mutant(AGENTS, 'self.stable.get("made", 0) + 1', "0", caught_by=MADE),
    Mutant(
        AGENTS,
        "self.take(applied(self.copy, update,",
        "self.take(applied(self.copy, self.updates[0],",
        caught_by=SAYS,
    ),
    Mutant(AGENTS, "for name in behind:\n", "for name in behind[:0]:\n", equivalent="gossip repairs it, too"),
    Mutant(AGENTS, "self.dice.sample(self.peers,", "self.dice.sample(self.peers[:1],", caught_by=EQUAL),
    Mutant(
        AGENTS,
        "Exchange) -> Push:\n        self.take(merge(self.copy, message.copy))",
        "Exchange) -> Push:\n        self.take(message.copy)",
        caught_by="nothing is dropped",
    ),
]
