"""Delegation: a coordinator gives the leaves of a plan to agents, and sees to it that they are done.

Problem.   Much is to be done, some of it after something else, by agents that can do different things, a
           limited amount at a time, and may fail or fall silent.
Idea.      Refine the task until each leaf is what some agent can do. When one is ready, give it to a capable
           agent with room, with the results it builds on. Without a reply in time, give it to another.
Messages.  Assign to a member, Done, Failed or Busy back; Cancel when it is no longer wanted; Ready after a
           restart. As a contract net: before each, CallForProposals, and Propose or Refuse.
Cost.      2 messages a leaf, and 2 for each bidder in a contract net. Whatever the order, a greedy schedule
           for m equal agents takes at most 2 - 1/m times as long as the best.
Assumes.   Crashes and lost messages, not lies. Work may be done twice when a reply is lost, but counts
           once. What is not done within `within` seconds is reported as failed.
Source.    R. L. Graham, Bounds for Certain Multiprocessing Anomalies, Bell System Technical Journal 45,
           1966; R. G. Smith, The Contract Net Protocol, IEEE ToC C-29(12), 1980.
"""

from __future__ import annotations

from coordlab.patterns.delegation import (
    checks as checks,
    domains as domains,
    naive as naive,
    precedence as precedence,
    rules as rules,
    theory as theory,
    workers as workers,
)
from coordlab.patterns.delegation.agents import *
from coordlab.patterns.delegation.workers import *
