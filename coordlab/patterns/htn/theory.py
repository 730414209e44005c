"""Planning by refinement: how much search it takes, how long blocks-world plans get, how many messages."""

from __future__ import annotations


def _whole(**numbers: int) -> None:
    for name, value in numbers.items():
        if not isinstance(value, int) or value < 1:
            raise ValueError(f"{name}={value!r}: there is at least 1. Give a whole number from 1 on.")


def leaves(methods: int, tasks: int) -> int:
    """Combinations that backtracking tries if only the last is right and only the end tells: b^d.

    >>> leaves(methods=3, tasks=4), leaves(methods=10, tasks=6)
    (81, 1000000)
    """
    _whole(methods=methods, tasks=tasks)
    return int(methods**tasks)


def checks(methods: int, tasks: int) -> int:
    """Methods that backtracking tries if each shows at once whether it is right: at most b·d.

    >>> checks(methods=3, tasks=4), checks(methods=10, tasks=6)
    (12, 60)
    """
    _whole(methods=methods, tasks=tasks)
    return methods * tasks


def blocks_actions(blocks: int) -> int:
    """Most actions for `blocks` blocks in one hand: none moves more than twice, and a move is two actions.

    N. Gupta, D. Nau, On the Complexity of Blocks-World Planning, Artificial Intelligence 56, 1992.

    >>> blocks_actions(50)
    200
    """
    _whole(blocks=blocks)
    return 4 * blocks


def messages(actions: int, plans: int = 1) -> int:
    """Messages to do `actions` actions, failed ones counted, by `plans` plans: each is asked and answered.

    >>> messages(actions=3), messages(actions=2, plans=2)
    (8, 8)
    """
    if not (isinstance(actions, int) and isinstance(plans, int) and actions >= 0 and plans >= 0):
        raise ValueError(f"actions={actions}, plans={plans}: neither can be less than 0. Give whole numbers.")
    return 2 * (actions + plans)
