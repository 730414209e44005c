"""Chapter 01: correct answers, and wrong ones with the check that is to catch each."""

from __future__ import annotations

from coordlab import Agent, State, message
from coordlab.patterns.counter import Adder, Board
from tests.exercises.lettered import lettered

# --- a ---------------------------------------------------------------------------------------------------


def played(variant, checked):
    balance, refused, seen = variant["start"], 0, {}
    for letter in variant["order"].split():
        if letter in seen:
            read = seen.pop(letter)
            if checked and read != balance:
                refused += 1
            else:
                balance = read + {name[0]: variant[name] for name in ("ann", "bob", "cat")}[letter]
        else:
            seen[letter] = balance
    return balance, refused


def account(variant):
    return played(variant, False)[0], *played(variant, True)


def account_as_list(variant):
    return list(account(variant))


def nothing_is_lost(variant):
    _, checked, refused = account(variant)
    return variant["start"] + 2 * (variant["ann"] + variant["bob"] + variant["cat"]), checked, refused


def only_the_start(variant):
    return variant["start"], variant["start"], 6


def checks_change_nothing(variant):
    balance, _, refused = account(variant)
    return balance, balance, refused


def refused_ones_are_repeated(variant):
    balance, _, refused = account(variant)
    return balance, variant["start"] + 2 * (variant["ann"] + variant["bob"] + variant["cat"]), refused


def nothing_is_refused(variant):
    return *account(variant)[:2], 0


def counts_reads(variant):
    return *account(variant)[:2], 6


# --- b ---------------------------------------------------------------------------------------------------

READ = "            left ="
ENOUGH = "            if left == 0"
WORK = "            await"
CHECKED = '            reply = (await self.ask("board", Write(left - 1, seen'
UNCHECKED = '            reply = (await self.ask("board", Write(left - 1))'
STORED, REFUSED = "            if isinstance(reply, Written", "            if isinstance(reply, Refused"
SELL, SELL_AT_ONCE = "                self.sold", "            self.sold"
SERVED, DONE = "            if self.sold", "        self.role"

sells = lettered("01b", READ, ENOUGH, WORK, CHECKED, STORED, SELL, DONE)
asks_the_buyer_first = lettered("01b", WORK, READ, ENOUGH, CHECKED, STORED, SELL, DONE)
says_nothing = lettered("01b", READ, ENOUGH, CHECKED, STORED, SELL, DONE)
writes_unchecked = lettered("01b", READ, ENOUGH, WORK, UNCHECKED, STORED, SELL, DONE)
sells_what_was_refused = lettered("01b", READ, ENOUGH, WORK, CHECKED, REFUSED, SELL, DONE)
sells_at_once = lettered("01b", READ, ENOUGH, WORK, CHECKED, SELL_AT_ONCE, DONE)
sells_what_is_not_there = lettered("01b", READ, SERVED, WORK, CHECKED, STORED, SELL, DONE)
never_done = lettered("01b", READ, ENOUGH, WORK, CHECKED, STORED, SELL)
gives_up = lettered("01b", WORK, DONE)
not_python = lettered("01b", READ, ENOUGH, STORED, DONE)
reads_too_late = lettered("01b", ENOUGH, READ, WORK, CHECKED, STORED, SELL, DONE)


# --- c ---------------------------------------------------------------------------------------------------


@message
class Order:
    """Please book this."""

    name: str
    seats: int


@message
class Told:
    """Booked, or not."""

    name: str
    booked: bool


class Cinema(Agent):
    """Clerks ask again until they know; the hall remembers what it said."""

    booked = State(())
    answers = State(())

    def __init__(self, name, seats, orders, patience):
        super().__init__(name)
        self.left, self.orders, self.patience, self.known = seats, orders, patience, {}

    async def run(self):
        for place, seats in enumerate(self.orders, 1):
            order = f"{self.name}-{place}"
            while not (found := await self.ask("hall", Order(order, seats), within=self.patience)):
                pass
            self.learn(order, found["hall"].booked)

    def learn(self, order, booked):
        self.answers = (*self.answers, f"{order} {'yes' if booked else 'no'}")

    def on_order(self, sender, message):
        if message.name not in self.known:
            self.known[message.name] = fits = message.seats <= self.left
            if fits:
                self.left -= message.seats
                self.booked = (*self.booked, message.name)
        return Told(message.name, self.known[message.name])


