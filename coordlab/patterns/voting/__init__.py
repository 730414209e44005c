"""Voting: many answer, and one count decides.

Problem.   Agents must come to one answer, though they disagree and some are silent, slow or dishonest.
Idea.      A chair calls for votes, takes one ballot from each voter until a deadline, and counts. It closes
           early exactly when the missing ballots cannot change the outcome; for rankings it waits, because
           there this is hard to know. Too few ballots decide nothing.
Messages.  CallForVotes to each voter, Vote back, Result to each.
Cost.      3n messages for n voters; the deadline at most, the decisive ballot at best.
Assumes.   A chair that counts honestly and comes back if it crashes; senders cannot be forged; clocks that
           run alike. Voting is not consensus, where all who are up must agree without a chair: if delays
           have no bound and one agent may crash, no deterministic protocol can promise that (Fischer, Lynch
           and Paterson 1985). Here a deadline decides who is missing; who misses the Result knows nothing.
Source.    F. Brandt et al. (eds.), Handbook of Computational Social Choice, 2016; M. Fischer, N. Lynch and
           M. Paterson, Impossibility of Distributed Consensus with One Faulty Process, JACM 32(2), 1985.
"""

from __future__ import annotations

from coordlab.patterns.voting import (
    checks as checks,
    naive as naive,
    ranked as ranked,
    rules as rules,
    theory as theory,
)
from coordlab.patterns.voting.agents import *
