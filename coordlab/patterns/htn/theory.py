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


def tried(methods: int, tasks: int, at_once: bool) -> int:
    """Actions and methods that a search tries, if `tasks` tasks and then one last action are to be done.

    methods: of each task; only the last is right, and each leads to one action.
    at_once: whether a wrong method shows itself; otherwise the last action shows that one of all was wrong.

    At once: b·d methods, d actions and the last one.  At the end: bⁱ methods and actions for task i, and the
    last action for each of the b^d combinations.

    >>> tried(3, 4, at_once=True), tried(3, 4, at_once=False)
    (17, 321)
    """
    if at_once:
        return checks(methods, tasks) + tasks + 1
    return 2 * sum(leaves(methods, number) for number in range(1, tasks + 1)) + leaves(methods, tasks)


def actions_tried(actions: int, failing: float) -> float:
    """Actions that are tried on average until `actions` have succeeded, if each fails with a probability.

    Each takes 1/(1 - p) tries (geometric distribution), as long as it is tried again until it succeeds.

    >>> actions_tried(4, 0.5)
    8.0
    """
    p = require.number("failing", failing, 0, 0.999)
    return require.count("actions", actions) / (1 - p)


def messages(actions: int, plans: int = 1) -> int:
    """Messages for `actions` actions, failed ones included, and `plans` plans: each is asked and answered."""
    return 2 * (require.count("actions", actions) + require.count("plans", plans))
