"""What a cell says that runs too early, or needs another version of the package; in a shell of IPython."""

import pytest
from IPython.core.interactiveshell import InteractiveShell

import coordlab
from coordlab.course import advice

EARLY = "If a cell above makes `lab`, it has not been run. Choose Run, then Run All Above Selected Cell"
OTHER = f"coordlab {coordlab.__version__} does not have this ({{}}): the chapter belongs to another version."


@pytest.fixture
def shell():
    """A shell in which a chapter has begun."""
    shell = InteractiveShell.instance()
    shell.run_cell("from coordlab.course import advice; advice.install()")
    yield shell
    InteractiveShell.clear_instance()


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("lab", EARLY),
        ("from coordlab.patterns.bully import gone", OTHER.format("'gone'")),
        ("import coordlab.gone", OTHER.format("No module named 'coordlab.gone'")),
        ("import coordlab.labs; coordlab.labs.gone", OTHER.format("coordlab.labs.gone")),
    ],
)
def test_an_error_that_is_not_the_learners_says_what_to_do(shell, capsys, cell, words):
    result = shell.run_cell(cell)
    assert words in capsys.readouterr().out
    assert words in "".join(result.error_in_exec.__notes__)


@pytest.mark.parametrize("cell", ["import gone", "(1).gone", "import math; math.gone", "1 / 0"])
def test_other_errors_are_left_as_they_are(shell, capsys, cell):
    result = shell.run_cell(cell)
    assert type(result.error_in_exec).__name__ in capsys.readouterr().out
    assert not hasattr(result.error_in_exec, "__notes__")


def test_without_a_notebook_nothing_is_installed(monkeypatch):
    monkeypatch.setattr(advice, "_shell", lambda: None)
    advice.install()
    assert advice.advice(ValueError("mine")) == ""
