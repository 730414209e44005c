"""What must hold of a group chat: invariants AG-S1 to AG-S6 and AG-L1 on a trace.

The checks read the turns that the chair gives, the replies it handles, the utterances and failures that it
notes, and its result.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from copy import deepcopy

from coordlab.patterns.group_chat import rules
from coordlab.patterns.group_chat.rules import USER, Condition, Policy, Window, everything, round_robin
from coordlab.patterns.orchestration.checks import ends, one_stop_reason
from coordlab.patterns.orchestration.rules import Stop, StopReason, Utterance
from coordlab.patterns.orchestration.turns import is_result, is_turn
from coordlab.properties import Objection, Property, on_record, recorded, safety
from coordlab.properties.records import as_message, as_one_of
from coordlab.trace.trace import HANDLE, Event, Trace


class Talk:
    """A chat so far, as a trace tells it event by event."""

    def __init__(self, members: tuple[str, ...]) -> None:
        self.members = members
        self.transcript: tuple[Utterance, ...] = ()
        self.floor: str | None = None  # the member that has it, or had it last
        self.last: str | None = None  # the member whose turn ended last

    def take(self, event: Event) -> Utterance | None:
        """Advance past `event`; returns what was said, if anything."""
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
    """Whether a trace, which may be from a file, tells of this transcript."""
    return told == transcript or as_one_of((Utterance,), told) == transcript


def by_policy(members: Collection[str], policy: Policy = round_robin) -> Property:
    """AG-S1: the floor is given to a member that the policy allows to speak now."""
    names = rules.check_members(members)

    @safety("speakers follow the policy")
    def judge(trace: Trace) -> Iterator[Objection]:
        talk = Talk(names)
        for event in trace:
            if is_turn(event) and event.peer in names:
                try:
                    allowed = policy(rules.Chat(names, talk.transcript, talk.last))
                except rules.ChatError as error:
                    yield event, f"{event.peer} speaks, but {error}"
                else:
                    if event.peer not in allowed:
                        yield event, f"{event.peer} speaks, but it is the turn of {' or '.join(allowed)}."
            talk.take(event)

    return judge


def one_transcript(members: Collection[str], window: Window = everything) -> Property:
    """AG-S2: what is said is only ever added to the transcript, and every member reads that one."""
    names = rules.check_members(members)

    @safety("one transcript, only added to")
    def judge(trace: Trace) -> Iterator[Objection]:
        talk = Talk(names)
        heard: Utterance | None = None
        for event in trace:
            if is_turn(event) and not _same(event.data.context, window(talk.transcript)):
                yield event, f"{event.peer} reads another transcript than was written."
            if event.kind == HANDLE and event.name == "Reply":
                heard = Utterance(str(event.peer), event.content.content, event.content.tokens)
            if is_result(event) and not _same(event.data.outputs, talk.transcript):
                yield event, "the result is another transcript than was written."
            said = talk.take(event)
            if said and said != heard and not (said.agent == USER and len(talk.transcript) == 1):
                yield event, f"{said.agent} is noted to have said {said.content!r}, and has not."

    return judge


def stops_in_time(over: Condition) -> Property:
    """AG-S3: the first message with which the condition holds is the last, and the reason is the true one."""

    @safety("it stops with the first message that ends it")
    def judge(trace: Trace) -> Iterator[Objection]:
        condition = deepcopy(over)
        condition.reset()
        began: float | None = None
        reason: StopReason | None = None
        for event in trace:
            if is_result(event):
                stated = as_message(StopReason, event.data.reason)
                if stated != reason and (reason or stated.kind == Stop.CONDITION):
                    yield event, f"it stopped because of {stated}; what held was {reason or 'nothing'}."
            elif on_record(event, "Utterance"):
                said = as_message(Utterance, event.data)
                if reason:
                    yield event, f"{said.agent} spoke, though it was over: {reason}."
                    return
                began = event.time if began is None else began
                reason = condition.heard(said, event.time - began)

    return judge


def at_most(limit: int) -> Property:
    """AG-S4: no more than this many messages, including the task."""

    @safety(f"at most {limit} messages")
    def judge(trace: Trace) -> Iterator[Objection]:
        for number, event in enumerate(recorded(trace, "Utterance"), 1):
            if number > limit:
                yield event, f"message {number} was said; the limit is {limit}."

    return judge


@safety("a limit that ended the chat was reached")
def limit_was_reached(trace: Trace) -> Iterator[Objection]:
    """AG-S5: told from the messages on record, without the conditions' own count."""
    said: list[str] = []
    turns = 0
    for event in trace:
        if on_record(event, "Utterance"):
            said.append(str(event.data.content))
            turns += event.data.agent != USER
        elif is_result(event) and event.data.reason.kind == Stop.CONDITION:
            what = str(event.data.reason.what)
            for name, limit in re.findall(r"(max_messages|max_turns)\((\d+)\)", what):
                count = turns if name == "max_turns" else len(said)
                if count < int(limit) or (count > int(limit) and ", " not in what):
                    yield event, f"{name}({limit}) is said to have ended it, after {count}."
            for word in re.findall(r"stop_word\('([^']*)'\)", what):
                if not any(word in each for each in said):
                    yield event, f"{word!r} is said to have ended it, and nobody said it."


def turns_go_round(members: Collection[str]) -> Property:
    """AG-S6: with `round_robin` the floor goes to the member after the one whose turn ended last."""
    names = rules.check_members(members)

    @safety("turns go round")
    def judge(trace: Trace) -> Iterator[Objection]:
        talk = Talk(names)
        for event in trace:
            if is_turn(event) and event.peer in names:
                due = names[0] if talk.last is None else (names * 2)[names.index(talk.last) + 1]
                if event.peer != due:
                    yield event, f"{event.peer} has the floor, but {due} follows {talk.last or 'the task'}."
            talk.take(event)

    return judge


def properties(
    members: Collection[str],
    policy: Policy,
    over: Condition,
    window: Window = everything,
    limit: int = 1000,
    within: float = 600.0,
) -> tuple[Property, ...]:
    """All of them, for what the chair was given: at most `limit` messages, over `within` seconds, AG-L1."""
    return (
        by_policy(members, policy),
        one_transcript(members, window),
        stops_in_time(over),
        at_most(limit),
        limit_was_reached,
        one_stop_reason,
        *((turns_go_round(members),) if policy is round_robin else ()),
        ends(within),
    )
