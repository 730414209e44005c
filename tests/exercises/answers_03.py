"""Chapter 03: correct answers, and wrong ones with the check that is to catch each."""

from __future__ import annotations

from coordlab import Agent, State, message
from coordlab.patterns.contract_net import Contractor, Manager
from tests.exercises.lettered import lettered

# --- a ---------------------------------------------------------------------------------------------------


def a_round(variant):
    called, down, unable = variant["called"], variant["down"], variant["unable"]
    propose = called - down - unable
    return called + called - down + propose + 1, propose - 1, variant["bidding"]


def a_round_as_list(variant):
    return list(a_round(variant))


def all_propose(variant):
    called = variant["called"]
    return 3 * called + 1, called - 1, variant["bidding"]


def the_dead_answer(variant):
    return a_round(variant)[0] + variant["down"], *a_round(variant)[1:]


def nobody_is_rejected(variant):
    called, down = variant["called"], variant["down"]
    return 2 * called - down + 2, 0, variant["bidding"]


def all_are_rejected(variant):
    messages, rejected, seconds = a_round(variant)
    return messages, rejected + variant["unable"], seconds


def the_winner_is_rejected(variant):
    messages, rejected, seconds = a_round(variant)
    return messages, rejected + 1, seconds


def awarded_when_the_living_have_answered(variant):
    return *a_round(variant)[:2], 0.04


# --- b ---------------------------------------------------------------------------------------------------

ASK, ASK_ALL = (
    "            offers = await self.ask(self.peers, Call(attempt), ",
    ("            offers = await self.ask(self.peers, Call(attempt))"),
)
FEW = "            if len(offers)"
RANK, AS_THEY_COME = "            ranking = sorted", "            ranking = ["
SECOND, FIRST = "            (_, winner)", "            pay, winner"
TELL, AWARD = "            for name", "            report"
IF_DONE, DONE, DONE_AT_ONCE = (
    "            if winner in report",
    "                self.done_by",
    "            self.done_by",
)

second_price = lettered("03b", ASK, FEW, RANK, SECOND, TELL, AWARD, IF_DONE, DONE)
tells_after_the_award = lettered("03b", ASK, FEW, RANK, SECOND, AWARD, TELL, IF_DONE, DONE)
waits_for_all = lettered("03b", ASK_ALL, FEW, RANK, SECOND, TELL, AWARD, IF_DONE, DONE)
the_first_to_answer = lettered("03b", ASK, FEW, AS_THEY_COME, SECOND, TELL, AWARD, IF_DONE, DONE)
the_first_price = lettered("03b", ASK, FEW, RANK, FIRST, TELL, AWARD, IF_DONE, DONE)
nobody_is_told = lettered("03b", ASK, FEW, RANK, SECOND, AWARD, IF_DONE, DONE)
never_looks = lettered("03b", ASK, FEW, RANK, SECOND, TELL, AWARD, DONE_AT_ONCE)
only_calls = lettered("03b", ASK, FEW)
told_too_late = lettered("03b", ASK, FEW, RANK, SECOND, AWARD, IF_DONE, DONE, TELL)
out_of_order = lettered("03b", FEW, ASK, RANK, SECOND, TELL, AWARD, IF_DONE, DONE)


# --- c ---------------------------------------------------------------------------------------------------


@message
class Call:
    """Who can do this?"""

    task: str


@message
class Offer:
    """I can, for this price."""

    price: int


@message
class Take:
    """Do it, unless it is too late."""

    task: str
    by: float


@message
class Result:
    """It is done, or I am busy."""

    done: bool


class Trader(Agent):
    """A manager calls until its task is done; a worker offers while it is idle."""

    done = State(())
    doing = State(None)

    def __init__(self, name, tasks, price, patience):
        super().__init__(name)
        self.tasks, self.price, self.patience, self.seen = tasks, price, patience, set()

    async def run(self):
        if self.stable.get("awarded"):
            await self.sleep(3.0)
        for task, limit in self.tasks:
            while task not in self.done:
                await self.manage(task, limit)

    async def manage(self, task, limit):
        offers = await self.ask(self.peers, Call(task), within=self.patience)
        winner = self.choose({name: offer.price for name, offer in offers.items()}, limit)
        if winner is None:
            await self.sleep(0.3)
            return
        self.stable["awarded"] = True
        report = await self.ask(winner, Take(task, self.now + 0.6), within=2.9)
        if winner in report and report[winner].done:
            self.done = (*self.done, task)

    def choose(self, prices, limit):
        return min((price, name) for name, price in fit)[1] if (fit := self.fitting(prices, limit)) else None

    def fitting(self, prices, limit):
        return [(name, price) for name, price in prices.items() if price <= limit]

    def on_call(self, sender, message):
        return Offer(self.price) if self.price and not self.doing else None

    async def on_take(self, sender, message):
        if message in self.seen:
            return None
        self.seen.add(message)
        if self.doing or self.now > message.by:
            return Result(False)
        self.doing = message.task
        await self.sleep(2.0)
        self.doing = None
        return Result(True)


