"""Deadlock detection: agents hold what others wait for, in a cycle; four ways to deal with it.

Problem.   Each takes one lock and waits for another. Now and then they wait for each other, for ever.
Idea.      Draw who waits for whom. A cycle in it is a deadlock: send one of its members back to the start.
           A coordinator looks at intervals; or probes run along the waits. Or nobody waits long (time-out),
           or all ask in the same order, and no cycle can close.
Messages.  Request, Granted, Release with each lock; Look and Table for the coordinator, Probe from an agent
           that waits to the next; GoBack to the victim.
Cost.      A look is 2 messages per lock. A probe takes at most 2 per wait. A time-out costs its whole
           length, and sends back agents that were merely slow. An order costs nothing but the order.
Assumes.   Messages between agents that are up arrive; locks do not crash. A holder lets go by itself unless
           it waits: an agent that crashes while it waits may be gone from a cycle that was seen twice.
           Probes need locks of one holder each: waiting for any of several is another model. One that is
           under way while another cycle is broken may convict an agent that was only behind that cycle.
Source.    E. Knapp, Deadlock Detection in Distributed Databases, ACM Computing Surveys 19(4), 1987;
           K. Chandy, J. Misra, L. Haas, Distributed Deadlock Detection, ACM TOCS 1(2), 1983; J. Havender,
           Avoiding Deadlock in Multitasking Systems, IBM Systems Journal 7(2), 1968 (order).
"""

from __future__ import annotations

from coordlab.patterns.deadlock import (
    checks as checks,
    locks as locks,
    naive as naive,
    probe_checks as probe_checks,
    probes as probes,
    rules as rules,
    theory as theory,
)
from coordlab.patterns.deadlock.agents import *
from coordlab.patterns.deadlock.locks import *
from coordlab.patterns.deadlock.probes import *
