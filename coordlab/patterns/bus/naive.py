"""A first try at a message bus: a table of callbacks.

It knows exact topics only, calls one subscriber after the other, keeps nothing, and mistakes a lost answer
for a lost letter.  Each function below the class shows one thing that goes wrong, and returns the evidence.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from coordlab.world.loop import simulate

Callback = Callable[[str], Awaitable[None]]


class CallbackBus:
    """Topics, and the callbacks of their subscribers."""

    def __init__(self) -> None:
        self.callbacks: dict[str, list[Callback]] = {}

    def subscribe(self, topic: str, callback: Callback) -> None:
        """Call it from now on."""
        self.callbacks.setdefault(topic, []).append(callback)

    async def publish(self, topic: str, body: str) -> None:
        """Call all subscribers, one after the other."""
        for callback in self.callbacks.get(topic, []):
            await callback(body)


def _heard(*subscriptions: tuple[str, float], fails: int | None = None) -> list[object]:
    """Which subscriber hears when of one letter, if each takes this many seconds, and one may fail."""
    heard: list[object] = []

    async def main() -> None:
        bus = CallbackBus()
        for number, (topic, seconds) in enumerate(subscriptions):

            async def callback(body: str, number: int = number, seconds: float = seconds) -> None:
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


def wildcards_never_match() -> list[object]:
    """Who hears of `site/1` after subscribing to `site/+`.

    >>> wildcards_never_match()
    []
    """
    return _heard(("site/+", 0.0))


def a_slow_subscriber_delays_the_rest() -> list[object]:
    """When the second hears what was published at 0 s, if the first takes a minute.

    >>> a_slow_subscriber_delays_the_rest()
    [(0, 60.0), (1, 60.0)]
    """
    return _heard(("site/1", 60.0), ("site/1", 0.0))


def a_failing_subscriber_silences_the_rest() -> list[object]:
    """If the first of three fails, the publisher gets the error, and the others hear nothing.

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

    async def callback(body: str) -> None:
        heard.append(body)

    bus = CallbackBus()
    simulate(bus.publish("site/1", "hot"))
    bus.subscribe("site/1", callback)
    return heard


def a_lost_answer_doubles_the_effect() -> int:
    """How much is paid out if the answer to the first of two payments of 100 is lost, and it is sent again.

    >>> a_lost_answer_doubles_the_effect()
    200
    """
    paid, answers = 0, iter([False, True])

    def pay(amount: int) -> bool:
        nonlocal paid
        paid += amount
        return next(answers)  # whether the answer arrives

    while not pay(100):
        pass
    return paid


def deliveries_do_not_shrink(agents: int = 10) -> tuple[int, int]:
    """Messages of a round in which all tell all: directly, and over a bus, which calls each subscriber.

    >>> deliveries_do_not_shrink(10)
    (90, 100)
    """
    calls: list[str] = []

    async def callback(body: str) -> None:
        calls.append(body)

    bus = CallbackBus()
    for _ in range(agents - 1):
        bus.subscribe("news", callback)
    for _ in range(agents):
        simulate(bus.publish("news", "hot"))
    return agents * (agents - 1), agents + len(calls)
