"""Which steps of a plan must wait for which, by what its actions read and what they set."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from coordlab.patterns.htn.rules import Domain, DomainError, Effects, Plan, State, said, settled

EVERYTHING = object()


def _reads_all(name: str) -> Any:
    def look(state: Watched) -> Any:
        state.seen.add(EVERYTHING)
        return getattr(dict, name)(state)

    return look


class Watched(State):
    """A state that records which variables are read, in `seen`, and set, in `written`."""

    __slots__ = ("seen", "written")
    seen: set[object]
    written: set[object]

    @classmethod
    def of(cls, facts: Mapping[Any, Hashable], seen: set[object], written: set[object]) -> Watched:
        made = cls(facts)
        made.seen, made.written = seen, written
        return made

    def after(self, effects: Effects) -> Watched:
        """The next state, which records into the same sets."""
        self.written.update(effects)
        return Watched.of({**dict(dict.items(self)), **effects}, self.seen, self.written)

    def __getitem__(self, variable: Any) -> Any:
        self.seen.add(variable)
        return super().__getitem__(variable)

    def __contains__(self, variable: object) -> bool:
        self.seen.add(variable)
        return super().__contains__(variable)

    def get(self, variable: Any, default: Any = None) -> Any:
        self.seen.add(variable)
        return super().get(variable, default)

    __iter__, __len__ = _reads_all("__iter__"), _reads_all("__len__")
    keys, values, items = _reads_all("keys"), _reads_all("values"), _reads_all("items")


def precedence(state: Mapping[Any, Hashable], plan: Plan, domain: Domain) -> tuple[tuple[int, ...], ...]:
    """For each step of a plan, the earlier steps that it must follow: any such order has the same effect.

    These are the steps that set what it reads or sets, or read what it sets (C. Bäckström, Computational
    Aspects of Reordering Plans, JAIR 9, 1998).  Raises DomainError if a step cannot be done.

    >>> def put(state, what): return {what: True}
    >>> def join(state, *parts): return {"joined": all(state[part] for part in parts)}
    >>> precedence({}, (("put", "a"), ("put", "b"), ("join", "a", "b")), Domain([put, join]))
    ((), (), (0, 1))
    """
    now, uses = settled(state), list[tuple[set[object], set[object]]]()
    for task in plan:
        seen, written = set[object](), set[object]()
        after = domain.perform(Watched.of(now, seen, written), task)
        if isinstance(after, str):
            raise DomainError(f"{said(task)} cannot be done where the plan has it: {after}. Plan it again.")
        now = State(dict.items(after))
        uses.append((seen, written))
    return tuple(
        tuple(earlier for earlier in range(step) if _conflict(uses[earlier], uses[step]))
        for step in range(len(plan))
    )


def _conflict(one: tuple[set[object], set[object]], other: tuple[set[object], set[object]]) -> bool:
    (seen, written), (looks, writes) = one, other
    blind = (EVERYTHING in seen and writes) or (EVERYTHING in looks and written)
    return bool(blind or written & (looks | writes) or seen & writes)
