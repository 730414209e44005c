"""Bad classes of learners in every role of every lab: each is told what it did, and the lab stays usable."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import fields, replace
from functools import partial
from typing import Any

import pytest

from coordlab import Agent, labs
from coordlab.labs import Lab, trouble
from coordlab.labs.declaration import Role
from coordlab.labs.lab import Interrupted
from coordlab.patterns.bully import Candidate
from coordlab.patterns.crew.lab_agents import Worker
from coordlab.world.message import is_message, message
from coordlab.world.world import AgentError
from tests.sampling import few, some

ROLES = [(name, role.name) for name in labs.NAMES for role in labs.spec(name).roles]
JUNK = ("nonsense", None, -1, ("a", 3), 2.5)
HERE = "of test_rude_classes.py, in "


def role_of(name: str, role: str) -> Role:
    return next(each for each in labs.spec(name).roles if each.name == role)


def mine(of: type[Agent], **attributes: Any) -> type[Agent]:
    """A class of the learner's that derives from the textbook's."""
    return type("Mine", (of,), attributes)


def handlers(of: type[Agent]) -> Iterator[str]:
    return (name for name in dir(of) if name.startswith("on_"))


def handling(of: type[Agent], handler: Callable[..., object]) -> type[Agent]:
    """All messages are handled by this, or if there are none, `run` fails."""
    known = dict.fromkeys(handlers(of), handler)
    return mine(of, **(known or {"run": fails_soon}))


def takes_nothing(self: Agent) -> None:
    """A handler with a wrong signature."""


def fails(self: Agent, sender: str, message: object) -> object:
    """A handler that raises."""
    raise LookupError("not today")


async def fails_later(self: Agent, sender: str, message: object) -> object:
    """An async handler that raises."""
    await self.sleep(0.01)
    raise LookupError("not today")


async def fails_soon(self: Agent) -> None:
    """A `run` that raises."""
    await self.sleep(0.01)
    raise LookupError("not today")


async def yields(self: Agent) -> Any:
    """A `run` that is an async generator."""
    yield 1


def spoilt(message: Any, value: object) -> Any:
    """A message with this value in each field that takes it."""
    if is_message(type(message)):
        for each in fields(message):
            with suppress(TypeError, ValueError, AttributeError):
                message = replace(message, **{each.name: value})
    return message


def says(of: type[Agent], value: object) -> type[Agent]:
    """Spoils every message that it sends, asks with, replies with, notes or decides."""

    def wrapped(handler: Callable[..., Any]) -> Callable[..., Any]:
        async def later(self: Agent, sender: str, message: object) -> Any:
            return spoilt(await handler(self, sender, message), value)

        def now(self: Agent, sender: str, message: object) -> Any:
            return spoilt(handler(self, sender, message), value)

        return later if inspect.iscoroutinefunction(handler) else now

    def send(self: Agent, to: str, message: Any) -> None:
        Agent.send(self, to, spoilt(message, value))

    def ask(self: Agent, to: Any, message: Any, *more: Any, **limits: Any) -> Any:
        return Agent.ask(self, to, spoilt(message, value), *more, **limits)

    def note(self: Agent, what: object) -> None:
        Agent.note(self, spoilt(what, value))

    def decide(self: Agent, what: object) -> None:
        Agent.decide(self, spoilt(what, value))

    own = {name: wrapped(getattr(of, name)) for name in handlers(of)}
    return mine(of, send=send, ask=ask, note=note, decide=decide, **own)


def shows(of: type[Agent], value: object) -> type[Agent]:
    """Gives every state a value of a wrong type."""

    async def run(self: Agent) -> None:
        for name in type(self)._states:
            setattr(self, name, value)
        await of.run(self)

    return mine(of, run=run)


BAD: dict[str, Callable[[type[Agent]], type[Agent]]] = {
    "takes nothing": partial(handling, handler=takes_nothing),
    "fails": partial(handling, handler=fails),
    "fails later": partial(handling, handler=fails_later),
    "fails in run": partial(mine, run=fails_soon),
    "yields": partial(mine, run=yields),
    "returns 5": partial(handling, handler=lambda self, sender, message: 5),
    **{f"says {value}": partial(says, value=value) for value in JUNK},
    **{f"shows {value}": partial(shows, value=value) for value in JUNK},
}


def use(lab: Lab) -> str:
    """Look at everything that a lab shows; returns its problem."""
    assert repr(lab)
    assert repr(lab.views)
    assert lab.shown()
    assert lab.panel.controls.problem.value == "" or lab.branch.notice
    return lab.branch.problem


CASES = [(lab, role, kind) for lab, role in ROLES for kind in BAD]


@pytest.mark.no_cover
@pytest.mark.parametrize(("name", "role", "kind"), few(some(CASES, 170), 34))
def test_a_lab_tells_a_bad_class_its_role_agent_moment_and_line_and_goes_on(
    name: str, role: str, kind: str
) -> None:
    """A class whose values happen to be read by nobody is no problem."""
    lab = getattr(labs, name)(until=3, **{role: BAD[kind](role_of(name, role).of)})
    for problem in (use(lab), use(lab.set(seed=1))):
        if "no message has this name" in problem:
            assert re.search(
                rf"your {role}: agent \S+ \(Mine\) failed at 0 s: .*Mine.on_\w+ in line \d+", problem
            )
        elif problem:
            assert re.match(rf"your {role}: agent \S+ \(Mine\) .*at [\d.]+ s", problem), problem
            assert " at 0x" not in problem
            told = HERE in problem or not kind.startswith(("fails", "takes", "yields", "returns"))
            assert told, problem
    assert not use(lab.play(labs.spec(name).scenario({"until": 0}), beside=True)) or problem


PLAYED: dict[tuple[str, str], dict[str, Any]] = {  # settings with which a role is played
    ("crew", "manager"): {"version": "hierarchical"},
    ("state_graph", "editor"): {"drafts": 1},
}


@pytest.mark.parametrize(("name", "role"), few(ROLES, 8))
def test_a_class_that_cannot_be_made_is_told_its_role_and_how_the_lab_makes_it(name: str, role: str) -> None:
    def broken(self: Agent, *args: object, **named: object) -> None:
        raise LookupError("not today")

    def forgetful(self: Agent, *args: object, **named: object) -> None:
        """Takes everything, and passes nothing on."""

    def eager(self: Agent, *args: Any, **named: Any) -> None:
        Agent.__init__(self, *args, **named, more=True)

    of = role_of(name, role).of
    for init, why in ((broken, "not today"), (forgetful, "without a name"), (eager, "unexpected keyword")):
        told = rf"your {role}: a Mine could not be made: .*{why}.*the lab makes it as {of.__name__}\("
        with pytest.raises(AgentError, match=told):
            getattr(labs, name)(**{role: mine(of, __init__=init)}, **PLAYED.get((name, role), {}))


# --- one by one --------------------------------------------------------------------------------------


class Crowded(Candidate):
    """Cannot be made for more than five."""

    def __init__(self, rank: int, **settings: Any) -> None:
        super().__init__(rank, **settings)
        if rank > 5:
            raise ValueError(f"{rank} is too many")


def test_a_slider_at_which_a_class_cannot_be_made_changes_nothing() -> None:
    lab = labs.bully(agent=Crowded)
    lab.panel.controls.controls["agents"].widget.value = 6
    told = (
        "your agent: a Crowded could not be made: ValueError: 6 is too many: the lab makes it as Candidate("
    )
    assert told in lab.panel.controls.problem.value.replace("&#x27;", "'")
    assert f"{HERE}__init__: raise ValueError" in lab.panel.controls.problem.value
    assert (lab.parameters["agents"], lab.panel.controls.controls["agents"].widget.value) == (5, 5)
    assert lab.set(agents=4).branch.problem == ""


def test_an_init_that_ends_the_process_does_not_end_it() -> None:
    class Leaver(Candidate):
        def __init__(self, rank: int, **settings: Any) -> None:
            raise SystemExit(1)

    with pytest.raises(AgentError, match="your agent: a Leaver could not be made: SystemExit: 1"):
        labs.bully(agent=Leaver)


class Sticky(Candidate):
    """Is never made, for more than five, whatever it is told."""

    def __init__(self, rank: int, **settings: Any) -> None:
        super().__init__(rank, **settings)
        while rank > 5:
            with suppress(Exception):
                rank += 1


def test_an_init_without_an_end_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("coordlab.labs.making.WALL", 0.2)
    lab = labs.bully(agent=Sticky)
    with pytest.raises(
        AgentError, match=r"making it took more than 0\.2 real seconds.*\n  line \d+ of test_rude"
    ):
        lab.set(agents=6)
    assert lab.set(agents=4).branch.problem == ""


def test_an_init_that_is_interrupted_leaves_the_lab_as_it_was() -> None:
    class Interrupting(Candidate):
        def __init__(self, rank: int, **settings: Any) -> None:
            super().__init__(rank, **settings)
            if rank > 5:
                raise KeyboardInterrupt

    lab = labs.bully(agent=Interrupting)
    with pytest.raises(Interrupted, match="the run was interrupted; the lab has not changed"):
        lab.set(agents=6)
    assert lab.parameters["agents"] == 5


@message
class Shrug:
    """I do not know."""

    why: str = ""


class Shrugging(Worker):
    """Replies with a message of its own."""

    def on_turn(self, sender: str, message: Any) -> Any:
        return Shrug()


def test_an_agent_that_fails_on_a_message_of_ones_own_class_is_told_after_who_sent_it() -> None:
    first, line, then, _ = labs.crew(worker=Shrugging).branch.problem.splitlines()
    sent = "your worker: agent pia (Shrugging) sent Shrug(why='') to crew at 0.01 s"
    assert first == f"{sent}: it is declared as Shrug(why: str)"
    assert f"{HERE}on_turn: def on_turn" in line
    assert then.startswith(
        "Then agent crew (Crew) failed at 0.02 s, handling Shrug(why='') from pia: Attribute"
    )


class Shouting(Candidate):
    """Has no role, but a number."""

    async def run(self) -> None:
        await self.sleep(1)
        self.role = 3  # type: ignore[assignment]


def test_a_run_is_shown_until_the_state_that_the_lab_cannot_read() -> None:
    lab = labs.bully(agent=Shouting)
    assert lab.branch.problem.startswith(
        "your agent: agent 1 (Shouting) set role = 3 at 1 s, which the lab cannot read"
    )
    assert "Candidate begins with role = 'follows'" in lab.branch.problem
    assert f"{HERE}run: self.role = 3" in lab.branch.problem
    assert (lab.run.trace.until, lab.run.trace.broken) == (1.0, True)
    assert {each.status for each in lab.run.verdicts} <= {"undecided", "violated"}


class Careless(Candidate):
    """Passes a wrong value on to the pattern's own code."""

    async def run(self) -> None:
        self.heartbeat = "soon"  # type: ignore[assignment]
        await super().run()


