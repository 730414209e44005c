"""The player as a widget, without a browser: what it holds, and how it passes on what learners ask for."""

from __future__ import annotations

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


def test_new_branches_arrive_in_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    """`show` changes the branches and the selection together: the browser draws once."""
    player, sent = Player(family()), []
    monkeypatch.setattr(player, "send_state", lambda key=None: sent.append(set(key)))
    player.show([*family(), branch(election(seed=3), "third", parent=1)], selected=2)
    assert sent == [{"branches", "selected"}]
    assert player.selected == 2
