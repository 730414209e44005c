"""How much work a property has with a trace, counted rather than timed."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

from coordlab.properties import Property
from coordlab.trace.trace import Trace
from tests.properties.mutated import made


def steps(judge: Property, trace: Trace) -> int:
    """The bytecode instructions that the property executes."""
    count = 0

    def instruction(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        count += event == "opcode"
        return instruction

    copy = made(trace, trace.rows)  # a trace remembers what it was asked
    before = sys.gettrace()
    sys.settrace(instruction)
    try:
        judge(copy)
    finally:
        sys.settrace(before)
    return count


def growth(judge: Property, short: Trace, long: Trace) -> float:
    """By how much more the work grows than the trace: about 1 if the work is linear.

    Python 3.12 and 3.13 miss instructions of a function that is traced for the first time, so the first call
    does not count.
    """
    steps(judge, short)
    return steps(judge, long) / steps(judge, short) / (len(long) / len(short))
