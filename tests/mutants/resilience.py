"""Mistakes in a bulkhead, a retry, and the services that use them."""

from tests.mutants.mutation import Mutant

AGENTS = "resilience/agents.py"
ROOM, LEAK = "no more requests", "no place leaks"

MUTANTS = [
    Mutant(AGENTS, "        self.running -= 1\n", "        pass\n", caught_by=LEAK),
    Mutant(AGENTS, "if self.running < self.limit:", "if self.running <= self.limit:", caught_by=ROOM),
    Mutant(AGENTS, "len(self._waiting) >= self.queue", "len(self._waiting) > self.queue", caught_by=ROOM),
    Mutant(AGENTS, "len(self._waiting) >= self.queue", "True", caught_by=LEAK),
    Mutant(AGENTS, "async with self.room:", "if True:", caught_by=ROOM),
    Mutant(
        AGENTS,
        "turn.set_result(None)\n",
        "turn.get_loop().call_later(9.0, turn.set_result, None)\n",
        caught_by="all is answered",
    ),
    Mutant(
        AGENTS,
        "except CallRefused:\n                    raise",
        "except CallRefused:\n                    await asyncio.sleep(delay)",
        caught_by="a refused call",
    ),
    Mutant(
        AGENTS,
        "delays(retries, base, cap, dice):",
        "delays(retries + 1, base, cap, dice):",
        caught_by="at most",
    ),
]
