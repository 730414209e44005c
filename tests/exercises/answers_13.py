"""Chapter 13: correct answers, and wrong ones with the check that is to catch each."""

from __future__ import annotations

from collections import Counter
from statistics import mean

from coordlab import Agent, message
from coordlab.exercises.chapter_13 import build_lie
from coordlab.patterns.rogue import Pool, Worker

# --- a ---------------------------------------------------------------------------------------------------


def voices(variant):
    wrong, copies, silent = variant["wrong"], variant["copies"], variant["silent"]
    return 2 * wrong * copies + silent + 1, wrong * copies + 1, 2 * wrong + silent + 1


def voices_as_list(variant):
    return list(voices(variant))


def forgets_the_copies(variant):
    _, _, fewer = voices(variant)
    return fewer, variant["wrong"] + 1, fewer


def forgets_the_silent(variant):
    asked, needed, fewer = voices(variant)
    return asked - variant["silent"], needed, fewer - variant["silent"]


def one_too_few(variant):
    asked, needed, fewer = voices(variant)
    return asked - 1, needed, fewer


def half_is_enough(variant):
    asked, needed, fewer = voices(variant)
    return asked, needed - 1, fewer


def copies_all_the_same(variant):
    asked, needed, _ = voices(variant)
    return asked, needed, asked


def as_for_agreement(variant):
    """3f + 1 is the number for agreeing among liars, not for outvoting them."""
    return 3 * variant["wrong"] * variant["copies"] + 1, 1, 1


# --- b ---------------------------------------------------------------------------------------------------


@message
class Ask:
    """What does your thermometer say?"""

    round: int


@message
class Reading:
    """This."""

    round: int
    value: float


@message
class Agreed:
    """So warm is it."""

    round: int
    value: float


