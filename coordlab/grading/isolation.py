"""Runs a stranger's answer in a process of its own, with limits, and checks what it writes.

With `bwrap` (bubblewrap) or `unshare` the process has no network and sees no other process; with `bwrap` it
sees no file but Python and this package either.  Started by root, it runs as another user.
"""

from __future__ import annotations

import json
import os
import selectors
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import coordlab
from coordlab.exercises.functions import Returned
from coordlab.exercises.judging import Opinion
from coordlab.exercises.part import ExerciseError, Part, Variant
from coordlab.exercises.practice import Practice
from coordlab.grading.verify import ImpossibleTrace, Puppet, check_possible
from coordlab.trace.files import read_trace
from coordlab.trace.scenario import Scenario
from coordlab.trace.trace import Trace, TraceError, line_of_row
from coordlab.world.dice import dice
from coordlab.world.run import Run
from coordlab.world.source import Attempt
from coordlab.world.world import World

PROGRAM = ("-P", "-m", "coordlab.grading.child")
NOBODY = 65534
ONE_OF = 8  # runs with faults, one has an agent that runs again alone
ENDING = 0.5  # seconds that a process gets to end by itself
INSIDE = "/tmp"  # noqa: S108  (an empty folder within bwrap)


@dataclass(frozen=True)
class Limits:
    """What the process of an answer may use.

    wall: seconds to wait for one run: one that takes longer hangs.
    cpu: seconds for one answer, all its runs together.
    memory: bytes.
    output: bytes that it may write for one run.
    all_wall, all_output: the same for all its runs together.
    """

    wall: float = 20.0
    cpu: int = 40
    memory: int = 1_000_000_000
    output: int = 5_000_000
    all_wall: float = 120.0
    all_output: int = 300_000_000


class Stopped(ExerciseError):
    """An answer that was stopped: it hung, crashed, or used too much."""


@cache
def shelter() -> tuple[str, ...]:
    """The command that keeps a process from the network and from files, as far as this system has one."""
    prefix, package = sys.prefix, str(Path(coordlab.__file__).parent)  # not the checkout: it has solutions
    places = dict.fromkeys((prefix, sys.base_prefix, package))
    system = (each for each in ("/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache") if Path(each).exists())
    binds = [part for each in (*system, *places) for part in ("--ro-bind", each, each)]
    bwrap = ("bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--dev", "/dev")
    tried = (*bwrap, "--tmpfs", INSIDE, *binds, "--chdir", INSIDE)  # a checkout may be in /tmp
    for command in (tried, ("unshare", "--net", "--ipc", "--map-root-user", "--user")):
        if shutil.which(command[0]):
            works = subprocess.run((*command, "true"), capture_output=True, check=False)  # noqa: S603
            if works.returncode == 0:
                return command
    return ()


@cache
def other_user(shelter: tuple[str, ...]) -> int | None:
    """As whom the process runs if we are root; None: as we do, for no other user can run this Python."""
    if os.name != "posix" or os.getuid() != 0:
        return None
    command = (*shelter, sys.executable, "-P", "-c", "import coordlab")
    try:
        works = subprocess.run(command, capture_output=True, check=False, env=_environment(), user=NOBODY)  # noqa: S603
    except OSError:
        return None
    return None if works.returncode else NOBODY


def _environment() -> dict[str, str]:
    package = str(Path(coordlab.__file__).parents[1])
    return {"PYTHONPATH": package, "PYTHONHASHSEED": "0", "PATH": os.defpath, "HOME": INSIDE}


def warning() -> str:
    """What this system cannot keep from a submission, in a sentence; or ""."""
    as_root = os.name == "posix" and os.getuid() == 0 and other_user(shelter()) is None
    if shelter()[:1] == ("bwrap",):
        remedy = "grade as a user other than root, or with a Python that every user may run"
        return f"the number of processes that a submission starts is not limited here: {remedy}." * as_root
    lacks = "files are not" if shelter() else "neither network nor files are"
    if as_root:
        lacks = f"they run as root, and {lacks}"
    remedy = "install bubblewrap (apt install bubblewrap), or use a container"
    return f"{lacks} kept from submissions here: {remedy}."


