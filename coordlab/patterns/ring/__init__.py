"""Ring election: each agent knows the next one only, and the rank that comes all the way round is elected.

Problem.   The coordinator fell silent, and nobody can afford to ask everybody.
Idea.      Send your rank to the next. Pass on what is higher, hold back what is lower than what you have
           sent; the agent whose own rank comes back has won, and tells all others, round the ring.
Messages.  Election and Elected to the next, Ack back; Ping and Pong to watch the coordinator.
Cost.      If all n start: n(n + 1)/2 Election at worst, 2n - 1 at best, nHₙ on average; if one starts,
           d places before the highest, d + n; and n Elected. Not counted: an Ack for each of them.
Assumes.   Crashes, not lies; everybody knows the ring; each Ack comes within `patience`: an agent that does
           not answer by then is skipped. Two halves of a broken ring elect one each.
Source.    E. Chang and R. Roberts, An Improved Algorithm for Decentralized Extrema-Finding in Circular
           Configurations of Processes, CACM 22(5), 1979; G. Coulouris et al., 5th ed., 2012, section 15.3.
"""

from __future__ import annotations

from coordlab.patterns.ring import checks as checks, rules as rules, theory as theory
from coordlab.patterns.ring.agents import *
