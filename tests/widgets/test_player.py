"""The player as a widget, without a browser: what it sends, and how it passes on requests."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from coordlab.widgets.player import Player
from tests.widgets.traces import branch, election, family

if TYPE_CHECKING:
    import pytest


def test_its_repr_counts_branches_and_events() -> None:
    """It has no address, so that the outputs of notebooks can be compared."""
    assert repr(Player([branch(election(agents=2, until=1.5))])).startswith("Player(1 branch, ")
    assert repr(Player()) == "Player(0 branches, 0 events)"


def test_a_request_reaches_the_callback() -> None:
    player, heard = Player(family()), []
    player.on_intervention(heard.append)
    request = {"type": "fault", "branch": 1, "fault": {"kind": "Crash", "agent": "5", "at": 3.0}}
    player._handle_custom_msg(request, [])
    assert heard == [request]


def test_a_request_that_fails_is_answered_with_its_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """The player shows the text of the error; the kernel does not raise it."""
    player, sent = Player(), []
    monkeypatch.setattr(player, "send", sent.append)

    def refuse(_: dict[str, Any]) -> None:
        raise ValueError("no agent 9")

    player.on_intervention(refuse)
    player._handle_custom_msg({"type": "fault"}, [])
    assert sent == [{"type": "error", "text": "no agent 9"}]


def test_only_new_recordings_are_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Labels and selection change together, so that the browser draws once."""
    player, sent, states = Player(family()), [], []
    monkeypatch.setattr(player, "send", lambda word, buffers: sent.append((word["key"], buffers)))
    monkeypatch.setattr(player, "send_state", lambda key=None: states.append(set(key)))
    shown = [*player.shown, branch(election(seed=3), "third", parent=1)]
    player.show(shown, selected=2)
    assert sent == [(3, [shown[2].columns])]
    assert states == [{"branches", "selected"}]
    assert [each["name"] for each in player.branches] == [each.name for each in shown]


def test_another_name_or_selection_sends_no_recording(monkeypatch: pytest.MonkeyPatch) -> None:
    player, sent = Player(family()), []
    monkeypatch.setattr(player, "send", lambda *word: sent.append(word))
    calm, struck = player.shown
    player.show([calm, replace(struck, name="the crash")], selected=1)
    player.show([calm])
    assert sent == []
    assert [each["key"] for each in player.branches] == [1]


def test_a_browser_that_opens_later_asks_for_recordings(monkeypatch: pytest.MonkeyPatch) -> None:
    """It gets those that are shown; the callback is not called."""
    player, sent, heard = Player(family()), [], []
    player.on_intervention(heard.append)
    monkeypatch.setattr(player, "send", lambda word, buffers: sent.append((word["key"], buffers)))
    player._handle_custom_msg({"type": "need", "keys": [2, 7]}, [])
    assert sent == [(2, [player.shown[1].columns])]
    assert heard == []
