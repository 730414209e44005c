"""SWIM: everybody probes one other at a time, and news of who is down travels with the probes.

Problem.   If all send heartbeats to all, n members pay n(n - 1) messages an interval, and one lost link is
           enough for a false alarm.
Idea.      In each period ping one other. No answer: ask a few others to ping it. No answer to them either:
           suspect it, and if it does not object in time, take it for dead. Whatever is sent carries the
           latest news. Whoever hears that it is suspected says so under a higher incarnation, which counts
           for more.
Messages.  Ping and Ack; PingRequest to helpers. All of them carry Updates.
Cost.      2 messages per member and period, however many there are; 2k more to ask k helpers.
Assumes.   Crashes, not lies; stable storage, so that incarnations count up; messages arrive within half of
           `patience`. The dead are probed on: so both sides of a partition find each other when it ends.
Source.    A. Das, I. Gupta, A. Motivala, SWIM: Scalable Weakly-consistent Infection-style Process Group
           Membership Protocol, DSN 2002.
"""

from __future__ import annotations

from coordlab.patterns.swim import checks as checks, rules as rules, theory as theory
from coordlab.patterns.swim.agents import *
