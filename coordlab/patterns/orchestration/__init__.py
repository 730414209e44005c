"""The base of all orchestration styles: any async function can be an agent, and one conductor gives turns.

Problem.   Crew, group chat and state graph differ in who speaks next, not in how an agent is asked.
Idea.      A member wraps an async function of a turn; a conductor gives turns one by one or at once,
           spends one budget, and ends every run with exactly one typed reason and what there is so far.
Messages.  Turn to a member, Reply or Failed back; Cancel from outside.
Cost.      2 messages a turn; read and said tokens are counted on each.
Assumes.   Turns may be lost, members may crash: then no reply comes within `patience` and the turn has
           failed. A turn that arrives twice is acted on once. A member does one thing at a time.
           There are no sockets in a world: real input and output belong in
           `await asyncio.to_thread(...)`, which takes no virtual time.
Source.    The words are those of CrewAI 1.15, AutoGen 0.7 and LangGraph 1.2; none of their code is used.
"""

from __future__ import annotations

from coordlab.patterns.orchestration import checks as checks, rules as rules, turns as turns
from coordlab.patterns.orchestration.agents import *
