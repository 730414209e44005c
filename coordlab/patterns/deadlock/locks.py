"""Locks as agents: a worker asks for a lock, waits in line, and releases it."""

from __future__ import annotations

from dataclasses import replace

from coordlab.patterns.deadlock.rules import Lock
from coordlab.world.agent import Agent, State
from coordlab.world.message import message

__all__ = ["Claim", "Granted", "Look", "Probe", "Release", "Request", "Resource", "Table"]


@message
class Claim:
    """This is my attempt at a piece of work."""

    worker: str
    attempt: int  # 1, 2, 3 …: one more whenever it is sent back
    began: float = 0.0  # when the first attempt at this piece of work began, in seconds
    work: float = 0.0  # seconds done so far
    aborted: int = 0  # how many times it was sent back in succession

    @property
    def key(self) -> str:
        """The attempt's name."""
        return f"{self.worker}.{self.attempt}"


@message
class Request:
    """I need this lock."""

    claim: Claim


@message
class Granted:
    """It is yours."""

    key: str


@message
class Release:
    """I no longer need it."""

    key: str


@message
class Look:
    """Who holds you, and who waits?"""


@message
class Table:
    """These hold me, and these wait in line."""

    limit: int
    holders: tuple[Claim, ...]
    line: tuple[Claim, ...]

    @property
    def lock(self) -> Lock:
        """The same by the names of the attempts."""
        return Lock(self.limit, [each.key for each in self.holders], [each.key for each in self.line])


@message
class Probe:
    """Does my wait for you lead back to its initiator?"""

    initiator: Claim
    lock: str  # that the initiator waits for
    holder: str = ""  # the attempt that holds the lock by which it was passed on


class Resource(Agent):
    """A lock of `limit` units, 1 or more: first come, first served."""

    role = State("free")  # or held
    limit = State(1)

    def __init__(self, name: str, limit: int = 1) -> None:
        super().__init__(name)
        self.lock = Lock(limit)
        self.limit = self.lock.limit
        self.claims: dict[str, Claim] = {}
        self.gone: set[str] = set()  # released, perhaps before they were requested

    def on_request(self, sender: str, message: Request) -> Granted | None:
        key = message.claim.key
        if key in self.gone:
            return None
        self.claims[key] = message.claim
        held = self.lock.request(key)
        self.role = "held"
        return Granted(key) if held else None

    def on_release(self, sender: str, message: Release) -> None:
        self.gone.add(message.key)
        self.claims.pop(message.key, None)
        for key in self.lock.release(message.key):
            self.send(self.claims[key].worker, Granted(key))
        self.role = "held" if self.lock.holders else "free"

    def on_look(self, sender: str, message: Look) -> Table:
        told = self.claims.__getitem__
        return Table(self.lock.limit, tuple(map(told, self.lock.holders)), tuple(map(told, self.lock.line)))

    def on_probe(self, sender: str, message: Probe) -> None:
        if sender in [self.claims[key].worker for key in self.lock.line]:  # else it no longer waits
            for holder in self.lock.holders:
                self.send(self.claims[holder].worker, replace(message, holder=holder))
