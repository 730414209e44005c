"""Properties of a run: what should always, eventually or sometimes hold, judged on its trace alone.

    one_leader = always("one leader", lambda now: len(now.where("role", "leads")) <= 1)
    one_leader(run.trace)        # a Verdict: holds, violated or undecided

`always`, `sometimes` and `eventually` take a predicate of a `Moment`; `never` a function of one event;
`leads_to` obligations that must be closed in time; and `safety` a generator, for a rule about events that
has something to remember.  Each property reads the trace once.
"""

from coordlab.properties.moment import Moment, changes, moments
from coordlab.properties.obligations import Begun, leads_to
from coordlab.properties.predicates import Predicate, always, disturbs, eventually, sometimes
from coordlab.properties.records import on_record, once, recorded
from coordlab.properties.verdicts import (
    HOLDS,
    UNDECIDED,
    VIOLATED,
    Objection,
    Property,
    Verdict,
    never,
    safety,
)

__all__ = [
    "HOLDS",
    "UNDECIDED",
    "VIOLATED",
    "Begun",
    "Moment",
    "Objection",
    "Predicate",
    "Property",
    "Verdict",
    "always",
    "changes",
    "disturbs",
    "eventually",
    "leads_to",
    "moments",
    "never",
    "on_record",
    "once",
    "recorded",
    "safety",
    "sometimes",
]
