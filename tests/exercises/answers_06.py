"""Chapter 06: correct answers, and wrong ones with the check that is to catch each."""

from __future__ import annotations

# --- a ---------------------------------------------------------------------------------------------------


def costs(variant):
    dials, positions, steps, twice = (variant[name] for name in ("dials", "positions", "steps", "twice"))
    fails = variant["fail"] / 100
    alone = (1 - fails) ** steps
    return (
        dials * positions,
        dials // 2 * positions**2,
        alone,
        (1 - fails) ** (steps - twice) * (1 - fails**2) ** twice,
    )


def rounded(variant):
    return [round(each, 4) for each in costs(variant)]


def a_power(variant):
    return variant["positions"] ** variant["dials"], *costs(variant)[1:]


def one_less(variant):
    return variant["dials"] * (variant["positions"] - 1), *costs(variant)[1:]


def pairs_as_dials(variant):
    clicks, _, *rest = costs(variant)
    return clicks, clicks, *rest


def a_sum(variant):
    *lock, _, retried = costs(variant)
    return *lock, max(0.0, 1 - variant["steps"] * variant["fail"] / 100), retried


def all_twice(variant):
    return *costs(variant)[:3], (1 - (variant["fail"] / 100) ** 2) ** variant["steps"]


def half_as_likely(variant):
    fails, twice = variant["fail"] / 100, variant["twice"]
    return *costs(variant)[:3], (1 - fails) ** (variant["steps"] - twice) * (1 - fails / 2) ** twice


# --- b ---------------------------------------------------------------------------------------------------


def order(
    variant, follows=True, once=True, skipped=False, circle=True, deep=True, again=True, globally=False
):
    """A function by these rules."""

    def answer(task, methods):
        found, seen = [], set()

        def add(name, within):
            if name in methods and (deep or not within):
                if circle and (name in within or (globally and name in seen)):
                    return False
                seen.add(name)
                if len(within) > 20:
                    return False
                done = [
                    add(part, [*within, name]) for part in methods[name]
                ]  # each part, whatever the others
                return all(done)
            new = not once or name not in found or (again and name == variant["again"])
            if new:
                found.append(name)
            if follows and name == variant["before"] and (new or skipped):
                found.append(variant["again"])
            return True

        return found if add(task, []) or not circle else None

    return answer


def with_a_stack(variant):
    def answer(task, methods):
        found, left = [], [(task, frozenset())]
        while left:
            name, within = left.pop()
            if name in within:
                return None
            if name in methods:
                left += [(part, within | {name}) for part in methods[name][::-1]]
            elif name == variant["again"]:
                found.append(name)
            elif name not in found:
                found += [name, variant["again"]] if name == variant["before"] else [name]
        return found

    return answer


def nothing_at_all(variant):
    return lambda task, methods: []


def backwards(variant):
    right = order(variant)
    return lambda task, methods: (right(task, methods) or [])[::-1]


def one_level(variant):
    return order(variant, deep=False)


def everything_twice(variant):
    return order(variant, once=False)


def never_again(variant):
    return order(variant, again=False)


def nothing_follows(variant):
    return order(variant, follows=False)


def follows_what_is_skipped(variant):
    return order(variant, skipped=True)


def goes_round(variant):
    return order(variant, circle=False)


# --- c ---------------------------------------------------------------------------------------------------


def planner(variant, back=True, left=True, last=False):
    """A function by these rules."""

    def answer(tasks, methods, actions, stock):
        if not tasks:
            enough = all(stock[thing] >= least for thing, least in variant.items())
            return [] if enough or not left else None
        first, *rest = tasks
        if first in actions:
            after = dict(stock)
            for thing, change in actions[first].items():
                after[thing] = after.get(thing, 0) + change
            if min(after.values()) < 0:
                return None
            found = answer(rest, methods, actions, after)
            return None if found is None else [first, *found]
        for way in methods[first][::-1] if last else methods[first]:
            found = answer(way + rest, methods, actions, stock)
            if found is not None or not back:
                return found
        return None

    return answer


def with_generators(variant):
    def plans(tasks, methods, actions, stock, done):
        if not tasks:
            yield done, stock
        elif tasks[0] in methods:
            for way in methods[tasks[0]]:
                yield from plans([*way, *tasks[1:]], methods, actions, stock, done)
        else:
            after = {
                name: stock.get(name, 0) + actions[tasks[0]].get(name, 0)
                for name in {*stock, *actions[tasks[0]]}
            }
            if all(each >= 0 for each in after.values()):
                yield from plans(tasks[1:], methods, actions, after, [*done, tasks[0]])

    def answer(tasks, methods, actions, stock):
        found = plans(tasks, methods, actions, stock, [])
        fits = (plan for plan, rest in found if all(rest[name] >= many for name, many in variant.items()))
        return next(fits, None)

    return answer


def no_plan(variant):
    return lambda tasks, methods, actions, stock: None


def first_way_only(variant):
    return planner(variant, back=False)


def worst_first(variant):
    return planner(variant, last=True)


def spends_all(variant):
    return planner(variant, left=False)


def part_by_part(variant):
    """Plans each task by itself: no part can see the others."""
    alone = planner(variant, left=False)

    def answer(tasks, methods, actions, stock):
        done, now = [], dict(stock)
        for task in tasks:
            found = alone([task], methods, actions, now)
            if found is None:
                return None
            for each in found:
                for thing, change in actions[each].items():
                    now[thing] = now.get(thing, 0) + change
            done += found
        return done if all(now[thing] >= least for thing, least in variant.items()) else None

    return answer


def ignores_stock(variant):
    right = planner(dict.fromkeys(variant, 0))
    return lambda tasks, methods, actions, stock: right(tasks, methods, actions, dict.fromkeys(variant, 1000))


def stops(variant):
    return lambda tasks, methods, actions, stock: stock["gold"]


CORRECT = {"06a": (costs, rounded), "06b": (order, with_a_stack), "06c": (planner, with_generators)}
MUTANTS = {
    "06a": {
        a_power: "each dial clicks",
        one_less: "each dial clicks",
        pairs_as_dials: "pairs click",
        a_sum: "a chain",
        all_twice: "a chain with second tries",
        half_as_likely: "a chain with second tries",
    },
    "06b": {
        nothing_at_all: "one level",
        backwards: "one level",
        one_level: "tasks in tasks",
        everything_twice: "nothing twice",
        never_again: "nothing twice",
        nothing_follows: "one after the other",
        follows_what_is_skipped: "one after the other",
        goes_round: "a circle",
    },
    "06c": {
        no_plan: "one way",
        stops: "one way",
        ignores_stock: "one way",
        first_way_only: "each by itself",
        worst_first: "each by itself",
        part_by_part: "going back",
        spends_all: "what must be left",
    },
}
