"""What must hold of leaders with terms, leases and tokens: invariants LE-S1 to LE-S6, and LE-L1, on a trace.

They read the states `role` (follows, stands, leads) and `term`, and the decisions that are promises: to whom,
in which term, since when and until when, by the clock of the member that promises.  Votes and tokens are
counted from the messages alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from coordlab.patterns.leases.rules import Promise
from coordlab.properties import (
    HOLDS,
    UNDECIDED,
    VIOLATED,
    Moment,
    Objection,
    Property,
    Verdict,
    disturbs,
    moments,
    on_record,
    recorded,
    safety,
)
from coordlab.trace.trace import CRASH, HANDLE, RESTART, SEND, START, STATE, Event, Trace


def terms(trace: Trace) -> Iterator[tuple[Event, int, int]]:
    """Each event, with the term that its agent knew before it and knows after it."""
    known: dict[str | None, int] = {}
    for event in trace:
        before = known.get(event.agent, 0)
        if event.kind == STATE and event.name == "term":
            known[event.agent] = event.data
        elif event.kind in (START, RESTART) and "term" in (states := dict(event.data)):
            known[event.agent] = states["term"]
        yield event, before, known.get(event.agent, 0)


def leads(event: Event) -> bool:
    """Whether an agent begins to lead here."""
    return event.kind == STATE and event.name == "role" and event.data == "leads"


@safety("one leader per term")
def one_leader_per_term(trace: Trace) -> Iterator[Objection]:
    """LE-S1: no term has two leaders."""
    leaders: dict[int, str | None] = {}
    for event, _, term in terms(trace):
        if leads(event) and leaders.setdefault(term, event.agent) != event.agent:
            yield event, f"{event.agent} leads term {term}, which {leaders[term]} has led."


def led_by_a_majority(members: int) -> Property:
    """LE-S2: the leader of a term has the votes of most members for it, its own included."""

    @safety("a majority elects")
    def judge(trace: Trace) -> Iterator[Objection]:
        elections: set[int | None] = set()  # the numbers of the votes that answer a RequestVote
        votes: dict[tuple[str | None, int], set[str | None]] = {}
        for event, _, term in terms(trace):
            told = event.content
            if answers(trace, event, "Vote", "RequestVote"):
                elections.add(event.message)
            elif event.kind == HANDLE and event.message in elections:
                votes.setdefault((event.agent, told.term), set()).add(event.peer)
            elif on_record(event, "Promise") and told.vote == event.agent:
                votes.setdefault((event.agent, told.term), set()).add(event.agent)
            elif leads(event) and 2 * (count := len(votes.get((event.agent, term), ()))) <= members:
                yield event, f"{event.agent} leads term {term} with {count} of {members} votes."

    return judge


@safety("one vote a term")
def one_vote_a_term(trace: Trace) -> Iterator[Objection]:
    """LE-S6: no member votes for two in a term, across crashes: votes are messages, its own is on record."""
    votes: dict[tuple[str | None, int], str | None] = {}
    for event in trace.select("Promise", "Vote"):
        own = event.name == "Promise" and event.content.vote == event.agent
        if own or answers(trace, event, "Vote", "RequestVote"):
            term, whom = event.content.term, event.agent if own else event.peer
            if (before := votes.setdefault((event.agent, term), whom)) != whom:
                yield event, f"{event.agent} votes for {whom} in term {term}, after it voted for {before}."


def answers(trace: Trace, event: Event, name: str, question: str) -> bool:
    """Whether a message of this name is sent here, in answer to a `question`."""
    sent = event.kind == SEND and event.name == name and event.cause is not None
    return sent and trace[event.cause or 0].name == question


@safety("terms increase")
def terms_increase(trace: Trace) -> Iterator[Objection]:
    """LE-S3: no member goes back to an earlier term, and each reign is of a later term than all before."""
    latest = 0
    for event, before, term in terms(trace):
        if term < before:
            yield event, f"{event.agent} goes back from term {before} to {term}."
        if leads(event):
            if term <= latest:
                yield event, f"{event.agent} leads term {term} after term {latest}."
            latest = term


@safety("promises are kept")
def promises_are_kept(trace: Trace) -> Iterator[Objection]:
    """LE-S4, by the member's own clock: it promises to follow another only after its last promise is over."""
    last: dict[str | None, Promise] = {}
    for event in recorded(trace, "Promise"):
        now, before = event.content, last.get(event.agent)
        if before and now.to != before.to and now.since < before.until:
            yield (
                event,
                f"{event.agent} promised to follow {before.to} until {before.until:.3f} s by its own clock.",
            )
        last[event.agent] = now


@safety("one leader at once")
def one_leader_at_once(trace: Trace) -> Iterator[Objection]:
    """LE-S4, in true time: no two members lead at the same moment; a member that is down does not lead."""
    leading: set[str | None] = set()
    for event in trace:
        if event.kind == CRASH or (event.kind == STATE and event.name == "role"):
            leading.discard(event.agent)
            if leads(event):
                leading.add(event.agent)
        if len(leading) > 1:
            yield event, f"{' and '.join(sorted(map(str, leading)))} lead at once."


@safety("the storage is fenced")
def fenced(trace: Trace) -> Iterator[Objection]:
    """LE-S5: the storage keeps nothing that comes with a token below one that it has seen, and says which."""
    highest = token = 0  # of all that it has handled, and of the last
    for event in trace.select(HANDLE, SEND, "Store", "Stored"):
        if event.kind == HANDLE and event.name == "Store":
            token = event.content.token
            highest = max(highest, token)
        elif event.name == "Stored" and event.kind == SEND and not token == event.content.token == highest:
            yield event, f"{event.agent} kept what came with {token} after {highest}."


def led(members: int, within: float) -> Property:
    """LE-L1: while most members hear each other, nobody leads for at most `within` calm seconds.

    Split votes may repeat: with random time-outs any bound is missed now and then, a generous one rarely.
    """
    name = f"led again within {within:g} s"

    def judge(trace: Trace) -> Verdict:
        since: Moment | None = None
        for now in moments(trace):
            if not leaderless(now, members):
                since = None
            elif since is None or (now.event is not None and disturbs(now.event)):
                since = now.copy()
            elif now.time > since.time + within:
                why = f"Nobody has led since {since.time:.3f} s, though most hear each other."
                return Verdict(name, VIOLATED, since.time + within, since.seq, why)
        if since is not None or not len(trace):
            return Verdict(name, UNDECIDED, because=f"nobody leads when the trace ends, at {trace.until:g} s")
        return Verdict(name, HOLDS)

    return Property(name, judge)


def leaderless(now: Moment, members: int) -> bool:
    """Whether most of the members are up and hear each other, and none of them leads."""
    for component in now.components:
        voters = [name for name in component if "term" in now.states[name]]
        if 2 * len(voters) > members:
            return all(now.state(name, "role") != "leads" for name in voters)
    return False


def settling_time(lease: float, beat: float) -> float:
    """The most seconds until a member leads: four elections after the longest silence."""
    return 4 * (2 * lease + beat)


def properties(members: int, lease: float = 1.0, beat: float = 0.25) -> tuple[Property, ...]:
    """All properties of a group of this size with this lease and beat (seconds)."""
    return (
        one_leader_per_term,
        led_by_a_majority(members),
        one_vote_a_term,
        terms_increase,
        promises_are_kept,
        one_leader_at_once,
        fenced,
        led(members, settling_time(lease, beat)),
    )
