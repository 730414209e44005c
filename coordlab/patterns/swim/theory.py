"""SWIM: how soon a crash is found, what it costs, and how often it errs (Das, Gupta, Motivala, DSN 2002)."""

from __future__ import annotations

from math import e


def first_detection(members: int | None = None) -> float:
    """Protocol periods, on average, until one of the others first probes a crashed member.

    Each of the n - 1 others picks it with chance 1 / (n - 1) in a period; in a large group (None) that
    makes e / (e - 1), section 3.1.

    >>> round(first_detection(), 3), round(first_detection(10), 3)
    (1.582, 1.53)
    """
    if members is None:
        return e / (e - 1)
    others = _others(members)
    return 1 / (1 - (1 - 1 / others) ** others)


def first_detection_in_rounds(members: int) -> float:
    """The same, if each probes all others in random order, and they are in their first round.

    After k periods a member has left it out with chance 1 - k / (n - 1).

    >>> round(first_detection_in_rounds(10), 3)
    1.482
    """
    others = _others(members)
    return sum((1 - periods / others) ** others for periods in range(others))


def messages(members: int) -> int:
    """In one period while all is well: a ping and an ack by each, whatever the size of the group.

    >>> messages(100) / 100
    2.0
    """
    return 2 * members if _others(members) else 0


def failed_probe(helpers: int) -> int:
    """Messages to probe a member that is down: a ping, and a request to each helper, which pings it too.

    >>> failed_probe(3)
    7
    """
    if helpers < 0:
        raise ValueError(f"helpers={helpers!r}: that many are asked to help, none or more. Write helpers=3.")
    return 1 + 2 * helpers


def false_suspicion(loss: float, helpers: int) -> float:
    """The chance that a probe of a live member fails, if each message is lost with chance `loss`.

    Both the ping and its ack must arrive, or one of the detours of four messages (section 3.1).

    >>> round(false_suspicion(0.1, 3), 5)
    0.00773
    """
    if not 0 <= loss <= 1 or helpers < 0:
        raise ValueError(
            f"loss={loss!r}, helpers={helpers!r}: a chance from 0 to 1, and no helpers or more. "
            f"Write for instance loss=0.1, helpers=3."
        )
    arrives = 1 - loss
    return (1 - arrives**2) * (1 - arrives**4) ** helpers


def _others(members: int) -> int:
    if members < 2:
        raise ValueError(f"members={members!r}: to watch each other takes two or more. Write members=2.")
    return members - 1
