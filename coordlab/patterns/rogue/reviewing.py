"""Workers that do tasks and review what others did, honest or rogue; and a human who can remove them.

Half of the page on rogue agents: who hands out the work, and whom it believes, is told there.
"""

from __future__ import annotations

from collections.abc import Iterable

from coordlab.patterns.rogue.rules import Removed, answer, opinion
from coordlab.world.agent import Agent, State
from coordlab.world.message import message

__all__ = ["Declined", "Do", "Operator", "Opinion", "Remove", "Result", "Review", "Worker"]


@message
class Do:
    """Please do this."""

    job: int
    task: int
    token: int  # of the fence: it must come back with the answer


@message
class Result:
    """Here is my answer."""

    job: int
    answer: int
    confidence: float  # what it says of itself, which counts nowhere
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
    """This is what I think of it."""

    job: int
    approves: bool
    confidence: float
    token: int


@message
class Remove:
    """Take this agent out of the pool."""

    agent: str
    who: str
    why: str

    def __post_init__(self) -> None:
        if not (self.who.strip() and self.why.strip()):
            raise ValueError(
                f"{self!r}: whoever removes an agent says who it is, and why. "
                f"Write Remove('bob', who='ann', why='it answers nonsense')."
            )


@message
class Declined:
    """I will not do that."""

    because: str


class Worker(Agent):
    """Works for `seconds` on each task, and is right with the chance `competence`.

    As a reviewer it finds an error with the chance `sensitivity`, and sees one where there is none with the
    chance `false_alarm`.  While it is rogue it does as the fault says, in a share of what it does.
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
        chances = {"competence": competence, "sensitivity": sensitivity, "false_alarm": false_alarm}
        for what, chance in chances.items():
            if not 0 <= chance <= 1:
                raise ValueError(f"{what}={chance!r}: a chance from 0 to 1 is meant. Write {what}=0.9.")
        self.competence, self.sensitivity, self.false_alarm = competence, sensitivity, false_alarm
        self.seconds, self.working = seconds, 0

    def behaves(self) -> str | None:
        """How it misbehaves this time; None if it does not."""
        rogue = self.rogue
        return rogue.how if rogue and self.dice.random() < rogue.share else None

    def claims(self, how: str | None) -> float:
        """How sure it says it is."""
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
    """A human at the switch, who gives orders (each at its time), each until the pool has answered it."""

    role = State("watches")  # or orders

    def __init__(self, orders: Iterable[tuple[float, Remove]] = (), patience: float = 0.5) -> None:
        super().__init__("operator")
        self.orders, self.patience = sorted(orders, key=lambda each: each[0]), patience

    async def run(self) -> None:
        """Give the orders that the pool has not answered before a crash."""
        for at, order in self.orders[self.stable.get("answered", 0) :]:
            await self.sleep(max(0.0, at - self.now))
            self.role, answer = "orders", dict[str, Removed | Declined]()
            while not answer:
                answer = await self.ask("pool", order, within=self.patience)
            self.stable["answered"], self.role = self.stable.get("answered", 0) + 1, "watches"
