"""Mistakes in delegation."""

from __future__ import annotations

from tests.mutants.mutation import Mutant

AGENTS, WORKERS, RULES = "delegation/agents.py", "delegation/workers.py", "delegation/rules.py"
CAPACITY, ONCE, TURN = "no more at a time", "each leaf by one who can", "nothing before what it waits for"
REPORT, TOLD, AGAIN = "the report says what", "what is completed was done", "what is lost is tried again"
ASSIGN = "reply = await self.assign(leaf, member)"

MUTANTS = [
    Mutant(AGENTS, 'if not self.stable.get("reported"):', "if True:", REPORT),
    Mutant(AGENTS, ASSIGN, f"if not ({ASSIGN.replace('=', ':=', 1)}):\n                return", AGAIN),
    Mutant(WORKERS, "if len(self.running) >= self.member.capacity:", "if False:", CAPACITY),
    Mutant(AGENTS, 'self.stable.setdefault("results", {})', "{}", ONCE),
    Mutant(AGENTS, "for name in leaf.after), self.now", "for name in leaf.after[1:]), self.now", TURN),
    Mutant(AGENTS, "self.complete(reply, member.name)", "self.complete(reply, self.crew[0].name)", TOLD),
    Mutant(AGENTS, "if not self.closed(done.leaf):", "if True:", ONCE),
    Mutant(RULES, "able = [member for member in crew if member.can(leaf)]", "able = [*crew]", ONCE),
    Mutant(AGENTS, "            self.decide(Lost(leaf.name, member.name))\n", "            pass\n", ONCE),
    Mutant(
        WORKERS,
        'self.stable.setdefault("done", {})',
        'vars(self).setdefault("done", {})',
        equivalent="work may be done twice, but counts once",
    ),
]
