"""Rogue agents: work is reviewed, agents are tested, and those that fail are isolated, by test or by hand.

Problem.   Some agents give wrong answers, at random or in concert, and claim to be sure. The work must go on.
Idea.      Others review each result: of 2f + 1 reviewers, more than f must approve. Tasks with known answers
           decide whom to isolate, never who disagrees. Each agent has a breaker: trusted, isolated for a
           while, on probation with nothing but checks, or removed by a human, for good.
Messages.  Do and Result, Review and Opinion, each with the token of its agent: once the breaker has moved,
           messages with the old token are refused. Remove, answered by Removed or Declined.
Cost.      4f + 4 messages for a task that is approved at once, and 2 for a check. To tell 0.6 from 0.9 with
           5 % error takes 10.8 checks to convict and 13.3 to clear (8.5 and 11.7 as Wald approximates).
Assumes.   Checks look like any other task; a silent agent has failed them. At most f of the trusted voices
           are rogue at a time. The pool and the operator are honest, and may crash.
Source.    A. Wald, Sequential Analysis, 1947; F. B. Schneider, Implementing Fault-Tolerant Services Using
           the State Machine Approach, ACM Computing Surveys 22(4), 1990; M. Nygard, Release It!, 2018.
"""

from __future__ import annotations

from coordlab.patterns.rogue import checks as checks, naive as naive, rules as rules, theory as theory
from coordlab.patterns.rogue.agents import *
