"""Mistakes in the chair of a group chat and in what ends it."""

from __future__ import annotations

from tests.mutants.mutation import Mutant

AGENTS, RULES, BASE = "group_chat/agents.py", "group_chat/rules.py", "orchestration/agents.py"
POLICY, TRANSCRIPT = "speakers follow the policy", "one transcript, only added to"
STOPS, REACHED, ROUND = "it stops with the first", "a limit that ended the chat was reached", "turns go round"

MUTANTS = [
    Mutant(AGENTS, 'self.stable["last"] = to', "self.stable.setdefault('last', to)", POLICY),
    Mutant(AGENTS, "if reason := self.over.heard(said, self.now - self.began):", "if reason := None:", STOPS),
    Mutant(
        AGENTS,
        'reply = await self.turn(to, "", self.window(self.outputs))',
        'reply = await self.turn(to, "", self.outputs)',
        TRANSCRIPT,
    ),
    Mutant(AGENTS, "self.note(reply)", "pass", POLICY),
    Mutant(AGENTS, "Utterance(to, reply.content", "Utterance(self.members[0], reply.content", TRANSCRIPT),
    Mutant(AGENTS, "self.keep(said)", "self.outputs = (*self.outputs, said)", TRANSCRIPT),
    Mutant(
        AGENTS, 'self.stable.setdefault("heard", (self.over, self.loops))', "(self.over, self.loops)", STOPS
    ),
    Mutant(RULES, "return self.sum >= self.limit", "return self.sum >= self.limit - 1", REACHED),
    Mutant(RULES, "chat.members.index(chat.last) + 1", "chat.members.index(chat.last) + 2", ROUND),
    Mutant(RULES, "lambda said: said.agent != USER)", "lambda said: 1)", REACHED),
    Mutant(
        BASE,
        'self.outputs = self.stable["outputs"] = (*self.outputs, output)',
        "self.outputs += (output,)",
        TRANSCRIPT,
    ),
    Mutant(BASE, "if self.result is None:", "if self.result is None or True:", "one stop reason"),
]