@message
class Asked:
    """Who can do this, and for how much at most?"""

    task: str
    limit: int


class Asking(Trader):
    """Workers compare the price with the limit; what was awarded when is on the disk."""

    async def run(self):
        for task, limit in self.tasks:
            while task not in self.stable.get("done", ()):
                since = self.now - self.stable.get(task, -9.0)
                await self.sleep(max(0.0, 3.0 - since))
                await self.manage(task, limit)
        self.done = self.stable.get("done", ())

    async def manage(self, task, limit):
        offers = await self.ask(self.peers, Asked(task, limit), within=self.patience)
        best = min(offers, key=lambda name: offers[name].price, default=None)
        if best is None:
            await self.sleep(0.25)
            return
        self.stable[task] = self.now
        report = await self.ask(best, Take(task, self.now + 0.5), within=2.8)
        if best in report and report[best].done:
            self.stable["done"] = self.done = (*self.stable.get("done", ()), task)
        elif best in report:
            self.stable[task] = -9.0

    def on_asked(self, sender, message):
        return Offer(self.price) if self.price and self.price <= message.limit and not self.doing else None


class Idle(Trader):
    """Does nothing."""

    async def run(self):
        pass


class OnlySays(Trader):
    """Managers say that all is done."""

    async def run(self):
        self.done = tuple(task for task, _ in self.tasks)


class WaitsForEver(Trader):
    """A report must come, some day."""

    def ask(self, to, message, within=None):
        return super().ask(to, message, None if isinstance(to, str) else within)


class Impatient(Trader):
    """Awards the task to another as soon as the report could be there."""

    def ask(self, to, message, within=None):
        return super().ask(to, message, 2.05 if isinstance(to, str) else 0.3)


class TwoAtOnce(Trader):
    """Gives the task to several: one of them will do it."""

    def ask(self, to, message, within=None):
        return super().ask([to, *self.peers[1:]] if isinstance(to, str) else to, message, within)


class NoLimit(Trader):
    """Pays whatever is asked."""

    def fitting(self, prices, limit):
        return list(prices.items())


class FirstOffer(Trader):
    """The first that answers gets it."""

    def choose(self, prices, limit):
        return next((name for name, _ in self.fitting(prices, limit)), None)


class BusyOnes(Trader):
    """A worker takes whatever it is given, and begins anew."""

    def on_call(self, sender, message):
        return Offer(self.price) if self.price else None

    async def on_take(self, sender, message):
        self.doing = message.task
        await self.sleep(2.0)
        self.doing = None
        return Result(True)


CORRECT = {
    "03a": (a_round, a_round_as_list),
    "03b": (second_price, tells_after_the_award),
    "03c": (Trader, Asking),
}
MUTANTS = {
    "03a": {
        all_propose: "messages",
        the_dead_answer: "messages",
        nobody_is_rejected: "messages",
        all_are_rejected: "rejections",
        the_winner_is_rejected: "rejections",
        awarded_when_the_living_have_answered: "seconds",
    },
    "03b": {
        waits_for_all: "the job is done",
        the_first_to_answer: "the cheapest that answered wins",
        the_first_price: "it gets what the second asks",
        nobody_is_told: "all others are told",
        told_too_late: "all others are told",
        never_looks: "the job is done",
        only_calls: "the job is done",
        out_of_order: "",
    },
    "03c": {
        Idle: "every task is done",
        OnlySays: "every task is done",
        WaitsForEver: "every task is done",
        BusyOnes: "every task is done",
        TwoAtOnce: "no task is done by two at once",
        Impatient: "every task is done",
        NoLimit: "nobody asks more than the limit",
        FirstOffer: "the cheapest that is idle does it",
    },
}
PAGES = {"03c": (Manager, Contractor)}
