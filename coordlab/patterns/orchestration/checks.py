"""What must hold of every orchestrated run, whatever its style: OR-S1 to OR-S6 and OR-L1 on a trace.

A conductor is known by its state `spent`; its run begins when its role becomes "conducting" and ends with
the `Result` that it decides.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from coordlab.patterns.orchestration.rules import REPLIES, Budget, Rights, Stop, Usage
from coordlab.properties import HOLDS, UNDECIDED, VIOLATED, Complaint, Property, Verdict, on_record, watched
from coordlab.trace.trace import CRASH, HANDLE, SEND, STATE, Event, Trace


def is_result(event: Event) -> bool:
    """Whether somebody decides a `Result` here."""
    return on_record(event, "Result")


def is_turn(event: Event) -> bool:
    """Whether somebody is given a turn here."""
    return event.kind == SEND and event.name == "Turn"


def begins(event: Event) -> bool:
    """Whether a conductor's run begins, or goes on after a crash."""
    return event.kind == STATE and event.data == "conducting"


def one_stop_reason() -> Property:
    """OR-S1: a run ends with one result, of a known kind; undecided if there was none yet."""
    name = "one stop reason"

    def watch(_: Trace) -> Complaint:
        running: set[str | None] = set()

        def wrong(event: Event) -> str | None:
            if begins(event):
                running.add(event.agent)
            elif is_result(event):
                if event.agent not in running:
                    return f"{event.agent} ended a run that was over, or had never begun."
                running.discard(event.agent)
                if event.data.reason.kind not in set(Stop):
                    return f"{event.data.reason.kind!r} is no kind of reason to stop."
            return None

        return wrong

    def judge(trace: Trace) -> Verdict:
        verdict = watched(name, watch)(trace)
        if verdict and not any(map(is_result, trace)):
            return Verdict(name, UNDECIDED, because="nothing has stopped yet")
        return verdict

    return Property(name, judge)


def ends(within: float) -> Property:
    """OR-L1: a run ends `within` so many seconds, unless its conductor crashes; undecided before that."""
    name = f"a run ends within {within:g} s"

    def judge(trace: Trace) -> Verdict:
        running: dict[str | None, Event] = {}
        for event in (*trace, None):
            now = trace.until if event is None else event.time
            if late := next((e for e in running.values() if now > e.time + within + 1e-9), None):
                why = f"{late.agent} began at {late.time:.3f} s and has not stopped."
                return Verdict(name, VIOLATED, late.time + within, late.seq, why)
            if event is not None and begins(event):
                running[event.agent] = event
            elif event is not None and (event.kind == CRASH or is_result(event)):
                running.pop(event.agent, None)
        if running or not any(map(is_result, trace)):
            return Verdict(name, UNDECIDED, because="nothing has stopped yet")
        return Verdict(name, HOLDS)

    return Property(name, judge)


def no_turn_after_the_stop() -> Property:
    """OR-S2: nobody is given a turn before the run begins or after its result."""

    def watch(_: Trace) -> Complaint:
        running: set[str | None] = set()

        def wrong(event: Event) -> str | None:
            if begins(event):
                running.add(event.agent)
            elif is_result(event):
                running.discard(event.agent)
            elif is_turn(event) and event.agent not in running:
                return f"{event.peer} was given turn {event.data.id} though the run was over."
            return None

        return wrong

    return watched("no turn after the stop", watch)


def within_budget(budget: Budget) -> Property:
    """OR-S3: no turn is given that the budget does not allow: turns, messages, tokens to read, and time."""

    def watch(_: Trace) -> Complaint:
        spent: dict[str | None, Any] = {}

        def wrong(event: Event) -> str | None:
            if event.kind == STATE and event.name == "spent":
                spent[event.agent] = event.data
            elif is_turn(event):
                used = spent.get(event.agent, Usage())
                given = Usage(event.data.id, used.messages, used.tokens, used.seconds)
                if limit := budget.struck(given):
                    return f"turn {event.data.id} was given though the {limit} were used up."
            return None

        return wrong

    return watched("within the budget", watch)


def tokens_counted() -> Property:
    """OR-S4: what a result says of turns and tokens is what was given, read and said.

    A reply that came when the run had been cancelled is not counted.
    """

    def watch(trace: Trace) -> Complaint:
        said = {e.message: e.data.tokens for e in trace if e.kind == SEND and e.name in REPLIES}
        counted: dict[str | None, tuple[int, int]] = {}
        cancelled: set[str | None] = set()

        def wrong(event: Event) -> str | None:
            turns, tokens = counted.get(event.agent, (0, 0))
            if is_turn(event):
                counted[event.agent] = turns + 1, tokens + event.data.tokens
            elif event.kind == HANDLE and event.name == "Cancel":
                cancelled.add(event.agent)
            elif event.kind == HANDLE and event.name in REPLIES and event.agent not in cancelled:
                counted[event.agent] = turns, tokens + said[event.message]
            elif is_result(event):
                spent = event.data.spent.turns, event.data.spent.tokens
                if spent != (turns, tokens):
                    return f"{turns} turns, {tokens} tokens were used, but {spent[0]}, {spent[1]} counted."
            return None

        return wrong

    return watched("turns and tokens are counted", watch)


def turns_have_parents() -> Property:
    """OR-S5: turns are numbered 1, 2, 3 …, and each comes from an earlier one or from the run itself (0)."""

    def watch(_: Trace) -> Complaint:
        last: dict[str | None, int] = {}

        def wrong(event: Event) -> str | None:
            if not is_turn(event):
                return None
            turn, before = event.data, last.get(event.agent, 0)
            last[event.agent] = turn.id
            if turn.id != before + 1:
                return f"after turn {before} came turn {turn.id}."
            return None if 0 <= turn.parent < turn.id else f"turn {turn.id} came from turn {turn.parent}."

        return wrong

    return watched("each turn has a parent", watch)


def delegations(trace: Trace) -> Iterator[tuple[Event, str, str]]:
    """Each turn that came from another one, with who delegated and to whom."""
    had: dict[tuple[str | None, int], str] = {}
    for event in filter(is_turn, trace):
        had[event.agent, event.data.id] = str(event.peer)
        if event.data.parent:
            yield event, had.get((event.agent, event.data.parent), "nobody"), str(event.peer)


def delegated_by_right(rights: Rights) -> Property:
    """OR-S6: who delegates may do so, and to that one; undecided if nobody does."""
    name = "only allowed delegations"

    def judge(trace: Trace) -> Verdict:
        verdict = Verdict(name, UNDECIDED, because="nobody delegated")
        for event, who, to in delegations(trace):
            if not rights.permits(who, to):
                return Verdict(name, VIOLATED, event.time, event.seq, f"{who} must not delegate to {to}.")
            verdict = Verdict(name, HOLDS)
        return verdict

    return Property(name, judge)


def properties(budget: Budget, within: float = 3600.0) -> tuple[Property, ...]:
    """Those that hold in every style: for conductors with this budget that end `within` so many seconds."""
    return (
        one_stop_reason(),
        ends(within),
        no_turn_after_the_stop(),
        within_budget(budget),
        tokens_counted(),
        turns_have_parents(),
    )
