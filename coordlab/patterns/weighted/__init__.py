"""Weighted consensus: who knows more is heard more, and one knows how sure one may be.

Problem.   Some know more than others, a few are wrong on purpose, and anybody may come under many names.
Idea.      Weigh each voice by the logarithm of its odds of being right, learnt from the answers graded so
           far. What is unknown weighs nothing; what lies counts for its contrary.
Messages.  Question to each expert, Opinion back, Outcome to each.
Cost.      3n messages a question for n experts; the deadline at most.
Assumes.   Experts err independently; what they were right about before is like what comes; the moderator is
           told the truth afterwards. It is no consensus proper either: one moderator decides, by a deadline.
Source.    S. Nitzan and J. Paroush, International Economic Review 23(2), 1982; L. Shapley and B. Grofman,
           Public Choice 43, 1984.
"""

from __future__ import annotations

from coordlab.patterns.weighted import checks as checks, naive as naive, rules as rules, theory as theory
from coordlab.patterns.weighted.agents import *
