"""The capstone: three briefs, each a lab whose controls are the design, and an exam with hidden faults.

    plain = capstone.fleet(plan="fixed")
    capstone.exam(plain)                    # which share of schedules that nobody has seen it survives

`delivery`, `on_call` and `reading` hold the worlds of the briefs, `exam` the examination.
"""

from __future__ import annotations

from typing import Any

from coordlab.course.capstone import delivery, on_call, reading
from coordlab.course.capstone.exam import beside, cost, exam, judge, overall, search
from coordlab.labs import Lab

__all__ = ["beside", "cost", "exam", "fleet", "judge", "overall", "research", "rota", "search"]


def research(**settings: Any) -> Lab:
    """The lab of the research team; settings are its parameters, `seed`, `until`, and `reader`, a class."""
    return Lab(reading.SPEC, **settings)


def fleet(**settings: Any) -> Lab:
    """The lab of the delivery fleet; as for `research`, with the classes `depot` and `van`."""
    return Lab(delivery.SPEC, **settings)


def rota(**settings: Any) -> Lab:
    """The lab of the on-call rota; as for `research`, with the classes `candidate` and `member`."""
    return Lab(on_call.SPEC, **settings)
