"""Starting from a checkout: Ada has cloned it, has only Python, and types one command."""

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from coordlab import __version__, start
from coordlab.start import Environment, StartError
from tests.conftest import tool

PROJECT = Path(start.__file__).parent.parent

# A small build backend, so that pip needs no network.
BACKEND = """
import pathlib, zipfile

def build_editable(folder, config_settings=None, metadata_directory=None):
    files = {
        "ada.pth": str(pathlib.Path.cwd()),
        "coordlab-1.dist-info/METADATA": "Metadata-Version: 2.1\\nName: coordlab\\nVersion: 1\\n",
        "coordlab-1.dist-info/WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
        "coordlab-1.dist-info/entry_points.txt": "[console_scripts]\\ncoordlab = coordlab.cli:main\\n",
        "coordlab-1.dist-info/RECORD": "",
    }
    with zipfile.ZipFile(pathlib.Path(folder) / "coordlab-1-py3-none-any.whl", "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)
    return "coordlab-1-py3-none-any.whl"
"""
PYPROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""
CLI = """
import sys
def main():
    print("the lab opens with", sys.argv[1:], flush=True)
    return 5
"""


def program(path: Path, script: str) -> Path:
    """A program at `path`, such as an interpreter that is too old or broken."""
    if os.name != "posix":
        pytest.skip("programs are shell scripts here")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    path.chmod(0o755)
    return path


@pytest.fixture
def environment(tmp_path) -> Environment:
    """A complete environment, whose interpreter writes down its arguments and does nothing."""
    root = tmp_path / "a checkout"
    root.mkdir()
    (root / "pyproject.toml").write_text("[project]\n", "utf-8")
    home = root / ".venv"
    program(home / "bin" / "python", f'echo "$@" >> "{root}/asked"')
    (home / "pyvenv.cfg").touch()
    return Environment(root, home)


def asked(environment: Environment) -> list[str]:
    return (environment.root / "asked").read_text("utf-8").splitlines()


# --- the whole way, with a real pip --------------------------------------------------------------------


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> Path:
    """A small project with `start.py`, in a folder whose name has a space."""
    root = tmp_path_factory.mktemp("ada") / "my course"
    (root / "coordlab").mkdir(parents=True)
    shutil.copy(start.__file__, root / "coordlab" / "start.py")
    (root / "coordlab" / "__init__.py").touch()
    (root / "coordlab" / "cli.py").write_text(CLI, "utf-8")
    (root / "backend.py").write_text(BACKEND, "utf-8")
    (root / "pyproject.toml").write_text(PYPROJECT, "utf-8")
    return root


@pytest.mark.slow
def test_one_command_opens_the_lab_and_later_ones_install_nothing(checkout):
    """Ada opens the lab twice, pulls a new pyproject.toml, and opens it again."""

    def lab():
        command = [sys.executable, "-m", "coordlab.start", "lab", "--port", "9999", "two words"]
        alone = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        return subprocess.run(command, cwd=checkout, env=alone, capture_output=True, text=True, check=False)

    first, second = lab(), lab()
    (checkout / "pyproject.toml").write_text(f"{PYPROJECT}\n# pulled\n", "utf-8")
    third = lab()
    opened = "the lab opens with ['lab', '--port', '9999', 'two words']"
    assert [run.stdout.splitlines()[-1] for run in (first, second, third)] == [opened] * 3
    assert [run.returncode for run in (first, second, third)] == [5] * 3
    assert ["making" in run.stdout for run in (first, second, third)] == [True, False, False]
    assert ["installing" in run.stdout for run in (first, second, third)] == [True, False, True]
    assert second.stdout.splitlines() == [opened]


# --- what is installed already ---------------------------------------------------------------------------


def test_tests_include_the_lab_but_not_the_other_way_round(environment):
    environment.install(".[test]")
    assert (environment.has(".[test]"), environment.has(".")) == (True, True)
    environment.install(".")
    assert (environment.has(".[test]"), environment.has(".")) == (False, True)
    pip = "-m pip --disable-pip-version-check install --editable"
    assert asked(environment) == [f"{pip} .[test]", f"{pip} ."]


