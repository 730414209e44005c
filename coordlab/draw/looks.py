"""The looks of roles and message types in a drawing."""

from __future__ import annotations

from collections.abc import Mapping

from coordlab import requirements as require
from coordlab.draw.scene import Look
from coordlab.trace.lanes import (
    ABSENT,
    DASHES,
    DOWN,
    FAINT_DASH,
    FAINT_WIDTH,
    LASTING,
    RESTING,
    WIDTHS,
    FaultSpan,
    Flight,
    Span,
    background,
    fault_spans,
    flights,
    roles,
    spans,
)
from coordlab.trace.narration import sentence
from coordlab.trace.trace import CRASH, MICRO, RESTART, Trace

TONES = {
    "normal": Look("role0"),
    "idle": Look("down"),
    "active": Look("role1"),
    "between": Look("role2", hatch=2),
    "failed": Look("role5", hatch=6),
    "stuck": Look("role5", hatch=3),
    "down": Look("down", hatch=3),
    "no": Look("role0", hatch=5),
}
"""The looks of roles whose meaning is known; the player's are the same, as far as a drawing has them."""


class Looks:
    """The looks of roles and message types, the same in every drawing of a trace.

    They are assigned by name, so that they stay the same from run to run.  The roles that agents start in
    are grey; message types that fill the whole run, such as heartbeats, are drawn faintly.

    like: another trace, whose drawing is to have the same looks: both stand side by side.
    """

    def __init__(
        self,
        trace: Trace,
        lanes: list[Span],
        sent: list[Flight],
        tones: Mapping[str, str] | None = None,
        like: Trace | None = None,
    ) -> None:
        self.tones = {
            role: TONES[require.one_of("tone", tone, TONES)] for role, tone in (tones or {}).items()
        }
        resting, others = roles(trace, lanes)
        self.faint, names = background(trace, sent), {flight.name for flight in sent}
        if like is not None:
            also = flights(like)
            first, then = roles(like, spans(like))
            resting = sorted({*resting, *first})
            others = sorted({*others, *then} - {*resting})
            self.faint |= background(like, also)
            names |= {flight.name for flight in also}
        self.resting = {role: RESTING[number % len(RESTING)] for number, role in enumerate(resting)}
        self.roles = {role: number for number, role in enumerate(others)}
        plain = sorted(names - self.faint)
        self.types = {name: number for number, name in enumerate(plain)}

    def role(self, role: str) -> Look:
        """The look of a role: colour and hatch."""
        if role in (DOWN, ABSENT):
            return Look("down", hatch=3 if role == DOWN else None)
        if role in self.tones:
            return self.tones[role]
        if role in self.resting:
            return Look("role0", hatch=self.resting[role])
        number = self.roles[role]
        return Look(f"role{1 + number % 7}", hatch=(1 + number % 7 + number // 7) % 8)

    def type(self, name: str) -> Look:
        """The look of a message type: colour, dashes and width."""
        if name in self.faint:
            return Look("soft", FAINT_DASH, FAINT_WIDTH)
        number = self.types[name]
        style = (number + number // 7) % 7
        return Look(f"type{number % 7}", DASHES[style], WIDTHS[style])


def timed(trace: Trace, seq: int) -> str:
    """The time of event `seq`, and the event as a sentence."""
    return f"{trace[seq].time:.3f} s: {sentence(trace, seq)}"


def disturbances(trace: Trace) -> list[FaultSpan]:
    """The faults to mark: crashes and restarts that had an effect, and the span of each other fault."""
    found = [
        fault._replace(
            text=fault.text.partition(" @")[0],
            agents=tuple(agent for agent in fault.agents if agent in trace.agents),
            until=(trace.until if fault.until is None else fault.until) if fault.kind in LASTING else None,
        )
        for fault in fault_spans(trace)
        if fault.kind not in ("Crash", "Restart")
    ]
    for seq, (time, kind, agent, *_) in enumerate(trace.rows):
        if kind in (CRASH, RESTART):
            words = f"{agent} {'crashes' if kind == CRASH else 'restarts'}"
            found.append(FaultSpan(kind, words, (agent or "",), time / MICRO, None, seq))
    return sorted(found, key=lambda each: each.seq)
