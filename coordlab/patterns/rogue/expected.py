"""What theory expects of a run of the lab of rogue agents, and when it says nothing."""

from __future__ import annotations

from math import ceil

from coordlab.labs import declaration as lab
from coordlab.patterns.rogue import theory
from coordlab.patterns.rogue.pictures import answered, convictions
from coordlab.patterns.rogue.trust import SequentialTest
from coordlab.trace.trace import FAULT, NOTE, Trace

HONEST = 8.0  # virtual seconds after which the rogues behave again


def sequential(given: lab.Parameters) -> SequentialTest:
    """The test that convicts and clears."""
    return SequentialTest(false_alarm=given["error"], miss=given["error"])


def names(given: lab.Parameters) -> tuple[str, ...]:
    """The members."""
    return lab.numbered("w", given["members"])


def faults(given: lab.Parameters) -> tuple[str, ...]:
    """The first members are rogue."""
    share = "" if given["share"] == 1 else f" {given['share']:g}"
    rogues = names(given)[: given["rogues"]]
    return tuple(f"rogue {name} {given['kind']}{share} @0..{HONEST:g}" for name in rogues)


def masked(given: lab.Parameters, rogues: float) -> bool:
    """Whether the pool has reviewers enough to mask so many rogues."""
    voices = given["members"] - bool(given["removal"])
    return bool(rogues <= min(given["faulty"], (voices - 2) // 2))


def at_most_all(given: lab.Parameters, rogues: float) -> float:
    """How many wrong answers are accepted at most: none while the rogues are masked."""
    return 0.0 if masked(given, rogues) else float(given["tasks"])


def _strange(given: lab.Parameters, trace: Trace) -> bool:
    """Whether a fault strikes beside those that the lab comes with."""
    own = faults(given)
    return any(str(event.data) not in own for event in trace.select(kind=FAULT))


def nothing_wrong(given: lab.Parameters, trace: Trace) -> lab.Theory:
    """No wrong answer is accepted while rogues are masked, and reviewers see every error."""
    judges = given["competence"] < 1 and given["version"] == "textbook"
    reasons = {
        "nobody reviews": given["version"] == "no-reviews",
        "there are more rogues than reviews can mask": not masked(given, given["rogues"]),
        "reviewers miss errors": given["sensitivity"] < 1,
        "honest members may be isolated": judges,
        "another fault strikes": _strange(given, trace),
    }
    return lab.Theory(0, unless=lab.why_not(reasons))


def checks(given: lab.Parameters, trace: Trace) -> lab.Theory | None:
    """So many wrong answers in a row convict."""
    if given["version"] == "no-checks" or not given["rogues"] or given["competence"] < 1:
        return None
    test = sequential(given)
    _, high = theory.bounds(test.false_alarm, test.miss)
    reasons = {
        "a rogue is right at times": given["share"] < 1 or given["kind"] == "random",
        "not all rogues are convicted before the work is over": len(convictions(trace)) < given["rogues"],
        "another fault strikes": _strange(given, trace),
    }
    expected = ceil(high / theory.ratio(0, 1, test.honest, test.rogue))
    return lab.Theory(float(expected), unless=lab.why_not(reasons))


def until_conviction(given: lab.Parameters, share: float) -> float:
    """The mean number of checks until one that is wrong in a share of answers is convicted.

    It is tested again as often as a test clears it.
    """
    convicts, mean = theory.sprt(1 - share, false_alarm=given["error"], miss=given["error"])
    return mean / convicts


def let_through(given: lab.Parameters, sensitivity: float) -> float:
    """The share of accepted answers that are wrong, though nobody is rogue."""
    most = given["faulty"]
    return theory.accepted_wrong(given["competence"], sensitivity, 0.0, theory.to_mask(most), most + 1)


def honest_are_trusted(given: lab.Parameters, trace: Trace) -> lab.Theory | None:
    """Who is always right is never isolated; None if the honest err."""
    strange = lab.why_not({"another fault strikes": _strange(given, trace)})
    return None if given["competence"] < 1 else lab.Theory(0, unless=strange)


def messages(given: lab.Parameters, trace: Trace) -> lab.Theory | None:
    """The cost if each answer is approved at once; None where that cannot be."""
    err = given["rogues"] or given["competence"] < 1 or not masked(given, given["faulty"])
    if err or given["removal"] or given["version"] == "no-reviews":
        return None
    done = trace.count("Checked", kind=NOTE)
    reasons = {
        "another fault strikes": _strange(given, trace),
        "the run ends before the work is done": len(answered(trace)) < given["tasks"],
    }
    return lab.Theory(theory.messages(given["tasks"], given["faulty"], done), unless=lab.why_not(reasons))
