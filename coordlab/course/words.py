"""Words: the glossary of the course, and the names that readers arrive with.

The names were compared in November 2026 with stored copies of what their makers say:

- Anthropic, Building effective agents, 2024 (in quotations): anthropic.com/engineering
- OpenAI Agents SDK, guardrails.md, handoffs.md, multi_agent.md: openai.github.io/openai-agents-python
- Microsoft Agent Framework, Orchestrations: learn.microsoft.com/agent-framework/workflows/orchestrations
- LangGraph 1.2, Checkpointers: docs.langchain.com/oss/python/langgraph
- CrewAI 1.15, Processes and Tasks: docs.crewai.com
- AutoGen 0.7, Termination: microsoft.github.io/autogen/stable
- Google ADK, parallel-agents.md, loop-agents.md (ADK 2.0 prefers graphs): google.github.io/adk-docs
- FIPA SC00029H, Contract Net, 2002, as for the pattern; SC00035H, Subscribe: fipa.org/specs
- D. Ongaro and J. Ousterhout, In Search of an Understandable Consensus Algorithm, 2014 (in quotations)
- Akka, failure-detector.md, circuitbreaker.md and distributed-data.md: doc.akka.io
- Kafka, Introduction: kafka.apache.org; Idempotent producers: docs.conduktor.io
"""

from __future__ import annotations

from typing import NamedTuple

GLOSSARY = {
    "agent": "A program with a name that handles messages, and may act without being asked.",
    "message": "A frozen record with a sentence. Agents share nothing else.",
    "world": "Agents, a network, a clock and dice. A world of the same seed always runs in the same way.",
    "virtual time": "The clock jumps to what comes next, so hours of waiting take milliseconds.",
    "seed": "The number from which all chance of a run is drawn.",
    "trace": "The record of a run: every event in order, each with the event that caused it.",
    "fault": "What goes wrong, with whom, and when, as one text: crash 5 @3..9.",
    "property": "A statement about traces. Its verdict is: holds, violated, or undecided.",
    "safety, liveness": "That nothing bad ever happens; that something good happens in the end.",
    "race condition": "A result that depends on who comes first.",
    "lost update": "A write that rests on an old number, and replaces what was written since.",
    "lock": "What one agent holds at a time, so that nobody comes between its read and its write.",
    "compare and set": "A write that says what it rests on, and is refused if that has changed.",
    "patience": "How long an agent waits for an answer before it takes silence for a crash.",
    "split brain": "Two parts of a group that do not hear each other, each with a leader of its own.",
    "term": "The number of an election. Terms count up, and a member votes once in each.",
    "lease": "A promise to follow a leader, and no other, for a stated time.",
    "fencing token": "A number sent with a write. The storage refuses a write below one that it has seen.",
    "escalation": "Handing a decision to a human. It needs a time limit, and a default for silence.",
    "last writer wins": "A rule that keeps the write with the latest timestamp. All other writes are lost.",
    "CRDT": "A copy whose merge rule makes order, repetition and loss of messages unimportant.",
    "gossip": "Calling another agent at random in each period, and merging what both know.",
    "branch": "The same run once more, with one fault added.",
    "contrasting pair": "A run that fails beside its nearest neighbour that does not.",
    "point of no return": "The moment after which a failing run could hardly be saved.",
    "robustness profile": "Which share of fault schedules a design survives, for each kind of fault.",
    "idempotent": "An operation that has the same effect if it is repeated.",
    "sweep": "Many runs over a grid of parameters, each cell with the same seeds.",
    "fan-in": "The messages that one agent must handle to collect what all others have to say.",
    "contention, coherency": "Waiting for what is shared, and telling each other. Both grow with a team.",
    "theory": "A formula for what a run should cost, drawn over what was counted.",
    "turn": "One call of an agent by a crew, a chair or a graph: what it is to read, and its reply.",
    "super-step": "All nodes of a graph that are due run on one snapshot; then their writes are merged.",
    "guardrail": "A function that accepts an answer, or refuses it with a reason.",
    "common random numbers": "The same seeds for two settings, so that both meet the same chance events.",
}


class Name(NamedTuple):
    """A name that a reader knows, where it is from, and what is nearest to it here.

    here: a pattern, or a class of it after a dot.
    differs: in what the two differ, or what they have in common.
    """

    source: str
    name: str
    here: str
    differs: str


