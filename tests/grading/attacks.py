# ruff: noqa: E501  (a submission stands in a line here)
"""Submissions that try to get points without solving the exercise, or to harm whoever grades them."""

from __future__ import annotations

HEAD = """
from coordlab import Agent, State, message

@message
class Hello:
    number: int
"""

AGENT = """
class Answer_07b(Agent):
    role = State("follows")
    coordinator = State(None)

    def __init__(self, name, charge, patience):
        super().__init__(name)
        self.charge = charge
        {init}

    async def run(self):
        async for _ in self.every(0.25):
            {act}

    def settle(self, known):
        best = max(known, key=known.get)
        role = "coordinates" if best == self.name else "follows"
        if self.coordinator != best:
            self.role, self.coordinator = role, best
        for peer in self.peers:
            self.send(peer, Hello(self.charge))

    def on_hello(self, sender, message):
        pass
"""


def agent(act: str = "pass", init: str = "pass", before: str = "") -> str:
    """A class that does `act` every quarter of a second."""
    return HEAD + before + AGENT.format(act=act, init=init)


def board(place: str, before: str = "") -> str:
    """Agents that write their charge on a board which all see, and lead by it."""
    return agent(f"self.settle({place})", f"{place}[name] = charge", before)


def kept_on(place: str, before: str = "") -> str:
    """A board that is an attribute of `place`, which somebody else has made."""
    known = f"def known():\n    try:\n        return {place}.board\n    except AttributeError:\n        return {{}}\n"
    return agent(
        f"self.settle({place}.board)", f"{place}.board = {{**known(), name: charge}}", before + known
    )


def rule(source: str) -> str:
    """What an answer of data is computed from."""
    return source + "\nanswer_07a = found()\n"


SHARED = {
    "a module variable": board("BOARD", "BOARD = {}\n"),
    "a class attribute": board("Board.known", "class Board:\n    known = {}\n"),
    "a default argument": agent(
        "self.settle(keep())", "keep()[name] = charge", "def keep(found={}):\n    return found\n"
    ),
    "a closure": agent(
        "self.settle(keep())",
        "keep()[name] = charge",
        "def made():\n    found = {}\n    def keep():\n        return found\n    return keep\nkeep = made()\n",
    ),
    "an attribute of a function": agent(
        "self.settle(keep.found)",
        "keep.found[name] = charge",
        "def keep():\n    pass\nkeep.found = {}\n",
    ),
    "an attribute of Agent": kept_on("Agent"),
    "an attribute of World": kept_on("World", "from coordlab import World\n"),
    "a function of coordlab": kept_on("message"),
    "the module math": kept_on("math", "import math\n"),
    "a class of the standard library": kept_on("Counter", "from collections import Counter\n"),
    "the class of its dice": agent(
        "self.settle(type(self.dice).board)",
        "self.first = True",
    ).replace(
        "async def run(self):",
        "async def run(self):\n        kind = type(self.dice)\n        try:\n            kind.board[self.name] = self.charge\n"
        "        except AttributeError:\n            kind.board = {self.name: self.charge}",
    ),
    "a message class": kept_on("Hello"),
    "an enum": kept_on("Kind", "from enum import Enum\nclass Kind(Enum):\n    ONE = 1\n"),
    "an object in a message": agent(
        "self.settle(self.seen)",
        "self.seen = {name: charge}",
        "class Text(str):\n    pass\n",
    ).replace("self.send(peer, Hello(self.charge))", "self.send(peer, Hello(self.seen))"),
    "a table of the package": board("DEMOS", "from coordlab.patterns import __all__ as DEMOS\n"),
    "a list of the package": agent(
        "self.settle(dict(LIST[-1:][0]))",
        "LIST.append((name, charge))",
        "from coordlab import __all__ as LIST\n",
    ),
    "a cache": agent(
        "self.settle(keep())",
        "keep()[name] = charge",
        "from functools import lru_cache\n@lru_cache\ndef keep():\n    return {}\n",
    ),
    "a virtual subclass": agent(
        "self.settle({self.name: self.charge})",
        "Sized.register(Answer_07b)",
        "from collections.abc import Sized\n",
    ),
    "the seed of random": agent(
        "self.settle({self.name: random()})", "seed(charge)", "from random import random, seed\n"
    ),
    "a generator": agent(
        "self.settle(next(BOARD))",
        "BOARD.send(None) if False else next(BOARD).update({name: charge})",
        "def keep():\n    found = {}\n    while True:\n        yield found\nBOARD = keep()\n",
    ),
    "an exception": agent(
        "self.settle(BOARD.args[0])", "BOARD.args[0][name] = charge", "BOARD = ValueError({})\n"
    ),
    "a class of a pattern": kept_on("Candidate", "from coordlab.patterns.bully import Candidate\n"),
}
"""Agents that share memory, and lead by it."""

