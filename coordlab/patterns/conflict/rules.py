"""Candidates that contradict each other, and the rules that settle which one stands.

Every rule is a function of the set of candidates: their order of arrival does not change the outcome.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from coordlab import requirements as require
from coordlab.world.message import message

if TYPE_CHECKING:
    from random import Random

STEPS = ("merge", "retry", "tie-break", "escalate", "default")
ORDER = ("priority", "time", "draw", "id")


@message
class Candidate:
    """This should stand."""

    id: str  # the proposer's name
    value: object
    evidence: frozenset[tuple[str, object]] = frozenset()  # what was observed, and the value that it supports
    priority: float = 0.0
    at: float = 0.0  # seconds, on the proposer's clock

    def __post_init__(self) -> None:
        if self.value is None or self.value != self.value:
            example = f"Candidate({self.id!r}, 'unknown')"
            require.fail(f"value={self.value!r}", "expected a value that equals itself, not None", example)
        require.number("priority", self.priority)
        require.number("at", self.at)


@message
class Resolved:
    """This stands from now on, and that is why."""

    conflict: str
    value: object
    by: str  # the step that settled it
    reason: str
    kept: tuple[Candidate, ...] = ()  # those with this value, or all if they were merged
    lost: tuple[Candidate, ...] = ()


@message
class Opened:
    """I am settling this conflict."""

    conflict: str


@message
class Tried:
    """I tried this step, and that is why it did not settle the conflict."""

    conflict: str
    step: str
    reason: str


@message
class Lost:
    """This came after the conflict was settled, and will not stand."""

    conflict: str
    candidate: Candidate


Merge = Callable[[Any, Any], object]
"""Makes one of two values; returns None if it cannot."""


def union(one: object, other: object) -> object:
    """All that is in either, if both are frozensets; otherwise None."""
    return one | other if isinstance(one, frozenset) and isinstance(other, frozenset) else None


@dataclass(frozen=True, repr=False)
class Policy(require.Readable):
    """Which steps to try, in which order, and for how long.

    - `chain`: the steps, some of STEPS, each once; "default" comes last, because it alone always settles
    - `merge`: makes one value of two, or None: values are never merged
    - `retries`: how often the proposers are asked again, 0 or more
    - `in_context`: whether a retry shows each proposer the candidates of the others
    - `order`: how the tie-break ranks candidates, some of ORDER; "id" leaves no tie, so nothing follows it
    - `patience`: seconds that proposers may take for an answer
    - `hearing`: seconds that a human may take
    - `default`: the value that stands if all else fails

    Raises ValueError if a setting is not allowed.
    """

    chain: tuple[str, ...] = STEPS
    merge: Merge | None = None
    retries: int = 2
    in_context: bool = True
    order: tuple[str, ...] = ORDER
    patience: float = 0.5
    hearing: float = 5.0
    default: object = None

    def __post_init__(self) -> None:
        _each_one_of("chain", self.chain, STEPS)
        _each_one_of("order", self.order, ORDER)
        last = "the last step must be 'default', which alone always settles"
        require.that(self.chain[-1] == "default", f"chain={self.chain!r}", last, "chain=('merge', 'default')")
        function = "expected a function of two values, or None"
        require.that(
            self.merge is None or callable(self.merge), f"merge={self.merge!r}", function, "merge=union"
        )
        require.count("retries", self.retries, example=2)
        require.seconds("patience", self.patience, positive=True)
        require.seconds("hearing", self.hearing, positive=True)

    @property
    def bound(self) -> float:
        """Seconds by which a conflict is settled, even if nobody answers.

        >>> Policy(retries=2, patience=0.5, hearing=5.0).bound
        6.5
        """
        asking = 1 + (self.retries if "retry" in self.chain else 0)
        return asking * self.patience + (self.hearing if "escalate" in self.chain else 0.0)


def _each_one_of(name: str, given: Collection[str], known: tuple[str, ...]) -> None:
    for each in require.names(name, given, example=repr(known)):
        require.one_of(name, each, known)


def held(
    by: str,
    values: Mapping[str, object],
    evidence: Collection[tuple[str, str, object]] = (),
    priority: float = 0.0,
) -> dict[str, Candidate]:
    """The candidate of one proposer in each conflict.

    `values` maps conflicts to values; each piece of `evidence` names its conflict, what was observed, and the
    value that it supports.  Raises TypeError if one of them is of another shape.
    """
    mapping = isinstance(values, Mapping)
    require.that(mapping, f"views={values!r}", "expected a value by conflict", "{'c1': 'disk'}", TypeError)
    triples = isinstance(evidence, Collection) and all(isinstance(e, tuple) and len(e) == 3 for e in evidence)
    allowed = "expected triples of a conflict, an observation and a value"
    require.that(triples, f"evidence={evidence!r}", allowed, "[('c1', 'log', 'disk')]", TypeError)
    about = {conflict: frozenset(each[1:] for each in evidence if each[0] == conflict) for conflict in values}
    return {each: Candidate(by, value, about[each], priority) for each, value in values.items()}


def convinced(candidate: Candidate, others: Iterable[Candidate]) -> Candidate:
    """The candidate after hearing the others' evidence: for the value that most of all evidence supports.

    If the evidence is balanced, or there is none, it keeps its value.

    >>> ann = Candidate("ann", "disk", frozenset({("log", "disk")}))
    >>> bob = Candidate("bob", "network", frozenset({("ping", "network"), ("trace", "network")}))
    >>> convinced(ann, [bob]).value
    'network'
    """
    evidence = candidate.evidence.union(*(other.evidence for other in others))
    supported = [value for _, value in sorted(evidence, key=repr)]  # of 2 and 2.0, in any process, the same
    best = {value for value in supported if supported.count(value) == max(map(supported.count, supported))}
    return replace(candidate, evidence=evidence, value=best.pop() if len(best) == 1 else candidate.value)


def reconsidered(own: Candidate, others: Iterable[Candidate], yields: float, dice: Random) -> Candidate:
    """A proposer's candidate after hearing the others: convinced, or with probability `yields` giving way.

    >>> from random import Random
    >>> reconsidered(Candidate("ann", "x"), [Candidate("bob", "y")], 1.0, Random(0)).value
    'y'
    """
    others = [each for each in others if each.id != own.id]
    own = convinced(own, others)
    first = tie_break("", [each for each in others if each.value != own.value])
    return replace(own, value=first.value) if first and dice.random() < yields else own


def merged(candidates: Iterable[Candidate], merge: Merge | None = None) -> object:
    """The one value of all candidates: the same for all, or made by `merge`; None if there is none."""
    values = [each.value for each in sorted(candidates, key=lambda each: each.id)]
    whole = values[0] if values else None
    for value in values[1:]:
        if whole is not None and whole != value:
            whole = merge(whole, value) if merge else None
    return whole


def shown(value: object) -> str:
    """A value as text that is the same in every run: the members of a set are sorted.

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


