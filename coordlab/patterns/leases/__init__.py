"""Leases: a majority elects a leader for a while, and a storage checks that it is not out of date.

Problem.   Two leaders at once must never be, not even while the network is parted; messages may be slow.
Idea.      Terms count up, and a member votes once a term. Who has most votes asks to be followed: each
           that does will vote for nobody else during a lease. Who is followed by most leads, until the
           lease is over on a cautious reading of its own clock, and asks anew before. Whatever it writes
           carries its term: the storage refuses what is older.
Messages.  RequestVote, then Heartbeat to all; Vote or Refusal back; Store to the storage, Stored or Fenced.
Cost.      2(n - 1) messages for an election without a split vote; then 2(n - 1) at every beat.
Assumes.   Crashes, not lies; promises outlive a crash; clocks drift by `drift` at most, and do not jump.
           Messages may be late or lost. Where clocks break the bound two may lead; the storage is fenced.
Source.    C. Gray and D. Cheriton, Leases, SOSP 1989; D. Ongaro and J. Ousterhout, In Search of an
           Understandable Consensus Algorithm, USENIX ATC 2014 (terms, votes, random time-outs);
           M. Burrows, The Chubby Lock Service, OSDI 2006, section 2.4 (sequencers, here tokens).
"""

from __future__ import annotations

from coordlab.patterns.leases import checks as checks, rules as rules, theory as theory
from coordlab.patterns.leases.agents import *
