"""Pages of HTML that need no server: one for each student, and one for the class."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from statistics import median
from typing import Any

from coordlab.draw import Drawing
from coordlab.draw.shares import shares
from coordlab.exercises import assignment
from coordlab.exercises.part import Part
from coordlab.exercises.practice import Practice
from coordlab.grading.classroom import Course
from coordlab.grading.marking import GRADED, NOT_JUDGED, NOT_STARTED, STOPPED, Marks
from coordlab.grading.report import STYLE
from coordlab.intervals import Interval, share

BINS = 10  # bars of a histogram
Profiles = Mapping[str, Mapping[str, list[list[float]]]]
"""For each part the profile of each known mistake: for each check the shares of runs kept, by kind."""


def page(title: str, blocks: Sequence[str]) -> str:
    """A page with a title."""
    view = '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    head = f"{view}<title>{escape(title)}</title>"
    body = f'<main class="cl-report cl-page"><h1>{escape(title)}</h1>{"".join(blocks)}</main>'
    return f'<!doctype html><html lang="en"><head>{head}{STYLE}</head><body>{body}</body></html>\n'


# --- the student's page ------------------------------------------------------------------------------------


def feedback(course: Course, chapter: str, student: str, found: Marks) -> str:
    """The page of a student: the points, what was lost and why, and what to try."""
    comments, parts = course.comments(chapter, student), assignment(chapter)
    points, lost = course.points(chapter, student), course.late(chapter, student)
    whole, most = sum(points.values()), sum(each.points for each in parts)
    lines = [
        _line(f"{each.id} {escape(each.title)}", f"{points[each.id]:g} of {each.points:g}") for each in parts
    ]
    if lost:
        lines.append(_line("handed in late", f"−{100 * lost:g} %"))
    lines.append(_line("<b>all</b>", f"<b>{whole * (1 - lost):.4g} of {most:g}</b>"))
    blocks = [f"<p>{escape(student)}</p><table><tbody>{''.join(lines)}</tbody></table>"]
    for each in parts:
        blocks += _part(each, found["parts"][each.id], comments.get(each.id, {}))
    return page(f"Chapter {chapter}: feedback", blocks)


def _line(*cells: str) -> str:
    """A line of a table."""
    return f"<tr>{''.join(f'<td>{each}</td>' for each in cells)}</tr>"


def _part(part: Part, found: Marks, comment: Mapping[str, Any]) -> Iterator[str]:
    """What became of one part."""
    yield f"<h2>{part.id} {escape(part.title)}</h2>"
    if comment.get("words"):
        yield f'<p class="cl-comment"><b>Your instructor:</b> {escape(comment["words"])}</p>'
    if found["problem"]:
        yield f"<p><b>{escape(found['status'])}</b></p><pre>{escape(found['problem'])}</pre>"
    rows = []
    for each in found.get("checks", ()):
        full = each["earned"] >= each["points"]
        mark = '<span class="cl-good">✓</span>' if full else '<span class="cl-bad">✗</span>'
        told = f'<br><span class="cl-soft">{escape(each["told"])}</span>'
        rows.append(
            _line(f"{mark} {escape(each['name'])}{told}", f"{each['earned']:g} of {each['points']:g}")
        )
    if rows:
        yield f"<table><tbody>{''.join(rows)}</tbody></table>"
    if explained := found.get("explained"):
        yield f"<p><b>What happened</b> {escape(explained['because'])}</p>"
        yield f'<div class="cl-pair">{"".join(_pair(explained, found["pictures"]))}</div>'
        call = f'watch("{part.id}", {part.name}, "…")'
        yield f"<p>Each line plays in your notebook: <code>{escape(call)}</code></p>"
    if survived := found.get("survived"):
        rows_of = {kind: Interval(*each) for kind, each in survived.items()}
        yield shares(rows_of, "runs in which all checks held").html
    missed = [each for each in found.get("checks", ()) if each["earned"] < each["points"]]
    hints = {each.name: each.hints for each in part.checks}
    if missed and hints.get(missed[0]["name"]):
        yield f"<p><b>What to try</b> {escape(' '.join(hints[missed[0]['name']][:2]))}</p>"


def _pair(explained: Mapping[str, str], pictures: Sequence[Mapping[str, str]]) -> Iterator[str]:
    """The schedule that breaks the answer, and the nearest that does not: a drawing, and a line to paste."""
    heads = (
        ("failing", '<b class="cl-bad">✗ breaks</b>'),
        ("passing", f'<b class="cl-good">✓ holds</b> {escape(explained["change"])}'),
    )
    for place, (name, head) in enumerate(heads):
        if explained[name]:
            drawing = Drawing(**pictures[place]).html if place < len(pictures) else ""
            line = f"<pre>{escape(explained[name])}</pre>"
            yield f"<figure><figcaption>{head}</figcaption>{drawing}{line}</figure>"


# --- the class report --------------------------------------------------------------------------------------


def class_report(course: Course, chapter: str, profiles: Profiles) -> str:
    """The page of an assignment: what broke, of how many, and whom to look at.

    profiles: those of the known mistakes; a submission is put beside the one that is nearest.
    """
    graded = {
        student: found for student in course.students(chapter) if (found := course.marks(chapter, student))
    }
    parts = assignment(chapter)
    totals = [sum(course.points(chapter, each).values()) for each in graded]
    most = sum(each.points for each in parts)
    blocks = [f"<p>{len(graded)} of {len(course.students(chapter))} submissions are graded.</p>"]
    if graded:
        blocks.append(f"<p>Median {median(totals):g} of {most:g} points.</p>{_histogram(totals, most)}")
    for each in parts:
        blocks += _of_part(
            each, {student: found["parts"][each.id] for student, found in graded.items()}, profiles
        )
    blocks += _unlucky(graded, course.shared(chapter))
    return page(f"Chapter {chapter}: class report", blocks)


def _of_part(part: Part, found: Mapping[str, Marks], profiles: Profiles) -> Iterator[str]:
    """What broke in a part, and how often."""
    judged = {student: each for student, each in found.items() if each["status"] == GRADED}
    yield f"<h2>{part.id} {escape(part.title)}</h2>"
    states = Counter(each["status"] for each in found.values())
    yield f"<p>{', '.join(f'{count} {state}' for state, count in sorted(states.items())) or 'nobody'}</p>"
    if not judged:
        return
    lost = Counter(
        check["name"]
        for each in judged.values()
        for check in each["checks"]
        if check["earned"] < check["points"]
    )
    if lost:
        worst, count = lost.most_common(1)[0]
        yield f"<p>What is missed most: <b>{escape(worst)}</b>, by {count} of {len(judged)}.</p>"
    else:
        yield f"<p>All {len(judged)} have all points.</p>"
    rows = "".join(
        f"<tr><td>{escape(each.name)}</td><td>{lost[each.name]} of {len(judged)}</td></tr>"
        for each in part.checks
    )
    yield f"<table><thead><tr><th>what was missed</th><th>by</th></tr></thead><tbody>{rows}</tbody></table>"
    if isinstance(part, Practice):
        kinds = {
            kind.name: share(
                sum(each["survived"].get(kind.name, [0])[0] >= 1 for each in judged.values()), len(judged)
            )
            for kind in part.kinds
        }
        yield shares(kinds, "submissions that survived all runs").html
        yield from _groups(part, judged, profiles.get(part.id, {}))


def _groups(part: Part, judged: Mapping[str, Marks], known: Mapping[str, list[list[float]]]) -> Iterator[str]:
    """The submissions by the mistake that they are like, with a run that stands for each group."""
    groups: dict[str, list[str]] = {}
    for student, each in judged.items():
        if each["earned"] < part.points:
            groups.setdefault(nearest(each["profile"], known) or "another mistake", []).append(student)
    if groups and not known:
        yield "<p>The mistakes that each is like are known in a checkout of the project only.</p>"
    for mistake, students in sorted(groups.items(), key=lambda each: (-len(each[1]), each[0])):
        first, drawn = judged[students[0]]["explained"], judged[students[0]]["pictures"]
        yield f"<h3>{len(students)} × {escape(mistake)}</h3><p>{escape(', '.join(students[:12]))}</p>"
        if first:
            yield f"<p>{escape(first['because'])}</p>"
            yield f'<div class="cl-pair">{"".join(_pair(first, drawn))}</div>'


def nearest(profile: Sequence[Sequence[float]], known: Mapping[str, Sequence[Sequence[float]]]) -> str:
    """The known mistake whose profile is nearest, if it is near: one run in twenty off, on average."""
    found = {name: _distance(profile, each) for name, each in known.items() if len(each) == len(profile)}
    best = min(found, key=lambda name: (found[name], name), default="")
    return best if best and found[best] <= 0.05 else ""


def _distance(one: Sequence[Sequence[float]], other: Sequence[Sequence[float]]) -> float:
    """The mean difference of two profiles."""
    pairs = [
        abs(a - b) for mine, theirs in zip(one, other, strict=True) for a, b in zip(mine, theirs, strict=True)
    ]
    return sum(pairs) / max(1, len(pairs))


def _unlucky(graded: Mapping[str, Marks], shared: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Whom to look at: what was stopped or could not be judged, by name."""
    rows = [
        f"<tr><td>{escape(student)}</td><td>{part}</td><td>{escape(each['status'])}: "
        f"{escape(each['problem'].splitlines()[0][:160])}</td></tr>"
        for student, found in graded.items()
        for part, each in found["parts"].items()
        if each["status"] in (STOPPED, NOT_JUDGED)
    ]
    started = [
        student
        for student, found in graded.items()
        if all(each["status"] == NOT_STARTED for each in found["parts"].values())
    ]
    if rows or started or shared:
        yield "<h2>Whom to look at</h2>"
    if rows:
        yield f"<table class='cl-look'><tbody>{''.join(rows)}</tbody></table>"
    for name, students in shared.items():
        whose = escape(name or "nobody")
        yield f"<p>The same variant, that of {whose}, in: {escape(', '.join(students))}</p>"
    if started:
        yield f"<p>Nothing is started: {escape(', '.join(started))}</p>"


def _histogram(totals: Sequence[float], most: float) -> str:
    """How many have how many points, as bars of text and colour."""
    counts = Counter(min(BINS - 1, int(BINS * total / most)) for total in totals)
    widest = max(counts.values())
    rows = "".join(
        f"<tr><td>{most * place / BINS:g} to {most * (place + 1) / BINS:g}</td>"
        f'<td class="cl-bars"><span style="width:{100 * counts[place] / widest:.0f}%"></span></td>'
        f"<td>{counts[place]}</td></tr>"
        for place in range(BINS)
    )
    head = "<thead><tr><th>points</th><th></th><th>how many</th></tr></thead>"
    return f"<table>{head}<tbody>{rows}</tbody></table>"
