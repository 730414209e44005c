"""Chapter 07: correct answers, and wrong ones with the check that is to catch each."""

from __future__ import annotations

from coordlab import Agent, State, message
from coordlab.patterns.bully import Candidate

# --- a ---------------------------------------------------------------------------------------------------


def price(variant):
    agents, down, notices = variant["agents"], variant["down"], variant["notices"]
    up = agents - down
    elections = sum(agents - rank for rank in range(notices, up + 1))
    return elections, sum(up - rank for rank in range(notices, up)), up - 1


def price_as_list(variant):
    return list(price(variant))


def all_answer(variant):
    elections, _, news = price(variant)
    return elections, elections, news


def only_the_first_asks(variant):
    _, answers, news = price(variant)
    return variant["agents"] - variant["notices"], answers, news


def everybody_takes_part(variant):
    lowest = {**variant, "notices": 1}
    return price(lowest)


def no_idea(variant):
    return 1, 2, 3


def news_for_all(variant):
    elections, answers, _ = price(variant)
    return elections, answers, variant["agents"] - 1


def forgets_the_silent(variant):
    _, answers, news = price(variant)
    return answers, answers, news


# --- b ---------------------------------------------------------------------------------------------------


@message
class Election:
    """Is anybody stronger?"""

    charge: int


@message
class Stronger:
    """I have more charge: stand back."""


@message
class Coordinator:
    """I lead."""

    charge: int


class Robot(Agent):
    """A leader says again and again that it leads, with its charge."""

    role = State("follows")
    coordinator = State(None)

    def __init__(self, name, charge, patience):
        super().__init__(name)
        self.charge, self.patience, self.heard, self.holding = charge, patience, 0.0, False

    async def run(self):
        await self.elect()
        async for _ in self.every(0.5):
            if self.role == "coordinates":
                self.tell()
            elif not self.holding and self.now - self.heard > 1.2:
                await self.elect()

    async def elect(self):
        self.holding, self.role, self.coordinator = True, "electing", None
        while self.role == "electing":
            answers = await self.ask(self.peers, Election(self.charge), within=self.patience)
            if self.role == "electing" and not answers:
                self.lead()
            await self.until(lambda: self.role != "electing", within=3 * self.patience)
        self.holding = False

    def lead(self):
        self.role, self.coordinator = "coordinates", self.name
        self.tell()

    def tell(self):
        for peer in self.peers:
            self.send(peer, Coordinator(self.charge))

    def on_election(self, sender, message):
        if self.charge < message.charge:
            return None
        if self.role == "coordinates":
            self.send(sender, Coordinator(self.charge))
        elif not self.holding:
            self.spawn(self.elect())
        return Stronger()

    def on_coordinator(self, sender, message):
        if message.charge > self.charge:
            self.role, self.coordinator, self.heard = "follows", sender, self.now


@message
class Alive:
    """I am up."""

    charge: int


class Listener(Agent):
    """Everybody says how charged it is, again and again; the strongest of whom one has heard leads."""

    role = State("follows")
    coordinator = State(None)

    def __init__(self, name, charge, patience):
        super().__init__(name)
        self.charge, self.seen = charge, {}

    async def run(self):
        async for tick in self.every(0.25):
            for peer in self.peers:
                self.send(peer, Alive(self.charge))
            if tick > 4:
                self.choose()

    def on_alive(self, sender, message):
        self.seen[sender] = message.charge, self.now

    def choose(self):
        fresh = {name: charge for name, (charge, at) in self.seen.items() if self.now - at < 1.2}
        best = max(fresh, key=fresh.get, default=self.name)
        if fresh.get(best, 0) < self.charge:
            best = self.name
        role = "coordinates" if best == self.name else "follows"
        if best != self.coordinator or role != self.role:
            self.role, self.coordinator = role, best


class Nothing(Agent):
    """Does nothing."""

    role = State("follows")
    coordinator = State(None)

    def __init__(self, name, charge, patience):
        super().__init__(name)


class EachItself(Nothing):
    """Each leads itself."""

    async def run(self):
        self.role, self.coordinator = "coordinates", self.name


