"""Paints a scene as SVG text, with the standard library alone; equal scenes give equal text."""

from __future__ import annotations

import math
from collections.abc import Iterator
from hashlib import sha256
from html import escape
from itertools import groupby

from coordlab.draw.scene import COLOURS, Look, Mark, Scene, broken, wide
from coordlab.trace.lanes import clean

_ID = "\0"  # placeholder for the id of the drawing, which is a hash of its content
_HATCHES = {
    2: "M2 0V8M6 0V8",
    3: "M-1 9L9 -1M-1 1L1 -1M7 9L9 7",
    4: "M1 2h2M5 6h2",
    5: "M0 2H8M0 6H8",
    6: "M-1 -1L9 9M7 -1L9 1M-1 7L1 9",
    7: "M0 4H8M4 0V8",
}
_HEADING, _LINE = 14, 18  # pixels: the size of a heading, and the pitch of its lines
_FONT = "system-ui,'Segoe UI',Helvetica,Arial,sans-serif"
_CSS = (
    f".cl-draw{{font:12px {_FONT}}}.cl-draw .hit{{stroke:transparent;stroke-width:9;stroke-dasharray:none}}"
    ".cl-draw .name,.cl-draw .title{font-weight:600}"
    ".cl-draw text{font-variant-numeric:tabular-nums;paint-order:stroke}"
    # light-dark() follows the notebook's theme if there is one, else prefers-color-scheme
    "@supports(color:light-dark(red,red)){.cl-draw{color-scheme:light dark;"
    + "".join(f"--cl-{name}:light-dark({light},{dark});" for name, (light, dark) in COLOURS.items())
    + "}@media(prefers-color-scheme:dark){.cl-draw{color-scheme:dark}}"
    ':is([data-jp-theme-light="true"],[data-vscode-theme-kind="vscode-light"]) .cl-draw{color-scheme:light}'
    ':is([data-jp-theme-light="false"],[data-vscode-theme-kind="vscode-dark"]) .cl-draw{color-scheme:dark}}'
)


def paint(scene: Scene) -> str:
    """The scene as an SVG document for light and dark pages."""
    below, height = _legend(scene)
    heading = broken(scene.heading, scene.width - 24, _HEADING)
    sky = _LINE * (len(heading) - 1)  # above the drawing, which has room for one line
    marks = [*_heading(heading), *scene.chrome, *scene.marks, *below]
    body = _defs(marks) + "".join(_groups(marks))
    across, down = f"{scene.width:g}", f"{height + sky:g}"
    size = f'width="{across}" height="{down}" viewBox="0 {-sky} {across} {down}"'
    named = f'role="img" aria-labelledby="{_ID}-title {_ID}-desc"'
    title = f'<title id="{_ID}-title">{_safe(scene.heading or scene.title)}</title>'
    words = f'<desc id="{_ID}-desc">{_safe(scene.alt)}</desc>'
    above = f'y="{-sky}" ' if sky else ""
    page = f'<rect {above}width="100%" height="100%" {_paints(fill="bg")}/>'
    start = f'<svg xmlns="http://www.w3.org/2000/svg" class="cl-draw" {size} {named}>'
    text = f"{start}{title}{words}<style>{_CSS}</style>{page}{body}</svg>\n"
    return text.replace(_ID, "cl-" + sha256(text.encode()).hexdigest()[:10])


def _safe(text: str) -> str:
    return escape(clean(text))


def _heading(lines: list[str]) -> Iterator[Mark]:
    """The lines of a heading, the last one within the drawing."""
    for number, line in enumerate(filter(None, reversed(lines))):
        yield Mark("title", "text", ((12, 20 - _LINE * number),), Look("ink"), text=line, size=_HEADING)


def _legend(scene: Scene) -> tuple[list[Mark], float]:
    """The legend in rows below the drawing, then the caption; and the height (pixels) of all together."""
    marks, y, soft = [], scene.height, Look("soft")
    for heading, entries in scene.legend.items():
        if not entries:
            continue
        x, y = 90.0, y + 21
        marks.append(Mark("legend", "text", ((12, y),), soft, text=heading))
        for label, sample in entries.items():
            if x + 32 + wide(label) > scene.width and x > 90:
                x, y = 90.0, y + 19
            ends = ((x, y - 4), (x + 22, y - 4))
            if sample.what == "band":  # upright, as in the drawing
                ends = ((x + 11, y - 10), (x + 11, y + 2))
            points = {"bar": ((x, y - 9.5), (x + 22, y + 1.5)), "line": ends, "arrow": ends}
            where = points.get(sample.shape, ((x + 11, y - 4),))
            marks.append(sample._replace(what="legend", points=where))
            marks.append(Mark("legend", "text", ((x + 28, y),), Look("ink"), sample.tip, label))
            x += 46 + wide(label)
    if scene.caption:
        y += 22
        marks.append(Mark("caption", "text", ((12, y),), soft, text=scene.caption))
    return marks, y + 12


# --- marks -------------------------------------------------------------------------------------------


