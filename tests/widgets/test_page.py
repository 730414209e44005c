"""The page as text: what it holds, and what it allows."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

from coordlab.widgets.page import page
from tests.widgets.traces import HOSTILE, branch, election, family, hostile, long_election


class Scripts(HTMLParser):
    """Collects the tags of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, _: Any) -> None:
        self.tags.append(tag)


def test_hostile_texts_stay_texts() -> None:
    """Names and messages with tags in them add no element to the page."""
    plain = Scripts(page([branch(election(agents=2, until=2))], "t")).tags
    nasty = page([hostile()], HOSTILE)
    assert Scripts(nasty).tags == plain
    assert nasty.count("</script>") == 2


def test_the_page_allows_no_connection() -> None:
    """Its security policy allows one script and one style, and the page refers to no other address."""
    text = page(family(), "t")
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
    assert policy
    assert policy[1].startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy[1]
    assert not re.search(r'(?:src|href)="https?:', text)


def test_ten_thousand_events_fit_in_half_a_megabyte() -> None:
    assert len(page([branch(long_election(10_000))], "t").encode()) < 500_000


def test_equal_branches_have_equal_pages() -> None:
    """A page does not depend on the time or the process that writes it."""
    assert page(family(), "t") == page(family(), "t")
