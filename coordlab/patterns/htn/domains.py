"""A small domain to plan in: a journey, on foot if it is near, else by taxi if one can pay, else by bus."""

from __future__ import annotations

from coordlab.patterns.htn.rules import Domain, Effects, State, Task


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
