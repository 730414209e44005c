"""Chapter 02: correct answers, and wrong ones with the check that is to catch each."""

from __future__ import annotations

from tests.exercises.lettered import lettered

# --- a ---------------------------------------------------------------------------------------------------


def costs(variant):
    reads = variant["agents"] * variant["keys"] * variant["ticks"]
    told = variant["agents"] * variant["writes"] * variant["share"] / 100
    garden = min(variant["mud"], variant["boot"]) * variant["garden"] / 100
    return reads, told, min(garden, variant["key"]) * variant["inside"] / 100


def costs_as_list(variant):
    return [round(each, 2) for each in costs(variant)]


def reads_once(variant):
    return variant["agents"] * variant["keys"], *costs(variant)[1:]


def reads_by_one(variant):
    return variant["keys"] * variant["ticks"], *costs(variant)[1:]


def tells_all(variant):
    reads, _, sure = costs(variant)
    return reads, variant["agents"] * variant["writes"], sure


def tells_one(variant):
    reads, _, sure = costs(variant)
    return reads, variant["writes"] * variant["share"] / 100, sure


def multiplies_all(variant):
    product = 100.0
    for name in ("mud", "boot", "key", "garden", "inside"):
        product *= variant[name] / 100
    return *costs(variant)[:2], product


def forgets_the_rules(variant):
    return *costs(variant)[:2], variant["boot"]


# --- b ---------------------------------------------------------------------------------------------------

POST, NEW = "    def on_post", "        if message"
ADD, ADD_ALWAYS = "            self.known", "        self.line"
POSTED = "        return"
SERVE, WAIT = "    async def", "        for turn"
SUREST, OLDEST = "            sure, clue = max", "            sure, clue = self"
TAKE = "            self.line = "
ASK = "            report = await self.ask(solver, Activate(clue), "
ASK_WITHOUT_END = "            report = await self.ask(solver, Activate(clue))"
IF, DONE, ELSE, BACK = (
    "            if solver",
    "                self.solved",
    "            else",
    "                self.line",
)
DONE_AT_ONCE = "            self.solved"

posts = (POST, NEW, ADD, POSTED)
ends = (IF, DONE, ELSE, BACK)
surest = lettered("02b", *posts, SERVE, WAIT, SUREST, TAKE, ASK, *ends)
serves_first = lettered("02b", SERVE, WAIT, SUREST, TAKE, ASK, *ends, *posts)
oldest = lettered("02b", *posts, SERVE, WAIT, OLDEST, TAKE, ASK, *ends)
without_end = lettered("02b", *posts, SERVE, WAIT, SUREST, TAKE, ASK_WITHOUT_END, *ends)
not_put_back = lettered("02b", *posts, SERVE, WAIT, SUREST, TAKE, ASK, IF, DONE)
taken_too_late = lettered("02b", *posts, SERVE, WAIT, SUREST, ASK, TAKE, *ends)
as_often_as_posted = lettered("02b", POST, ADD_ALWAYS, POSTED, SERVE, WAIT, SUREST, TAKE, ASK, *ends)
solved_at_once = lettered("02b", *posts, SERVE, WAIT, SUREST, TAKE, ASK, DONE_AT_ONCE)
nobody_serves = lettered("02b", *posts, SERVE, WAIT)
not_python = lettered("02b", *posts, SERVE, SUREST, WAIT, ELSE)


# --- c ---------------------------------------------------------------------------------------------------


def line(variant, *faults):
    pairs = " ".join(f"{name}={value}" for name, value in variant.items())
    return " | ".join([f"02c {pairs} seed=0 until=20", *faults])


def late(variant, name, seconds):
    """The writer before this one writes so much later."""
    writers = variant["writers"].split(",")
    return f"delay {writers[writers.index(name) - 1]}>board #2 {seconds}"


def two_late(variant):
    first, _, third = variant["lost"].split(",")
    return line(variant, late(variant, first, 2.5), late(variant, third, 1.5))


def two_later(variant):
    first, _, third = variant["lost"].split(",")
    return line(variant, late(variant, third, 1.35), late(variant, first, 2.3))


def nothing_happens(variant):
    return line(variant)


def only_the_pair(variant):
    return line(variant, late(variant, variant["lost"].split(",")[0], 2.5))


def too_long(variant):
    first, _, third = variant["lost"].split(",")
    return line(variant, late(variant, first, 3.5), late(variant, third, 1.5))


def never_written(variant):
    return line(variant, *(f"delay {name}>board #2 19" for name in variant["lost"].split(",")))


def with_one_more(variant):
    return two_late(variant) + f" | delay {variant['writers'].split(',')[0]}>board #1 0.1"


def of_another(variant):
    return two_late(variant).replace("writers=", "writers=zoe,")


CORRECT = {
    "02a": (costs, costs_as_list),
    "02b": (surest, serves_first),
    "02c": (two_late, two_later),
}
MUTANTS = {
    "02a": {
        reads_once: "reads",
        reads_by_one: "reads",
        tells_all: "notices",
        tells_one: "notices",
        multiplies_all: "per cent",
        forgets_the_rules: "per cent",
    },
    "02b": {
        oldest: "the surest first",
        without_end: "every clue is solved",
        not_put_back: "every clue is solved",
        taken_too_late: "no clue is given out twice",
        as_often_as_posted: "no clue is given out twice",
        solved_at_once: "solved is what a solver has solved",
        nobody_serves: "every clue is solved",
        not_python: "",
    },
    "02c": {
        nothing_happens: "exactly these are missing",
        only_the_pair: "exactly these are missing",
        too_long: "exactly these are missing",
        never_written: "exactly these are missing",
        with_one_more: "with two faults at most",
        of_another: "",
    },
}
