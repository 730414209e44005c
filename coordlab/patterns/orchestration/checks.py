"""What must hold of every orchestrated run, in any style: OR-S1 to OR-S7 and OR-L1 on a trace.

A conductor is known by its state `spent`; its run begins when its role becomes "conducting" and ends with
the `Result` that it decides.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

from coordlab.patterns.orchestration.rules import Budget, Rights, Stop, Usage
from coordlab.patterns.orchestration.turns import REPLIES, is_reply, is_result, is_turn
from coordlab.properties import UNDECIDED, Objection, Property, Verdict, leads_to, safety
from coordlab.trace.trace import CRASH, FAULT, HANDLE, SEND, STATE, Event, Trace


def begins(event: Event) -> bool:
    """Whether a conductor's run begins, or goes on after a crash."""
    return event.kind == STATE and event.data == "conducting"


def _once_stopped(prop: Property) -> Property:
    """The same property, but undecided as long as no run has stopped."""

    def judge(trace: Trace) -> Verdict:
        verdict = prop(trace)
        if verdict and not any(map(is_result, trace)):
            return Verdict(prop.name, UNDECIDED, because="nothing has stopped yet")
        return verdict

    return Property(prop.name, judge)


@_once_stopped
@safety("one stop reason")
def one_stop_reason(trace: Trace) -> Iterator[Objection]:
    """OR-S1: a run ends with one result, of a known kind; undecided if there was none yet.

    Only a run that was interrupted to ask goes on after its result.
    """
    running, over = set[str | None](), set[str | None]()
    for event in trace:
        if begins(event):
            running.add(event.agent)
            if event.agent in over:
                yield event, f"{event.agent} goes on, though its run was over."
        elif is_result(event):
            if event.agent not in running:
                yield event, f"{event.agent} ended a run that was over, or had never begun."
            running.discard(event.agent)
            if event.data.reason.kind != Stop.INTERRUPTED:
                over.add(event.agent)
            if event.data.reason.kind not in set(Stop):
                yield event, f"{event.data.reason.kind!r} is not a kind of reason to stop."


def ends(within: float) -> Property:
    """OR-L1: a run ends `within` this many seconds, unless its conductor crashes; undecided before that."""
    return _once_stopped(
        leads_to(
            f"a run ends within {within:g} s",
            lambda event: [event.agent] if begins(event) else [],
            lambda event, _: [event.agent] if event.kind == CRASH or is_result(event) else [],
            within,
        )
    )


@safety("no turn after the stop")
def no_turn_after_the_stop(trace: Trace) -> Iterator[Objection]:
    """OR-S2: no turn is given before the run begins or after its result."""
    running: set[str | None] = set()
    for event in trace:
        if begins(event):
            running.add(event.agent)
        elif is_result(event):
            running.discard(event.agent)
        elif is_turn(event) and event.agent not in running:
            yield event, f"{event.peer} was given turn {event.data.id} though the run was over."


def within_budget(budget: Budget) -> Property:
    """OR-S3: no turn is given that the budget does not allow: turns, messages, tokens to read, and time.

    Turns, tokens and time are counted here, the time since the first beginning; of messages the conductor
    keeps the count, and of its own time if a clock is skewed.
    """
    most = [inf if limit is None else limit for limit in vars(budget).values()]

    @safety("within the budget")
    def judge(trace: Trace) -> Iterator[Objection]:
        own_clock = bool(trace.select("Skew", kind=FAULT))
        spent: dict[str | None, Usage] = {}
        began: dict[str | None, float] = {}
        used: dict[str | None, tuple[int, int]] = {}  # turns and tokens
        for event in trace:
            turns, tokens = used.get(event.agent, (0, 0))
            if event.kind == STATE and event.name == "spent":
                spent[event.agent] = event.data
            elif begins(event):
                began.setdefault(event.agent, event.time)
            elif is_reply(event):
                used[event.agent] = turns, tokens + (event.content.tokens or 0)
            elif is_turn(event):
                used[event.agent] = turns, tokens = turns + 1, tokens + event.data.tokens
                own = spent.get(event.agent, Usage())
                time = own.seconds if own_clock else event.time - began.get(event.agent, 0.0) - 1e-9
                if turns > most[0] or own.messages > most[1] or tokens > most[2] or time >= most[3]:
                    yield event, f"turn {event.data.id} was given though the budget was used up."

    return judge


