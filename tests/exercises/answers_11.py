"""Chapter 11: correct answers, and wrong ones with the check that is to catch each."""

from __future__ import annotations

from coordlab import Agent, State, message
from coordlab.patterns.circuit_breaker import Caller
from coordlab.patterns.resilience import Client

# --- a ---------------------------------------------------------------------------------------------------


def click(variant):
    sent, product = [], 1
    for each in variant["retries"].split(","):
        product *= int(each) + 1
        sent.append(product)
    return sum(sent), sent[-1], variant["clicks"] * 4 * sent[0]


def click_as_list(variant):
    return list(click(variant))


def only_the_last_hop(variant):
    _, last, alone = click(variant)
    return last, last, alone


def forgets_the_first_attempt(variant):
    product, total = 1, 0
    for each in variant["retries"].split(","):
        product *= int(each)
        total += product
    return total, product, 0


def adds_the_retries(variant):
    total = click(variant)[0]
    return total, sum(int(each) + 1 for each in variant["retries"].split(",")), 0


def one_click_only(variant):
    total, last, alone = click(variant)
    return total, last, alone / variant["clicks"]


def no_idea(variant):
    return 1, 2, 3


# --- b ---------------------------------------------------------------------------------------------------


@message
class Request:
    """What does it cost?"""

    number: int


@message
class Result:
    """This much."""

    number: int


class Shop(Agent):
    """A generation of calls, and until when to be silent."""

    role = State("closed")

    def __init__(self, name, callee, failures, wait, probes):
        super().__init__(name)
        self.callee, self.failures, self.wait, self.probes = callee, failures, wait, probes
        self.generation, self.row, self.good, self.quiet, self.probing = 0, 0, 0, 0.0, False

    async def run(self):
        async for _ in self.every(0.2):
            if self.role == "open" and self.now >= self.quiet:
                self.role, self.good, self.probing = "half-open", 0, False
            if self.role == "closed" or (self.role == "half-open" and not self.probing):
                self.probing = self.role == "half-open"
                number = self.stable["number"] = self.stable.get("number", 0) + 1
                self.spawn(self.call(number, self.generation))

    async def call(self, number, generation):
        answers = await self.ask(self.callee, Request(number), within=0.5)
        if generation != self.generation:
            return
        self.probing = False
        self.count(bool(answers))

    def count(self, well):
        self.row = 0 if well else self.row + 1
        self.good += well
        if self.role == "half-open" and self.good == self.probes:
            self.role = "closed"
        elif not well and (self.role == "half-open" or self.row >= self.failures):
            self.trip()

    def trip(self):
        self.role, self.quiet, self.row = "open", self.now + self.wait, 0
        self.generation += 1

    def on_request(self, sender, message):
        return Result(message.number)


class Steps(Agent):
    """First all at once; after a trip a loop of its own, which waits and probes."""

    def __init__(self, name, callee, failures, wait, probes):
        super().__init__(name)
        self.callee, self.failures, self.wait, self.probes = callee, failures, wait, probes
        self.number, self.row = 0, 0

    async def run(self):
        while True:
            await self.normal()
            await self.recover()

    async def normal(self):
        self.row, book = 0, []
        async for _ in self.every(0.2):
            if self.row >= self.failures:
                book.append("closed")
                return
            self.spawn(self.call(book))

    async def call(self, book):
        well = await self.well()
        if not book:
            self.row = 0 if well else self.row + 1
            if self.row == self.failures:
                self.opened = self.now
                book.append("closed")

    async def well(self):
        self.number += 1
        return await self.ask(self.callee, Request(self.number), within=0.5)

    async def recover(self):
        await self.sleep(max(0.0, self.opened + self.wait - self.now))
        good = 0
        while good < self.probes:
            if await self.well():
                good += 1
            else:
                good = 0
                await self.sleep(self.wait)

    def on_request(self, sender, message):
        return Result(message.number)


class Nothing(Agent):
    """Answers, and never asks."""

    def __init__(self, name, callee, failures, wait, probes):
        super().__init__(name)

    def on_request(self, sender, message):
        return Result(message.number)


class NoBreaker(Shop):
    """Never opens."""

    def trip(self):
        self.row = 0