WORLD = {
    "the other agents": agent("self.settle({n: a.charge for n, a in self._world.agents.items()})"),
    "a text that reads attributes": agent('self.note("{0._world.agents}".format(self))'),
    "a text with format_map": agent('self.note("{a._world}".format_map({"a": self}))'),
    "a Formatter": agent(
        'self.note(str(Formatter().get_field("0._world", (self,), {})))',
        before="from string import Formatter\n",
    ),
    "getattr": agent('getattr(self, "_wor" + "ld")'),
    "a frame": agent("self.note(str(self.sleep(1.0).cr_frame.f_globals))"),
    "the frame of a generator": agent("self.note(str((n for n in ()).gi_frame))"),
    "a pattern": agent(
        "match_it(self)",
        before="class Peep(Agent):\n    __match_args__ = ('_world',)\n"
        "def match_it(me):\n    match me:\n        case Peep(world):\n            return world\n",
    ),
    "a pattern with a keyword": agent(
        "match_it(self)",
        before="def match_it(me):\n    match me:\n        case Agent(_world=w):\n            return w\n",
    ),
    "update_wrapper": agent(
        "peep(self)",
        before="from functools import update_wrapper\nclass Box:\n    def update(self, x):\n        self.x = x\n"
        "class Wrap:\n    _world = Box()\ndef peep(me):\n"
        "    update_wrapper(Wrap(), me, assigned=(), updated=('_world',))\n    return Wrap._world.x.agents\n",
    ),
    "an own attribute of the same name": agent("self._os = 1\n            self.peers._os.system('true')"),
    "an annotation that is run": agent(
        "get_type_hints(keep)",
        before='from typing import get_type_hints\ndef keep(x: "().__class__.__base__.__subclasses__()"):\n    pass\n',
    ),
    "a traceback": agent(
        "try_it()",
        before="def try_it():\n    try:\n        1 / 0\n    except Exception as e:\n"
        "        return e.__traceback__.tb_frame.f_back\n",
    ),
    "subclasses": agent("object.__subclasses__()"),
    "subclasses by a type": agent("type(self).mro()[-1].__subclasses__()"),
    "globals of a method": agent("self.send.__func__.__globals__"),
}
"""Agents that look into the world."""

