"""The index of the gallery: a card for each trace, with its picture at the decisive moment.

opened = {name: labs.play(each.line).open_at(each.violates) for name, each in GALLERY.items()}
cards.index(opened)             # in a notebook
cards.page(opened)              # the same as an HTML page that leads to the page of each trace
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import TYPE_CHECKING

from coordlab.course.chapters import BY_NUMBER, Chapter
from coordlab.course.gallery import GALLERY, Infamous
from coordlab.course.learning import Shown
from coordlab.draw import Drawing, thumbnail
from coordlab.draw.scene import listed
from coordlab.trace.trace import Trace

if TYPE_CHECKING:
    from coordlab.labs.lab import Lab

_STYLE = """<style>
.cl-gallery{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,290px),1fr));gap:14px;
 max-width:1100px;font-size:14px;line-height:1.45}
.cl-gallery article{border:1px solid color-mix(in srgb,currentColor 22%,transparent);border-radius:8px;
 overflow:hidden;display:flex;flex-direction:column}
.cl-gallery img{display:block;width:100%;height:auto;
 border-bottom:1px solid color-mix(in srgb,currentColor 22%,transparent)}
.cl-gallery section{padding:10px 12px}
.cl-gallery.cl-gallery :is(h3,p){margin:0 0 6px;font-size:14px}
.cl-gallery.cl-gallery h3{font-size:16px}
.cl-gallery.cl-gallery a{text-decoration:underline}
.cl-gallery.cl-gallery p+p{font-size:12px}
.cl-gallery.cl-gallery pre{margin:8px 0 0;padding:6px 8px;border-radius:4px;font-size:12px;line-height:1.35;
 white-space:pre-wrap;word-break:normal;overflow-wrap:anywhere;font-family:monospace;
 background:color-mix(in srgb,currentColor 8%,transparent)}
</style>"""
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>:root{{color-scheme:light dark}}body{{margin:0 auto;padding:16px;max-width:1100px;
font-family:system-ui,"Segoe UI",Helvetica,Arial,sans-serif;background:light-dark(#fff,#14181d);
color:light-dark(#1b1f24,#e6e9ec)}}a{{color:light-dark(#0b5cad,#6cb0f5)}}</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p>{words}</p>
<h2>The moments that decide</h2>
{cards}
</main>
</body>
</html>
"""
TITLE = "Twelve infamous traces"
WORDS = (
    "Each picture shows the lanes of agents and their messages. What went wrong is red, and the line is the "
    "moment at which a property breaks. Each trace is a line that plays the same run on any machine."
)


def index(opened: Mapping[str, Lab]) -> Shown:
    """The cards of the gallery, each a link to its section in the same notebook."""
    words = [
        f"{each.title} | {each.says} | violates “{each.violates}” at {each.at:g} s | chapter {each.chapter}"
        for each in map(GALLERY.__getitem__, opened)
    ]
    shown = _cards(opened, lambda name: f"#{GALLERY[name].title.replace(' ', '-')}", _linked)
    return Shown("\n".join(words), shown)


def page(opened: Mapping[str, Lab]) -> str:
    """An HTML page of the cards, each a link to the page of its trace in the same folder."""
    return _PAGE.format(title=TITLE, words=WORDS, cards=_cards(opened, lambda name: f"{name}.html", _named))


def _cards(opened: Mapping[str, Lab], link: Callable[[str], str], chapter: Callable[[Chapter], str]) -> str:
    traces = [(GALLERY[name], lab, link(name)) for name, lab in opened.items()]
    cards = "".join(_card(trace, lab, to, chapter(BY_NUMBER[trace.chapter])) for trace, lab, to in traces)
    return f'{_STYLE}<div class="cl-gallery">{cards}</div>'


def _named(chapter: Chapter) -> str:
    return escape(f"chapter {chapter.number}, {chapter.title}")


def _linked(chapter: Chapter) -> str:
    return f'<a href="{chapter.link}">{_named(chapter)}</a>'


def _card(trace: Infamous, lab: Lab, link: str, chapter: str) -> str:
    title = f'<h3><a href="{escape(link)}">{escape(trace.title)}</a></h3>'
    compare = f'<a href="{escape(trace.source)}">Compare</a>: {escape(trace.mirrors)}'
    broken = f"violates “{escape(trace.violates)}” at {trace.at:g} s · {chapter}"
    words = f"<p>{escape(trace.says)}</p><p>{broken}</p><p>{compare}</p>"
    line = f"<pre>{escape(trace.line)}</pre>"
    return f"<article>{_picture(trace, lab).html}<section>{title}{words}{line}</section></article>"


def _picture(trace: Infamous, lab: Lab) -> Drawing:
    """The decisive moment as a small drawing."""
    opening, run, spec = lab.branch.opening, lab.run.trace, lab.spec
    assert opening is not None, "lab.open_at(...) comes first"
    whole = Trace(run.rows, spec.lanes(lab.parameters) or run.agents, run.says, run.until)
    who = "" if opening.event is None else str(run[opening.event].agent)
    says = f"{trace.title}: lanes of {listed(whole.agents)}, and the moment at {trace.at:g} s."
    return thumbnail(whole, *opening.window, opening.at, says, who, spec.tones)
