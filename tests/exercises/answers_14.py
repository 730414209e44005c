"""Chapter 14: correct answers, and wrong ones with the check that is to catch each."""

from __future__ import annotations

from math import sqrt

from coordlab import Agent, message
from coordlab.exercises.letters import once_in_order
from coordlab.patterns.topology import Member
from coordlab.properties import never

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


def by_hand(variant, missing=True, twice=True, order=True, crashes=True, late=True):
    topics = dict(each.split(":") for each in variant["readers"].split(","))

    def answer_14b(trace):
        read, due, seen = {}, {name: [] for name in () if late}, set()
        if not late:
            due = {name: [] for name in topics}
        for event in trace:
            if event.kind == "crash" and crashes:
                read.pop(event.agent, None)
                due.pop(event.agent, None)
            elif event.kind == "handle" and event.name == "Subscribed":
                due.setdefault(event.agent, [])
            elif event.kind == "send" and event.name == "Publish" and event.content.letter not in seen:
                seen.add(event.content.letter)
                for name in due:
                    if topics[name] == event.content.topic:
                        due[name].append(event.content.letter)
            elif event.kind == "state" and event.name == variant["word"]:
                read[event.agent] = event.data
                if twice and len(set(event.data)) < len(event.data):
                    return f"{event.agent} has read one twice"
                by_writer = {}
                for letter in event.data:
                    writer, number = letter.split(".")
                    if order and int(number) < by_writer.get(writer, 0):
                        return f"{event.agent} reads {letter} late"
                    by_writer[writer] = int(number)
        for name, letters in due.items():
            if missing and not set(letters) <= set(read.get(name, ())):
                return f"{name} misses one"
        return True

    return answer_14b


def as_promised(variant):
    return once_in_order(variant)


def only_missing(variant):
    return by_hand(variant, twice=False, order=False)


def only_twice(variant):
    return by_hand(variant, missing=False, order=False)


def none_missing_is_not_looked_at(variant):
    return by_hand(variant, missing=False)


def forgets_crashes(variant):
    return by_hand(variant, crashes=False)


def all_from_the_start(variant):
    return by_hand(variant, late=False)


def accepts_all(variant):
    return lambda trace: True


def rejects_all(variant):
    return lambda trace: "it is wrong"


def losses_are_wrong(variant):
    return never("nothing is lost", lambda event: event.kind == "drop")


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
                if await self.until(lambda: {*names} <= self.safe, within=0.35):
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
        none_missing_is_not_looked_at: "accepts what keeps the promise",
        forgets_crashes: "accepts what keeps the promise",
        all_from_the_start: "accepts what keeps the promise",
        losses_are_wrong: "accepts what keeps the promise",
        accepts_all: "accepts what keeps the promise",
        rejects_all: "accepts what keeps the promise",
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
