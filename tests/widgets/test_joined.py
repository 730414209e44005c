"""The modules of the player are joined to one text, or refused with an error."""

import re

import pytest

from coordlab.draw.scene import COLOURS, contrast
from coordlab.widgets import joined

USER = 'import { a } from "./a.js";\n'


def test_each_module_comes_after_those_it_imports_from() -> None:
    modules = {
        "z.js": 'import {\n  a,\n  b,\n} from "./a.js";\nexport const z = a + b;\n',
        "a.js": "export const a = 1;\nexport async function b() {}\n",
    }
    assert joined.join(modules) == (
        "export const a = 1;\nexport async function b() {}\n\nexport const z = a + b;\n"
    )


def test_the_modules_of_a_widget_are_joined_in_full() -> None:
    """No import or comment is left, the widget is the default export, and each module is there once."""
    scripts = [joined.script(first) for first in ("player.js", "head.js", "fault_list.js")]
    for script in scripts:
        assert not re.search(r"^(import\b| *//| */\*)", script, re.MULTILINE)
        assert script.endswith("\nexport default { render };\n")
    for source in joined.sources().values():
        first = re.search(r"^(?:export )?((?:const|class|function) .*\n)", source, re.MULTILINE)
        assert first
        assert {script.count(first[1]) for script in scripts} in ({1}, {0, 1})


@pytest.mark.parametrize(
    ("modules", "words"),
    [
        ({"a.js": "const x = 1;\n", "b.js": "function x() {}\n"}, "two modules define x"),
        ({"a.js": "const x = 1, y = 2;\n", "b.js": "const y = 3;\n"}, "two modules define y"),
        ({"a.js": "const a = 1;\n", "b.js": USER}, "a.js does not export a"),
        ({"b.js": USER}, "b.js: a.js does not exist"),
        (
            {
                "a.js": 'import { b } from "./b.js";\nexport const a = 1;\n',
                "b.js": f"{USER}export const b = 1;\n",
            },
            "cycle",
        ),
        ({"a.js": "export const a = 1;\n", "b.js": USER.replace("a }", "a as b }")}, "cannot join"),
        ({"a.js": "export default 1;\n"}, "cannot join"),
        ({"a.js": "export { a };\n"}, "cannot join"),
        ({"a.js": 'export * from "./b.js";\n'}, "cannot join"),
        ({"a.js": 'import "./b.js";\n'}, "cannot join"),
        ({"a.js": 'import * as b from "./b.js";\n'}, "cannot join"),
        ({"a.js": "const { a, b } = window;\n"}, "cannot join"),
        ({"a.js": 'const a = await import("./b.js");\n'}, "cannot join"),
        ({"a.js": "window.a = import.meta.url;\n"}, "cannot join"),
    ],
)
def test_what_cannot_be_joined_is_refused(modules: dict[str, str], words: str) -> None:
    with pytest.raises(joined.JoinError, match=re.escape(words)):
        joined.join(modules)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_the_player_has_the_colours_of_the_drawings_and_its_texts_can_be_read(theme: int) -> None:
    found = re.findall(r"--cl-(\w+): light-dark\((#\w+), (#\w+)\)", joined.style())
    colours = {name: pair[theme] for name, *pair in found}
    drawn = {name: pair[theme] for name, pair in COLOURS.items() if name in colours}
    assert (len(drawn) > 20, drawn) == (True, {name: colours[name] for name in drawn})
    texts, grounds = ("ink", "soft", "accent", "bad", "good"), ("bg", "panel")
    assert min(contrast(colours[text], colours[ground]) for text in texts for ground in grounds) >= 4.5
    assert contrast(colours["ink"], colours["down"]) >= 4.5
