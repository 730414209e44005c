"""Chapter 05, weighted consensus: a liar's yes; a cap, strangers and a quorum; a memory that fades."""

from __future__ import annotations

from collections.abc import Mapping
from math import exp, fsum
from typing import TYPE_CHECKING, Any

from coordlab.exercises.answers import Numbers
from coordlab.exercises.functions import Function
from coordlab.exercises.part import Check, Variant
from coordlab.patterns.weighted.rules import log_odds
from coordlab.trace.scenario import Value

if TYPE_CHECKING:
    from random import Random

NAMES = ("ann", "bob", "cat", "dan", "eve", "finn", "gus")
STRANGERS = ("x1", "x2", "x3", "x4")

# --- a: what a liar's yes is worth -----------------------------------------------------------------------


def draw_panel(dice: Random) -> dict[str, Value]:
    """An expert, two others and a liar, in per mille, so that the result is not close to a tie."""
    while True:
        expert, bob, cat = dice.randint(760, 940), dice.randint(600, 740), dice.randint(600, 740)
        found = {"ann": expert, "bob": bob, "cat": cat, "liar": dice.randint(120, 400)}
        variant: dict[str, Value] = {name: each / 1000 for name, each in found.items()}
        if abs(worth(variant)[1]) > 0.2:
            return variant


def worth(variant: Variant) -> tuple[float, ...]:
    """The weight of the expert, the lead of yes if she and the liar say yes, and the confidence then."""
    ann, bob, cat, liar = (log_odds(float(variant[name])) for name in ("ann", "bob", "cat", "liar"))
    lead = ann - bob - cat + liar
    return ann, lead, 1 / (1 + exp(-abs(lead)))


# --- b: a cap, strangers and a quorum --------------------------------------------------------------------


def draw_rules(dice: Random) -> dict[str, Value]:
    """The cap, what strangers weigh together, and the quorum in per cent."""
    return {
        "cap": dice.randint(3, 6),
        "strangers": dice.randint(1, 3),
        "quorum": dice.randint(50, 80),
    }


def result(variant: Variant, votes: Mapping[str, str], weights: Mapping[str, int], mistake: str = "") -> str:
    """The outcome by the rules of the variant, or with a mistake in one of them."""
    cap = 100 if mistake == "no cap" else int(variant["cap"])
    known = {name: min(weight, cap) for name, weight in weights.items()}
    clear = [name for name, choice in votes.items() if choice != "abstain"]
    here = sum(known.get(name, 0) for name in (clear if mistake == "absent" else votes))
    if mistake != "no quorum" and 100 * here < int(variant["quorum"]) * sum(known.values()):
        return "no_quorum"
    unknown = [name for name in clear if name not in known]
    share = int(variant["strangers"]) / (max(1, len(unknown)) if mistake != "each has all" else 1)
    leads = {"yes": 1, "no": -1, "abstain": -1 if mistake == "half of all" else 0}
    lead = fsum(leads[choice] * known.get(name, share) for name, choice in votes.items())
    return "tie" if abs(lead) < 1e-9 else "accepted" if lead > 0 else "rejected"


def _votes(dice: Random, choices: str, strangers: int) -> tuple[dict[str, str], dict[str, int]]:
    """Votes of known voters, and of strangers; y, n, a, or - for nothing."""
    names = NAMES[: dice.randint(3, 6)]
    weights = {name: dice.randint(1, 9) for name in names}
    words = {"y": "yes", "n": "no", "a": "abstain"}
    said = {name: dice.choice(choices) for name in names}
    said |= {name: dice.choice("yn") for name in STRANGERS[:strangers]}
    return {name: words[each] for name, each in said.items() if each != "-"}, weights


MISTAKES = {  # in what a check is about; how members vote, and the most strangers
    "the heavier side wins": ((), "yn", 0),
    "abstentions count for the quorum only": (("half of all", "absent"), "ynaa-", 0),
    "no more than the cap": (("no cap",), "yn", 0),
    "strangers share": (("each has all",), "yna", 4),
    "no quorum": (("no quorum",), "yna---", 2),
}


