"""SWIM: every member probes one other at a time, and news of crashes travels with the probes.

Problem.   If all send heartbeats to all, n members pay n(n - 1) messages an interval, and one lost link is
           enough for a false alarm.
Idea.      In each period ping one other. Without an answer, ask a few others to ping it. If no answer has
           come by the end of the period, suspect it, and if it does not object in time, take it for dead.
           Every message carries the latest news. A member that hears it is suspected refutes that under a
           higher incarnation, which counts for more.
Messages.  Ping and Ack; PingRequest to helpers. All of them carry Updates.
Cost.      2 messages per member and period, whatever the size of the group; 2k more to ask k helpers.
Assumes.   Crashes, not lies; stable storage, so that incarnations count up; messages arrive within half of
           `patience`. Dead members are still probed: so both sides of a partition find each other afterwards.
Source.    A. Das, I. Gupta, A. Motivala, SWIM: Scalable Weakly-consistent Infection-style Process Group
           Membership Protocol, DSN 2002.
"""

from __future__ import annotations

from coordlab.patterns.swim import checks as checks, rules as rules, theory as theory
from coordlab.patterns.swim.agents import *
