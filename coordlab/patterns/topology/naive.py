"""What is commonly said of growing teams, and what counting says.

Four bands of team sizes that overlap and rest on no data; and "overhead grows as n²", as if all members
always talked to all others, and a hierarchy sent fewer messages than a hub.
"""

from __future__ import annotations

BANDS = {
    "direct communication": (2, 3),
    "structured coordination": (4, 10),
    "hierarchy": (10, 50),
    "distributed coordination": (50, 10**9),
}


def advice(agents: int) -> list[str]:
    """What the bands advise for this many agents.

    >>> advice(7)
    ['structured coordination']
    """
    return [style for style, (least, most) in BANDS.items() if least <= agents <= most]


def bands_contradict_themselves() -> list[int]:
    """The sizes for which the bands give two pieces of advice.

    >>> bands_contradict_themselves()
    [10, 50]
    """
    return [agents for agents in range(2, 101) if len(advice(agents)) > 1]


def rule_of_thumb_is_off(agents: int = 100) -> dict[str, float]:
    """By which factor the rule of n(n - 1) messages exceeds what a round of each style sends.

    >>> rule_of_thumb_is_off(100)
    {'mesh': 1.0, 'star': 50.0, 'tree': 50.0}
    """
    sent = {"mesh": agents * (agents - 1), "star": 2 * (agents - 1), "tree": 2 * (agents - 1)}
    return {style: agents * (agents - 1) / count for style, count in sent.items()}


def hierarchy_saves_no_messages(agents: int = 100, branching: int = 3) -> tuple[int, int]:
    """Messages of a round in a star and in a tree: one up and one down between each member and its superior.

    >>> hierarchy_saves_no_messages()
    (198, 198)
    """
    star = dict.fromkeys(range(1, agents), 0)
    tree = {member: (member - 1) // branching for member in range(1, agents)}
    return 2 * len(star), 2 * len(tree)
