"""Coordination tax: one team, one workload, five styles of telling each other.

Problem.   More agents do more at once, and have more to tell each other. When does one more slow all down?
Idea.      Work in rounds: each agent does a task, then all must know what all found before the next round.
           Keep the work, change who tells whom: mesh, star, tree, bus, gossip. Count, and time.
Messages.  Share carries results; Ask requests them (gossip only).
Cost.      A round of n: mesh n(n - 1) messages, star and tree 2(n - 1), bus n². The tree has no fewer than
           the star, but no agent in it handles more than a few; the bus has n channels, and one queue.
Assumes.   Nobody crashes and nothing is lost: a round waits for all. Sending a message and handling
           one take `handling` seconds of an agent's time each, and an agent does one thing at a time.
Source.    F. Brooks, The Mythical Man-Month, 1975; N. Gunther, Guerrilla Capacity Planning, 2007, chapter 4;
           rounds as in L. Valiant, A Bridging Model for Parallel Computation, CACM 33(8), 1990.
"""

from __future__ import annotations

from coordlab.patterns.topology import checks as checks, naive as naive, rules as rules, theory as theory
from coordlab.patterns.topology.agents import *
