"""SWIM: the messages and the agents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from coordlab import requirements as require
from coordlab.patterns.heartbeat.agents import Observer
from coordlab.patterns.heartbeat.rules import ALIVE, DEAD, SUSPECT, UNKNOWN
from coordlab.patterns.swim.checks import properties
from coordlab.patterns.swim.rules import (
    DOUBTED,
    Rumours,
    Update,
    edges,
    next_round,
    refuted,
    repeats,
    supersedes,
)
from coordlab.world.message import message
from coordlab.world.world import Run, World

__all__ = ["Ack", "Member", "Ping", "PingRequest", "demo", "group"]


@message
class Ping:
    """Are you up? Here is my news."""

    number: int  # the sender's own count of pings, which the answer repeats
    updates: tuple[Update, ...]


@message
class Ack:
    """Yes, I am (or the one you asked for is). Here is my news."""

    number: int  # that of the ping, or of the request
    updates: tuple[Update, ...]


@message
class PingRequest:
    """Will you ping it for me? Here is my news."""

    number: int  # that of the ping that was not answered
    target: str
    updates: tuple[Update, ...]


class Member(Observer):
    """A member of a group; it knows `targets` at first, and others once it hears of them.

    period     seconds between two probes of one other member each
    patience   seconds to wait for an answer to a ping; 3 times that must fit into a period
    helpers    members that are asked to ping it for the rest of the period
    suspicion  seconds after which a suspect is taken for dead
    """

    def __init__(
        self,
        name: str,
        targets: Sequence[str],
        period: float = 1.0,
        patience: float = 0.2,
        helpers: int = 3,
        suspicion: float = 5.0,
    ) -> None:
        super().__init__(name, targets)
        self.period = require.seconds("period", period, positive=True)
        self.patience = require.number("patience", patience, above=0, most=period / 3, unit="seconds")
        self.helpers = require.count("helpers", helpers)
        self.suspicion = require.seconds("suspicion", suspicion, positive=True)
        self.known = {target: Update(target, UNKNOWN, 0) for target in targets}
        self.rumours = Rumours()
        self.left: list[str] = []  # to probe in this round
        self.pings, self.late = 0, set[int]()  # how many it has sent; the answers that came after `patience`

    async def run(self) -> None:
        """Probe one after the other, from a random moment on, under a higher incarnation than before."""
        self.proclaim(self.stable.get("incarnation", 0) + 1)
        await self.sleep(self.dice.uniform(0, self.period))
        while True:
            self.left = self.left or next_round(list(self.known), self.dice)
            if self.left:
                self.spawn(self.probe(self.known[self.left.pop()]))
            await self.sleep(self.period)

    def proclaim(self, incarnation: int) -> None:
        """Spread the news that it is up."""
        self.stable["incarnation"] = incarnation
        self.rumours.add(Update(self.name, ALIVE, incarnation))

    async def probe(self, one: Update) -> None:
        """Suspect a member if neither it nor any helper answers by the end of the period.

        One in doubt already needs no helpers.
        """
        self.late.clear()
        ping = self.ping(one.member)
        heard = await self.ask(one.member, ping, within=self.patience)
        if not heard and one.status not in DOUBTED:
            trusted = [name for name, each in self.known.items() if each.status not in DOUBTED]
            others = [name for name in trusted if name != one.member]
            helpers = self.dice.sample(others, min(self.helpers, len(others)))
            rest = self.period - self.patience
            request = PingRequest(ping.number, one.member, self.news(one.member))
            heard = await self.ask(helpers, request, within=rest, enough=1)
            if not helpers:
                await self.sleep(rest)
            if not heard and ping.number not in self.late:
                self.learn(replace(self.known[one.member], status=SUSPECT))
        for ack in heard.values():
            self.learn(*ack.updates)

    def ping(self, to: str) -> Ping:
        """The next ping."""
        self.pings += 1
        return Ping(self.pings, self.news(to))

    def news(self, to: str) -> tuple[Update, ...]:
        """The news for a message: that it is up, its doubts about the recipient, and some rumours."""
        own = Update(self.name, ALIVE, self.stable["incarnation"])
        doubts = [each for each in [self.opinion(to)] if each.status in DOUBTED]
        return own, *doubts, *self.rumours.pick(repeats(len(self.known) + 1))

    def opinion(self, member: str) -> Update:
        """What it knows of a member."""
        return self.known.get(member, Update(member, UNKNOWN, 0))

    def learn(self, *updates: Update) -> None:
        """Take in news, and refute what is wrong about itself."""
        for update in updates:
            if update.member == self.name:
                own = self.stable["incarnation"]
                if refuted(own, update) > own:
                    self.proclaim(refuted(own, update))
            elif supersedes(update, self.opinion(update.member)):
                self.change(update)

    def change(self, update: Update) -> None:
        """Keep an update, pass it on, state it, and wait for a suspect to object."""
        before = self.opinion(update.member).status
        self.known[update.member] = update
        self.rumours.add(update)
        for status in edges(before, update.status):
            self.tell(status, update.member, update.incarnation)
        if update.status == SUSPECT:
            self.spawn(self.bury(update))

    async def bury(self, suspect: Update) -> None:
        """Take a suspect for dead if nothing else was heard of it in time."""
        await self.sleep(self.suspicion)
        if self.known[suspect.member] == suspect:
            self.change(replace(suspect, status=DEAD))

    def on_ping(self, sender: str, message: Ping) -> Ack:
        self.learn(*message.updates)
        return Ack(message.number, self.news(sender))

    async def on_ping_request(self, sender: str, message: PingRequest) -> Ack | None:
        self.learn(*message.updates)
        heard = await self.ask(message.target, self.ping(message.target), within=self.patience)
        for ack in heard.values():
            self.learn(*ack.updates)
        return Ack(message.number, self.news(sender)) if heard else None

    def on_ack(self, sender: str, message: Ack) -> None:
        """An answer after `patience`: in time for the probe, perhaps, and with news in any case."""
        self.late.add(message.number)
        self.learn(*message.updates)


def group(members: int = 5, helpers: int = 3, suspicion: float = 5.0, **weather: Any) -> World:
    """This many members that know each other; `weather` goes to the `World`."""
    names = [f"m{number}" for number in range(1, members + 1)]
    world = World(**{"seed": 7, "latency": "uniform(0.01, 0.05)", **weather})
    return world.add(
        Member(name, [n for n in names if n != name], helpers=helpers, suspicion=suspicion) for name in names
    )


def demo() -> Run:
    """One of five crashes and comes back; the others suspect it, bury it, and restore it.

    >>> [event.name for event in demo().trace.select("decision", agent="m1", since=4)]
    ['Suspected', 'Buried', 'Restored']
    """
    return group().inject("crash m2 @4..20").expect(*properties(5)).run(until=32.0)
