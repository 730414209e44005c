"""Chapter 10: correct answers, and wrong ones with the check that is to catch each."""

from __future__ import annotations

from coordlab import Agent, State, message
from coordlab.exercises.pings import only_the_silent, ring
from coordlab.patterns.heartbeat import Monitor, Peer
from coordlab.properties import always, never

# --- a ---------------------------------------------------------------------------------------------------


def losses(variant):
    """The run, the pair of the suspicion, and the lost heartbeats of that link."""
    trace = ring(variant).trace
    told = next(event for event in trace.select("Suspected", kind="decision"))
    sender = told.content.target
    lost = {event.message for event in trace.select("Heartbeat", kind="drop", before=told.time)}
    sent = [each for each in trace.select("Heartbeat", kind="send", agent=sender) if each.message in lost]
    return trace, told, [each for each in sent if each.time < told.time][-2:]


def last_lost(variant):
    _, told, sent = losses(variant)
    return told.content.target, sent[-1].time


def last_lost_rounded(variant):
    who, when = last_lost(variant)
    return [who, round(when, 2)]


def first_lost(variant):
    _, told, sent = losses(variant)
    return told.content.target, sent[0].time


def when_it_is_suspected(variant):
    _, told, _ = losses(variant)
    return told.content.target, told.time


def somebody_else(variant):
    who, when = last_lost(variant)
    _, told, _ = losses(variant)
    return next(each for each in variant["sensors"].split(",") if each not in (who, told.agent)), when


def at_the_start(variant):
    return variant["sensors"].split(",")[0], 0.0


def nobody(variant):
    return "monitor", 3.0


# --- b ---------------------------------------------------------------------------------------------------


@message
class Alive:
    """I am up, and doubt these."""

    doubts: tuple[str, ...]


class Guard(Agent):
    """Tells all others again and again whom it doubts, and counts the doubts of all."""

    down = State(())
    period = 0.3

    def __init__(self, name, patience):
        super().__init__(name)
        self.patience = patience

    async def run(self):
        self.seen = dict.fromkeys(self.peers, self.now)
        self.told = {}
        async for _ in self.every(self.period):
            doubts = tuple(each for each in self.peers if self.now - self.seen[each] > self.patience)
            for peer in self.peers:
                self.send(peer, Alive(doubts))
            down = tuple(each for each in self.peers if self.condemned(each, doubts))
            if down != self.down:
                self.down = down

    def votes(self, name, doubts):
        fresh = [told for told, at in self.told.values() if self.now - at <= self.patience]
        return (name in doubts) + sum(name in told for told in fresh)

    def condemned(self, name, doubts):
        return 2 * self.votes(name, doubts) > len(self.peers) + 1

    def on_alive(self, sender, message):
        self.seen[sender] = self.now
        self.told[sender] = message.doubts, self.now


class Slower(Guard):
    """Beats less often, and forgives for a little longer."""

    period = 0.4

    def __init__(self, name, patience):
        super().__init__(name, 1.3 * patience)


class Nothing(Agent):
    """Says nothing of anybody."""

    down = State(())

    def __init__(self, name, patience):
        super().__init__(name)


class Alone(Guard):
    """Its own doubt is enough."""

    def condemned(self, name, doubts):
        return name in doubts


class AnyDoubt(Guard):
    """One doubt is enough, whoever has it."""

    def condemned(self, name, doubts):
        return self.votes(name, doubts) > 0


class MostOfThoseHeard(Guard):
    """More than half of those that it hears are enough."""

    def condemned(self, name, doubts):
        heard = sum(self.now - at <= self.patience for _, at in self.told.values())
        return 2 * self.votes(name, doubts) > heard + 1


class AllMustDoubt(Guard):
    """All others must doubt it."""

    def condemned(self, name, doubts):
        return self.votes(name, doubts) >= len(self.peers)


class ForEver(Guard):
    """Who was down once stays down."""

    def condemned(self, name, doubts):
        return name in self.down or super().condemned(name, doubts)


class WithoutOwn(Guard):
    """Does not count its own doubt."""

    def votes(self, name, doubts):
        return super().votes(name, ())


class BlindStart(Guard):
    """Takes all for down until it has heard them."""

    async def run(self):
        self.down = tuple(self.peers)
        await super().run()


# --- c ---------------------------------------------------------------------------------------------------


def by_hand(variant):
    def answer_10c(trace):
        began, last, before = 0.0, {}, set()
        for event in trace.select(agent="monitor"):
            if event.kind in ("start", "restart"):
                began, last, before = event.time, {}, set()
            elif event.kind == "handle":
                last[event.peer] = event.time
            elif event.kind == "state" and event.name == variant["word"]:
                for name in set(event.data) - before:
                    if event.time - last.get(name, began) < variant["bound"] - 1e-4:
                        return f"{name} too early"
                before = set(event.data)
        return True

    return answer_10c


def forgets_the_start(variant):
    def answer(trace):
        last, before = {}, set()
        for event in trace.select(agent="monitor"):
            if event.kind == "handle":
                last[event.peer] = event.time
            elif event.kind == "state" and event.name == variant["word"]:
                for name in set(event.data) - before:
                    if event.time - last.get(name, -9.0) < variant["bound"] - 1e-4:
                        return event
                before = set(event.data)
        return True

    return answer


def all_in_the_tuple(variant):
    def answer(trace):
        last = {}
        for event in trace.select(agent="monitor"):
            if event.kind in ("start", "restart"):
                last = dict.fromkeys(trace.agents, event.time)
            elif event.kind == "handle":
                last[event.peer] = event.time
            elif event.kind == "state" and event.name == variant["word"]:
                for name in event.data:
                    if event.time - last[name] < variant["bound"] - 1e-4:
                        return False
        return True

    return answer


def only_those_that_are_down(variant):
    word = variant["word"]
    return always(
        "who is up is not suspected",
        lambda now: not ("monitor" in now.alive and set(now.state("monitor", word)) & set(now.alive)),
    )


def half_the_bound(variant):
    return by_hand({**variant, "bound": variant["bound"] * 0.7})


def twice_the_bound(variant):
    return by_hand({**variant, "bound": variant["bound"] * 1.5})


def accepts_all(variant):
    return never("nothing", lambda event: False)


def rejects_all(variant):
    return lambda trace: "wrong"


CORRECT = {
    "10a": (last_lost, last_lost_rounded),
    "10b": (Guard, Slower),
    "10c": (by_hand, only_the_silent),
}
MUTANTS = {
    "10a": {
        first_lost: "when",
        when_it_is_suspected: "when",
        somebody_else: "who",
        at_the_start: "when",
        nobody: "",
    },
    "10b": {
        Nothing: "who is gone is known",
        AllMustDoubt: "who is gone is known",
        WithoutOwn: "who is gone is known",
        Alone: "nobody within reach is condemned",
        AnyDoubt: "nobody within reach is condemned",
        ForEver: "nobody within reach is condemned",
        MostOfThoseHeard: "few condemn nobody",
        BlindStart: "condemned with the others",
    },
    "10c": {
        forgets_the_start: "catches what breaks it",
        half_the_bound: "catches what breaks it",
        all_in_the_tuple: "accepts what keeps the promise",
        only_those_that_are_down: "accepts what keeps the promise",
        twice_the_bound: "accepts what keeps the promise",
        accepts_all: "accepts what keeps the promise",
        rejects_all: "accepts what keeps the promise",
    },
}
PAGES = {"10b": (Monitor, Peer)}
