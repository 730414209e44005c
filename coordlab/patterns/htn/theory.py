"""Planning by refinement: how much search it takes, and how many messages."""

from __future__ import annotations

from coordlab import requirements as require


def leaves(methods: int, tasks: int) -> int:
    """Combinations that backtracking tries if only the last is right and only the end tells: b^d.

    >>> leaves(methods=3, tasks=4), leaves(methods=10, tasks=6)
    (81, 1000000)
    """
    return int(require.count("methods", methods, least=1) ** require.count("tasks", tasks, least=1))


def checks(methods: int, tasks: int) -> int:
    """Methods that backtracking tries if each shows at once whether it is right: at most b·d.

    >>> checks(methods=3, tasks=4), checks(methods=10, tasks=6)
    (12, 60)
    """
    return require.count("methods", methods, least=1) * require.count("tasks", tasks, least=1)


def messages(actions: int, plans: int = 1) -> int:
    """Messages for `actions` actions, failed ones included, and `plans` plans: each is asked and answered."""
    return 2 * (require.count("actions", actions) + require.count("plans", plans))
