"""Python in WebAssembly: the same scenario has the same trace, without any dependency."""

import hashlib
import json
import os
import pathlib
import shutil
import subprocess

import pytest

from coordlab.patterns.bully import demo
from tests.auction import fingerprint
from tests.conftest import missing
from tests.pythons import PROJECT

VERSION = "^314.0.6"
HERE = pathlib.Path(__file__).parent

PROGRAM = """
import asyncio, hashlib, json, sys
from coordlab.world.agent import Agent
from coordlab.world.world import World, BudgetError, Budget
from tests.auction import fingerprint
from tests.world.conformance import main

class Sleeper(Agent):
    async def run(self):
        await asyncio.sleep(60)

class Endless(Agent):
    async def run(self):
        while True:
            await asyncio.sleep(0)

before = asyncio.current_task()
World().add(Sleeper("zoe")).run()
stopped = ""
try:
    World(budget=Budget(instant=1000)).add(Endless("zoe")).run()
except BudgetError as error:
    stopped = str(error)
live = await World().add(Sleeper("zoe")).run_live(speed=6000)

from coordlab.patterns.bully import demo
heavy = sorted({"numpy", "matplotlib", "pandas", "networkx", "ipywidgets"} & set(sys.modules))
json.dumps({
    "auction": fingerprint(),
    "bully": hashlib.sha256(demo().trace.to_jsonl().encode()).hexdigest(),
    "wrong": main(),
    "clean": asyncio.current_task() is before,
    "stopped": "zoe was the busiest" in stopped,
    "live": len(live.trace),
    "heavy": heavy,
})
"""


@pytest.fixture(scope="session")
def pyodide(node: str) -> pathlib.Path:
    """The folder of the npm package of Pyodide, installed once for all test runs of a user."""
    caches = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    cache = pathlib.Path(caches) / "coordlab-tests-pyodide"
    home = cache / "node_modules" / "pyodide"
    npm = shutil.which("npm")
    if not (home / "pyodide.mjs").exists() and npm is not None:
        cache.mkdir(parents=True, exist_ok=True)
        command = [npm, "install", "--no-audit", "--no-fund", "--prefix", str(cache), f"pyodide@{VERSION}"]
        subprocess.run(command, check=False, capture_output=True, timeout=300)
    if not (home / "pyodide.mjs").exists():
        missing(f"Pyodide is not installed: npm install --prefix {cache} pyodide@{VERSION}")
    return home


@pytest.mark.whole
def test_the_same_trace_in_webassembly(node, pyodide):
    """Two runs, the conformance to asyncio, a budget and a live run have the same results as here."""
    command = [node, str(HERE / "run.mjs"), str(pyodide), str(PROJECT), PROGRAM]
    told = subprocess.run(command, check=False, capture_output=True, text=True, timeout=300)
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout) == {
        "auction": fingerprint(),
        "bully": hashlib.sha256(demo().trace.to_jsonl().encode()).hexdigest(),
        "wrong": 0,
        "clean": True,
        "stopped": True,
        "live": 1,
        "heavy": [],
    }, told.stderr
