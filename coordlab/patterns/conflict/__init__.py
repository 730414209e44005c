"""Conflict resolution: agents disagree, and a chain of ever costlier steps settles which value stands.

Problem.   Several agents want different values to stand, and must learn in bounded time which one does.
Idea.      Merge if both can stand; ask again a limited number of times, with the others' evidence; break the
           tie by a declared order; ask a human; at last take the default. Every step records its reason.
Messages.  Ask and Proposal, once more for each retry; Escalate and Ruling; Resolved to all.
Cost.      2n(1 + retries) + n messages for n proposers, and 2 if a human is asked; up to (1 + retries) times
           `patience` and one `hearing`. If two each give way with probability p, that takes 1 / (2p(1 - p))
           retries on average.
Assumes.   Crashes, not lies; an agent that is silent for `patience` has no say. If clocks are skewed, the
           order by time prefers the fast clock, not the newer candidate.
Source.    D. Terry et al., Managing Update Conflicts in Bayou, SOSP 1995, for merging by rule; N. Abramson,
           The ALOHA System, AFIPS 1970, for giving way at random. The order of the steps is a design.
"""

from __future__ import annotations

from coordlab.patterns.conflict import checks as checks, naive as naive, rules as rules, theory as theory
from coordlab.patterns.conflict.agents import *
