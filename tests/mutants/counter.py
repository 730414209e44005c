"""Mistakes in a shared counter."""

from tests.mutants.mutation import Mutant

AGENTS = "counter/agents.py"
LOST = "no update is lost"

MUTANTS = [
    Mutant(AGENTS, "self.until(lambda: self.line[0] == sender)", "self.sleep(0.0)", caught_by=LOST),
    Mutant(AGENTS, "if message.seen in (None, self.value) else Refused()", "if True else Refused()", LOST),
    Mutant(AGENTS, "seen if checked else None", "None", caught_by=LOST),
]
