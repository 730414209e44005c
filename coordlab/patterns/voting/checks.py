"""What must hold of a vote, whatever the ballots are: invariants MV-S1 to MV-L1 on a trace.

The chair notes the verdict on each ballot (`Recorded`) and decides with the outcome (`Closed`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any
from unicodedata import normalize

from coordlab.patterns.voting import rules
from coordlab.patterns.voting.ranked import CONDORCET, condorcet_winner, profile
from coordlab.patterns.voting.rules import ABSTAIN, NO_QUORUM, Ballot, Choice, Rule
from coordlab.properties import Begun, Objection, Property, leads_to, on_record, recorded, safety
from coordlab.trace.trace import CRASH, HANDLE, SEND, Event, Trace


class Books:
    """Who was called to each vote and which ballots count, up to the last event that was taken."""

    def __init__(self) -> None:
        self.called: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self.counted: defaultdict[str, list[Ballot]] = defaultdict(list)

    def take(self, event: Event) -> None:
        """Advance past `event`."""
        told = event.content
        if event.kind == SEND and event.name == "CallForVotes":
            self.called[told.proposal][str(event.peer)] = None
        elif on_record(event, "Recorded") and told.verdict == rules.COUNTED:
            self.counted[told.proposal].append(Ballot(told.voter, told.choice))

    def differ(
        self, closed: Event, ballots: Iterable[Ballot], rule: Rule | None, quorum: int | None
    ) -> Iterator[Objection]:
        """An objection if these ballots decide something else than the vote that is `closed`."""
        done = closed.content
        called = self.called[done.proposal]
        if len(called) < (quorum or 1):
            yield closed, f"{done.proposal} was voted on, though only {len(called)} had been called."
            return
        outcome = rules.decide(ballots, [*called], rule, quorum)
        if (outcome.result, outcome.winners) != (done.result, done.winners):
            why = f"the ballots on {done.proposal} say {outcome!r}, and the vote was closed as {done.result}."
            yield closed, why


def follows_from_ballots(rule: Rule | None = None, quorum: int | None = None) -> Property:
    """MV-S1: the outcome is what the ballots before it decide, in whatever order they are counted."""

    @safety("the outcome follows from the ballots")
    def judge(trace: Trace) -> Iterator[Objection]:
        cast: defaultdict[str, list[Ballot]] = defaultdict(list)
        books = Books()
        for event in trace:
            books.take(event)
            if event.kind == HANDLE and event.name == "Vote":
                vote, sender = event.content, event.peer or ""
                if vote.proposal in books.called:
                    ballot = Ballot(vote.voter or sender, vote.choice, event.time, sender)
                    cast[vote.proposal].append(ballot)
            elif on_record(event, "Closed"):
                proposal = event.content.proposal
                for ballots in (cast[proposal], books.counted[proposal][::-1]):
                    yield from books.differ(event, ballots, rule, quorum)

    return judge


def counted_again(rule: Rule | None = None, quorum: int | None = None) -> Property:
    """MV-S2, without the rules: a count by hand of what the chair was sent comes to the same.

    For yes and no, and for pluralities of declared names; where equals share a ballot nothing is counted.
    """
    alternatives = [_bare(each) for each in getattr(rule, "alternatives", ("yes", "no"))]
    known = getattr(rule, "method", "plurality") == "plurality" and 1 < len(alternatives) == len(
        {*alternatives}
    )

    @safety("a count by hand comes to the same")
    def judge(trace: Trace) -> Iterator[Objection]:
        simple = known
        called: defaultdict[str, dict[str | None, float]] = defaultdict(dict)  # until when they may vote
        cast: defaultdict[str, dict[str | None, str]] = defaultdict(dict)
        for event in trace:
            told, voter = event.content, event.peer
            if event.kind == SEND and event.name == "CallForVotes":
                called[told.proposal][voter] = told.closes
            elif event.kind == HANDLE and event.name == "Vote":
                first = told.choice[0] if isinstance(told.choice, tuple) and told.choice else told.choice
                choice = _bare(first) if isinstance(first, str) else ""
                simple = simple and not isinstance(first, tuple)
                in_time = event.time <= called[told.proposal].get(voter, -1.0)
                if in_time and told.voter in (None, voter) and choice in [*alternatives, "abstain"]:
                    cast[told.proposal].setdefault(voter, choice)
            elif on_record(event, "Closed") and simple:
                count, size = Counter(cast[told.proposal].values()), len(called[told.proposal])
                result = _by_hand(rule, count, size, size // 2 + 1 if quorum is None else quorum)
                if told.result != result:
                    yield event, f"{dict(count)} of {size} make it {result}, not {told.result}."

    return judge


def _bare(text: str) -> str:
    """The letters, digits and spaces of a text, in lower case."""
    plain = normalize("NFKC", text).casefold()
    return "".join(each for each in plain if each.isalnum() or each == " ").strip()


def _by_hand(rule: Any, count: Counter[str], size: int, quorum: int) -> str:
    """The result of this many votes for each choice."""
    present, abstained = count.total(), count.pop("abstain", 0)
    if present < quorum:
        return "no_quorum"
    if hasattr(rule, "alternatives"):
        top = [name for name, many in count.items() if many == max(count.values())]
        return "elected" if len(top) == 1 or (top and rule.tie == "order") else "tie"
    bases = {"simple": present - abstained, "present": present, "absolute": size}
    base, threshold = bases[getattr(rule, "base", "simple")], getattr(rule, "threshold", Fraction(1, 2))
    if count["yes"] == threshold * base and (base == 0 or 2 * threshold == 1):
        return str(getattr(rule, "tie", "tie"))
    return "accepted" if count["yes"] >= threshold * base else "rejected"


@safety("one ballot each, none after the close")
def one_ballot_each(trace: Trace) -> Iterator[Objection]:
    """MV-S3: one ballot of each voter counts, sent by itself, and none after the close."""
    seen: set[tuple[str, str]] = set()
    done: set[str] = set()
    for event in recorded(trace, "Closed", "Recorded"):
        note = event.content
        if event.name == "Closed":
            done.add(note.proposal)
        elif note.verdict == rules.COUNTED:
            if note.sender != note.voter:
                yield event, f"a ballot of {note.voter} counts that {note.sender} sent."
            if note.proposal in done:
                yield event, f"a ballot of {note.voter} counts after the vote on {note.proposal} was closed."
            if (note.proposal, note.voter) in seen:
                yield event, f"two ballots of {note.voter} on {note.proposal} count."
            seen.add((note.proposal, note.voter))


def early_is_final(rule: Rule | None = None, quorum: int | None = None, deadline: float = 1.0) -> Property:
    """MV-S5: a vote that was closed early would have ended alike with the ballots that came later."""

    @safety("what is decided early stays so")
    def judge(trace: Trace) -> Iterator[Objection]:
        opened: dict[str, float] = {}
        early: dict[str, tuple[Event, list[Ballot]]] = {}
        books = Books()
        for event in trace:
            books.take(event)
            told = event.content
            if event.kind == SEND and event.name == "CallForVotes":
                opened.setdefault(told.proposal, event.time)
            elif on_record(event, "Closed"):
                if event.time < opened.get(told.proposal, -deadline) + deadline - 1e-9:
                    early[told.proposal] = event, list(books.counted[told.proposal])
            elif on_record(event, "Recorded") and told.verdict == rules.LATE and told.proposal in early:
                closed, ballots = early[told.proposal]
                ballots.append(Ballot(told.voter, told.choice))
                for _, why in books.differ(closed, ballots, rule, quorum):
                    yield event, why

    return judge


@safety("all are told what was decided")
def told_alike(trace: Trace) -> Iterator[Objection]:
    """Each that was called to a vote gets a Result, at once, with the outcome that was decided."""
    called: defaultdict[str, dict[str | None, None]] = defaultdict(dict)
    done: dict[str, tuple[str, tuple[str, ...]]] = {}
    owed: dict[tuple[str, str | None], Event] = {}
    for event in trace:
        told = event.content
        for (proposal, voter), closed in [*owed.items()][:1]:
            if event.time > closed.time:
                yield closed, f"{voter} was not told the outcome of {proposal}."
        if event.kind == SEND and event.name == "CallForVotes":
            called[told.proposal][event.peer] = None
        elif on_record(event, "Closed"):
            if told.proposal in done:
                yield event, f"{told.proposal} was decided before."
            done[told.proposal] = told.result, told.winners
            owed |= {(told.proposal, voter): event for voter in called[told.proposal]}
        elif event.kind == SEND and event.name == "Result":
            owed.pop((told.proposal, event.peer), None)
            if done.get(told.proposal) != (told.result, told.winners):
                yield event, f"{event.peer} was told that {told.proposal} is {told.result}: not decided."


def condorcet(rule: Choice) -> Property:
    """The alternative that beats every other is elected, if the method promises that."""

    @safety("who beats everybody is elected")
    def judge(trace: Trace) -> Iterator[Objection]:
        for event in recorded(trace, "Closed"):
            done = event.content
            ranked = {each: many for each, many in done.counts if each != ABSTAIN}
            best = condorcet_winner(profile(ranked, rule.alternatives)) if ranked else None
            if best is not None and done.result != NO_QUORUM and done.winners != (best,):
                yield event, f"{best} beats every other, and {', '.join(done.winners)} won."

    return judge


def closed_in_time(
    deadline: float = 1.0, slack: float = 0.1, call: str = "CallForVotes", close: str = "Closed"
) -> Property:
    """MV-L1: a vote is closed `deadline` + `slack` seconds after the `call`, if the chair stays up."""

    def subject(event: Event) -> tuple[object, str | None]:
        return getattr(event.content, "proposal", None) or event.content.number, event.agent

    def begins(event: Event) -> list[object]:
        return [subject(event)] if event.kind == SEND and event.name == call else []

    def ends(event: Event, begun: Begun) -> list[object]:
        if event.kind == CRASH:
            return [key for key, began in begun.items() if began.agent == event.agent]
        return [subject(event)] if on_record(event, close) else []

    return leads_to(f"an outcome within {deadline + slack:g} s", begins, ends, deadline + slack)


def properties(
    rule: Rule | None = None, quorum: int | None = None, deadline: float = 1.0
) -> tuple[Property, ...]:
    """All of them, for a chair with this rule, quorum and deadline (seconds)."""
    ranked = [condorcet(rule)] if isinstance(rule, Choice) and rule.method in CONDORCET else []
    return (
        follows_from_ballots(rule, quorum),
        counted_again(rule, quorum),
        one_ballot_each,
        early_is_final(rule, quorum, deadline),
        told_alike,
        closed_in_time(deadline),
        *ranked,
    )
