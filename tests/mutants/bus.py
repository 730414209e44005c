"""Mistakes in a message bus and its client."""

from tests.mutants.mutation import Mutant

AGENTS, CLIENT, RULES = "bus/agents.py", "bus/client.py", "bus/rules.py"
ARRIVES, ACCEPTED = "everything arrives", "everything is accepted"
DEAD = "a letter is dead after all attempts"

MUTANTS = [
    Mutant(
        CLIENT,
        "while not await self.ask(str(self.bus), wish, within=self.patience):\n            pass",
        "await self.ask(str(self.bus), wish, within=self.patience)",
        caught_by=ACCEPTED,
    ),
    Mutant(
        CLIENT, "not in seen or not self.idempotent", "not in seen or True", caught_by="nobody acts twice"
    ),
    Mutant(CLIENT, 'self.stable.setdefault("seen", set())', "set()", caught_by="nobody acts twice"),
    Mutant(RULES, 'place = 1 if shed == "oldest"', 'place = 0 if shed == "oldest"', caught_by="what is shed"),
    Mutant(RULES, "len(queue) <= bound", "len(queue) <= bound + 1", caught_by="at most"),
    Mutant(RULES, "queue.append(offset)", "queue.insert(1, offset)", caught_by="letters come in order"),
    Mutant(AGENTS, "if matches(letter.topic, session.pattern):", "if True:", caught_by="only what was"),
    Mutant(AGENTS, "offset = session.pending[0]", "offset = session.pending[-1]", caught_by=ARRIVES),
    Mutant(AGENTS, "if durable else Disk()", "if not durable else Disk()", caught_by=ARRIVES),
    Mutant(AGENTS, "range(self.attempts)", "range(self.attempts - 1)", caught_by=DEAD),
    Mutant(AGENTS, "range(self.attempts)", "range(self.attempts + 1)", caught_by=DEAD),
    Mutant(AGENTS, "return Accepted(letter.number) if", "return None if", caught_by=ACCEPTED),
]
