"""What was handed in: a notebook or a module, read as data, and the definitions that an answer needs."""

from __future__ import annotations

import ast
import builtins
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from symtable import SymbolTable, symtable
from typing import NoReturn

from coordlab import requirements as require
from coordlab.exercises.part import ExerciseError
from coordlab.world.agent import Agent

MOST_BYTES, MOST_CELLS, MOST_IN_CELL = 5_000_000, 2_000, 200_000
WHOLE = ("math",)  # modules that may be imported as a whole: they hold no other modules
TAKEN_FROM = (
    *WHOLE,
    *("__future__", "abc", "bisect", "collections", "collections.abc", "dataclasses", "enum", "fractions"),
    *("functools", "heapq", "itertools", "random", "statistics", "string", "typing"),
)
_OURS = re.compile(r"coordlab(\.(patterns(\.\w+)*|properties|labs))?")
FORBIDDEN = frozenset(
    (
        *("eval", "exec", "compile", "open", "input", "globals", "locals", "vars", "getattr", "setattr"),
        *("delattr", "breakpoint", "memoryview", "help", "exit", "quit", "dir", "id", "object"),
        *("attrgetter", "methodcaller", "format", "format_map", "Formatter", "get_field"),  # f"..." does it
        *("get_type_hints", "ForwardRef", "evaluate_forward_ref", "make_dataclass"),  # run texts
        *("update_wrapper", "wraps", "singledispatch", "singledispatchmethod", "register", "mro"),
        *("cr_frame", "gi_frame", "ag_frame", "f_back", "f_builtins", "f_globals", "f_locals"),
        *("tb_frame", "tb_next", "with_traceback", "cr_await", "gi_yieldfrom", "ag_await"),
    )
)
DUNDER = frozenset(
    (
        *("__init__", "__post_init__", "__repr__", "__str__", "__name__", "__all__", "__doc__"),
        *("__eq__", "__lt__", "__le__", "__gt__", "__ge__", "__len__", "__iter__", "__next__"),
        *("__contains__", "__getitem__", "__setitem__", "__call__", "__bool__", "__add__"),
    )
)


class SubmissionError(ExerciseError):
    """A submission, or an answer in it, that cannot be read or is not allowed."""


@dataclass(frozen=True)
class Submission:
    """The code cells of a notebook, or the text of a module, in order."""

    cells: tuple[str, ...]

    @classmethod
    def read(cls, path: str | Path) -> Submission:
        """Read an `.ipynb` of format 4, or a `.py`.  Raises SubmissionError for any other file."""
        file = Path(path)
        if not file.is_file() or file.is_symlink():
            _refuse(file.name, "it is not a file", "a notebook (.ipynb) or a module (.py)")
        if (size := file.stat().st_size) > MOST_BYTES:
            _refuse(
                file.name, f"it has {size:,} bytes", f"at most {MOST_BYTES:,}; clear its outputs and save it"
            )
        try:
            text = file.read_bytes().decode("utf-8-sig")
        except UnicodeDecodeError:
            _refuse(file.name, "it is not text in UTF-8", "the notebook as JupyterLab saves it")
        return cls((text,)) if file.suffix == ".py" else cls(tuple(_code_cells(file.name, text)))

    @property
    def owner(self) -> str | None:
        """Whose variant it is about: the text in its last `me("...")`; "" for the dots, None without it."""
        found = None
        for cell in self.cells:
            for match in re.finditer(r"^me\(\s*(['\"])([^'\"\n]{1,100})\1\s*[,)]", cell, re.MULTILINE):
                found = match[2].strip()
        return "" if found == "..." else found

    def definitions(self, name: str) -> str:
        """The source of what is called `name`, and of all that it needs, in order; "" if there is none.

        Only imports, classes, functions and assignments at the top of a cell are taken.
        Raises SubmissionError for a cell that does not parse if `name` may be in it, for a loop or condition
        at the top that changes what is taken, and for what an answer may not do.
        """
        known: list[ast.stmt] = []
        wrong: list[SyntaxError] = []
        for cell in self.cells:
            try:
                known += ast.parse(_without_magic(cell)).body
            except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
                if name in cell:
                    wrong.append(error if isinstance(error, SyntaxError) else SyntaxError(str(error)))
        try:
            return self._allowed(name, known, wrong)
        except RecursionError:
            _refuse(name, "its definitions are nested too deeply", "shorter expressions")

    def _allowed(self, name: str, known: Sequence[ast.stmt], wrong: Sequence[SyntaxError]) -> str:
        """The source of the definitions that are needed."""
        kept = list(_needed(name, [each for each in known if isinstance(each, _TAKEN)]))
        if not kept and wrong:
            last = wrong[-1]
            line = f"line {last.lineno}: {(last.text or '').strip()}" if last.lineno else "a line"
            _refuse(
                name, f"its cell is not Python ({last.msg}, {line})", "correct this line and run the cell"
            )
        problems = [problem for each in kept for problem in _not_allowed(each)]
        problems += _left_behind(name, kept, known)
        if problems:
            raise SubmissionError(problems[0])
        return "\n".join(ast.unparse(each) for each in kept)


