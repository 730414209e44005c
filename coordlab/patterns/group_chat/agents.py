"""Group chat: the messages and the agents."""

from __future__ import annotations

from collections.abc import Collection
from copy import deepcopy

from coordlab.patterns.group_chat.checks import properties
from coordlab.patterns.group_chat.rules import (
    USER,
    Chat,
    ChatError,
    Condition,
    Handoff,
    Policy,
    Unchanged,
    Window,
    candidates,
    check_members,
    chosen,
    everything,
    max_messages,
    round_robin,
)
from coordlab.patterns.orchestration.agents import Conductor, Scripted
from coordlab.patterns.orchestration.rules import DEFAULT, Budget, Ended, Failed, Stop, StopReason, Utterance
from coordlab.world.agent import State
from coordlab.world.world import Run, World

__all__ = ["Chair", "demo"]


class Chair(Conductor):
    """Gives the floor to `members` by `policy`, each reading the `window` of the transcript, until `over`.

    Where the policy leaves it open, the member called `selector`, who is none of them, is asked up to
    three times, else the first candidate speaks.  A hand-over to the user interrupts the chat.  The
    outputs of the result are the transcript.  A crash loses the turn in progress, and nothing else.
    """

    floor = State("")  # who has it

    def __init__(
        self,
        members: Collection[str],
        task: str,
        over: Condition,
        policy: Policy = round_robin,
        window: Window = everything,
        selector: str | None = None,
        name: str = "chair",
        budget: Budget = DEFAULT,
        patience: float = 60.0,
        repeats: int | None = 3,
    ) -> None:
        super().__init__(name, budget, patience, repeats)
        if not isinstance(over, Condition):
            raise ChatError(
                f"{over!r} says not when the chat is over: that is a condition. Write for instance "
                f"Chair(['ann', 'bob'], 'How many?', max_messages(10))."
            )
        if not callable(policy):
            raise ChatError(
                f"policy={policy!r}: who speaks next is said by a function of the chat, not by its name. "
                f"Write for instance policy=round_robin, from coordlab.patterns.group_chat.rules."
            )
        if not callable(window):
            raise ChatError(
                f"window={window!r}: what is read is said by a function of the transcript. "
                f"Write for instance window=everything, from coordlab.patterns.group_chat.rules."
            )
        if selector in members:
            raise ChatError(
                f"selector={selector!r} is a member, and would choose itself. Let somebody else choose: "
                f"selector='host', and add a Member('host', ...)."
            )
        self.members, self.given, self.over = check_members(members), task, deepcopy(over)
        self.policy, self.window, self.selector = policy, window, selector
        self.failures = 0  # turns in a row

    async def conduct(self) -> StopReason:
        """Turn after turn; ends where something ends it."""
        there = {*self.peers}
        for each in (*self.members, self.selector):
            if each is not None and each not in there:
                return StopReason(Stop.FAILED, each, f"nobody is called so: add Member({each!r}, ...)")
        self.over.reset()
        self.over, self.loops = self.stable.setdefault("heard", (self.over, self.loops))
        if not self.outputs:
            self.say(Utterance(USER, self.given, self.tokens(self.given)))
        while True:
            try:
                await self.give_floor(await self.next_speaker())
            except ChatError as error:
                return StopReason(Stop.FAILED, self.stable.get("last", self.name), str(error))

    async def next_speaker(self) -> str:
        """Whom the policy names, or of several the selector."""
        chat = Chat(self.members, self.outputs, self.stable.get("last"))
        named = candidates(self.policy, chat)
        question = f"Who speaks next: {', '.join(named)}?"
        for _ in range(3 if self.selector and len(named) > 1 else 0):
            reply = await self.turn(str(self.selector), question, self.window(self.outputs))
            if not isinstance(reply, Failed) and (name := chosen(reply.content, named)):
                return name
        return named[0]

    async def give_floor(self, to: str) -> None:
        """One turn of one member."""
        self.floor = to
        reply = await self.turn(to, "", self.window(self.outputs))
        self.stable["last"] = to
        if not isinstance(reply, Failed):
            self.failures = 0
            self.say(Utterance(to, reply.content, reply.tokens))
            return
        self.note(reply)
        self.failures += 1
        if self.failures == len(self.members):
            raise Ended(StopReason(Stop.FAILED, to, reply.why))

    def say(self, said: Utterance) -> None:
        """Add to the transcript, and end the chat if it is over with this."""
        self.keep(said)
        self.note(said)
        if reason := self.over.heard(said, self.now - self.began):
            raise Ended(reason)
        if isinstance(said.content, Handoff) and said.content.to == USER:
            raise Ended(StopReason(Stop.INTERRUPTED, USER, said.content.text))
        self.heard(said.agent, said.content)


def demo() -> Run:
    """Three estimate, and talk until nobody changes his mind for a round; bob is down for a while.

    >>> from coordlab.patterns.orchestration.rules import result
    >>> print(result(demo().trace).reason)
    condition: agreement (8)
    """
    names = ("ann", "bob", "cat")
    over = max_messages(20) | Unchanged(names, rounds=1)
    chair = Chair(names, "How many days will it take?", over, patience=0.5)
    world = World(seed=7, latency="uniform(0.01, 0.05)").add(
        chair,
        Scripted("ann", "5", "8", "8", "8", seconds=0.1),
        Scripted("bob", "8", "8", "8", "8", seconds=0.1),
        Scripted("cat", "8", "8", "8", "8", seconds=0.1),
    )
    world.inject("crash bob @0.1..0.5")
    return world.expect(*properties(names, round_robin, over, limit=20)).run(until=10.0)
