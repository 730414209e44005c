"""The effect of faults of calls on an answer, applied when it is sent."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING

from coordlab.trace.faults import Half, Late, Stale
from coordlab.trace.trace import SEND, Row
from coordlab.world.message import Message, is_message

if TYPE_CHECKING:
    from coordlab.world.agent import Answer
    from coordlab.world.mail import Mail


def spoil(mail: Mail, sender: str, to: str, reply: Message, answer: Answer) -> Message:
    """The answer of `sender` to the question of `to`, as changed by the faults of calls that last."""
    network = mail.network
    for fault in network.spoilt:
        if fault.agents != (to, sender):
            continue
        if isinstance(fault, Stale):
            reply = _before(mail.rows, sender, to, reply)
        elif isinstance(fault, Half):
            reply = _halved(reply)
        elif isinstance(fault, Late):
            network.mark(sender, to, network.link(sender, to).count + 1, "delay", fault.by)
        else:
            answer.failed = True
    return reply


def _before(rows: list[Row], sender: str, to: str, reply: Message) -> Message:
    """The last message of the same type from `sender` to `to`, or `reply` if it is the first."""
    found = (row[7] for row in reversed(rows) if row[1:4] == (SEND, sender, to))
    return next((each for each in found if type(each) is type(reply)), reply)


def _halved(reply: Message) -> Message:
    """The message without the second half of its fields."""
    if not is_message(type(reply)):
        return reply  # the mail refuses it when it is sent
    fields, rest = list(reply.__dataclass_fields__), copy(reply)
    for name in fields[len(fields) // 2 :]:
        object.__setattr__(rest, name, None)  # without __init__, which may refuse None
    return rest
