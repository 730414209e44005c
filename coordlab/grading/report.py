"""What a learner reads after a check: points, what happened, and help in steps; as text and as HTML."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path

from coordlab.draw.shares import shares
from coordlab.exercises.part import Check, Graded, Outcome, Part, Variant

STYLE = f"<style>{Path(__file__).with_suffix('.css').read_text(encoding='utf-8')}</style>"
STEPS = ("A question", "Where to look", "One step, worked")


@dataclass(frozen=True, repr=False)
class Report:
    """The result of a check: `graded` says what an answer to `part` came to, for this variant."""

    part: Part
    variant: Variant
    graded: Graded

    @property
    def text(self) -> str:
        """All of it as text."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        graded, part = self.graded, self.part
        yield f"{part.id} {part.title}: {self._score()}"
        if graded.problem:
            yield graded.problem
        for each in graded.outcomes:
            mark = "✓" if each.full else "✗"
            yield f"{mark} {each.check.name}: {each.earned:g} of {each.check.points:g}, {each.told}"
        if graded.pair is not None:
            yield f"What happened: {graded.pair.verdict.because}"
            yield from self._pair_lines()
        if graded.survived and not self.full:
            yield "Runs in which all checks held, by kind of fault:"
            yield from (f"  {kind}: {found}" for kind, found in graded.survived.items())
        if self.missed is not None and self.missed.hints:
            calls = (f'hint("{part.id}", {number})' for number in range(1, len(self.missed.hints) + 1))
            yield f"Hints: {', '.join(calls)}"

    def _pair_lines(self) -> Iterator[str]:
        pair = self.graded.pair
        assert pair is not None
        yield f"breaks: {pair.failing.line}"
        holds = None if pair.passing is None else f"holds: {pair.passing.line}"
        yield holds or f"No neighbour holds: {pair.against}"

    @property
    def full(self) -> bool:
        """Whether no point is missing."""
        return bool(self.graded.outcomes) and all(each.full for each in self.graded.outcomes)

    @property
    def missed(self) -> Check | None:
        """The first check that is not earned in full: its hints are the ones to read."""
        return next((each.check for each in self.graded.outcomes if not each.full), None)

    def _score(self) -> str:
        points = f"{self.part.points:g} points"
        if not self.graded.started:
            return f"not started, {points}"
        if self.graded.problem:
            return f"not judged, {points}"
        return f"{self.graded.earned:g} of {points}"

    @property
    def html(self) -> str:
        """The same as HTML; the player of the pair is apart from it."""
        graded, part = self.graded, self.part
        blocks = [
            f"<h4>{escape(part.id)} · {escape(part.title)}</h4>",
            f"<p><b>{escape(self._score())}</b></p>",
        ]
        if graded.problem:
            blocks.append(f"<pre>{escape(graded.problem)}</pre>")
        if graded.outcomes:
            blocks.append(f"<table><tbody>{''.join(map(_row, graded.outcomes))}</tbody></table>")
        if graded.pair is not None:
            lines = escape("\n".join(self._pair_lines()))
            because = escape(graded.pair.verdict.because)
            blocks.append(f"<p><b>What happened</b> {because}</p><pre>{lines}</pre>")
        if graded.survived and not self.full:
            blocks.append(shares(dict(graded.survived), "runs in which all checks held").html)
        if self.missed is not None:
            told = zip(STEPS, self.missed.hints, strict=False)
            for number, (step, hint) in enumerate(told, 1):
                head = f"<summary>Hint {number}: {escape(step.lower())}</summary>"
                blocks.append(f"<details>{head}<p>{escape(hint)}</p></details>")
        return f'{STYLE}<div class="cl-report" role="status">{"".join(blocks)}</div>'

    def __repr__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/plain": self.text, "text/html": self.html}

    def _ipython_display_(self) -> None:
        """The report, and below it the player with the pair that explains what was lost."""
        from IPython.display import publish_display_data

        publish_display_data(self._repr_mimebundle_())  # type: ignore[no-untyped-call]
        if self.graded.pair is not None:
            self.graded.pair._ipython_display_()


def _row(outcome: Outcome) -> str:
    mark = '<span class="cl-good">✓</span>' if outcome.full else '<span class="cl-bad">✗</span>'
    points = f"{outcome.earned:g} of {outcome.check.points:g}"
    told = f'<br><span class="cl-soft">{escape(outcome.told)}</span>'
    return f"<tr><td>{mark} {escape(outcome.check.name)}{told}</td><td>{points}</td></tr>"
