"""Chapter 09: correct answers, and wrong ones with the check that is to catch each."""

from __future__ import annotations

from coordlab import Agent, State, message
from coordlab.patterns.replicas import Replica

# --- a ---------------------------------------------------------------------------------------------------


def count(variant):
    agents, rounds = variant["agents"], 1 + variant["retries"]
    seconds = rounds * variant["patience"] + variant["takes"]
    return agents * rounds, (agents - variant["silent"]) * rounds, seconds


def count_as_list(variant):
    return [float(each) for each in count(variant)]


def forgets_the_first_round(variant):
    return variant["agents"] * variant["retries"], *count(variant)[1:]


def asks_only_those_that_are_up(variant):
    _, proposals, seconds = count(variant)
    return proposals, proposals, seconds


def all_answer(variant):
    asks, _, seconds = count(variant)
    return asks, asks, seconds


def answers_of_the_first_round(variant):
    asks, _, seconds = count(variant)
    return asks, variant["agents"] - variant["silent"], seconds


def nobody_waits(variant):
    return *count(variant)[:2], variant["takes"]


def waits_once(variant):
    return *count(variant)[:2], variant["takes"] + variant["patience"]


# --- b ---------------------------------------------------------------------------------------------------


def line(variant, *faults):
    pairs = " ".join(f"{name}={value}" for name, value in variant.items())
    return " | ".join([f"09b {pairs} seed=0 until=16", *faults])


def due(variant, name):
    return next(float(each.split(":")[1]) for each in variant["writes"].split(",") if each.startswith(name))


def jumps_ahead(variant):
    who = variant["stands"]
    return line(variant, f"skew {who} x1 +20 @{due(variant, who) - 0.2:g}")


def jumps_early(variant):
    return line(variant, f"skew {variant['stands']} x1 +12 @0.5")


def jumps_and_parts(variant):
    return jumps_ahead(variant) + f" | partition {variant['last']} @1..2"


def nothing_happens(variant):
    return line(variant)


def runs_fast(variant):
    return line(variant, f"skew {variant['stands']} x2")


def jumps_too_late(variant):
    return line(variant, f"skew {variant['stands']} x1 +20 @12")


def last_never_writes(variant):
    return line(variant, f"crash {variant['last']} @0.5")


def parted(variant):
    return line(variant, f"partition {variant['stands']} @0.5..12")


def last_jumps(variant):
    return line(variant, f"skew {variant['last']} x1 +20 @0.5")


# --- c ---------------------------------------------------------------------------------------------------


@message
class Need:
    """I have customers and no ticket."""

    number: int


@message
class Give:
    """Here is a ticket, for this request."""

    number: int
    tickets: int


class Shop(Agent):
    """Asks all others again and again; each request has a number, and is answered once.

    A request is repeated until its answer comes, even if nobody waits any more: the ticket may be on its way.
    """

    sold = State(0)
    left = State(0)
    period = 0.4

    def __init__(self, name, tickets, customers):
        super().__init__(name)
        self.customers = customers
        self.sold, self.left = self.stable.get("sold", 0), self.stable.get("left", tickets)
        self.asked = self.stable.setdefault("asked", {})
        self.given = self.stable.setdefault("given", {})
        self.standing = self.stable.setdefault("open", {})

    def keep(self, sold, left):
        self.stable["sold"], self.stable["left"] = sold, left
        if left != self.left:
            self.left = left
        if sold != self.sold:
            self.sold = sold

    async def run(self):
        async for _ in self.every(self.period):
            self.sell()
            self.standing.update(dict.fromkeys(self.whom() if self.waiting() else ()))
            for peer in self.standing:
                self.send(peer, Need(self.asked.get(peer, 0)))

    def whom(self):
        return self.peers

    def waiting(self):
        return sum(at <= self.now for at in self.customers) > self.sold

    def sell(self):
        while self.left and self.waiting():
            self.keep(self.sold + 1, self.left - 1)

    def on_need(self, sender, message):
        number, tickets = self.given.get(sender, (-1, 0))
        if message.number > number and self.left:
            number, tickets = self.given[sender] = message.number, self.much()
            self.keep(self.sold, self.left - tickets)
        return Give(number, tickets) if message.number == number else None

    def much(self):
        return 1

    def on_give(self, sender, message):
        if message.number == self.asked.get(sender, 0):
            self.asked[sender] = message.number + 1
            self.standing.pop(sender, None)
            self.keep(self.sold, self.left + message.tickets)
            self.sell()


