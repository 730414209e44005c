"""Chapter 08: correct answers, and wrong ones with the check that is to catch each."""

from __future__ import annotations

from coordlab import Agent, State
from coordlab.exercises.keys import no_two
from coordlab.patterns.leases import Member
from coordlab.patterns.leases.rules import Promise
from coordlab.properties import always, never

# --- a ---------------------------------------------------------------------------------------------------


def reckon(variant):
    lease, drift, off = variant["lease"], variant["drift"] / 100, variant["off"] / 100
    span = lease * (1 - drift) / (1 + drift)
    return variant["members"] // 2 + 1, span, span / (1 - off) - lease / (1 + off)


def reckon_rounded(variant):
    return [round(each, 3) for each in reckon(variant)]


def rounds_half_down(variant):
    return variant["members"] // 2, *reckon(variant)[1:]


def everybody(variant):
    return variant["members"], *reckon(variant)[1:]


def no_drift(variant):
    return reckon(variant)[0], variant["lease"], reckon(variant)[2]


def one_clock_only(variant):
    return reckon(variant)[0], variant["lease"] * (1 - variant["drift"] / 100), reckon(variant)[2]


def only_the_leader_is_slow(variant):
    needed, span, _ = reckon(variant)
    return needed, span, span / (1 - variant["off"] / 100) - variant["lease"]


def safe_anyway(variant):
    return *reckon(variant)[:2], 0.0


# --- b ---------------------------------------------------------------------------------------------------


def by_hand(variant):
    def answer_08b(trace):
        has = {name: set() for name in trace.agents}
        lent = {name: set() for name in trace.agents}
        for event in trace:
            if event.kind == "crash":
                has[event.agent], lent[event.agent] = set(), set()
            elif event.kind == "handle" and event.name == "Lent":
                lent[event.agent].add(event.content.key)
            elif event.kind == "state" and event.name == variant["word"]:
                for key in set(event.data) - has[event.agent]:
                    if any(key in keys for keys in has.values()):
                        return f"two have {key}"
                    if key not in lent[event.agent]:
                        return f"nobody lent {key}"
                    lent[event.agent].remove(key)
                has[event.agent] = set(event.data)
        return True

    return answer_08b


def two_have_it(variant):
    def apart(now):
        has = [key for name in now.alive for key in now.states[name].get(variant["word"], ())]
        return len(has) == len(set(has))

    return always("one has it", apart)


def not_lent(variant):
    def answer(trace):
        lent = {}
        for event in trace:
            if event.name == "Lent" and event.kind == "handle":
                lent[event.agent] = event.content.key
            elif event.name == variant["word"] and event.kind == "state":
                for key in event.data:
                    if lent.pop(event.agent, None) != key:
                        return event
        return True

    return answer


def forgets_crashes(variant):
    def answer(trace):
        has = {}
        for event in trace:
            if event.kind == "state" and event.name == variant["word"]:
                has[event.agent] = set(event.data)
                if sum(map(len, has.values())) > len(set().union(*has.values())):
                    return f"two have the same at {event.time}"
        return True

    return answer


def accepts_all(variant):
    return lambda trace: True


def rejects_all(variant):
    return lambda trace: "it is wrong"


def no_two_keys_at_all(variant):
    return always(
        "one key", lambda now: sum(bool(now.states[each].get(variant["word"])) for each in now.alive) < 2
    )


def crashes_are_wrong(variant):
    return never("no crash", lambda event: event.kind == "crash")


# --- c ---------------------------------------------------------------------------------------------------


class Weighted(Member):
    """Counts the weight of the votes."""

    def __init__(self, name, weights, lease, drift):
        super().__init__(name, list(weights), lease, drift, beat=lease / 3)
        self.weights = weights

    def enough(self):
        return 2 * sum(self.weights[each] for each in self.votes) > sum(self.weights.values())

    async def most(self, question, within):
        self.asked = question.asked
        self.votes = {self.name} if self.agrees(self.name, question) else set()
        for member in self.others:
            self.send(member, question)
        await self.until(lambda: self.enough() or self.role == "follows", within=within)
        return self.enough() and self.role != "follows"

    async def write(self):
        """There is no storage."""


class Late(Weighted):
    """Counts what has come when the time is over."""

    async def most(self, question, within):
        self.asked = question.asked
        self.votes = {self.name} if self.agrees(self.name, question) else set()
        for member in self.others:
            self.send(member, question)
        await self.until(lambda: self.role == "follows", within=min(within, 0.15))
        return self.enough() and self.role != "follows"


class Nothing(Agent):
    """Does nothing."""

    role = State("follows")
    term = State(0)

    def __init__(self, name, weights, lease, drift):
        super().__init__(name)


class Heaviest(Nothing):
    """The heaviest leads, whatever happens."""

    def __init__(self, name, weights, lease, drift):
        super().__init__(name, weights, lease, drift)
        self.heaviest = max(weights, key=weights.get)

    async def run(self):
        if self.name == self.heaviest:
            self.term, self.role = 1, "leads"


class Heads(Weighted):
    """Counts heads, as the chapter does."""

    def enough(self):
        return 2 * len(self.votes) > len(self.weights)


class Third(Weighted):
    """A third of the weight is enough."""

    def enough(self):
        return 3 * sum(self.weights[each] for each in self.votes) > sum(self.weights.values())


class Trusting(Weighted):
    """Leads for as long as four leases."""

    def __init__(self, name, weights, lease, drift):
        super().__init__(name, weights, lease, drift)
        self.held = 4 * lease


class Unasked(Weighted):
    """Leads as soon as nobody else has asked for a while."""

    async def stand(self):
        self.role = "stands"
        self.term += 1
        self.role = "leads"
        await self.sleep(0.5)
        self.role = "follows"


class Amnesic(Weighted):
    """Forgets its promises in a crash."""

    def __init__(self, name, weights, lease, drift):
        super().__init__(name, weights, lease, drift)
        self.remember(Promise())


class Stubborn(Weighted):
    """Takes every answer that it ever got for a vote."""

    def __init__(self, name, weights, lease, drift):
        super().__init__(name, weights, lease, drift)
        self.ever = {name}

    def on_vote(self, sender, message):
        self.ever.add(sender)
        super().on_vote(sender, message)

    def enough(self):
        return 2 * sum(self.weights[each] for each in self.ever) > sum(self.weights.values())


CORRECT = {
    "08a": (reckon, reckon_rounded),
    "08b": (by_hand, no_two),
    "08c": (Weighted, Late),
}
MUTANTS = {
    "08a": {
        rounds_half_down: "members that must agree",
        everybody: "members that must agree",
        no_drift: "seconds that a leader may lead",
        one_clock_only: "seconds that a leader may lead",
        only_the_leader_is_slow: "seconds in which two may lead",
        safe_anyway: "seconds in which two may lead",
    },
    "08b": {
        two_have_it: "catches what breaks it",
        not_lent: "catches what breaks it",
        forgets_crashes: "accepts what keeps the promise",
        accepts_all: "accepts what keeps the promise",
        rejects_all: "accepts what keeps the promise",
        no_two_keys_at_all: "accepts what keeps the promise",
        crashes_are_wrong: "accepts what keeps the promise",
    },
    "08c": {
        Nothing: "most of the weight is led",
        Heaviest: "most of the weight is led",
        Heads: "most of the weight is led",
        Unasked: "most of the weight is led",
        Third: "never two leaders at once",
        Trusting: "never two leaders at once",
        Stubborn: "never two leaders at once",
    },
}
PAGES = {"08c": (Member,)}
