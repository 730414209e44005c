"""Replicas and gossip: each agent changes a copy of its own, and in the end all copies are equal.

Problem.   Each must be able to write at once, even if others are down or cut off; yet all copies must become
           equal.
Idea.      Write locally. Every period call a random peer and merge, by a rule to which order, repetition and
           loss make no difference. A reader that asks several tells those that are behind.
Messages.  Push carries a copy, Pull asks for one, Exchange does both; who is asked answers with a Push.
Cost.      n messages a period by push, 2n by pull or push-pull; to reach all n, about log2 n + ln n periods
           by push, and the fewest by push-pull. Every message carries a whole copy, and a set keeps what was
           removed for good (tombstones), a register the losers.
Assumes.   Copies are in stable storage, names are unique, and what is cut off comes back. A rule about all
           copies together is not kept: a counter of stock may fall below zero. If one agent can hold the
           state, its compare-and-set detects a conflict instead (see the blackboard).
Source.    A. Demers et al., Epidemic Algorithms for Replicated Database Maintenance, PODC 1987;
           M. Shapiro et al., Conflict-free Replicated Data Types, SSS 2011; read repair as in G. DeCandia et
           al., Dynamo, SOSP 2007.
"""

from __future__ import annotations

from coordlab.patterns.replicas import checks as checks, rules as rules, theory as theory
from coordlab.patterns.replicas.agents import *