def test_moved_checkout_is_installed_again(environment):
    environment.install(".")
    moved = environment.root.rename(environment.root.with_name("elsewhere"))
    assert not Environment(moved, moved / ".venv").has(".")


def test_damaged_receipt_counts_as_none(environment):
    environment.install(".")
    (environment.home / "coordlab-installed.txt").write_text("", "utf-8")
    assert not environment.has(".")


def test_lost_interpreter_counts_as_not_installed(environment):
    environment.install(".")
    environment.python.unlink()
    assert not environment.has(".")


# --- making the environment ------------------------------------------------------------------------------


@pytest.fixture
def base(tmp_path) -> str:
    """A Python 3.12.1 that writes down the environments it is asked to make."""
    answer = f'[ "$1" = -c ] && echo 3 12 1 1 || echo "$@" >> "{tmp_path}/made"'
    return str(program(tmp_path / "python3.12", answer))


def test_working_environment_is_kept(environment, base, tmp_path):
    environment.make(base)
    assert not (tmp_path / "made").exists()


def test_half_made_environment_is_made_again(environment, base, tmp_path, capsys):
    program(environment.python, "echo No module named pip >&2; exit 1")
    environment.make(base)
    assert (tmp_path / "made").read_text("utf-8") == f"-m venv --clear {environment.home}\n"
    assert capsys.readouterr().out == f"coordlab: making {environment.home} with Python 3.12.1\n"


def test_folder_that_is_not_an_environment_is_never_cleared(tmp_path, base):
    thesis = tmp_path / "work" / "thesis.txt"
    thesis.parent.mkdir()
    thesis.write_text("years of work", "utf-8")
    for home in (thesis, thesis.parent):
        with pytest.raises(
            StartError, match=r"is not a virtual environment\.\n.*new or empty\.\n.*--venv FOLDER"
        ):
            Environment(tmp_path, home).make(base)
    assert thesis.read_text("utf-8") == "years of work"


def test_python_that_runs_this_can_make_environments():
    assert start.version_of(sys.executable) == ".".join(map(str, sys.version_info[:3]))


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("echo 3 9 2 1", r"is Python 3\.9\.2\.\n.*3\.11 or newer\.\n.*--python python3\.12"),
        ("echo 2 7 18 0", r"is Python 2\.7\.18\.\n.*3\.11 or newer"),
        (
            "echo 3 11 2 0",
            r"cannot make virtual environments\.\n.*ensurepip.*\n.*sudo apt install python3-venv",
        ),
        ("exit 3", r"does not run as Python: .*status 3.*\n.*3\.11 or newer\.\nName one: --python"),
        ("echo hello", r"does not run as Python: .*'hello'"),
    ],
)
def test_unfit_python_is_refused_with_what_to_do(tmp_path, script, says):
    unfit = program(tmp_path / "python", script)
    with pytest.raises(StartError, match=says):
        start.version_of(str(unfit))


def test_absent_python_is_refused():
    with pytest.raises(StartError, match="'no-such-python' does not run as Python"):
        start.version_of("no-such-python")


def test_debian_python_without_ensurepip_is_recognised(tmp_path):
    """The probe runs in a Python whose ensurepip cannot be imported."""
    (tmp_path / "ensurepip.py").write_text("raise ImportError", "utf-8")
    debian = program(tmp_path / "python", f'PYTHONPATH="{tmp_path}" exec "{sys.executable}" "$@"')
    with pytest.raises(StartError, match="apt install python3-venv"):
        start.version_of(str(debian))


def test_failure_to_make_or_to_install_says_what_to_try(tmp_path, environment):
    broken = program(tmp_path / "python", '[ "$1" = -c ] && echo 3 12 1 1')
    with pytest.raises(StartError, match=r"could not make .*\n.*about 1 GB\.\nName another folder"):
        Environment(tmp_path, tmp_path / "new").make(str(broken))
    program(environment.python, "exit 1")
    with pytest.raises(StartError, match=r"pip could not install '\.'.*\n.*proxy.*\nThen type the same"):
        environment.install(".")
    assert not environment.has(".")


INSTALLS = """
for package in $(seq 190); do echo "Collecting package-$package"; done
echo "WARNING: it takes its time" >&2
"""


