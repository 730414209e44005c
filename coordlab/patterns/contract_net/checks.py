"""What must hold of a contract net: invariants CN-S1 to CN-L3 on a trace.

A conversation is one attempt at a task.  It is opened with a CallForProposals and closed by the decision
that names the winner, or awarded directly, without a call.  A proposal is in time if the manager handles it
before that decision and before the deadline.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from math import inf
from typing import Any

from coordlab.patterns.contract_net.rules import DEFAULT, LATE, Policy, Scoring, award
from coordlab.properties import HOLDS, UNDECIDED, VIOLATED, Objection, Property, Verdict, on_record, safety
from coordlab.trace.narration import sentence
from coordlab.trace.trace import CRASH, HANDLE, RESTART, SEND, START, Event, Trace

SOON = 1e-9  # seconds: closer than any two moments that differ
DECISIONS = ("AcceptProposal", "RejectProposal")
REPLIES = ("Propose", "Refuse", "NotUnderstood")
REPORTS = ("InformDone", "InformResult", "Failure")

Pair = tuple[str, "str | None"]  # a conversation and a contractor
Deadline = tuple[float, Event]  # when something must have ended, and the event that began it


def _sent(event: Event, *names: str) -> bool:
    return event.kind == SEND and event.name in names


def _handled(event: Event, *names: str) -> bool:
    return event.kind == HANDLE and event.name in names and event.content is not None


class Calls:
    """The state of each call for proposals, up to the last event that was taken."""

    def __init__(self) -> None:
        self.called: dict[str, Event] = {}  # the call of the latest round, by conversation
        self.calling: dict[str | None, list[str]] = defaultdict(list)  # conversations, by manager
        self.standing: dict[str, dict[str | None, Event]] = defaultdict(dict)  # proposals, by contractor
        self.closed: set[str] = set()
        self.decided: dict[str, dict[str | None, float]] = defaultdict(dict)  # when, by contractor

    def take(self, event: Event) -> None:
        """Advance past `event`."""
        if event.kind == CRASH:  # the manager forgets its calls
            for conversation in self.calling.pop(event.agent, ()):
                self.closed.add(conversation)
                self.decided.pop(conversation, None)
        elif on_record(event, "Closed"):
            self.closed.add(event.content.conversation)
        elif _sent(event, "CallForProposals"):
            if event.content.conversation not in self.called:
                self.calling[event.agent].append(event.content.conversation)
            self.called[event.content.conversation] = event
        elif _sent(event, *DECISIONS):
            self.decided[event.content.conversation].setdefault(event.peer, event.time)
        elif _handled(event, "Refuse"):
            self.standing[event.content.conversation].pop(event.peer, None)
        elif _handled(event, "Propose") and self.in_time(event):
            mine = self.standing[event.content.conversation]
            if event.peer not in mine or mine[event.peer].content.round < event.content.round:
                mine[event.peer] = event  # the first in this round

    def in_time(self, proposal: Event) -> bool:
        """Whether a proposal that is handled now is one for the current round."""
        told = proposal.content
        if told.conversation not in self.called or told.conversation in self.closed:
            return False
        call = self.called[told.conversation].content
        return bool(told.round == call.round and proposal.time < call.reply_by - SOON)

    def late(self, event: Event) -> bool:
        """Whether it is a proposal that comes too late, the first of its contractor."""
        if not _handled(event, "Propose") or self.in_time(event):
            return False
        known = self.standing[event.content.conversation], self.decided[event.content.conversation]
        return all(event.peer not in each for each in known)

    def awards(self, event: Event) -> bool:
        return _sent(event, "AcceptProposal") and event.content.conversation in self.called

    def undecided(self, conversation: str, before: float = inf) -> dict[str | None, Event]:
        """The standing proposals that had no decision `before` this moment, by contractor."""
        decided = self.decided[conversation]
        standing = self.standing[conversation].items()
        return {name: each for name, each in standing if decided.get(name, inf) >= before}


@safety("one award for each attempt")
def one_award(trace: Trace) -> Iterator[Objection]:
    """CN-S1: at most one AcceptProposal in each attempt at a task."""
    awarded: dict[str, str | None] = {}
    for event in trace.select("AcceptProposal", kind=SEND):
        conversation = event.content.conversation
        if conversation in awarded:
            yield event, f"{event.peer} was awarded {conversation}, as {awarded[conversation]} was before."
        awarded[conversation] = event.peer


@safety("awarded only if proposed in time")
def proposers_win(trace: Trace) -> Iterator[Objection]:
    """CN-S2: a task that was called for is awarded only to a contractor whose proposal was in time."""
    calls = Calls()
    for event in trace:
        calls.take(event)
        if calls.awards(event) and event.peer not in calls.standing[event.content.conversation]:
            yield event, f"{event.peer} was awarded {event.content.conversation} without a proposal in time."


@safety("one decision for each proposal")
def decided_once(trace: Trace) -> Iterator[Objection]:
    """CN-S3: each proposal in time has one decision at the moment when bidding closes; a late one, at once.

    A late one is rejected as late.  A manager that crashes forgets its proposals.  This is safety: while
    bidding is open, a proposal without a decision violates nothing.  That bidding closes is CN-L1, which is
    undecided until it does.
    """
    calls, due, late, moment = Calls(), dict[Pair, Event](), set[Pair](), 0.0
    for event in trace:
        if due and event.time > moment:
            break
        moment, told = event.time, event.content
        if event.kind == CRASH:
            due = {pair: each for pair, each in due.items() if pair[0] not in calls.calling[event.agent]}
        elif on_record(event, "Closed"):
            due |= {
                (told.conversation, name): each for name, each in calls.undecided(told.conversation).items()
            }
        elif calls.late(event):
            due[told.conversation, event.peer] = event
            late.add((told.conversation, event.peer))
        elif _sent(event, *DECISIONS):
            pair = conversation, name = told.conversation, event.peer
            if name in calls.decided[conversation]:
                yield event, f"{name} was told twice about its proposal in {conversation}."
            if pair in late and getattr(told, "reason", None) != LATE:
                yield event, f"{name} was late in {conversation}, but was told something else."
            due.pop(pair, None)
        calls.take(event)
    left = due if trace.until > moment else {}
    for (conversation, who), event in left.items():
        yield event, f"{who} was told nothing about its proposal in {conversation}."


@safety("one reply to each call")
def one_reply(trace: Trace) -> Iterator[Objection]:
    """CN-S4: nobody answers a call more than once, unless it crashed in between."""
    called: Counter[Pair] = Counter()
    replied: dict[str | None, Counter[str]] = defaultdict(Counter)
    for event in trace:
        if event.kind == CRASH:
            replied.pop(event.agent, None)
        elif _sent(event, "CallForProposals"):
            called[event.content.conversation, event.peer] += 1
        elif _sent(event, *REPLIES):
            conversation = event.content.conversation
            replied[event.agent][conversation] += 1
            if replied[event.agent][conversation] > called[conversation, event.agent]:
                yield event, f"{event.agent} answered {conversation} more often than it was called."


@safety("reports from the awarded, once")
def reports_from_awarded(trace: Trace) -> Iterator[Objection]:
    """CN-S5: only the contractor that was awarded a task reports on it, and once."""
    awarded: dict[str | None, dict[str, bool]] = defaultdict(dict)  # whether the work is still to be reported
    for event in trace:
        mine = awarded[event.agent]
        if event.kind == CRASH:
            mine.clear()
        elif _handled(event, "AcceptProposal"):
            mine.setdefault(event.content.conversation, True)
        elif _handled(event, "Cancel"):
            mine[event.content.conversation] = False
        elif _sent(event, *REPORTS):
            conversation = event.content.conversation
            if not mine.get(conversation):
                yield event, f"{event.agent} reported on {conversation}, which was not its to do."
            mine[conversation] = False


def best_wins(scoring: Scoring) -> Property:
    """CN-S6: the award goes to the best score; of equals, to the first in the alphabet."""

    @safety("the best score wins")
    def judge(trace: Trace) -> Iterator[Objection]:
        calls = Calls()
        for event in trace:
            calls.take(event)
            if not calls.awards(event):
                continue
            conversation = event.content.conversation
            standing = calls.undecided(conversation, event.time)
            bids = {str(name): each.content.bid for name, each in standing.items()}
            winner = award(calls.called[conversation].content.task, bids, scoring) or "nobody"
            if event.peer != winner:
                yield event, f"{event.peer} was awarded {conversation}, but {winner} has the best score."

    return judge


@safety("never more than the capacity")
def within_capacity(trace: Trace) -> Iterator[Objection]:
    """CN-S7: a contractor's binding proposals and the tasks it works on never exceed its capacity.

    An award that it refuses, or whose Cancel it handles at the same moment, starts no work.
    """
    failures = (event for event in trace.select("Failure", kind=SEND) if event.cause is not None)
    at_once = (each for each in failures if trace[each.cause or 0].name == "AcceptProposal")
    declined = {(each.agent, each.content.conversation) for each in at_once}
    cancels = trace.select("Cancel", kind=HANDLE)
    undone = {(each.agent, each.content.conversation, each.time) for each in cancels}
    capacity: dict[str | None, float] = {}  # as their state says; no limit for all others
    bound: dict[str | None, dict[str, float]] = defaultdict(dict)  # to which conversations, and until when
    over: dict[str | None, set[str]] = defaultdict(set)
    for event in trace:
        own, told = event.agent, event.content
        if event.kind in (START, RESTART):
            capacity[own] = dict(event.data).get("capacity", inf)
        elif event.kind == CRASH:
            bound[own], over[own] = {}, set()
        elif _sent(event, "Propose") or _handled(event, "AcceptProposal"):
            mine = bound[own]
            if event.name == "Propose":
                mine[told.conversation] = told.binding_until or 0.0  # None: it was spoilt on its way
            elif told.conversation not in over[own] and (own, told.conversation) not in declined:
                mine |= {} if (own, told.conversation, event.time) in undone else {told.conversation: inf}
            bound[own] = mine = {each: until for each, until in mine.items() if until > event.time + SOON}
            if len(mine) > capacity[own]:
                yield event, f"{own} is bound to {len(mine)} tasks, but can do {capacity[own]}."
        elif _handled(event, "RejectProposal", "Cancel") or _sent(event, *REPORTS):
            bound[own].pop(told.conversation, None)
            if event.name != "RejectProposal":
                over[own].add(told.conversation)


@safety("an outcome says what the last report said")
def told_by_contractors(trace: Trace) -> Iterator[Objection]:
    """CN-S8, by messages alone: each task has one outcome, across crashes, and its status is what was heard.

    Nothing is called for or awarded afterwards.
    """
    heard: dict[tuple[str | None, str], tuple[str, Any]] = {}  # what was last heard of a task, by its manager
    tasks: dict[str, str] = {}  # that of each conversation
    over: set[tuple[str | None, str]] = set()
    for event in trace:
        told = event.content
        if _sent(event, "CallForProposals", "AcceptProposal"):
            tasks[told.conversation] = told.task.name
            heard[event.agent, told.task.name] = "", event.peer
            if (event.agent, told.task.name) in over:
                yield event, f"{told.task.name} had an outcome already."
        elif _sent(event, "Cancel") or _handled(event, *REPORTS):
            key = event.agent, tasks.get(told.conversation, "")
            if heard.get(key) == ("", event.peer):
                said = {"Cancel": "the contractor was not done in time", "Failure": "the contractor failed"}
                heard[key] = said.get(str(event.name), "done"), getattr(told, "result", None)
        elif on_record(event, "Outcome"):
            status, result = heard.get((event.agent, told.task), ("", None))
            if (event.agent, told.task) in over:
                yield event, f"{told.task} had an outcome already."
            over.add((event.agent, told.task))
            if (status or told.contractor) and (status, result) != (told.status, told.result):
                yield event, f"{told.contractor} was heard to say: {status or 'nothing'}."


Steps = Callable[[Event, Mapping[str, Deadline]], Iterator[tuple[str, "float | None"]]]


def timely(name: str, steps: Steps) -> Property:
    """A liveness property of obligations with deadlines, each closed once; a crash forgets the agent's own.

    `steps(event, open)`, given what the agent has open, yields what is opened with its deadline in seconds,
    and what is closed with None.
    """

    def judge(trace: Trace) -> Verdict:
        opened: dict[str | None, dict[str, Deadline]] = defaultdict(dict)
        ended, wrong = list[tuple[float, Deadline]](), list[tuple[float, int, str]]()
        ever = False
        for event in trace:
            mine = opened[event.agent]
            if event.kind == CRASH:
                mine.clear()
            for what, due in steps(event, mine):
                if due is not None:
                    mine.setdefault(what, (due, event))
                    ever = True
                elif what in mine:
                    ended.append((event.time, mine.pop(what)))
                else:
                    wrong.append((event.time, event.seq, f"{what} was not open any more, or never was."))
        left = [(trace.until, each) for mine in opened.values() for each in mine.values()]
        missed = [each for end, each in ended + left if end > each[0] + SOON]
        because = "nothing came of it by {:g} s: {}".format
        wrong += [(due, began.seq, because(due, sentence(trace, began.seq))) for due, began in missed]
        if wrong:
            return Verdict(name, VIOLATED, *min(wrong))
        if left:
            return Verdict(name, UNDECIDED, because="something is open when the run ends")
        return Verdict(name, HOLDS) if ever else Verdict(name, UNDECIDED, because="nothing was opened")

    return Property(name, judge)


def bidding_closes(event: Event, mine: Mapping[str, Deadline]) -> Iterator[tuple[str, float | None]]:
    """CN-L1: every call is closed, or goes into its next round, by its reply-by."""
    if on_record(event, "Closed"):
        yield event.content.conversation, None
    elif _sent(event, "CallForProposals"):
        call = event.content
        if call.conversation in mine and mine[call.conversation][1].content.round < call.round:
            yield call.conversation, None
        yield call.conversation, call.reply_by


def awards_end(patience: float) -> Steps:
    """CN-L2: every award ends in one report or one Cancel, at most `patience` s after the task's time."""

    def steps(event: Event, _: object) -> Iterator[tuple[str, float | None]]:
        pair = f"{event.peer}'s award in {getattr(event.content, 'conversation', None)}"
        if _sent(event, "AcceptProposal"):
            yield pair, event.time + event.content.task.within + patience
        elif _sent(event, "Cancel") or _handled(event, *REPORTS):
            yield pair, None

    return steps


def tasks_end(policy: Policy) -> Steps:
    """CN-L3: every task has an outcome, done or not, within the longest time that the policy takes."""

    def steps(event: Event, _: object) -> Iterator[tuple[str, float | None]]:
        if _sent(event, "CallForProposals", "AcceptProposal"):
            yield event.content.task.name, event.time + policy.longest(event.content.task.within)
        elif on_record(event, "Outcome"):
            yield event.content.task, None

    return steps


def properties(policy: Policy = DEFAULT) -> tuple[Property, ...]:
    """All of them, for managers with this policy."""
    return (
        one_award,
        proposers_win,
        decided_once,
        one_reply,
        reports_from_awarded,
        best_wins(policy.scoring),
        within_capacity,
        told_by_contractors,
        timely("bidding closes by the deadline", bidding_closes),
        timely("every award comes to an end", awards_end(policy.patience)),
        timely("every task has an outcome", tasks_end(policy)),
    )
