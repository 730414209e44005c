"""What must hold of a group whose members watch each other: invariants HB-S1 to HB-L2, as SWIM keeps them."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from math import inf

from coordlab.patterns.heartbeat.checks import (
    GRAVITY,
    MICRO_SECOND,
    Opinions,
    crashes_are_found,
    each_change_once,
    mistakes_are_taken_back,
    network_fault,
    said,
    the_dead_stay_suspected,
)
from coordlab.patterns.heartbeat.rules import DEAD, SUSPECT
from coordlab.patterns.swim import theory
from coordlab.patterns.swim.rules import Update
from coordlab.properties import Begun, Objection, Property, Verdict, leads_to, safety
from coordlab.trace.trace import CRASH, DROP, HANDLE, RESTART, SEND, START, Event, Trace


@safety("an older incarnation is no news")
def news_goes_forward(trace: Trace) -> Iterator[Objection]:
    """HB-S3: what a member says of another is of a later incarnation than before, or graver."""
    told: dict[str, dict[str, tuple[int, int]]] = {}
    for event in trace:
        if event.kind == CRASH:
            told.pop(str(event.agent), None)  # it has forgotten
        elif pair := said(event):
            known = told.setdefault(pair[0], {})
            before = known.get(pair[1], (-1, 0))
            known[pair[1]] = event.content.incarnation, GRAVITY[str(event.name)]
            if known[pair[1]] <= before:
                yield (
                    event,
                    f"{pair[0]} knew incarnation {before[0]} of {pair[1]}; this is no later, nor graver.",
                )


@safety("incarnations count up")
def incarnations_count_up(trace: Trace) -> Iterator[Objection]:
    """HB-S4: a member is of a later incarnation after each start, and after each doubt that it has heard."""
    least: dict[str, int] = {}
    for event in trace:
        own, doubts = str(event.agent), (SUSPECT, DEAD)
        if event.kind == RESTART:
            least[own] = least.get(own, 0) + 1
        for each in updates(event):
            if each.member == own and event.kind == HANDLE and each.status in doubts:
                least[own] = max(least.get(own, 0), each.incarnation + 1)
            elif each.member == own and event.kind == SEND:
                if each.incarnation < least.get(own, 1):
                    yield event, f"{own} speaks of itself as incarnation {each.incarnation} again."
                least[own] = each.incarnation


def helpers_are_asked(helpers: int, period: float) -> Property:
    """SW-S1: before a member suspects another on its own, it has asked `helpers` others to ping it.

    If there are fewer than `helpers`, it has asked all.  Those that it doubts, or doubted within the last
    `period` seconds, need not be asked.
    """

    @safety("helpers are asked before a suspicion")
    def judge(trace: Trace) -> Iterator[Objection]:
        turned: dict[str, dict[str, float]] = {}  # observer -> target -> since when it trusts it
        told: dict[str, set[tuple[str, int]]] = {}  # the doubts that it has heard of: member, incarnation
        asked: dict[str, list[tuple[float, str, str]]] = {}
        for event in trace:
            own, since = str(event.agent), event.time - period - MICRO_SECOND
            if event.kind in (START, RESTART):
                turned[own] = dict.fromkeys(dict(event.data).get("targets", ()), event.time)
                told[own], asked[own] = set(), []
            elif event.kind == HANDLE:
                doubts = [each for each in updates(event) if each.status in (SUSPECT, DEAD)]
                told[own] |= {(each.member, each.incarnation) for each in doubts}
            elif event.kind == SEND and event.name == "PingRequest":
                asked[own] = [each for each in asked[own] if each[0] > since]
                asked[own].append((event.time, event.content.target, str(event.peer)))
            elif pair := said(event):
                whom = pair[1]
                if event.name == "Suspected" and (whom, event.content.incarnation) not in told[own]:
                    others = sum(at <= since for who, at in turned[own].items() if who != whom)
                    few = len({who for at, target, who in asked[own] if target == whom and at > since})
                    if few < min(helpers, others):
                        yield event, f"{own} suspects {whom} after it asked {few} of {others} others."
                turned[own][whom] = event.time if GRAVITY[str(event.name)] == 0 else inf

    return judge


class Probes:
    """The last probe of each member by each other one, who may answer it, and which ones were answered."""

    def __init__(self) -> None:
        self.last: dict[tuple[str, str], tuple[float, int]] = {}  # who probes whom: when, under which number
        self.asked: dict[tuple[str, int], set[str]] = {}  # who probes, the number: who may answer
        self.answered: set[tuple[str, int]] = set()

    def take(self, event: Event, own_behalf: bool) -> None:
        """Take in a message that is sent, on its own behalf or because another asked for it, or handled."""
        own, peer, what = str(event.agent), str(event.peer), event.content
        if event.kind == SEND and event.name == "Ping" and own_behalf:
            self.last[own, peer] = event.time, what.number
            self.asked[own, what.number] = {peer}
            self.answered.discard((own, what.number))  # of an earlier life
        elif event.kind == SEND and event.name == "PingRequest":
            self.asked[own, what.number].add(peer)
        elif event.kind == HANDLE and event.name == "Ack" and peer in self.asked.get((own, what.number), ()):
            self.answered.add((own, what.number))


def answered_in_time(period: float) -> Property:
    """SW-S2: a member suspects no other on its own whose answer to this probe it has had.

    A probe lasts `period` seconds, and an answer by the member or by a helper counts until its end, however
    late it comes.  This is section 3.1 of the paper, where answers bear the number of the ping as well.
    """

    @safety("who answers a probe is not suspected")
    def judge(trace: Trace) -> Iterator[Objection]:
        probes, told = Probes(), set[tuple[str, Update]]()  # the doubts that a member has heard of
        for event in trace:
            own = str(event.agent)
            if event.kind in (SEND, HANDLE):
                caused = event.cause is not None and trace[event.cause].name == "PingRequest"
                probes.take(event, not caused)
                told |= {(own, each) for each in updates(event) if event.kind == HANDLE}
            elif event.name == "Suspected" and (pair := said(event)):
                at, number = probes.last.get(pair, (-inf, 0))
                by_news = (own, Update(pair[1], SUSPECT, event.content.incarnation)) in told
                in_time = (own, number) in probes.answered and event.time <= at + period + MICRO_SECOND
                if in_time and not by_news:
                    yield event, f"{own} suspects {pair[1]}, which has answered its ping of {at:.3f} s."

    return judge


def updates(event: Event) -> tuple[Update, ...]:
    """The news in a message that is sent or handled; none for any other event."""
    carries = event.kind in (SEND, HANDLE) and event.name in ("Ping", "Ack", "PingRequest")
    return (event.content.updates or ()) if carries else ()


def news_spreads(within: float) -> Property:
    """SW-L1: when one member doubts another that is down, all do within this many seconds.

    Members that a disturbance of the group or a lost message may keep from the news are excepted.
    """
    name = f"news reaches all within {within:g} s"

    def judge(trace: Trace) -> Verdict:
        opinions, doubted = Opinions(), set[str]()

        def spreads(event: Event) -> list[Hashable]:
            who, whom = said(event) or ("", "")
            new = whom in opinions.down and whom not in doubted and not opinions.faults
            if not new or not opinions.gravity[who][whom]:
                return []
            doubted.add(whom)
            others = [each for each in opinions.watchers[whom] if each in opinions.up]
            return [(each, whom) for each in others if not opinions.gravity[each][whom]]

        def arrives(event: Event, begun: Begun) -> list[Hashable]:
            touched = opinions.take(event)
            lost = event.kind == DROP and event.agent in opinions.up
            if event.kind in (START, RESTART, CRASH) or network_fault(event) or lost:
                doubted.clear()
                return [*begun]
            return [pair for pair in touched if pair in begun]

        return leads_to(name, spreads, arrives, within)(trace)

    return Property(name, judge)


def last_word(event: Event) -> bool:
    """Whether old news may have come last: a fault of the network ends or begins, or a member is restored."""
    return network_fault(event) or event.name == "Restored"


def reach(members: int, period: float) -> float:
    """Seconds in which a member has probed each other member and has the answer: two rounds at worst."""
    return 2 * (members - 1) * period


def properties(
    members: int, period: float = 1.0, suspicion: float = 5.0, helpers: int = 3
) -> tuple[Property, ...]:
    """All properties of a group with these settings (seconds), in a network that loses hardly anything."""
    probed = reach(members, period)
    buried = probed + period + suspicion
    return (
        each_change_once,
        news_goes_forward,
        incarnations_count_up,
        helpers_are_asked(helpers, period),
        answered_in_time(period),
        news_spreads(theory.spread(members) * period),
        crashes_are_found(buried, grave=True, again=last_word),
        the_dead_stay_suspected(buried, again=network_fault),
        mistakes_are_taken_back(probed + period),
    )