def test_output_of_pip_is_hidden_except_for_warnings(environment, capfd):
    program(environment.python, INSTALLS)
    environment.install(".")
    out, err = capfd.readouterr()
    assert out == "coordlab: installing '.' and what it requires (takes minutes the first time)\n"
    assert err == "WARNING: it takes its time\n"


def test_a_terminal_shows_the_progress_of_pip(environment, capsys, monkeypatch):
    program(environment.python, INSTALLS)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "23")
    environment.install(".")
    steps = capsys.readouterr().out.partition("\n")[2].split("\r")
    assert steps[1:3] == ["Collecting package-1  ", "Collecting package-2  "]
    assert steps[-3:] == ["Collecting package-190", " " * 22, ""]


# --- what is then done -----------------------------------------------------------------------------------


def test_every_check_runs_even_after_one_failed(environment, monkeypatch, capfd):
    program(environment.python, 'echo "$@"; [ "$2" != mypy ]')
    monkeypatch.setattr(start, "ROOT", environment.root)
    assert start.main(["test"]) == 1
    lines = capfd.readouterr().out.splitlines()
    tools = [line.split()[1] for line in lines if line.startswith("-m ")]
    assert tools == ["ruff", "ruff", "codespell_lib", "mypy", "pytest"]
    assert lines[-2:] == ["coordlab: these checks failed:", "  mypy --strict coordlab"]


@pytest.mark.parametrize(
    ("extent", "chosen"),
    [
        ([], {"--slow", "--nbval", "--cov=coordlab"}),
        (["--quick"], set()),
        (["--all"], {"--all", "--nbval", "--cov=coordlab"}),
    ],
)
def test_each_stage_is_announced_with_the_time_so_far(environment, monkeypatch, capfd, extent, chosen):
    """Nothing is printed after checks that succeed."""
    program(environment.python, 'echo "$@"')
    monkeypatch.setattr(start, "ROOT", environment.root)
    assert start.main(["test", *extent]) == 0
    lines = capfd.readouterr().out.splitlines()
    stages = [line for line in lines if re.match(r"coordlab: \d of 5, after 0:\d\d min: \w+ ", line)]
    assert (len(stages), lines[-1][:9]) == (5, "-m pytest")
    assert {"--slow", "--all", "--nbval", "--cov=coordlab"} & {*lines[-1].split()} == chosen


@pytest.fixture
def changed(environment) -> Environment:
    """A checkout in which a learner has changed a chapter and added a notebook."""
    chapter = environment.root / "notebooks" / "07.ipynb"
    chapter.parent.mkdir()
    chapter.write_text("shipped", "utf-8")
    for words in (["init", "-q"], ["add", "notebooks"]):
        subprocess.run(["git", *words], cwd=environment.root, check=True)
    chapter.write_text("answered", "utf-8")
    (chapter.parent / "mine.ipynb").write_text("mine", "utf-8")
    return environment


def test_notebooks_in_the_index_of_git_are_checked(changed, capsys):
    start.check(changed)
    copy = changed.root / "build" / "committed" / "notebooks"
    assert {each.name: each.read_text("utf-8") for each in copy.iterdir()} == {"07.ipynb": "shipped"}
    assert [str(copy) in line for line in asked(changed)] == [True, False, True, False, True]
    assert "not checked" in capsys.readouterr().out.splitlines()[0]


def test_staged_notebooks_are_checked(changed, capsys):
    subprocess.run(["git", "add", "notebooks"], cwd=changed.root, check=True)
    copy = start.committed(changed.root) / "notebooks"
    assert [each.read_text("utf-8") for each in sorted(copy.iterdir())] == ["answered", "mine"]
    assert capsys.readouterr().out == ""