_CHANGING = (ast.For, ast.AsyncFor, ast.While, ast.If, ast.With, ast.AsyncWith, ast.Try, ast.AugAssign)
_TAKEN = (
    *(ast.Import, ast.ImportFrom, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef),
    *(ast.Assign, ast.AnnAssign),
)


def _without_magic(cell: str) -> str:
    """A cell without the lines that only IPython understands.  Raises ValueError for one that is huge."""
    if len(cell) > MOST_IN_CELL:
        raise ValueError(f"the cell has {len(cell):,} characters, at most {MOST_IN_CELL:,} are read")
    if "\0" in cell:
        raise ValueError("the cell holds a null byte")
    lines = cell.split("\n")
    magic = (each.lstrip()[:1] in ("%", "!", "?") or each.rstrip().endswith("?") for each in lines)
    return "\n".join("pass" if odd and each.strip() else each for each, odd in zip(lines, magic, strict=True))


def _refuse(what: str, wrong: str, allowed: str) -> NoReturn:
    raise SubmissionError(f"{what}: {wrong}. Expected {allowed}.")


def _code_cells(name: str, text: str) -> Iterator[str]:
    """The source of the code cells of a notebook."""
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError) as error:
        _refuse(name, f"it is not JSON ({str(error)[:60]})", "the notebook as JupyterLab saves it")
    if (
        not isinstance(notebook, dict)
        or notebook.get("nbformat") != 4
        or not isinstance(notebook.get("cells"), list)
    ):
        found = notebook.get("nbformat") if isinstance(notebook, dict) else type(notebook).__name__
        _refuse(
            name, f"it is not a notebook of format 4 ({require.shown(found)})", "File, Save in JupyterLab"
        )
    if len(notebook["cells"]) > MOST_CELLS:
        _refuse(name, f"it has {len(notebook['cells']):,} cells", f"at most {MOST_CELLS:,}")
    for cell in notebook["cells"]:
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            source = cell.get("source", "")
            lines = source if isinstance(source, list) else [source]
            yield "".join(line for line in lines if isinstance(line, str))


def _bound(statement: ast.stmt) -> list[str]:
    """The names that a statement defines."""
    if isinstance(statement, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
        return [statement.name]
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return [(each.asname or each.name).partition(".")[0] for each in statement.names]
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]  # type: ignore[attr-defined]
    return [each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)]


def _used(statement: ast.stmt) -> set[str]:
    """The names from outside that a statement refers to, also in quoted annotations."""
    inside = [note for each in ast.walk(statement) for note in _annotations(each)]
    texts = [each.value for note in inside for each in ast.walk(note) if isinstance(each, ast.Constant)]
    quoted = {text for text in texts if isinstance(text, str) and text.isidentifier()}
    try:
        return quoted | set(_outside(symtable(ast.unparse(statement), "answer", "exec")))
    except SyntaxError:  # the process of the answer says what is wrong with it
        return quoted | {each.id for each in ast.walk(statement) if isinstance(each, ast.Name)}


def _annotations(node: ast.AST) -> Iterator[ast.expr]:
    for field in ("annotation", "returns"):
        if isinstance(found := getattr(node, field, None), ast.expr):
            yield found


def _outside(table: SymbolTable) -> Iterator[str]:
    """The names that some code looks up in its module."""
    for each in table.get_symbols():
        if each.is_referenced() and (each.is_global() or table.get_type() == "module"):
            yield each.get_name()
    for inner in table.get_children():
        yield from _outside(inner)


