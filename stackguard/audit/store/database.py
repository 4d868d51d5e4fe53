"""The database of a store: DuckDB over its files, which reads them and nothing else.

Views have the names of the tables, and `runs`. They are about the newest finished run, or another one; `stacks_of_runs` and
`violations_of_runs` are about all.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from stackguard.audit.store.runs import RUNS, RunInfo, Runs, run_of
from stackguard.audit.store.tables import FACTS, TABLES, columns
from stackguard.errors import CannotJudge
from stackguard.gate.machine import free_memory

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

CONFIGURATION: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
    "temp_directory": "",
}
"""No extensions, no variables of Python as tables, and nothing that is written to the working folder."""
MEMORY = 4 << 30
"""The most bytes that a database uses: a question that needs more fails, and nothing is killed."""
LEAST_MEMORY = 256 << 20
"""The same where less is free."""
TICK = 0.02
"""Seconds between two interrupts of what does not end."""
SQL_TYPES = {str: "VARCHAR", int: "BIGINT", float: "DOUBLE", bool: "BOOLEAN", list[str]: "VARCHAR[]"}
OF_RUNS = ("stacks", "joined", "violations")
"""The tables of which each run has all rows."""
OF_STACK = ("organization", "project", "stack", "owner")
"""The columns of `stacks` that the views of its facts have, too."""


@contextmanager
def connected(runs: Runs, run: RunInfo | None = None, memory: int = MEMORY) -> Iterator[DuckDBPyConnection]:
    """A database of the finished runs for this block, which an interrupt ends; the rest is as of `opened`."""
    with opened(runs, run, memory) as connection, interruptible(connection):
        yield connection


@contextmanager
def opened(runs: Runs, run: RunInfo | None = None, memory: int = MEMORY) -> Iterator[DuckDBPyConnection]:
    """A database of the finished runs.

    Args:
        runs: of the store.
        run: the one that the views are about; None is the newest.
        memory: the most bytes that it uses; less if less is free.

    Raises:
        CannotJudge: the store has no finished run, or a file that the run needs is missing or damaged.
    """
    import duckdb

    finished = runs.require_finished()
    chosen = run or finished[-1]
    most = max(LEAST_MEMORY, min(memory, free_memory() * 8 // 10))
    connection = duckdb.connect(config=CONFIGURATION | {"memory_limit": f"{most}B"})
    try:
        try:
            with interruptible(connection):
                _views(connection, runs, chosen, finished)
        except duckdb.Error as error:
            raise CannotJudge(f"the store is damaged: {str(error).partition(chr(10))[0]}") from None
        yield connection
    finally:
        connection.close()


@contextmanager
def interruptible(connection: DuckDBPyConnection) -> Iterator[None]:
    """Let an interrupt end what a connection does in this block.

    Where a signal's handler raises, DuckDB raises an error of its own and then waits for the tasks of its other threads, or,
    while it looks for a module of Python, nothing at all: so its queries are interrupted, too, until the block has ended.
    """
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield
        return
    interrupted, ended = threading.Event(), threading.Event()

    def interrupt(number: int, frame: FrameType | None) -> None:
        try:
            before(number, frame)
        except KeyboardInterrupt:
            if not interrupted.is_set():
                interrupted.set()
                threading.Thread(target=_interrupt, args=(connection, ended), daemon=True).start()
            raise

    signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    except Exception:
        if not interrupted.is_set():
            raise
    finally:
        signal.signal(signal.SIGINT, before)
        ended.set()
    if interrupted.is_set():
        raise KeyboardInterrupt


def _interrupt(connection: DuckDBPyConnection, ended: threading.Event) -> None:
    """Interrupt whatever a connection does, until an event."""
    while not ended.wait(TICK):
        with suppress(Exception):  # it has been closed
            connection.interrupt()


def _views(connection: DuckDBPyConnection, runs: Runs, chosen: RunInfo, finished: Sequence[RunInfo]) -> None:
    local = runs.files.local
    _check(runs, chosen, OF_RUNS)
    files = {table: [str(local(name)) for info in finished for name in _intact(runs, info, table)] for table in OF_RUNS}
    for table in FACTS:
        files[table] = []
    needed = [*_with_facts(connection, runs, chosen, finished)]
    for info in needed:
        _check(runs, info, FACTS, chosen)
    for info in finished:  # what is known of stacks that the run did not look at is in others
        for table in FACTS:
            names = info.files.get(table, ()) if info in needed else _intact(runs, info, table)
            files[table] += [str(local(name)) for name in names]
    folders = sorted({str(Path(file).parent) for names in files.values() for file in names})
    connection.execute("SET allowed_directories = $1", [folders])
    connection.execute("SET enable_external_access = false")
    _table_of_runs(connection, finished)
    for table in OF_RUNS:
        view(connection, f"{table}_of_runs", table, files[table])
        connection.execute(f"CREATE VIEW {table} AS SELECT * FROM {table}_of_runs WHERE run = '{chosen.id}'")
    extra = ", ".join(f"s.{name}" for name in OF_STACK)
    for table in FACTS:
        view(connection, f"all_{table}", table, files[table])
        own = {name for name, _, _ in columns(TABLES[table])}
        also = "" if "account" in own else ", s.account, s.region"
        connection.execute(
            f"CREATE VIEW {table} AS SELECT {extra}{also}, f.* FROM all_{table} f"
            " JOIN stacks s ON f.shard = s.shard AND f.stack_id = s.stack_id"
        )
    connection.execute("SET lock_configuration = true")


def _intact(runs: Runs, info: RunInfo, table: str) -> list[str]:
    damaged = runs.damaged(info, [table])
    return [name for name in info.files.get(table, ()) if name not in damaged]


def _check(runs: Runs, info: RunInfo, tables: Sequence[str], chosen: RunInfo | None = None) -> None:
    """Check the files of a run.

    Raises:
        CannotJudge: one is missing or damaged; the message names it, and what needs it.
    """
    if damaged := runs.damaged(info, tables):
        more = f" and {len(damaged) - 1} more are" if len(damaged) > 1 else " is"
        raise CannotJudge(
            f"the store's `{damaged[0]}`{more} missing or damaged, and the audit {(chosen or info).id} needs it; restore"
            " it, or audit again"
        )


def _with_facts(
    connection: DuckDBPyConnection, runs: Runs, chosen: RunInfo, finished: Sequence[RunInfo]
) -> Iterator[RunInfo]:
    """The runs that have judged the stacks of a run.

    Raises:
        CannotJudge: the store does not have one of them any more.
    """
    load(connection, runs, "stacks", chosen.files.get("stacks", ()))
    known = {info.id: info for info in finished}
    for run in runs_with_facts(connection):
        if run not in known:
            raise CannotJudge(
                f"the store's `{RUNS}/{run}` is missing or damaged, and the audit {chosen.id} needs it; restore it, or audit"
                " again"
            )
        yield known[run]
    connection.execute(f"DROP {'VIEW' if chosen.files.get('stacks') else 'TABLE'} stacks")


def runs_with_facts(connection: DuckDBPyConnection) -> list[str]:
    """The ids of the runs that have judged what the table `stacks` has."""
    shards = connection.execute("SELECT DISTINCT shard FROM stacks WHERE state IN ('judged', 'carried')").fetchall()
    return sorted({run_of(shard) for (shard,) in shards})


def load(connection: DuckDBPyConnection, runs: Runs, table: str, names: Iterable[str], name: str = "") -> None:
    """Create a view of a table over files of a store, with its name or another one."""
    view(connection, name or table, table, [str(runs.files.local(file)) for file in names])


def load_facts(
    connection: DuckDBPyConnection,
    runs: Runs,
    table: str,
    written: Mapping[str, Sequence[str]],
    others: Mapping[str, RunInfo],
) -> None:
    """Create the view of a table of facts for a run that has not ended, of which the table `stacks` is loaded.

    Args:
        connection: the database.
        runs: of the store.
        table: the table.
        written: the files of the run, by table.
        others: the finished runs, by id: what is carried over stands in theirs.
    """
    needed = [others[run] for run in runs_with_facts(connection) if run in others]
    load(connection, runs, table, [*written[table], *(name for other in needed for name in other.files.get(table, ()))])


def view(connection: DuckDBPyConnection, name: str, table: str, files: Sequence[str]) -> None:
    """Create a view of a table over files, or an empty table if there are none."""
    if files:
        listed = ", ".join("'" + file.replace("'", "''") + "'" for file in files)
        source = f"read_parquet([{listed}], union_by_name = true)"
        connection.execute(f"CREATE VIEW {name} AS SELECT * FROM {source}")
        return
    empty = ", ".join(f"{column} {SQL_TYPES[kind]}" for column, kind, _ in columns(TABLES[table]))
    connection.execute(f"CREATE TABLE {name} ({empty})")


def _table_of_runs(connection: DuckDBPyConnection, finished: Iterable[RunInfo]) -> None:
    names = (
        "id",
        "started",
        "finished",
        "sample",
        "listed",
        "judged",
        "carried",
        "failed",
        "resources",
        "seconds",
        "previous",
    )
    kinds = [type(getattr(RunInfo(id=""), name)) for name in names]
    spelled = ", ".join(f"{name} {SQL_TYPES[kind]}" for name, kind in zip(names, kinds, strict=True))
    connection.execute(f"CREATE TABLE runs ({spelled})")
    rows = [[getattr(info, name) for name in names] for info in finished]
    if rows:
        connection.executemany(f"INSERT INTO runs VALUES ({', '.join('?' * len(names))})", rows)
