"""Mistakes in failure detectors and in what observers say."""

from tests.mutants.mutation import Mutant

AGENTS, RULES = "heartbeat/agents.py", "heartbeat/rules.py"

MUTANTS = [
    Mutant(RULES, "self.last + self.seconds", "self.last + self.seconds / 2", caught_by="only silence"),
    Mutant(RULES, "self.last + self.seconds", "self.last + self.seconds * 2", caught_by="crashes are found"),
    Mutant(RULES, "now - self.last - self.pause", "now - self.last", caught_by="only silence"),
    Mutant(RULES, ">= self.threshold", ">= self.threshold / 2", caught_by="only silence"),
    Mutant(RULES, "outage=restarted or not up", "outage=False", caught_by="only silence"),
    Mutant(RULES, "if incarnation < self.incarnation:", "if False:", caught_by="each change is told once"),
    Mutant(RULES, "RECOVERED if restarted else ALIVE", "ALIVE", caught_by="each change is told once"),
    Mutant(
        RULES,
        "if self.status in (UNKNOWN, *UP) and",
        "if self.status != DEAD and",
        caught_by="each change is told once",
    ),
    Mutant(
        RULES, "if up and not restarted:", "if self.status != UNKNOWN:", caught_by="mistakes are taken back"
    ),
    Mutant(AGENTS, "watch.listen(self.began)", "watch", caught_by="crashes are found"),
    Mutant(
        AGENTS,
        'self.stable["incarnation"] = self.stable.get("incarnation", 0) + 1',
        'self.stable["incarnation"] = 1',
        caught_by="each life is an incarnation",
    ),
]
