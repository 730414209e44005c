"""The members of the lab, who estimate and listen, and a host who draws the next speaker."""

from __future__ import annotations

from coordlab.patterns.group_chat import rules
from coordlab.patterns.orchestration.agents import Member
from coordlab.patterns.orchestration.rules import Turn

RIGHT, WRONG = "8 days", "5 days"


class Estimator(Member):
    """Says how many days a job takes, and sometimes takes over what another has said.

    competence, conformity, correction: probabilities, see the parameters of the lab.
    """

    def __init__(
        self,
        name: str,
        competence: float = 0.6,
        conformity: float = 0.5,
        correction: float = 0.0,
        seconds: float = 0.2,
    ) -> None:
        super().__init__(name, None, seconds)
        self.competence, self.conformity, self.correction = competence, conformity, correction
        self.says = ""

    async def reply(self, turn: Turn) -> object:
        """Its own first answer; later perhaps that of a member drawn from those it has just read."""
        if not self.says:
            self.says = RIGHT if self.dice.random() < self.competence else WRONG
            return self.says
        last = {
            said.agent: said.content for said in turn.context if said.agent not in (rules.USER, self.name)
        }
        if last and self.dice.random() < self.conformity:
            heard = str(self.dice.choice(list(last.values())))
            keeps = self.says == RIGHT and self.dice.random() < self.correction
            self.says = self.says if keeps else heard
        return self.says


class Host(Member):
    """Draws who speaks next."""

    async def reply(self, turn: Turn) -> object:
        """One of the names in the question."""
        return self.dice.choice(turn.task.removeprefix("Who speaks next: ").removesuffix("?").split(", "))
