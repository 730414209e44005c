"""Twelve infamous traces, each a line that plays a run in which one property breaks.

    labs.play(GALLERY["split-brain"].line).open_at(GALLERY["split-brain"].violates)

Each number in a sentence, the event and the repair are checked by a test.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

TEXTBOOK: Mapping[str, str] = {"version": "textbook"}


class Infamous(NamedTuple):
    """A trace of the gallery.

    title: a few words.
    chapter: the number of the chapter about it.
    line: its scenario, which `labs.play` and `coordlab run` take.
    says: what happens, in a sentence or two.
    violates: the name of the property that breaks.
    at, event: the virtual second of the event that decides it, and the beginning of its words.
    repaired: settings with which the same run keeps the property; none: no setting does.
    mirrors: what happened elsewhere, or who described it first.
    source: the address where one can read about it.
    """

    title: str
    chapter: str
    line: str
    says: str
    violates: str
    at: float
    event: str
    repaired: Mapping[str, str]
    mirrors: str
    source: str


GALLERY = {
    "split-brain": Infamous(
        "Split brain after a pause", "08", "leases until=12 | pause 1 @4..9",
        "Leader 1 stops for 5 s, as for a garbage collection. Its lease ends, 5 is elected, and from 5.177 s "
        "on two lead, for 3.823 s. No lease prevents it: 1 cannot look at a clock while it stands still.",
        "one leader at once", 5.177, "5: role is now leads.", {},
        "HBase used to have this problem: a client paused, its lease ended, and it wrote nevertheless.",
        "https://martin.kleppmann.com/2016/02/08/how-to-do-distributed-locking.html"),
    "stale-write": Infamous(
        "The dead leader's last write", "08",
        "leases version=no-fencing until=8 | crash 1 @4..7 | delay 1>storage #14 3",
        "Leader 1 writes, and crashes at 4 s. Its write is 3 s late: it arrives at 6.553 s, when 5 has led "
        "since 5.177 s. The storage does not compare tokens, and keeps token 1 after token 2.",
        "the storage is fenced", 6.553, "storage to 1: “It is kept.”", TEXTBOOK,
        "Google's lock service Chubby hands out sequencers, so that servers can refuse such a write.",
        "https://www.usenix.org/legacy/event/osdi06/tech/burrows.html"),
    "double-award": Infamous(
        "Double award", "03", "contract_net version=eager tasks=3 contractors=3 seed=9 until=8",
        "Contractor c1 can do 1 task, and promises itself to 3 managers. At 0.083 s one awards it a task, at "
        "0.091 s another. It turns m1 down at 0.137 s, after m1 has sent both of the others away.",
        "never more than the capacity", 0.036, "c1 to m1: “I can, on these terms.”", TEXTBOOK,
        "The eager bidder problem of the contract net, described by Schillo, Kray and Fischer in 2001.",
        "http://www.dfki.uni-kl.de/dfkidok/publications/RR/01/03/abstract.html"),
    "herd": Infamous(
        "The thundering half-open herd", "11",
        "circuit_breaker version=herd callers=6 patience=1 until=5 | crash db @1..6",
        "At 3.2 s six breakers are half-open, to try the dead db with 1 call each. They let every call "
        "through until the first has failed: 60 calls in 1 s, where 6 would have told as much.",
        "no more than 1 probing at once", 3.3, "c1 notes: “You may call.”", TEXTBOOK,
        "Microsoft's page about the pattern warns of it: a service that recovers may be flooded again.",
        "https://learn.microsoft.com/en-us/azure/architecture/patterns/circuit-breaker"),
    "retry-storm": Infamous(
        "Retry storm", "11",
        "circuit_breaker version=no-breaker callers=2 retries=3 work=0.04 until=8 | crash db @2..4",
        "The db is down for 2 s, and is back at 4 s. But each failed call is tried 3 times more: the db gets "
        "80 calls a second, can do 25, and from 5 s on answers none in time.",
        "its own outcomes turn it", 2.482, "c1 notes: “You may call.”", TEXTBOOK,
        "Amazon DynamoDB, 20 September 2015: after a short network fault, retries kept the metadata service "
        "overloaded for hours.",
        "https://aws.amazon.com/message/5467D2/"),
    "lost-update": Infamous(
        "Lost update", "02", "blackboard version=no-versions witnesses=2 until=3",
        "At 0.313 s eye reports hair, 95 % sure. At 0.415 s eye-2 reports it, 48 % sure, and writes over "
        "it. Both are version 1, so that nobody can see that something is gone.",
        "versions count up", 0.415, "board to eye-2: “It is on the board.”", TEXTBOOK,
        "The lost update, P4 in A critique of ANSI SQL isolation levels, by Berenson and others, 1995.",
        "https://doi.org/10.1145/223784.223785"),
    "false-suspicion": Infamous(
        "All are dead, says the clock", "10",
        "heartbeat version=wall-clock stopped=0 until=8 | skew monitor x1 +60 @4.6",
        "All three agents beat once a second. At 4.6 s somebody sets the clock of the monitor 60 s ahead, "
        "and at 4.75 s it suspects all three, the first after 0.724 s of silence.",
        "only silence is suspected", 4.75, "monitor decides: “I have not heard from it for too long.”",
        TEXTBOOK,
        "Cloudflare, 1 January 2017: code that trusted the clock on the wall met a leap second.",
        "https://blog.cloudflare.com/how-and-why-the-leap-second-affected-cloudflare-dns/"),
    "one-vote": Infamous(
        "Accepted by one of 41", "04",
        "voting version=no-quorum voters=41 crashed=0 silent=0.9 until=1.2",
        "The chair asks 41 voters. One says yes, 40 say nothing, and at 1 s the motion is accepted.",
        "a count by hand comes to the same", 1.0, "chair decides: “This is the count.”", TEXTBOOK,
        "Robert's Rules of Order ask for a quorum, so that a small number cannot act in the name of all.",
        "https://robertsrules.com/"),
    "liar": Infamous(
        "The liar who is mostly right", "13",
        "rogue version=no-reviews rogues=2 kind=wrong share=0.3 removal=false seed=35 until=10 "
        "| rogue w1 wrong 0.3 @0..10 | rogue w2 wrong 0.3 @0..10",
        "w1 and w2 lie in 3 of 10 answers. Nobody reviews: at 0.229 s the pool accepts 337 for the square "
        "of 2, and it accepts 7 wrong answers of 50. Checks convict neither of the two.",
        "accepted only by a quorum", 0.229, "pool decides: “This is the approved answer.”", TEXTBOOK,
        "The Byzantine generals of Lamport, Shostak and Pease, 1982: a traitor who is loyal to some.",
        "https://doi.org/10.1145/357172.357176"),
    "cart": Infamous(
        "The bread that comes back", "09",
        "replicas version=forgets until=8 | partition 1,2/3,4,5 @2..5",
        "Replica 1 takes milk off the list at 3 s, bread at 3.1 s, and keeps no record of it. At 3.6 s "
        "replica 2, which had not heard of it, brings both back.",
        "removed is removed", 3.6, "1: copy is now", TEXTBOOK,
        "Shopping carts in Amazon's Dynamo, 2007: no added item is lost, but removed ones may come back.",
        "https://doi.org/10.1145/1294261.1294281"),
    "phantom": Infamous(
        "Phantom deadlock", "12",
        "deadlock version=one-look workers=4 slowest=0.2 until=3 | crash p1 @0.5..0.53",
        "p1 crashes at 0.5 s and is back at 0.53 s: its locks are free again. The 4 replies to one look were "
        "sent at different moments. They still show a circle at 0.861 s, and p1 is sent back for nothing.",
        "every reported deadlock is one", 0.861, "coordinator decides: “These wait for each other",
        {"version": "coordinator"},
        "Knapp's survey of 1987 describes detectors that report such phantoms.",
        "https://doi.org/10.1145/45075.46163"),
    "done": Infamous(
        "Done, says the agent", "06", "htn version=eyes-shut until=4",
        "Alice asks for 4 actions. Each answer says that it could not be done, and at 2.322 s Alice reports "
        "that she is done.",
        "done only if the plan was carried out", 2.322, "alice: role is now done.", TEXTBOOK,
        "Checks that are missing or wrong: a kind of failure of teams of language models, Cemri and others, "
        "2025.",
        "https://arxiv.org/abs/2503.13657"),
}  # fmt: skip
