"""The runs of a sweep in a file, so that a sweep that was killed goes on where it was."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from coordlab import requirements as require
from coordlab.experiments.result import Row
from coordlab.trace.trace import dumps, loads

FORMAT, VERSION = "coordlab-sweep", 1
TABLES = """
create table if not exists about (format text, version integer, experiment text);
create table if not exists runs (
    cell text, seed integer, found text, problem text, line text, primary key (cell, seed)
) without rowid;
"""


class StoreError(ValueError):
    """A store that cannot be used: what it holds, what is expected, and what to do instead."""


class Store:
    """An SQLite file with the runs of one experiment.

    Each batch is written in one transaction, so a run is there whole or not at all.

    path: the file; it is made if it does not exist.
    experiment: a text that is the same for every part of one experiment, and for no other.

    Raises StoreError if the file holds something else.
    """

    def __init__(self, path: str | Path, experiment: str) -> None:
        self.path = require.new_file("store", path, "runs.db", StoreError)
        with ExitStack() as refused:
            try:
                self.file = sqlite3.connect(self.path)
                refused.callback(self.file.close)
                # no sync for each batch: it survives the end of the process, but perhaps not a power failure
                self.file.execute("pragma journal_mode=wal")
                self.file.execute("pragma synchronous=normal")
                self.file.executescript(TABLES)
                about = self.file.execute("select format, version, experiment from about").fetchone()
            except sqlite3.Error as error:
                given = f"store={str(path)!r} ({error})"
                require.fail(given, "expected a file of a sweep", "store='runs.db'", StoreError)
            if about is None:
                with self.file:
                    self.file.execute("insert into about values (?, ?, ?)", (FORMAT, VERSION, experiment))
            else:
                self._check(about, experiment)
            refused.pop_all()

    def _check(self, about: tuple[str, int, str], experiment: str) -> None:
        """Refuse a store of something else."""
        if about == (FORMAT, VERSION, experiment):
            return
        same = about[:2] == (FORMAT, VERSION)
        holds = "another experiment" if same else f"{about[0]} version {about[1]}"
        allowed = f"it has {about[2]}; this sweep is {experiment}" if same else f"expected version {VERSION}"
        require.fail(f"{self.path.name} holds {holds}", allowed, "store='another.db'", StoreError)

    def rows(self) -> dict[tuple[str, int], Row]:
        """The runs that are there, by the text of their cell and their seed."""
        found = self.file.execute("select cell, seed, found, problem, line from runs")
        return {
            (cell, seed): Row(loads(cell), seed, loads(values), problem, line)
            for cell, seed, values, problem, line in found
        }

    def add(self, rows: Mapping[tuple[str, int], Row]) -> None:
        """Write runs, each under the text of its cell and its seed; either all are written or none."""
        told = [(*key, dumps(row.values), row.problem, row.line) for key, row in rows.items()]
        with self.file:
            self.file.executemany("insert or replace into runs values (?, ?, ?, ?, ?)", told)

    def close(self) -> None:
        """Close the file."""
        self.file.close()
