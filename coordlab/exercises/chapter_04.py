"""Chapter 04, voting: liars in a jury; the last word counts; a chair that may crash, and decides once."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from coordlab.exercises import decided
from coordlab.exercises.answers import Numbers, Reading
from coordlab.exercises.decided import NAMES
from coordlab.exercises.part import Check, Variant
from coordlab.exercises.practice import Practice
from coordlab.patterns.voting.agents import CallForVotes, Vote
from coordlab.patterns.voting.theory import common_cause, jury, jury_of
from coordlab.trace.limits import Limits
from coordlab.trace.scenario import Value
from coordlab.trace.trace import HANDLE
from coordlab.world.agent import Agent
from coordlab.world.dice import dice as dice_of
from coordlab.world.run import Run
from coordlab.world.world import World

if TYPE_CHECKING:
    from random import Random

# --- a: liars in a jury ----------------------------------------------------------------------------------


def draw_jury(dice: Random) -> dict[str, Value]:
    """A jury, how often each is right, how many lie, and how often all repeat one of them, in per cent."""
    voters, percent = dice.choice((7, 9, 11, 13, 15)), dice.randint(54, 76)
    return {"voters": voters, "percent": percent, "liars": dice.randint(2, 3), "copied": dice.randint(15, 60)}


def chances(variant: Variant) -> tuple[float, ...]:
    """How often the majority is right: of all, with liars, and with a common source."""
    voters, liars, p = int(variant["voters"]), int(variant["liars"]), float(variant["percent"]) / 100
    lied = jury_of([p] * (voters - liars) + [0.0] * liars)
    return jury(voters, p), lied, common_cause(voters, p, float(variant["copied"]) / 100)


# --- b: the last word counts -----------------------------------------------------------------------------

OPEN = 1.0  # seconds


class Clerk(Agent):
    """Calls for votes and takes them, without a word about what counts."""

    async def run(self) -> None:
        """Call everybody."""
        self.broadcast(CallForVotes("more tea", OPEN))

    def on_vote(self, sender: str, message: Vote) -> None:
        """Take it."""


class Member(Agent):
    """Casts ballots at given times: tuples of a time, a choice, and whose name it is cast in."""

    def __init__(self, name: str, ballots: Collection[tuple[float, str, str]]) -> None:
        super().__init__(name)
        self.ballots = ballots

    async def run(self) -> None:
        """Cast each ballot at its time."""
        for at, choice, voter in self.ballots:
            await self.sleep(at - self.now)
            self.send("chair", Vote("more tea", choice, None if voter == self.name else voter))

    def on_call_for_votes(self, sender: str, message: CallForVotes) -> None:
        """Its mind is made up."""


def draw_ballots(dice: Random) -> dict[str, Value]:
    """Who votes; the seed says how."""
    return {"voters": ", ".join(sorted(dice.sample(NAMES, 8))), "seed": dice.randint(1, 10**6)}


def ballots_run(variant: Variant) -> Run:
    """A vote in which two change their minds, one too late; others vote late, for another, or "maybe"."""
    own = dice_of("ballots", int(variant["seed"]))
    names = str(variant["voters"]).split(", ")
    first, other, slow, late, forger, victim, vague, plain = own.sample(names, 8)
    early, middle, end = ([round(own.uniform(a, a + 0.2), 3) for _ in range(8)] for a in (0.1, 0.5, 0.955))
    end = [min(each, 0.99) for each in end]
    yes, no = own.sample(("yes", "no"), 2)
    ballots = {
        first: [(early[0], yes, first), (middle[0], no, first)],
        other: [(early[1], no, other), (middle[1], yes, other)],
        slow: [(early[2], yes, slow), (end[2], no, slow)],
        late: [(end[3], yes, late)],
        forger: [(middle[4], yes, victim)],
        victim: [(early[5], no, victim)],
        vague: [(early[6], yes, vague), (middle[6], "maybe", vague)],
        plain: [(early[7], own.choice((yes, no)), plain)],
    }
    world = World(int(variant["seed"]), latency="uniform(0.05, 0.2)").add(Clerk("chair"))
    return world.add(Member(name, ballots[name]) for name in names).run(until=1.5)


def counted(run: Run, variant: Variant) -> dict[str, Any]:
    """The voters whose yes counts, whose no counts, and those without a valid ballot."""
    last: dict[str, str] = {}
    for event in run.trace.select("Vote", kind=HANDLE):
        vote = event.content
        if event.time <= OPEN and vote.voter is None and vote.choice in ("yes", "no", "abstain"):
            last[str(event.peer)] = vote.choice
    names = str(variant["voters"]).split(", ")
    groups = {word: [name for name in names if last.get(name) == word] for word in ("yes", "no")}
    groups["missing"] = [name for name in names if name not in last]
    return {word: ", ".join(each) for word, each in groups.items()}


PARTS = (
    Numbers(
        "04a", "Liars in a jury",
        "{voters} jurors say yes or no, independently of each other. Each is right in {percent} of 100 "
        "cases, and the majority decides. Write three shares from 0 to 1, with four decimals: how often is "
        "the majority right? How often, if {liars} of them always say what is wrong, on purpose? And how "
        "often, without liars, if in {copied} of 100 cases all repeat what the first juror says?",
        10,
        (
            Check("the jury", 1.0, hints=(
                "How many of them must be right at once?",
                "Add up the chances that exactly k are right, for each k above one half.",
                "Three jurors of 0.6: 3 · 0.6² · 0.4 + 0.6³ = 0.648.")),
            Check("with liars", 0.5, hints=(
                "Does a liar leave the jury, or vote in it?",
                "The others must be more than half of all, liars included.",
                "Five jurors of 0.6, two of them liars: all three others must be right, 0.6³ = 0.216.")),
            Check("with a common source", 0.5, hints=(
                "How often is a jury right that repeats one juror?",
                "Two kinds of cases: weigh each by how often it comes.",
                "Three jurors of 0.6, copied in 50: 0.5 · 0.6 + 0.5 · 0.648 = 0.624.")),
        ),
        draw_jury, right=chances, within=0.0005,
    ),
    Reading(
        "04b", "The last word counts",
        "A club votes on more tea: {voters}. The run is `watch(\"04b\")`. These rules hold: the vote is open "
        "until 1 s, by the time at which the chair handles a ballot. A ballot says yes, no or abstain, and "
        "is cast in the sender's own name; all others are void. Of several valid ballots of a voter that "
        "come in time, the last counts. Whose yes counts, whose no, and who has no valid ballot? Write "
        "the names in alphabetical order, as in \"ada, ben\".",
        15,
        (
            Check("yes", 1.0, hints=(
                "Which ballots came in time: those sent before 1 s, or those handled?",
                "watch(\"04b\").trace.select(\"Vote\", kind=\"handle\") lists what the chair took, in order.",
                "yes at 0.3 s, then no at 0.8 s from one voter: the no counts.")),
            Check("no", 1.0, hints=(
                "What does a void ballot do to the ballot before it?",
                "Nothing: cross out all void ballots first, and then take the last of each voter.",
                "no at 0.3 s, then maybe at 0.8 s: the no counts.")),
            Check("missing", 1.0, hints=(
                "Who sent something, and still no ballot of theirs counts?",
                "Look at the field voter: a name in it is not the sender's own.",
                "Who only votes for another, or only at 1.03 s, is missing.")),
        ),
        draw_ballots, run=ballots_run, right=counted,
    ),
    Practice(
        "04c", "A chair that decides once",
        "A chair and five voters decide on four proposals at once. What each says, a letter for each "
        "proposal (y yes, n no, a abstain, - nothing): {votes}. Write Answer_04c(name, choices, closes), one "
        "class for all six; the agent that is called chair has no choices. The vote closes at 4 s, and "
        "all ballots are cast before then. A proposal has no_quorum if fewer than three of "
        "the voters counted say yes, no or abstain. Otherwise it is accepted if more say yes than no, and "
        "rejected if more say no. A tie goes with the voter whose name is {tie} in the alphabet among those "
        "counted that say yes or no; if nobody does, it is rejected. The chair has a state counted, a tuple "
        "of names, which it sets first. All six have a state outcome: None, and from the close on a tuple of "
        "four words. Agents crash and return, messages are lost, and lines are cut, until 8 s; by 10 s all "
        "must know the outcome. A voter that is up and can be heard for two seconds before the close must be "
        "counted.",
        35,
        (
            Check("the vote is held", 1.5, lambda variant: decided.held, hints=(
                "Which message is said once only? What if that one is lost?",
                "Until a chair has counted, ballots must come again; until all know, the outcome must, too.",
                "async for _ in self.every(0.3): send again, as long as the vote is open.")),
            Check("the outcome follows from the ballots", 1.0, decided.follows, hints=(
                "For which proposal is the outcome wrong, and what did the five say there?",
                "Abstentions and quorum first, then the majority, and the tie last.",
                "y a a - -: three take part, one says yes and none no: accepted.")),
            Check("one outcome, for good", 1.0, lambda variant: decided.one_outcome, hints=(
                "What does a chair know that crashes right after it has told one voter?",
                "What was told must not change: decide once, and keep it where a crash cannot reach it.",
                "if \"done\" not in self.stable: self.stable[\"done\"] = ...; then tell what is in it.")),
            Check("only what was heard", 0.5, lambda variant: decided.heard, hints=(
                "From where does your class know who has voted, and what the outcome is?",
                "From a message that came: ballots until the close, the outcome from the chair.",
                "def on_result(self, sender, message): self.outcome = message.outcome")),
        ),
        decided.draw_votes, lines=48, build=decided.build_vote, until=10.0,
        limits=lambda variant: Limits("crash partition cut slow drop duplicate delay",
                                      hold=1.0, slow=0.05, over=8.0),
    ),
)  # fmt: skip