_ANTHROPIC, _OPENAI, _MICROSOFT = (
    "Anthropic, Building effective agents",
    "OpenAI Agents SDK",
    "Microsoft Agent Framework",
)

ROSETTA = (
    Name(_ANTHROPIC, "prompt chaining", "state_graph", "a graph that is a line; a gate is a branch"),
    Name(_ANTHROPIC, "routing", "state_graph", "an edge with a condition"),
    Name(_ANTHROPIC, "parallelization: sectioning", "delegation", "parts of one job, done at the same time"),
    Name(_ANTHROPIC, "parallelization: voting", "voting", "the same question to many"),
    Name(_ANTHROPIC, "orchestrator-workers", "crew.Manager", "a manager divides the task as it goes along"),
    Name(_ANTHROPIC, "evaluator-optimizer", "state_graph", "a loop of writing and review, with a way out"),
    Name(_OPENAI, "handoffs", "group_chat", "the speaker names the next, which takes over the talk"),
    Name(_OPENAI, "agents as tools", "crew.Manager", "a manager calls the others and keeps the lead"),
    Name(_OPENAI, "guardrails", "crew", "there a tripwire ends the run; here the answer is asked for again"),
    Name(_MICROSOFT, "sequential", "crew", "tasks one after another, each with what was said before"),
    Name(_MICROSOFT, "concurrent", "voting", "the same task to all; there the answers are put together"),
    Name(_MICROSOFT, "handoff", "group_chat", "the speaker names the next speaker"),
    Name(_MICROSOFT, "group chat", "group_chat", "a selector, or turns in order"),
    Name(_MICROSOFT, "magentic", "group_chat", "a selector that also plans, and plans again after a stall"),
    Name("LangGraph", "StateGraph, reducer, super-step", "state_graph", "the same words"),
    Name("LangGraph", "checkpointer, interrupt", "state_graph", "resuming, and approval by a human"),
    Name("CrewAI", "Process.sequential, Process.hierarchical", "crew.Crew", "the same two processes"),
    Name("CrewAI", "guardrail", "crew", "the same: refused with a reason, and asked for again"),
    Name("AutoGen", "RoundRobinGroupChat, SelectorGroupChat, Swarm", "group_chat.Chair", "three policies"),
    Name("AutoGen", "termination conditions", "group_chat", "the same; here the task is not searched"),
    Name("Google ADK", "SequentialAgent, LoopAgent", "state_graph", "a line, or a loop with a limit"),
    Name("Google ADK", "ParallelAgent", "delegation", "branches that do not see each other"),
    Name("FIPA", "cfp", "contract_net.CallForProposals", "the same message"),
    Name("FIPA", "propose, refuse", "contract_net.Propose", "the same messages"),
    Name("FIPA", "accept-proposal, reject-proposal", "contract_net.AcceptProposal", "the same messages"),
    Name("FIPA", "inform-done, inform-result, failure", "contract_net.InformDone", "the same messages"),
    Name("FIPA", "subscribe", "bus", "there one agent tells of its changes; here a bus, by topic"),
    Name("HTTP", "ETag, If-Match", "counter", "compare and set: a write is refused if the page has changed"),
    Name("Redis", "INCR", "counter", "one message that adds"),
    Name("Raft", "term, leader election", "leases", "terms and majorities; here a leader also holds a lease"),
    Name("Raft", "election timeout, empty AppendEntries", "leases.Heartbeat", "silence starts an election"),
    Name("Kubernetes", "Lease, leader election", "leases", "a lease as well, but nothing is fenced"),
    Name("Chubby", "sequencer", "leases.Store", "a number that the storage checks; here it is the term"),
    Name("Akka", "Phi Accrual Failure Detector", "heartbeat", "phi, of a normal distribution; 8 is usual"),
    Name("Akka", "Circuit Breaker", "circuit_breaker", "the same states; half-open admits one call there"),
    Name("Akka", "Distributed Data", "replicas", "values that merge without a conflict, by gossip"),
    Name("Kafka", "topic, broker, offset", "bus", "there consumers pull from a log; here the bus delivers"),
    Name("Kafka", "idempotent producer", "bus", "what a producer sends again is dropped, by its number"),
)
