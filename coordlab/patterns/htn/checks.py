"""What must hold of an agent that plans and acts: invariants HT-S1 to HT-S4 and HT-L1 on a trace.

They read the decisions (what was planned from which facts, what was performed, what changed by itself), the
environment's state `facts`, and the actor's state `role` (planning, acting, done, gave up).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from coordlab.patterns.htn.planner import EXHAUSTED, LIMIT, find_plan
from coordlab.patterns.htn.rules import Domain, DomainError, Plan, Refusal, State, execute, replay, said
from coordlab.properties import Moment, Objection, Property, eventually, on_record, safety
from coordlab.trace.trace import HANDLE, LATE, RESTART, SEND, START, STATE, Event, Trace


def _of_plans(name: str, judge: Callable[[Event, State], str | None]) -> Property:
    """What `judge` says of each plan or giving up, and the facts from which it was made."""

    @safety(name)
    def objections(trace: Trace) -> Iterator[Objection]:
        seen: dict[str | None, State] = {}
        for event in trace:
            if event.kind == HANDLE and event.name == "Observation":
                seen[event.agent] = State(event.content.facts or ())
            elif on_record(event, "Planned", "GivenUp"):
                try:
                    why = judge(event, seen.get(event.agent, State()))
                except DomainError as error:
                    why = str(error)
                if why:
                    yield event, f"{event.agent} decided wrongly: {why}"

    return objections


def executes(domain: Domain) -> Property:
    """HT-S1: every plan can be executed, action by action, from the facts it was made from."""

    def judge(event: Event, facts: State) -> str | None:
        end = execute(facts, event.data.plan, domain) if event.name == "Planned" else facts
        return f"{end}." if isinstance(end, Refusal) else None

    return _of_plans("every plan can be executed", judge)


def refines(domain: Domain) -> Property:
    """HT-S2: every plan is a refinement of its tasks: it results from the methods chosen."""

    def judge(event: Event, facts: State) -> str | None:
        if event.name != "Planned":
            return None
        plan = replay(facts, event.data.tasks, event.data.chosen, domain)
        if isinstance(plan, str):
            return f"{plan}."
        return None if plan == event.data.plan else f"the methods chosen yield {_listed(plan)}."

    return _of_plans("every plan refines its tasks", judge)


def preferred(domain: Domain) -> Property:
    """HT-S3: every plan is the first in order of preference; "exhausted" is said only if there is none."""

    def judge(event: Event, facts: State) -> str | None:
        planned = event.name == "Planned"
        if not planned and event.data.status != EXHAUSTED:
            return None
        found = find_plan(facts, event.data.tasks, domain)
        if found.status == LIMIT or found.plan == (event.data.plan if planned else None):
            return None
        return f"{'there is no plan' if found.plan is None else _listed(found.plan)} would have been right."

    return _of_plans("the preferred plan, or none", judge)


def _listed(plan: Plan) -> str:
    return ", ".join(map(said, plan)) or "nothing to do"


def planning_changes_nothing(domain: Domain) -> Property:
    """HT-S4: facts change by an action or by themselves, never by planning, and are observed as they are."""

    @safety("planning changes nothing")
    def objections(trace: Trace) -> Iterator[Objection]:
        facts: dict[str | None, State] = {}  # of each environment
        due: dict[str | None, State] = {}  # what they must become
        for event in trace:
            site, shown = event.agent, _shown(event)
            before = facts.get(site)
            if shown is not None:
                facts[site] = State(shown)
                if due.pop(site, before) not in (None, facts[site]):
                    yield event, f"no action and no change by itself led to these facts of {site}."
            elif event.kind == SEND and event.name == "Observation" and event.data.facts is not None:
                if State(event.data.facts) != (before or State()):
                    yield event, f"the Observation of {site} differs from its facts."
            elif on_record(event, "Performed", "Changed"):
                after = _after(event, before, domain)
                if isinstance(after, str):
                    yield event, f"{site} {after}."
                elif after != before:
                    due[site] = after

    return objections


def _shown(event: Event) -> Any:
    """The facts that an event shows, if any: when an environment starts, and whenever they change."""
    if event.kind in (START, RESTART):
        return dict(event.data).get("facts")
    return event.data if event.kind == STATE and event.name == "facts" else None


def _after(event: Event, before: State | None, domain: Domain) -> State | str:
    """The facts after an action or a change, or what is wrong with it."""
    if before is None:
        return "did something before it knew any facts"
    if event.name == "Changed":
        return before.after(dict(event.data.effects))
    after = execute(before, (event.data.task,), domain)
    return f"did what is impossible: {after}" if isinstance(after, Refusal) else after


@safety("done only if the plan was carried out")
def carried_out(trace: Trace) -> Iterator[Objection]:
    """HT-S5, by messages alone: an actor is done after a Done to each action of its last plan, in order.

    No number means two actions, though it crashes between them.
    """
    left: dict[str | None, list[Any]] = {}
    asked: dict[str | None, tuple[int, Any]] = {}
    replied: set[tuple[str | None, int]] = set()
    for event in trace:
        who, (number, task) = event.agent, asked.get(event.agent, (0, None))
        if on_record(event, "Planned"):
            left[who] = [*event.data.plan]
        elif event.kind == SEND and event.name == "Do":
            asked[who] = event.data.number, event.data.task
            if event.data.number < number or (event.data.number == number and event.data.task != task):
                yield event, f"{who} uses the number {event.data.number} again."
        elif event.kind in (HANDLE, LATE) and event.name == "Done":
            if event.content.number == number and (who, number) not in replied and left.get(who):
                replied.add((who, number))
                left[who] = left[who][left[who][0] == task :]
        elif event.kind == STATE and event.data == "done" and left.get(who):
            yield event, f"{who} says that it is done before {said(left[who][0])} was."


@safety("no action is done more often than asked for")
def done_once(trace: Trace) -> Iterator[Objection]:
    """HT-S6, by messages alone: an environment does an action once for each number, however often asked."""
    asked: dict[tuple[str | None, Any], set[object]] = defaultdict(set)
    done: Counter[tuple[str | None, Any]] = Counter()
    for event in trace:
        if event.kind == HANDLE and event.name == "Do":
            asked[event.agent, event.content.task].add((event.peer, event.content.number))
        elif on_record(event, "Performed"):
            which = event.agent, event.data.task
            done[which] += 1
            if done[which] > len(asked[which]):
                yield event, f"{event.agent} does {said(event.data.task)} more often than it was asked to."


def comes_to_an_end(within: float) -> Property:
    """HT-L1: `within` this many seconds of each disturbance, all actors have done their tasks or given up."""

    def ended(now: Moment) -> bool | str:
        working = now.where("role", "planning") + now.where("role", "acting")
        now.about = now.changed[working[0]] if working else None
        return f"{', '.join(working)} had tasks left." if working else True

    return eventually(f"done or given up within {within:g} s", ended, within)


def properties(domain: Domain, within: float = 30.0) -> tuple[Property, ...]:
    """All of them, for actors that plan in this domain and need at most `within` seconds."""
    plans = executes(domain), refines(domain), preferred(domain)
    return (*plans, planning_changes_nothing(domain), carried_out, done_once, comes_to_an_end(within))