def panel(check: str, variant: Variant, dice: Random) -> tuple[Any, ...]:
    """Votes and weights for which the mistake that a check is about matters."""
    mistakes, choices, strangers = MISTAKES[check]
    wrong, wanted = dice.choice(mistakes or ("",)), dice.choice(("accepted", "rejected", "tie"))
    if check == "no quorum":
        wanted = "no_quorum"
    elif wrong == "half of all":
        wanted = dice.choice(("accepted", "tie"))  # that mistake favours no
    while True:
        votes, weights = _votes(dice, choices, dice.randint(0, strangers))
        differs = not wrong or result(variant, votes, weights, wrong) != wanted
        plain = wrong == "no cap" or result(variant, votes, weights, "no cap") == wanted
        if result(variant, votes, weights) == wanted and differs and plain:
            return votes, weights


# --- c: a memory that fades ------------------------------------------------------------------------------


def draw_memory(dice: Random) -> dict[str, Value]:
    """How much a round counts for that is one older, in per cent, and how many answers a prior counts for."""
    return {"fade": dice.randrange(60, 96), "trust": dice.choice((1, 2, 3, 4, 6))}


def learnt(variant: Variant, rounds: list[dict[str, Any]], votes: Mapping[str, str]) -> float:
    """The probability that yes is right, by these votes and what was graded before."""
    fade, trust = float(variant["fade"]) / 100, float(variant["trust"])
    leads = [0.0]
    for name, choice in votes.items():
        right = wrong = trust / 2
        for age, each in enumerate(reversed(rounds)):
            said = each["votes"].get(name, "abstain")
            right += fade**age * (said == each["truth"])
            wrong += fade**age * (said not in (each["truth"], "abstain"))
        leads.append({"yes": 1, "no": -1, "abstain": 0}[choice] * log_odds(right / (right + wrong)))
    return 1 / (1 + exp(-fsum(leads)))


def memory(check: str, _: Variant, dice: Random) -> tuple[Any, ...]:
    """Rounds that were graded, the oldest first, and votes on the next question."""
    many = 1 if check == "one graded answer" else dice.randint(3, 6)
    words = ("yes", "no", "abstain") if check == "silence leaves no record" else ("yes", "no")
    names = NAMES[: dice.randint(2, 4)]

    def said(likely: str) -> dict[str, str]:
        chosen = {name: likely if dice.random() < 0.5 else dice.choice(words) for name in names}
        gone = dice.choice(names) if "abstain" in words else ""
        return {name: each for name, each in chosen.items() if name != gone}

    truths = [dice.choice(("yes", "no")) for _ in range(many)]
    rounds = [{"truth": truth, "votes": said(truth)} for truth in truths]
    votes = {**said(dice.choice(words)), NAMES[0]: "no"}
    if "abstain" in words:
        votes |= {"new": dice.choice(("yes", "no")), dice.choice(names): "abstain"}
    return rounds, votes


