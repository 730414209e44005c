"""Chapter 14: correct answers, and wrong ones with the check that is to catch each."""

from __future__ import annotations

from itertools import combinations
from math import sqrt

from coordlab import Agent, message
from coordlab.exercises.letters import once_in_order
from coordlab.patterns.topology import Member

# --- a ---------------------------------------------------------------------------------------------------


def costs(variant):
    n, arrive = variant["agents"], 1 - variant["lost"] / 100
    peak = sqrt((1 - variant["contention"] / 100) / (variant["coherency"] / 100))
    return n * (n - 1) // 2 - n, n * (n - 1) / arrive**2, peak


def costs_rounded(variant):
    return [round(each, 2) for each in costs(variant)]


def counts_both_ways(variant):
    n = variant["agents"]
    return n * (n - 1) - n, *costs(variant)[1:]


def all_channels(variant):
    n = variant["agents"]
    return n * (n - 1) // 2, *costs(variant)[1:]


def receipts_arrive(variant):
    saved, sent, peak = costs(variant)
    return saved, sent * (1 - variant["lost"] / 100), peak


def its_own_letter_too(variant):
    saved, sent, peak = costs(variant)
    n = variant["agents"]
    return saved, sent * n / (n - 1), peak


def forgets_contention(variant):
    return *costs(variant)[:2], sqrt(100 / variant["coherency"])


def forgets_the_root(variant):
    return *costs(variant)[:2], costs(variant)[2] ** 2


# --- b ---------------------------------------------------------------------------------------------------


def by_hand(variant, missing=True, twice=True, order=True, ends=("crash",), late=True):
    topics = dict(each.split(":") for each in variant["readers"].split(","))

    def wrong(letters):
        numbers = [each.split(".") for each in letters]
        pairs = [(one, int(number)) for one, number in numbers]
        behind = any(one == two and late < soon for (one, soon), (two, late) in combinations(pairs, 2))
        return (twice and len(set(letters)) < len(letters)) or (order and behind)

    def answer_14b(trace):
        read, since, sent = {}, {} if late else dict.fromkeys(topics, -1), {}
        for event in trace:
            if event.kind in ends:
                read.pop(event.agent, None)
                since.pop(event.agent, None)
            elif (event.kind, event.name) == ("handle", "Subscribed"):
                since.setdefault(event.agent, event.seq)
            elif (event.kind, event.name) == ("send", "Publish"):
                sent.setdefault(event.content.letter, event)
            elif (event.kind, event.name) == ("state", variant["word"]):
                read[event.agent] = event.data
                if wrong(event.data):
                    return f"{event.agent} has read {event.data}"
        due = [
            (name, letter)
            for letter, event in sent.items()
            for name in since
            if topics[name] == event.content.topic and since[name] < event.seq
        ]
        return not missing or all(letter in read.get(name, ()) for name, letter in due)

    return answer_14b


def as_promised(variant):
    return once_in_order(variant)


def only_missing(variant):
    return by_hand(variant, twice=False, order=False)


def only_twice(variant):
    return by_hand(variant, missing=False, order=False)


def forgets_crashes(variant):
    return by_hand(variant, ends=())


def all_from_the_start(variant):
    return by_hand(variant, late=False)


def accepts_all(variant):
    return lambda trace: True


# --- c ---------------------------------------------------------------------------------------------------


@message
class Report:
    """The numbers of these members."""

    names: tuple[str, ...]
    numbers: tuple[int, ...]


@message
class Receipt:
    """The boss has the numbers of these."""

    names: tuple[str, ...]


@message
class Total:
    """The sum of the numbers of these."""

    names: tuple[str, ...]
    amount: int


class Node(Agent):
    """Answers a report when the boss has it; asks the parent three times, then the next above, and so on."""

    patience, tries = 1.0, 3

    def __init__(self, name, above, below, number):
        super().__init__(name)
        self.above, self.below = above, below
        self.known, self.safe = {name: number}, set()

    async def run(self):
        if not self.above:
            await self.until(lambda: {*self.peers} <= {*self.known}, within=max(0.0, 7.9 - self.now))
            self.decide(self.total())
            return
        await self.until(lambda: {*self.below} <= {*self.known}, within=self.patience)
        while True:
            await self.until(lambda: {*self.known} - self.safe, within=20.0)
            await self.deliver()

    def total(self):
        return Total(tuple(self.known), sum(self.known.values()))

    async def deliver(self):
        for superior in self.above:
            for _ in range(self.tries):
                report = Report(tuple(self.known), tuple(self.known.values()))
                if answer := await self.ask(superior, report, within=0.4):
                    self.safe |= {*answer[superior].names}
                    return

    async def on_report(self, sender, message):
        self.learn(message)
        if self.above:
            await self.until(lambda: {*message.names} <= self.safe, within=5.0)
        return Receipt(message.names)

    def learn(self, message):
        self.known |= dict(zip(message.names, message.numbers, strict=True))


