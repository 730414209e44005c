"""Whom to trust: the record of an agent's checks, its reputation, a sequential test, and a breaker.

Closed is trusted, open is isolated, half-open is on probation, and forced open is removed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import ceil, inf

from coordlab import requirements as require
from coordlab.patterns.circuit_breaker.rules import (
    CLOSED,
    FAILURE,
    FORCED_OPEN,
    SUCCESS,
    Breaker,
    Listener,
    Permit,
    Settings,
)
from coordlab.patterns.rogue import theory
from coordlab.patterns.weighted.rules import learnt
from coordlab.world.message import message

CONVICTED, CLEARED = "convicted", "cleared"


@message
class Record:
    """This many checks were right, and this many wrong."""

    right: int = 0
    wrong: int = 0

    def plus(self, right: bool) -> Record:
        return Record(self.right + right, self.wrong + (not right))

    @property
    def reputation(self) -> float:
        """The probability that the next check is right: the mean of a beta distribution, flat at first.

        A. Jøsang and R. Ismail, The Beta Reputation System, Bled eConference 2002.
        """
        return learnt(self.right, self.wrong)


@dataclass(frozen=True)
class SequentialTest:
    """Decides in few checks whether an agent is right with probability `honest` or more, or `rogue` or less.

    It convicts about a share `false_alarm` of the honest and clears about a share `miss` of the rogues.  So
    an agent that is tested again and again is convicted at some time and needs a way back.  Raises
    ValueError unless 0 < rogue < honest < 1 and both errors are above 0 and together below 1.

    It is the sequential probability ratio test: A. Wald, Sequential Analysis, 1947, chapter 3.

    >>> test = SequentialTest(honest=0.9, rogue=0.6)
    >>> test.verdict(Record(0, 3)), test.verdict(Record(8, 0)), test.verdict(Record(3, 2))
    ('convicted', 'cleared', None)
    """

    honest: float = 0.9
    rogue: float = 0.6
    false_alarm: float = 0.05
    miss: float = 0.05

    def __post_init__(self) -> None:
        theory.check_test(self.honest, self.rogue, self.false_alarm, self.miss)

    def verdict(self, record: Record) -> str | None:
        """Convicted, cleared, or None as long as it cannot tell."""
        low, high = theory.bounds(self.false_alarm, self.miss)
        ratio = theory.ratio(record.right, record.wrong, self.honest, self.rogue)
        return CONVICTED if ratio >= high else CLEARED if ratio <= low else None

    def enough(self, rate: float) -> int:
        """How many checks in a row, a share `rate` of them wrong, convict an agent at the latest.

        The worst case: tests follow each other, and the checks begin just before a test would clear.  Raises
        ValueError if wrong answers at this rate do not speak for a rogue.

        >>> DEFAULT.enough(rate=0.4), DEFAULT.enough(rate=1.0)
        (19, 5)
        """
        gain = theory.ratio(1 - require.probability("rate", rate), rate, self.honest, self.rogue)
        allowed = "expected a share of wrong answers that speaks for a rogue"
        require.that(gain > 0, f"rate={rate!r}", allowed, f"rate={1 - self.rogue:.2g}")
        low, high = theory.bounds(self.false_alarm, self.miss)
        return ceil((high - low) / gain - 1e-9)


DEFAULT = SequentialTest()


class TrustRecord(require.Readable):
    """How far a pool trusts a member: a breaker for which one whole test is one call.

    While closed, the member is trusted.  When convicted, it is isolated for `quarantine` seconds (open), then
    on probation (half-open), and trusted again when the next test clears it.  Forced open, it is removed for
    good.  Each change gives it a new `token`.
    """

    def __init__(
        self,
        name: str,
        test: SequentialTest = DEFAULT,
        quarantine: float = 2.0,
        listeners: tuple[Listener, ...] = (),
    ) -> None:
        guard = Settings(failures=1, wait=quarantine, probe_wait=inf)
        self.breaker, self.test = Breaker(guard, name, listeners), test
        self.permit: Permit | None = None  # for the current test
        self.trial = self.record = Record()  # of the current test, and of all tests

    @property
    def state(self) -> str:
        return self.breaker.state

    @property
    def trusted(self) -> bool:
        """Whether the member may work and review."""
        return self.state == CLOSED

    @property
    def token(self) -> int:
        """The number that its messages must carry to count."""
        return self.breaker.generation

    def testing(self, now: float) -> bool:
        """Whether a test is running or can begin: not while the member is isolated or removed."""
        self.breaker.tick(now)
        if self.permit is None or self.permit.generation != self.token:
            leave = self.breaker.admit(now)
            self.permit, self.trial = leave if isinstance(leave, Permit) else None, Record()
        return self.permit is not None

    def learn(self, right: bool, now: float) -> str | None:
        """The verdict after one more check, or None; a verdict moves the breaker.

        Raises ValueError if no test is running.
        """
        if self.permit is None:
            example = "if record.testing(now): record.learn(True, now)"
            require.fail(f"{self.breaker.name} is {self.state}", "no test is running", example)
        self.trial, self.record = self.trial.plus(right), self.record.plus(right)
        verdict = self.test.verdict(self.trial)
        if verdict:
            permit, self.permit = self.permit, None
            self.breaker.outcome(permit, now, FAILURE if verdict == CONVICTED else SUCCESS)
        return verdict

    def remove(self, now: float) -> None:
        """End the trust for good, whatever tests say."""
        self.breaker.force(FORCED_OPEN, now)


def best_first(names: Iterable[str], records: Mapping[str, TrustRecord]) -> list[str]:
    """Members by reputation, the best first; equals keep their order."""
    return sorted(names, key=lambda name: -records[name].record.reputation)
