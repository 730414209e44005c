"""The bar that shows how far long work is."""

import pytest

from coordlab.progress_bar import teller


@pytest.mark.parametrize(("tested", "shown"), [(False, True), (True, False)])
def test_a_bar_is_shown_unless_a_test_compares_the_output(monkeypatch, capsys, tested, shown):
    (monkeypatch.setenv if tested else monkeypatch.delenv)("PYTEST_VERSION", *["8"] * tested)
    tell = teller(True, 2, "run")
    tell(1, 2)
    tell(2, 2)
    assert ("2/2" in capsys.readouterr().err) == shown


def test_the_callers_function_is_told_in_any_case():
    told = []
    teller(lambda *done: told.append(done), 2, "run")(1, 2)
    assert told == [(1, 2)]
