"""What the lab of conflicts adds: who wants what, which steps to try, and a resolver that cannot wait."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from coordlab.labs.declaration import Parameters
from coordlab.patterns.conflict.agents import Resolver
from coordlab.patterns.conflict.rules import STEPS, Opened, Policy, Resolved, union

NAMES = ("ann", "bob", "cat", "dan", "eve", "fay")
CHAINS = {
    "all": STEPS,
    "no-human": ("merge", "retry", "tie-break", "default"),
    "human-first": ("merge", "escalate", "default"),
    "retry-only": ("merge", "retry", "default"),
}
ORDERS = {"priority": ("priority",), "time": ("time",), "draw": ("priority", "draw")}
KINDS: dict[str, dict[str, object]] = {
    "ann": {"tags": frozenset({"old"}), "cause": "disk", "name": "x", "city": "Rome", "date": "May"},
    "bob": {"tags": frozenset({"new"}), "cause": "net", "city": "Oslo", "date": "June"},
    "cat": {"name": "y"},
}
"""Five conflicts, one for each step: tags merge, there is evidence of the cause, a priority for the name."""
EVIDENCE = {"ann": [("cause", "log", "disk")], "bob": [("cause", "ping", "net"), ("cause", "probe", "net")]}

EVIDENCE_FIRST = "evidence"  # the human rules for nobody in particular


def views(name: str, given: Parameters) -> Mapping[str, object]:
    """What a proposer wants: in `kinds` what concerns it, in `names` its own name in ten conflicts."""
    if given["about"] == "names":
        return {f"name-{number}": name for number in range(1, 11)}
    return KINDS.get(name, {"tags": frozenset({name})})


def policy(given: Parameters) -> Policy:
    """That of the textbook at a setting."""
    return Policy(
        chain=CHAINS[given["steps"]],
        merge=union,
        retries=given["retries"],
        order=ORDERS[given["order"]],
        patience=given["patience"],
        hearing=given["hearing"],
        default="as before",
    )


ENDLESS = 80  # retries without a budget: more than a run has time for


def followed(given: Parameters) -> Policy:
    """The policy that the resolver follows: some versions know no end."""
    textbook = policy(given)
    if given["version"] == "no-budget":
        return replace(textbook, retries=ENDLESS)
    return replace(textbook, hearing=1e6) if given["version"] == "no-time-limit" else textbook


class FirstCome(Resolver):
    """Lets the candidate stand that came first, and calls that a tie-break."""

    async def settle(self, conflict: str) -> None:
        """Ask once."""
        self.note(Opened(conflict))
        await self.hear(conflict, 0)
        first = next(
            (each.candidate for each in self.heard.get(conflict, {}).values() if each.candidate), None
        )
        if first:
            among = self.candidates(conflict)
            kept = tuple(each for each in among if each.value == first.value)
            lost = tuple(each for each in among if each.value != first.value)
            self.close(Resolved(conflict, first.value, "tie-break", "it came first", kept, lost))
