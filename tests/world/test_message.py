"""Messages: frozen records whose docstring is the sentence that they say."""

import dataclasses
from enum import Enum

import pytest

from coordlab.world.message import handler_name, is_message, message


class Level(Enum):
    """How sure."""

    LOW = 1


@message
class Inner:
    """Inside another."""

    word: str


@message
class Outer:
    """I hold much.

    And this is for the reader of the code.
    """

    things: object
    more: int = 0


def test_a_message_is_a_value_with_a_sentence():
    assert Outer((1, 2)) == Outer((1, 2), 0)
    assert len({Outer(1), Outer(1), Outer(2)}) == 2
    assert (Outer.says, repr(Outer(1)), Outer(1).more) == ("I hold much.", "Outer(things=1, more=0)", 0)


def test_a_message_without_docstring_says_its_name():
    @message
    class Silent:
        pass

    assert Silent.says == "Silent"
    assert is_message(Silent)
    assert not is_message(Level)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        1,
        0.5,
        "word",
        b"bytes",
        Level.LOW,
        (1, (2, "x")),
        frozenset({1}),
        Inner("x"),
        (Inner("x"),),
    ],
)
def test_what_cannot_change_may_travel(value):
    assert Outer(value).things == value


@pytest.mark.parametrize(
    ("value", "advice"),
    [
        ([1, 2], r"things=tuple\(...\), here \(1, 2\)"),
        ({1}, r"things=frozenset\(...\)"),
        ({"a": 1}, r"things=tuple\(table.items\(\)\), here \(\('a', 1\),\)"),
        (([1],), "things=a message of its own"),
        (object(), "things=a message of its own"),
        (bytearray(b"x"), "things=a message of its own"),
    ],
)
def test_what_could_change_on_the_way_is_refused(value, advice):
    with pytest.raises(
        TypeError, match=rf"Outer.things = .* could still change after it was sent: .*For example: {advice}"
    ):
        Outer(value)


def test_a_message_cannot_be_changed():
    hello = Inner("hello")
    with pytest.raises(AttributeError, match=r"cannot be changed \(word = 'bye'\)"):
        hello.word = "bye"
    with pytest.raises(AttributeError, match=r"cannot be changed \(del word\)"):
        del hello.word
    assert dataclasses.replace(hello, word="bye") == Inner("bye")


def test_a_message_may_check_itself():
    @message
    class Positive:
        """Above zero."""

        number: int

        def __post_init__(self):
            if self.number <= 0:
                raise ValueError("not above zero")

    assert Positive(1).number == 1
    with pytest.raises(ValueError, match="not above zero"):
        Positive(0)


def test_a_message_may_extend_another():
    @message
    class Longer(Inner):
        """Inside another, and longer."""

        tail: tuple = ()

    assert Longer("a", (1,)).word == "a"
    with pytest.raises(TypeError, match="could still change"):
        Longer("a", [1])


@pytest.mark.parametrize(
    ("name", "handler"),
    [
        ("Ping", "on_ping"),
        ("CallForProposals", "on_call_for_proposals"),
        ("V2Vote", "on_v2_vote"),
        ("HTTPGet", "on_httpget"),
    ],
)
def test_the_handler_is_named_after_the_message(name, handler):
    assert handler_name(type(name, (), {})) == handler
