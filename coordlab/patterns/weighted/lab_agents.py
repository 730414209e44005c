"""The panels of the lab, and moderators of a first try."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from math import fsum
from typing import Any

from coordlab.patterns.voting.rules import ABSTAIN, ACCEPTED, NO, REJECTED, YES
from coordlab.patterns.weighted.agents import Expert, Moderator, Question
from coordlab.patterns.weighted.rules import Consensus, Voice

PANELS: dict[str, tuple[float, ...]] = {
    "one-expert": (0.9, 0.6, 0.6, 0.6, 0.6),
    "two-experts": (0.9, 0.9, 0.6, 0.6, 0.6),
    "outvoted-expert": (0.95, 0.6, 0.6, 0.6, 0.6),
    "liar": (0.6, 0.6, 0.1),
    "alike": (0.7, 0.7, 0.7, 0.7, 0.7),
}
STATED = 0.99  # how sure everybody says to be


class Panelist(Expert):
    """An expert who in some questions repeats what another one says.

    sources: whether that one is right, for each question in which it is copied.
    """

    def __init__(self, name: str, sources: Mapping[int, bool] | None = None, **settings: Any) -> None:
        super().__init__(name, **settings)
        self.sources = sources or {}

    def judge(self, question: Question) -> str | None:
        """Its own answer, or that of the source; it abstains as often as it would."""
        own, source = super().judge(question), self.sources.get(question.number)
        if source is None or own == ABSTAIN:
            return own
        return question.truth if source else {YES: NO, NO: YES}[question.truth]


class CountsAbstainers(Moderator):
    """A first try: yes must have more than half of all weight, also of those who abstain; else it is no."""

    def __init__(self, *given: Any, **settings: Any) -> None:
        super().__init__(*given, **settings)
        self.weighing = partial(_of_all, self.weighing)


def _of_all(weighing: Any, votes: Mapping[str, str], competences: Mapping[str, float]) -> Consensus:
    voices: tuple[Voice, ...] = weighing(votes, competences).voices
    full = {each.voter: each.weight for each in weighing(dict.fromkeys(votes, YES), competences).voices}
    total = fsum(full.values())
    share = sum(each.weight for each in voices if each.choice == YES) / total if total > 0 else 0.0
    yes = min(1.0, max(0.0, share))
    return Consensus(ACCEPTED if yes > 0.5 else REJECTED, abs(2 * yes - 1), max(yes, 1 - yes), voices)


class Peeks(Moderator):
    """A first try: the answers that are to be weighed have already changed the weights."""

    @property
    def competences(self) -> dict[str, float]:
        """As they will be when the question on hand is graded."""
        before, truth = self.stable.get("records", {}), self.stable.get(f"truth {self.asked}")
        after = dict(before)
        for voter, choice in self.poll.votes.items():
            right, wrong = after.get(voter, (0, 0))
            after[voter] = right + (choice == truth), wrong + (choice not in (truth, ABSTAIN))
        self.stable["records"] = after
        found = super().competences
        self.stable["records"] = before
        return found


VERSIONS: dict[str, type[Moderator]] = {
    "textbook": Moderator,
    "stated": Moderator,
    "open-door": Moderator,
    "counts-abstainers": CountsAbstainers,
    "peeks": Peeks,
}
