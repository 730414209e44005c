"""What theory says of the votes of the lab, and when it says nothing."""

from __future__ import annotations

from coordlab.labs import declaration as lab
from coordlab.patterns.voting import theory
from coordlab.patterns.voting.lab_agents import (
    THINKING,
    electorate,
)
from coordlab.patterns.voting.pictures import closed
from coordlab.patterns.voting.ranked import CONDORCET, condorcet_winner, profile
from coordlab.trace.trace import FAULT, Trace


def winner(given: lab.Parameters, trace: Trace) -> lab.Theory | None:
    """Who beats every other one by one."""
    ranked = [each for each in electorate(given) if each is not None]
    if not ranked:
        return None
    best = condorcet_winner(profile(ranked))
    return lab.Theory(best or "nobody", unless=lab.why_not({
        "there is no Condorcet winner": best is None,
        f"{given['method']} does not promise the Condorcet winner": given["method"] not in CONDORCET,
        "not all ballots are in": not closed(trace) or closed(trace)[0].data.missing,
    }))  # fmt: skip


def messages(given: lab.Parameters, trace: Trace) -> lab.Theory:
    """Three for each voter and vote."""
    called = {event.data.proposal for event in trace.select("CallForVotes", kind="send")}
    most = theory.messages(len(electorate(given))) * len(called)
    return lab.Theory(most, "most", unless=disturbed(trace))


def in_time(given: lab.Parameters, trace: Trace) -> lab.Theory | None:
    """A vote is over at its deadline, unless the chair waits for all."""
    if given["version"] == "waits-for-all":
        return None
    return lab.Theory(round(given["deadline"], 3), "most", unless=disturbed(trace))


def disturbed(trace: Trace) -> str:
    """Why the run is not what theory speaks of: voters may crash, nothing else."""
    other = any(not str(event.data).startswith("crash v") for event in trace.select(kind=FAULT))
    return "a fault other than a crash of a voter strikes" if other else ""


def independent(given: lab.Parameters, voters: float) -> float:
    """The share of right decisions if each voter errs by itself; a tie is none."""
    return theory.jury_of([given["competence"]] * int(voters), ties="lost")


def copies(given: lab.Parameters, voters: float, copied: float) -> float:
    """The same if all repeat one source in a share `copied` of the questions."""
    return copied * float(given["competence"]) + (1 - copied) * independent(given, voters)


def alike(given: lab.Parameters, voters: float) -> float:
    """The same if any two votes have a correlation of 0.3."""
    if given["competence"] in (0.0, 1.0):
        return independent(given, voters)
    return theory.correlated(int(voters), given["competence"], 0.3, "lost")


def jury(given: lab.Parameters) -> bool:
    """Whether all who are asked answer yes or no in time, and more than half decide."""
    heard = THINKING + 2 * given["slowest"] < given["deadline"]
    return bool(not given["silent"] and given["rule"] != "two-thirds" and heard)
