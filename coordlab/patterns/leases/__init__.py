"""Terms and leases: a majority elects a leader for a time, and a storage refuses leaders of old terms.

Problem.   There must never be two leaders at once, not even in a partition; messages may be slow.
Idea.      Terms count up, and a member votes once a term. The candidate with most votes asks to be followed:
           each member that agrees votes for no other during a lease. A candidate followed by a majority leads
           until the lease is over, on a cautious reading of its own clock, and renews it before. What it
           writes carries its term: the storage refuses older terms.
Messages.  RequestVote, then Heartbeat to all; Vote or Refusal back; Store to the storage, Stored or Fenced.
Cost.      2(n - 1) messages for an election without a split vote; then 2(n - 1) at every beat. A member that
           was cut off comes back with a later term, which ends the reign of a healthy leader: it stands again
           at its next beat, so that nobody leads for a beat and four message delays at most.
Assumes.   Crashes, not lies; promises outlive a crash; clocks drift by `drift` at most, and do not jump.
           Messages may be late or lost. If clocks break the bound, or a leader pauses for longer than its
           lease, two may lead; the storage is fenced.
Source.    C. Gray and D. Cheriton, Leases, SOSP 1989; D. Ongaro and J. Ousterhout, In Search of an
           Understandable Consensus Algorithm, USENIX ATC 2014 (terms, votes, random time-outs);
           M. Burrows, The Chubby Lock Service, OSDI 2006, section 2.4 (sequencers, here tokens).
"""

from __future__ import annotations

from coordlab.patterns.leases import checks as checks, rules as rules, theory as theory
from coordlab.patterns.leases.agents import *
