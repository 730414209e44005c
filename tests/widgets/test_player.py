"""The player as a widget, without a browser: what it holds, and how it passes on what learners ask for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from coordlab.widgets.player import Player
from tests.widgets.traces import branch, election, family

if TYPE_CHECKING:
    import pytest


def test_it_says_what_it_shows_without_an_address() -> None:
    """The repr is short and the same in every process, so that notebooks can be compared."""
    assert repr(Player([branch(election(agents=2, until=1.5))])).startswith("Player(1 branch, ")
    assert repr(Player()) == "Player(0 branches, 0 events)"


def test_a_wish_reaches_the_callback() -> None:
    """A click in the browser arrives as the dict that the browser sent."""
    player, heard = Player(family()), []
    player.on_intervention(heard.append)
    wish = {"type": "fault", "branch": 1, "fault": {"kind": "Crash", "agent": "5", "at": 3.0}}
    player._handle_custom_msg(wish, [])
    assert heard == [wish]


def test_a_wish_that_fails_is_answered_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error goes back to the player, which shows it; the kernel goes on."""
    player, told = Player(), []
    monkeypatch.setattr(player, "send", told.append)

    def refuse(_: dict[str, Any]) -> None:
        raise ValueError("there is no agent 9 here")

    player.on_intervention(refuse)
    player._handle_custom_msg({"type": "fault"}, [])
    assert told == [{"type": "error", "text": "there is no agent 9 here"}]


def test_only_what_is_new_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """A third branch is one recording; labels and selection change together, so the browser draws once."""
    player, sent, states = Player(family()), [], []
    monkeypatch.setattr(player, "send", lambda word, buffers: sent.append((word["key"], buffers)))
    monkeypatch.setattr(player, "send_state", lambda key=None: states.append(set(key)))
    shown = [*player.shown, branch(election(seed=3), "third", parent=1)]
    player.show(shown, selected=2)
    assert sent == [(3, [shown[2].columns])]
    assert states == [{"branches", "selected"}]
    assert [each["name"] for each in player.branches] == [each.name for each in shown]


def test_another_name_or_selection_sends_no_recording(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither does a branch that is gone."""
    player, sent = Player(family()), []
    monkeypatch.setattr(player, "send", lambda *word: sent.append(word))
    calm, struck = player.shown
    player.show([calm, replace(struck, name="the crash")], selected=1)
    player.show([calm])
    assert sent == []
    assert [each["key"] for each in player.branches] == [1]


def test_a_browser_that_comes_later_asks_for_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    """It gets what is on show; nobody else hears of it."""
    player, sent, heard = Player(family()), [], []
    player.on_intervention(heard.append)
    monkeypatch.setattr(player, "send", lambda word, buffers: sent.append((word["key"], buffers)))
    player._handle_custom_msg({"type": "need", "keys": [2, 7]}, [])
    assert sent == [(2, [player.shown[1].columns])]
    assert heard == []
