"""Message bus: agents publish on topics, subscribers hear, and each knows only the bus.

Problem.   If everybody tells everybody, each must know all the others, and be told of every newcomer.
Idea.      Publish on a topic; the bus delivers to all that subscribed to it. It keeps a journal, repeats
           until it is answered, gives up in the end, and goes on after a crash where it was.
Messages.  Publish and Subscribe to the bus, Accepted and Subscribed back; Deliver on, Received back.
Cost.      A letter for m subscribers takes 1 + m messages, or twice that with answers: one more than
           telling them directly. A bus saves channels and acquaintance, not deliveries.
Assumes.   The bus comes back, with its disk; so do the subscribers, or their letters die one after the
           other. It is one queue, and while it is away nobody hears anything.
Source.    P. Eugster et al., The Many Faces of Publish/Subscribe, ACM Computing Surveys 35(2), 2003;
           J. Kreps et al., Kafka: a Distributed Messaging System for Log Processing, NetDB 2011.
"""

from __future__ import annotations

from coordlab.patterns.bus import checks as checks, naive as naive, rules as rules, theory as theory
from coordlab.patterns.bus.agents import *
from coordlab.patterns.bus.client import *
