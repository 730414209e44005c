"""HTN planning: refine tasks into actions by a hierarchical task network, do them, replan on failure.

Problem.   A large task must become small steps whose order matters, in a world that changes meanwhile.
Idea.      Methods refine tasks until only actions are left; where a method leads nowhere, go back and try
           the next. Do the actions one by one; when one fails, observe again, and plan what is left to do.
Messages.  Observe to the environment and Observation back; then Do for each action, and Done or Failed back.
Cost.      2 (plans + actions tried) messages. Planning sends none: it costs steps of search, up to b^d for
           d tasks of b methods each if mistakes show only at the end, b·d if they show at once.
Assumes.   Between two observations the world mostly does what the domain says. Actor and environment may
           crash and come back; messages may be lost, because each action has a number and is done once.
Source.    D. Nau et al., SHOP, IJCAI 1999; M. Ghallab, D. Nau, P. Traverso, Automated Planning and Acting,
           2016, section 2.6 (lazy lookahead).
"""

from __future__ import annotations

from coordlab.patterns.htn import (
    checks as checks,
    domains as domains,
    naive as naive,
    planner as planner,
    rules as rules,
    theory as theory,
)
from coordlab.patterns.htn.agents import *
