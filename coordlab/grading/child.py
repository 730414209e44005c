"""The process in which an answer runs: it reads orders, runs them, and writes what happened.

Each order is a line of JSON, each reply a line with the number of bytes that follow, and these bytes.
Nothing that it writes is trusted: the parent checks that a trace is possible before it judges it.

Each agent gets definitions of its own, so that agents share messages only.  What they could share all the
same, through objects of Python or of this package, is found by running an agent alone: see `alone`.
"""

from __future__ import annotations

import builtins
import json
import os
import pickle
import socket
import sys
from collections.abc import Mapping
from dataclasses import asdict
from enum import Enum
from types import ModuleType
from typing import IO, Any

from coordlab.exercises import assignment
from coordlab.exercises.functions import Function, Local
from coordlab.exercises.judging import WriteProperty, opinion
from coordlab.exercises.part import Part
from coordlab.exercises.practice import Practice
from coordlab.grading import alone
from coordlab.grading.submission import FORBIDDEN, TAKEN_FROM, WHOLE
from coordlab.trace.scenario import Scenario, Value
from coordlab.trace.trace import line_of_row
from coordlab.world.agent import Agent
from coordlab.world.errors import WorldError, in_words, line_of
from coordlab.world.message import is_message
from coordlab.world.world import World

ANSWER = "answer.py"  # the file that tracebacks name
sys.modules["answer"] = ModuleType("answer")  # where dataclasses look for the names of annotations


def guarded_import(name: str, *args: Any) -> ModuleType:
    """Import what an answer may import; modules within modules are not handed out."""
    module: ModuleType = builtins.__import__(name, *args)
    wanted = args[2] if len(args) > 2 and args[2] else ()
    ours = name == "coordlab" or name.startswith(
        ("coordlab.patterns", "coordlab.properties", "coordlab.labs")
    )
    if name not in TAKEN_FROM and not ours:
        raise ImportError(f"an answer may not import {name}")
    if any(each.startswith("_") or isinstance(getattr(module, each, None), ModuleType) for each in wanted):
        raise ImportError(f"import the names that you need from {name}, not its modules")
    if name in WHOLE:
        own = ModuleType(name)  # for this agent: what it writes there, others do not see
        vars(own).update(vars(module))
        return own
    return module


BUILTINS = {name: each for name, each in vars(builtins).items() if name not in FORBIDDEN}
BUILTINS["object"], BUILTINS["__import__"] = object, guarded_import


class Answer:
    """The definitions of an answer: executed once for what is sent, and once for each agent."""

    def __init__(self, source: str, name: str) -> None:
        self.code, self.name = compile(source, ANSWER, "exec"), name
        shared = self._executed({})
        self.messages = {key: each for key, each in shared.items() if _is_sent(each)}
        vars(sys.modules["answer"]).update(self.messages)  # where they are found when they are unpacked
        self.found = shared.get(name, ...)
        self.known = {key: _inside(each) for key, each in self.messages.items()}
        self.kinds: list[type[Agent]] = []
        self.place = 0

    def _executed(self, given: Mapping[str, object]) -> dict[str, Any]:
        names: dict[str, Any] = {"__builtins__": BUILTINS, "__name__": "answer", **given}
        exec(self.code, names)  # noqa: S102  (that is what this process is for)
        return names

    def __call__(self, *args: Any, **named: Any) -> Agent:
        """The next agent of a world, of a class of its own."""
        if self.place == len(self.kinds):
            names = _Sharing(self.messages)
            names.update({"__builtins__": BUILTINS, "__name__": "answer"})
            exec(self.code, names)  # noqa: S102
            self.kinds.append(names[self.name])
        kind = self.kinds[self.place]
        self.place += 1
        return kind(*args, **named)

    def unchanged(self) -> bool:
        """Whether the classes of what is sent, which all agents share, are as they were."""
        return all(_inside(each) == self.known[key] for key, each in self.messages.items())


def _is_sent(found: object) -> bool:
    """Whether it is a class of messages, or of what is in them."""
    return isinstance(found, type) and (is_message(found) or issubclass(found, Enum))


def _inside(kind: type) -> dict[str, object]:
    """What is in a class, apart from what packing adds to it."""
    return {name: each for name, each in vars(kind).items() if name != "__slotnames__"}


class _Sharing(dict[str, Any]):
    """A namespace in which the classes of what is sent stay those that all share."""

    def __init__(self, messages: Mapping[str, type]) -> None:
        super().__init__(messages)
        self.messages = messages

    def __setitem__(self, name: str, value: object) -> None:
        super().__setitem__(name, self.messages.get(name, value))


def main() -> None:
    """Serve the orders of the parent; whatever else is written goes nowhere."""
    quiet = os.open(os.devnull, os.O_RDWR)
    with os.fdopen(os.dup(1), "wb") as replies:
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        serve(sys.stdin.buffer, replies)