def _needed(name: str, statements: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """The last definition of `name` and of all that it uses, in the order of the submission.

    What is used was defined before, or it is defined later and used when a function is called: both the last
    definition before and the last of all are taken.  What a notebook takes from the grader is no part of it.
    """
    statements = [each for each in statements if getattr(each, "module", "") != "coordlab.grading"]
    defined: dict[str, list[int]] = {}
    for place, each in enumerate(statements):
        for bound in _bound(each):
            defined.setdefault(bound, []).append(place)
    places: set[int] = set()
    left = defined.get(name, [])[-1:]
    while left:
        place = left.pop()
        if place not in places:
            places.add(place)
            for used in sorted(_used(statements[place]) - set(_bound(statements[place]))):
                found = defined.get(used, [])
                left += [each for each in found if each < place][-1:] + found[-1:]
    return (each for place, each in enumerate(statements) if place in places)


def _not_allowed(statement: ast.stmt) -> Iterator[str]:
    """What an answer may not do, in words."""
    for each in ast.walk(statement):
        where = f"line {getattr(each, 'lineno', 1)} of your answer"
        if isinstance(each, (ast.Import, ast.ImportFrom)):
            yield from _imports(each, where)
        for used in _names(each):
            reserved = used in FORBIDDEN or (used.startswith("__") and used not in DUNDER)
            if isinstance(each, ast.Attribute) and _is_own(each.value) and hasattr(builtins, used):
                reserved = used.startswith("__") and reserved  # self.open is an attribute of its own
            if reserved or used in Agent.__slots__ or _is_inner(each, used):
                allowed = "an agent acts by what it hears, and keeps to the methods of Agent"
                yield f"{where} uses {used}: {allowed}. For example: self.send(...), self.peers, self.now."


def _left_behind(name: str, kept: Sequence[ast.stmt], known: Sequence[ast.stmt]) -> Iterator[str]:
    """Why what is taken is not what the notebook had: something that is not taken has changed it."""
    assigned = {
        bound for each in kept if isinstance(each, (ast.Assign, ast.AnnAssign)) for bound in _bound(each)
    }
    for each in known:
        inside = ast.walk(each) if isinstance(each, _CHANGING) else ()
        stored = (one.id for one in inside if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store))
        for changed in sorted(assigned.intersection(stored)):
            what = f"line {each.lineno} of a cell changes {changed} outside a function"
            yield f"{what}: a grader takes definitions only. For example: def work(): ..., {name} = work()."


def _is_inner(node: ast.AST, used: str) -> bool:
    """Whether a name with an underscore is not the answer's own."""
    if not used.startswith("_") or used.startswith("__") or used == "_":
        return False
    return isinstance(node, ast.ImportFrom) or (isinstance(node, ast.Attribute) and not _is_own(node.value))


def _is_own(value: ast.expr) -> bool:
    """Whether it is `self` or `super()`."""
    called = value.func if isinstance(value, ast.Call) else value
    return isinstance(called, ast.Name) and called.id == ("super" if isinstance(value, ast.Call) else "self")


def _names(node: ast.AST) -> Iterable[str]:
    """The names and attributes that a node refers to."""
    if isinstance(node, ast.Name):
        return (node.id,)
    if isinstance(node, ast.Attribute):
        return (node.attr,)
    if isinstance(node, ast.MatchClass):
        return tuple(node.kwd_attrs)
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return (node.name,)
    return tuple(each.name for each in node.names) if isinstance(node, ast.ImportFrom) else ()


def _imports(node: ast.Import | ast.ImportFrom, where: str) -> Iterator[str]:
    """Why an import is not allowed, if it is not."""
    allowed = f"allowed are import math, and from … import … of coordlab, {', '.join(TAKEN_FROM[2:])}"
    if isinstance(node, ast.Import):
        wrong = [each.name for each in node.names if each.name not in WHOLE]
    else:
        module = node.module or ""
        fine = not node.level and (module in TAKEN_FROM or bool(_OURS.fullmatch(module)))
        wrong = [] if fine and all(each.name != "*" for each in node.names) else [module or "."]
    for name in wrong:
        yield f"{where} imports {name}: {allowed}. For example: from coordlab import Agent, State, message."