class Isolated:
    """An answer in a process of its own.

    part, variant: what was asked.
    source: the definitions of the answer.
    secret: decides which agents run again alone, and in which runs (see `alone`).

    `value` is the answer if it is data, "" for code that is run, and ... if there is none; `problem`
    says why what is there cannot be judged.  Raises Stopped if the process ends, or hangs.
    """

    def __init__(
        self, part: Part, variant: Variant, source: str, limits: Limits = Limits(), secret: str = ""
    ) -> None:
        self.part, self.variant, self.limits, self.secret = part, variant, limits, secret
        self.waited, self.written = 0.0, 0
        self.folder = tempfile.TemporaryDirectory(prefix="coordlab-answer-")
        self.process = self._started()
        first = self._asked({"part": part.id, "variant": dict(variant), "source": source})
        self.problem = str(first.get("problem") or "")[:2000]
        self.value: Any = first.get("value", ...)

    def _started(self) -> subprocess.Popen[bytes]:
        user = other_user(shelter())
        Path(self.folder.name).chmod(0o777)  # for a user of its own
        return subprocess.Popen(  # noqa: S603
            (*shelter(), sys.executable, *PROGRAM),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=self.folder.name,
            env=_environment(),
            user=user,
            group=user,
            extra_groups=None if user is None else (),
            preexec_fn=self._limit if os.name == "posix" else None,  # noqa: PLW1509  (no threads here)
            start_new_session=True,
        )

    def _limit(self) -> None:
        """Set the limits of the process, in it, before it starts."""
        import resource

        limits = self.limits
        for what, most in (
            (resource.RLIMIT_CPU, limits.cpu),
            (resource.RLIMIT_AS, limits.memory),
            (resource.RLIMIT_FSIZE, 1_000_000),
            (resource.RLIMIT_NOFILE, 256),
            (resource.RLIMIT_CORE, 0),
        ):
            resource.setrlimit(what, (most, most))
        if os.getuid() == NOBODY:  # of anybody else there may be many already
            resource.setrlimit(resource.RLIMIT_NPROC, (64, 64))

    def attempts(self, scenarios: Sequence[Scenario]) -> Iterator[Attempt]:
        """What becomes of each scenario.  Raises Stopped if the process ends, or hangs."""
        return map(self._attempt, scenarios)

    def _attempt(self, scenario: Scenario) -> Attempt:
        reply = self._asked(str(scenario))
        problem = str(reply.get("problem") or "")[:2000]
        world = self._puppets(scenario)
        if "trace" not in reply:
            return Attempt(scenario, World(scenario.seed).run(0.0), problem or "the answer did not run")
        try:
            trace = read_trace(str(reply["trace"]))
            if not problem and trace.until != float(scenario.until or 0):
                raise ImpossibleTrace(f"the run ended at {trace.until:g} s")
            check_possible(trace, world)
        except (TraceError, ImpossibleTrace) as error:
            raise Stopped(f"it reported a run that cannot have happened: {error}") from None
        if not problem:
            self._check_alone(trace, scenario)
        return Attempt(scenario, Run(trace, world, trace.until), problem)

    def opinions(self, traces: Sequence[str]) -> Iterator[Opinion]:
        """What a property says of each trace.  Raises Stopped if the process ends, or hangs."""
        return map(self._opinion, traces)

    def _opinion(self, trace: str) -> Opinion:
        reply = self._asked(trace)
        because, problem = (str(reply.get(each) or "")[:2000] for each in ("because", "problem"))
        return Opinion(reply.get("rejects") is True, because, problem)

    def _check_alone(self, trace: Trace, scenario: Scenario) -> None:
        """Let one agent run once more, alone: without faults always, else in one run of a few."""
        own = dice("alone", self.secret, str(scenario))
        if scenario.faults and own.randrange(ONE_OF):
            return
        name = own.choice(trace.agents)
        reply = self._asked({"alone": name})
        found = [[seq, line_of_row(row)] for seq, row in enumerate(trace.rows) if row[2] == name]
        if reply.get("acted") != found:
            raise Stopped(
                f"{name} acts otherwise when it runs alone with the messages that it got: agents may share "
                "nothing but messages. Keep what an agent knows in self, and draw from self.dice only."
            )

    def returned(self, arguments: Sequence[Any]) -> Returned:
        """What a function returns, as plain data.  Raises Stopped if the process ends, or hangs."""
        reply = self._asked(list(arguments))
        problem = "" if "value" in reply else str(reply.get("problem") or "it returned nothing")
        return Returned(reply.get("value"), problem[:2000])

    def _puppets(self, scenario: Scenario) -> World:
        """A world of puppets in place of the answer's agents."""
        assert isinstance(self.part, Practice)
        return self.part.source(Puppet, self.variant).world(scenario)

    # --- talking to the process --------------------------------------------------------------------

    def _asked(self, order: object) -> dict[str, Any]:
        """Send an order, and wait for the reply."""
        began = time.monotonic()
        self.deadline = began + min(self.limits.wall, self.limits.all_wall - self.waited)
        self._write(json.dumps(order).encode() + b"\n")
        head = self._read_line()
        size = int(head) if head.isdigit() else self._fail("it wrote something other than a run")
        if size > self.limits.output:
            self._fail(f"its run has {size:,} bytes, more than {self.limits.output:,}: it acts too often")
        self.written += size
        if self.written > self.limits.all_output:
            self._fail(f"its runs have more than {self.limits.all_output:,} bytes: it acts too often")
        content = self._read(size)
        self.waited += time.monotonic() - began
        try:
            reply = json.loads(content)
        except (ValueError, RecursionError):
            reply = None
        return reply if isinstance(reply, dict) else self._fail("it wrote something other than a run")

    def _write(self, content: bytes) -> None:
        """Send bytes; stops the process when its time is over, for it may not read them."""
        assert self.process.stdin is not None
        descriptor = self.process.stdin.fileno()
        os.set_blocking(descriptor, False)
        with selectors.DefaultSelector() as selector:
            selector.register(descriptor, selectors.EVENT_WRITE)
            while content:
                self._wait(selector)
                try:
                    content = content[os.write(descriptor, content) :]
                except BrokenPipeError:
                    self._fail("it crashed")

    def _wait(self, selector: selectors.BaseSelector) -> None:
        """Wait for the process, until its time is over."""
        left = self.deadline - time.monotonic()
        if left <= 0 or not selector.select(left):
            self._fail(f"it hung: {min(self.limits.wall, self.limits.all_wall):g} s were over")

    def _read_line(self) -> bytes:
        line = b""
        while not line.endswith(b"\n"):
            line += self._read(1)
            if len(line) > 20:
                self._fail("it wrote something other than a run")
        return line.strip()

    def _read(self, size: int) -> bytes:
        """So many bytes; stops the process when its time is over."""
        assert self.process.stdout is not None
        found = bytearray()
        descriptor = self.process.stdout.fileno()
        with selectors.DefaultSelector() as selector:
            selector.register(descriptor, selectors.EVENT_READ)
            while len(found) < size:
                self._wait(selector)
                piece = os.read(descriptor, size - len(found))
                if not piece:
                    self._fail("it crashed")
                found += piece
        return bytes(found)

    def _fail(self, why: str) -> Any:
        code = self.close()
        reasons = {-24: "it used its CPU time", -9: "it was killed: too much memory or time"}
        raise Stopped(reasons.get(code, why) if why == "it crashed" else why)

    def close(self) -> int:
        """End the process, and remove its folder; returns its exit code."""
        with suppress(BrokenPipeError):
            if self.process.stdin is not None:
                self.process.stdin.close()  # no more orders: it ends by itself unless it hangs
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(ENDING)
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, 9)
        code = self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
        with suppress(OSError):
            self.folder.cleanup()
        return code

    def __enter__(self) -> Isolated:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
