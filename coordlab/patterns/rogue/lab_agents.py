"""The agents that the lab of rogue agents adds."""

from __future__ import annotations

from coordlab.patterns.rogue.agents import Pool
from coordlab.patterns.rogue.rules import Accepted, Job


class Believing(Pool):
    """A first try: whoever has the task is believed, without a review."""

    async def review(self, job: Job, answer: int) -> None:
        """Accept the answer."""
        self.close(Accepted(job.task, job.agent, job.number, answer, ()))
