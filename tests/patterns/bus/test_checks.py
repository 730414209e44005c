"""What the properties of a message bus allow, and what they cannot tell yet."""

from __future__ import annotations

import pytest

from coordlab import World
from coordlab.patterns.bus import Bus, Client, Unsubscribe
from coordlab.patterns.bus.checks import everything_arrives, in_order
from tests.patterns.bus.story import handled, trace
from tests.properties.mutated import ended, repeated


def test_a_letter_that_comes_again_late_breaks_no_order() -> None:
    """The network may bring a copy after the next letter; only the first time counts."""
    assert in_order(repeated(trace(), handled()[0], handled()[2])).status == "holds"


def test_a_letter_under_way_when_the_run_ends_is_undecided() -> None:
    """It may still come; and before the first letter there is nothing to judge."""
    for end in (trace().select("Publish", kind="handle")[1].time, 0.3):
        assert everything_arrives(1.0)(ended(trace(), end)).status == "undecided"


class Leaving(Client):
    """Leaves one of its two patterns just after a letter was accepted that it will not hear."""

    async def run(self) -> None:
        await super().run()
        await self.sleep(0.5)
        await self.insist(Unsubscribe("news"))


@pytest.mark.parametrize(("wants", "status"), [(("news",), "holds"), (("news", "#"), "violated")])
def test_only_an_agent_that_still_wants_a_letter_must_have_it(wants: tuple[str, ...], status: str) -> None:
    """One that unsubscribes is owed nothing, unless another of its patterns matches."""
    world = World().add(Bus(patience=9.0), Leaving("ann", wants), Client("bob", says=(("news", 1),)))
    run = world.inject("cut bus>ann @0.505..0.515").run(until=8.0)
    assert everything_arrives(1.0)(run.trace).status == status
