"""What must hold of a contract net: invariants CN-S1 to CN-L3 on a trace.

A conversation is one attempt at a task.  It is called for with a CallForProposals and closed by the decision
that says who has won, or awarded directly, without a call.  In time is what the manager handles before both.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

from coordlab.patterns.contract_net.rules import DEFAULT, LATE, Policy, Scoring, best, flaw
from coordlab.properties import HOLDS, UNDECIDED, VIOLATED, Complaint, Property, Verdict, on_record, watched
from coordlab.trace.narration import sentence
from coordlab.trace.trace import CRASH, HANDLE, RESTART, SEND, START, Event, Trace

SOON = 1e-9  # seconds: closer than any two moments that differ
REPLIES = ("Propose", "Refuse", "NotUnderstood")
REPORTS = ("InformDone", "InformResult", "Failure")

Pair = tuple[str, "str | None"]  # a conversation and a contractor


def _sent(event: Event, *names: str) -> bool:
    return event.kind == SEND and event.name in names


def _handled(event: Event, *names: str) -> bool:
    return event.kind == HANDLE and event.name in names and event.data is not None


def told(trace: Trace) -> Callable[[Event], Event]:
    """Gives to each event of a trace in which a message is handled that message as its data."""
    said = {event.message: event.data for event in trace if event.kind == SEND}

    def tell(event: Event) -> Event:
        return event._replace(data=said.get(event.message)) if event.kind == HANDLE else event

    return tell


def never_told(name: str, watch: Callable[[Trace], Complaint]) -> Property:
    """As `never`, with events as `told` gives them."""

    def watching(trace: Trace) -> Complaint:
        tell, wrong = told(trace), watch(trace)
        return lambda event: wrong(tell(event))

    return watched(name, watching)


class Calls:
    """What has come of each call for proposals, as far as it has been `told`: see `take`."""

    def __init__(self) -> None:
        self.called: dict[str, Any] = {}  # the call of the latest round, by conversation
        self.calling: dict[str | None, list[str]] = defaultdict(list)  # conversations, by manager
        self.standing: dict[str, dict[str | None, Any]] = defaultdict(dict)  # proposals, by contractor
        self.closed: set[str] = set()
        self.rejected: dict[Pair, float] = {}  # when

    def take(self, event: Event) -> None:
        """Go on to the moment after `event`."""
        if _sent(event, "CallForProposals"):
            if event.data.conversation not in self.called:
                self.calling[event.agent].append(event.data.conversation)
            self.called[event.data.conversation] = event.data
        elif event.kind == CRASH:
            self.closed.update(self.calling.pop(event.agent, ()))  # forgotten
        elif on_record(event, "Closed"):
            self.closed.add(event.data.conversation)
        elif _sent(event, "RejectProposal"):
            self.rejected[event.data.conversation, event.peer] = event.time
        elif _handled(event, "Refuse"):
            self.standing[event.data.conversation].pop(event.peer, None)
        elif _handled(event, "Propose") and self.in_time(event):
            mine = self.standing[event.data.conversation]
            if event.peer not in mine or mine[event.peer].round < event.data.round:
                mine[event.peer] = event.data  # the first in this round

    def in_time(self, event: Event) -> bool:
        """Whether a proposal that is handled now is one for the round that is under way."""
        proposal = event.data
        call = self.called.get(proposal.conversation)
        return (
            call is not None
            and proposal.conversation not in self.closed
            and proposal.round == call.round
            and event.time < call.reply_by - SOON
        )

    def bids(self, conversation: str, now: float) -> dict[str, Any]:
        """The valid bids of those who have not been rejected before now, by contractor."""
        task, proposals = self.called[conversation].task, self.standing[conversation]
        return {
            str(name): proposal.bid
            for name, proposal in proposals.items()
            if self.rejected.get((conversation, name), now) >= now and not flaw(proposal.bid, task)
        }


# --- safety ---------------------------------------------------------------------------------------


def one_award() -> Property:
    """CN-S1: at most one AcceptProposal in each attempt at a task."""

    def watch(_: Trace) -> Complaint:
        awarded: dict[str, str | None] = {}

        def wrong(event: Event) -> str | None:
            if not _sent(event, "AcceptProposal"):
                return None
            conversation = event.data.conversation
            if conversation in awarded:
                return f"{event.peer} was awarded {conversation}, which {awarded[conversation]} had been."
            awarded[conversation] = event.peer
            return None

        return wrong

    return watched("one award for each attempt", watch)


def proposers_win() -> Property:
    """CN-S2: a called-for task is awarded only to one whose proposal came in time and stands."""

    def watch(_: Trace) -> Complaint:
        calls = Calls()

        def wrong(event: Event) -> str | None:
            calls.take(event)
            if not _sent(event, "AcceptProposal") or event.data.conversation not in calls.called:
                return None
            if event.peer in calls.standing[event.data.conversation]:
                return None
            return f"{event.peer} was awarded {event.data.conversation} without a proposal in time."

        return wrong

    return never_told("awarded only if proposed in time", watch)


class Decisions:
    """Which proposals await a decision, and which have had one, as far as it has been `told`."""

    def __init__(self) -> None:
        self.calls = Calls()
        self.waiting: dict[str, dict[str | None, Event]] = defaultdict(dict)  # until bidding is closed
        self.due: dict[Pair, Event] = {}  # what must be decided on
        self.moment = 0.0  # by then
        self.late: set[Pair] = set()
        self.decided: dict[str, set[str | None]] = defaultdict(set)

    def take(self, event: Event) -> str | None:
        """Go on to the moment after `event`; gives what is wrong with it."""
        calls, self.moment = self.calls, event.time
        if _handled(event, "Propose"):
            self.proposed(event)
        elif _handled(event, "Refuse"):
            self.waiting[event.data.conversation].pop(event.peer, None)
        elif on_record(event, "Closed"):
            undecided = self.waiting.pop(event.data.conversation, {})
            self.due.update({(event.data.conversation, name): each for name, each in undecided.items()})
        elif event.kind == CRASH:
            self.forget(set(calls.calling[event.agent]))
        calls.take(event)
        return self.decide(event) if _sent(event, "AcceptProposal", "RejectProposal") else None

    def forget(self, conversations: set[str]) -> None:
        """Their manager is down."""
        for conversation in conversations:
            self.waiting.pop(conversation, None)
            self.decided.pop(conversation, None)
        self.due = {pair: each for pair, each in self.due.items() if pair[0] not in conversations}

    def proposed(self, event: Event) -> None:
        """A proposal is handled; one that is late must be rejected at once."""
        conversation = event.data.conversation
        if self.calls.in_time(event):
            self.waiting[conversation].setdefault(event.peer, event)
        elif event.peer not in self.calls.standing[conversation] and (
            event.peer not in self.decided[conversation]
        ):
            self.due[conversation, event.peer] = event
            self.late.add((conversation, event.peer))

    def decide(self, event: Event) -> str | None:
        """A proposal is accepted or rejected."""
        conversation = event.data.conversation
        if event.peer in self.decided[conversation]:
            return f"{event.peer} was told twice what became of its proposal in {conversation}."
        if (conversation, event.peer) in self.late and getattr(event.data, "reason", None) != LATE:
            return f"{event.peer} was late in {conversation}, and told something else."
        self.decided[conversation].add(event.peer)
        self.waiting[conversation].pop(event.peer, None)
        self.due.pop((conversation, event.peer), None)
        return None


def decided_once() -> Property:
    """CN-S3: every proposal in time has one decision when bidding closes, a late one RejectProposal (late).

    Undecided if the trace ends while proposals wait.  A manager that crashes has forgotten them.
    """
    name = "one decision for each proposal"

    def judge(trace: Trace) -> Verdict:
        decisions = Decisions()
        for event in map(told(trace), trace):
            if decisions.due and event.time > decisions.moment:
                break
            if why := decisions.take(event):
                return Verdict(name, VIOLATED, event.time, event.seq, why)
        if decisions.due and trace.until > decisions.moment:
            (conversation, who), event = next(iter(decisions.due.items()))
            why = f"{who} was not told what became of its proposal in {conversation}."
            return Verdict(name, VIOLATED, event.time, event.seq, why)
        if decisions.due or any(decisions.waiting.values()) or not len(trace):
            return Verdict(name, UNDECIDED, because="the run ends before bidding is closed")
        return Verdict(name, HOLDS)

    return Property(name, judge)


def one_reply() -> Property:
    """CN-S4: nobody answers a call more than once, unless it crashed in between."""

    def watch(_: Trace) -> Complaint:
        called: Counter[Pair] = Counter()
        replied: dict[str | None, Counter[str]] = defaultdict(Counter)

        def wrong(event: Event) -> str | None:
            if event.kind == CRASH:
                replied.pop(event.agent, None)
            elif _sent(event, "CallForProposals"):
                called[event.data.conversation, event.peer] += 1
            elif _sent(event, *REPLIES):
                conversation = event.data.conversation
                replied[event.agent][conversation] += 1
                if replied[event.agent][conversation] > called[conversation, event.agent]:
                    return f"{event.agent} answered {conversation} more often than it was called."
            return None

        return wrong

    return never_told("one reply to each call", watch)


def reports_from_awarded() -> Property:
    """CN-S5: a report comes only from whoever has been awarded, and once."""

    def watch(_: Trace) -> Complaint:
        awarded: dict[str | None, dict[str, bool]] = defaultdict(dict)  # and not over

        def wrong(event: Event) -> str | None:
            mine = awarded[event.agent]
            if event.kind == CRASH:
                mine.clear()
            elif _handled(event, "AcceptProposal"):
                mine.setdefault(event.data.conversation, True)
            elif _handled(event, "Cancel"):
                mine[event.data.conversation] = False
            elif _sent(event, *REPORTS):
                if not mine.get(event.data.conversation):
                    return f"{event.agent} reported on {event.data.conversation}, which was not its to do."
                mine[event.data.conversation] = False
            return None

        return wrong

    return never_told("reports from the awarded, once", watch)


def best_wins(scoring: Scoring) -> Property:
    """CN-S6: the award goes to the best score; of equals, to the first in the alphabet."""

    def watch(_: Trace) -> Complaint:
        calls = Calls()

        def wrong(event: Event) -> str | None:
            calls.take(event)
            if not _sent(event, "AcceptProposal") or event.data.conversation not in calls.called:
                return None
            bids = calls.bids(event.data.conversation, event.time)
            task = calls.called[event.data.conversation].task
            winner = best(scoring(task, bids)) if bids else "nobody"
            if event.peer == winner:
                return None
            return f"{event.peer} was awarded {event.data.conversation}, but {winner} has the best score."

        return wrong

    return never_told("the best score wins", watch)


class Loads:
    """What binds each contractor, and until when, as far as it has been `told`: see `take`."""

    def __init__(self, trace: Trace) -> None:
        self.declined = {event.cause for event in trace if _sent(event, "Failure")}
        self.capacity: dict[str | None, float] = {}  # as their state says; who has none is not judged
        self.bound: dict[str | None, dict[str, float]] = defaultdict(dict)
        self.over: dict[str | None, set[str]] = defaultdict(set)

    def take(self, event: Event) -> None:
        """Go on to the moment after `event`."""
        bound, over = self.bound[event.agent], self.over[event.agent]
        if event.kind in (START, RESTART):
            self.capacity[event.agent] = dict(event.data).get("capacity", float("inf"))
        elif event.kind == CRASH:
            bound.clear()
            over.clear()
        elif _sent(event, "Propose"):
            bound[event.data.conversation] = event.data.binding_until
        elif _handled(event, "AcceptProposal") and event.seq not in self.declined:
            if event.data.conversation not in over:
                bound[event.data.conversation] = float("inf")
        elif _handled(event, "RejectProposal", "Cancel") or _sent(event, *REPORTS):
            bound.pop(event.data.conversation, None)
            if event.name != "RejectProposal":
                over.add(event.data.conversation)

    def load(self, event: Event) -> int:
        """How many tasks bind the one who acts, once what has lapsed is forgotten."""
        bound = self.bound[event.agent]
        for conversation in [each for each, until in bound.items() if until <= event.time + SOON]:
            del bound[conversation]
        return len(bound)


def within_capacity() -> Property:
    """CN-S7: what a contractor has proposed, bindingly, and what it works on never exceed its capacity."""

    def watch(trace: Trace) -> Complaint:
        loads = Loads(trace)

        def wrong(event: Event) -> str | None:
            loads.take(event)
            if not (_sent(event, "Propose") or _handled(event, "AcceptProposal")):
                return None
            load, capacity = loads.load(event), loads.capacity[event.agent]
            return (
                f"{event.agent} is bound to {load} tasks, but can do {capacity}." if load > capacity else None
            )

        return wrong

    return never_told("never more than the capacity", watch)


# --- liveness -------------------------------------------------------------------------------------


class Obligations:
    """What managers have opened and must close, each matter by its own moment; a crash forgets theirs."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.open: dict[str | None, dict[str, tuple[float, Event]]] = defaultdict(dict)
        self.wrong: list[tuple[float, int, str]] = []
        self.ever = False

    def begin(self, event: Event, what: str, due: float) -> None:
        """Something is opened, unless it is already."""
        self.open[event.agent].setdefault(what, (due, event))
        self.ever = True

    def end(self, event: Event, what: str) -> None:
        """It is closed: once, and in time."""
        due, began = self.open[event.agent].pop(what, (None, event))
        if due is None:
            self.wrong.append((event.time, event.seq, f"{what} was not open any more, or never was."))
        elif event.time > due + SOON:
            self.wrong.append(self.overdue(due, began))

    def overdue(self, due: float, began: Event) -> tuple[float, int, str]:
        """Something that was not closed in time, as a complaint."""
        return due, began.seq, f"nothing came of it by {due:g} s: {sentence(self.trace, began.seq)}"

    def verdict(self, name: str) -> Verdict:
        """Whether all was closed in time."""
        left = [each for mine in self.open.values() for each in mine.values()]
        late = [self.overdue(*each) for each in left if self.trace.until > each[0] + SOON]
        if wrong := self.wrong + late:
            return Verdict(name, VIOLATED, *min(wrong))
        if left or not self.ever:
            why = "something is open when the run ends" if left else "nothing was opened"
            return Verdict(name, UNDECIDED, because=why)
        return Verdict(name, HOLDS)


