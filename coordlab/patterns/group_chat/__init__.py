"""Group chat: several members talk about one task, one at a time, until a condition says that it is over.

Problem.   Members with different skills should work on a task in conversation. Which one speaks, what does
           each read, and when do they stop?
Idea.      A chair keeps the one transcript, gives the floor by a declared policy (round robin, selector,
           swarm), and asks a condition after each message. It always ends with a typed reason.
Messages.  Turn to a member, with what it is to read, Reply or Failed back; Cancel from outside.
Cost.      M turns cost 2M messages. If all read everything, that is M(M + 1) / 2 messages read;
           with a window of w it is about Mw.
Assumes.   Members answer within `patience`, or their turn has failed: it is noted, and the next one speaks.
           When as many turns in a row have failed as there are members, the chat has failed.
Source.    Q. Wu et al., AutoGen, arXiv:2308.08155, 2023. Words and semantics are AutoGen's; none of its code
           is used.
"""

from __future__ import annotations

from coordlab.patterns.group_chat import checks as checks, naive as naive, rules as rules, theory as theory
from coordlab.patterns.group_chat.agents import *
