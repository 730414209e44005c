"""The lab of weighted consensus: how much louder should the expert speak?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from coordlab.labs import declaration as lab
from coordlab.patterns.weighted import expected, pictures
from coordlab.patterns.weighted.agents import Expert, Moderator
from coordlab.patterns.weighted.checks import properties
from coordlab.patterns.weighted.lab_agents import PANELS, STATED, VERSIONS, Panelist
from coordlab.patterns.weighted.pictures import panel, strangers
from coordlab.patterns.weighted.rules import WEIGHTS
from coordlab.world.agent import Agent
from coordlab.world.dice import dice
from coordlab.world.world import World

PARAMETERS = (
    lab.Parameter("panel", "one-expert", presets=PANELS, group="Experts",
                  help="how often each expert is right: .9 and four of .6; two of .9 and three of .6; .95 "
                  "and four of .6; two of .6 and one of .1; or five of .7"),
    lab.Parameter("abstaining", 0.1, 0.0, 0.9, 0.1, group="Experts", help="how often an expert abstains"),
    lab.Parameter("copied", 0.0, 0.0, 1.0, 0.1, group="Experts",
                  help="the share of questions in which all repeat the first expert"),
    lab.Parameter("sybils", 0, 0, 10, 1, group="Experts",
                  help="how many unknown voters there are; they are always wrong"),
    lab.Parameter("questions", 30, 20, 100, 10, group="Moderator",
                  help="how many questions the moderator asks"),
    lab.Parameter("version", "textbook", choices=tuple(VERSIONS), group="Moderator",
                  help="stated believes how sure each says it is; open-door lets strangers weigh what "
                  "they like; counts-abstainers counts them as no; peeks learns from an answer before it "
                  "weighs it"),
    lab.Parameter("knowledge", "known", choices=("known", "learnt"), group="Moderator",
                  help="whether the moderator knows the competences, or learns them from the answers so far"),
    lab.Parameter("rule", "log_odds", choices=tuple(WEIGHTS), group="Moderator",
                  help="how a weight follows from a competence"),
    lab.Parameter("cap", 5.0, 0.5, 5.0, 0.5, group="Moderator", help="the largest weight of one voter"),
    lab.Parameter("strangers", 0.3, 0.0, 2.0, 0.1, group="Moderator", label="strangers' weight",
                  help="how much all unknown voters weigh together at most",
                  not_with={"version": ("open-door",)}),
    replace(lab.SLOWEST, high=0.2),
    lab.LOSS,
)  # fmt: skip


def _settings(given: lab.Parameters) -> dict[str, Any]:
    """Those of the moderator that its properties need, too."""
    learning = given["knowledge"] == "learnt" or given["version"] == "peeks"
    known = panel(given) if given["version"] != "stated" else dict.fromkeys(panel(given), STATED)
    return {
        "known": {} if learning else known,
        "learning": learning,
        "weigh": given["rule"],
        "cap": given["cap"],
    }


def build(roles: Mapping[str, type[Agent]], seed: int, **given: Any) -> World:
    """A moderator, experts and strangers, of the learner's classes if given."""
    world = lab.network(given, seed)
    shared = expected.OPEN_DOOR if given["version"] == "open-door" else given["strangers"]
    kind = roles.get("moderator", VERSIONS[given["version"]])
    how = {
        **_settings(given),
        "questions": given["questions"],
        "stranger": expected.UNKNOWN,
        "strangers": shared,
    }
    world.add(lab.fitting(kind, "moderator", **how))
    first, drawn = next(iter(panel(given).values())), dice(seed, "source")
    copied = {n: (drawn.random(), drawn.random()) for n in range(1, given["questions"] + 1)}
    sources = {n: right < first for n, (chance, right) in copied.items() if chance < given["copied"]}
    for name, p in panel(given).items():
        settings = {"competence": p, "reserve": given["abstaining"], "sources": sources}
        world.add(lab.fitting(roles.get("expert", Panelist), name, **settings))
    return world.add(Expert(name, competence=0.0) for name in strangers(given))


_FORTY = {"questions": 40, "abstaining": 0.0}
_RELIABLE: dict[str, Any] = {"loss": 0.0, "slowest": 0.05, "knowledge": "known", "copied": 0.0, "cap": 5.0}
_LEARNING: dict[str, Any] = {"knowledge": "learnt", "version": "textbook", "rule": "log_odds", "sybils": 0}
SPEC = lab.LabSpec(
    name="weighted",
    title="Weighted consensus",
    question="How much more should the vote of an expert weigh?",
    parameters=PARAMETERS,
    build=build,
    roles=(lab.Role("moderator", Moderator), lab.Role("expert", Panelist)),
    properties=lambda given: properties(**_settings(given), strangers=given["strangers"]),
    measures=(
        lab.Measure("share of right decisions", pictures.share_right, expected.share),
        lab.Measure("share of right decisions, last 20", pictures.share_of_the_last),
        lab.Measure("mean confidence", pictures.confidence),
        lab.Measure("Brier score", pictures.score),
        lab.Measure("messages in all", lambda trace: trace.count("send"), expected.messages),
    ),
    until=20.0,
    limits=lambda given: lab.Limits(lab.STORMY, hold=1.0, slow=0.3, over=5.0),
    lanes=lambda given: ("moderator", *panel(given), *strangers(given)),
    focus=lambda given: (0.0, 2.0),
    views=(
        lab.View("weights", "The weight of each voter, and the weight that a competence deserves.",
                 pictures.weights),
        lab.View("voices", "What each voter says, with which weight, and how often it was right.",
                 pictures.voices),
    ),
    figures=(
        lab.Figure("How much harm do unknown voters do who are always wrong?", x="sybils",
                   values=(0, 1, 2, 3, 5, 8), measure="share of right decisions",
                   theory={each: expected.curve(version=each) for each in ("textbook", "open-door")},
                   series={each: {"version": each} for each in ("textbook", "open-door")}, settings=_RELIABLE,
                   replications=30),
        lab.Figure("How soon are learnt weights as good as known ones?", x="questions",
                   values=(20, 40, 60, 100), measure="share of right decisions, last 20",
                   theory={"weights known": lab.Curve(expected.best, "most"),
                           "one vote each": lab.Curve(expected.equals, applies=lambda given: False)},
                   settings={**_RELIABLE, **_LEARNING}),
    ),
    schedules=(
        lab.Schedule("One vote each", "Look at the voices: how often is e1 right, and how often are all "
                     "together?",
                     {"panel": "outvoted-expert", "rule": "equal", **_FORTY, "seed": 1}),
        lab.Schedule("An open door", "Look at the weights of s1 to s8, and at who decides.",
                     {"version": "open-door", "sybils": 8, "questions": 40}),
        lab.Schedule("A liar among strangers", "Look at e3, who is nearly always wrong, and at what becomes "
                     "of its weight.",
                     {"panel": "liar", "knowledge": "learnt", **_FORTY, "seed": 2}),
    ),
    offers=lambda given: (
        lab.Offer("an expert crashes and comes back", "crash {agent} @{at}..{until}", tuple(panel(given))),
        lab.Offer("an expert answers too late", "slow {agent} 1.2 @{at}..{until}", tuple(panel(given))),
        lab.Offer("the moderator crashes and comes back", "crash moderator @{at}..{until}", (), 1.0),
    ),
    tones={"idle": "idle", "asking": "active", "thinking": "normal"},
    page="coordlab.patterns.weighted",
    chapter="05_weighted_consensus",
)  # fmt: skip
