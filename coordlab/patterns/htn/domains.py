"""Small domains to plan in: a journey, an outing that ends with a ticket to pay, and a lock with dials."""

from __future__ import annotations

from collections.abc import Sequence

from coordlab.patterns.htn.rules import Domain, Effects, Method, State, Task


def _km(state: State, who: str, to: str) -> float | str:
    """The distance in km, or why there is no way to go."""
    here = state["at", who]
    if here in (to, "taxi"):
        return f"{who} is there already" if here == to else f"{who} sits in a taxi"
    return float(state["km", *sorted((here, to))])


def fare(km: float) -> float:
    """What a taxi costs: 1.5, and 0.5 for each km."""
    return 1.5 + 0.5 * km


def walk(state: State, who: str, to: str) -> Effects | str:
    """Go there on foot, up to 2 km."""
    if isinstance(km := _km(state, who, to), str):
        return km
    return {("at", who): to} if km <= 2 else f"{km:g} km are too far"


def call_taxi(state: State, who: str) -> Effects | str:
    """Call a taxi and get in."""
    if not state["taxi is free"]:
        return "no taxi is free"
    return {"taxi is free": False, "taxi at": state["at", who], ("at", who): "taxi"}


def ride_taxi(state: State, who: str, to: str) -> Effects | str:
    """Ride there by taxi."""
    if state["at", who] != "taxi":
        return f"{who} sits in no taxi"
    km = _km(state.after({("at", who): state["taxi at"]}), who, to)
    return km if isinstance(km, str) else {"taxi at": to, ("owes", who): fare(km)}


def pay_driver(state: State, who: str, to: str) -> Effects | str:
    """Pay and get out."""
    if (state["at", who], state["taxi at"]) != ("taxi", to):
        return f"{who} does not sit in a taxi at {to}"
    left = state["cash", who] - state["owes", who]
    if left < 0:
        return f"{who} has {state['cash', who]:g} and owes {state['owes', who]:g}"
    return {("cash", who): left, ("owes", who): 0, ("at", who): to, "taxi is free": True}


def take_bus(state: State, who: str, to: str) -> Effects | str:
    """Wait for the bus and ride it."""
    if isinstance(km := _km(state, who, to), str):
        return km
    return {("at", who): to} if state["bus runs"] else "no bus runs"


def stay(state: State, who: str, to: str) -> list[Task] | str:
    """Do nothing: already there."""
    return [] if state["at", who] == to else f"{who} is not there yet"


def by_foot(state: State, who: str, to: str) -> list[Task] | str:
    """Walk, if it is near."""
    if isinstance(km := _km(state, who, to), str):
        return km
    return [("walk", who, to)] if km <= 2 else f"{km:g} km are too far"


def by_taxi(state: State, who: str, to: str) -> list[Task] | str:
    """Take a taxi, if there is money for it; in a taxi already, continue the ride."""
    ride: list[Task] = [("ride_taxi", who, to), ("pay_driver", who, to)]
    if state["at", who] == "taxi":
        return ride[state["taxi at"] == to :]
    if isinstance(km := _km(state, who, to), str):
        return km
    if state["cash", who] < fare(km):
        return f"{who} has {state['cash', who]:g}, and it costs {fare(km):g}"
    return [("call_taxi", who), *ride]


def by_bus(state: State, who: str, to: str) -> list[Task] | str:
    """Take the bus."""
    km = _km(state, who, to)
    return km if isinstance(km, str) else [("take_bus", who, to)]


JOURNEY = Domain(
    [walk, call_taxi, ride_taxi, pay_driver, take_bus], {"travel": [stay, by_foot, by_taxi, by_bus]}
)


def at_home(cash: float = 20) -> State:
    """The start: Alice at home, 8 km from the park, with this much `cash`; Bob at the kiosk, 2 km from it."""
    people = {("at", "alice"): "home", ("at", "bob"): "kiosk", ("cash", "alice"): cash, ("cash", "bob"): 15}
    debts = {("owes", "alice"): 0, ("owes", "bob"): 0}
    ways = {("km", "home", "park"): 8, ("km", "kiosk", "park"): 2, ("km", "home", "kiosk"): 7}
    taxi = {"taxi is free": True, "taxi at": "park", "bus runs": True}
    return State(people | debts).after(ways).after(taxi)


def enter(state: State, who: str) -> Effects | str:
    """Buy a ticket in the park and go in."""
    if state["at", who] != "park":
        return f"{who} is not in the park"
    left = state["cash", who] - state["ticket"]
    if left < 0:
        return f"{who} has {state['cash', who]:g}, a ticket costs {state['ticket']:g}"
    return {("cash", who): left, ("at", who): "concert"}


WAYS: dict[str, tuple[Method, ...]] = {
    "taxi-first": (stay, by_foot, by_taxi, by_bus),
    "bus-first": (stay, by_foot, by_bus, by_taxi),
}
"""Orders of preference of the ways to travel, by name."""


def outing(ways: Sequence[Method] = WAYS["taxi-first"]) -> Domain:
    """A journey, after which a ticket must be paid: whether the taxi was too dear shows only then."""
    return Domain([walk, call_taxi, ride_taxi, pay_driver, take_bus, enter], {"travel": list(ways)})


def evening(cash: float = 20, ticket: float = 4) -> State:
    """The start of an outing: as `at_home`, and a concert in the park."""
    return at_home(cash).after({"ticket": ticket})


def turn(state: State, dial: int, position: int) -> Effects:
    """Turn a dial of a lock."""
    return {("dial", dial): position}


def unlock(state: State) -> Effects | str:
    """Open the lock, if all dials are right."""
    right = all(value == state["right"] for name, value in state.items() if name[0] == "dial")
    return {"open": True} if right else "it does not open"


def lock(positions: int, at_once: bool) -> Domain:
    """A lock whose dials have so many positions, of which the last one is right, as only the lock knows.

    at_once: whether a dial clicks when it is right; otherwise only the end tells.
    """

    def to(position: int) -> Method:
        def turned(state: State, dial: int) -> list[Task] | str:
            wrong = at_once and position != state["right"]
            return "it does not click" if wrong else [("turn", dial, position)]

        return turned

    return Domain([turn, unlock], {"set": {f"to_{each}": to(each) for each in range(positions)}})


def locked(dials: int, positions: int) -> State:
    """All dials at 0, and the lock shut."""
    return State(
        {("dial", dial): 0 for dial in range(1, dials + 1)} | {"right": positions - 1, "open": False}
    )
