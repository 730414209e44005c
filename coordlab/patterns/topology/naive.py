"""What is commonly said of growing teams, and what comes of it when one counts.

Four bands of team sizes that overlap and rest on no data; "overhead grows as n²", as if everybody always
talked to everybody; "hierarchies break it", as if they sent fewer messages.
"""

from __future__ import annotations

BANDS = {
    "direct communication": (2, 3),
    "structured coordination": (4, 10),
    "hierarchy": (10, 50),
    "distributed coordination": (50, 10**9),
}


def advice(agents: int) -> list[str]:
    """What the bands advise for so many agents.

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


def overhead(agents: int) -> int:
    """Messages a round by the rule of thumb: everybody to everybody, whatever the style.

    >>> overhead(10)
    90
    """
    return agents * (agents - 1)


def rule_of_thumb_is_off(agents: int = 100) -> dict[str, float]:
    """By which factor the rule exceeds what a round of each style really sends.

    >>> rule_of_thumb_is_off(100)
    {'mesh': 1.0, 'star': 50.0, 'tree': 50.0}
    """
    sent = {"mesh": agents * (agents - 1), "star": 2 * (agents - 1), "tree": 2 * (agents - 1)}
    return {style: overhead(agents) / count for style, count in sent.items()}


def hierarchy_saves_no_messages(agents: int = 100) -> int:
    """How many messages fewer a tree sends in a round than one hub with everybody below it.

    >>> hierarchy_saves_no_messages()
    0
    """
    links_of_a_tree = links_of_a_star = agents - 1
    return 2 * links_of_a_star - 2 * links_of_a_tree
