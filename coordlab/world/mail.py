"""The mail: carries each message from its sender to its handler, and the reply back.

A message passes `post` (or `_route`, if something may happen to it on its way), then `_deliver`, then
`_handle`; each step is one entry of the trace.
"""

from __future__ import annotations

from collections.abc import Coroutine
from heapq import heappush
from types import CoroutineType
from typing import TYPE_CHECKING, Any

from coordlab import requirements as require
from coordlab.trace.trace import DELIVER, DROP, HANDLE, LATE, SEND
from coordlab.world.agent import Agent, Answer, Handler, Question, Talk
from coordlab.world.calls import spoil
from coordlab.world.errors import listed
from coordlab.world.message import Message, handler_name, is_message

if TYPE_CHECKING:
    from coordlab.world.task import Task
    from coordlab.world.world import World

Envelope = tuple[Message, str, str, Agent, int, int, Talk]
"""Message, its name, the sender's name, the recipient, message number, number of the send, conversation."""


class Mail:
    """Carries the messages of one world.  `sent` counts them; `says` is the sentence of each message type."""

    def __init__(self, world: World) -> None:
        self.world, self.agents, self.network = world, world.agents, world.network
        self.loop, self.rows = world.loop, world.rows
        self.names: dict[type, str] = {}
        self.says: dict[str, str] = {}
        self.sent = 0

    def post(self, sender: Agent, to: str, message: Message, talk: Talk) -> None:
        """Send a message.  `talk` is the question that it asks, or marks it as an answer."""
        recipient = self.agents.get(to) if to.__class__ is str else None
        name = self.names.get(message.__class__)
        if recipient is None or name is None or not sender._alive:
            if not self._may_send(sender, to):
                return
            name = self._introduce(sender, message)
            recipient = self.agents[to]
        loop, rows = self.loop, self.rows
        now, source = loop.now, sender._name
        self.sent = number = self.sent + 1
        envelope = (message, name, source, recipient, number, len(rows), talk)
        rows.append((now, SEND, source, to, number, name, loop.cause, message))
        network = self.network
        delay = network.delay
        arrival = now + delay if delay else network.safe and network.arrival(source, to, now)
        if arrival:
            loop.order = order = loop.order + 1
            heappush(loop.heap, (arrival, order, self._deliver, envelope, None))
        else:
            self._route(envelope)
            order = loop.order
        if order > loop.limit:
            loop.check()

    def _route(self, envelope: Envelope) -> None:
        """Send an envelope over a network where it may be lost, doubled or held up."""
        source, to, network = envelope[2], envelope[3]._name, self.network
        if network.topology is not None and not network.linked(source, to):
            near = listed(network.neighbours(source, self.agents))
            given, allowed = f"{source} has no link to {to}", f"in this topology it reaches {near}"
            require.fail(given, allowed, "send to one of these, or add the edge to the graph")
        loop = self.loop
        for arrival, fate in network.carry(source, to, loop.now):
            loop.at(arrival, self._deliver, envelope, fate)

    def _deliver(self, envelope: Envelope, fate: str | None) -> None:
        _, name, source, agent, number, sent, _ = envelope
        loop, rows = self.loop, self.rows
        if (
            fate is not None
            or not agent._alive
            or (self.network.severed and self.network.parted(source, agent._name))
        ):
            self._drop(envelope, fate, sent)
            return
        delivered = len(rows)
        rows.append((loop.now, DELIVER, agent._name, source, number, name, sent, None))
        if agent._delayed:
            self._queue(envelope, delivered)
        else:
            self._handle(envelope, delivered)

    def _queue(self, envelope: Envelope, delivered: int) -> None:
        """Let a slow agent handle a message later, but not before those that came earlier."""
        agent, loop = envelope[3], self.loop
        agent._busy = max(loop.now + agent._slow, agent._busy)
        agent._delayed = agent._slow > 0 or agent._busy > loop.now
        loop.at(agent._busy, self._dequeue, envelope, (delivered, agent._life))

    def _dequeue(self, envelope: Envelope, queued: tuple[int, int]) -> None:
        delivered, life = queued
        if envelope[3]._alive and envelope[3]._life == life:
            self._handle(envelope, delivered)
        else:
            self._drop(envelope, "down", delivered)

    def _drop(self, envelope: Envelope, fate: str | None, cause: int) -> None:
        _, name, source, agent, number, _, _ = envelope
        fate = fate or ("cut" if agent._alive else "down")
        self.rows.append((self.loop.now, DROP, agent._name, source, number, name, cause, fate))

    def _handle(self, envelope: Envelope, delivered: int) -> None:
        message, name, source, agent, number, _, talk = envelope
        loop = self.loop
        loop.acting, loop.cause = agent, len(self.rows)
        if talk.__class__ is Answer:
            self._answer(envelope, delivered)
            return
        handler = agent._handlers.get(message.__class__)
        if handler is None:
            handler = self._find_handler(agent, message, source)
        self.rows.append((loop.now, HANDLE, agent._name, source, number, name, delivered, None))
        reply = handler(agent, source, message)
        if reply is not None:  # and `talk` a question, if anything
            self._reply(agent, source, reply, talk)  # type: ignore[arg-type]

    def _answer(self, envelope: Envelope, delivered: int) -> None:
        """Hand a reply to the agent that asked: to its open question, else to its handler, if it has one."""
        message, name, source, agent, number, _, talk = envelope
        assert isinstance(talk, Answer)
        question = talk.question
        fresh = question.open and source not in question.replies
        if talk.failed:
            self._drop(envelope, "failed", delivered)
            if fresh:
                question.to = tuple(name for name in question.to if name != source)
                question.enough = min(question.enough, len(question.to))
                self._settle(question)
            return
        handler = None if fresh else self._handler(type(agent), message)
        kind = HANDLE if fresh or handler is not None else LATE
        self.rows.append((self.loop.now, kind, agent._name, source, number, name, delivered, None))
        if handler is not None:
            self._reply(agent, source, handler(agent, source, message), None)
        elif fresh:
            question.replies[source] = message
            self._settle(question)

    def _settle(self, question: Question) -> None:
        """Let the asker go on if there are enough replies."""
        if len(question.replies) >= question.enough:
            question.open = False
            self.loop.resume(question.task)

    def _reply(self, agent: Agent, to: str, reply: Any, question: Question | None) -> None:
        """Send what a handler returned; an async handler first runs to its end."""
        if reply.__class__ is CoroutineType:
            self._reply_later(agent, to, reply, question)
        elif reply is not None:
            answer = None if question is None else Answer(question)
            if answer is not None and self.network.spoilt and agent._alive:
                reply = spoil(self, agent._name, to, reply, answer)
            self.post(agent, to, reply, answer)

    def _reply_later(
        self, agent: Agent, to: str, handling: Coroutine[Any, Any, object], question: Question | None
    ) -> None:
        def ended(task: Task) -> None:
            if not task.cancelled():
                self._reply(agent, to, task.result(), question)

        self.world.spawn(agent, handling).add_done_callback(ended)

    # --- what the short way above does not cover ---------------------------------------------------

    def _may_send(self, sender: Agent, to: str) -> bool:
        """Whether a message may be sent at all; a crashed agent sends nothing."""
        if not self.world.running:
            given, allowed = f"{sender.name} sends outside a run", "agents send only while the world runs"
            require.fail(given, allowed, "send in run() or in a handler", RuntimeError)
        if not isinstance(to, str) or to not in self.agents:
            given = f"{sender.name} sends to {require.shown(to)}"
            example = "send to one of these names, or add the agent with world.add(...)"
            require.fail(given, f"the agents here are {listed(self.agents)}", example, LookupError)
        return sender._alive

    def _introduce(self, sender: Agent, message: Message) -> str:
        """The name of a message type that is sent for the first time."""
        kind = type(message)
        if not is_message(kind):
            given = f"{sender.name} sends {require.shown(message)}"
            allowed = "only instances of a class made with @message can be sent, or returned from a handler"
            require.fail(given, allowed, "@message class Hello: 'Hello there.'", TypeError)
        name = kind.__name__
        for other in self.names:
            if other.__name__ == name and other.__qualname__ != kind.__qualname__:
                given = f"{other.__qualname__} and {kind.__qualname__} are two messages called {name}"
                allowed = "each message of a world needs its own name, by which the trace knows it"
                require.fail(given, allowed, "rename one of them", TypeError)
        self.names[kind] = name
        self.says[name] = vars(kind)["says"]
        return name

    def _handler(self, cls: type[Agent], message: Message) -> Handler | None:
        handler: Handler | None = getattr(cls, handler_name(type(message)), None)
        if handler is not None:
            cls._handlers[type(message)] = handler
        return handler

    def _find_handler(self, agent: Agent, message: Message, source: str) -> Handler:
        handler = self._handler(type(agent), message)
        if handler is None:
            ours = sorted(name for name in dir(agent) if name.startswith("on_"))
            given = f"{agent.name} got {require.shown(message)} from {source}"
            handled = f"only {listed(ours)}" if ours else "nothing"
            allowed = f"{type(agent).__name__} handles {handled}"
            example = f"add to the class: def {handler_name(type(message))}(self, sender, message): ..."
            require.fail(given, allowed, example, LookupError)
        return handler
