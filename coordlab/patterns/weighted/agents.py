"""Weighted consensus: the messages and the agents."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import Any

from coordlab.patterns.voting.rules import ABSTAIN, COUNTED, LATE, NO, YES, Ballot, Poll
from coordlab.patterns.weighted.checks import properties
from coordlab.patterns.weighted.rules import Voice, decide, learnt
from coordlab.world.agent import Agent, State
from coordlab.world.message import message
from coordlab.world.world import Run, World

__all__ = ["Decided", "Expert", "Graded", "Moderator", "Opinion", "Outcome", "Question", "ask_panel", "demo"]


@message
class Question:
    """Is it so?"""

    number: int
    truth: str  # which simulated experts see as through a fog; the moderator looks at it afterwards


@message
class Opinion:
    """I should say so."""

    number: int
    choice: str  # yes, no or abstain


@message
class Outcome:
    """Together we say so."""

    number: int
    result: str


@message
class Decided:
    """This is what the voices say together, and how loud each was."""

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
    """Asks so many `questions`, one after the other, each open for `deadline` seconds at most.

    `known` holds the competences of those one knows.  If it is `learning`, each answer that was graded counts
    too, and what was known before counts as `trust` answers.  For the other settings see
    `rules.decide`.  Records and truths are in stable storage; a crash repeats one question.
    """

    role = State("idle")  # or asking

    def __init__(
        self,
        name: str = "moderator",
        questions: int = 1,
        known: Mapping[str, float] | None = None,
        learning: bool = False,
        trust: float = 2.0,
        weigh: str = "log_odds",
        cap: float = inf,
        stranger: float = 0.5,
        strangers: float = 0.0,
        deadline: float = 1.0,
    ) -> None:
        super().__init__(name)
        self.questions, self.deadline = questions, deadline
        self.known, self.learning, self.trust = dict(known or {}), learning, trust
        self.settings: dict[str, Any] = {
            "weigh": weigh,
            "cap": cap,
            "stranger": stranger,
            "strangers": strangers,
        }
        self.asked = 0
        if type(questions) is not int or questions < 1 or not 0 < deadline < inf:
            raise ValueError(
                f"questions={questions}, deadline={deadline}: one question at least is asked, and stays open "
                f"for some time. Write Moderator(questions=10, deadline=1.0)."
            )
        decide({}, self.known, **self.settings)  # refuses what cannot be
        learnt(0, 0, trust=trust)

    @property
    def competences(self) -> dict[str, float]:
        """What one knows of everybody by now."""
        if not self.learning:
            return self.known
        records = self.stable.get("records", {})
        learned = {
            voter: learnt(right, wrong, self.known.get(voter, 0.5), self.trust)
            for voter, (right, wrong) in records.items()
        }
        return {**self.known, **learned}

    async def run(self) -> None:
        """Every question that is not decided yet."""
        while self.stable.get("done", 0) < self.questions:
            await self.put(self.stable.get("done", 0) + 1)

    async def put(self, number: int) -> None:
        """Ask, wait until all have answered or the time is over, say what that comes to, and learn."""
        truth = self.stable.setdefault(f"truth {number}", self.dice.choice((YES, NO)))
        self.poll, self.asked, self.role = Poll(self.peers), number, "asking"
        self.broadcast(Question(number, truth))
        await self.until(lambda: not self.poll.missing, within=self.deadline)
        self.poll.close()
        said = decide(self.poll.votes, self.competences, **self.settings)
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
    """Finds the truth with probability `competence`; with probability `reserve` it abstains instead."""

    role = State("idle")  # or thinking
    outcome = State[str | None](None)  # of the last question, as it was told

    def __init__(
        self, name: str, competence: float = 0.6, reserve: float = 0.0, thinking: float = 0.1
    ) -> None:
        super().__init__(name)
        if not (0 <= competence <= 1 and 0 <= reserve <= 1):
            raise ValueError(
                f"{name}: competence={competence}, reserve={reserve}: probabilities are meant. "
                f"Give numbers from 0 to 1."
            )
        self.competence, self.reserve, self.thinking = competence, reserve, thinking

    def judge(self, question: Question) -> Any:
        """What it takes for the truth; None is silence."""
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
    """So many questions put to experts of these competences; by default the moderator knows them.

    >>> run = ask_panel({"ann": 0.9, "bob": 0.9, "cat": 0.6, "dan": 0.6, "eve": 0.6}, questions=40)
    >>> [event.data.result for event in run.trace.select("decision")].count("tie")
    0
    """
    settings = {"known": competences, **settings}
    world = World(seed, latency=0.01).add(Moderator(questions=questions, **settings))
    world.add(Expert(name, competence) for name, competence in competences.items())
    settings.pop("stranger", None)
    return world.expect(*properties(**settings)).run(until=questions * settings.get("deadline", 1.0) + 1.0)


def demo() -> Run:
    """Four experts of whom nothing is known at first; one is mostly wrong, which makes it worth the most.

    >>> last = demo().trace.select("decision")[-1].data
    >>> {voice.voter: round(voice.weight, 1) for voice in last.voices}
    {'ann': 1.8, 'bob': 1.1, 'cat': 0.4, 'liar': -2.2}
    """
    return ask_panel({"ann": 0.9, "bob": 0.8, "cat": 0.6, "liar": 0.1}, questions=40, known={}, learning=True)
