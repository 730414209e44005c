"""Rogue agents: work is reviewed, workers are tested, and whoever fails is isolated, by itself or by hand.

Problem.   Some agents give wrong answers, at random or in concert, and claim to be sure. The work must go on.
Idea.      Others review each result: of 2f + 1, more than f must approve. Whom to isolate is told by tasks
           whose answers are known, never by who disagrees. A breaker for each agent: trusted; isolated for
           a while; on probation, with nothing but checks; and removed, by a human, for good.
Messages.  Do and Result, Review and Opinion, each with the token of its agent: once the breaker has moved,
           what comes with the old one is refused. Remove, answered by Removed or Declined.
Cost.      4f + 4 messages a task that is approved at once, and 2 a check. To tell 0.6 from 0.9 with 5 % error
           takes 8.5 checks to convict and 11.7 to clear, by Wald's approximation; really 10.8 and 13.3.
Assumes.   Checks look like any other task; who is silent has failed them. At most f voices of those trusted
           are rogue at a time. The pool and the operator are honest, and may crash.
Source.    A. Wald, Sequential Analysis, 1947; F. B. Schneider, Implementing Fault-Tolerant Services Using
           the State Machine Approach, ACM Computing Surveys 22(4), 1990; M. Nygard, Release It!, 2018.
"""

from __future__ import annotations

from coordlab.patterns.rogue import (
    checks as checks,
    naive as naive,
    reviewing as reviewing,
    rules as rules,
    theory as theory,
)
from coordlab.patterns.rogue.agents import *
from coordlab.patterns.rogue.reviewing import *
