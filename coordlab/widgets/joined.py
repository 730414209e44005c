"""The player's modules as one text.

A kernel or a page hands the player to the browser as one ES module, and a learner's machine has no bundler.
The modules need none: they import names from each other without renaming them, and no two of them define
the same name.  Written one after the other, without their imports and comments, they are one module.
"""

from __future__ import annotations

import functools
import graphlib
import pathlib
import re
from collections import Counter
from collections.abc import Mapping

PLAYER = pathlib.Path(__file__).parent / "player"

WIDGET = "\nexport default { render };\n"  # the form that anywidget requires

_COMMENT = re.compile(r"^ *(?://.*|/\*\*(?:.|\n)*?\*/)\n", re.MULTILINE)  # one with lines of its own
_IMPORT = re.compile(r'^import \{\s*(\w+(?:,\s*\w+)*),?\s*\} from "\./([\w-]+\.js)";\n', re.MULTILINE)
_DEFINITION = re.compile(r"^(export )?(?:async )?(?:const|let|class|function) (\w+)", re.MULTILINE)
_SEVERAL = re.compile(r"^(export )?const \w+ = ([^;({\n]*)", re.MULTILINE)  # const A = 1, B = 2
_RENDER = re.compile(r"^export (?=(?:const|function) render\b)", re.MULTILINE)
_NEXT = re.compile(r", (\w+) = ")
_REFUSED = re.compile(
    r"^(?:import\b|export (?!(?:async )?(?:const|let|class|function) \w)|(?:const|let) [\[{]|var ).*"
    r"|\bimport(?:\(|\.meta).*",
    re.MULTILINE,
)


class JoinError(ValueError):
    """The modules cannot be joined."""


@functools.cache
def script(*first: str) -> str:
    """A widget as one ES module: the exports of all modules that `first` need, and a default export.

    first: names of modules, of which one exports `render`.  Default: the player.  Only the default export
    holds `render`, as anywidget wishes.
    """
    modules, needed, found = sources(), dict.fromkeys(first or ["player.js"]), dict[str, str]()
    while needed:
        name, _ = needed.popitem()
        found[name] = modules[name]
        needed |= dict.fromkeys(each for each in _imports(name, modules) if each not in found)
    return _RENDER.sub("", join(found)) + WIDGET


def style(name: str = "player.css") -> str:
    """A style sheet: that of the player, or of what stands around it in a lab, `lab.css`."""
    return (PLAYER / name).read_text("utf-8")


def sources() -> dict[str, str]:
    """The text of each module, by file name."""
    return {path.name: path.read_text("utf-8") for path in sorted(PLAYER.glob("*.js"))}


def join(modules: Mapping[str, str]) -> str:
    """The modules, given by file name, as one text, each after those that it imports from.

    Raises JoinError if two modules define the same name, if one imports a name that another does not export,
    if the imports form a cycle, or if a module imports, exports or defines in an unsupported form.
    """
    defined = Counter(name for source in modules.values() for name in _definitions(source))
    if twice := [name for name, times in defined.items() if times > 1]:
        raise JoinError(
            f"two modules define {', '.join(twice)}; joined modules share their names: rename one of them"
        )
    imports = {name: _imports(name, modules) for name in modules}
    try:
        order = list(graphlib.TopologicalSorter(imports).static_order())
    except graphlib.CycleError as error:
        cycle = " → ".join(error.args[1])
        raise JoinError(f"the imports form a cycle: {cycle}; move what both need to a third") from None
    return "\n".join(_COMMENT.sub("", _IMPORT.sub("", modules[name])) for name in order)


def _imports(name: str, modules: Mapping[str, str]) -> list[str]:
    """The modules that `name` imports from."""
    source = modules[name]
    if refused := _REFUSED.search(_IMPORT.sub("", source)):
        raise JoinError(
            f"{name}: cannot join {refused[0]!r}; supported are "
            '`import { a } from "./module.js";` and `export` before const, let, class and function'
        )
    for names, origin in _IMPORT.findall(source):
        if origin not in modules:
            raise JoinError(f"{name}: {origin} does not exist; the modules are {', '.join(sorted(modules))}")
        exported = {each for each, public in _definitions(modules[origin]).items() if public}
        if missing := sorted({*re.findall(r"\w+", names)} - exported):
            raise JoinError(f"{name}: {origin} does not export {', '.join(missing)}; put `export` before it")
    return [origin for _, origin in _IMPORT.findall(source)]


def _definitions(source: str) -> dict[str, bool]:
    """The names that a module defines, and whether it exports them."""
    first = {name: bool(public) for public, name in _DEFINITION.findall(source)}
    more = {name: bool(public) for public, rest in _SEVERAL.findall(source) for name in _NEXT.findall(rest)}
    return {**first, **more}
