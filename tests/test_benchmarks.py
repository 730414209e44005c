"""The benchmarks compare like with like: at a tiny size all contenders compute the same answer."""

import pytest

from tests.benchmarks.__main__ import PAGES
from tests.benchmarks.compare import WORKLOADS, agree


@pytest.mark.slow
@pytest.mark.parametrize("key", WORKLOADS)
def test_all_contenders_compute_the_same_answer(key: str) -> None:
    workload = WORKLOADS[key]
    size = max(1, workload.size // 200)
    agree({name: workload.answer(run(size)) for name, run in workload.contenders.items()})


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.whole if name == "search" else ()) for name in PAGES]
)
def test_what_is_timed_does_what_it_says(name: str) -> None:
    assert all(figure.values["coordlab"] > 0 for figure in PAGES[name](1))
