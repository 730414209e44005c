"""The closed forms of the bully election at numbers that the literature gives."""

from __future__ import annotations

from coordlab.patterns.bully.theory import false_alarm, messages, seconds, unguarded_elections


def test_from_the_lowest_it_is_quadratic() -> None:
    """It takes n² - n - 1 messages when the lowest notices."""
    assert [messages(n) for n in range(2, 51)] == [n * n - n - 1 for n in range(2, 51)]


def test_from_the_second_highest_it_is_linear() -> None:
    """It takes n - 1 messages, and one less if the silent one is not asked again."""
    assert [messages(n, n - 1) for n in range(2, 51)] == [n - 1 for n in range(2, 51)]
    assert [messages(n, n - 1, skip_silent=True) for n in range(2, 51)] == [n - 2 for n in range(2, 51)]


def test_the_numbers_of_five_agents() -> None:
    """19 messages, 15 without asking the silent one, 24 for a false alarm, 8 elections without the guard."""
    numbers = messages(5), messages(5, skip_silent=True), false_alarm(5), unguarded_elections(5)
    assert numbers == (19, 15, 24, 8)


def test_the_time_does_not_grow_with_the_number_of_agents() -> None:
    """A patience and two messages, one if the second highest notices."""
    assert {seconds(0.01, 0.25, 1, n) for n in range(3, 20)} == {0.27}
    assert {seconds(0.01, 0.25, n - 1, n) for n in range(3, 20)} == {0.26}
