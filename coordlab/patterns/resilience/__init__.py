"""Resilience: breakers, bulkheads, retries and time limits, so that services do not fail one after the other.

Problem.   A service fails. Its callers wait, try again, run out of room, and fail as well: a cascade.
Idea.      Limit the time of a call, the calls under way, and the retries; give up where asking is in vain.
Messages.  Request, and Result or Failed back, from hop to hop.
Cost.      A service that stays down gets (retries + 1)^hops requests for each click; a breaker ends that.
Assumes.   Work may be done twice: a caller that retries cannot know if the first attempt had an effect. Retry
           outside the breaker, limit the time inside: retry(breaker(bulkhead(time_limit(call)))). A retry
           inside hides all attempts but the last from the breaker.
Source.    M. Nygard, Release It!, 2nd ed., 2018, chapters 4 and 5; M. Brooker, Exponential Backoff And
           Jitter, 2015; N. Bronson et al., Metastable Failures in Distributed Systems, HotOS 2021.
"""

from __future__ import annotations

from coordlab.patterns.resilience import checks as checks, rules as rules
from coordlab.patterns.resilience.agents import *
