"""Copies that merge: the laws, what each kind keeps, and what it loses."""

from __future__ import annotations

import cProfile
import random
from collections.abc import Callable
from functools import reduce
from typing import Any

import pytest
from hypothesis import given, strategies as st

from coordlab.patterns.replicas.rules import (
    GCounter,
    LastWriter,
    ORSet,
    PNCounter,
    Siblings,
    Update,
    Write,
    applied,
    compare,
    counted,
    joined,
    merge,
    repaired,
    standing,
)

KINDS: list[Any] = [GCounter(), PNCounter(), Siblings(), LastWriter(), ORSet()]
NAMES = ("ann", "bob", "cat")


def reached(kind: Any, script: list[tuple[int, int, int, float]]) -> list[Any]:
    """Three copies after some steps: each updates one of them (its clock says anything), or merges two."""
    copies = [kind] * 3
    for step, (what, one, other, at) in enumerate(script):
        if what < len(kind.operations):
            value: object = f"v{step}" if "write" in kind.operations else "ab"[other % 2]
            value = other if "Counter" in type(kind).__name__ else value
            copies[one] = applied(copies[one], Update(1.0, kind.operations[what], value), NAMES[one], at)
        else:
            copies[one] = merge(copies[one], copies[other])
    return copies


third = st.integers(0, 2)
scripts = st.lists(st.tuples(third, third, third, st.sampled_from([0.0, 1.0, 2.0])), max_size=14)


@pytest.mark.parametrize("kind", KINDS, ids=lambda each: type(each).__name__)
@given(scripts)
def test_merging_is_lawful(kind: Any, script: list[tuple[int, int, int, float]]) -> None:
    """CR-S3: commutative, associative and idempotent on whatever three replicas can come to."""
    a, b, c = reached(kind, script)
    assert merge(a, b) == merge(b, a)
    assert merge(a, merge(b, c)) == merge(merge(a, b), c)
    assert merge(a, a) == a
    assert merge(a, kind) == a


@pytest.mark.parametrize("kind", KINDS, ids=lambda each: type(each).__name__)
@given(scripts)
def test_the_order_and_repetition_of_news_makes_no_difference(kind: Any, script: Any) -> None:
    """Whoever hears all copies, in any order and some of them twice, has the same."""
    copies = reached(kind, script)
    heard = [*copies, *copies]
    random.Random(len(script)).shuffle(heard)
    assert repaired(dict(enumerate(heard)))[0] == repaired(dict(enumerate(copies)))[0]  # type: ignore[arg-type]


# --- version vectors ------------------------------------------------------------------------------


@given(st.lists(st.tuples(third, third), max_size=10))
def test_vectors_tell_what_knew_of_what(script: list[tuple[int, int]]) -> None:
    """Against sets of all that was known: before is a proper subset, concurrent is neither."""
    known: list[set[int]] = [set(), set(), set()]
    vectors: list[Any] = [(), (), ()]
    for number, (one, other) in enumerate(script):
        known[one] |= known[other] | {number}
        vectors[one] = counted(joined(vectors[one], vectors[other]), NAMES[one])
    for a in range(3):
        for b in range(3):
            one_way = "before" if known[a] < known[b] else "after" if known[a] > known[b] else "concurrent"
            assert compare(vectors[a], vectors[b]) == ("equal" if known[a] == known[b] else one_way)


def test_nothing_counted_changes_no_vector() -> None:
    """An author of none is left out, so that equal news make equal vectors."""
    assert counted((), "ann", 0) == ()


# --- registers ------------------------------------------------------------------------------------


def concurrent(kind: Any, writers: int) -> Any:
    """This many write at once, each knowing of no other, and all merge."""
    copies = {f"w{n}": kind.write(f"v{n}", f"w{n}", float(n % 3)) for n in range(writers)}
    return repaired(copies)[0]


