"""What an agent can be called."""

from __future__ import annotations

import re

NAMES = "the name of an agent has 1 to 100 characters, no space and none of , > / | @ #"
_NAME = re.compile(
    r"[^\s,>/|@#\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]{1,100}"
)


def is_name(text: object) -> bool:
    """Whether an agent can have this name: see `NAMES`."""
    return isinstance(text, str) and _NAME.fullmatch(text) is not None
