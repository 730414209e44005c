"""What a fault may ask of the world that it strikes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from coordlab.trace.faults import OfCall, Rogue


class Links(Protocol):
    """What a fault may ask of the network.  `spoilt` holds the faults of calls that last."""

    spoilt: list[OfCall]

    def cut(self, sender: str, to: str) -> None:
        """Let no message from `sender` reach `to`; `join` undoes it."""

    def join(self, sender: str, to: str) -> None:
        """Undo one `cut`."""

    def part(self, sides: dict[str, int]) -> None:
        """Let messages reach only agents of the sender's side; `unite` undoes it."""

    def unite(self, sides: dict[str, int]) -> None:
        """Undo one `part`."""

    def mark(self, sender: str, to: str, nth: int, what: str, by: float) -> None:
        """Let the `nth` message of a link be dropped, duplicated, or delayed `by` seconds."""


class Target(Protocol):
    """What a fault may ask of the world that it strikes."""

    @property
    def network(self) -> Links:
        """What is between the agents."""

    def crash(self, name: str) -> None:
        """Cut the power of an agent."""

    def restart(self, name: str) -> None:
        """Start an agent that is down."""

    def slow(self, who: tuple[str, ...], by: float) -> None:
        """Slow an agent, or a link, down by `by` seconds."""

    def pause(self, name: str, until: float | None) -> None:
        """Let the process of an agent stand still until then; None ends a pause."""

    def skew(self, name: str, rate: float, ahead: float = 0.0, *, ends: bool = False) -> None:
        """Let an agent's clock jump by `ahead` seconds and run `rate` times as fast, or end that."""

    def corrupt(self, name: str, how: Rogue, *, ends: bool = False) -> None:
        """Let an agent go rogue, or end that misbehaviour."""
