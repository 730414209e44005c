"""Mistakes in the circuit breaker, its guard and its callers."""

from tests.mutants.mutation import Mutant

AGENTS, RULES = "circuit_breaker/agents.py", "circuit_breaker/rules.py"

MUTANTS = [
    Mutant(
        AGENTS,
        "result = result_of(error, self.counted, self.ignored)",
        'result = "success"',
        caught_by="outcomes are what the messages say",
    ),
    Mutant(
        AGENTS,
        "self._do(lambda now: self.machine.outcome(permit, now, result))",
        "self._do(self.machine.tick)",
        caught_by="outcomes are what the messages say",
    ),
    Mutant(
        AGENTS,
        "if isinstance(answers[self.callee], Failed):",
        "if isinstance(answers[self.callee], Result):",
        caught_by="outcomes are what the messages say",
    ),
    Mutant(
        RULES, "self.row >= settings.failures", "self.row > settings.failures", caught_by="its own outcomes"
    ),
    Mutant(
        RULES,
        "failed >= settings.failure_rate:",
        "failed > settings.failure_rate:",
        caught_by="its own outcomes",
    ),
    Mutant(
        RULES,
        "now >= self.outcomes[0][0] + self.seconds - TICK",
        "now >= self.outcomes[0][0] + 2 * self.seconds",
        caught_by="its own outcomes",
    ),
    Mutant(
        RULES,
        ">= self.settings.probes\n        return",
        "> self.settings.probes\n        return",
        caught_by="at most",
    ),
    Mutant(
        RULES,
        "self.bad > self.settings.tolerated",
        "self.bad >= self.settings.tolerated + 2",
        caught_by="its own outcomes",
    ),
    Mutant(
        RULES,
        "return self.since + self.settings.wait",
        "return self.since + self.settings.wait / 2",
        caught_by="open for",
    ),
    Mutant(
        RULES,
        "return self.since + self.settings.wait",
        "return self.since + self.settings.wait * 2",
        caught_by="a probe after",
    ),
    Mutant(
        RULES,
        "self._judge(next(iter(self.out.values())), due, LAPSED)",
        "self.out.popitem()",
        caught_by="a probe is back",
    ),
    Mutant(
        RULES,
        "return self.state in (OPEN, FORCED_OPEN) or",
        "return self.state == FORCED_OPEN or",
        caught_by="no call while open",
    ),
    Mutant(
        RULES,
        "        self.generation += 1\n",
        "        self.generation += state != CLOSED\n",
        caught_by="legal transitions",
    ),
    Mutant(
        RULES, 'self._become(CLOSED, now, "the probes came back")', "self._begin()", caught_by="closed within"
    ),
]
