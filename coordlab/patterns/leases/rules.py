"""Leases: whom a member may follow, for how long, and which token a storage takes.  Times are in seconds."""

from __future__ import annotations

from dataclasses import replace

from coordlab import requirements as require
from coordlab.world.message import message


@message
class Promise:
    """I follow this member, and vote for no other until then."""

    to: str = ""
    since: float = 0.0  # since and until are by the clock of the member that promises
    until: float = 0.0
    term: int = 0  # the latest term it has heard of
    vote: str = ""  # the member it has voted for in that term


def free(promise: Promise, whom: str, now: float) -> bool:
    """Whether a promise allows following `whom`: the member it names, or any once it has run out."""
    return promise.to == whom or now >= promise.until


def voted(promise: Promise, whom: str, term: int, now: float) -> Promise | None:
    """The promise after a vote for `whom` in `term`; None to refuse: one vote a term, the latest only.

    >>> ann = voted(Promise(), "ann", term=1, now=5.0)
    >>> voted(ann, "bob", term=1, now=5.0) is None, voted(ann, "bob", term=2, now=5.0).vote
    (True, 'bob')
    """
    unspent = term > promise.term or (term == promise.term and promise.vote in ("", whom))
    return replace(promise, term=term, vote=whom) if unspent and free(promise, whom, now) else None


def followed(promise: Promise, whom: str, term: int, now: float, lease: float) -> Promise | None:
    """The promise to follow the leader of `term` for a `lease`; None to refuse.

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
    """The promise of a member that has heard of `term`: the same, but earlier terms are refused."""
    return replace(promise, term=term, vote="") if term > promise.term else promise


def held(lease: float, drift: float) -> float:
    """Seconds that a leader may rely on a promised `lease`, by its own clock from when it asked.

    Clocks run at a rate between 1 - `drift` and 1 + `drift`: its own may be the slowest, the follower's the
    fastest.  Raises ValueError unless `lease` is above 0 and 0 <= drift < 1.

    >>> round(held(1.0, drift=0.01), 4)
    0.9802
    """
    require.seconds("lease", lease, positive=True)
    require.number("drift", drift, 0, below=1, unit="a share", example=0.01)
    return lease * (1 - drift) / (1 + drift)


def majority(members: int) -> int:
    """How many members are more than half.

    >>> [majority(members) for members in (1, 2, 3, 4, 5)]
    [1, 2, 2, 3, 3]
    """
    return require.count("members", members, 1) // 2 + 1


def takes(highest: int, token: int) -> bool:
    """Whether a storage that has seen the token `highest` takes a write with `token`."""
    return token >= highest