PARTS = (
    Numbers(
        "05a", "What a liar's yes is worth",
        "A panel of four: ann is right with probability {ann}, bob with {bob}, cat with {cat}, and a liar "
        "with {liar}. Each weighs the logarithm of its odds. Ann and the liar say yes, bob and cat say no. "
        "Write three numbers, with four decimals: the weight of ann; by how much the weights lead for yes, "
        "below zero if they lead for no; and the confidence, the probability that the result is right if yes "
        "and no were equally likely before.",
        10,
        (
            Check("the weight", 1.0, hints=(
                "What are the odds of a voter that is right in p of all cases?",
                "The weight is the natural logarithm of p / (1 - p).",
                "0.8: odds of 4 to 1, a weight of ln 4 = 1.3863.")),
            Check("the lead", 0.5, hints=(
                "Is the weight of the liar above or below zero?",
                "Add the weights of those who say yes, and take away those who say no, each with its sign.",
                "A liar of 0.2 weighs -1.3863, so its yes takes 1.3863 away from yes.")),
            Check("the confidence", 0.5, hints=(
                "The lead is the logarithm of the odds of yes. What is the probability?",
                "The result is the side that leads, so the confidence is at least one half.",
                "A lead of -0.5: the result is no, and 1 / (1 + exp(-0.5)) = 0.6225.")),
        ),
        draw_panel, right=worth, within=0.0005,
    ),
    Function(
        "05b", "A cap, strangers and a quorum",
        "A house decides by weight. Write answer_05b(votes, weights): votes maps names to \"yes\", \"no\" or "
        "\"abstain\", weights maps each member to a number above 0, and it returns \"accepted\", "
        "\"rejected\", \"tie\" or \"no_quorum\". A member weighs at most {cap}. There is no quorum if the "
        "members that vote, abstentions included, have less than {quorum} of 100 of the weight of all "
        "members, each capped. Strangers, who vote but have no weight, count for no quorum. Those strangers "
        "who say yes or no weigh {strangers} together, in equal parts. An abstention has no part in the "
        "decision. Sums that differ by less than a billionth are equal.",
        25,
        (
            Check("the heavier side wins", 1.0, hints=(
                "What is compared with what: the weight of yes with that of no, or with half of all?",
                "Add up both sides, and compare them; equal sides are a tie.",
                "yes 5 + 2 against no 4 + 3: a tie.")),
            Check("abstentions count for the quorum only", 0.75, hints=(
                "Where does an abstention appear in your sums?",
                "In the weight of those who vote; not in yes, no, or what yes is compared with.",
                "yes 3, no 2, abstain 6: accepted.")),
            Check("no more than the cap", 0.75, hints=(
                "Where is the weight of one member limited, and where is the weight of all?",
                "Cap first; then both the decision and the quorum use capped weights.",
                "With a cap of 2: yes 9 against no 2 is a tie, as min(9, 2) = 2.")),
            Check("strangers share", 0.75, hints=(
                "How many strangers share, and in what?",
                "Only those who say yes or no share; their number is known before the sums are made.",
                "Three strangers share 3: one each, so two yes and one no lead by 1.")),
            Check("no quorum", 0.75, hints=(
                "Whose weight counts as present, and of what is it a share?",
                "Members only: those in votes against all in weights.",
                "Weights 2, 3 and 5, of which 5 votes: half of all, so a quorum of 50 is there.")),
        ),
        draw_rules, lines=16, right=result, case=panel,
    ),
    Function(
        "05c", "A memory that fades",
        "The members of a panel change, so old answers should count less. Write answer_05c(rounds, votes): "
        "rounds is a list, the oldest first; each is a dict with the truth (\"yes\" or \"no\") and the "
        "votes, by name. It returns the probability that yes is right, a number, for the new votes, if both "
        "were equally likely before. The last round counts 1, and each round {fade} of 100 of the one after "
        "it. A voter's competence is (right + {trust} / 2) / (right + wrong + {trust}), with the sums of "
        "what its right and its wrong answers count. An abstention, or nothing, is neither. Weights are "
        "logarithms of odds.",
        35,
        (
            Check("one graded answer", 1.5, hints=(
                "What is the competence of a voter with one right answer, and of one without any?",
                "Competence, then weight, then the sum with the sign of the vote, then the probability.",
                "With 2 in place of your number: (1 + 1) / (1 + 2) = 2/3, a weight of ln 2.")),
            Check("older answers fade", 1.5, hints=(
                "How old is the last round, and how old is the first?",
                "Go through the rounds from the end, and multiply the count by the share each time.",
                "With 50: three right answers count 1 + 0.5 + 0.25 = 1.75.")),
            Check("silence leaves no record", 1.0, hints=(
                "What does your function do with a name that is missing in a round?",
                "Nothing is added for it; the round still makes the ones before it older.",
                "Right, silent, right, with 50: 0.25 + 1 = 1.25.")),
        ),
        draw_memory, lines=17, right=learnt, case=memory,
    ),
)  # fmt: skip
