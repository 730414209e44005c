"""Weighted consensus: voters who know more weigh more, and the result says how sure it is.

Problem.   Some know more than others, a few are wrong on purpose, and anybody may come under many names.
Idea.      Weigh each voice by the logarithm of its odds of being right, learnt from the answers graded so
           far. A voice about which nothing is known weighs nothing; a liar counts for the contrary.
Messages.  Question to each expert, Opinion back, Outcome to each.
Cost.      3n messages a question for n experts; the deadline at most.
Assumes.   Experts err independently; their past record is like what comes; the moderator is told the truth
           afterwards. This is not consensus among equals: one moderator decides, by a deadline.
Source.    S. Nitzan and J. Paroush, International Economic Review 23(2), 1982; L. Shapley and B. Grofman,
           Public Choice 43, 1984.
"""

from __future__ import annotations

from coordlab.patterns.weighted import checks as checks, naive as naive, rules as rules, theory as theory
from coordlab.patterns.weighted.agents import *
