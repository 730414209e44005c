"""What must hold of one who plans and acts: invariants HT-S1 to HT-S4 and HT-L1 on a trace.

Read are the decisions (what was planned from which facts, what was performed, what changed by itself), the
site's state `facts`, and the actor's state `role` (planning, acting, done, gave up).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from coordlab.patterns.htn.rules import (
    EXHAUSTED,
    LIMIT,
    Domain,
    DomainError,
    Plan,
    State,
    execute,
    find_plan,
    replay,
    said,
)
from coordlab.properties import Complaint, Moment, Property, eventually, on_record, watched
from coordlab.trace.trace import HANDLE, RESTART, SEND, START, STATE, Event, Trace


def known(trace: Trace) -> dict[int, State]:
    """The facts that each plan, or the giving up, was made from, by the number of that decision."""
    observed = {event.message: event.data.facts for event in trace.select("Observation")}
    seen: dict[str | None, Any] = {}
    facts = {}
    for event in trace:
        if event.kind == HANDLE and event.name == "Observation":
            seen[event.agent] = observed[event.message]
        elif on_record(event, "Planned", "GivenUp"):
            facts[event.seq] = State(seen.get(event.agent, ()))
    return facts


def _of_plans(name: str, judge: Callable[[Any, State], str | None]) -> Property:
    """What `judge` says of each decision about a plan, and the facts from which it was made."""

    def watch(trace: Trace) -> Complaint:
        facts = known(trace)

        def wrong(event: Event) -> str | None:
            if event.seq not in facts:
                return None
            try:
                why = judge(event.data, facts[event.seq])
            except DomainError as error:
                why = str(error)
            return f"{event.agent} decided wrongly: {why}" if why else None

        return wrong

    return watched(name, watch)


def executes(domain: Domain) -> Property:
    """HT-S1: every plan can be executed from the facts it was made from, action by action."""

    def judge(made: Any, facts: State) -> str | None:
        end = execute(facts, getattr(made, "plan", ()), domain)
        return f"{end}." if isinstance(end, str) else None

    return _of_plans("every plan can be executed", judge)


def refines(domain: Domain) -> Property:
    """HT-S2: every plan is a refinement of its tasks: doing as the methods chosen say yields it."""

    def judge(made: Any, facts: State) -> str | None:
        if not hasattr(made, "plan"):
            return None
        plan = replay(facts, made.tasks, made.chosen, domain)
        if isinstance(plan, str):
            return f"{plan}."
        return None if plan == made.plan else f"the methods chosen yield {listed(plan)}."

    return _of_plans("every plan refines its tasks", judge)


def preferred(domain: Domain) -> Property:
    """HT-S3: every plan is the first by order of preference; who finds none has looked at everything."""

    def judge(made: Any, facts: State) -> str | None:
        if getattr(made, "status", EXHAUSTED) != EXHAUSTED:
            return None
        found = find_plan(facts, made.tasks, domain)
        if found.status == LIMIT or found.plan == getattr(made, "plan", None):
            return None
        return f"{'there is no plan' if found.plan is None else listed(found.plan)} would have been right."

    return _of_plans("the preferred plan, or none", judge)


def listed(plan: Plan) -> str:
    """A plan in words."""
    return ", ".join(map(said, plan)) or "nothing to do"


def planning_changes_nothing(domain: Domain) -> Property:
    """HT-S4: facts change by an action or by themselves, never because somebody plans.

    What the site says of its facts is so.
    """

    def watch(_: Trace) -> Complaint:
        facts: dict[str | None, State] = {}  # of each site
        due: dict[str | None, State] = {}  # what they must become

        def wrong(event: Event) -> str | None:
            if on_record(event, "Performed", "Changed") or _shown(event) is not None:
                return _unexplained(event, facts, due, domain)
            if event.kind == SEND and event.name == "Observation":
                right = State(event.data.facts) == facts.get(event.agent, State())
                return None if right else f"{event.agent} said of its facts what is not so."
            return None

        return wrong

    return watched("planning changes nothing", watch)


def _shown(event: Event) -> Any:
    """The facts of a site that an event shows, if it does: when it starts, and whenever they change."""
    if event.kind in (START, RESTART):
        return dict(event.data).get("facts")
    return event.data if event.kind == STATE and event.name == "facts" else None


def _unexplained(
    event: Event, facts: dict[str | None, State], due: dict[str | None, State], domain: Domain
) -> str | None:
    """Keep the books of a site's facts; what is wrong with this event, if anything."""
    site, before = event.agent, facts.get(event.agent)
    if (shown := _shown(event)) is not None:
        facts[site] = State(shown)
        right = due.pop(site, before) in (None, facts[site])
        return None if right else f"no action, and nothing by itself, made the facts of {site} these."
    if before is None:
        return f"{site} did something before it knew any facts."
    if on_record(event, "Changed"):
        after: State | str = before.after(dict(event.data.effects))
    else:
        after = execute(before, (event.data.task,), domain)
    if isinstance(after, str):
        return f"{site} did what is impossible: {after}."
    if after != before:
        due[site] = after
    return None


def comes_to_an_end(within: float) -> Property:
    """HT-L1: `within` so many seconds of each disturbance everybody up has done its tasks, or given up."""

    def ended(now: Moment) -> bool | str:
        working = now.where("role", "planning") + now.where("role", "acting")
        return f"{', '.join(working)} had tasks left." if working else True

    return eventually(f"done or given up within {within:g} s", ended, within)


def properties(domain: Domain, within: float = 30.0) -> tuple[Property, ...]:
    """All of them, for those who plan in this domain and need no more than `within` seconds."""
    return (
        executes(domain),
        refines(domain),
        preferred(domain),
        planning_changes_nothing(domain),
        comes_to_an_end(within),
    )
