"""The chapters of the course and the patterns that they are about, as data.

The README's table of chapters and the home page are made from these tables.
"""

from __future__ import annotations

from typing import NamedTuple

from coordlab.course.repository import binder


class Chapter(NamedTuple):
    """A chapter: the name of its file without ending, its title, and its question.

    minutes: how long it takes.
    patterns: the folders in `coordlab/patterns` that it is about.
    exercises: how many of them it has.
    """

    file: str
    title: str
    question: str
    minutes: int
    patterns: tuple[str, ...] = ()
    exercises: int = 3

    @property
    def number(self) -> str:
        """Its number, as a text of two digits."""
        return self.file[:2]

    @property
    def link(self) -> str:
        """The name of its notebook."""
        return f"{self.file}.ipynb"


class Pattern(NamedTuple):
    """A pattern: its title, what it is good for in general, and the problem that it solves."""

    title: str
    need: str
    problem: str


class Question(NamedTuple):
    """A question of a reader, and the chapters that answer it, in the order of reading."""

    text: str
    chapters: tuple[str, ...]


CHAPTERS = (
    Chapter("00_start_here", "Start here", "Two careful gardeners, one plant: how can it drown?", 15),
    Chapter("01_why_coordination_is_hard", "Why coordination is hard", "Why is two harder than one?", 50,
            ("counter",)),
    Chapter("02_blackboard", "Blackboard", "Who decides what happens next when nobody is in charge?", 50,
            ("blackboard",)),
    Chapter("03_contract_net", "Contract net",
            "Can each award be the best one, and all together still be bad?", 55, ("contract_net",)),
    Chapter("04_voting", "Voting", "Do more voters give better answers?", 50, ("voting",)),
    Chapter("05_weighted_consensus", "Weighted consensus", "How much louder should the expert speak?", 50,
            ("weighted",)),
    Chapter("06_htn_planning", "HTN planning and delegation",
            "Why does a plan fail that no part of it can see?", 55, ("htn", "delegation")),
    Chapter("07_bully_election", "Bully election", "What does it cost to agree on one leader?", 50,
            ("bully", "ring")),
    Chapter("08_split_brain", "Split brain", "Can we never have two leaders?", 50, ("leases",)),
    Chapter("09_conflict_resolution", "Conflict resolution", "Whose version wins, and what is lost?", 50,
            ("conflict", "replicas")),
    Chapter("10_heartbeats", "Heartbeats", "Is it dead, or is it only slow?", 50, ("heartbeat", "swim")),
    Chapter("11_circuit_breakers", "Circuit breakers", "When should we stop asking?", 50,
            ("circuit_breaker", "resilience")),
    Chapter("12_deadlock", "Deadlock detection", "Why does testing never see a deadlock?", 50,
            ("deadlock",)),
    Chapter("13_rogue_agents", "Rogue agents", "Whom can we believe?", 50, ("rogue",)),
    Chapter("14_coordination_tax", "The coordination tax", "When do more agents make it slower?", 50,
            ("topology", "bus")),
    Chapter("15_orchestration_styles", "Orchestration styles", "Crew, conversation or graph?", 50,
            ("orchestration", "crew", "group_chat", "state_graph")),
    Chapter("16_capstone", "Capstone", "Which pattern for which job?", 60),
)  # fmt: skip

BY_NUMBER = {chapter.number: chapter for chapter in CHAPTERS}

NEEDS = ("Agree", "Survive failure", "Divide work", "Share knowledge", "Orchestrate")

