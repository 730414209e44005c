"""The same scenario gives the same trace, byte for byte, wherever it runs."""

import sys
from functools import cache

import pytest

from coordlab.patterns.bully import Election
from coordlab.world.agent import Agent
from coordlab.world.world import World
from tests import demos, sampling
from tests.auction import Bidder, auction, fingerprint
from tests.pythons import PROJECT, interpreters, pythons, run_python

SCRIPT = str(PROJECT / "tests" / "auction.py")


@pytest.mark.slow
def test_twice_in_one_process():
    assert fingerprint() == fingerprint()
    assert auction().branch().trace == auction().trace


def test_beside_other_worlds():
    alone = fingerprint()

    class Outer(Agent):
        async def run(self):
            self.inner = fingerprint()

    outer = World(seed=1).add(Outer("zoe"))
    outer.run()
    assert outer["zoe"].inner == alone == fingerprint()


def test_other_seeds_give_other_traces():
    run = auction()
    other = (
        World(seed=8, latency="exponential(0.03)").add(Bidder(name) for name in run.trace.agents).run(until=5)
    )
    assert other.trace.to_jsonl() != run.trace.to_jsonl()


@pytest.mark.slow
@pytest.mark.parametrize("seed", ["0", "1", "4711"])
def test_under_every_hash_seed(seed):
    told = run_python(sys.executable, SCRIPT, seed=seed)
    assert (told.stderr, told.stdout.strip()) == ("", fingerprint())


@pytest.mark.slow
def test_without_assertions():
    """-O changes nothing; -OO drops the sentences of messages, and their names stand for them."""
    told = run_python(sys.executable, "-O", SCRIPT)
    assert (told.stderr, told.stdout.strip()) == ("", fingerprint())
    said = "from coordlab.patterns.bully import Election; print(Election.says)"
    assert [run_python(sys.executable, flag, "-c", said).stdout.strip() for flag in ("-O", "-OO")] == [
        Election.says,
        "Election",
    ]


@pytest.mark.slow
@pytest.mark.parametrize("version", pythons())
def test_on_every_python(version):
    told = run_python(pythons()[version], SCRIPT, seed="random")
    assert (told.stderr, told.stdout.strip()) == ("", fingerprint())


@pytest.mark.slow
@pytest.mark.parametrize("version", interpreters(), ids=lambda version: ".".join(map(str, version)))
def test_every_demo_on_every_python_also_with_faults(version):
    """22 branches with random faults, or 200 with `--all`, each under another order of sets."""
    branches = 200 if sampling.whole else 22
    script = str(PROJECT / "tests" / "demos.py")
    told = run_python(interpreters()[version], script, str(branches), seed="random")
    assert (told.stderr, told.stdout.splitlines()) == ("", digests(branches))


@cache
def digests(branches):
    return demos.demos(branches).splitlines()
