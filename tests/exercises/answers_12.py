"""Chapter 12: correct answers, and wrong ones with the check that is to catch each."""

from __future__ import annotations

from coordlab import Agent, State, message
from coordlab.exercises.chapter_12 import depot
from coordlab.patterns.deadlock import Worker
from coordlab.patterns.deadlock.checks import deadlocks
from coordlab.patterns.deadlock.locks import Resource

# --- a ---------------------------------------------------------------------------------------------------


def set_out(variant):
    """When each of the two robots set out for the last time: its last request for its first dock."""
    pairs = zip(variant["robots"].split(","), variant["docks"].split(","), strict=False)
    trace = depot(variant).trace
    asked = [trace.select("Request", kind="send", agent=name, peer=dock)[-1] for name, dock in pairs]
    return sorted((event.time, event.agent) for event in asked)


def second_to_set_out(variant):
    time, name = set_out(variant)[1]
    return name, time


def with_a_dock(variant):
    time, name = set_out(variant)[1]
    return [name, round(time, 2)]


def first_to_set_out(variant):
    time, name = set_out(variant)[0]
    return name, time


def as_the_circle_closes(variant):
    event = next(event for event, those in deadlocks(depot(variant).trace) if len(those) > 1)
    return second_to_set_out(variant)[0], event.time


def the_third(variant):
    return variant["robots"].split(",")[2], second_to_set_out(variant)[1]


def at_the_end(variant):
    return "clock", variant["opens"] + 9.0


def as_it_opens(variant):
    return second_to_set_out(variant)[0], variant["opens"]


# --- b ---------------------------------------------------------------------------------------------------


@message
class Take:
    """I need your dock."""

    number: int


@message
class Granted:
    """It is yours."""

    number: int


@message
class Release:
    """I have left it."""

    number: int


@message
class Released:
    """I know."""


class Robot(Agent):
    """As the owner of a dock it keeps a line; as a user it asks until it is granted."""

    role = State("rests")

    def __init__(self, name, wants, rounds):
        super().__init__(name)
        self.docks, self.rounds = self.in_order(wants), rounds
        self.granted, self.holder, self.line, self.over = set(), None, [], {}

    def in_order(self, wants):
        return [owner for owner, _ in sorted(wants, key=lambda each: each[1])]

    async def run(self):
        for number in range(1, self.rounds + 1):
            self.role = "waits"
            await self.take_all(number)
            self.role = "works"
            await self.sleep(0.3)
            self.role = "rests"
            for dock in self.docks:
                self.spawn(self.release(dock, number))
        self.role = "is done"

    async def take_all(self, number):
        for dock in self.docks:
            await self.take(dock, number)

    async def take(self, dock, number):
        while (dock, number) not in self.granted:
            self.send(dock, Take(number))
            await self.until(lambda: (dock, number) in self.granted, within=0.4)

    async def release(self, dock, number):
        while not await self.ask(dock, Release(number), within=0.4):
            pass

    def on_granted(self, sender, message):
        self.granted.add((sender, message.number))

    def on_take(self, sender, message):
        claim = sender, message.number
        if message.number <= self.over.get(sender, 0):
            return None
        if self.holder in (None, claim):
            self.holder = claim
            return Granted(message.number)
        if claim not in self.line:
            self.line.append(claim)
        return None

    def on_release(self, sender, message):
        self.over[sender] = max(message.number, self.over.get(sender, 0))
        self.line = [each for each in self.line if each[1] > self.over.get(each[0], 0)]
        if self.holder == (sender, message.number):
            self.holder = self.line.pop(0) if self.line else None
            if self.holder:
                self.send(self.holder[0], Granted(self.holder[1]))
        return Released()


class Door(Robot):
    """As the owner it leaves nobody in a line: who is not granted asks again."""

    def on_take(self, sender, message):
        claim = sender, message.number
        if message.number > self.over.get(sender, 0) and self.holder in (None, claim):
            self.holder = claim
            return Granted(message.number)
        return None

    async def take(self, dock, number):
        while (dock, number) not in self.granted:
            self.send(dock, Take(number))
            await self.until(lambda: (dock, number) in self.granted, within=self.dice.uniform(0.05, 0.15))


