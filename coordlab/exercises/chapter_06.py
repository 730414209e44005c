"""Chapter 06, HTN planning: what a lock and a chain cost; a task in order, nothing twice; going back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from coordlab.exercises.answers import Numbers
from coordlab.exercises.functions import Function
from coordlab.exercises.outings import draw_stock, outing, planned
from coordlab.exercises.part import Check, Variant
from coordlab.patterns.delegation.theory import all_done
from coordlab.patterns.htn.theory import checks, leaves
from coordlab.trace.scenario import Value

if TYPE_CHECKING:
    from random import Random

STEPS = ("wash", "cut", "boil", "fry", "salt", "stir", "taste", "serve", "peel", "chop")
TASKS = ("dinner", "soup", "salad", "sauce", "bread")

# --- a: what a lock and a chain cost ---------------------------------------------------------------------


def draw_costs(dice: Random) -> dict[str, Value]:
    """A lock, and a chain of steps of which some may be tried twice."""
    lock = {"dials": 2 * dice.randint(2, 5), "positions": dice.randint(6, 60)}
    steps = dice.randint(8, 16)
    return {**lock, "steps": steps, "fail": dice.randint(2, 7), "twice": dice.randint(3, steps - 3)}


def costs(variant: Variant) -> tuple[float, ...]:
    """Positions tried at most, alone and in pairs; how often a chain is done, without and with retries."""
    dials, positions, steps, twice = (int(variant[name]) for name in ("dials", "positions", "steps", "twice"))
    fail = float(variant["fail"]) / 100
    pairs = checks(leaves(positions, 2), dials // 2)
    retried = all_done(twice, fail, attempts=2) * all_done(steps - twice, fail)
    return float(checks(positions, dials)), float(pairs), all_done(steps, fail), retried


# --- b: a task in order, nothing twice -------------------------------------------------------------------


def draw_order(dice: Random) -> dict[str, Value]:
    """The step that is done again each time, and the one that is always followed by it."""
    again, before = dice.sample(STEPS, 2)
    return {"again": again, "before": before}


def ordered(variant: Variant, task: str, methods: Mapping[str, Sequence[str]]) -> list[str] | None:
    """The steps of a task in order; None if a task is part of itself."""
    again, before, done = str(variant["again"]), str(variant["before"]), list[str]()

    def add(name: str, within: tuple[str, ...]) -> bool:
        if name in methods:
            return name not in within and all(add(each, (*within, name)) for each in methods[name])
        if name not in done or name == again:
            done.append(name)
            if name == before:
                done.append(again)
        return True

    return done if add(task, ()) else None


def recipe(check: str, variant: Variant, dice: Random) -> tuple[Any, ...]:
    """A task, and the parts of each task."""
    again, before = str(variant["again"]), str(variant["before"])
    others = [each for each in STEPS if each not in (again, before)]
    few = dice.sample(others, 6)
    if check == "one level":
        return "soup", {"soup": few[: dice.randint(2, 5)]}
    if check == "tasks in tasks":
        main = [few[0], "soup", few[1], "salad"]
        sauce = few[4 : dice.randint(5, 6)]
        return "dinner", {"salad": [few[2]], "soup": ["sauce", few[3]], "dinner": main, "sauce": sauce}
    if check == "nothing twice":
        soup, salad = [few[0], again, few[1]], [few[1], again, few[2], few[0]]
        return "dinner", {"dinner": [*dice.sample(("soup", "salad"), 2), again], "soup": soup, "salad": salad}
    if check == "one after the other":
        parts = [before, *few[:2], again]
        return "dinner", {"dinner": [few[2], "soup", before], "soup": dice.sample(parts, 4)}
    ring = dice.sample(TASKS, dice.randint(2, 4))
    back = {one: [few[0], other] for one, other in zip(ring, [*ring[1:], dice.choice(ring)], strict=True)}
    return ring[0], back


PARTS = (
    Numbers(
        "06a", "What a lock and a chain cost",
        "A lock has {dials} dials of {positions} positions each. How many positions are tried at most if "
        "each dial clicks when it is right? And how many pairs of positions, if dials click in pairs only: "
        "the first two when both are right, then the next two? A coordinator hands out a chain of {steps} "
        "steps, and each try of a step fails in {fail} of 100 cases. How often is the chain done, with one "
        "try for each? And if {twice} of the steps may be tried a second time? Write four numbers; the last "
        "two are shares with four decimals.",
        10,
        (
            Check("each dial clicks", 0.5, hints=(
                "How many positions of one dial are tried at most?",
                "All of them; then it is settled, and the next dial is tried.",
                "Two dials of ten: 10 + 10 = 20.")),
            Check("pairs click", 0.5, hints=(
                "In how many ways can two dials stand?",
                "All ways of one pair, for each pair.",
                "Four dials of ten: two pairs of 10 · 10, 200.")),
            Check("a chain", 0.5, hints=(
                "What must happen so that all is done?",
                "Each step must succeed, and they do so independently.",
                "Two steps that fail in 10 of 100: 0.9 · 0.9 = 0.81.")),
            Check("a chain with second tries", 0.5, hints=(
                "When is a step not done that may be tried twice?",
                "If both tries fail; the other steps are as before.",
                "Two steps that fail in 10 of 100, one of them with a second try: 0.99 · 0.9 = 0.891.")),
        ),
        draw_costs, right=costs, within=0.0005,
    ),
    Function(
        "06b", "A task in order, nothing twice",
        "Write answer_06b(task, methods): methods maps each task to a list of its parts, in order; a name "
        "without an entry is a step. It returns the list of all steps in the order in which they are done. A "
        "step that was done before is not done again, but {again} is: it is done each time. Whenever "
        "{before} is done, {again} follows at once. If a task is part of itself, directly or not, it returns "
        "None.",
        25,
        (
            Check("one level", 0.75, hints=(
                "What does the list of the parts say about the order?",
                "Go through the parts from the first to the last.",
                "tea of boil, pour: [boil, pour].")),
            Check("tasks in tasks", 1.0, hints=(
                "What do you do with a part that is a task?",
                "The same as with the first task: a function may call itself.",
                "tea of water, pour and water of fill, boil: [fill, boil, pour].")),
            Check("nothing twice", 0.75, hints=(
                "How does one call know what was done in another?",
                "Keep one list for all, and look into it before a step is added.",
                "tea of fill, boil, fill: [fill, boil].")),
            Check("one after the other", 0.75, hints=(
                "Is a step that is skipped done?",
                "What follows a step follows only when the step is added to the list.",
                "If pour always follows boil: boil, boil gives [boil, pour].")),
            Check("a circle", 0.75, hints=(
                "Which tasks are being replaced at the moment?",
                "Hand on the tasks within which you are; the same task twice side by side is no circle.",
                "tea of milk and milk of tea: None.")),
        ),
        draw_order, lines=14, right=ordered, case=recipe,
    ),
    Function(
        "06c", "Going back",
        "Write answer_06c(tasks, methods, actions, stock), a planner. methods maps each task to a list of "
        "ways, the preferred one first; a way is a list of tasks and actions. actions maps each action to "
        "what it changes, such as dict(coin=-3, cake=1); it is possible if no number falls below 0, and what "
        "is not in the stock is 0. All tasks are to be done in order, and at the end coin must be at least "
        "{coin}, egg at least {egg} and hour at least {hour}. It returns the list of the actions of the "
        "first plan: an earlier choice of the preferred way counts more than all later choices. Without a "
        "plan it returns None.",
        40,
        (
            Check("one way", 1.0, hints=(
                "What is left to do when a task has been replaced by the parts of its way?",
                "The parts first, and then the other tasks; each action makes a new stock.",
                "[tea, cake] with tea of boil, pour: [boil, pour, cake] is left to do.")),
            Check("each by itself", 1.0, hints=(
                "What happens if the first way is not possible?",
                "Try the next one, with the stock as it was before.",
                "taxi costs 9 of 5 coins, the bus 2: [bus].")),
            Check("going back", 1.5, hints=(
                "Who notices that the taxi was too expensive: the task travel, or a later one?",
                "A way is right only if what follows can be done, too: plan the way and the rest together.",
                "for way in methods[first]: found = plan(way + rest, stock); the first that is not None.")),
            Check("what must be left", 0.5, hints=(
                "When does your planner look at what must be left?",
                "When nothing is left to do; too little is a failure like any other, and it goes back.",
                "if not tasks: return [] if enough(stock) else None")),
        ),
        draw_stock, lines=19, right=planned, case=outing,
    ),
)  # fmt: skip
