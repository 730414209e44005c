"""State graph: agents are nodes that share a state, edges say who is next, and all move in super-steps.

Problem.   Several agents work on one thing, some side by side, some again and again.  Which one runs when,
           what does each see, and what happens if the run stops half-way?
Idea.      All triggered nodes run on the same snapshot; at the barrier their writes are merged, key by
           key, and the edges trigger the next nodes. Every barrier leaves a checkpoint to go on from.
Messages.  Turn to a node, with its task and the state, Reply back; Asked to a human, Resume with answers.
Cost.      2 messages for each execution of a node; a super-step takes as long as its slowest node. A graph
           that ends in k super-steps needs a limit of k (in LangGraph k + 1).
Assumes.   Writes count once, executions at least once: the node of a super-step that was cut short runs
           again, so its effects on the outside must be safe to repeat. Items sent to one node queue there.
Source.    L. Valiant, A Bridging Model for Parallel Computation, CACM 33(8), 1990; G. Malewicz et al.,
           Pregel, SIGMOD 2010. Words and semantics are LangGraph's; none of its code is used.
"""

from __future__ import annotations

from coordlab.patterns.state_graph import (
    checks as checks,
    graph as graph,
    naive as naive,
    rules as rules,
    theory as theory,
)
from coordlab.patterns.state_graph.agents import *
