"""The voters of the lab: jurors who answer questions, and voters who rank alternatives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from coordlab.labs.declaration import Parameter, Parameters
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
RANKINGS: dict[str, list[list[Any]]] = {  # pairs of a ranking, the best first, and how many voters have it
    "jurors": [],
    "Tennessee": [
        [["Memphis", "Nashville", "Chattanooga", "Knoxville"], 6],
        [["Nashville", "Chattanooga", "Knoxville", "Memphis"], 4],
        [["Chattanooga", "Knoxville", "Nashville", "Memphis"], 2],
        [["Knoxville", "Chattanooga", "Nashville", "Memphis"], 3],
    ],
    "cycle": [[["ann", "bob", "cat"], 3], [["bob", "cat", "ann"], 3], [["cat", "ann", "bob"], 3]],
}
MOST = 41  # voters
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


def mistakes(ballots: Any) -> Iterator[str]:
    """What is wrong with rankings of the learner's own."""
    first = sorted(ballots[0][0])
    if len(first) < 2 or len({*first}) < len(first) or not all(isinstance(each, str) for each in first):
        yield "a ranking orders two or more different texts"
    for ranking, many in ballots:
        if sorted(ranking) != first:
            yield f"{ranking} does not rank the alternatives of the first, {', '.join(map(str, first))}"
        if type(many) is not int or many < 1:
            yield f"{many!r} voters with one ranking: expected a whole number, 1 or more"
    if not 1 <= sum(many for _, many in ballots) <= MOST:
        yield f"expected 1 to {MOST} voters in all"


BALLOTS = Parameter(
    "ballots",
    "jurors",
    presets=RANKINGS,
    mistakes=mistakes,
    group="Voters",
    help="jurors: voters who answer ten questions; Tennessee: voters who rank cities for a capital; cycle: "
    "voters whose rankings go round in a circle",
)


def electorate(given: Parameters) -> list[tuple[str, ...] | None]:
    """The ranking of each voter, or None for each juror."""
    ballots = BALLOTS.data(given["ballots"])
    return [tuple(each) for each, many in ballots for _ in range(many)] or [None] * given["voters"]


def rule(given: Parameters) -> Rule:
    """How the chair counts."""
    first = electorate(given)[0]
    return RULES[given["rule"]] if first is None else Choice(tuple(sorted(first)), given["method"])


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
