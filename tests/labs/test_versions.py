"""What each version of a lab breaks can be seen: by itself, or in one of the runs worth trying."""

import pytest

from coordlab import labs
from coordlab.labs.lab import Lab

SOUND = {
    "bully": ["skip-silent"],
    "bus": ["at-most-once"],
    "contract_net": ["planned"],
    "counter": ["compare-and-set", "one-message"],
    "crew": ["sequential", "hierarchical"],
    "deadlock": ["probes", "time-out", "order"],
    "rogue": ["no-checks"],
    "topology": ["mesh", "star", "bus", "gossip"],
}
"""Those that break no property: other ways of the pattern, with other costs."""
NEEDS = {("voting", "no-quorum"): {"crashed": 8}}
"""Settings in which a version breaks something, as its help says, where no run worth trying shows it."""


def broken(lab: Lab) -> bool:
    return any(each.status == "violated" for each in lab.verdicts)


def shown(name: str, version: str, usual: str) -> bool:
    """Whether a run of the lab breaks something with this version, and nothing with the usual one."""
    spec = labs.spec(name)
    tried = [Lab(spec), Lab(spec).set(**NEEDS.get((name, version), {}))]
    tried += [Lab(spec).try_out(each.title) for each in spec.schedules]
    return any(broken(lab.set(version=version)) and not broken(lab.set(version=usual)) for lab in tried)


@pytest.mark.parametrize("name", labs.NAMES)
def test_a_version_breaks_what_the_usual_one_keeps_or_is_declared_sound(name: str) -> None:
    (version,) = (each for each in labs.spec(name).parameters if each.name == "version")
    usual, *others = sorted(version.choices, key=lambda each: each != version.default)
    assert [each for each in others if not shown(name, each, str(usual))] == SOUND.get(name, [])
