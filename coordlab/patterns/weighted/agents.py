"""Weighted consensus: the messages and the agents."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from math import inf
from typing import Any

from coordlab import requirements as require
from coordlab.patterns.voting.rules import ABSTAIN, COUNTED, LATE, NO, YES, Ballot, Poll
from coordlab.patterns.weighted.checks import properties
from coordlab.patterns.weighted.rules import Voice, Weigh, decide, learnt
from coordlab.world.agent import Agent, State
from coordlab.world.message import message
from coordlab.world.world import Run, World

__all__ = ["Decided", "Expert", "Graded", "Moderator", "Opinion", "Outcome", "Question", "ask_panel", "demo"]


@message
class Question:
    """Is this true?"""

    number: int
    truth: str  # simulated experts see it with some error; the moderator looks at it afterwards


@message
class Opinion:
    """This is my answer."""

    number: int
    choice: str  # yes, no or abstain


@message
class Outcome:
    """This is the result."""

    number: int
    result: str


@message
class Decided:
    """This is the result of all voices, and the weight of each."""

    number: int
    result: str
    margin: float
    confidence: float
    voices: tuple[Voice, ...]


@message
class Graded:
    """This was the truth."""

    number: int
    truth: str


class Moderator(Agent):
    """Asks questions one after the other.  Its records are in stable storage; a crash repeats one question.

    questions: how many it asks, 1 or more.
    known: the competence of each known expert, above 0 and below 1.
    learning: whether each graded answer counts, too.
    trust: how many answers the known competence counts for when it is learning, above 0.
    weigh, cap, stranger, strangers: how voices are weighed, see `rules.decide`.
    deadline: how many seconds each question is open at most, above 0.
    """

    role = State("idle")  # or asking

    def __init__(
        self,
        name: str = "moderator",
        questions: int = 1,
        known: Mapping[str, float] | None = None,
        learning: bool = False,
        trust: float = 2.0,
        weigh: str | Weigh = "log_odds",
        cap: float = inf,
        stranger: float = 0.5,
        strangers: float = 0.0,
        deadline: float = 1.0,
    ) -> None:
        super().__init__(name)
        self.questions = require.count("questions", questions, 1, example=10)
        self.deadline = require.seconds("deadline", deadline, positive=True)
        self.known, self.learning, self.trust = dict(known or {}), learning, trust
        self.asked = 0
        self.weighing = partial(decide, weigh=weigh, cap=cap, stranger=stranger, strangers=strangers)
        self.weighing({}, self.known)  # refuses wrong settings now, not in the middle of a run
        learnt(0, 0, trust=trust)

    @property
    def competences(self) -> dict[str, float]:
        """The competence of each expert, as far as it is known now."""
        if not self.learning:
            return self.known
        records = self.stable.get("records", {})
        learned = {
            voter: learnt(right, wrong, self.known.get(voter, 0.5), self.trust)
            for voter, (right, wrong) in records.items()
        }
        return {**self.known, **learned}

    async def run(self) -> None:
        """Put every question that is not decided yet."""
        while self.stable.get("done", 0) < self.questions:
            await self.put(self.stable.get("done", 0) + 1)

    async def put(self, number: int) -> None:
        """Ask, wait until all have answered or the time is over, decide, and learn."""
        truth = self.stable.setdefault(f"truth {number}", self.dice.choice((YES, NO)))
        self.poll, self.asked, self.role = Poll(self.peers), number, "asking"
        self.broadcast(Question(number, truth))
        await self.until(lambda: not self.poll.missing, within=self.deadline)
        self.poll.close()
        said = self.weighing(self.poll.votes, self.competences)
        self.decide(Decided(number, said.result, said.margin, said.confidence, said.voices))
        self.role = "idle"
        self.broadcast(Outcome(number, said.result))
        self.grade(number, truth)

    def grade(self, number: int, truth: str) -> None:
        """Add everybody's answer to its record: after the decision, so that no answer sets its own weight."""
        records = dict(self.stable.get("records", {}))
        for voter, choice in self.poll.votes.items():
            right, wrong = records.get(voter, (0, 0))
            if choice != ABSTAIN:
                records[voter] = (right + (choice == truth), wrong + (choice != truth))
        self.stable.update(records=records, done=number)
        self.note(Graded(number, truth))

    def on_opinion(self, sender: str, message: Opinion) -> None:
        late = message.number != self.asked
        verdict = LATE if late else self.poll.take(Ballot(sender, message.choice, self.now)).verdict
        if verdict != COUNTED:
            self.note(f"{sender}'s opinion on question {message.number} does not count: {verdict}.")


class Expert(Agent):
    """Answers questions.

    competence: the probability that its answer is right.
    reserve: the probability that it abstains instead.
    thinking: how many seconds it takes to answer, 0 or more.
    """

    role = State("idle")  # or thinking
    outcome = State[str | None](None)  # of the last question, as it was told

    def __init__(
        self, name: str, competence: float = 0.6, reserve: float = 0.0, thinking: float = 0.1
    ) -> None:
        super().__init__(name)
        self.competence = require.probability("competence", competence)
        self.reserve = require.probability("reserve", reserve)
        self.thinking = require.seconds("thinking", thinking)

    def judge(self, question: Question) -> str | None:
        """Its answer: yes, no, abstain, or None to be silent."""
        found = question.truth if self.dice.random() < self.competence else {YES: NO, NO: YES}[question.truth]
        return ABSTAIN if self.dice.random() < self.reserve else found

    async def on_question(self, sender: str, message: Question) -> Opinion | None:
        self.role = "thinking"
        await self.sleep(self.thinking)
        self.role = "idle"
        choice = self.judge(message)
        return None if choice is None else Opinion(message.number, choice)

    def on_outcome(self, sender: str, message: Outcome) -> None:
        self.outcome = message.result


def ask_panel(competences: Mapping[str, float], questions: int = 1, seed: int = 7, **settings: Any) -> Run:
    """A run with experts of these competences, which the moderator knows unless `settings` tell otherwise."""
    settings = {"known": competences, **settings}
    world = World(seed, latency=0.01).add(Moderator(questions=questions, **settings))
    world.add(Expert(name, competence) for name, competence in competences.items())
    settings.pop("stranger", None)
    return world.expect(*properties(**settings)).run(until=questions * settings.get("deadline", 1.0) + 1.0)


def demo() -> Run:
    """Four experts, nothing known about them at first; one is mostly wrong, so its reversed vote weighs most.

    >>> last = demo().trace.select("decision")[-1].data
    >>> {voice.voter: round(voice.weight, 1) for voice in last.voices}
    {'ann': 1.8, 'bob': 1.1, 'cat': 0.4, 'liar': -2.2}
    """
    return ask_panel({"ann": 0.9, "bob": 0.8, "cat": 0.6, "liar": 0.1}, questions=40, known={}, learning=True)