def timely(name: str, step: Callable[[Obligations, Event], None]) -> Property:
    """A liveness property: `step` is told each event and says what begins and ends with it."""

    def judge(trace: Trace) -> Verdict:
        obligations = Obligations(trace)
        for event in map(told(trace), trace):
            if event.kind == CRASH:
                obligations.open.pop(event.agent, None)
            step(obligations, event)
        return obligations.verdict(name)

    return Property(name, judge)


def bidding_closes() -> Property:
    """CN-L1: every call is closed, or goes into its next round, by its reply-by."""

    def step(obligations: Obligations, event: Event) -> None:
        if on_record(event, "Closed"):
            obligations.end(event, event.data.conversation)
        elif _sent(event, "CallForProposals"):
            call, calls = event.data, obligations.open[event.agent]
            if call.conversation in calls and calls[call.conversation][1].data.round < call.round:
                obligations.end(event, call.conversation)
            obligations.begin(event, call.conversation, call.reply_by)

    return timely("bidding closes by the deadline", step)


def awards_end(patience: float) -> Property:
    """CN-L2: every award ends in one report or one Cancel, at most `patience` s after the task's time."""

    def step(obligations: Obligations, event: Event) -> None:
        if _sent(event, "AcceptProposal"):
            obligations.begin(event, event.data.conversation, event.time + event.data.task.within + patience)
        elif _sent(event, "Cancel") or _handled(event, *REPORTS):
            obligations.end(event, event.data.conversation)

    return timely("every award comes to an end", step)


def tasks_end(policy: Policy) -> Property:
    """CN-L3: every task has an outcome, done or not, when this policy has had its time with it."""

    def step(obligations: Obligations, event: Event) -> None:
        if _sent(event, "CallForProposals", "AcceptProposal"):
            task = event.data.task
            obligations.begin(event, task.name, event.time + policy.longest(task.within))
        elif on_record(event, "Outcome"):
            obligations.end(event, event.data.task)

    return timely("every task has an outcome", step)


def properties(policy: Policy = DEFAULT) -> tuple[Property, ...]:
    """All of them, for managers with this policy."""
    return (
        one_award(),
        proposers_win(),
        decided_once(),
        one_reply(),
        reports_from_awarded(),
        best_wins(policy.scoring),
        within_capacity(),
        bidding_closes(),
        awards_end(policy.patience),
        tasks_end(policy),
    )