class Station(Agent):
    """Asks until it has enough, and takes the one in the middle."""

    def __init__(self, name, readings, broken):
        super().__init__(name)
        self.readings, self.needed = readings, 2 * broken + 1

    async def run(self):
        for number in range(self.stable.get("done", 0) + 1, len(self.readings) + 1):
            await self.sleep(max(0.0, number - self.now))
            heard = await self.heard(number)
            self.stable["done"] = number
            self.decide(Agreed(number, self.middle(sorted(heard.values()))))

    async def heard(self, number):
        found = {self.name: self.readings[number - 1]}
        while len(found) < self.needed:
            missing = [name for name in self.peers if name not in found]
            answers = await self.ask(missing, Ask(number), within=0.3)
            found |= {name: answer.value for name, answer in answers.items()}
        return found

    def middle(self, values):
        return values[len(values) // 2]

    def on_ask(self, sender, message):
        return Reading(message.round, self.readings[message.round - 1])


class Caller(Station):
    """Everybody tells everybody, again and again; without the lowest and the highest, the mean."""

    def __init__(self, name, readings, broken):
        super().__init__(name, readings, broken)
        self.broken, self.seen = broken, {}

    async def heard(self, number):
        own = self.readings[number - 1]
        found = self.seen.setdefault(number, {})
        found[self.name] = own
        while not await self.until(lambda: len(found) > 2 * self.broken, within=0.25):
            self.broadcast(Ask(number))
        return found

    def middle(self, values):
        return mean(values[self.broken : len(values) - self.broken])

    def on_reading(self, sender, message):
        self.seen.setdefault(message.round, {})[sender] = message.value


class Nothing(Station):
    """Answers, and decides nothing."""

    async def run(self):
        pass


class AllAtOnce(Station):
    """Decides all rounds at its start, before their time."""

    async def run(self):
        for number, value in enumerate(self.readings, 1):
            self.decide(Agreed(number, value))


class AsksOnce(Station):
    """Gives a round up if there are too few answers."""

    async def run(self):
        for number in range(self.stable.get("done", 0) + 1, len(self.readings) + 1):
            await self.sleep(max(0.0, number - self.now))
            answers = await self.ask(self.peers, Ask(number), within=0.3)
            self.stable["done"] = number
            values = [self.readings[number - 1], *(answer.value for answer in answers.values())]
            if len(values) >= self.needed:
                self.decide(Agreed(number, self.middle(sorted(values))))


class Majority(Station):
    """Waits until two are equal, as a vote does: honest readings differ."""

    async def heard(self, number):
        while True:
            found = await super().heard(number)
            value, count = Counter(found.values()).most_common(1)[0]
            if count > 1:
                return {self.name: value}
            await self.sleep(0.5)


class Mean(Station):
    """The mean, as the article's consensus does."""

    def middle(self, values):
        return mean(values)


class OwnReading(Station):
    """Believes itself."""

    async def heard(self, number):
        return {self.name: self.readings[number - 1]}


class Highest(Station):
    """Takes the warmest."""

    def middle(self, values):
        return values[-1]


class TwoAreEnough(Station):
    """Decides from two readings, and takes the one that is nearer to zero."""

    def __init__(self, name, readings, broken):
        super().__init__(name, readings, broken)
        self.needed = 2


class LateNews(Caller):
    """Does not look of which round a reading is."""

    def on_reading(self, sender, message):
        for number in range(message.round, len(self.readings) + 1):
            shifted = message.value + 0.3 * (number - message.round)
            self.seen.setdefault(number, {}).setdefault(sender, shifted)


class Forgets(Station):
    """Begins anew after a crash."""

    async def run(self):
        self.stable.clear()
        await super().run()


class DecidesTwice(Station):
    """Says everything twice."""

    def decide(self, what):
        super().decide(what)
        super().decide(what)


# --- c ---------------------------------------------------------------------------------------------------


def line(variant, *faults):
    pairs = " ".join(f"{name}={value}" for name, value in variant.items())
    return " | ".join([f"13c {pairs} seed=0 until=16", *faults])


def steps(variant):
    """Who answers, who reviews, and when, in the run without a fault."""
    trace = build_lie(0, **variant).run(until=16).trace
    found = next(event.data for event in trace.select("Accepted") if event.data.task == variant["task"])
    results = trace.select("Result", kind="send", agent=found.agent)
    reviews = trace.select("Review", kind="handle")
    return (
        [(event.agent, event.time) for event in results if event.data.job == found.job],
        [(event.agent, event.time) for event in reviews if event.content.job == found.job],
    )


def lies(some, width=0.004):
    return [f"rogue {name} colludes @{at - width:.3f}..{at + width:.3f}" for name, at in some]


def first_two_approve(variant):
    answer, reviews = steps(variant)
    return line(variant, *lies(answer), *lies(reviews[:2]))


def last_two_approve(variant):
    answer, reviews = steps(variant)
    return line(variant, *lies(reviews[1:], 0.002), *lies(answer, 0.002))


def all_three_approve(variant):
    answer, reviews = steps(variant)
    return line(variant, *lies(answer), *lies(reviews))


def nothing_happens(variant):
    return line(variant)


def one_liar(variant):
    return line(variant, *lies(steps(variant)[0]))


def one_approves(variant):
    answer, reviews = steps(variant)
    return line(variant, *lies(answer), *lies(reviews[:1]))


def all_the_time(variant):
    answer, reviews = steps(variant)
    return line(variant, *(f"rogue {name} colludes" for name, _ in [*answer, *reviews[:2]]))


def only_reviewers(variant):
    return line(variant, *lies(steps(variant)[1]))


CORRECT = {
    "13a": (voices, voices_as_list),
    "13b": (Station, Caller),
    "13c": (first_two_approve, last_two_approve),
}
MUTANTS = {
    "13a": {
        forgets_the_copies: "asked without knowing the copies",
        forgets_the_silent: "asked without knowing the copies",
        one_too_few: "asked without knowing the copies",
        as_for_agreement: "asked without knowing the copies",
        half_is_enough: "equal answers to believe",
        copies_all_the_same: "asked with one copy of each",
    },
    "13b": {
        Nothing: "each round is decided as intact thermometers say",
        AllAtOnce: "each round is decided as intact thermometers say",
        AsksOnce: "each round is decided as intact thermometers say",
        Majority: "each round is decided as intact thermometers say",
        Mean: "each round is decided as intact thermometers say",
        OwnReading: "each round is decided as intact thermometers say",
        Highest: "each round is decided as intact thermometers say",
        TwoAreEnough: "from the readings of 3 stations",
        LateNews: "from the readings of 3 stations",
        Forgets: "each round is decided once",
        DecidesTwice: "each round is decided once",
    },
    "13c": {
        nothing_happens: "just this lie is accepted",
        one_liar: "just this lie is accepted",
        one_approves: "just this lie is accepted",
        all_the_time: "just this lie is accepted",
        only_reviewers: "just this lie is accepted",
        all_three_approve: "with three faults",
    },
}
PAGES = {"13b": (Pool, Worker)}