OUTSIDE = {
    "open": rule("def found():\n    return open('/etc/passwd').read()"),
    "import os": rule("import os\ndef found():\n    return os.environ"),
    "import of a module of the standard library": rule(
        "from random import _os\ndef found():\n    return _os.environ"
    ),
    "import of what runs texts": rule("from dataclasses import _create_fn\ndef found():\n    return 1"),
    "import of the grader": rule(
        "from coordlab.grading.isolation import shelter\ndef found():\n    return shelter()"
    ),
    "import of the exercises": rule(
        "from coordlab.exercises.chapter_07 import price\ndef found():\n    return price({})"
    ),
    "relative import": rule("from . import answers\ndef found():\n    return 1"),
    "__import__": rule("def found():\n    return __import__('socket')"),
    "builtins by name": rule("def found():\n    return __builtins__['open']('/etc/passwd')"),
    "eval": rule("def found():\n    return eval('1')"),
    "exec in a decorator": rule("@exec\ndef found():\n    pass"),
    "sys.exit": rule("def found():\n    raise SystemExit(0)"),
    "BaseException": rule("def found():\n    raise BaseException('gone')"),
    "KeyboardInterrupt": rule("def found():\n    raise KeyboardInterrupt"),
    "an odd exception": rule(
        "class Odd(Exception):\n    def __str__(self):\n        raise ValueError\ndef found():\n    raise Odd"
    ),
    "memory": rule("def found():\n    return 'a' * 10**11"),
    "recursion": rule("def found():\n    return found()"),
    "nested data": rule(
        "def found():\n    x = []\n    for _ in range(100_000):\n        x = [x]\n    return x"
    ),
    "NaN": "answer_07a = (float('nan'), float('nan'), float('nan'))",
    "infinity": "answer_07a = (1e999, 1e999, 1e999)",
    "huge numbers": "answer_07a = (10**400, 10**400, 10**400)",
    "truths": "answer_07a = (True, True, True)",
    "equal to all": rule(
        "class All(float):\n    def __eq__(self, other):\n        return True\n"
        "    def __sub__(self, other):\n        return 0.0\ndef found():\n    return All(1), All(1), All(1)"
    ),
    "an own list": rule(
        "class All(list):\n    def __len__(self):\n        return 3\ndef found():\n    return All()"
    ),
    "the checks redefined": "def check(*_):\n    return 2.0\nscore = check\nanswer_07a = check()",
    "a cell that prints points": "print('2.0')\n2.0",
    "deep attributes": "answer_07a = x" + ".a" * 20_000,
    "deep parentheses": "answer_07a = " + "(" * 5_000 + "1" + ")" * 5_000,
    "deep operators": "answer_07a = " + "1 + " * 30_000 + "1",
    "a null byte": "answer_07a = 1\0",
    "a huge cell": "answer_07a = (1, 2, 3) #" + "?" * 4_000_000,
    "a giant output": rule("def found():\n    return 'x' * 10_000_000"),
    "control characters": rule(
        "def found():\n    raise ValueError('\\x1b]0;owned\\x07\\x1b[2J<script>alert(1)</script>')"
    ),
}
"""Answers of data that reach for what is not theirs."""

HARM = {
    "a loop without end": agent("while_true()", before="def while_true():\n    while True:\n        pass\n"),
    "a loop in the class": "class Answer_07b:\n    while True:\n        pass\n",
    "a message storm": agent("[self.broadcast(Hello(n)) for n in range(100_000)]"),
    "tasks without end": agent("self.bomb()", before="").replace(
        "    def settle", "    def bomb(self):\n        while True:\n            self.spawn(self.sleep(1.0))\n\n    def settle"
    ),
    "a wait without end": agent("await self.until(lambda: False)"),
    "a state that cannot be compared": agent("self.coordinator = {'a': [1, {2: 3}]}"),
    "a state that is not a number": agent("self.coordinator = float('nan')"),
    "a state that is huge": agent("self.coordinator = 'x' * 50_000_000"),
    "half a character": agent("self.coordinator = '\\ud800'"),
    "a name of nobody": agent("self.coordinator = 'nobody'; self.role = 'coordinates'"),
    "exit in run": agent("raise SystemExit(0)"),
    "exit in init": agent(init="raise SystemExit(0)"),
    "a metaclass": "class Meta(type):\n    def __instancecheck__(self, other):\n        return True\n"
                   "class Answer_07b(metaclass=Meta):\n    pass\n",
    "a function in place of a class": "def Answer_07b(name, charge, patience):\n    return None\n",
    "a class of the package": "from coordlab.grading.verify import Puppet as Answer_07b\n",
}  # fmt: skip
"""Agents that hang, crash, or flood."""