@pytest.mark.parametrize("writers", range(1, 9))
def test_the_last_writer_loses_all_but_one_and_siblings_none(writers: int) -> None:
    """Of w concurrent writes w - 1 are lost, and on record; side by side, and in a set, all w stand."""
    register = concurrent(LastWriter(), writers)
    assert len(register.lost) == writers - 1
    assert {register.value, *register.lost} == {f"v{n}" for n in range(writers)}
    assert concurrent(Siblings(), writers).value == tuple(sorted(f"v{n}" for n in range(writers)))
    added = {f"w{n}": ORSet().add(f"v{n}", f"w{n}") for n in range(writers)}
    assert len(repaired(added)[0].value) == writers


def test_equal_stamps_are_settled_by_name() -> None:
    ann, bob = LastWriter().write("x", "ann", 1.0), LastWriter().write("y", "bob", 1.0)
    assert (ann.merged(bob).value, bob.merged(ann).value) == ("y", "y")


def test_who_has_read_and_writes_over_loses_nothing() -> None:
    """A write that knows the one before supersedes it: that is no loss."""
    register = LastWriter().write("first", "ann", 1.0).write("second", "bob", 2.0).write("third", "bob", 3.0)
    assert (register.value, register.lost) == ("third", ())


def test_two_writes_of_one_author_are_told_apart() -> None:
    """Both at the same instant of its clock: the second has the last word."""
    assert LastWriter().write("x", "ann", 1.0).write("y", "ann", 1.0).value == "y"


def test_empty_registers_say_nothing() -> None:
    assert (LastWriter().value, LastWriter().lost, Siblings().value) == (None, (), ())


def test_siblings_end_with_a_write_that_has_read_them() -> None:
    """Ann reads both and writes; what bob wrote meanwhile, without reading, stands beside it."""
    both = Siblings().write("a", "ann").merged(Siblings().write("b", "bob"))
    late = Siblings().write("b", "bob").write("b2", "bob")
    assert both.write("c", "ann").merged(late).value == ("b2", "c")


@given(scripts)
def test_what_stands_is_what_nobody_knew_of(script: Any) -> None:
    copies = reached(Siblings(), script)
    everything = frozenset(write for copy in copies for write in copy.writes)
    pairs = [(each, other) for each in everything for other in everything]
    known = {each for each, other in pairs if compare(each.version, other.version) == "before"}
    assert standing(everything) == everything - known
    assert repaired(dict(zip(NAMES, copies, strict=True)))[0].writes == standing(everything)


# --- counters and sets ----------------------------------------------------------------------------


@given(st.lists(st.tuples(st.sampled_from(["add", "remove"]), third, st.integers(0, 9)), max_size=20))
def test_counters_count_everything_once(script: list[tuple[str, int, int]]) -> None:
    copies = [PNCounter()] * 3
    for operation, one, amount in script:
        copies[one] = applied(copies[one], Update(1.0, operation, amount), NAMES[one], 0.0)
        copies[amount % 3] = merge(copies[amount % 3], copies[one])
    expected = sum(amount if operation == "add" else -amount for operation, _, amount in script)
    assert repaired(dict(zip(NAMES, copies, strict=True)))[0].value == expected


Replay = list[tuple[int, int, int, float]]


@given(scripts)
def test_an_element_is_there_if_an_addition_is_that_no_remove_has_seen(script: Replay) -> None:
    """Against plain sets of additions: what each replica has heard of, and what removes have seen."""
    heard: list[set[tuple[str, int]]] = [set(), set(), set()]
    gone: list[set[tuple[str, int]]] = [set(), set(), set()]
    for step, (what, one, other, _) in enumerate(script):
        element = "ab"[other % 2]
        if what == 0:
            heard[one].add((element, step))
        elif what == 1:
            gone[one] |= {each for each in heard[one] if each[0] == element}
        else:
            heard[one] |= heard[other]
            gone[one] |= gone[other]
    expected = [tuple(sorted({each[0] for each in heard[n] - gone[n]})) for n in range(3)]
    assert [copy.value for copy in reached(ORSet(), script)] == expected


