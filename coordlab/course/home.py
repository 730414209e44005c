"""The tables of the course's home page, made from data, for wide and for narrow pages.

    home.questions(), home.pattern_map(), home.problems(), home.chapters(), home.gallery(), home.names(),
    home.claims(), home.glossary()

Each is a table or a picture that says the same as plain text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from itertools import groupby
from typing import NamedTuple

from coordlab.course import atlas
from coordlab.course.chapters import BY_NUMBER, CHAPTERS, PATTERNS, QUESTIONS, Chapter, chapter_of, hours
from coordlab.course.claims import CLAIMS, DOES_NOT, HOLDS, HOLDS_IF
from coordlab.course.folder import RELEASED
from coordlab.course.gallery import GALLERY
from coordlab.course.learning import Shown
from coordlab.course.words import GLOSSARY, ROSETTA
from coordlab.exercises import CHAPTERS as ASSIGNED

SIGNS = {HOLDS: "✓", HOLDS_IF: "~", DOES_NOT: "✗"}  # shown beside the word

_STYLE = """<style>
.cl-home{container-type:inline-size;font-size:14px;line-height:1.45;max-width:1100px}
.cl-home .cl-rows{display:table;width:100%;border-collapse:collapse;margin:0;table-layout:auto;font-size:14px}
.cl-home .cl-rows :is(td,th){text-align:left;vertical-align:top;padding:6px 10px;white-space:normal;
 max-width:none;border-bottom:1px solid color-mix(in srgb,currentColor 18%,transparent);background:none}
