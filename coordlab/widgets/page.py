"""A page of its own: the player with its recorded branches in one HTML file, without kernel or network."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import zlib
from collections.abc import Iterable
from typing import Any

from coordlab.widgets import joined
from coordlab.widgets.encoding import Branch

# What the player needs of a widget model, for a page that has no kernel: values, and who hears of a change.
STAND_IN = """
const recorded = JSON.parse(document.getElementById("cl-data").textContent);
const inflate = async (text) => {
  const packed = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new DataView(await new Response(stream).arrayBuffer());
};
const branches = await Promise.all(
  recorded.branches.map(async ({ meta, columns }) => ({ meta, columns: await inflate(columns) })));
const state = { branches, selected: recorded.selected, kernel: false };
const heard = new Map();
const model = {
  get: (key) => state[key],
  set: (key, value) => { state[key] = value; for (const hear of heard.get(`change:${key}`) ?? []) hear(); },
  on: (event, hear) => heard.set(event, [...(heard.get(event) ?? []), hear]),
  off: (event, hear) => heard.set(event, (heard.get(event) ?? []).filter((other) => other !== hear)),
  save_changes: () => {},
  send: () => {},
};
render({ model, el: document.getElementById("cl-page") });
"""

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main id="cl-page"></main>
<noscript>This recording is played by a script; please allow scripts for this page.</noscript>
<script type="application/json" id="cl-data">{data}</script>
<script type="module">{script}</script>
</body>
</html>
"""
BODY = "body{margin:0 auto;padding:12px;max-width:1320px}@media(max-width:520px){body{padding:0}}"


def page(branches: Iterable[Branch], title: str, selected: int = 0) -> str:
    """The branches as one HTML text that plays anywhere; needs no server, sends nothing, asks for nothing."""
    script = _inline(joined.script() + STAND_IN)
    style = _inline(joined.style() + BODY)
    data = {"branches": [_recorded(branch) for branch in branches], "selected": selected}
    return PAGE.format(
        policy=_policy(script, style),
        title=html.escape(title),
        style=style,
        data=_json(data),
        script=script,
    )


def _recorded(branch: Branch) -> dict[str, Any]:
    columns = base64.b64encode(zlib.compress(branch.columns, 6)).decode("ascii")
    return {"meta": branch.meta, "columns": columns}


def _json(value: Any) -> str:
    """JSON that no HTML parser can leave: a tag or a comment cannot begin without its `<`."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _inline(source: str) -> str:
    """Our own script or style, its strings spelt so that they do not close the element around them."""
    return "\n" + source.replace("</", "<\\/").replace("<!--", "<\\!--")


def _policy(script: str, style: str) -> str:
    """Only this script and this style; no connection to anywhere."""
    return (
        f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _digest(source: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(source.encode("utf-8")).digest()).decode("ascii")