class Nothing(Agent):
    """Does nothing."""

    role = State("rests")

    def __init__(self, name, wants, rounds):
        super().__init__(name)


class Pretends(Nothing):
    """Says that it is done."""

    async def run(self):
        self.role = "is done"


class AsGiven(Robot):
    """Asks in the order in which the docks are given: a circle."""

    def in_order(self, wants):
        return [owner for owner, _ in wants]


class AsksOnce(Robot):
    """Asks once, and waits for ever."""

    async def take(self, dock, number):
        self.send(dock, Take(number))
        await self.until(lambda: (dock, number) in self.granted)


class ReleasesOnce(Robot):
    """Does not look whether its Release arrived."""

    async def release(self, dock, number):
        self.send(dock, Release(number))

    def on_released(self, sender, message):
        pass


class NoLocks(Robot):
    """Works without asking anybody."""

    async def take_all(self, number):
        pass


class GrantsAll(Robot):
    """Grants its dock to whoever asks."""

    def on_take(self, sender, message):
        return Granted(message.number)


class ByName(Robot):
    """Any order avoids a deadlock; this is not the one that was asked for."""

    def in_order(self, wants):
        return sorted(owner for owner, _ in wants)


class HighestFirst(Robot):
    """The other way round."""

    def in_order(self, wants):
        return super().in_order(wants)[::-1]


class AllAtOnce(Robot):
    """Asks for both docks at once."""

    async def take_all(self, number):
        for dock in self.docks:
            self.send(dock, Take(number))
        await super().take_all(number)


class OneIsEnough(Robot):
    """Works as soon as the lower dock is its own."""

    async def take_all(self, number):
        await self.take(self.docks[0], number)


# --- c ---------------------------------------------------------------------------------------------------


def line(variant, *faults):
    pairs = " ".join(f"{name}={value}" for name, value in variant.items())
    return " | ".join([f"12c {pairs} seed=0 until=16", *faults])


def begins(variant):
    return variant["at"] - 1 + 0.2


def pause(variant, who="one", rounds=0):
    since = begins(variant) + 3 * rounds
    return f"pause {variant[who]} @{since + 0.01:g}..{since + 1.1:g}"


def paused(variant):
    return line(variant, pause(variant))


def slowed(variant):
    since = begins(variant)
    return line(variant, f"slow {variant['one']} 1.1 @{since:g}..{since + 0.2:g}")


def nothing_happens(variant):
    return line(variant)


def the_other(variant):
    return line(variant, pause(variant, "two"))


def too_late(variant):
    return line(variant, pause(variant, rounds=1))


def too_short(variant):
    since = begins(variant)
    return line(variant, f"pause {variant['one']} @{since + 0.01:g}..{since + 0.3:g}")


def of_another_pair(variant):
    names = [each.split(":")[0] for each in variant["plan"].split(",")]
    other = next(name for name in names if name not in (variant["one"], variant["two"]))
    return line(variant, pause({**variant, "one": other}))


def two_faults(variant):
    return line(variant, pause(variant), f"slow {variant['two']} 0.01 @15")


CORRECT = {
    "12a": (second_to_set_out, with_a_dock),
    "12b": (Robot, Door),
    "12c": (paused, slowed),
}
MUTANTS = {
    "12a": {
        first_to_set_out: "who",
        the_third: "who",
        at_the_end: "who",
        as_the_circle_closes: "when",
        as_it_opens: "when",
    },
    "12b": {
        Nothing: "every robot gets its work done",
        Pretends: "every robot gets its work done",
        AsGiven: "every robot gets its work done",
        AsksOnce: "every robot gets its work done",
        ReleasesOnce: "every robot gets its work done",
        GrantsAll: "every robot gets its work done",
        NoLocks: "every robot gets its work done",
        OneIsEnough: "every robot gets its work done",
        ByName: "the lower dock first",
        HighestFirst: "the lower dock first",
        AllAtOnce: "every robot gets its work done",
    },
    "12c": {
        nothing_happens: "just this pair is deadlocked",
        the_other: "just this pair is deadlocked",
        too_late: "just this pair is deadlocked",
        too_short: "just this pair is deadlocked",
        of_another_pair: "just this pair is deadlocked",
        two_faults: "with one fault",
    },
}
PAGES = {"12b": (Worker, Resource)}