.cl-home .cl-rows tr{background:none}
.cl-home .cl-rows thead th{font-weight:600;opacity:.8}
.cl-home .cl-rows tbody th{font-weight:600}
.cl-home.cl-home a{text-decoration:underline}
.cl-home.cl-home :is(.cl-list,.cl-list ul){margin:0 0 8px;padding:0;list-style:none}
.cl-home.cl-home .cl-list{display:none}
@container(max-width:640px){
 .cl-home .cl-rows,.cl-home .cl-rows :is(tbody,tr,td,th){display:block;width:auto}
 .cl-home .cl-rows thead{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden}
 .cl-home .cl-rows :is(td,th){border:0;padding:1px 0}
 .cl-home .cl-rows td[data-of]::before{content:attr(data-of) ": ";opacity:.75}
 .cl-home .cl-rows tr{padding:9px 0;border-bottom:1px solid color-mix(in srgb,currentColor 18%,transparent)}
}
@container(max-width:800px){
 .cl-home .cl-map{display:none}
 .cl-home.cl-home .cl-list{display:block}
}
</style>"""


class Link(NamedTuple):
    """A word that leads to a notebook of the course."""

    text: str
    to: str


Word = str | Link
Cell = Word | tuple[Word, ...]


def questions() -> Shown:
    """Where to start: questions of readers, the chapters that answer them, and how long these take."""
    rows: list[tuple[Cell, ...]] = []
    for question in QUESTIONS:
        path = [BY_NUMBER[number] for number in question.chapters]
        rows.append((question.text, _spaced(map(_number, path)), hours(sum(each.minutes for each in path))))
    return _table(("your question", "read", "takes"), rows)


def pattern_map() -> Shown:
    """The map of the patterns as a picture; on a narrow page as a list."""
    drawn = atlas.drawing()
    rows = "".join(
        f"<li><strong>{escape(need)}</strong><ul>{''.join(map(_listed, names))}</ul></li>"
        for need, names in groupby(PATTERNS, lambda name: PATTERNS[name].need)
    )
    picture = f'<div class="cl-map">{drawn.html}</div><ul class="cl-list">{rows}</ul>'
    return Shown(drawn.alt, _page(picture))


def problems() -> Shown:
    """Which pattern for which problem, with its chapter and its lab."""
    rows: list[tuple[Cell, ...]] = [
        (
            pattern.title,
            pattern.problem,
            _titled(chapter_of(name)),
            f"labs.{name}()" if _has_lab(name) else "–",
        )
        for name, pattern in PATTERNS.items()
    ]
    return _table(("pattern", "problem", "chapter", "lab"), rows)


def chapters() -> Shown:
    """The chapters: question, minutes, exercises."""
    rows: list[tuple[Cell, ...]] = [
        (_titled(each), each.question, f"{each.minutes}", _exercises(each)) for each in CHAPTERS
    ]
    return _table(("chapter", "question", "minutes", "exercises"), rows)


def gallery() -> Shown:
    """The infamous traces of the gallery, with what happens in each."""
    rows: list[tuple[Cell, ...]] = [
        (Link(each.title, "gallery.ipynb"), each.says, _number(BY_NUMBER[each.chapter]))
        for each in GALLERY.values()
    ]
    return _table(("trace", "what happens", "chapter"), rows)


def names() -> Shown:
    """The names that readers arrive with, and what is nearest to them here."""
    rows: list[tuple[Cell, ...]] = []
    for each in ROSETTA:
        folder, _, kind = each.here.partition(".")
        here = f"{PATTERNS[folder].title}{f', {kind}' if kind else ''}"
        rows.append((each.name, each.source, here, _number(chapter_of(folder)), each.differs))
    return _table(("you say", "from", "here", "chapter", "compared"), rows)


def claims() -> Shown:
    """The article, claim by claim: verdict, reason, figure, chapter."""
    rows: list[tuple[Cell, ...]] = [
        (f"{each.says} ({each.where})", f"{SIGNS[each.verdict]} {each.verdict}", each.because, each.figure,
         _number(BY_NUMBER[each.chapter]))
        for each in CLAIMS.values()
    ]  # fmt: skip
    return _table(("claim", "verdict", "if, or because", "counted", "chapter"), rows)


def glossary() -> Shown:
    """The words of the course."""
    return _table(("word", "meaning"), [tuple(each) for each in GLOSSARY.items()])


def _listed(name: str) -> str:
    """A pattern in the list that a narrow page has for the map."""
    base = atlas.built_on(name)
    more = f"; builds on {base}" if base else ""
    return f"<li>{escape(PATTERNS[name].title + more)}, {_markup(_number(chapter_of(name)))}</li>"


def _has_lab(name: str) -> bool:
    return (atlas.FOLDERS / name / "lab.py").exists()


def _number(chapter: Chapter) -> Word:
    return Link(chapter.number, chapter.link)


def _titled(chapter: Chapter) -> Word:
    return Link(f"{chapter.number} {chapter.title}", chapter.link)


def _exercises(chapter: Chapter) -> Word:
    """The number of exercises, which leads to those that are checked on many schedules."""
    many, number = f"{chapter.exercises}", chapter.number
    return Link(many, f"../{RELEASED}/{number}/{number}.ipynb") if number in ASSIGNED else many


def _spaced(cells: Iterable[Word]) -> Cell:
    return tuple(part for at, each in enumerate(cells) for part in ((" · ", each) if at else (each,)))


# --- tables -----------------------------------------------------------------------------------------


def _table(head: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Shown:
    """A table; the first cell of a row is its heading.  On a narrow page each row is a card."""
    top = "".join(f'<th scope="col">{escape(each)}</th>' for each in head)
    body = "".join(
        f'<tr><th scope="row">{_markup(first)}</th>'
        + "".join(
            f'<td data-of="{escape(name)}">{_markup(cell)}</td>'
            for name, cell in zip(head[1:], rest, strict=True)
        )
        + "</tr>"
        for first, *rest in rows
    )
    table = f'<table class="cl-rows"><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>'
    words = "\n".join(" | ".join(map(_text, row)) for row in rows)
    return Shown(words, _page(table))


def _page(markup: str) -> str:
    return f'{_STYLE}<div class="cl-home">{markup}</div>'


def _markup(cell: Cell) -> str:
    if isinstance(cell, tuple) and not isinstance(cell, Link):
        return "".join(map(_markup, cell))
    return f'<a href="{escape(cell.to)}">{escape(cell.text)}</a>' if isinstance(cell, Link) else escape(cell)


def _text(cell: Cell) -> str:
    if isinstance(cell, tuple) and not isinstance(cell, Link):
        return "".join(map(_text, cell))
    return cell.text if isinstance(cell, Link) else cell