class OneAtATime(Shop):
    """Asks one other in turn, and gives half of what is left."""

    period = 0.25
    turn = State(0)

    def whom(self):
        self.turn = (self.turn + 1) % len(self.peers)
        return [self.peers[self.turn]]

    def much(self):
        return (self.left + 1) // 2


class Nothing(Agent):
    """Sells nothing."""

    sold = State(0)
    left = State(0)

    def __init__(self, name, tickets, customers):
        super().__init__(name)


class Alone(Shop):
    """Sells what it has, and asks nobody."""

    def whom(self):
        return []


class SellsToAll(Shop):
    """Sells to whoever comes."""

    def sell(self):
        while self.waiting():
            self.keep(self.sold + 1, max(0, self.left - 1))


class AsksOnce(Shop):
    """Asks for each ticket once."""

    async def run(self):
        async for _ in self.every(self.period):
            self.sell()
            if self.waiting() and not self.stable.get("once"):
                self.stable["once"] = True
                for peer in self.peers:
                    self.send(peer, Need(self.asked.get(peer, 0)))

    def on_give(self, sender, message):
        self.stable["once"] = False
        super().on_give(sender, message)


class TakesTwice(Shop):
    """Takes what comes, also if it comes twice."""

    def on_give(self, sender, message):
        self.asked[sender] = message.number + 1
        self.keep(self.sold, self.left + message.tickets)
        self.sell()


class GivesAgain(Shop):
    """Gives a ticket for each request that comes, also if it is the same."""

    def on_need(self, sender, message):
        if not self.left:
            return None
        self.keep(self.sold, self.left - 1)
        return Give(message.number, 1)


class KeepsIt(Shop):
    """Gives a ticket, and keeps it as well."""

    def on_need(self, sender, message):
        return Give(message.number, 1) if self.left else None


class Amnesic(Shop):
    """Forgets in a crash what it sold."""

    def __init__(self, name, tickets, customers):
        super().__init__(name, tickets, customers)
        self.sold = 0


class SellsAhead(Shop):
    """Sells what it has at once, before customers come."""

    def waiting(self):
        return len(self.customers) > self.sold


CORRECT = {
    "09a": (count, count_as_list),
    "09b": (jumps_ahead, jumps_early),
    "09c": (Shop, OneAtATime),
}
MUTANTS = {
    "09a": {
        forgets_the_first_round: "Ask messages",
        asks_only_those_that_are_up: "Ask messages",
        all_answer: "Proposal messages",
        answers_of_the_first_round: "Proposal messages",
        nobody_waits: "seconds until it is settled",
        waits_once: "seconds until it is settled",
    },
    "09b": {
        nothing_happens: "the newest write is lost",
        runs_fast: "the newest write is lost",
        jumps_too_late: "the newest write is lost",
        last_never_writes: "the newest write is lost",
        parted: "the newest write is lost",
        last_jumps: "the newest write is lost",
        jumps_and_parts: "with one fault",
    },
    "09c": {
        Nothing: "all tickets are sold",
        Alone: "all tickets are sold",
        SellsToAll: "all tickets are sold",
        AsksOnce: "all tickets are sold",
        GivesAgain: "all tickets are sold",
        Amnesic: "all tickets are sold",
        TakesTwice: "all tickets are sold",
        KeepsIt: "all tickets are sold",
        SellsAhead: "one for each customer",
    },
}
PAGES = {"09c": (Replica,)}
