"""Chapter 01, why coordination is hard: lost payments, the last tickets, and orders that count once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coordlab.exercises import cinema
from coordlab.exercises.answers import Numbers
from coordlab.exercises.blocks import Blocks
from coordlab.exercises.part import Check, Variant
from coordlab.exercises.practice import LATE, ORDER, PAUSES, Practice
from coordlab.patterns.counter.agents import Read, Refused, Write, Written
from coordlab.trace.limits import Limits
from coordlab.trace.scenario import Value
from coordlab.world.agent import Agent, State

if TYPE_CHECKING:
    from random import Random

# --- a: one account, three hands -------------------------------------------------------------------------


def draw_account(dice: Random) -> dict[str, Value]:
    """What is on the account, what each pays in at each step, and the order of reads and writes."""
    start = dice.randint(100, 999)
    pays = dice.sample(range(11, 99), 3)
    order = list("aaaabbbbcccc")
    while True:
        dice.shuffle(order)
        found: dict[str, Value] = {"start": start, "ann": pays[0], "bob": pays[1], "cat": pays[2]}
        found["order"] = " ".join(order)
        if account(found)[2] in (2, 3) and account(found)[0] != account(found)[1]:
            return found


def account(variant: Variant) -> tuple[float, float, float]:
    """The balance in the end, the one with checked writes, and how many of these are refused."""
    balance = checked = int(variant["start"])
    refused = 0
    seen: dict[str, tuple[int, int]] = {}
    pays = {name[0]: int(variant[name]) for name in ("ann", "bob", "cat")}
    for who in str(variant["order"]).split():
        if who not in seen:
            seen[who] = balance, checked
            continue
        read, read_checked = seen.pop(who)
        balance = read + pays[who]
        if read_checked == checked:
            checked += pays[who]
        else:
            refused += 1
    return float(balance), float(checked), float(refused)


PARTS = (
    Numbers(
        "01a", "One account, three hands",
        "An account shows {start} euros. At each step ann pays in {ann}, bob {bob} and cat {cat} euros: she "
        "reads the balance, and later writes what she read plus her own amount. Reads and writes reach the "
        "account in this order: {order} (each letter is in turn a read and a write of ann, bob or cat). "
        "What does the account show in the end? What would it show if each write were checked (refused "
        "unless the account still shows what was read, and never repeated)? How many writes would be "
        "refused?",
        10,
        (
            Check("the balance", 1.0, hints=(
                "Which read belongs to the last write?",
                "Write down for each letter what was read. A write does not look at the account again.",
                "10 euros, a pays in 1, b 5, order a b b a: both read 10, b writes 15, a writes 11.")),
            Check("the balance with checked writes", 0.5, hints=(
                "Which writes find what was read before?",
                "Go through the order again, and leave out each write that finds another balance.",
                "In a b b a the write of b finds 10, as it had read; that of a finds 15, and is refused.")),
            Check("refused writes", 0.5, hints=(
                "What makes a checked write fail?",
                "A write of another that was stored between the read and the write.",
                "In a b b a one write is refused; in a a b b none.")),
        ),
        draw_account, right=account,
    ),
    Blocks(
        "01b", "The last tickets",
        "A board shows how many tickets are left: {tickets}. The clerks {clerks} have {buyers} buyers each. "
        "A clerk takes one ticket at a time off the board, and has sold it only when it is off. It stops "
        "when all its buyers are served, or no ticket is left. Messages are held back, and clerks pause. "
        "The board answers Read with Shows(value), and Write(value, seen) with Written or Refused.",
        15,
        (
            Check("all tickets are sold", 1.0, cinema.tickets_sold, hints=(
                "When may a clerk stop, and what must it look at again before each attempt?",
                "What it has read grows old. A clerk whose write was refused has to read again.",
                "To count up: in a loop, read, and write what was read + 1; leave it if that was Written.")),
            Check("no ticket is sold twice", 1.0, cinema.never_twice, hints=(
                "How can two clerks sell the same ticket?",
                "Both read 1, and both write 0. Whose write must the board refuse?",
                "Write(5, seen=6) is stored only while the board shows 6.")),
            Check("each write takes off one ticket", 1.0, lambda _: cinema.one_by_one, hints=(
                "Can a write put tickets back that others have taken off?",
                "It can if the board has changed since the read; and it can sell what is not there.",
                "Read 6, others sell 2, write 5 over 4: a ticket is back on the board.")),
        ),
        cinema.draw_tickets, build=cinema.build_tickets, until=14.0, kinds=(PAUSES, LATE, ORDER),
        limits=lambda variant: Limits("pause delay slow", hold=1.0, slow=0.2, over=8.0, spared=("board",)),
        shared=(Agent, Read, Refused, State, Write, Written),
        given="""class Answer(Agent):
    role = State("sells")
    sold = State(0)

    def __init__(self, name, buyers):
        super().__init__(name)
        self.buyers = buyers

    async def run(self):
        for attempt in range(60):""",
        blocks=(
            "                self.sold += 1",
            "            await self.sleep(0.2)  # talk to the buyer",
            "            if isinstance(reply, Refused):",
            "            if isinstance(reply, Written):",
            "            if left == 0 or self.sold == self.buyers:\n                break",
            "            if self.sold == self.buyers:\n                break",
            '            left = (await self.ask("board", Read()))["board"].value',
            '            reply = (await self.ask("board", Write(left - 1)))["board"]',
            '            reply = (await self.ask("board", Write(left - 1, seen=left)))["board"]',
            "            self.sold += 1",
            '        self.role = "done"',
        ),
    ),
    Practice(
        "01c", "Each order once",
        "A cinema has {seats} seats; the agent hall holds the list. Each clerk has orders, with the "
        "number of seats: {orders}. The first order of a clerk amy is called amy-1, the next "
        "amy-2. The hall books an "
        "order as a whole, once, or refuses it if it does not fit any more. Write Answer_01c(name, seats, "
        "orders, patience), the class of the hall (its orders are empty) and of the clerks (their seats are "
        "0), with messages of your own. States: booked, of the hall, a tuple of the names of booked orders; "
        "answers, of a clerk, a tuple of texts such as 'amy-1 yes' or 'amy-2 no'. Messages are lost and "
        "doubled, and clerks crash and return; the hall stays up. When that is over, each order must be "
        "answered.",
        40,
        (
            Check("every order is answered", 1.0, cinema.all_answered, hints=(
                "What does a clerk do if no answer comes?",
                "It asks again until it knows. After a crash it has forgotten all, and asks for all again.",
                "In a loop: reply = await self.ask('shop', Buy('x'), within=0.4); stop if 'shop' in reply.")),
            Check("no order is booked twice", 1.0, lambda variant: cinema.booked_once, hints=(
                "How does the hall know an order again that comes a second time?",
                "By its name. It must answer as it did the first time.",
                "if message.name in self.known: return Reply(self.known[message.name])")),
            Check("no seat is booked twice", 1.0, cinema.enough_seats, hints=(
                "Who decides whether an order fits?",
                "The hall, when it books: one message at a time, with its own sum.",
                "if self.taken + message.seats <= self.seats: book, and add to self.taken.")),
            Check("a clerk says what the hall told it", 1.0, lambda variant: cinema.told_by_hall, hints=(
                "From where does a clerk know yes or no?",
                "From the hall's answer to this very order. Silence is no answer.",
                "if 'hall' in reply: self.answers += (text,)")),
        ),
        cinema.draw_orders, lines=35, build=cinema.build_orders, until=14.0,
        limits=lambda variant: Limits("crash partition cut slow drop duplicate delay", hold=1.0, slow=0.1,
                                      over=8.0, spared=("hall",)),
    ),
)  # fmt: skip
