"""Mistakes in votes."""

from __future__ import annotations

from tests.mutants.mutation import Mutant

AGENTS, RULES, RANKED = "voting/agents.py", "voting/rules.py", "voting/ranked.py"
COUNT, TOLD, ONE, FOLLOWS = "a count by hand", "all are told", "one ballot each", "the outcome follows"

MUTANTS = [
    Mutant(RULES, "            return self.tie, ()", "            return ACCEPTED, ()", COUNT),
    Mutant(RULES, '"absolute": size}', '"absolute": yes + no}', COUNT),
    Mutant(
        RULES, "present = len(self.votes) >= self.quorum", "present = len(self.votes) > self.quorum", COUNT
    ),
    Mutant(RULES, "return DUPLICATE if ballot.voter in self.votes else COUNTED", "return COUNTED", ONE),
    Mutant(RULES, "if ballot.sender not in (None, ballot.voter):", "if False:", ONE),
    Mutant(RULES, "if not self.open or ballot.at > self.closes:", "if False:", ONE),
    Mutant(AGENTS, "self.send(voter, Result(proposal, done.result, done.winners))", "pass", TOLD),
    Mutant(
        AGENTS, "Result(proposal, done.result, done.winners)", "Result(proposal, 'tie', done.winners)", TOLD
    ),
    Mutant(AGENTS, "if self.stable[proposal].open:", "if True:", TOLD),
    Mutant(RANKED, "highest = max(scores[each]", "highest = min(scores[each]", COUNT),
    Mutant(RULES, "rest = len(self.electorate) - len(self.votes)", "rest = 0", "what is decided early"),
]