def _paints(**parts: str) -> str:
    """Fill and stroke, as CSS variables and, for programs without CSS, as attributes."""
    plain = {part: COLOURS[colour][0] for part, colour in parts.items()}
    style = ";".join(f"{part}:var(--cl-{colour},{plain[part]})" for part, colour in parts.items())
    return " ".join(f'{part}="{colour}"' for part, colour in plain.items()) + f' style="{style}"'


def _style(mark: Mark) -> str:
    """The attributes that a mark shares with others of the same look."""
    look, inner = mark.look, "bg" if mark.look.hollow else mark.look.colour
    if mark.shape == "text":
        halo = {"stroke": mark.halo} if mark.halo else {}
        weight = ' stroke-width="3" stroke-linejoin="round"' if halo else ""
        place = f'text-anchor="{mark.anchor}" font-size="{mark.size:g}"{weight}'
        return f"{place} {_paints(fill=look.colour, **halo)}"
    if mark.shape == "bar" and look.hatch in _HATCHES:
        return f'fill="url(#{_ID}-{look.colour}-{look.hatch})"'
    if mark.shape == "bar":
        return _paints(fill=look.colour)
    dash = f' stroke-dasharray="{" ".join(f"{each:g}" for each in look.dash)}"' if look.dash else ""
    stroke = f'stroke-width="{look.width:g}" stroke-linejoin="round"{dash}'
    if mark.shape in ("line", "cross"):
        return f'fill="none" {stroke} {_paints(stroke=look.colour)}'
    return f"{stroke} {_paints(stroke=look.colour, fill=inner)}"


def _groups(marks: list[Mark]) -> Iterator[str]:
    """Neighbouring marks of the same look share one group, which keeps the text short."""
    for (what, style), group in groupby(marks, lambda mark: (mark.what, _style(mark))):
        yield f'<g class="{what}" {style}>{"".join(map(_mark, group))}</g>'


def _mark(mark: Mark) -> str:
    title = f"<title>{_safe(mark.tip[:600])}</title>" if mark.tip else ""
    (x, y), size = mark.points[0], mark.size
    if mark.shape == "text":
        return f'<text x="{x:.1f}" y="{y:.1f}">{_safe(mark.text)}{title}</text>'
    if mark.shape == "bar":
        (_, _), (right, low) = mark.points
        box = f'x="{x:.1f}" y="{y:.1f}" width="{right - x:.1f}" height="{low - y:.1f}"'
        return f'<rect {box} rx="1.5">{title}</rect>'
    if mark.shape == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size:g}">{title}</circle>'
    if mark.shape in ("line", "arrow"):
        return _line(mark, title)
    return f'<path d="{_outline(mark.shape, x, y, size)}">{title}</path>'


def _outline(shape: str, x: float, y: float, r: float) -> str:
    corners = {
        "diamond": ((x, y - r), (x + r, y), (x, y + r), (x - r, y)),
        "square": ((x - r, y - r), (x + r, y - r), (x + r, y + r), (x - r, y + r)),
        "flag": ((x, y - r), (x + r, y), (x, y + r)),
    }
    if shape == "cross":
        return f"{_path((x - r, y - r), (x + r, y + r))}{_path((x + r, y - r), (x - r, y + r))}"
    return _path(*corners[shape]) + "Z"


def _path(*points: tuple[float, float]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def _line(mark: Mark, title: str) -> str:
    """A line, with a head if it is an arrow; one with a tooltip reacts to the pointer in a wider band."""
    start, end = mark.points
    hit = f'{title}<path class="hit" d="{_path(start, end)}"/>' if title else ""
    length = math.dist(start, end)
    if mark.shape == "line" or length < 0.5:
        return f'<g>{hit}<path d="{_path(start, end)}"/></g>' if hit else f'<path d="{_path(start, end)}"/>'
    long, broad = min(length, 7 + mark.look.width), 2.4 + mark.look.width / 2
    dx, dy = (end[0] - start[0]) / length, (end[1] - start[1]) / length
    base = (end[0] - long * dx, end[1] - long * dy)
    sides = ((base[0] - broad * dy, base[1] + broad * dx), (base[0] + broad * dy, base[1] - broad * dx))
    head = f'<path d="{_path(sides[0], end, sides[1])}Z" stroke-width="1" stroke-dasharray="none"/>'
    return f'<g>{hit}<path d="{_path(start, base)}"/>{head}</g>'


def _defs(marks: list[Mark]) -> str:
    looks = dict.fromkeys((mark.look.colour, mark.look.hatch) for mark in marks)
    patterns = (
        f'<pattern id="{_ID}-{colour}-{hatch}" width="8" height="8" patternUnits="userSpaceOnUse">'
        f'<rect width="8" height="8" {_paints(fill=colour)}/><path d="{_HATCHES[hatch or 0]}" '
        f'stroke-opacity=".35" {_paints(stroke=f"on-{colour}")}/></pattern>'
        for colour, hatch in looks
        if hatch in _HATCHES
    )
    return f"<defs>{''.join(patterns)}</defs>"