def test_an_error_within_the_patterns_code_shows_the_line_that_led_to_it_first() -> None:
    first, *lines = labs.bully(agent=Careless).branch.problem.splitlines()
    assert first.startswith("your agent: agent 5 (Careless) failed at 0 s, after start Careless: ValueError")
    assert [re.sub(r"\d+", "N", each.partition(":")[0]) for each in lines] == [
        f"  line N {HERE}run",
        "  line N of agents.py, in run",
    ]


@pytest.mark.no_cover
@pytest.mark.parametrize("name", labs.NAMES)
def test_a_run_that_breaks_off_at_any_event_can_be_shown(name: str) -> None:
    """Errors of agents come at any moment, also before the first and between two events of one."""
    outcome = getattr(labs, name)().branch.outcome
    for most in few(some(range(min(len(outcome.run.trace), 400)), 60), 8):
        assert trouble._unreadable(trouble._cut(outcome, most)) is None, most


class Runaway(Candidate):
    """Notes without end."""

    async def run(self) -> None:
        while True:
            self.note("again")
            await self.sleep(0.0001)


class Spinning(Candidate):
    """Never waits."""

    async def run(self) -> None:
        while True:
            self.note("again")


class Crowding(Candidate):
    """Each task starts two."""

    async def run(self) -> None:
        await self.sleep(self.dice.uniform(0.001, 0.01))
        for _ in range(2):
            self.spawn(Crowding.run(self))


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (Runaway, r"events .* was the busiest\. End the run sooner: lab\.set\(until=2\)\."),
        (Spinning, r"^your agent: more than [\d,]+ actions at 0 s"),
        (Crowding, r"more than 5,000 tasks at once .*\? End the run sooner: lab\.set\(until=2\)\."),
    ],
)
def test_a_budget_that_is_used_up_in_a_lab_has_advice_for_a_lab(kind: type[Agent], told: str) -> None:
    problem = labs.bully(agents=2, agent=kind, until=12).branch.problem
    assert re.search(told, problem), problem
    assert "World(" not in problem
    assert "world.run" not in problem
