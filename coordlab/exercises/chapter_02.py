"""Chapter 02, blackboard: what it costs and how sure it can be; the surest clue first; lose exactly these."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coordlab.exercises import clues
from coordlab.exercises.answers import Numbers, Schedule
from coordlab.exercises.blocks import Blocks
from coordlab.exercises.part import Check, Variant
from coordlab.patterns.blackboard.theory import notices, polling_reads, surest
from coordlab.trace.limits import Limits
from coordlab.trace.scenario import Value
from coordlab.world.agent import Agent, State

if TYPE_CHECKING:
    from random import Random

# --- a: what it costs, and how sure it can be ------------------------------------------------------------


def draw_costs(dice: Random) -> dict[str, Value]:
    """How many agents poll what, how much is written, and how sure the clues and the rules are."""
    low, high = sorted(dice.sample(range(40, 80), 2))
    return {
        "agents": dice.randint(5, 40),
        "keys": dice.randint(5, 40),
        "ticks": dice.randint(20, 99),
        "writes": 20 * dice.randint(3, 20),
        "share": dice.choice((5, 10, 15, 20, 25, 30, 35, 40)),
        "mud": high,
        "boot": low,
        "key": dice.randint(80, 99),
        "garden": dice.choice((60, 70, 75)),
        "inside": dice.choice((80, 85, 90)),
    }


def costs(variant: Variant) -> tuple[float, float, float]:
    """The reads, the notices, and how sure the last conclusion is, in per cent."""
    given = {name: float(value) for name, value in variant.items()}
    rules = [
        (("mud", "boot"), "garden", given["garden"] / 100),
        (("garden", "key"), "inside", given["inside"] / 100),
    ]
    seen = {name: given[name] / 100 for name in ("mud", "boot", "key")}
    reads = polling_reads(int(given["agents"]), int(given["keys"]), int(given["ticks"]))
    told = notices(int(given["agents"]), int(given["writes"]), given["share"] / 100)
    return float(reads), told, 100 * surest(seen, rules)["inside"]


PARTS = (
    Numbers(
        "02a", "What it costs, and how sure it is",
        "{agents} agents look at each of {keys} keys of a board, {ticks} times: how many reads is that? "
        "Then they subscribe instead, and each asks for {share} % of what is written: how many notices are "
        "there for {writes} writes? On the board are mud ({mud} % sure), a boot ({boot} %) and a key ({key} "
        "%). From mud and boot follows garden (the rule is {garden} % sure), from garden and key follows "
        "inside ({inside} %). A conclusion is as sure as its least sure need, times its rule. How sure is "
        "inside, in per cent?",
        10,
        (
            Check("reads", 0.5, hints=(
                "How often is one key read by one agent?",
                "Each agent reads each key each time, whether there is news or not.",
                "2 agents, 3 keys and 10 times: 60 reads.")),
            Check("notices", 0.5, hints=(
                "Who is told of a write?",
                "Only those that asked for it.",
                "2 agents that want 50 % of 10 writes: 10 notices.")),
            Check("per cent", 1.0, hints=(
                "How sure is garden? And which need of inside is the least sure?",
                "Take the least sure need of each rule, not the product of all.",
                "Needs of 90 % and 60 % and a rule of 50 %: 30 %.")),
        ),
        draw_costs, right=costs, within=0.002,
    ),
    Blocks(
        "02b", "The surest clue first",
        "Scouts post clues on a board and say how sure they are, in per cent ({finds}: the first scout "
        "finds its first clue, so sure, and so on). Two solvers, sol and sue, work on one clue at a time. "
        "The board gives each free solver the surest clue that waits; a clue whose solver is silent for 2 s "
        "waits again. A scout repeats a Post until it hears Posted; Activate(clue) is answered with "
        "Solved(clue). Solvers and scouts crash and return, and messages are lost.",
        20,
        (
            Check("every clue is solved", 1.0, clues.all_solved, hints=(
                "What becomes of a clue if its solver crashes?",
                "Wait for a report with an end; without a report the clue goes back to those that wait.",
                "reply = await self.ask('bob', Hello(), within=2.0), then: if 'bob' in reply, else.")),
            Check("the surest first", 1.0, lambda _: clues.surest_first, hints=(
                "In which order do clues come, and in which order are they to go?",
                "The surest of those that wait now: decide when a solver is free, not before.",
                "max([(3, 'a'), (7, 'b')]) is (7, 'b').")),
            Check("no clue is given out twice", 0.5, lambda _: clues.once_at_a_time, hints=(
                "What do both solvers see that are free at the same time?",
                "Take a clue off before you wait; and put each on once, however often it is posted.",
                "First take it off the list, and only then: await self.ask(...)")),
            Check("solved is what a solver has solved", 0.5, lambda _: clues.as_reported, hints=(
                "From where does the board know that a clue is solved?",
                "From a report. Silence is none.",
                "if 'bob' in reply: self.solved = (*self.solved, clue)")),
        ),
        clues.draw_clues, build=clues.build_board, until=18.0,
        limits=lambda _: Limits("crash partition cut slow drop duplicate delay", hold=0.3, slow=0.05,
                                over=6.0, spared=("board",)),
        shared=(Agent, State, clues.Posted, clues.Activate),
        given="""class Answer(Agent):
    solved = State(())

    def __init__(self, name, solvers):
        super().__init__(name)
        self.solvers, self.known, self.line = solvers, [], []

    async def run(self):
        for solver in self.solvers:
            self.spawn(self.serve(solver))""",
        blocks=(
            "                self.line.append((sure, clue))",
            "                self.solved = (*self.solved, clue)",
            "            else:",
            "            if solver in report:",
            "            report = await self.ask(solver, Activate(clue))",
            "            report = await self.ask(solver, Activate(clue), within=2.0)",
            """            self.known.append(message.clue)
            self.line.append((message.sure, message.clue))""",
            "            self.line = [each for each in self.line if each[1] != clue]",
            "            self.solved = (*self.solved, clue)",
            "            sure, clue = max(self.line)",
            "            sure, clue = self.line[0]",
            """        for turn in range(300):
            if not self.line:
                await self.sleep(0.1)
                continue""",
            "        if message.clue not in self.known:",
            "        return Posted(message.clue)",
            "        self.line.append((message.sure, message.clue))",
            "    async def serve(self, solver):",
            "    def on_post(self, sender, message):",
        ),
    ),
    Schedule(
        "02c", "Lose exactly these",
        "{writers} put their names on a list, in this order, and begin a second apart. Each reads the list "
        "from the board (its first message to board), and writes it with its own name added (its second "
        "message), whatever the list is by then. Every message takes 0.1 s. Hold messages back so that all "
        "have written in the end, and exactly {lost} are missing on the list.",
        20,
        (
            Check("exactly these are missing", 2.0, hints=(
                "Whose write wipes out a name that is on the list?",
                "A write that was read before that name came, and arrives after it.",
                "Of a, b, c: delay a>board #2 1.5 lets a write after b what it read before. b is missing.")),
            Check("with two faults at most", 2.0, hints=(
                "How many names can one late write wipe out?",
                "All that were written between its read and its arrival.",
                "Of a, b, c, d: delay a>board #2 2.5 wipes out b and c; d still reads the list with a.")),
        ),
        clues.draw_losses, build=clues.build_list, until=20.0, broken=clues.keeps_one,
        kinds=("delay",), most=lambda _: 2,
    ),
)  # fmt: skip