class Repeating(Cinema):
    """All orders are sent again and again until the answers have come."""

    async def run(self):
        async for _ in self.every(0.5):
            known = {text.split()[0] for text in self.answers}
            for place, seats in enumerate(self.orders, 1):
                if (order := f"{self.name}-{place}") not in known:
                    self.send("hall", Order(order, seats))
            if len(known) == len(self.orders):
                return

    def on_told(self, sender, message):
        text = f"{message.name} {'yes' if message.booked else 'no'}"
        if text not in self.answers:
            self.answers = (*self.answers, text)


class Silent(Cinema):
    """Does nothing."""

    async def run(self):
        pass


class AsksOnce(Cinema):
    """Silence means no."""

    async def run(self):
        for place, seats in enumerate(self.orders, 1):
            order = f"{self.name}-{place}"
            found = await self.ask("hall", Order(order, seats), within=self.patience)
            self.learn(order, bool(found) and found["hall"].booked)


class BooksTwice(Cinema):
    """An order that comes again is another order."""

    def on_order(self, sender, message):
        if self.known.get(message.name):
            self.booked = (*self.booked, message.name)
        return super().on_order(sender, message)


class BooksAll(Cinema):
    """Nobody counts the seats."""

    def on_order(self, sender, message):
        if message.name not in self.booked:
            self.booked = (*self.booked, message.name)
        return Told(message.name, True)


class SaysYesAtOnce(Cinema):
    """The customer hears yes before the hall does."""

    async def run(self):
        for place, seats in enumerate(self.orders, 1):
            order = f"{self.name}-{place}"
            self.answers = (*self.answers, f"{order} yes")
            while not (found := await self.ask("hall", Order(order, seats), within=self.patience)):
                pass
            self.answers = self.answers[:-1]
            self.learn(order, found["hall"].booked)


class RefusesTheRest(Cinema):
    """When one order does not fit, none is taken any more."""

    def on_order(self, sender, message):
        told = super().on_order(sender, message)
        if not told.booked:
            self.left = 0
        return told


class RefusesAll(Cinema):
    """Each clerk refuses all on its own."""

    async def run(self):
        for place, _ in enumerate(self.orders, 1):
            self.learn(f"{self.name}-{place}", False)


CORRECT = {
    "01a": (account, account_as_list),
    "01b": (sells, asks_the_buyer_first, says_nothing),
    "01c": (Cinema, Repeating),
}
MUTANTS = {
    "01a": {
        nothing_is_lost: "the balance",
        only_the_start: "the balance",
        checks_change_nothing: "the balance with checked writes",
        refused_ones_are_repeated: "the balance with checked writes",
        nothing_is_refused: "refused writes",
        counts_reads: "refused writes",
    },
    "01b": {
        writes_unchecked: "all tickets are sold",
        sells_what_was_refused: "no ticket is sold twice",
        sells_at_once: "all tickets are sold",
        sells_what_is_not_there: "each write takes off one ticket",
        never_done: "all tickets are sold",
        gives_up: "all tickets are sold",
        not_python: "",
        reads_too_late: "",
    },
    "01c": {
        Silent: "every order is answered",
        RefusesAll: "every order is answered",
        AsksOnce: "every order is answered",
        RefusesTheRest: "every order is answered",
        BooksTwice: "no order is booked twice",
        BooksAll: "no seat is booked twice",
        SaysYesAtOnce: "a clerk says what the hall told it",
    },
}
PAGES = {"01c": (Board, Adder)}
