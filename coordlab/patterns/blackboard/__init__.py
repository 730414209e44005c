"""Blackboard: specialists solve a problem together by writing on a board, not by talking.

Problem.   No agent can solve it alone, and the order in which the pieces come is not known in advance.
Idea.      All knowledge is on one board. An entry triggers the knowledge sources it concerns; a control
           puts them on an agenda and lets the most promising act, until nothing is left to do.
Messages.  Write, Query, Retract, Subscribe to the board; Notify back; Activate and Done between control
           and sources.
Cost.      Notifying costs one message per match; polling costs agents × keys reads at every tick.
Assumes.   The board stays up and links are reliable: a lost Notify is not repeated (subscribe again, with
           replay, to catch up). The result is the same in any order only if sources add and never retract.
Source.    L. Erman et al., The Hearsay-II Speech-Understanding System, ACM Computing Surveys 12(2), 1980;
           H. P. Nii, Blackboard Systems, AI Magazine 7(2), 1986.
"""

from __future__ import annotations

from coordlab.patterns.blackboard import (
    checks as checks,
    expert as expert,
    naive as naive,
    rules as rules,
    theory as theory,
)
from coordlab.patterns.blackboard.agents import *
from coordlab.patterns.blackboard.expert import *
