"""Bully election: the highest-ranked agent alive becomes the coordinator.

Problem.   The coordinator fell silent; the others must agree on a successor without an arbiter.
Idea.      Ask everybody above you. Any answer: stand back. No answer in time: coordinate, and tell all below.
Messages.  Election upwards, Answer back, Coordinator downwards; Ping and Pong to watch the coordinator.
Cost.      (n - i)² + n - 2 messages when i of n notices that n is gone: n - 1 for the second highest,
           n² - n - 1 for the lowest.
Assumes.   Crashes, not lies; every message arrives within `patience` / 2. If one takes longer, two
           may coordinate at once, until they hear of each other. So they may for a moment in any case:
           when a higher agent returns, the lower one coordinates until it has the news.
Source.    H. Garcia-Molina, Elections in a Distributed Computing System, IEEE ToC C-31(1), 1982;
           messages as in G. Coulouris et al., Distributed Systems, 5th ed., 2012, section 15.3.
"""

from __future__ import annotations

from coordlab.patterns.bully import checks as checks, naive as naive, theory as theory
from coordlab.patterns.bully.agents import *
