"""A drawing before it is painted: marks in pixels, each with its look and a sentence.

A layout makes a `Scene`; `svg` and `axes` paint it.  Both paint `marks`; `svg` alone paints `chrome` (grid,
ticks, names of lanes), which matplotlib has of its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from coordlab.trace.lanes import clean

# Okabe and Ito's colours, which colour-blind readers can distinguish: on a light page, on a dark page.
COLOURS: dict[str, tuple[str, str]] = {
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
}
for _name, _light, _dark in (
    (
        "role",
        "c3ccd5 0072b2 e69f00 cc79a7 56b4e9 d55e00 f0e442 009e73",
        "4d5965 3f9fd8 e8ad33 d18fb5 7cc4ec e57f36 d9cf4a 2fb58e",
    ),
    (
        "type",
        "7a3e9d 0b7a75 0072b2 9a6700 a8326d 3d6b1f 5b4636",
        "c79be6 4fc3bd 4aa8e0 e3b341 f08bbd 93c767 c9ad97",
    ),
):
    _pairs = zip(_light.split(), _dark.split(), strict=True)
    COLOURS |= {f"{_name}{number}": (f"#{light}", f"#{dark}") for number, (light, dark) in enumerate(_pairs)}
TEXT, SMALL = 12.0, 11.0  # text sizes in pixels; nothing is smaller
_PARTS = ("Lanes", "Messages", "Marks")  # of a legend, from the top


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours such as "#0072b2", from 1 to 21, as defined in WCAG 2.1."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _ink_on(colour: str) -> str:
    """Black or white: the one that is easier to read on `colour`."""
    return max("#0d1115", "#ffffff", key=lambda ink: contrast(ink, colour))


COLOURS |= {
    f"on-role{each}": (_ink_on(COLOURS[f"role{each}"][0]), _ink_on(COLOURS[f"role{each}"][1]))
    for each in range(8)
}
COLOURS["on-down"] = COLOURS["ink"]


class Look(NamedTuple):
    """A colour by name, and what distinguishes it without colour: dashes and width (pixels), or a hatch."""

    colour: str
    dash: tuple[float, ...] = ()
    width: float = 1.0
    hatch: int | None = None
    hollow: bool = False


class Mark(NamedTuple):
    """One drawn thing: `what` it means, its shape at `points` (pixels), `tip` a sentence about it.

    Shapes: bar (two corners); line, arrow (two ends); cross, circle, diamond, square, flag, text (one point).
    `size` is the radius, or the height of text, in pixels.
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
    """A drawing of `width` by `height` pixels, without its legend; `alt` describes it in words.

    `units` convert pixels to the units of matplotlib axes: x0, units per pixel, and the same for y.
    `limits` are the borders in pixels: left, right, bottom, top.
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
        """Put `label` into a part of the legend, once, with a sample of the mark that it explains."""
        if len(self.legend[part]) < 24:
            self.legend[part].setdefault(fit(clean(label), max(220, self.width - 130)), sample)


def wide(text: str, size: float = TEXT) -> float:
    """The estimated width of `text` in pixels; the font is not known here."""
    return math.fsum(size if ord(letter) > 0x10FF else 0.57 * size for letter in text)


def broken(text: str, room: float, size: float = TEXT) -> list[str]:
    """A text in lines of at most `room` pixels, broken between words; a longer word has a line of its own.

    >>> broken("none up to two rogues, then all", 120)
    ['none up to two', 'rogues, then all']
    """
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".lstrip()
        if lines[-1] and wide(longer, size) > room:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def fit(text: str, width: float, size: float = TEXT) -> str:
    """`text`, cut to a width in pixels."""
    if wide(text, size) <= width:
        return text
    most = next((end for end in range(len(text), 0, -1) if wide(text[:end] + "…", size) <= width), 0)
    return text[:most] + "…"


def ticks(since: float, until: float, most: int) -> list[tuple[float, str]]:
    """About `most` round numbers between `since` and `until`, with their labels."""
    rough = (until - since) / max(1, most)
    power = math.floor(math.log10(rough))
    step = next(each for each in (1, 2, 5, 10) if each * 10.0**power >= rough * 0.999) * 10.0**power
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    first = math.ceil(since / step - 1e-9)
    last = math.floor(until / step + 1e-9)
    return [(number * step, f"{number * step:.{digits}f}") for number in range(first, last + 1)]


def listed(names: Iterable[str], most: int = 12) -> str:
    """Names in a sentence, such as `1, 2 and 3`; if there are more than `most`, the first ones."""
    names = [clean(name)[:60] for name in names]
    shown = names if len(names) <= most else [*names[: most - 1], f"{len(names) - most + 1} more"]
    return " and ".join(filter(None, [", ".join(shown[:-1]), *shown[-1:]]))