@safety("turns and tokens are counted")
def tokens_counted(trace: Trace) -> Iterator[Objection]:
    """OR-S4: the turns and tokens that a result states are what was given, read and said.

    A reply that came when the run had been cancelled is not counted.
    """
    counted: dict[str | None, tuple[int, int]] = {}
    cancelled: set[str | None] = set()
    for event in trace:
        turns, tokens = counted.get(event.agent, (0, 0))
        if is_turn(event):
            counted[event.agent] = turns + 1, tokens + event.data.tokens
        elif event.kind == HANDLE and event.name == "Cancel":
            cancelled.add(event.agent)
        elif is_reply(event) and event.agent not in cancelled:
            counted[event.agent] = turns, tokens + (event.content.tokens or 0)
        elif is_result(event):
            spent = event.data.spent.turns, event.data.spent.tokens
            if spent != (turns, tokens):
                yield event, f"{turns} turns, {tokens} tokens were used, but {spent[0]}, {spent[1]} counted."


@safety("each turn is acted on once")
def acted_on_once(trace: Trace) -> Iterator[Objection]:
    """OR-S7: a member replies once to a turn, even if it comes twice, unless it crashes in between."""
    replied: dict[str | None, set[tuple[str | None, int]]] = {}
    for event in trace:
        if event.kind == CRASH:
            replied.pop(event.agent, None)
        elif event.kind == SEND and event.name in REPLIES:
            turn, before = (event.peer, event.content.turn), replied.setdefault(event.agent, set())
            if turn in before:
                yield event, f"{event.agent} acts on turn {turn[1]} again."
            before.add(turn)


@safety("each turn has a parent")
def turns_have_parents(trace: Trace) -> Iterator[Objection]:
    """OR-S5: turns are numbered 1, 2, 3 …, and each comes from an earlier one or from the run itself (0)."""
    last: dict[str | None, int] = {}
    for event in filter(is_turn, trace):
        turn, before = event.data, last.get(event.agent, 0)
        last[event.agent] = turn.id
        if turn.id != before + 1:
            yield event, f"after turn {before} came turn {turn.id}."
        if not 0 <= turn.parent < turn.id:
            yield event, f"turn {turn.id} came from turn {turn.parent}."


def _delegations(trace: Trace) -> Iterator[tuple[Event, str, str]]:
    """Each turn that came from another one, with who delegated and to whom."""
    had: dict[tuple[str | None, int], str] = {}
    for event in filter(is_turn, trace):
        had[event.agent, event.data.id] = str(event.peer)
        if event.data.parent:
            yield event, had.get((event.agent, event.data.parent), "nobody"), str(event.peer)


def delegated_by_right(rights: Rights) -> Property:
    """OR-S6: agents delegate only to those to whom they may; undecided if none delegates."""

    @safety("only allowed delegations")
    def allowed(trace: Trace) -> Iterator[Objection]:
        for event, delegating, to in _delegations(trace):
            if not rights.permits(delegating, to):
                yield event, f"{delegating} must not delegate to {to}."

    def judge(trace: Trace) -> Verdict:
        if any(True for _ in _delegations(trace)):
            return allowed(trace)
        return Verdict(allowed.name, UNDECIDED, because="nobody delegated")

    return Property(allowed.name, judge)


def properties(budget: Budget, within: float = 3600.0) -> tuple[Property, ...]:
    """Those that hold in every style, for conductors with this budget that end `within` this many seconds."""
    return (
        one_stop_reason,
        ends(within),
        no_turn_after_the_stop,
        within_budget(budget),
        tokens_counted,
        turns_have_parents,
        acted_on_once,
    )
