"""Chapter 03, contract net: count a round; pay the second price; a market with limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coordlab.exercises import tenders
from coordlab.exercises.answers import Numbers
from coordlab.exercises.blocks import Blocks
from coordlab.exercises.part import Check, Variant
from coordlab.exercises.practice import Practice
from coordlab.patterns.contract_net.agents import DIG, Manager
from coordlab.patterns.contract_net.contractor import Contractor
from coordlab.patterns.contract_net.rules import Bid, Policy
from coordlab.trace.limits import Limits
from coordlab.trace.scenario import Value
from coordlab.trace.trace import SEND
from coordlab.world.agent import Agent, State
from coordlab.world.world import World

if TYPE_CHECKING:
    from random import Random

# --- a: a round, counted ---------------------------------------------------------------------------------


def draw_round(dice: Random) -> dict[str, Value]:
    """How many contractors are called, how many are down or cannot dig, and the time for proposals."""
    called = dice.randint(20, 90)
    down, unable = dice.randint(2, 7), dice.randint(2, 9)
    return {"called": called, "down": down, "unable": unable, "bidding": dice.randint(6, 30) / 10}


def counted(variant: Variant) -> tuple[float, float, float]:
    """The messages of the round, the rejections among them, and the second of the award."""
    called, down, unable = (int(variant[name]) for name in ("called", "down", "unable"))
    names = [f"c{number}" for number in range(called)]
    world = World(0, latency=0.02)
    world.add(Manager("ann", [DIG], names, Policy(bidding=float(variant["bidding"]))))
    for place, name in enumerate(names):
        world.add(Contractor(name, Bid(50.0 + place, 1.0), () if place < unable else ("dig",)))
    trace = world.inject(*(f"crash {name}" for name in names[called - down :])).run(10).trace
    award = trace.select("AcceptProposal", kind=SEND)[0].time
    return float(len(trace.select(kind=SEND))), float(trace.count("RejectProposal", kind=SEND)), award


PARTS = (
    Numbers(
        "03a", "A round, counted",
        "A manager calls {called} contractors for one task. {down} of them are down, {unable} are not "
        "capable and refuse, and all others propose; the best one is awarded, and does the task. Each "
        "message takes 0.02 s, and contractors have {bidding} s to propose. How many messages are sent, "
        "from the calls to the report? How many of them are rejections? After how many seconds is the task "
        "awarded?",
        10,
        (
            Check("messages", 1.0, hints=(
                "Who sends what to whom, from the call to the report?",
                "A call to an agent that is down is sent, too. Who is up proposes or refuses.",
                "5 called, 1 down, 1 refuses: 5 calls, 4 answers, 1 award, 2 rejections, 1 report: 13.")),
            Check("rejections", 0.5, hints=(
                "Who hears that the task is not its own?",
                "Each that proposed and was not awarded. Who refused needs no answer.",
                "5 called, 1 down, 1 refuses: 3 propose, and 2 of them are rejected.")),
            Check("seconds", 0.5, hints=(
                "For whom does the manager wait?",
                "It closes the bidding when all have answered, or at the deadline.",
                "If all are up, all have answered after 0.04 s. One that is silent costs the whole time.")),
        ),
        draw_round, right=counted,
    ),
    Blocks(
        "03b", "The second price",
        "A boss has one job, and bidders ({prices}) name their price: the boss does not know it before. The "
        "cheapest that answers in time gets the job, and is paid what the second asks; then it does not pay "
        "to name a wrong price. All others that offered are rejected. If no report comes, the boss calls "
        "again, with the next number. Call(attempt) is answered with Offer(attempt, price), Award(attempt, "
        "pay) after the work with Done(attempt), and Reject(attempt) not at all. Bidders crash, and "
        "messages are lost.",
        15,
        (
            Check("the job is done", 1.0, lambda _: tenders.job_done, hints=(
                "What becomes of the job if a bidder is silent, or the winner crashes?",
                "All waiting needs an end; and the job is done only when the report is there.",
                "reply = await self.ask('bob', Hello(), within=1.5), then: if 'bob' in reply.")),
            Check("the cheapest that answered wins", 0.5, lambda _: tenders.cheapest_wins, hints=(
                "In which order are the replies of ask?",
                "In the order in which they came. The first to answer need not be the cheapest.",
                "sorted([(7, 'bob'), (3, 'cat')])[0] is (3, 'cat').")),
            Check("it gets what the second asks", 1.0, lambda _: tenders.second_price, hints=(
                "Whose price does the award name?",
                "That of the second in the ranking, of which there must be one.",
                "With (3, 'cat') and (7, 'bob') in the ranking, cat gets 7.")),
            Check("all others are told", 0.5, lambda _: tenders.others_told, hints=(
                "Who waits for an answer to its offer?",
                "Each that offered, but the winner.",
                "for name in offers: if name != winner: self.send(name, Reject(attempt))")),
        ),
        tenders.draw_prices, build=tenders.build_auction, until=18.0,
        limits=lambda _: Limits("crash partition cut slow drop duplicate delay", hold=0.3, slow=0.05,
                                over=6.0, spared=("boss",)),
        shared=(Agent, State, tenders.Call, tenders.Award, tenders.Reject),
        given="""class Answer(Agent):
    done_by = State(None)

    async def run(self):
        for attempt in range(1, 20):""",
        blocks=(
            "                self.done_by = winner\n                break",
            "            (_, winner), (pay, _) = ranking[:2]",
            """            for name in offers:
                if name != winner:
                    self.send(name, Reject(attempt))""",
            "            if len(offers) < 2:\n                continue",
            "            if winner in report:",
            "            offers = await self.ask(self.peers, Call(attempt))",
            "            offers = await self.ask(self.peers, Call(attempt), within=0.8)",
            "            pay, winner = ranking[0]",
            "            ranking = [(offer.price, name) for name, offer in offers.items()]",
            "            ranking = sorted((offer.price, name) for name, offer in offers.items())",
            "            report = await self.ask(winner, Award(attempt, pay), within=3.0)",
            "            self.done_by = winner\n            break",
        ),
    ),
    Practice(
        "03c", "A market with limits",
        "Managers have tasks, with the most that they pay ({tasks}: the first has its first task for that "
        "much at most), and workers have prices ({prices}). A task takes 2 s of a worker's time, and it "
        "does one at a time. Each task goes to the cheapest worker that is idle, and to none that asks more "
        "than the limit. An offer binds nobody: a worker may be busy when the award comes. Write "
        "Answer_03c(name, tasks, price, patience), with messages of your own: a manager has price None and "
        "tasks such as (('dig', 40), ('saw', 52)), a worker has no tasks. States: done, of a manager, a "
        "tuple of tasks; doing, of a worker, the task that it works at, or None. Agents crash and return, "
        "messages are lost, and the network is cut; after that, each task must be done.",
        45,
        (
            Check("every task is done", 1.0, tenders.all_done, hints=(
                "What does a manager do if no offer, or no report comes?",
                "It calls again, until it knows that the task is done; also after a crash of its own.",
                "while task not in self.done: offers = await self.ask(self.peers, Call(task), within=1)")),
            Check("no task is done by two at once", 1.0, tenders.one_each, hints=(
                "When may a manager award a task again?",
                "When the first cannot be at it any more, also after a crash. An award may come twice.",
                "Awards end: if self.now > message.by or message in self.seen: return None")),
            Check("nobody asks more than the limit", 1.0, tenders.within_limits, hints=(
                "Who compares the price with the limit?",
                "The manager, before it awards; or a worker, before it offers.",
                "[name for name, offer in offers.items() if offer.price <= limit]")),
            Check("the cheapest that is idle does it", 1.0, tenders.cheapest_works, hints=(
                "Which offers does your manager wait for? Which workers make none?",
                "All that are idle must offer to each that calls, though only one can win them.",
                "min((offer.price, name) for name, offer in offers.items() if offer.idle)")),
        ),
        tenders.draw_market, lines=45, build=tenders.build_market, until=26.0,
        limits=lambda _: Limits("crash partition cut slow drop duplicate delay", hold=0.15,
                                slow=0.04, over=7.0),
    ),
)  # fmt: skip
