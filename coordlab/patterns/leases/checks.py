"""What must hold of leaders with terms, leases and tokens: invariants LE-S1 to LE-S5, and LE-L1, on a trace.

Read are the states `role` (follows, stands, leads) and `term`, and decisions that are promises: to whom,
in which term, since when and until when, by the clock of who promises.
"""

from __future__ import annotations

from typing import Any

from coordlab.patterns.leases.rules import majority
from coordlab.properties import (
    HOLDS,
    UNDECIDED,
    VIOLATED,
    Complaint,
    Moment,
    Property,
    Verdict,
    disturbs,
    moments,
    on_record,
    watched,
)
from coordlab.trace.trace import CRASH, HANDLE, RESTART, SEND, START, STATE, Event, Trace


class Terms:
    """The term that each agent knows, as far as a trace has been told: see `take`."""

    def __init__(self) -> None:
        self.of: dict[str | None, int] = {}

    def take(self, event: Event) -> None:
        """Go on to the moment after `event`."""
        if event.kind == STATE and event.name == "term":
            self.of[event.agent] = event.data
        elif event.kind in (START, RESTART) and "term" in (states := dict(event.data)):
            self.of[event.agent] = states["term"]

    def led(self, event: Event) -> int | None:
        """The term whose leader has just been found, if one has."""
        leads = event.kind == STATE and event.name == "role" and event.data == "leads"
        return self.of[event.agent] if leads else None


def _is_promise(event: Event) -> bool:
    return on_record(event, "Promise")


def one_leader_per_term() -> Property:
    """LE-S1: no term has two leaders."""

    def watch(_: Trace) -> Complaint:
        terms, leaders = Terms(), dict[int, str | None]()

        def wrong(event: Event) -> str | None:
            terms.take(event)
            term = terms.led(event)
            if term is None or leaders.setdefault(term, event.agent) == event.agent:
                return None
            return f"{event.agent} leads term {term}, which {leaders[term]} has led."

        return wrong

    return watched("one leader per term", watch)


def led_by_a_majority(members: int) -> Property:
    """LE-S2: who leads a term has the votes of most of the members for it, its own included."""
    needed = majority(members)

    def watch(trace: Trace) -> Complaint:
        given = {
            event.message: event.data.term
            for event in trace.select("Vote")
            if event.cause is not None and trace[event.cause].name == "RequestVote"
        }
        terms, votes = Terms(), dict[tuple[str | None, int], set[str | None]]()

        def wrong(event: Event) -> str | None:
            terms.take(event)
            if event.kind == HANDLE and event.message in given:
                votes.setdefault((event.agent, given[event.message]), set()).add(event.peer)
            elif _is_promise(event) and event.data.vote == event.agent:
                votes.setdefault((event.agent, event.data.term), set()).add(event.agent)
            elif (term := terms.led(event)) is not None:
                count = len(votes.get((event.agent, term), ()))
                if count < needed:
                    return f"{event.agent} leads term {term} with {count} of {members} votes."
            return None

        return wrong

    return watched("a majority elects", watch)


def terms_increase() -> Property:
    """LE-S3: nobody goes back to an earlier term, and each leader's term is later than all before."""

    def watch(_: Trace) -> Complaint:
        terms, latest = Terms(), 0

        def wrong(event: Event) -> str | None:
            nonlocal latest
            before = terms.of.get(event.agent, 0)
            terms.take(event)
            if (now := terms.of.get(event.agent, 0)) < before:
                return f"{event.agent} goes back from term {before} to {now}."
            if (term := terms.led(event)) is None:
                return None
            if term < latest:
                return f"{event.agent} leads term {term} after term {latest}."
            latest = term
            return None

        return wrong

    return watched("terms increase", watch)


def promises_are_kept() -> Property:
    """LE-S4, in the granter's clock: nobody promises to follow another before the last promise is over."""

    def watch(_: Trace) -> Complaint:
        last: dict[str | None, Any] = {}

        def wrong(event: Event) -> str | None:
            if not _is_promise(event):
                return None
            now, before = event.data, last.get(event.agent)
            last[event.agent] = now
            if before is None or now.to == before.to or now.since >= before.until:
                return None
            return (
                f"{event.agent} promised to follow {before.to} until {before.until:.3f} s by its own clock."
            )

        return wrong

    return watched("promises are kept", watch)


def one_leader_at_once() -> Property:
    """LE-S4, in true time: no two lead at the same moment; who is down does not lead."""

    def watch(_: Trace) -> Complaint:
        leading: set[str | None] = set()

        def wrong(event: Event) -> str | None:
            if event.kind == CRASH or (event.kind == STATE and event.name == "role"):
                leading.discard(event.agent)
                if event.data == "leads":
                    leading.add(event.agent)
            return f"{' and '.join(sorted(map(str, leading)))} lead at once." if len(leading) > 1 else None

        return wrong

    return watched("one leader at once", watch)


def fenced() -> Property:
    """LE-S5: the storage keeps nothing that comes with a token below one that it has seen."""

    def watch(_: Trace) -> Complaint:
        highest = 0

        def wrong(event: Event) -> str | None:
            nonlocal highest
            if not (event.kind == SEND and event.name == "Stored"):
                return None
            before, highest = highest, max(highest, event.data.token)
            if event.data.token < before:
                return f"{event.agent} kept what came with {event.data.token} after {before}."
            return None

        return wrong

    return watched("the storage is fenced", watch)


def led(members: int, within: float) -> Property:
    """LE-L1: while most hear each other, nobody leads for `within` so many calm seconds at most.

    Split votes may repeat: with random time-outs every bound is missed now and then, a generous one rarely.
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
        voters = [name for name in component if now.state(name, "term") is not None]
        if len(voters) >= majority(members):
            return all(now.state(name, "role") != "leads" for name in voters)
    return False


def settling_time(lease: float, beat: float) -> float:
    """How long, in seconds, it may take until somebody leads: four elections after the longest silence."""
    return 4 * (2 * lease + beat)


def properties(members: int, lease: float = 1.0, beat: float = 0.25) -> tuple[Property, ...]:
    """All of them, for so many members with this lease and beat (seconds)."""
    return (
        one_leader_per_term(),
        led_by_a_majority(members),
        terms_increase(),
        promises_are_kept(),
        one_leader_at_once(),
        fenced(),
        led(members, settling_time(lease, beat)),
    )
