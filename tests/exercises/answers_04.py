"""Chapter 04: correct answers, and wrong ones with the check that is to catch each."""

from __future__ import annotations

from math import comb

from coordlab import Agent, State, message
from coordlab.exercises import chapter_04
from coordlab.patterns.voting import Chair, Voter

# --- a ---------------------------------------------------------------------------------------------------


def most(jurors, needed, p):
    return sum(
        comb(jurors, right) * p**right * (1 - p) ** (jurors - right) for right in range(needed, jurors + 1)
    )


def shares(variant):
    voters, liars, p = variant["voters"], variant["liars"], variant["percent"] / 100
    needed, copied = voters // 2 + 1, variant["copied"] / 100
    alone = most(voters, needed, p)
    return alone, most(voters - liars, needed, p), copied * p + (1 - copied) * alone


def rounded(variant):
    return [round(each, 4) for each in shares(variant)]


def one_juror(variant):
    _, lied, copied = shares(variant)
    return variant["percent"] / 100, lied, copied


def a_half_is_enough(variant):
    voters, p = variant["voters"], variant["percent"] / 100
    return most(voters, voters // 2, p), *shares(variant)[1:]


def liars_leave(variant):
    alone, _, copied = shares(variant)
    honest = variant["voters"] - variant["liars"]
    return alone, most(honest, honest // 2 + 1, variant["percent"] / 100), copied


def liars_change_nothing(variant):
    alone, _, copied = shares(variant)
    return alone, alone, copied


def a_source_is_always_right(variant):
    alone, lied, _ = shares(variant)
    copied = variant["copied"] / 100
    return alone, lied, copied + (1 - copied) * alone


def in_per_cent(variant):
    return [100 * each for each in shares(variant)]


# --- b ---------------------------------------------------------------------------------------------------


def read(variant, until=1.0, own=True, words=("yes", "no", "abstain"), last=True, by="handle"):
    """Read the ballots by these rules."""
    found, names = {}, variant["voters"].split(", ")
    for event in chapter_04.ballots_run(variant).trace.select("Vote", kind=by):
        vote, sender = event.content, event.peer if by == "handle" else event.agent
        if event.time > until or vote.choice not in words:
            continue
        if own and vote.voter is not None:
            continue
        voter = vote.voter or sender
        if last or voter not in found:
            found[voter] = vote.choice
    groups = {word: ", ".join(name for name in names if found.get(name) == word) for word in ("yes", "no")}
    return {**groups, "missing": ", ".join(name for name in names if name not in found)}


def by_the_rules(variant):
    return read(variant)


def with_more(variant):
    return {**read(variant), "abstain": ""}


def first_counts(variant):
    return read(variant, last=False)


def any_name(variant):
    return read(variant, own=False)


def by_sending(variant):
    return read(variant, by="send")


def any_word(variant):
    return {**read(variant, words=("yes", "no", "abstain", "maybe"))}


def nobody_is_missing(variant):
    return {**read(variant), "missing": ""}


def only_missing(variant):
    return {"missing": read(variant)["missing"]}


def nothing_read(variant):
    return {"yes": "", "no": "", "missing": variant["voters"]}


# --- c ---------------------------------------------------------------------------------------------------


@message
class Ballot:
    """This is what I say."""

    choices: str


@message
class Outcome:
    """This was decided."""

    words: tuple


class Again(Agent):
    """Voters say what they say again and again; the chair decides once and tells it again and again."""

    outcome = State(None)
    counted = State(())
    tie = "first"

    def __init__(self, name, choices, closes):
        super().__init__(name)
        self.choices, self.closes = choices, closes

    async def run(self):
        if self.name == "chair":
            await self.preside()
        async for _ in self.every(0.3):
            if self.outcome is None:
                self.send("chair", Ballot(self.choices))

    async def preside(self):
        await self.until(lambda: False, within=max(0.0, self.closes - self.now))
        self.settle()
        async for _ in self.every(0.3):
            for peer in self.peers:
                self.send(peer, Outcome(self.outcome))

    def settle(self):
        if "done" not in self.stable:
            ballots = self.stable.get("ballots", {})
            self.stable["done"] = tuple(sorted(ballots)), self.count(ballots)
        self.counted, self.outcome = self.stable["done"]

    def on_ballot(self, sender, message):
        if self.now <= self.closes:
            self.stable["ballots"] = {**self.stable.get("ballots", {}), sender: message.choices}

    def on_outcome(self, sender, message):
        self.outcome = message.words

    def count(self, ballots):
        return tuple(self.one({name: ballots[name][place] for name in sorted(ballots)}) for place in range(4))

    def one(self, said):
        clear = [each for each in said.values() if each in "yn"]
        yes, no = clear.count("y"), clear.count("n")
        if len(clear) + list(said.values()).count("a") < 3:
            return "no_quorum"
        if yes == no:
            return self.tied(clear)
        return "accepted" if yes > no else "rejected"

    def tied(self, clear):
        place = {"first": 0, "last": -1}[self.tie]
        return "accepted" if clear and clear[place] == "y" else "rejected"


@message
class Call:
    """What do you say?"""


class Asks(Again):
    """The chair asks, shortly before the close; who does not know the outcome asks the chair."""

    async def run(self):
        if self.name == "chair":
            while self.now < self.closes - 0.4:
                await self.sleep(min(0.2, self.closes - 0.4 - self.now))
                await self.poll(0.1)
            await self.poll(max(0.0, self.closes - self.now))
            await self.sleep(max(0.0, self.closes - self.now))
            self.settle()
        while self.outcome is None:
            await self.sleep(0.3)
            replies = await self.ask("chair", Ballot(""), within=0.3)
            if "chair" in replies:
                self.outcome = replies["chair"].words

    async def poll(self, within):
        if "done" not in self.stable:
            replies = await self.ask(self.peers, Call(), within=within)
            found = {name: each.choices for name, each in replies.items() if isinstance(each, Ballot)}
            self.stable["ballots"] = {**self.stable.get("ballots", {}), **found}

    def on_call(self, sender, message):
        return Ballot(self.choices)

    def on_ballot(self, sender, message):
        return None if self.outcome is None else Outcome(self.outcome)


class Nothing(Agent):
    """Does nothing."""

    outcome = State(None)
    counted = State(())

    def __init__(self, name, choices, closes):
        super().__init__(name)


class NoQuorum(Nothing):
    """Says that nothing has a quorum, and asks nobody."""

    async def run(self):
        await self.sleep(max(0.0, 4.0 - self.now))
        self.outcome = ("no_quorum",) * 4


class SaysItOnce(Again):
    """A voter says what it says once."""

    async def run(self):
        if self.name == "chair":
            await self.preside()
        self.send("chair", Ballot(self.choices))


class TellsOnce(Again):
    """The chair tells the outcome once."""

    async def preside(self):
        await self.until(lambda: False, within=max(0.0, self.closes - self.now))
        self.settle()
        for peer in self.peers:
            self.send(peer, Outcome(self.outcome))


class Forgets(Again):
    """The chair remembers ballots and its decision in memory only: a crash after the close decides anew."""

    def settle(self):
        ballots = getattr(self, "ballots", {})
        self.counted, self.outcome = tuple(sorted(ballots)), self.count(ballots)

    def on_ballot(self, sender, message):
        if self.now <= self.closes:
            self.ballots = {**getattr(self, "ballots", {}), sender: message.choices}


class AbstentionsAreAbsent(Again):
    """An abstention does not count towards the quorum."""

    def one(self, said):
        return super().one({name: "-" if each == "a" else each for name, each in said.items()})


class TiesAreNo(Again):
    """A tie is rejected."""

    def tied(self, clear):
        return "rejected"


class TheOtherEnd(Again):
    """A tie goes with the name at the other end of the alphabet."""

    tie = "last"


class ClosesEarly(Again):
    """The chair decides as soon as it has heard all."""

    async def preside(self):
        await self.until(
            lambda: len(self.stable.get("ballots", {})) == 5, within=max(0.0, self.closes - self.now)
        )
        self.settle()
        async for _ in self.every(0.3):
            for peer in self.peers:
                self.send(peer, Outcome(self.outcome))


class Hearsay(Again):
    """Who knows the outcome passes it on, and all believe it."""

    def on_outcome(self, sender, message):
        if self.outcome is None:
            for peer in self.peers:
                self.send(peer, message)
        super().on_outcome(sender, message)


CORRECT = {"04a": (shares, rounded), "04b": (by_the_rules, with_more), "04c": (Again, Asks)}
MUTANTS = {
    "04a": {
        one_juror: "the jury",
        a_half_is_enough: "the jury",
        in_per_cent: "the jury",
        liars_leave: "with liars",
        liars_change_nothing: "with liars",
        a_source_is_always_right: "with a common source",
    },
    "04b": {
        first_counts: "yes",
        any_name: "yes",
        by_sending: "yes",
        any_word: "no",
        nobody_is_missing: "missing",
        only_missing: "yes",
        nothing_read: "yes",
    },
    "04c": {
        Nothing: "the vote is held",
        NoQuorum: "the vote is held",
        SaysItOnce: "the vote is held",
        TellsOnce: "the vote is held",
        Forgets: "one outcome, for good",
        AbstentionsAreAbsent: "the outcome follows from the ballots",
        TiesAreNo: "the outcome follows from the ballots",
        TheOtherEnd: "the outcome follows from the ballots",
        ClosesEarly: "one outcome, for good",
        Hearsay: "only what was heard",
    },
}
PAGES = {"04c": (Chair, Voter)}
