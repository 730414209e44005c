"""Chapter 05: correct answers, and wrong ones with the check that is to catch each."""

from __future__ import annotations

from fractions import Fraction
from math import exp, log

# --- a ---------------------------------------------------------------------------------------------------


def panel(variant, weigh=lambda p: log(p / (1 - p)), liar=1, sure=abs):
    ann, bob, cat, false = (weigh(variant[name]) for name in ("ann", "bob", "cat", "liar"))
    lead = ann - bob - cat + liar * false
    return ann, lead, 1 / (1 + exp(-sure(lead)))


def rounded(variant):
    return [round(each, 4) for each in panel(variant)]


def by_competence(variant):
    return panel(variant, weigh=lambda p: p)


def by_tens(variant):
    return panel(variant, weigh=lambda p: log(p / (1 - p)) / log(10))


def by_odds(variant):
    return panel(variant, weigh=lambda p: p / (1 - p))


def the_liar_helps(variant):
    return panel(variant, liar=-1)


def the_liar_is_ignored(variant):
    return panel(variant, liar=0)


def double_sure(variant):
    return panel(variant, sure=lambda lead: 2 * abs(lead))


# --- b ---------------------------------------------------------------------------------------------------


def house(variant, cap=True, share=True, half_of_all=False, quorum=True, present="all", tie="tie"):
    """A function by these rules."""

    def answer(votes, weights):
        most = variant["cap"] if cap else 1000
        capped = {name: min(most, weight) for name, weight in weights.items()}
        voting = [name for name in votes if name in capped and (present == "all" or votes[name] != "abstain")]
        if quorum and sum(capped[name] for name in voting) * 100 < variant["quorum"] * sum(capped.values()):
            return "no_quorum"
        unknown = [name for name in votes if name not in capped and votes[name] != "abstain"]
        for name in unknown:
            capped[name] = Fraction(variant["strangers"], len(unknown) if share else 1)
        yes = sum(capped[name] for name in votes if votes[name] == "yes")
        no = sum(capped[name] for name in votes if votes[name] == "no")
        if half_of_all:
            no = sum(capped[name] for name in votes if name in capped) - yes
        return tie if yes == no else "accepted" if yes > no else "rejected"

    return answer


def in_floats(variant):
    def answer(votes, weights):
        cap, found = variant["cap"], {}
        for name in weights:
            found[name] = float(min(cap, weights[name]))
        total, here = sum(found.values()), sum(found[name] for name in votes if name in found)
        unknown = sum(1 for name in votes if name not in weights and votes[name] != "abstain")
        lead = 0.0
        for name, choice in votes.items():
            weight = found[name] if name in found else variant["strangers"] / max(1, unknown)
            lead += weight * ((choice == "yes") - (choice == "no"))
        if here / total * 100 < variant["quorum"] - 1e-9:
            return "no_quorum"
        return "tie" if abs(lead) < 1e-9 else ["rejected", "accepted"][lead > 0]

    return answer


def always_accepted(variant):
    return lambda votes, weights: "accepted"


def counts_heads(variant):
    rule = house(variant)
    return lambda votes, weights: rule(votes, dict.fromkeys(weights, 1))


def half_of_all(variant):
    return house(variant, half_of_all=True)


def no_cap(variant):
    return house(variant, cap=False)


def each_stranger_has_all(variant):
    return house(variant, share=False)


def no_quorum_needed(variant):
    return house(variant, quorum=False)


def abstentions_are_absent(variant):
    return house(variant, present="clear")


def ties_are_no(variant):
    return house(variant, tie="rejected")


def stops(variant):
    return lambda votes, weights: votes["nobody"]


# --- c ---------------------------------------------------------------------------------------------------


def fading(variant, fade=None, trust=None, from_start=False, silent="skip", sign=1, weigh=None):
    """A function by these rules."""
    share = variant["fade"] / 100 if fade is None else fade
    prior = variant["trust"] if trust is None else trust

    def answer(rounds, votes):
        lead = 0.0
        for name, choice in votes.items():
            right = wrong = 0.0
            count = 1.0
            for each in rounds if from_start else rounds[::-1]:
                said = each["votes"].get(name, "abstain")
                if said == "abstain" and silent == "pause":
                    continue
                if said == each["truth"]:
                    right += count
                elif said != "abstain" or silent == "wrong":
                    wrong += count
                count *= share
            p = (right + prior / 2) / (right + wrong + prior)
            weight = weigh(p) if weigh else log(p / (1 - p))
            lead += weight * ((choice == "yes") - (choice == "no"))
        return 1 / (1 + exp(-sign * lead))

    return answer


def by_products(variant):
    def answer(rounds, votes):
        odds = 1.0
        for name in votes:
            right = wrong = variant["trust"] / 2
            for place, each in enumerate(rounds):
                count = (variant["fade"] / 100) ** (len(rounds) - 1 - place)
                said = each["votes"].get(name)
                right += count if said == each["truth"] else 0
                wrong += count if said in ("yes", "no") and said != each["truth"] else 0
            odds *= {"yes": right / wrong, "no": wrong / right}.get(votes[name], 1.0)
        return odds / (1 + odds)

    return answer


def never_fades(variant):
    return fading(variant, fade=1.0)


def fades_the_new(variant):
    return fading(variant, from_start=True)


def no_prior(variant):
    return fading(variant, trust=1e-9)


def the_probability_of_no(variant):
    return fading(variant, sign=-1)


def linear(variant):
    return fading(variant, weigh=lambda p: p)


def silence_is_wrong(variant):
    return fading(variant, silent="wrong")


def silence_stops_the_clock(variant):
    return fading(variant, silent="pause")


def a_coin(variant):
    return lambda rounds, votes: 0.5


CORRECT = {"05a": (panel, rounded), "05b": (house, in_floats), "05c": (fading, by_products)}
MUTANTS = {
    "05a": {
        by_competence: "the weight",
        by_tens: "the weight",
        by_odds: "the weight",
        the_liar_helps: "the lead",
        the_liar_is_ignored: "the lead",
        double_sure: "the confidence",
    },
    "05b": {
        always_accepted: "the heavier side wins",
        stops: "the heavier side wins",
        counts_heads: "the heavier side wins",
        ties_are_no: "the heavier side wins",
        half_of_all: "abstentions count for the quorum only",
        abstentions_are_absent: "abstentions count for the quorum only",
        no_cap: "no more than the cap",
        each_stranger_has_all: "strangers share",
        no_quorum_needed: "no quorum",
    },
    "05c": {
        a_coin: "one graded answer",
        no_prior: "one graded answer",
        linear: "one graded answer",
        the_probability_of_no: "one graded answer",
        never_fades: "older answers fade",
        fades_the_new: "older answers fade",
        silence_is_wrong: "silence leaves no record",
        silence_stops_the_clock: "silence leaves no record",
    },
}
