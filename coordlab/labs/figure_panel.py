"""The figures of a lab as widgets: run on request, redrawn after each value, kept for each setting."""

from __future__ import annotations

import asyncio
from html import escape
from typing import TYPE_CHECKING

import ipywidgets as w

if TYPE_CHECKING:
    from coordlab.labs.declaration import Figure
    from coordlab.labs.lab import Lab

NARROW = 350  # pixels: the width of a figure on a telephone
PAUSE = 0.01  # seconds for the kernel to hear of a click on "stop"


class FigurePanel(w.Box):  # type: ignore[misc]  # ipywidgets has no types
    """One figure: its question, a button, the picture and what it says."""

    def __init__(self, lab: Lab, figure: Figure) -> None:
        self.lab, self.figure = lab, figure
        self.question = w.HTML(f"<h3>{escape(figure.question)}</h3>")
        self.button = w.Button(icon="line-chart", tooltip=figure.question)
        self.bar = w.IntProgress(layout=w.Layout(width="160px", display="none"))
        self.picture, self.words = w.HTML(), w.HTML()
        self._task: asyncio.Task[None] | None = None
        self.button.on_click(lambda _: self._clicked())
        row = w.HBox([self.button, self.bar], layout=w.Layout(flex_flow="row wrap"))
        drawn = w.Box([self.question, row, self.picture])
        drawn.add_class("cl-drawn")
        super().__init__([drawn, self.words])
        self.add_class("cl-figure")
        lab.on_change(self._changed)
        self._changed()

    @property
    def running(self) -> bool:
        """Whether its runs are under way."""
        return self._task is not None and not self._task.done()

    def _changed(self) -> None:
        """Follow the lab to another setting: draw what is made for it, and offer the rest on request."""
        if self.running:
            self.stop()
        made = self.lab.made(self.figure.question)
        self.picture.value = self.words.value = ""
        if made.rows and not made.left:
            self._draw()
        self._offer()

    def _offer(self) -> None:
        left = self.lab.made(self.figure.question).left
        self.bar.layout.display = "none"
        self.button.layout.display = "" if left else "none"
        self.button.description, self.button.icon = f"Draw it: {left} runs", "line-chart"

    def _clicked(self) -> None:
        if self.running:
            self.stop()
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # nobody waits: all at once
            asyncio.run(self._make())
        else:
            self._task = loop.create_task(self._make())

    def stop(self) -> None:
        """Stop making it; what is done is kept."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
        self._offer()

    async def _make(self) -> None:
        """Do the runs of one value after another, and draw after each."""
        made = self.lab.made(self.figure.question)
        self.bar.max = total = made.left
        self.bar.value, self.bar.layout.display = 0, ""
        self.button.description, self.button.icon = "Stop", "stop"
        try:
            for left in made.steps():
                self.bar.value = total - left
                self._draw()
                await asyncio.sleep(PAUSE)
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  (a learner's class may raise anything)
            self.words.value = f"<div role='alert'>{escape(str(error) or type(error).__name__)}</div>"
        self._task = None
        self._offer()

    def _draw(self) -> None:
        made = self.lab.made(self.figure.question)
        # the question stands above it, and the style sheet shows the one that there is room for
        self.picture.value = made.draw("").html + made.draw("", NARROW).html
        lines = "".join(f"<p>{escape(each)}</p>" for each in filter(None, made.judged.split("; ")))
        runs = f"<p>{len(made.result.rows):,} runs, each value with the same seeds.</p>"
        self.words.value = f"<div role='status'>{lines}{runs}</div>"
