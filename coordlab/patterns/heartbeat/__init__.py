"""Heartbeats: every agent says regularly that it is up; one that is silent for too long is suspected.

Problem.   An agent that has crashed cannot say so, and a slow one looks just the same.
Idea.      Listen. A fixed time-out suspects after a given silence; phi accrual learns how long silences
           usually are, and says how surprising this one is. State each change once, and take back mistakes.
Messages.  Heartbeat, from every agent to its observers.
Cost.      One message per interval for each pair of observer and target: n(n - 1) if all watch all.
Assumes.   Crashes, not lies; clocks that are never set, and run at about the same speed. A fixed time-out is
           right only where messages take less than it leaves. Elsewhere suspicion is a guess, and the suspect
           may act all the while: fence it off before another agent takes its place.
Source.    T. Chandra, S. Toueg, Unreliable Failure Detectors, JACM 43(2), 1996; W. Chen et al., On the
           Quality of Service of Failure Detectors, IEEE ToC 51(5), 2002; N. Hayashibara et al., The phi
           Accrual Failure Detector, SRDS 2004.
"""

from __future__ import annotations

from coordlab.patterns.heartbeat import checks as checks, naive as naive, rules as rules, theory as theory
from coordlab.patterns.heartbeat.agents import *
