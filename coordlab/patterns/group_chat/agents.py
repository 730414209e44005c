"""Group chat: the chair."""

from __future__ import annotations

from collections.abc import Collection
from copy import deepcopy

from coordlab import requirements as require
from coordlab.patterns.group_chat import rules
from coordlab.patterns.group_chat.checks import properties
from coordlab.patterns.group_chat.rules import USER, ChatError, everything, max_messages, round_robin
from coordlab.patterns.orchestration.agents import Conductor, Scripted
from coordlab.patterns.orchestration.rules import DEFAULT, Budget, Ended, Failed, Stop, StopReason, Utterance
from coordlab.world.agent import State
from coordlab.world.world import Run, World

__all__ = ["Chair", "demo"]


class Chair(Conductor):
    """Gives the floor to the members until a condition ends the chat.

    - `members`: their names, in the order of round robin.
    - `task`: what the user says first.
    - `over`: the condition that ends the chat.
    - `policy`: which members may speak next.
    - `window`: the part of the transcript that a speaker reads.
    - `selector`: the name of an agent, not a member, that is asked up to three times which of several members
      speaks next; without one, or without an answer, the first does.
    - `name`, `budget`, `patience`, `repeats`: see `Conductor`.

    A hand-over to the user interrupts the chat.  The outputs of the result are the transcript.  A chat that
    is over, or was interrupted, does not go on: hold another one, with the transcript in its `task`.  A crash
    loses only the turn in progress.  Raises ChatError if an argument is something else.
    """

    floor = State("")  # the member that has it

    def __init__(
        self,
        members: Collection[str],
        task: str,
        over: rules.Condition,
        policy: rules.Policy = round_robin,
        window: rules.Window = everything,
        selector: str | None = None,
        name: str = "chair",
        budget: Budget = DEFAULT,
        patience: float = 60.0,
        repeats: int | None = 3,
    ) -> None:
        super().__init__(name, budget, patience, repeats)
        require.instance("over", over, rules.Condition, "over=max_messages(10)", ChatError)
        for what, given, usual in (("policy", policy, "round_robin"), ("window", window, "everything")):
            example = f"{what}={usual}, from group_chat.rules"
            require.that(callable(given), f"{what}={given!r}", "expected a function", example, ChatError)
        self.members, self.given, self.over = rules.check_members(members), task, deepcopy(over)
        allowed = "expected an agent that is not a member, and so cannot choose itself"
        require.that(selector not in self.members, f"selector={selector!r}", allowed, "'host'", ChatError)
        self.policy, self.window, self.selector = policy, window, selector
        self.failures = 0  # turns in a row

    async def conduct(self) -> StopReason:
        if missing := self.missing(*self.members, self.selector):
            return missing
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
        """The member that the policy names, or of several the selector."""
        chat = rules.Chat(self.members, self.outputs, self.stable.get("last"))
        named = rules.candidates(self.policy, chat)
        question = f"Who speaks next: {', '.join(named)}?"
        for _ in range(3 if self.selector and len(named) > 1 else 0):
            reply = await self.turn(str(self.selector), question, self.window(self.outputs))
            if not isinstance(reply, Failed) and (name := rules.chosen(reply.content, named)):
                return name
        return named[0]

    async def give_floor(self, to: str) -> None:
        """One turn of one member; the chat fails if as many turns in a row have as there are members."""
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
        if isinstance(said.content, rules.Handoff) and said.content.to == USER:
            raise Ended(StopReason(Stop.INTERRUPTED, USER, said.content.text))
        self.heard(said.agent, said.content)


def demo() -> Run:
    """Three estimate, and talk until all keep their numbers for a round; bob is down for a while.

    >>> from coordlab.patterns.orchestration.turns import result
    >>> print(result(demo().trace).reason)
    condition: agreement (8)
    """
    names = ("ann", "bob", "cat")
    over = max_messages(20) | rules.Unchanged(names, rounds=1)
    chair = Chair(names, "How many days will it take?", over, patience=0.5)
    world = World(seed=7, latency="uniform(0.01, 0.05)").add(chair)
    world.add(Scripted(name, "5" if name == "ann" else "8", *"888", seconds=0.1) for name in names)
    world.inject("crash bob @0.1..0.5")
    return world.expect(*properties(names, round_robin, over, limit=20)).run(until=10.0)
