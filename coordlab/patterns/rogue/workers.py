"""Workers that do tasks and review what others did, honest or rogue; and a human who can remove them."""

from __future__ import annotations

from collections.abc import Iterable

from coordlab import requirements as require
from coordlab.patterns.rogue.rules import Remove, Removed, answer, opinion
from coordlab.world.agent import Agent, State
from coordlab.world.message import message

__all__ = ["Declined", "Do", "Operator", "Opinion", "Result", "Review", "Worker"]


@message
class Do:
    """Please do this task."""

    job: int
    task: int
    token: int  # must come back with the answer, or the answer does not count


@message
class Result:
    """Here is my answer."""

    job: int
    answer: int
    confidence: float  # the agent's own claim, which counts nowhere
    token: int


@message
class Review:
    """Is this answer right?"""

    job: int
    task: int
    answer: int
    token: int


@message
class Opinion:
    """This is what I think of the answer."""

    job: int
    approves: bool
    confidence: float
    token: int


@message
class Declined:
    """I will not do that."""

    because: str


class Worker(Agent):
    """Does tasks and reviews; while it is rogue it misbehaves as the fault says.

    competence   probability that an answer is right
    sensitivity  probability that a review finds an error
    false_alarm  probability that a review objects to a right answer
    seconds      time for a task
    """

    role = State("idle")  # or at work

    def __init__(
        self,
        name: str,
        competence: float = 0.95,
        sensitivity: float = 0.95,
        false_alarm: float = 0.02,
        seconds: float = 0.1,
    ) -> None:
        super().__init__(name)
        self.competence = require.probability("competence", competence)
        self.sensitivity = require.probability("sensitivity", sensitivity)
        self.false_alarm = require.probability("false_alarm", false_alarm)
        self.seconds, self.working = require.seconds("seconds", seconds), 0

    def behaves(self) -> str | None:
        """How it misbehaves this time; None if it does not."""
        rogue = self.rogue
        return rogue.how if rogue and self.dice.random() < rogue.share else None

    def claims(self, how: str | None) -> float:
        return 1.0 if how == "boasts" else self.competence

    async def on_do(self, sender: str, message: Do) -> Result | None:
        self.working, self.role = self.working + 1, "at work"
        await self.sleep(self.seconds)
        self.working -= 1
        self.role = "at work" if self.working else "idle"
        how = self.behaves()
        said = answer(how, message.task, self.competence, self.dice)
        return None if said is None else Result(message.job, said, self.claims(how), message.token)

    def on_review(self, sender: str, message: Review) -> Opinion | None:
        how = self.behaves()
        chances = self.sensitivity, self.false_alarm
        said = opinion(how, message.task, message.answer, *chances, self.dice)
        return None if said is None else Opinion(message.job, said, self.claims(how), message.token)


class Operator(Agent):
    """A human who gives orders, pairs of seconds and a `Remove`, and repeats each until it is answered."""

    role = State("watches")  # or orders

    def __init__(self, orders: Iterable[tuple[float, Remove]] = ()) -> None:
        super().__init__("operator")
        self.orders = sorted(orders, key=lambda each: each[0])

    async def run(self) -> None:
        """Give the orders that the pool had not answered before a crash."""
        for at, order in self.orders[self.stable.get("answered", 0) :]:
            await self.sleep(max(0.0, at - self.now))
            self.role, answer = "orders", dict[str, Removed | Declined]()
            while not answer:
                answer = await self.ask("pool", order, within=0.5)
            self.stable["answered"], self.role = self.stable.get("answered", 0) + 1, "watches"
