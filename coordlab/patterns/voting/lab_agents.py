"""The voters of the lab: jurors who answer questions, and voters who rank alternatives."""

from __future__ import annotations

from collections.abc import Mapping

from coordlab.labs.declaration import Parameters
from coordlab.patterns.voting.agents import Voter
from coordlab.patterns.voting.rules import NO, YES, Choice, Majority, Rule
from coordlab.world.dice import dice

QUESTIONS = tuple(f"question-{number}" for number in range(1, 11))  # the right answer to each is yes
RULES = {
    "simple": Majority(),
    "present": Majority("present"),
    "absolute": Majority("absolute"),
    "two-thirds": Majority(threshold="2/3"),
}
RANKINGS: dict[str, dict[tuple[str, ...], int]] = {
    "jurors": {},
    "Tennessee": {
        ("Memphis", "Nashville", "Chattanooga", "Knoxville"): 6,
        ("Nashville", "Chattanooga", "Knoxville", "Memphis"): 4,
        ("Chattanooga", "Knoxville", "Nashville", "Memphis"): 2,
        ("Knoxville", "Chattanooga", "Nashville", "Memphis"): 3,
    },
    "cycle": {("ann", "bob", "cat"): 3, ("bob", "cat", "ann"): 3, ("cat", "ann", "bob"): 3},
}
THINKING = 0.1  # seconds


class Juror(Voter):
    """Says yes, which is right, as often as it is competent, unless all copy a source in this question.

    competences: the probability that it is right, by question.
    silent: the probability that it does not answer.
    sources: the answer of the source to each question in which all copy it.
    """

    def __init__(
        self,
        name: str,
        choice: object = None,
        competences: Mapping[str, float] | None = None,
        silent: float = 0.0,
        sources: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(name, choice, thinking=THINKING)
        self.competences, self.silent, self.sources = competences or {}, silent, sources or {}

    def judge(self, proposal: str) -> object:
        """Its ranking; or its own answer, that of the source, or None."""
        own = YES if self.dice.random() < self.competences.get(proposal, 0.6) else NO
        if self.dice.random() < self.silent:
            return None
        return self.choice or self.sources.get(proposal, own)


def rule(given: Parameters) -> Rule:
    """How the chair counts."""
    ballots = RANKINGS[given["ballots"]]
    return Choice(tuple(sorted(max(ballots))), given["method"]) if ballots else RULES[given["rule"]]


def electorate(given: Parameters) -> list[tuple[str, ...] | None]:
    """The ranking of each voter, or None for each juror."""
    ballots = RANKINGS[given["ballots"]]
    return [each for each, many in ballots.items() for _ in range(many)] or [None] * given["voters"]


def drawn(given: Parameters, seed: int) -> tuple[dict[str, float], dict[str, str]]:
    """How competent all are in each question, and what the source says where all copy it."""
    p, correlation, source = given["competence"], given["correlated"], dice(seed, "source")
    both = 1 / correlation - 1 if correlation and 0 < p < 1 else 0.0
    hard = {each: source.betavariate(p * both, (1 - p) * both) if both else p for each in QUESTIONS}
    copies = {each: (source.random(), source.random()) for each in QUESTIONS}
    said = {
        each: YES if right < p else NO for each, (copy, right) in copies.items() if copy < given["copied"]
    }
    return hard, said
