"""What a click in a lab requests: each is checked, and done with the lab."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from coordlab import requirements as require
from coordlab.progress_bar import Tell
from coordlab.trace.faults import Delay, Drop, Duplicate, Fault, FaultError, read_fault
from coordlab.trace.trace import SEND, Trace

if TYPE_CHECKING:
    from coordlab.labs.lab import Lab
    from coordlab.widgets.player import Player

Request = dict[str, Any]
"""What a click sends, as JSON: untrusted, each field is checked where it is read."""

TYPES = ("fault", "branch", "rename", "delete", "undo", "lost", "schedule", "heal", "remove")


def act(lab: Lab, request: Request) -> None:
    """Do what a click requests.  Raises ValueError if it is not a request."""
    branch = request.get("branch", lab.selected)
    match request.get("type"):
        case "fault":
            lab.inject(fault_of(lab, request.get("fault", {}), branch), branch=branch)
        case "branch":
            lab.inject(branch=branch)
        case "rename":
            lab.rename(branch, str(request.get("name", ""))[:80])
        case "delete":
            lab.delete(branch)
        case "undo":
            lab.undo()
        case "lost":
            lab.point_of_no_return(str(request.get("property", "")), _telling(lab.player))
        case "schedule":
            lab.try_out(str(request.get("title", "")))
        case "heal":
            at = require.seconds("the playhead", request.get("at"), positive=True, error=FaultError)
            lab.heal(str(request.get("fault", "")), at)
        case "remove":
            lab.heal(str(request.get("fault", "")))
        case other:
            require.one_of("type", other, TYPES)


def fault_of(lab: Lab, request: Request, branch: int) -> Fault:
    """The fault that a click requests on a branch of a lab.  Raises FaultError if there is none."""
    try:
        return CLICKED[request["kind"]](request, lab.branches[lab.known(branch)].run.trace)
    except FaultError:
        raise
    except (KeyError, TypeError, ValueError, OverflowError):
        allowed = f"expected a fault of a kind among {', '.join(CLICKED)}, with its fields"
        require.fail(
            require.shown(request), allowed, '{"kind": "Crash", "agent": "5", "at": 3.0}', FaultError
        )


def _telling(player: Player) -> Tell:
    """Tells the player how many futures are drawn, at each tenth."""

    def tell(done: int, of: int) -> None:
        if done * 10 // of > (done - 1) * 10 // of:
            words = f"drawing futures: {100 * done // of} %; to stop, interrupt the kernel"
            player.send({"type": "progress", "text": words})

    return tell


def _timed(body: Callable[[Request], str]) -> Callable[[Request, Trace], Fault]:
    """Read a fault with a time; `body` is its scenario text between its kind and its time."""

    def read(asked: Request, _: Trace) -> Fault:
        until = f"..{float(asked['until']):.3f}" if "until" in asked else ""
        return read_fault(f"{asked['kind'].lower()} {body(asked)} @{float(asked['at']):.3f}{until}")

    return read


CLICKED: dict[str, Callable[[Request, Trace], Fault]] = {
    "Crash": _timed(lambda asked: asked["agent"]),
    "Restart": _timed(lambda asked: asked["agent"]),
    "Pause": _timed(lambda asked: asked["agent"]),
    "Slow": _timed(lambda asked: f"{asked['who']} {float(asked['by'])}"),
    "Partition": _timed(lambda asked: "/".join(",".join(group) for group in asked["groups"])),
    **dict.fromkeys(("Cut", "Fail", "Half", "Stale"), _timed(lambda asked: asked["link"])),
    "Late": _timed(lambda asked: f"{asked['link']} {float(asked['by'])}"),
    "Text": lambda asked, trace: read_fault(asked["text"]),
    "Drop": lambda asked, trace: Drop(*nth_on_link(trace, asked["message"])),
    "Duplicate": lambda asked, trace: Duplicate(*nth_on_link(trace, asked["message"])),
    "Delay": lambda asked, trace: Delay(*nth_on_link(trace, asked["message"]), float(asked["by"])),
}
"""How each kind of fault is read from a request of the player."""


def nth_on_link(trace: Trace, message: int) -> tuple[str, str, int]:
    """The sender and the recipient of a message of a run, and its index on that link, from 1.

    Raises FaultError if the run has no message of that number.
    """
    counts: dict[tuple[str | None, str | None], int] = {}
    for _, kind, agent, peer, number, *_ in trace.rows:
        if kind == SEND:
            counts[agent, peer] = nth = counts.get((agent, peer), 0) + 1
            if number == message:
                return str(agent), str(peer), nth
    has = f"this run has {sum(counts.values())} messages, numbered from 1"
    raise FaultError(f"message {require.shown(message)}: {has}. For example: message 1.")