def serve(orders: IO[bytes], replies: IO[bytes]) -> None:
    """Serve orders until there are no more."""
    first = json.loads(orders.readline())
    part = next(each for each in assignment(first["part"][:2]) if each.id == first["part"])
    variant = first["variant"]
    try:
        answer = Answer(first["source"], part.name)
    except BaseException as error:  # noqa: BLE001  (whatever a stranger's code raises, SystemExit too)
        _write(replies, {"problem": in_words(error) + line_of(error)})
        return
    _write(replies, _told(part, answer.found))
    if isinstance(part, WriteProperty):
        for line in orders:
            _write(replies, _judged(answer.found, json.loads(line)))
    if isinstance(part, Function):
        for line in orders:
            _write(replies, _called(answer, json.loads(line)))
    if isinstance(part, Practice):
        runner = Runner(part, variant, answer, replies)
        for line in orders:
            order = json.loads(line)
            if isinstance(order, str):
                _write(replies, runner.run(order))
            else:
                runner.run_alone(order["alone"])
        runner.line.close()


class Runner:
    """Runs the scenarios, and lets a process that has seen none of them run an agent alone."""

    def __init__(
        self, part: Practice, variant: Mapping[str, Value], answer: Answer, replies: IO[bytes]
    ) -> None:
        self.part, self.variant, self.answer, self.replies = part, variant, answer, replies
        self.scenario, self.world, self.heard = Scenario(part.id), World(), alone.Replies()
        self.line, other = socket.socketpair()
        if os.fork() == 0:
            self.line.close()
            self._keep(other)
        other.close()

    def run(self, line: str) -> dict[str, object]:
        """What becomes of a scenario."""
        self.answer.place, self.scenario, self.heard = 0, Scenario.from_line(line), alone.Replies()
        problem = ""
        try:
            self.world = self.part.source(self.answer, self.variant).world(self.scenario)
            self.heard.listen(self.world)
            try:
                run = self.world.run(float(self.scenario.until or 0))
            except WorldError as error:
                run, problem = error.run, str(error)
            problem = problem if self.answer.unchanged() else "the answer changed the class of a message"
            return {"problem": problem, "trace": run.trace.to_jsonl()}
        except BaseException as error:  # noqa: BLE001  (the answer's own __init__ is a stranger's code, too)
            return {"problem": in_words(error) + line_of(error)}

    def run_alone(self, name: str) -> None:
        """Let the agent called `name` run alone in the last scenario; the reply says what it did."""
        others = alone.Others.of(name, float(self.scenario.until or 0), self.world.rows, self.heard)
        order = pickle.dumps((str(self.scenario), others))
        self.line.sendall(b"%12d" % len(order) + order)
        self.line.recv(1)

    def _keep(self, line: socket.socket) -> None:
        """Serve these orders, each in a new process, for ever."""
        file = line.makefile("rb")
        while head := file.read(12):
            order = file.read(int(head))
            if (child := os.fork()) == 0:
                _write(self.replies, self._acted(order))
                os._exit(0)
            if os.waitpid(child, 0)[1]:
                _write(self.replies, {"problem": "it crashed"})
            line.send(b".")
        os._exit(0)

    def _acted(self, order: bytes) -> dict[str, object]:
        try:
            text, others = pickle.loads(order)  # noqa: S301  (from this very program)
            kind = alone.cast(self.answer, others.name)
            world = self.part.source(kind, self.variant).world(Scenario.from_line(text))
            return {"acted": [[seq, line_of_row(row)] for seq, row in alone.acted(others, world)]}
        except BaseException as error:  # noqa: BLE001  (as above)
            return {"problem": in_words(error)}


def _told(part: Part, found: object) -> dict[str, object]:
    """An answer that is data, as JSON has it; or why it is not what is asked for."""
    if found is ...:
        return {}
    if part.runs:
        return {"problem": part.unlike(found), "value": ""}
    try:
        return {"value": json.loads(json.dumps(found, allow_nan=False))}
    except (TypeError, ValueError, RecursionError):
        return {"problem": f"the answer is a {type(found).__name__}, and not plain data"}


def _judged(found: Any, text: str) -> dict[str, object]:
    """What a property says of a trace."""
    try:
        return asdict(opinion(found, text))
    except BaseException as error:  # noqa: BLE001  (whatever a stranger's code raises, SystemExit too)
        return {"problem": in_words(error) + line_of(error)}


def _called(answer: Answer, arguments: list[Any]) -> dict[str, object]:
    """What the function of an answer returns."""
    try:
        found = Local(answer.found).returned(arguments)
    except BaseException as error:  # noqa: BLE001  (a stranger's code raises SystemExit, too)
        return {"problem": in_words(error) + line_of(error)}
    return {"problem": found.problem} if found.problem else {"value": found.value}


def _write(file: IO[bytes], reply: Mapping[str, object]) -> None:
    content = json.dumps(reply).encode()
    file.write(b"%d\n" % len(content) + content)
    file.flush()


if __name__ == "__main__":
    main()
