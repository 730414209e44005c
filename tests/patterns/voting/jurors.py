"""Jurors who look for the truth, and a source that they may all repeat, to compare votes with theory."""

from __future__ import annotations

from collections.abc import Sequence

from coordlab import Agent, message
from coordlab.patterns.voting import Voter
from coordlab.patterns.voting.rules import NO, YES


@message
class Rumour:
    """I have heard that this is the answer."""

    choice: str


class Juror(Voter):
    """Looks for the truth, which is yes, with this competence; it repeats a rumour that it has heard."""

    def __init__(self, name: str, competence: float) -> None:
        super().__init__(name)
        self.competence, self.heard = competence, ""

    def judge(self, proposal: str) -> str:
        return self.heard or (YES if self.dice.random() < self.competence else NO)

    def on_rumour(self, sender: str, message: Rumour) -> None:
        self.heard = message.choice


class Source(Agent):
    """Tells all jurors what it believes, with the probability `heard`; then they all vote alike."""

    def __init__(self, name: str, jurors: Sequence[str], competence: float, heard: float) -> None:
        super().__init__(name)
        self.jurors, self.competence, self.heard = jurors, competence, heard

    async def run(self) -> None:
        found = YES if self.dice.random() < self.competence else NO
        for juror in self.jurors if self.dice.random() < self.heard else ():
            self.send(juror, Rumour(found))
