"""Shared counter: several agents add to one number, each by reading it, adding one, and writing it back.

Problem.   What an agent has read is out of date as soon as another agent writes. It writes all the same,
           and the other's update is lost.
Idea.      Let nobody come between reading and writing: with a lock; or with a write that is refused if the
           number has changed (compare and set); or send the addition itself, as one message.
Messages.  Read, Shows, Write and Written (or Refused); Lock, Granted, Unlock and Unlocked around them; or
           Add and Written.
Cost.      4 messages a step without a safeguard, 8 with a lock, 2 if the addition is sent. Compare and set
           takes 4 for each attempt, and of n agents at once each needs up to n attempts for a step.
Assumes.   Nobody crashes, and no message is lost or comes twice: an agent waits for each answer, and a lock
           for its holder. The counter handles one message at a time.
Source.    H. Berenson et al., A Critique of ANSI SQL Isolation Levels, SIGMOD 1995 (P4, lost update);
           M. Ben-Ari, Principles of Concurrent and Distributed Programming, 2nd ed., 2006, chapter 2;
           H. Kung and J. Robinson, On Optimistic Methods for Concurrency Control, ACM TODS 6(2), 1981.
"""

from __future__ import annotations

from coordlab.patterns.counter import checks as checks, theory as theory
from coordlab.patterns.counter.agents import *
