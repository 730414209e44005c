"""Whether an agent acts by its messages only: it runs once more, alone, among puppets that repeat a run.

Agents that share memory, or look into the world, act otherwise when those that they peep at are puppets.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from coordlab.grading.verify import CHOSEN, MOST_AT_ONCE, Puppet
from coordlab.trace.trace import SEND, Row
from coordlab.world.agent import Agent, Answer, Question
from coordlab.world.stepping import go_on
from coordlab.world.task import micros
from coordlab.world.world import World


@dataclass
class Replies:
    """Which message answers which: the trace does not tell a reply from other news."""

    asked: dict[tuple[int, str], int] = field(default_factory=dict)
    answers: dict[int, int] = field(default_factory=dict)
    kept: list[object] = field(default_factory=list)

    def listen(self, world: World) -> None:
        """Take down the questions and answers of a world that is about to run."""
        mail, post = world.mail, world.mail.post

        def noted(sender: Agent, to: str, message: Any, talk: Any) -> None:
            post(sender, to, message, talk)
            if type(talk) is Question:
                self.kept.append(talk)  # else another could have its id
                self.asked[id(talk), to] = mail.sent
            elif type(talk) is Answer:
                self.answers[mail.sent] = self.asked.get((id(talk.question), sender.name), 0)

        mail.post = noted  # type: ignore[method-assign]


@dataclass(frozen=True)
class Others:
    """What the others did in a run: the place of each row that they chose, the row, what it answers."""

    name: str
    until: float
    rows: tuple[tuple[int, Row], ...]
    answers: Mapping[int, int]

    @classmethod
    def of(cls, name: str, until: float, rows: list[Row], replies: Replies) -> Others:
        """What all but `name` did."""
        chosen = ((seq, row) for seq, row in enumerate(rows) if row[1] in CHOSEN and row[2] != name)
        return cls(name, until, tuple(chosen), dict(replies.answers))


def cast(kind: Callable[..., Agent], name: str) -> Callable[..., Agent]:
    """Makes the agent called `name`, and puppets in place of all others."""
    return lambda first, *args, **named: (kind if str(first) == name else Puppet)(first, *args, **named)


def acted(others: Others, world: World) -> list[tuple[int, Row]]:
    """What the agent does in a world made by `cast`, with its places in the run: its rows.

    It ends early where the run takes another course.
    """
    loop, rows = world.loop, world.rows
    questions: dict[int, Question] = {}
    post = world.mail.post

    def noted(sender: Agent, to: str, message: Any, talk: Any) -> None:
        post(sender, to, message, talk)
        if type(talk) is Question:
            questions[world.mail.sent] = talk

    world.mail.post = noted  # type: ignore[method-assign]
    with world.once(others.until), loop.parked():
        loop.instant = loop.limit = MOST_AT_ONCE
        for seq, row in others.rows:
            while (loop.heap or loop.ready) and (loop.due() < row[0] or len(rows) < seq):
                go_on(loop)
            if len(rows) != seq:
                break
            loop.now, loop.cause = row[0], row[6]
            if row[1] != SEND:
                rows.append(row)
                continue
            sender, to = world.agents[str(row[2])], str(row[3])
            question = questions.get(others.answers.get(world.mail.sent + 1, 0))
            post(sender, to, row[7], None if question is None else Answer(question))
        else:
            while loop.ready or loop.due() <= micros(others.until):
                go_on(loop)
    return [(seq, row) for seq, row in enumerate(rows) if row[2] == others.name]
