"""Conflict resolution: what stands when agents disagree, by a chain of ever costlier steps that always ends.

Problem.   Several agents want different things to stand, and nobody may wait for ever to learn which does.
Idea.      Merge if both can stand; ask again, with the others' evidence, at most so often; break the tie by
           a declared order; ask a human; at last take the default. Every step says why it settled it or not.
Messages.  Ask and Proposal, once more for each retry; Escalate and Ruling; Resolved to all.
Cost.      2n(1 + retries) + n messages for n proposers, and 2 if a human is asked; up to (1 + retries) times
           `patience` and one `hearing`. Two who each give way with chance p need 1 / (2p(1 - p)) retries.
Assumes.   Crashes, not lies; whoever is silent for `patience` has no say. Where clocks are skewed, the order
           by time prefers the fast clock, not the newer candidate.
Source.    D. Terry et al., Managing Update Conflicts in Bayou, SOSP 1995, for merging by rule; N. Abramson,
           The ALOHA System, AFIPS 1970, for giving way by chance. The order of the steps is a design.
"""

from __future__ import annotations

from coordlab.patterns.conflict import checks as checks, naive as naive, rules as rules, theory as theory
from coordlab.patterns.conflict.agents import *