def test_removing_what_is_not_there_changes_nothing() -> None:
    assert ORSet().remove("milk", "ann") == ORSet()
    assert ORSet().remove("milk", "ann").merged(ORSet().add("milk", "bob")).value == ("milk",)


def test_equal_values_are_shown_alike_by_all() -> None:
    """One adds 2 and another 4 / 2: the first by text stands for both, whatever the hash seed."""
    for one, other in ((2, 2.0), (2.0, 2), (1, True), (frozenset({(2, 1)}), frozenset({(2.0, 1)}))):
        added = ORSet().add(one, "ann").merged(ORSet().add(other, "bob"))
        written = Siblings().write(one, "ann").merged(Siblings().write(other, "bob"))
        assert repr(added.value) == repr(written.value) == f"({min(one, other, key=repr)!r},)"


@pytest.mark.parametrize(
    "work",
    [
        lambda size: reduce(lambda copy, n: copy.add(n, "ann"), range(size), ORSet()),
        lambda size: concurrent(Siblings(), size),
    ],
    ids=["add", "merge"],
)
def test_work_grows_with_the_number_of_changes(work: Callable[[int], object]) -> None:
    """Four times the additions, or siblings, take about four or sixteen times the calls; not 64 times."""
    calls = []
    for size in (20, 80):
        profile = cProfile.Profile()
        profile.runcall(work, size)
        calls.append(sum(entry.callcount for entry in profile.getstats()))
    assert calls[1] < 17 * calls[0]


# --- readers, and what is refused -----------------------------------------------------------------


def test_a_loser_that_writes_again_supersedes_only_itself() -> None:
    """Bob's slow clock loses to ann each time; his second write knows of his first."""
    start = LastWriter().write("old", "ann", at=9.0).write("one", "bob", at=5.0)
    assert start.write("two", "bob", at=4.0).lost == ("two",)


@pytest.mark.parametrize(
    ("wrong", "error", "words"),
    [
        (
            lambda: applied(GCounter(), Update(1, "remove"), "ann", 0),
            ValueError,
            r"'remove': expected one of",
        ),
        (lambda: GCounter().add(-1, "ann"), ValueError, r"amount=-1: expected a whole number, 0 or more"),
        (lambda: GCounter().add(True, "ann"), ValueError, r"amount=True"),
        (lambda: PNCounter().remove("two", "ann"), ValueError, r"amount='two'"),  # type: ignore[arg-type]
        (lambda: merge(GCounter(), ORSet()), TypeError, r"GCounter and ORSet: expected copies of one kind"),
        (lambda: Update(-1.0, "add"), ValueError, r"at=-1\.0: expected seconds, 0 or more"),
        (lambda: Update(float("nan"), "add"), ValueError, r"at=nan"),
        (lambda: LastWriter().write("x", "ann", float("nan")), ValueError, r"at=nan: expected a number"),
        (lambda: Write("x", "ann", 0.0, ()), ValueError, r"version=\(\): expected its own author"),
        (lambda: repaired({}), ValueError, r"copies={}: expected a copy by name.*\{'ann': ORSet\(\)\}"),
        (lambda: Update("now", "add"), ValueError, r"at='now'"),  # type: ignore[arg-type]
        (lambda: Update(1.0, "add", ["milk"]), TypeError, r"Update\.value = \['milk'\] could still change"),
    ],
)
def test_copies_refuse_what_they_cannot_take(
    wrong: Callable[[], object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        wrong()


def test_values_that_are_sets_come_in_one_order() -> None:
    """Sets print in another order in each process; a copy's value does not depend on that."""
    write = Write(frozenset("ba"), "ann", 0.0, (("ann", 1),))
    assert Siblings(frozenset({write})).value == (frozenset("ab"),)
