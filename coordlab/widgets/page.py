"""A page that plays without a kernel, a server or the network: the player and its branches in one HTML file.

`page.html` is its frame; `page.js` replaces the kernel's side of the widget.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import zlib
from collections.abc import Iterable
from pathlib import Path

from coordlab.widgets import joined
from coordlab.widgets.encoding import Branch, Meta

_HERE = Path(__file__).parent
BODY = "body{margin:0 auto;padding:12px;max-width:1320px}@media(max-width:520px){body{padding:0}}"


def page(branches: Iterable[Branch], title: str, selected: int = 0, head: Meta | None = None) -> str:
    """An HTML text that plays `branches` in any browser, beginning with the one at position `selected`.

    head: that of a lab, as `LabHead` in `types.d.ts`; the `branch` of a run worth trying is its position.

    It loads nothing and sends nothing; its content security policy forbids both.
    """
    script = _inline(joined.script("player.js", "heading.js") + (_HERE / "page.js").read_text("utf-8"))
    style = _inline(joined.style() + joined.style("lab.css") + BODY)
    data = {"branches": [_recorded(branch) for branch in branches], "selected": selected, "head": head}
    parts = {"policy": _policy(script, style), "title": html.escape(title), "data": _json(data)}
    return (_HERE / "page.html").read_text("utf-8").format(**parts, style=style, script=script)


def _recorded(branch: Branch) -> dict[str, str]:
    return {"meta": _packed(_json(branch.meta).encode("utf-8")), "columns": _packed(branch.columns)}


def _packed(data: bytes) -> str:
    return base64.b64encode(zlib.compress(data, 6)).decode("ascii")


def _json(value: object) -> str:
    """JSON without `<`, so that no tag or comment can begin in it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _inline(source: str) -> str:
    """A script or style of the player, written so that its strings cannot close the element around it."""
    return "\n" + source.replace("</", "<\\/").replace("<!--", "<\\!--")


def _policy(script: str, style: str) -> str:
    """A content security policy that allows this script and this style, and no connection."""
    return (
        f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _digest(source: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(source.encode("utf-8")).digest()).decode("ascii")
