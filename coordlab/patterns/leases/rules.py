"""Leases: whom one may follow, for how long, and which token a storage takes.  Times are in seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from coordlab.world.message import message


@message
class Promise:
    """I follow this one, and vote for nobody else until then."""

    to: str = ""
    since: float = 0.0  # both by the clock of who promises
    until: float = 0.0
    term: int = 0  # the latest that it has heard of
    vote: str = ""  # whom it has voted for in that term


def free(promise: Promise, whom: str, now: float) -> bool:
    """Whether a promise allows to follow `whom`: who was promised, or anybody once it has run out."""
    return promise.to == whom or now >= promise.until


def voted(promise: Promise, whom: str, term: int, now: float) -> Promise | None:
    """What is promised after a vote for `whom` in `term`; None to refuse: one vote a term, for the latest.

    >>> ann = voted(Promise(), "ann", term=1, now=5.0)
    >>> voted(ann, "bob", term=1, now=5.0) is None, voted(ann, "bob", term=2, now=5.0).vote
    (True, 'bob')
    """
    unspent = term > promise.term or (term == promise.term and promise.vote in ("", whom))
    return replace(promise, term=term, vote=whom) if unspent and free(promise, whom, now) else None


def followed(promise: Promise, whom: str, term: int, now: float, lease: float) -> Promise | None:
    """The promise to follow the leader of `term` for a `lease`; None to refuse, for another or a later one.

    >>> ann = followed(Promise(), "ann", term=1, now=5.0, lease=1.0)
    >>> ann
    Promise(to='ann', since=5.0, until=6.0, term=1, vote='')
    >>> [voted(ann, "bob", term=2, now=now) is not None for now in (5.9, 6.0)]
    [False, True]
    """
    if term < promise.term or not free(promise, whom, now):
        return None
    return replace(heard_of(promise, term), to=whom, since=now, until=now + lease)


def heard_of(promise: Promise, term: int) -> Promise:
    """The promise of one who has heard of a term: the same, but no earlier term will do from now on.

    >>> heard_of(Promise("ann", 5.0, 6.0, 1, "ann"), 4)
    Promise(to='ann', since=5.0, until=6.0, term=4, vote='')
    """
    return replace(promise, term=term, vote="") if term > promise.term else promise


def held(lease: float, drift: float) -> float:
    """How long who was promised a `lease` may rely on it, by its own clock from when it asked.

    Clocks run at a rate between 1 - `drift` and 1 + `drift`: its own may be the slowest, the other the
    fastest.

    >>> round(held(1.0, drift=0.01), 4)
    0.9802
    """
    if not 0 < lease < float("inf"):
        raise ValueError(f"lease={lease!r} s is no time: give seconds above 0, such as lease=1.0.")
    if not 0 <= drift < 1:
        raise ValueError(f"drift={drift!r} is no bound: give a share from 0 up to 1, such as drift=0.01.")
    return lease * (1 - drift) / (1 + drift)


def majority(members: int) -> int:
    """How many of them are more than half.

    >>> [majority(members) for members in (1, 2, 3, 4, 5)]
    [1, 2, 2, 3, 3]
    """
    if type(members) is not int or members < 1:
        raise ValueError(f"members={members!r} elect nobody: give 1 or more, such as members=5.")
    return members // 2 + 1


def takes(highest: int, token: int) -> bool:
    """Whether a storage that has seen `highest` takes what comes with `token`: fencing.

    >>> takes(4, 4), takes(4, 3)
    (True, False)
    """
    return token >= highest


def others(members: Sequence[str], name: str) -> list[str]:
    """The members besides `name`.

    >>> others(["ann", "bob", "cat"], "bob")
    ['ann', 'cat']
    """
    if name not in members or len(set(members)) < len(members):
        raise ValueError(
            f"{name!r} among the members {list(members)!r}: each is named there once, and so is this one, or "
            f"there is no telling what a majority is. Write for instance members=('ann', 'bob', 'cat')."
        )
    return [each for each in members if each != name]


def paced(beat: float, held: float) -> float:
    """A `beat` at which one can renew what is `held` for so many seconds before it runs out.

    >>> paced(0.25, held=0.98)
    0.25
    """
    if not 0 < beat < held:
        raise ValueError(
            f"beat={beat!r} s for a lease held {held:.4g} s: it must be renewed before it runs out. "
            f"Give seconds above 0 and well below that, such as beat={held / 4:.2g}."
        )
    return beat