def test_without_git_all_notebooks_are_checked(changed, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert start.committed(changed.root) == changed.root


def test_lab_opens_at_once_when_all_is_installed(environment, monkeypatch, capfd):
    environment.install(".")
    program(environment.program("coordlab"), 'echo "coordlab $@"; exit 3')
    monkeypatch.setattr(start, "ROOT", environment.root)
    assert start.main(["lab", "--venv", str(environment.home), "--no-browser"]) == 3
    assert capfd.readouterr().out.splitlines()[-1] == "coordlab lab --no-browser"


def test_an_error_goes_to_stderr_with_exit_status_one(tmp_path, monkeypatch, capsys):
    """The variable PYTHON names the interpreter if no option does."""
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.setattr(start, "ROOT", tmp_path)
    monkeypatch.setenv("PYTHON", "no-such-python")
    assert start.main(["lab"]) == 1
    assert capsys.readouterr().err.startswith("\n'no-such-python' does not run as Python")


def test_other_arguments_of_test_are_refused(capsys):
    with pytest.raises(SystemExit, match="2"):
        start.main(["test", "--fast"])
    assert "test takes --quick or --all, not '--fast'" in capsys.readouterr().err


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is not a signal here")
def test_an_interrupt_is_handled_by_the_child():
    """Ctrl-C in JupyterLab asks whether to stop; the parent waits for the answer."""
    press = "import os, signal, time; time.sleep(0.2); os.kill(os.getppid(), signal.SIGINT)"
    assert start.call([sys.executable, "-c", f"{press}; time.sleep(0.5); exit(7)"]) == 7


@pytest.mark.parametrize(("windows", "python"), [(False, "bin/python"), (True, "Scripts/python.exe")])
def test_programs_are_where_the_system_keeps_them(monkeypatch, windows, python):
    monkeypatch.setattr(start, "WINDOWS", windows)
    assert Environment(Path("r"), Path("h")).python == Path("h") / python


# --- promises about the files ------------------------------------------------------------------------------


def test_start_imports_only_the_standard_library():
    tree = ast.parse(Path(start.__file__).read_text("utf-8"))
    plain = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    taken = {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    roots = {name.partition(".")[0] for name in plain | taken}
    assert roots <= set(sys.stdlib_module_names)


@pytest.mark.parametrize("name", ["__init__.py", "start.py"])
def test_old_python_can_parse_enough_to_report_that_it_is_too_old(name):
    source = (PROJECT / "coordlab" / name).read_text("utf-8")
    assert ast.parse(source, feature_version=(3, 8)).body


def test_readme_gives_both_commands():
    readme = (PROJECT / "README.md").read_text("utf-8")
    assert re.findall(r"^python3 -m coordlab\.start (\w+)$", readme, re.MULTILINE)[:2] == ["lab", "test"]


def test_continuous_integration_runs_the_readme_command():
    script = PROJECT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0
    assert script.read_text("utf-8").splitlines()[-1] == "exec python3 -m coordlab.start test < /dev/null"
    workflow = (PROJECT / ".github" / "workflows" / "ci.yml").read_text("utf-8")
    assert re.findall(r"^ +run: (.+)$", workflow, re.MULTILINE) == [
        "python3 -m coordlab.start test ${{ matrix.extent }}"
    ]


def test_continuous_integration_runs_on_every_supported_python():
    workflow = (PROJECT / ".github" / "workflows" / "ci.yml").read_text("utf-8")
    named = re.findall(r"Python :: (3\.\d+)", (PROJECT / "pyproject.toml").read_text("utf-8"))
    (tried,) = re.findall(r"^ +python: \[(.+)\]$", workflow, re.MULTILINE)
    assert tried.replace('"', "").split(", ") == named


def test_hooks_and_tests_use_the_same_versions():
    project = (PROJECT / "pyproject.toml").read_text("utf-8")
    hooks = (PROJECT / ".pre-commit-config.yaml").read_text("utf-8")
    wanted = re.findall(r'additional_dependencies: \["(.+)"\]', hooks)
    assert len(wanted) == 3
    assert [each for each in wanted if f'"{each}"' not in project] == []


def test_the_citation_has_the_current_version():
    citation = (PROJECT / "CITATION.cff").read_text("utf-8")
    assert f"\nversion: {__version__}\n" in citation


@pytest.mark.parametrize(
    ("ci", "outcome"), [(True, pytest.fail.Exception), (False, pytest.skip.Exception)], ids=["ci", "home"]
)
def test_missing_tool_fails_in_continuous_integration_and_skips_elsewhere(monkeypatch, ci, outcome):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("CI", "true") if ci else monkeypatch.delenv("CI", raising=False)
    with pytest.raises(outcome, match=r"node is not installed; on Debian: sudo apt install nodejs"):
        tool("nodejs", "node")