PATTERNS = {
    "bully": Pattern("Bully election", "Agree", "The leader fell silent, and delays are bounded."),
    "ring": Pattern("Ring election", "Agree", "A leader is wanted, and each knows only the next agent."),
    "leases": Pattern("Terms and leases", "Agree", "Two leaders must never give orders that count."),
    "voting": Pattern("Voting", "Agree", "Many equals answer one question, and some may be silent."),
    "weighted": Pattern("Weighted consensus", "Agree", "Some voters are known to be better than others."),
    "heartbeat": Pattern("Heartbeats", "Survive failure", "Is an agent that says nothing dead, or slow?"),
    "swim": Pattern("SWIM", "Survive failure", "Hundreds of agents watch each other cheaply."),
    "deadlock": Pattern("Deadlock detection", "Survive failure", "Agents wait for each other in a circle."),
    "resilience": Pattern("Retry, time limit, bulkhead", "Survive failure",
                          "One slow service holds up everything that calls it."),
    "circuit_breaker": Pattern("Circuit breaker", "Survive failure",
                               "A callee is down or slow, and its callers try again and again."),
    "rogue": Pattern("Rogue agents", "Survive failure", "Some agents give wrong results, or lie."),
    "contract_net": Pattern("Contract net", "Divide work", "Only the contractors know their own load."),
    "htn": Pattern("HTN planning", "Divide work", "The parts of a job, and their order, are recipes."),
    "delegation": Pattern("Delegation", "Divide work", "The parts of a plan need different skills."),
    "blackboard": Pattern("Blackboard", "Share knowledge", "Nobody knows who can contribute when."),
    "counter": Pattern("Shared counter", "Share knowledge", "Several agents change the same number at once."),
    "bus": Pattern("Message bus", "Share knowledge", "Senders should not have to know receivers."),
    "topology": Pattern("Coordination tax", "Share knowledge", "Who should talk to whom, and how many?"),
    "conflict": Pattern("Conflict resolution", "Share knowledge", "Agents contradict each other."),
    "replicas": Pattern("Replicas and gossip", "Share knowledge", "All write at once, also when cut off."),
    "orchestration": Pattern("Turns", "Orchestrate", "Any async function becomes an agent that takes turns."),
    "crew": Pattern("Crew", "Orchestrate", "The tasks are known beforehand, each for a certain agent."),
    "group_chat": Pattern("Group chat", "Orchestrate", "Several agents discuss, review, or hand over."),
    "state_graph": Pattern("State graph", "Orchestrate", "Fixed steps with branches, approval, resuming."),
}  # fmt: skip

QUESTIONS = (
    Question("I have never simulated agents. Where do I begin?", ("00", "01")),
    Question("Why was the same job done twice?", ("00", "01", "03")),
    Question("Who leads when the leader is gone?", ("00", "07", "08")),
    Question("Are five opinions better than one?", ("00", "04", "05")),
    Question("How is a large job divided among unlike agents?", ("00", "06", "03", "02")),
    Question("Why does one slow service slow down all?", ("00", "10", "11", "12")),
    Question("Which pattern fits my job, and how sure can I be?", ("00", "16")),
    Question("Which agent is wrong, and whom can I believe?", ("00", "04", "13")),
    Question("Do I need a crew, a group chat or a graph, and how many agents?", ("00", "15", "14")),
)


def chapter_of(pattern: str) -> Chapter:
    """The chapter that is about a pattern."""
    return next(chapter for chapter in CHAPTERS if pattern in chapter.patterns)


def hours(minutes: int) -> str:
    """A time in words.

    >>> hours(115), hours(15), hours(60)
    ('1 h 55 min', '15 min', '1 h')
    """
    whole, rest = divmod(minutes, 60)
    return " ".join([f"{whole} h"] * (whole > 0) + [f"{rest} min"] * (rest > 0))


def readme() -> str:
    """The table of chapters in the README."""
    rows = ["| notebook | question | minutes | without an installation |", "|---|---|---|---|"]
    for each in CHAPTERS:
        path = f"notebooks/{each.link}"
        links = f"[{each.number} {each.title}]({path}) | {each.question} | {each.minutes}"
        rows.append(f"| {links} | [Binder]({binder(path)}) |")
    return "\n".join(rows)