def rank(conflict: str, candidate: Candidate, order: Iterable[str] = ORDER) -> tuple[float | str, ...]:
    """A sort key: the highest priority comes first, then the latest, then the lowest draw, then the name.

    Raises ValueError if `order` names anything else than these, ORDER.
    """
    places: dict[str, float | str] = {
        "priority": -candidate.priority,
        "time": -candidate.at,
        "draw": lot(conflict, candidate.id),
        "id": candidate.id,
    }
    return tuple(places[require.one_of("order", each, ORDER)] for each in order)


def tie_break(
    conflict: str, candidates: Iterable[Candidate], order: tuple[str, ...] = ORDER
) -> Candidate | None:
    """The first by rank; None if several with different values share that rank, or there are no candidates.

    >>> tie_break("c1", [Candidate("ann", "x", priority=1), Candidate("bob", "y", priority=2)]).value
    'y'
    """
    ranked = sorted(candidates, key=lambda each: (rank(conflict, each, order), each.id))
    first = [each for each in ranked if rank(conflict, each, order) == rank(conflict, ranked[0], order)]
    return first[0] if first and all(each.value == first[0].value for each in first) else None


def resolve(
    conflict: str, candidates: Iterable[Candidate], by: str, policy: Policy, choice: str | None = None
) -> Resolved | str:
    """The resolution that a step makes of the candidates, each kept or lost, or why it does not settle them.

    `choice` is the name of the proposer whose candidate a human chose.  Raises ValueError unless `by` is one
    of STEPS.

    >>> resolve("c1", [Candidate("ann", 1), Candidate("bob", 2)], "merge", Policy())
    'no rule makes one of 1, 2'
    """
    among = sorted(candidates, key=lambda each: each.id)
    value, reason = _RULES[require.one_of("by", by, STEPS)](conflict, among, policy, choice)
    if value is None and by != "default":
        return reason
    kept = tuple(each for each in among if by == "merge" or each.value == value)
    return Resolved(conflict, value, by, reason, kept, tuple(each for each in among if each not in kept))


Outcome = tuple[object, str]  # the value, or None, and why


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
