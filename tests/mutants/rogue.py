"""Mistakes in a pool that isolates rogues."""

from tests.mutants.mutation import Mutant

AGENTS, RULES, TRUST = "rogue/agents.py", "rogue/rules.py", "rogue/trust.py"
QUORUM, OUT, TOLD = "accepted only by a quorum", "who is removed is out", "a new quorum is told"
GIVEN = "answers are taken as they were given"
OWNER, REVIEWED = "each task in one pair of hands", "reviewed by others"

MUTANTS = [
    Mutant(RULES, "masked + 1, 2 * masked + 1", "masked, 2 * masked + 1", caught_by=QUORUM),
    Mutant(RULES, "(voices - 2) // 2", "(voices - 1) // 2", caught_by=TOLD),
    Mutant(
        RULES,
        "voices, chosen = {crew[worker].voice}, list[str]()",
        "voices, chosen = set(), list[str]()",
        caught_by=REVIEWED,
    ),
    Mutant(
        RULES,
        "counts = sender not in self.votes and self.asked.get(sender) == token == tokens.get(sender)",
        "counts = sender in self.asked",
        caught_by=OUT,
    ),
    Mutant(RULES, "yes >= needed.approvals", "yes >= needed.approvals - 1", caught_by=QUORUM),
    Mutant(RULES, "if self.votes.get(name))", "if name in self.votes)", caught_by=QUORUM),
    Mutant(
        RULES,
        "sender == self.agent and self.answer is None and token == self.token and self.valid(tokens)",
        "True",
        equivalent="nobody else knows the number of a job, and one whose token is old is dropped at its end",
    ),
    Mutant(AGENTS, "self.tokens[what.breaker] = what.generation", "pass", caught_by=OUT),
    Mutant(AGENTS, 'self.take_back(f"{what.breaker} is trusted no more", *held)', "pass", caught_by=OWNER),
    Mutant(AGENTS, 'self.take_back("the pool was down", *self.hands)', "self.hands.clear()", caught_by=OWNER),
    Mutant(AGENTS, 'self.stable.setdefault("outcomes", {})', "{}", caught_by=OWNER),
    Mutant(
        AGENTS,
        "            if CLOSED in (what.before, what.after):",
        "            if CLOSED == what.before:",
        caught_by=TOLD,
    ),
    Mutant(
        AGENTS, 'if sender != "operator":', 'if sender == "operator":', caught_by="an order to remove wins"
    ),
    Mutant(
        AGENTS, "            self.records[name].remove(self.now)\n", "", caught_by="an order to remove wins"
    ),
    Mutant(
        AGENTS,
        "right = await self.answer(job) == truth(job.task)",
        "right = await self.answer(job) is not None",
        caught_by=GIVEN,
    ),
    Mutant(
        AGENTS, "record.learn(right, self.now)", "record.learn(True, self.now)", caught_by="isolated after"
    ),
    Mutant(
        TRUST, "CONVICTED if ratio >= high", "CONVICTED if ratio >= 100 * high", caught_by="isolated after"
    ),
    Mutant(AGENTS, "job.answer, job.approving", "job.answer + 1, job.approving", caught_by=GIVEN),
    Mutant(
        AGENTS,
        "counts and (sender in self.removed or not late)",
        "counts and not late",
        equivalent="an agent that was removed has no current token",
    ),
    Mutant(
        AGENTS,
        'self.stable["jobs"] = self.stable.get("jobs", 0) + 1',
        'self.numbers = getattr(self, "numbers", 0) + 1',
        caught_by=GIVEN,
    ),
]
