"""Crew: agents do the tasks assigned to them, in order, or a manager delegates the tasks.

Problem.   A job falls into tasks that build on each other, and each suits another agent.
Idea.      Sequential: tasks in their order, each reads the earlier outputs; asynchronous ones overlap.
           Hierarchical: a manager, which does no task itself, delegates each. Guardrails refuse bad answers.
Messages.  Turn to an agent, Reply or Failed back; a reply may Delegate to others, or Ask them.
Cost.      1 turn a task; 2k + 1 with a manager that delegates k parts one by one; each answer that a
           guardrail refuses costs another. Makespan: the sum, or with asynchronous tasks the critical path.
Assumes.   Agents fail by saying so or by silence. A failed task ends the crew; the outputs so far remain.
Source.    CrewAI 1.15, its documentation and tests (words and semantics; none of its code is used).
"""

from __future__ import annotations

from coordlab.patterns.crew import checks as checks, naive as naive, rules as rules, theory as theory
from coordlab.patterns.crew.agents import *
