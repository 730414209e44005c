"""Pictures of shares: one row for each, perhaps in groups."""

import pytest

from coordlab.draw.shares import grouped, shares
from coordlab.intervals import share

ROWS = {"plan": share(2, 20), "auction": share(20, 20)}


def test_a_row_says_its_share_in_words_and_in_percent():
    picture = shares(ROWS, "survived")
    assert picture.alt.splitlines() == [
        "survived:",
        "  plan: 0.1 (0.02787 to 0.301)",
        "  auction: 1 (0.8389 to 1)",
    ]
    assert ">10 %</text>" in picture.svg
    assert ">auction</text>" in picture.svg


def test_groups_have_their_name_once_and_each_row_its_own():
    picture = grouped({"crash": ROWS, "slow": ROWS}, "survived", "Two kinds")
    assert picture.alt.splitlines()[1:] == [
        "  crash: plan: 0.1 (0.02787 to 0.301)",
        "  crash: auction: 1 (0.8389 to 1)",
        "  slow: plan: 0.1 (0.02787 to 0.301)",
        "  slow: auction: 1 (0.8389 to 1)",
    ]
    assert [picture.svg.count(f">{name}</text>") for name in ("crash", "slow", "plan")] == [1, 1, 2]


def test_rows_of_a_group_differ_in_shape_and_not_in_colour_alone():
    alone, both = shares(ROWS, "survived").svg, grouped({"crash": ROWS}, "survived").svg
    assert alone.count("<circle") == 2
    assert both.count("<circle") == 1


@pytest.mark.parametrize(
    "empty", [lambda: shares({}, "x"), lambda: grouped({}, "x"), lambda: grouped({"a": {}}, "x")]
)
def test_no_rows_are_refused_with_an_example(empty):
    with pytest.raises(ValueError, match="no rows: expected at least one share"):
        empty()
