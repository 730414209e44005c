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
    """Looks for the truth, which is yes, unless it has heard a rumour: then it repeats that.

    competence: the probability that it finds the truth.
    silence: the probability that it does not vote.
    thinking: how many seconds it takes to vote.
    """

    def __init__(
        self, name: str, competence: float = 0.6, silence: float = 0.0, thinking: float = 0.1
    ) -> None:
        super().__init__(name, None, thinking)
        self.competence = competence
        self.silence = silence
        self.heard: str | None = None

    def judge(self, proposal: str) -> str | None:
        """By its own dice, unless it has heard something."""
        found = YES if self.dice.random() < self.competence else NO
        return None if self.dice.random() < self.silence else self.heard or found

    def on_rumour(self, sender: str, message: Rumour) -> None:
        self.heard = message.choice


class Source(Agent):
    """May tell all jurors what it believes; then they all vote alike.

    competence: the probability that it finds the truth, which is yes.
    heard: the probability that it tells the jurors.
    """

    def __init__(self, name: str, jurors: Sequence[str], competence: float = 0.6, heard: float = 0.3) -> None:
        super().__init__(name)
        self.jurors, self.competence = jurors, competence
        self.heard = heard

    async def run(self) -> None:
        found = YES if self.dice.random() < self.competence else NO
        for juror in self.jurors if self.dice.random() < self.heard else ():
            self.send(juror, Rumour(found))
