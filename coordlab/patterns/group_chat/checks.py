"""What must hold of a group chat: invariants AG-S1 to AG-S4 and AG-L1 on a trace.

Read are the turns that the chair gives, the replies it handles, the utterances and failures that it notes,
and its result.
"""

from __future__ import annotations

from collections.abc import Collection
from copy import deepcopy

from coordlab.patterns.group_chat.rules import (
    USER,
    Chat,
    ChatError,
    Condition,
    Policy,
    Window,
    check_members,
    everything,
    round_robin,
)
from coordlab.patterns.orchestration.checks import ends, is_result, is_turn
from coordlab.patterns.orchestration.rules import Stop, StopReason, Utterance
from coordlab.properties import Complaint, Property, on_record, watched
from coordlab.properties.records import as_message, as_one_of
from coordlab.trace.trace import HANDLE, Event, Trace


class Talk:
    """A chat as far as a trace has been told: see `take`."""

    def __init__(self, members: tuple[str, ...]) -> None:
        self.members = members
        self.transcript: tuple[Utterance, ...] = ()
        self.floor: str | None = None  # who has it, or had it last
        self.last: str | None = None  # whose turn has come to its end

    def take(self, event: Event) -> Utterance | None:
        """Go on to the moment after `event`; what was said, if anything."""
        if is_turn(event) and event.peer in self.members:
            self.floor = event.peer
        elif on_record(event, "Utterance", "Failed"):
            self.last = self.floor
            if event.name == "Utterance":
                said = as_message(Utterance, event.data)
                self.transcript = (*self.transcript, said)
                return said
        return None


def _same(told: object, transcript: tuple[Utterance, ...]) -> bool:
    """Whether a trace, be it one read from a file, tells of this transcript."""
    return told == transcript or as_one_of((Utterance,), told) == transcript


def by_policy(members: Collection[str], policy: Policy = round_robin) -> Property:
    """AG-S1: the floor is given to somebody whom the policy allows to speak now."""

    def watch(_: Trace) -> Complaint:
        talk = Talk(check_members(members))

        def wrong(event: Event) -> str | None:
            if is_turn(event) and event.peer in talk.members:
                try:
                    allowed = policy(Chat(talk.members, talk.transcript, talk.last))
                except ChatError as error:
                    return f"{event.peer} speaks, but {error}"
                if event.peer not in allowed:
                    return f"{event.peer} speaks, but it is the turn of {' or '.join(allowed)}."
            talk.take(event)
            return None

        return wrong

    return watched("speakers follow the policy", watch)


def one_transcript(members: Collection[str], window: Window = everything) -> Property:
    """AG-S2: what is said is only ever added to the transcript, and everybody reads that one."""

    def watch(trace: Trace) -> Complaint:
        talk = Talk(check_members(members))
        replies = {event.message: event.data for event in trace.select("Reply")}
        heard: Utterance | None = None

        def wrong(event: Event) -> str | None:
            nonlocal heard
            if is_turn(event) and not _same(event.data.context, window(talk.transcript)):
                return f"{event.peer} reads another transcript than was written."
            if event.kind == HANDLE and event.name == "Reply":
                reply = replies[event.message]
                heard = Utterance(str(event.peer), reply.content, reply.tokens)
            if is_result(event) and not _same(event.data.outputs, talk.transcript):
                return "the result is another transcript than was written."
            said = talk.take(event)
            if said and said != heard and not (said.agent == USER and len(talk.transcript) == 1):
                return f"{said.agent} is noted to have said {said.content!r}, and has not."
            return None

        return wrong

    return watched("one transcript, only added to", watch)


def stops_in_time(members: Collection[str], over: Condition) -> Property:
    """AG-S3: the first message with which the condition holds is the last, and the reason is the true one."""

    def watch(_: Trace) -> Complaint:
        talk, condition = Talk(check_members(members)), deepcopy(over)
        condition.reset()
        began = 0.0
        reason: StopReason | None = None

        def wrong(event: Event) -> str | None:
            nonlocal began, reason
            if is_result(event):
                said_why = as_message(StopReason, event.data.reason)
                if said_why != reason and (reason or said_why.kind == Stop.CONDITION):
                    return f"it stopped because of {said_why}; what held was {reason or 'nothing'}."
                return None
            if (said := talk.take(event)) is None:
                return None
            if reason:
                return f"{said.agent} spoke, though it was over: {reason}."
            began = event.time if len(talk.transcript) == 1 else began
            reason = condition.heard(said, event.time - began)
            return None

        return wrong

    return watched("it stops with the first message that ends it", watch)


def at_most(limit: int) -> Property:
    """AG-S4: no more than so many messages, the task included."""

    def watch(_: Trace) -> Complaint:
        talk = Talk(())

        def wrong(event: Event) -> str | None:
            said = talk.take(event)
            many = said is not None and len(talk.transcript) > limit
            return f"message {len(talk.transcript)} was said; the limit is {limit}." if many else None

        return wrong

    return watched(f"at most {limit} messages", watch)


def properties(
    members: Collection[str],
    policy: Policy,
    over: Condition,
    window: Window = everything,
    limit: int = 1000,
    within: float = 600.0,
) -> tuple[Property, ...]:
    """All of them, for a chair with this policy, condition and window; AG-L1 is that it ends `within` s."""
    return (
        by_policy(members, policy),
        one_transcript(members, window),
        stops_in_time(members, over),
        at_most(limit),
        ends(within),
    )
