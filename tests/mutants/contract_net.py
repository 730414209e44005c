"""Mistakes in the contract net."""

from __future__ import annotations

from tests.mutants.mutation import Mutant

AGENTS, WORKERS, RULES = "contract_net/agents.py", "contract_net/contractor.py", "contract_net/rules.py"
TOLD, CAPACITY, DECIDED = "an outcome says", "never more than the capacity", "one decision for each proposal"

MUTANTS = [
    Mutant(AGENTS, "rules.FAILED if isinstance(report, Failure) else rules.DONE", "rules.DONE", TOLD),
    Mutant(AGENTS, 'self.stable["ended"] = (', "self.ended = (", TOLD),
    Mutant(
        AGENTS,
        'calls = self.stable["calls"] = self.stable.get("calls", 0) + 1',
        'self.calls = calls = vars(self).get("calls", 0) + 1',
        "one",
    ),
    Mutant(AGENTS, "self.send(contractor, Cancel(conversation))", "pass", "every award comes to an end"),
    Mutant(AGENTS, "if each != winner])", "if each != winner][1:])", DECIDED),
    Mutant(AGENTS, "return RejectProposal(message.conversation, rules.LATE)", "return None", DECIDED),
    Mutant(
        WORKERS, "self.commitments.hold(conversation, message.reply_by + self.patience)", "pass", CAPACITY
    ),
    Mutant(
        WORKERS, "if self.answered.get(conversation, 0) >= number:", "if False:", "one reply to each call"
    ),
    Mutant(WORKERS, "conversation in self.commitments.over or", "", "reports from the awarded, once"),
    Mutant(RULES, "return self.capacity - self.load", "return self.capacity - self.load + 1", CAPACITY),
    Mutant(AGENTS, 'task.name not in self.stable.get("ended", ())', "True", TOLD),
]