class ByName(Listener):
    """The highest name leads, as ranks do in the chapter."""

    def choose(self):
        fresh = [name for name, (_, at) in self.seen.items() if self.now - at < 1.2]
        best = max([*fresh, self.name])
        role = "coordinates" if best == self.name else "follows"
        if best != self.coordinator:
            self.role, self.coordinator = role, best


class WaitsForEver(Robot):
    """Who was told to stand back waits without end, and nobody asks again."""

    async def run(self):
        await self.elect()
        async for _ in self.every(0.5):
            if self.role == "coordinates":
                self.tell()

    async def elect(self):
        self.holding, self.role, self.coordinator = True, "electing", None
        answers = await self.ask(self.peers, Election(self.charge), within=self.patience)
        if self.role == "electing" and not answers:
            self.lead()
        await self.until(lambda: self.role != "electing")
        self.holding = False


class NeverStepsDown(Robot):
    """Who leads does not listen to other leaders."""

    def on_coordinator(self, sender, message):
        if self.role != "coordinates":
            super().on_coordinator(sender, message)


class BelievesAnybody(Robot):
    """Follows whoever says that it leads, also a weaker one."""

    def on_coordinator(self, sender, message):
        self.role, self.coordinator, self.heard = "follows", sender, self.now


class ElectsOnce(Robot):
    """Holds an election at its start, and never looks again."""

    async def run(self):
        await self.elect()


class Guesses(Listener):
    """Follows the strongest of whom anybody has told it: hearsay."""

    def on_alive(self, sender, message):
        super().on_alive(sender, message)
        names = sorted([*self.peers, self.name])
        if self.coordinator is None and names[0] != self.name:
            self.coordinator = names[0]


# --- c ---------------------------------------------------------------------------------------------------


def line(variant, *faults):
    pairs = " ".join(f"{name}={value}" for name, value in variant.items())
    return " | ".join([f"07c {pairs} seed=0 until=16", *faults])


def crash_and_part(variant):
    crashes = [f"crash {rank}" for rank in range(variant["high"] + 1, variant["agents"] + 1)]
    low = ",".join(str(rank) for rank in range(1, variant["low"] + 1))
    return line(variant, *crashes, f"partition {low}")


def crash_and_part_late(variant):
    crashes = [f"crash {rank} @0.5" for rank in range(variant["high"] + 1, variant["agents"] + 1)]
    low = ",".join(str(rank) for rank in range(1, variant["low"] + 1))
    return line(variant, *crashes, f"partition {low} @1..15")


def nothing_happens(variant):
    return line(variant)


def only_parts(variant):
    return line(variant, f"partition {variant['low']}")


def only_crashes(variant):
    return line(variant, *(f"crash {rank}" for rank in range(variant["high"] + 1, variant["agents"] + 1)))


def heals_too_soon(variant):
    return crash_and_part(variant) + f" @0..{variant['at'] - 3}"


def too_many_faults(variant):
    return crash_and_part(variant) + " | pause 1 @15..15.5 | cut 1>2 @15"


def of_another(variant):
    return crash_and_part({**variant, "agents": variant["agents"] + 1, "high": variant["high"] + 1})


CORRECT = {
    "07a": (price, price_as_list),
    "07b": (Robot, Listener),
    "07c": (crash_and_part, crash_and_part_late),
}
MUTANTS = {
    "07a": {
        all_answer: "Answer messages",
        only_the_first_asks: "Election messages",
        everybody_takes_part: "Election messages",
        news_for_all: "Coordinator messages",
        no_idea: "Election messages",
        forgets_the_silent: "Election messages",
    },
    "07b": {
        WaitsForEver: "agreement",
        ElectsOnce: "agreement",
        NeverStepsDown: "agreement",
        ByName: "the robot with the most charge leads",
        BelievesAnybody: "the robot with the most charge leads",
        Guesses: "follows only a robot that told it",
        EachItself: "agreement",
        Nothing: "agreement",
    },
    "07c": {
        nothing_happens: "both coordinate",
        only_parts: "both coordinate",
        only_crashes: "both coordinate",
        heals_too_soon: "both coordinate",
        too_many_faults: "with three faults at most",
        of_another: "",
    },
}
PAGES = {"07b": (Candidate,)}