class Relay(Node):
    """Sends again and again without waiting, and passes receipts down."""

    def __init__(self, name, above, below, number):
        super().__init__(name, above, below, number)
        self.owed = {}

    async def deliver(self):
        for superior in self.above:
            for _ in range(self.tries):
                names = tuple(self.known)
                self.send(superior, Report(names, tuple(self.known.values())))
                if await self.until(lambda sent=names: {*sent} <= self.safe, within=0.35):
                    return

    def on_report(self, sender, message):
        self.learn(message)
        if not self.above or {*message.names} <= self.safe:
            self.send(sender, Receipt(message.names))
        else:
            self.owed[sender] = message.names

    def on_receipt(self, sender, message):
        self.safe |= {*message.names}
        for child, names in list(self.owed.items()):
            if {*names} <= self.safe:
                self.send(child, Receipt(self.owed.pop(child)))


class DecidesAtOnce(Node):
    """The boss does not wait."""

    async def run(self):
        if not self.above:
            self.decide(self.total())


class WaitsForEver(Node):
    """Reports when all children have."""

    patience = 100.0


class ReceiptAtOnce(Node):
    """Answers before the boss has the report."""

    async def on_report(self, sender, message):
        self.learn(message)
        return Receipt(message.names)


class ParentOnly(Node):
    """Never goes past its parent."""

    async def deliver(self):
        self.above = self.above[:1]
        await super().deliver()


class SendsOnce(Node):
    """Sends one report, and hopes."""

    async def deliver(self):
        self.send(self.above[0], Report(tuple(self.known), tuple(self.known.values())))
        self.safe |= {*self.known}

    async def on_report(self, sender, message):
        self.learn(message)


class AddsUp(Node):
    """The boss adds up whatever comes."""

    def __init__(self, name, above, below, number):
        super().__init__(name, above, below, number)
        self.amount = number

    def learn(self, message):
        super().learn(message)
        self.amount += sum(message.numbers)

    def total(self):
        return Total(tuple(self.known), self.amount)


class DecidesTwice(Node):
    """Says everything twice."""

    def decide(self, what):
        super().decide(what)
        super().decide(what)


class AtOnce(Node):
    """Passes on each report when it comes."""

    patience = 0.0


class Star(Node):
    """Reports to the boss."""

    def __init__(self, name, above, below, number):
        super().__init__(name, above[-1:], below, number)


class GivesUpSoon(Node):
    """Tries its parent once."""

    tries = 1


CORRECT = {
    "14a": (costs, costs_rounded),
    "14b": (by_hand, as_promised),
    "14c": (Node, Relay),
}
MUTANTS = {
    "14a": {
        receipts_arrive: "deliveries in a round",
        its_own_letter_too: "deliveries in a round",
        forgets_contention: "agents that do the most",
        forgets_the_root: "agents that do the most",
        counts_both_ways: "channels that a bus saves",
        all_channels: "channels that a bus saves",
    },
    "14b": {
        only_missing: "catches what breaks it",
        only_twice: "accepts what keeps the promise",
        forgets_crashes: "accepts what keeps the promise",
        all_from_the_start: "accepts what keeps the promise",
        accepts_all: "accepts what keeps the promise",
    },
    "14c": {
        ReceiptAtOnce: "the boss has the number of all who never crashed",
        ParentOnly: "the boss has the number of all who never crashed",
        WaitsForEver: "the boss has the number of all who never crashed",
        SendsOnce: "the boss has the number of all who never crashed",
        AddsUp: "one total, with each number once",
        DecidesTwice: "one total, with each number once",
        AtOnce: "children are waited for, and parents tried 3 times",
        Star: "children are waited for, and parents tried 3 times",
        GivesUpSoon: "children are waited for, and parents tried 3 times",
        DecidesAtOnce: "the boss has the number of all who never crashed",
    },
}
PAGES = {"14c": (Member,)}