class OneByOne(Shop):
    """Waits for each result before the next call."""

    async def run(self):
        async for number in self.every(0.2):
            if self.role == "open" and self.now < self.quiet:
                continue
            await self.ask(self.callee, Request(number), within=0.5)


class OneGoodProbe(Shop):
    """Closes after one good probe, as a common first breaker does."""

    def count(self, well):
        if well and self.role == "half-open":
            self.role = "closed"
        super().count(well)


class AllProbesAtOnce(Shop):
    """Half-open lets every call through."""

    async def call(self, number, generation):
        self.probing = False
        await super().call(number, generation)


class ShortWait(Shop):
    """Asks again after half of the wait."""

    def trip(self):
        super().trip()
        self.quiet = self.now + self.wait / 2


class OpensAtOnce(Shop):
    """A single failure opens it, for a minute."""

    def trip(self):
        super().trip()
        self.quiet = self.now + 60.0


class Timid(Shop):
    """Opens after the first failure."""

    def __init__(self, name, callee, failures, wait, probes):
        super().__init__(name, callee, 1, wait, probes)


class LongWait(Shop):
    """Waits twice as long as it should."""

    def trip(self):
        super().trip()
        self.quiet = self.now + 2 * self.wait


class LateFailures(Shop):
    """Counts failures of calls from before it opened: each makes the wait begin anew."""

    async def call(self, number, generation):
        answers = await self.ask(self.callee, Request(number), within=0.5)
        self.probing = False
        self.count(bool(answers))

    def count(self, well):
        super().count(well)
        if self.role == "open" and not well:
            self.trip()


# --- c ---------------------------------------------------------------------------------------------------


def line(variant, *faults):
    pairs = " ".join(f"{name}={value}" for name, value in variant.items())
    return " | ".join([f"11c {pairs} seed=0 until=16", *faults])


def span(variant, since, until):
    return f"@{variant['at'] + since:g}..{variant['at'] + until:g}"


def part(variant):
    return line(variant, f"partition {variant['one']},{variant['two']} {span(variant, -1.5, -0.1)}")


def part_alone(variant):
    return line(variant, f"partition {variant['one']}/{variant['two']} {span(variant, -1.4, 0)}")


def cut_both(variant):
    return line(variant, *(f"cut {variant[who]}>db {span(variant, -1.5, -0.1)}" for who in ("one", "two")))


def nothing_happens(variant):
    return line(variant)


def down(variant):
    return line(variant, f"crash db {span(variant, -1.5, -0.1)}")


def only_one(variant):
    return line(variant, f"partition {variant['one']} {span(variant, -1.5, -0.1)}")


def too_early(variant):
    return line(variant, f"partition {variant['one']},{variant['two']} {span(variant, -3.5, -2.1)}")


def too_long(variant):
    return line(variant, f"partition {variant['one']},{variant['two']} {span(variant, -1.5, 0.9)}")


CORRECT = {
    "11a": (click, click_as_list),
    "11b": (Shop, Steps),
    "11c": (part, part_alone),
}
MUTANTS = {
    "11a": {
        only_the_last_hop: "requests of one click",
        forgets_the_first_attempt: "requests of one click",
        adds_the_retries: "requests that reach s4",
        one_click_only: "requests if only the user tries again",
        no_idea: "requests of one click",
    },
    "11b": {
        Nothing: "calls flow when all is well, few are in vain",
        OneByOne: "calls flow when all is well, few are in vain",
        OpensAtOnce: "calls flow when all is well, few are in vain",
        NoBreaker: "calls flow when all is well, few are in vain",
        ShortWait: "leaves a silent callee alone",
        OneGoodProbe: "leaves a silent callee alone",
        AllProbesAtOnce: "one probe at a time",
        LateFailures: "calls whenever it may",
        Timid: "leaves a silent callee alone",
        LongWait: "calls whenever it may",
    },
    "11c": {
        nothing_happens: "just these two are open",
        down: "just these two are open",
        only_one: "just these two are open",
        too_early: "just these two are open",
        too_long: "just these two are open",
        cut_both: "with one fault",
    },
}
PAGES = {"11b": (Caller, Client)}
