"""Worlds in a real Jupyter kernel: Run All, top-level await, interrupts, a patched event loop."""

import queue
from collections.abc import Iterator

import pytest
from jupyter_client.manager import start_new_kernel

from tests.pythons import PROJECT

pytestmark = pytest.mark.slow

WORLD = f"""
import sys
sys.path.insert(0, {str(PROJECT)!r})
import asyncio
from coordlab.world.agent import Agent
from coordlab.world.world import World

class Sleeper(Agent):
    async def run(self):
        await asyncio.sleep(60)
        self.note("awake")
"""
RUN = "print(World().add(Sleeper('zoe')).run().trace[-1])"
AWAKE = "60.000 zoe note awake\n"


class Notebook:
    """A kernel, and the output of its cells."""

    def __init__(self, *cells: str) -> None:
        self.kernel, self.client = start_new_kernel(kernel_name="python3", startup_timeout=300)
        assert [self.run(cell) for cell in cells] == [""] * len(cells)

    def queue(self, *cells: str) -> list[str]:
        """Send all cells at once, as Run All does; return their numbers."""
        return [self.client.execute(cell, store_history=False) for cell in cells]

    def printed(self, number: str, until: str | None = None, timeout: float = 150) -> str:
        """The output of a cell with its error, or its output up to `until`; `queue.Empty` if it hangs."""
        words = ""
        while words != until:
            message = self.client.get_iopub_msg(timeout=timeout)
            content = message["content"]
            if message["parent_header"].get("msg_id") != number:
                continue
            if message["msg_type"] == "stream":
                words += content["text"]
            elif message["msg_type"] == "error":
                words += f"{content['ename']}: {content['evalue']}"
            elif message["msg_type"] == "status" and content["execution_state"] == "idle":
                break
        return words

    def run(self, cell: str) -> str:
        """The output of one cell."""
        return self.printed(*self.queue(cell))

    def close(self) -> None:
        self.client.stop_channels()
        self.kernel.shutdown_kernel(now=True)


@pytest.fixture(scope="module")
def notebook() -> Iterator[Notebook]:
    """One kernel for all tests."""
    made = Notebook(WORLD)
    yield made
    made.close()


def run_all(notebook: Notebook) -> list[str]:
    """The output of ten cells that are queued at once; "lost" if there is none."""
    printed = []
    for number in notebook.queue(*[RUN] * 10):
        try:
            printed.append(notebook.printed(number))
        except queue.Empty:
            printed.append("lost")
    return printed


def test_every_cell_of_run_all_answers(notebook):
    """Ten cells are queued; each runs a world inside the kernel's running loop."""
    assert run_all(notebook) == [AWAKE] * 10


def test_a_cell_may_await_before_and_after_a_world(notebook):
    """Top-level await runs in a task of the kernel's event loop, which a world does not change."""
    await_more = "print(await asyncio.create_task(asyncio.sleep(0.001, 'went on')))"
    cell = f"await asyncio.sleep(0.001)\n{RUN}\n{await_more}"
    assert notebook.run(cell) == f"{AWAKE}went on\n"


def test_a_live_run_is_awaited_in_a_cell(notebook):
    """It runs in the event loop of the kernel."""
    cell = "run = await World().add(Sleeper('zoe')).run_live(speed=6000)\nprint(run.trace[-1])"
    assert notebook.run(cell) == AWAKE


def test_an_interrupt_leaves_the_kernel_as_it_was(notebook):
    """A run that hangs is interrupted; later cells work and may await."""
    run = "    async def run(self):\n        print('hangs', flush=True)\n        while True: pass\n"
    hang = f"class Hang(Agent):\n{run}"
    for before in ("", "await asyncio.sleep(0)\n"):
        (number,) = notebook.queue(f"{hang}{before}World().add(Hang('zoe')).run()")
        assert notebook.printed(number, until="hangs\n") == "hangs\n"
        notebook.kernel.interrupt_kernel()
        assert notebook.printed(number) == "KeyboardInterrupt: "
        assert notebook.run("await asyncio.sleep(0)\nprint('fine')") == "fine\n"
        assert run_all(notebook) == [AWAKE] * 10


def test_an_error_shows_the_line_of_the_cell(notebook):
    """Without the name of its temporary file."""
    cell = "class Bad(Agent):\n    async def run(self):\n        1 / 0\nWorld().add(Bad('zoe')).run()"
    assert notebook.run(cell) == (
        "AgentError: agent zoe (Bad) failed at 0 s, after start Bad: ZeroDivisionError: division by zero\n"
        "  line 3, in run: 1 / 0"
    )


@pytest.mark.parametrize("early", [True, False])
def test_every_cell_answers_with_a_patched_event_loop(early):
    """nest_asyncio was applied before coordlab was imported, or after; no cell is lost."""
    patch = "import nest_asyncio; nest_asyncio.apply()"
    notebook = Notebook(patch if early else "", WORLD, "" if early else patch)
    try:
        assert run_all(notebook) == [AWAKE] * 10
        assert notebook.run(f"await asyncio.sleep(0)\n{RUN}") == AWAKE
    finally:
        notebook.close()
