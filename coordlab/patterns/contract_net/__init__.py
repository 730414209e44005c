"""Contract net: a task goes to the contractor with the best proposal, and a proposal is binding.

Problem.   Several agents could do a task; who is best placed changes all the time, and only they know.
Idea.      Call for proposals until a deadline, award the task to the best, reject the others. A contractor
           that proposes keeps room for the task until it hears, or until its proposal lapses.
Messages.  CallForProposals; Propose, Refuse or NotUnderstood; AcceptProposal or RejectProposal; InformDone,
           InformResult or Failure; Cancel.
Cost.      2n + j + 1 messages for n invited and j proposals, 3n + 1 if all propose; a directed award, 2.
Assumes.   Crashes and lost messages, not lies: what bidders say of themselves is believed. Clocks agree.
           One award for each task, where FIPA allows several. If a report is lost or the manager crashes,
           a task may be done twice. Cancel is not answered, as FIPA has it. In an iterated call the bid of
           the last round stands until a new answer comes: one that withdraws too late may be awarded.
Source.    R. G. Smith, The Contract Net Protocol, IEEE ToC C-29(12), 1980; messages and deadlines as in
           FIPA SC00029H (contract net) and SC00030H (iterated contract net), 2002.
"""

from __future__ import annotations

from coordlab.patterns.contract_net import (
    checks as checks,
    contractor as contractor,
    naive as naive,
    rules as rules,
    theory as theory,
)
from coordlab.patterns.contract_net.agents import *
from coordlab.patterns.contract_net.contractor import *
