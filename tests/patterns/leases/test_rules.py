"""Votes and promises, asked for in any order: nobody can be talked into breaking one."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from coordlab.patterns.leases.rules import Promise, followed, heard_of, held, voted

QUESTIONS = st.lists(
    st.tuples(st.sampled_from("vft"), st.sampled_from("abc"), st.integers(1, 4), st.floats(0.0, 0.7)),
    max_size=30,
)


@given(QUESTIONS)
def test_one_vote_a_term_one_promise_at_a_time_and_terms_never_fall(
    questions: list[tuple[str, str, int, float]],
) -> None:
    """Any requests for votes and followers, at any time: what was promised before is kept."""
    promise, now, votes = Promise(), 0.0, dict[int, str]()
    for kind, whom, term, pause in questions:
        before, now = promise, now + pause
        if kind == "v":
            promise = voted(before, whom, term, now) or before
        elif kind == "f":
            promise = followed(before, whom, term, now, lease=1.0) or before
        else:
            promise = heard_of(before, term)
        assert promise.term >= before.term
        assert promise.to == before.to or before.until <= now
        if promise.vote:
            assert votes.setdefault(promise.term, promise.vote) == promise.vote


@given(st.floats(0.1, 10.0), st.floats(0.0, 0.9), st.floats(-1.0, 1.0), st.floats(-1.0, 1.0))
def test_a_lease_is_given_up_before_it_runs_out_whatever_the_clocks_do(
    lease: float, drift: float, mine: float, theirs: float
) -> None:
    """In true time: mine may be slow and theirs fast, as long as both keep within the bound."""
    given_up = held(lease, drift) / (1 + mine * drift)
    assert given_up <= lease / (1 + theirs * drift) * (1 + 1e-9)


@pytest.mark.parametrize("drift", [0.0, 0.01, 0.5])
def test_no_shorter_lease_than_that_is_needed(drift: float) -> None:
    """With the slowest clock here and the fastest there both end at the same time."""
    assert held(1.0, drift) / (1 - drift) == pytest.approx(1.0 / (1 + drift))


def test_a_question_that_comes_twice_is_answered_twice() -> None:
    """A vote for the same one in the same term is the same vote."""
    ann = voted(Promise(), "ann", term=1, now=5.0)
    assert ann is not None
    assert voted(ann, "ann", term=1, now=5.1) == ann
