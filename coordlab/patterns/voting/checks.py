"""What must hold of a vote, however its ballots come: invariants MV-S1 to MV-L1 on a trace.

The chair notes what becomes of each ballot (`Recorded`) and decides with the outcome (`Closed`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from math import inf
from typing import Any

from coordlab.patterns.voting.ranked import CONDORCET, condorcet_winner, profile
from coordlab.patterns.voting.rules import (
    ABSTAIN,
    ACCEPTED,
    COUNTED,
    LATE,
    NO_QUORUM,
    REJECTED,
    YES,
    Ballot,
    Choice,
    Poll,
    Rule,
)
from coordlab.properties import Complaint, Property, leads_to, on_record, watched
from coordlab.trace.trace import CRASH, HANDLE, SEND, Event, Trace


def closed(event: Event) -> Any:
    """The count that an event tells of, if it does."""
    return event.data if on_record(event, "Closed") else None


def recorded(event: Event) -> Any:
    """What became of a ballot, if an event tells of that."""
    return event.data if on_record(event, "Recorded") else None


class Books:
    """Who was called to each vote and which ballots count, as far as a trace has been told: see `take`."""

    def __init__(self) -> None:
        self.called: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self.counted: defaultdict[str, list[Ballot]] = defaultdict(list)

    def take(self, event: Event) -> None:
        """Go on to the moment after `event`."""
        if event.kind == SEND and event.name == "CallForVotes":
            self.called[event.data.proposal][str(event.peer)] = None
        elif (note := recorded(event)) and note.verdict == COUNTED:
            self.counted[note.proposal].append(Ballot(note.voter, note.choice))

    def differ(
        self, done: Any, ballots: Iterable[Ballot], rule: Rule | None, quorum: int | None
    ) -> str | None:
        """What is wrong if these ballots say something else in the electorate of a vote than was decided."""
        called = self.called[done.proposal]
        if len(called) < (quorum or 1):
            return f"the vote on {done.proposal} was closed, though only {len(called)} had been called."
        poll = Poll([*called], rule, quorum)
        for ballot in ballots:
            poll.take(ballot)
        outcome = poll.close()
        if (outcome.result, outcome.winners) == (done.result, done.winners):
            return None
        return f"the ballots on {done.proposal} say {outcome!r}, and the vote was closed as {done.result}."


def follows_from_ballots(rule: Rule | None = None, quorum: int | None = None) -> Property:
    """MV-S1: the outcome is what the ballots say that came before it, in whatever order one counts them."""

    def watch(trace: Trace) -> Complaint:
        sent = {event.message: event.data for event in trace.select("Vote")}
        cast: defaultdict[str, list[Ballot]] = defaultdict(list)
        books = Books()

        def wrong(event: Event) -> str | None:
            books.take(event)
            if event.kind == HANDLE and event.name == "Vote":
                vote, sender = sent[event.message], event.peer or ""
                if vote.proposal in books.called:
                    ballot = Ballot(vote.voter or sender, vote.choice, event.time, sender)
                    cast[vote.proposal].append(ballot)
            elif done := closed(event):
                turned = books.counted[done.proposal][::-1]
                wrongly = (books.differ(done, each, rule, quorum) for each in (cast[done.proposal], turned))
                return next(filter(None, wrongly), None)
            return None

        return wrong

    return watched("the outcome follows from the ballots", watch)


def monotone() -> Property:
    """MV-S2: of votes in which as many abstained and were missing, none with more yes is the one rejected."""

    def watch(_: Trace) -> Complaint:
        rejected: dict[tuple[int, ...], int] = {}
        accepted: dict[tuple[int, ...], int] = {}

        def wrong(event: Event) -> str | None:
            if (done := closed(event)) and done.result in (ACCEPTED, REJECTED):
                votes = Counter(dict(done.counts))
                yes, alike = votes[YES], (votes.total(), votes[ABSTAIN], len(done.missing))
                if done.result == ACCEPTED:
                    accepted[alike] = min(yes, accepted.get(alike, yes))
                else:
                    rejected[alike] = max(yes, rejected.get(alike, yes))
                if rejected.get(alike, -1) >= accepted.get(alike, inf):
                    return (
                        f"with {rejected[alike]} yes one was rejected, with {accepted[alike]} one accepted."
                    )
            return None

        return wrong

    return watched("more yes never harms", watch)


def one_ballot_each() -> Property:
    """MV-S3: one ballot of each voter counts, sent by itself, and none after the close."""

    def watch(_: Trace) -> Complaint:
        seen: set[tuple[str, str]] = set()
        done: set[str] = set()

        def wrong(event: Event) -> str | None:
            if each := closed(event):
                done.add(each.proposal)
            if not (note := recorded(event)) or note.verdict != COUNTED:
                return None
            if note.sender != note.voter:
                return f"a ballot of {note.voter} counts that {note.sender} sent."
            if note.proposal in done:
                return f"a ballot of {note.voter} counts after the vote on {note.proposal} was closed."
            if (note.proposal, note.voter) in seen:
                return f"two ballots of {note.voter} on {note.proposal} count."
            seen.add((note.proposal, note.voter))
            return None

        return wrong

    return watched("one ballot each, none after the close", watch)


def only_with_quorum(quorum: int | None = None) -> Property:
    """MV-S4: nothing is decided unless enough took part, and abstaining is taking part."""

    def watch(_: Trace) -> Complaint:
        books = Books()

        def wrong(event: Event) -> str | None:
            books.take(event)
            if not (done := closed(event)):
                return None
            present = len(books.counted[done.proposal])
            needed = len(books.called[done.proposal]) // 2 + 1 if quorum is None else quorum
            if (done.result == NO_QUORUM) == (present < needed):
                return None
            return f"{present} took part, {needed} must: the outcome was {done.result}."

        return wrong

    return watched("decided only with a quorum", watch)


def early_is_final(rule: Rule | None = None, quorum: int | None = None, deadline: float = 1.0) -> Property:
    """MV-S5: had a vote that was closed early waited for the ballots that came later, it had ended alike."""

    def watch(_: Trace) -> Complaint:
        opened: dict[str, float] = {}
        early: dict[str, tuple[Any, list[Ballot]]] = {}
        books = Books()

        def wrong(event: Event) -> str | None:
            books.take(event)
            if event.kind == SEND and event.name == "CallForVotes":
                opened.setdefault(event.data.proposal, event.time)
            elif done := closed(event):
                if event.time < opened.get(done.proposal, -deadline) + deadline - 1e-9:
                    early[done.proposal] = done, list(books.counted[done.proposal])
            elif (note := recorded(event)) and note.verdict == LATE and note.proposal in early:
                done, ballots = early[note.proposal]
                ballots.append(Ballot(note.voter, note.choice))
                return books.differ(done, ballots, rule, quorum)
            return None

        return wrong

    return watched("what is decided early stays so", watch)


def told_alike() -> Property:
    """Whoever is told an outcome is told the one that was decided."""

    def watch(_: Trace) -> Complaint:
        done: dict[str, Any] = {}

        def wrong(event: Event) -> str | None:
            if each := closed(event):
                done[each.proposal] = each
            if event.kind != SEND or event.name != "Result":
                return None
            told, true = event.data, done.get(event.data.proposal)
            if true and (told.result, told.winners) == (true.result, true.winners):
                return None
            return f"{event.peer} was told that {told.proposal} is {told.result}, which was not decided."

        return wrong

    return watched("all are told what was decided", watch)


def condorcet(rule: Choice) -> Property:
    """Whoever beats everybody else is elected, if the method promises that."""

    def watch(_: Trace) -> Complaint:
        def wrong(event: Event) -> str | None:
            if not (done := closed(event)):
                return None
            ranked = {each: many for each, many in done.counts if each != ABSTAIN}
            best = condorcet_winner(profile(ranked, rule.alternatives)) if ranked else None
            if best is None or done.result == NO_QUORUM or done.winners == (best,):
                return None
            return f"{best} beats everybody else, and {', '.join(done.winners)} won."

        return wrong

    return watched("who beats everybody is elected", watch)


def closed_in_time(deadline: float = 1.0, slack: float = 0.1) -> Property:
    """MV-L1: `deadline` + `slack` seconds after it was called a vote is closed, if the chair stays up."""

    def begins(event: Event) -> Iterator[Any]:
        if event.kind == SEND and event.name == "CallForVotes":
            yield event.data.proposal, event.agent

    def ends(event: Event, begun: Any) -> Iterator[Any]:
        if done := closed(event):
            yield done.proposal, event.agent
        elif event.kind == CRASH:
            yield from [each for each in begun if each[1] == event.agent]

    return leads_to(f"an outcome within {deadline + slack:g} s", begins, ends, deadline + slack)


def properties(
    rule: Rule | None = None, quorum: int | None = None, deadline: float = 1.0
) -> tuple[Property, ...]:
    """All of them, for a chair with this rule, quorum and deadline (seconds)."""
    ranked = [condorcet(rule)] if isinstance(rule, Choice) and rule.method in CONDORCET else []
    return (
        follows_from_ballots(rule, quorum),
        monotone(),
        one_ballot_each(),
        only_with_quorum(quorum),
        early_is_final(rule, quorum, deadline),
        told_alike(),
        closed_in_time(deadline),
        *ranked,
    )
