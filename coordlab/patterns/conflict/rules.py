"""Candidates that contradict each other, and the rules that settle which one stands.

Every rule is a function of the set of candidates: in whatever order they arrived, the outcome is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from math import inf, isnan
from typing import TYPE_CHECKING, Any

from coordlab.world.message import message

if TYPE_CHECKING:
    from random import Random

STEPS = ("merge", "retry", "tie-break", "escalate", "default")
ORDER = ("priority", "time", "draw", "id")


def number(value: object, least: float = -inf, most: float = inf) -> bool:
    """Whether a value is a finite number from `least` to `most`.

    >>> number(3, 0), number(-1, 0), number(float("inf")), number("3"), number(True)
    (True, False, False, False, False)
    """
    real = isinstance(value, (int, float)) and not isinstance(value, bool)
    return real and -1e300 < value < 1e300 and least <= value <= most  # type: ignore[operator]


def check(name: str, value: float, words: str, least: float = 0.0, most: float = inf) -> None:
    """Nothing if it is such a number; else a `ValueError` with these words, on what is allowed instead."""
    if not number(value, least, most):
        raise ValueError(f"{name}={value!r}: {words}")


@message
class Candidate:
    """This should stand."""

    id: str  # who says so
    value: Any
    evidence: frozenset[tuple[str, Any]] = frozenset()  # what was observed, and which value it speaks for
    priority: float = 0.0
    at: float = 0.0  # seconds, on the clock of whoever says so

    def __post_init__(self) -> None:
        if self.value is None:
            raise ValueError(
                f"Candidate({self.id!r}, None) says nothing: whoever has no view sends no candidate. "
                f"Write Candidate({self.id!r}, 'x')."
            )
        if isinstance(self.value, float) and isnan(self.value):
            raise ValueError(
                f"Candidate({self.id!r}, nan) is not even equal to itself, so nobody could agree with it. "
                f"Write a number or a text: Candidate({self.id!r}, 'unknown')."
            )
        if not (number(self.priority) and number(self.at)):
            raise ValueError(
                f"priority={self.priority!r}, at={self.at!r}: candidates are ordered by both, so both are "
                f"finite numbers. Write Candidate({self.id!r}, {self.value!r}, priority=1, at=0.0)."
            )


@message
class Resolved:
    """This stands from now on, and that is why."""

    conflict: str
    value: Any
    by: str  # the step that settled it
    reason: str
    kept: tuple[Candidate, ...] = ()  # those who said so, or all if they were merged
    lost: tuple[Candidate, ...] = ()


@message
class Opened:
    """I am settling this conflict."""

    conflict: str


@message
class Tried:
    """I tried this step, and that is why it did not settle it."""

    conflict: str
    step: str
    reason: str


@message
class Lost:
    """This came when all was settled, and will not stand."""

    conflict: str
    candidate: Candidate


Merge = Callable[[Any, Any], Any]
"""Two values made one; None if they cannot be."""


def union(one: Any, other: Any) -> Any:
    """All that is in either, if both are frozensets.

    >>> sorted(union(frozenset("ab"), frozenset("bc"))), union("ab", "bc")
    (['a', 'b', 'c'], None)
    """
    return one | other if isinstance(one, frozenset) and isinstance(other, frozenset) else None


@dataclass(frozen=True)
class Policy:
    """What to try, in which order, and how long: data, that one can change, compare and show.

    `chain` lists the steps, "default" last, for it alone always settles.  `merge` makes one of two values;
    `retries` is how often the proposers are asked again, with each other's candidates if `in_context`;
    `order` ranks candidates (an order with "id" leaves no tie, so nothing after it is reached); `patience`
    is how long proposers may take, and `hearing` a human, in seconds; `default` stands if all else fails.
    """

    chain: tuple[str, ...] = STEPS
    merge: Merge | None = None
    retries: int = 2
    in_context: bool = True
    order: tuple[str, ...] = ORDER
    patience: float = 0.5
    hearing: float = 5.0
    default: Any = None

    def __post_init__(self) -> None:
        _listed("chain", self.chain, STEPS)
        _listed("order", self.order, ORDER)
        if self.chain[-1] != "default":
            raise ValueError(
                f"chain={self.chain!r} may end with the conflict still open: only the step 'default' always "
                f"settles it, so it comes last. Write chain=(..., 'default')."
            )
        if isinstance(self.retries, bool) or not isinstance(self.retries, int) or self.retries < 0:
            raise ValueError(
                f"retries={self.retries!r}: the budget is a whole number, 0 or more. Write retries=2."
            )
        if self.merge is not None and not callable(self.merge):
            raise ValueError(
                f"merge={self.merge!r}: a function makes one of two values, or None: nothing does. "
                f"Write merge=union."
            )
        for name in ("patience", "hearing"):
            if not number(seconds := getattr(self, name), 1e-6):
                raise ValueError(f"{name}={seconds!r}: a wait takes some seconds and ends. Write {name}=5.0.")

    @property
    def bound(self) -> float:
        """Seconds by which a conflict is settled, whoever is silent.

        >>> Policy(retries=2, patience=0.5, hearing=5.0).bound
        6.5
        """
        asking = 1 + (self.retries if "retry" in self.chain else 0)
        return asking * self.patience + (self.hearing if "escalate" in self.chain else 0.0)


def _listed(name: str, given: tuple[str, ...], known: tuple[str, ...]) -> None:
    listed = isinstance(given, Collection) and not isinstance(given, str)
    texts = [each for each in given if isinstance(each, str) and each in known] if listed else []
    if not texts or not len(set(texts)) == len(texts) == len(given):
        raise ValueError(
            f"{name}={given!r}: it lists some of {', '.join(known)}, each once, in the order in which they "
            f"count. Write {name}={known!r}."
        )


def agenda(policy: Policy, conflicts: Collection[str]) -> tuple[Policy, tuple[str, ...]]:
    """A policy, and the names of the conflicts to settle by it, each once; a set of names is sorted.

    >>> agenda(policy := Policy(), {"hue", "date"})[1]
    ('date', 'hue')
    """
    listed = isinstance(conflicts, Collection) and not isinstance(conflicts, str)
    if not isinstance(policy, Policy) or not listed or not all(isinstance(each, str) for each in conflicts):
        raise ValueError(
            f"policy={policy!r}, conflicts={conflicts!r}: a resolver takes a policy and a list of names. "
            f"Write Resolver(Policy(retries=2), ['hue'])."
        )
    names = sorted(conflicts) if isinstance(conflicts, (set, frozenset)) else conflicts
    return policy, tuple(dict.fromkeys(names))


def held(
    by: str, values: Mapping[str, Any], evidence: Collection[tuple[str, str, Any]] = (), priority: float = 0.0
) -> dict[str, Candidate]:
    """What one is for in each conflict, with its evidence: on which conflict, what, and for which value.

    >>> held("ann", {"c1": "disk"}, [("c1", "log", "disk"), ("c2", "log", "net")])["c1"].evidence
    frozenset({('log', 'disk')})
    """
    listed = isinstance(evidence, Collection) and all(isinstance(e, tuple) and len(e) == 3 for e in evidence)
    if not isinstance(values, Mapping) or not listed:
        raise ValueError(
            f"views={values!r}, evidence={evidence!r}: a value for each conflict, and a list of triples: on "
            f"which conflict, what, for which value. Write {{'c1': 'disk'}} and [('c1', 'log', 'disk')]."
        )
    about = {conflict: frozenset(each[1:] for each in evidence if each[0] == conflict) for conflict in values}
    return {each: Candidate(by, value, about[each], priority) for each, value in values.items()}


def convinced(candidate: Candidate, others: Iterable[Candidate]) -> Candidate:
    """The candidate once it has heard the others' evidence: it is for what most of it all speaks for.

    Where the evidence is balanced, or there is none, it stays with what it was for.

    >>> ann = Candidate("ann", "disk", frozenset({("log", "disk")}))
    >>> bob = Candidate("bob", "network", frozenset({("ping", "network"), ("trace", "network")}))
    >>> convinced(ann, [bob]).value
    'network'
    """
    evidence = candidate.evidence.union(*(other.evidence for other in others))
    spoken = [value for _, value in evidence]
    best = [value for value in spoken if spoken.count(value) == max(map(spoken.count, spoken))]
    value = best[0] if best and len(set(best)) == 1 else candidate.value
    return replace(candidate, evidence=evidence, value=value)


def reconsidered(own: Candidate, others: Iterable[Candidate], yields: float, dice: Random) -> Candidate:
    """What one is for that has heard the others: convinced, or else, with chance `yields`, it gives way.

    >>> from random import Random
    >>> reconsidered(Candidate("ann", "x"), [Candidate("bob", "y")], 1.0, Random(0)).value
    'y'
    """
    others = [each for each in others if each.id != own.id]
    own = convinced(own, others)
    first = tie_break("", [each for each in others if each.value != own.value])
    return replace(own, value=first.value) if first and dice.random() < yields else own


def merged(candidates: Iterable[Candidate], merge: Merge | None = None) -> Any:
    """The one value of all candidates: the same for all, or made by `merge`; None if there is none.

    >>> merged([Candidate("ann", "x"), Candidate("bob", "x")])
    'x'
    """
    values = [each.value for each in sorted(candidates, key=lambda each: each.id)]
    whole = values[0] if values else None
    for value in values[1:]:
        if whole is not None and whole != value:
            whole = merge(whole, value) if merge else None
    return whole


def shown(value: Any) -> str:
    """A value as text, the same in every run, which a set's own is not.

    >>> shown(frozenset({"b", "a"})), shown("x")
    ('{a, b}', 'x')
    """
    return f"{{{', '.join(sorted(map(shown, value)))}}}" if isinstance(value, frozenset) else str(value)


def lot(conflict: str, candidate: str) -> int:
    """A draw that depends on the two names alone: everybody draws the same, and nobody can draw again.

    >>> [min(["ann", "bob"], key=lambda name: lot(conflict, name)) for conflict in ("c1", "c2", "c3", "c4")]
    ['bob', 'bob', 'ann', 'bob']
    """
    return int.from_bytes(blake2b(f"{conflict}\x1f{candidate}".encode(), digest_size=8).digest(), "big")


def rank(conflict: str, candidate: Candidate, order: tuple[str, ...] = ORDER) -> tuple[Any, ...]:
    """Where a candidate stands: the highest priority first, then the latest, then by lot, then by name."""
    _listed("order", order, ORDER)
    places = {
        "priority": -candidate.priority,
        "time": -candidate.at,
        "draw": lot(conflict, candidate.id),
        "id": candidate.id,
    }
    return tuple(places[each] for each in order)


def tie_break(
    conflict: str, candidates: Iterable[Candidate], order: tuple[str, ...] = ORDER
) -> Candidate | None:
    """The first by rank; None if that is several with different values, or there are no candidates.

    >>> tie_break("c1", [Candidate("ann", "x", priority=1), Candidate("bob", "y", priority=2)]).value
    'y'
    """
    ranked = sorted(candidates, key=lambda each: (rank(conflict, each, order), each.id))
    first = [each for each in ranked if rank(conflict, each, order) == rank(conflict, ranked[0], order)]
    return first[0] if first and all(each.value == first[0].value for each in first) else None


def settled(conflict: str, candidates: Iterable[Candidate], by: str, value: Any, reason: str) -> Resolved:
    """The resolution, with an account of every candidate: kept, or lost."""
    among = sorted(candidates, key=lambda each: each.id)
    kept = tuple(each for each in among if by == "merge" or each.value == value)
    lost = tuple(each for each in among if each not in kept)
    return Resolved(conflict, value, by, reason, kept, lost)


def resolve(
    conflict: str, candidates: Iterable[Candidate], by: str, policy: Policy, choice: str | None = None
) -> Resolved | str:
    """What a step makes of the candidates, or why it does not settle it; `choice` is whose a human chose.

    >>> resolve("c1", [Candidate("ann", 1), Candidate("bob", 2)], "merge", Policy())
    'no rule makes one of 1, 2'
    """
    _listed("by", (by,), STEPS)
    among = sorted(candidates, key=lambda each: each.id)
    value, reason = _RULES[by](conflict, among, policy, choice)
    return reason if value is None and by != "default" else settled(conflict, among, by, value, reason)


Outcome = tuple[Any, str]  # the value, or None, and why


def _values(among: list[Candidate]) -> str:
    return ", ".join(shown(each.value) for each in among) or "nothing"


def _merge(_: str, among: list[Candidate], policy: Policy, choice: str | None) -> Outcome:
    if (same := merged(among)) is not None:
        return same, "all agree"
    value = merged(among, policy.merge)
    return value, f"{'no rule makes one' if value is None else 'made'} of {_values(among)}"


def _retry(_: str, among: list[Candidate], policy: Policy, choice: str | None) -> Outcome:
    value = merged(among)
    still = f"still {_values(among)} after {policy.retries} retries"
    return value, still if value is None else "all agree, asked again"


def _tie_break(conflict: str, among: list[Candidate], policy: Policy, choice: str | None) -> Outcome:
    first, order = tie_break(conflict, among, policy.order), ", ".join(policy.order)
    if first is None:
        return None, f"{_values(among)} are tied by {order}"
    return first.value, f"{first.id} is first by {order}"


def _escalate(_: str, among: list[Candidate], policy: Policy, choice: str | None) -> Outcome:
    if choice is None:
        return None, f"nobody decided within {policy.hearing:g} s"
    chosen = {each.id: each.value for each in among}.get(choice)
    return chosen, f"{choice} is no candidate" if chosen is None else f"{choice}'s was chosen"


def _default(_: str, among: list[Candidate], policy: Policy, choice: str | None) -> Outcome:
    return policy.default, "nothing else settled it"


_RULES: dict[str, Callable[[str, list[Candidate], Policy, str | None], Outcome]] = dict(
    zip(STEPS, (_merge, _retry, _tie_break, _escalate, _default), strict=True)
)


def back_off(chance: float, dice: Random, most: int = 1000) -> int | None:
    """Rounds until exactly one of two gives way, each with this chance in each round; None: not in `most`.

    >>> from random import Random
    >>> back_off(0.5, Random(7)), back_off(1.0, Random(7))
    (2, None)
    """
    if not number(chance, 0, 1):
        raise ValueError(f"chance={chance!r}: a chance is from 0 to 1. Write chance=0.5.")
    if not isinstance(most, int) or most < 0:
        raise ValueError(f"most={most!r}: rounds are counted, 0 or more. Write most=1000.")
    tries = range(1, most + 1)
    return next((each for each in tries if (dice.random() < chance) != (dice.random() < chance)), None)
