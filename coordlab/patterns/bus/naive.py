"""A message bus as one writes it at first: a table of callbacks.

It knows exact topics only, calls one subscriber after the other, keeps nothing, and takes an answer that did
not come for a letter that did not arrive.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from coordlab.world.loop import simulate

Callback = Callable[[Any], Awaitable[None]]


class CallbackBus:
    """Topics, and whom to call."""

    def __init__(self) -> None:
        self.callbacks: dict[str, list[Callback]] = {}

    def subscribe(self, topic: str, callback: Callback) -> None:
        """Call it from now on."""
        self.callbacks.setdefault(topic, []).append(callback)

    async def publish(self, topic: str, body: Any) -> None:
        """Call everybody, one after the other."""
        for callback in self.callbacks.get(topic, []):
            await callback(body)


def _heard(*subscriptions: tuple[str, float], fails: int | None = None) -> list[Any]:
    """Who is called when, in seconds, if each subscriber takes so long and one of them fails."""
    heard: list[Any] = []

    async def main() -> None:
        bus = CallbackBus()
        for number, (topic, seconds) in enumerate(subscriptions):

            async def callback(body: Any, number: int = number, seconds: float = seconds) -> None:
                await asyncio.sleep(seconds)
                if number == fails:
                    raise ValueError(f"subscriber {number} cannot read {body!r}")
                heard.append((number, asyncio.get_running_loop().time()))

            bus.subscribe(topic, callback)
        try:
            await bus.publish("site/1", "hot")
        except ValueError as error:
            heard.append(str(error))

    simulate(main())
    return heard


def wildcards_never_match() -> list[Any]:
    """Who is told of `site/1` after subscribing to `site/+`.

    >>> wildcards_never_match()
    []
    """
    return _heard(("site/+", 0.0))


def a_slow_subscriber_delays_the_rest() -> list[Any]:
    """When the second hears what was published at 0 s, if the first takes a minute.

    >>> a_slow_subscriber_delays_the_rest()
    [(0, 60.0), (1, 60.0)]
    """
    return _heard(("site/1", 60.0), ("site/1", 0.0))


def a_failing_subscriber_silences_the_rest() -> list[Any]:
    """What comes of it if the first of three fails: the publisher gets the error, the others nothing.

    >>> a_failing_subscriber_silences_the_rest()
    ["subscriber 0 cannot read 'hot'"]
    """
    return _heard(("site/1", 0.0), ("site/1", 0.0), ("site/1", 0.0), fails=0)


def a_latecomer_has_missed_everything() -> list[str]:
    """What a subscriber hears of the letter that was published just before it came.

    >>> a_latecomer_has_missed_everything()
    []
    """
    heard: list[str] = []

    async def main() -> None:
        bus = CallbackBus()
        await bus.publish("site/1", "hot")

        async def callback(body: str) -> None:
            heard.append(body)

        bus.subscribe("site/1", callback)

    simulate(main())
    return heard


def a_lost_answer_doubles_the_effect() -> int:
    """How often 100 are paid out if the answer to the first try gets lost and the letter is sent again.

    >>> a_lost_answer_doubles_the_effect()
    200
    """
    paid = 0

    def pay(amount: int, answer_arrives: bool) -> bool:
        nonlocal paid
        paid += amount
        return answer_arrives

    tries = iter([False, True])
    while not pay(100, next(tries)):
        pass
    return paid


def deliveries_do_not_shrink(agents: int = 10) -> tuple[int, int]:
    """Messages when everybody tells everybody: directly, and over a bus that was to break the n².

    >>> deliveries_do_not_shrink(10)
    (90, 100)
    """

    async def main() -> int:
        calls, bus = 0, CallbackBus()

        async def callback(_: Any) -> None:
            nonlocal calls
            calls += 1

        for speaker in range(agents):
            for listener in range(agents):
                if listener != speaker:
                    bus.subscribe(f"news/{speaker}", callback)
        for speaker in range(agents):
            calls += 1
            await bus.publish(f"news/{speaker}", "hot")
        return calls

    return agents * (agents - 1), simulate(main())
