"""What a drawing consists of, before anybody paints it: marks in pixels, each with its look and its sentence.

Layouts make a `Scene`; `svg` and `axes` paint it.  A mark that both paint is in `marks`; what a plotting
library has of its own (grid, ticks, names of lanes) is in `chrome`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from coordlab.trace.lanes import clean

# Okabe and Ito's colours, which colour-blind readers can tell apart, for a light and for a dark page.
COLOURS = {
    "bg": ("#ffffff", "#14181d"),
    "ink": ("#1b1f24", "#e6e9ec"),
    "soft": ("#59636e", "#9fabb7"),
    "line": ("#d9dee3", "#323b45"),
    "accent": ("#0b5cad", "#6cb0f5"),
    "bad": ("#b93a00", "#ff8a5c"),
    "down": ("#e9ecef", "#22282f"),
    "group0": ("#eef4fb", "#18232f"),
    "group1": ("#fdf3e3", "#2b2418"),
    "group2": ("#eaf6f0", "#17281f"),
    "role0": ("#c3ccd5", "#4d5965"),
    "role1": ("#0072b2", "#3f9fd8"),
    "role2": ("#e69f00", "#e8ad33"),
    "role3": ("#009e73", "#2fb58e"),
    "role4": ("#cc79a7", "#d18fb5"),
    "role5": ("#56b4e9", "#7cc4ec"),
    "role6": ("#d55e00", "#e57f36"),
    "role7": ("#f0e442", "#d9cf4a"),
    "type0": ("#7a3e9d", "#c79be6"),
    "type1": ("#0b7a75", "#4fc3bd"),
    "type2": ("#0072b2", "#4aa8e0"),
    "type3": ("#9a6700", "#e3b341"),
    "type4": ("#a8326d", "#f08bbd"),
    "type5": ("#3d6b1f", "#93c767"),
    "type6": ("#5b4636", "#c9ad97"),
}
TEXT, SMALL = 12.0, 11.0  # pixels; nothing is set smaller
_PARTS = ("Lanes", "Agents", "Messages", "Marks")  # of a legend, from the top


def contrast(one: str, other: str) -> float:
    """How well two colours such as "#0072b2" stand out from each other, from 1 to 21, as WCAG counts it."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def ink_on(colour: str) -> str:
    """Black or white, whichever is easier to read on `colour`."""
    return max("#0d1115", "#ffffff", key=lambda ink: contrast(ink, colour))


COLOURS |= {
    f"on-{name}": (ink_on(light), ink_on(dark))
    for name, (light, dark) in COLOURS.items()
    if name.startswith("role")
}
COLOURS["on-down"] = COLOURS["ink"]


class Look(NamedTuple):
    """A colour by name, and what tells it from others without colour: dashes, width (px), or a hatch."""

    colour: str
    dash: tuple[float, ...] = ()
    width: float = 1.0
    hatch: int | None = None
    hollow: bool = False


class Mark(NamedTuple):
    """One thing drawn.  `what` it stands for; its shape through `points`; `tip` says it in a sentence.

    Shapes: bar (two corners), area (its corners), line, arrow (two ends), cross, circle, diamond, flag,
    text (one point).  `size` is a radius, or the height of text, in pixels.
    """

    what: str
    shape: str
    points: tuple[tuple[float, float], ...]
    look: Look
    tip: str = ""
    text: str = ""
    size: float = TEXT
    anchor: str = "start"
    halo: str = ""


@dataclass
class Scene:
    """A drawing of `width` times `height` pixels, without its legend; `alt` says all of it in words.

    `units` turn pixels into the user's units: x0, units per pixel, and the same for y.
    """

    title: str
    alt: str
    width: float
    height: float
    heading: str = ""
    caption: str = ""
    marks: list[Mark] = field(default_factory=list)
    chrome: list[Mark] = field(default_factory=list)
    legend: dict[str, dict[str, Mark]] = field(default_factory=lambda: {part: {} for part in _PARTS})
    lanes: tuple[str, ...] = ()
    units: tuple[float, float, float, float] = (0.0, 1.0, 0.0, 1.0)
    limits: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)

    def explain(self, part: str, label: str, sample: Mark) -> None:
        """Put `label` into a part of the legend, once, with a sample of the mark it explains."""
        if len(self.legend[part]) < 24:
            self.legend[part].setdefault(fit(clean(label), 220), sample)


def wide(text: str, size: float = TEXT) -> float:
    """About how many pixels `text` takes: an estimate, since no font is at hand."""
    return sum(size if ord(letter) > 0x10FF else 0.57 * size for letter in text)


def fit(text: str, width: float, size: float = TEXT) -> str:
    """As much of `text` as `width` pixels hold."""
    if wide(text, size) <= width:
        return text
    most = next((end for end in range(len(text), 0, -1) if wide(text[:end] + "…", size) <= width), 0)
    return text[:most] + "…"


def ticks(since: float, until: float, most: int) -> list[tuple[float, str]]:
    """At most about `most` round moments between two moments (seconds), with their labels."""
    rough = (until - since) / max(1, most)
    power = math.floor(math.log10(rough))
    step = next(each for each in (1, 2, 5, 10) if each * 10.0**power >= rough * 0.999) * 10.0**power
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    first = math.ceil(since / step - 1e-9)
    last = math.floor(until / step + 1e-9)
    return [(number * step, f"{number * step:.{digits}f}") for number in range(first, last + 1)]


def listed(names: Iterable[str], most: int = 12) -> str:
    """Names in a sentence: `1, 2 and 3`; of many, the first few."""
    names = [clean(name)[:60] for name in names]
    shown = names if len(names) <= most else [*names[: most - 1], f"{len(names) - most + 1} more"]
    return " and ".join(filter(None, [", ".join(shown[:-1]), *shown[-1:]]))
