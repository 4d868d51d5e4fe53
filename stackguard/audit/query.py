"""Questions in SQL: a SELECT over a store goes in, its rows come out, as they are read."""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any

import duckdb
import msgspec

from stackguard.audit.difference import chosen
from stackguard.audit.store.database import connected
from stackguard.audit.store.runs import RunInfo, Runs
from stackguard.errors import CannotJudge
from stackguard.gate.machine import limited_memory
from stackguard.reports.formatting import printable, printable_json

MEMORY = 1 << 30
"""Bytes that the queries of a process may take at a time."""
BESIDE = 512 << 20
"""Bytes that a process may take beside them, such as for the stacks of threads: the database counts what it sorts and
joins, and no long values."""
MOST_ROWS = 10_000
"""Of a table of text, which is for people."""
BATCH = 10_000
"""Rows of the other forms that are in memory at once."""
MOST_CHARACTERS = 20_000_000
"""Of text in the rows of a bounded question."""
WIDEST = 60
"""Characters of a column of text; the others of a value are in CSV and JSON."""


class Answer(msgspec.Struct, frozen=True):
    """The rows of a query."""

    columns: tuple[str, ...]
    rows: Sequence[tuple[Any, ...]]
    more: bool = False
    """Whether there are more rows than were asked for."""


def answer(runs: Runs, sql: str, run: str | None = None) -> Answer:
    """The rows of a query.

    Args:
        runs: of the store.
        sql: one statement that reads.
        run: the audit that the tables are about, as of `difference.chosen`; None is the newest.

    Raises:
        CannotJudge: there is no audit, or the query is malformed, fails, or does more than read.
    """
    with connected(runs, _about(runs, run), MEMORY) as database:
        return ask(database, sql)


def rendered(runs: Runs, sql: str, form: str, run: str | None = None, seconds: float | None = None) -> Iterator[str]:
    """The rows of a query in parts: as a table with at most `MOST_ROWS`, or all as CSV or as JSON lines.

    Args:
        runs: as of `answer`.
        sql: the same.
        form: `text`, `csv` or `json`.
        run: as of `answer`.
        seconds: the time after which it fails.

    Raises:
        CannotJudge: as of `answer`.
    """
    with connected(runs, _about(runs, run), MEMORY) as database:
        if form == "text":
            yield _table(ask(database, sql, MOST_ROWS, seconds))
            return
        with _asked(database, sql, seconds) as (columns, result):
            if form == "csv":
                yield _csv([[*map(printable, columns)]])
            while rows := result.fetchmany(BATCH):
                yield _csv([_text(value) for value in row] for row in rows) if form == "csv" else _json(columns, rows)


def _about(runs: Runs, run: str | None) -> RunInfo | None:
    return chosen(runs.require_finished(), run) if run else None


def ask(database: duckdb.DuckDBPyConnection, sql: str, most: int | None = None, seconds: float | None = None) -> Answer:
    """The rows of a query over a database of `store.database`.

    Args:
        database: of the store.
        sql: one statement that reads.
        most: the number of rows after which it ends.
        seconds: the time after which it fails.

    Raises:
        CannotJudge: the query is malformed, fails, takes too long, or does more than read.
    """
    with _asked(database, sql, seconds) as (columns, result):
        if most is None:
            return Answer(columns, result.fetchall())
        return _bounded(columns, result, most)


@contextmanager
def _asked(
    database: duckdb.DuckDBPyConnection, sql: str, seconds: float | None = None
) -> Iterator[tuple[tuple[str, ...], duckdb.DuckDBPyConnection]]:
    """The columns of a query, and what has its rows; the errors are those of `ask`."""
    try:
        sql.encode()
        statements = database.extract_statements(sql)
        if len(statements) != 1 or statements[0].type is not duckdb.StatementType.SELECT:
            raise CannotJudge("a query is one SELECT; the store can only be read")
        with limited_memory(MEMORY + BESIDE), _reading(database, seconds):
            result = database.execute(statements[0])
            yield _apart(column[0] for column in result.description or ()), result
    except UnicodeEncodeError as error:
        raise CannotJudge(f"the query is not UTF-8 text at character {error.start + 1}; write it in UTF-8") from None
    except (duckdb.OutOfMemoryException, MemoryError):
        raise CannotJudge("the query needs more memory than it may use; group, filter or limit what it reads") from None
    except duckdb.InterruptException:
        raise CannotJudge(f"the query takes longer than {seconds:g} s; ask for less") from None
    except duckdb.Error as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        raise CannotJudge(f"the query fails: {printable(' '.join(lines[:2]))}") from None


def _apart(names: Iterable[str]) -> tuple[str, ...]:
    """The names of columns, of which equal ones get a number, as a table made of the query would have them."""
    apart: dict[str, None] = {}
    for name in names:
        number = next(number for number in count() if (f"{name}_{number}" if number else name) not in apart)
        apart[f"{name}_{number}" if number else name] = None
    return tuple(apart)


@contextmanager
def _reading(database: duckdb.DuckDBPyConnection, seconds: float | None) -> Iterator[None]:
    """Let the statements in this block only read, and end them after some time."""
    timer = threading.Timer(seconds, database.interrupt) if seconds else None
    database.execute("BEGIN TRANSACTION READ ONLY")
    try:
        if timer is not None:
            timer.start()
        yield
    finally:
        if timer is not None:
            timer.cancel()
        database.execute("ROLLBACK")


def _bounded(columns: tuple[str, ...], result: duckdb.DuckDBPyConnection, most: int) -> Answer:
    rows: list[tuple[Any, ...]] = []
    characters = 0
    while (row := result.fetchone()) is not None:
        characters += sum(len(value) for value in row if isinstance(value, str))
        if len(rows) == most or characters > MOST_CHARACTERS:
            return Answer(columns, rows, more=True)
        rows.append(row)
    return Answer(columns, rows)


def _csv(rows: Iterable[Sequence[str]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue()


def _json(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    lines = (msgspec.json.encode(dict(zip(columns, row, strict=True)), enc_hook=str) for row in rows)
    return "".join(printable_json(line.decode()) + "\n" for line in lines)


def _table(answer: Answer) -> str:
    rows = answer.rows
    cells = [[*map(printable, answer.columns)], *([_text(value) for value in row] for row in rows)]
    widths = [min(WIDEST, max(map(len, column))) for column in zip(*cells, strict=True)]
    numbers = [all(isinstance(row[index], int | float) for row in rows) for index in range(len(widths))]
    lines = [
        "  ".join(
            _cut(cell, width).rjust(width) if number else _cut(cell, width).ljust(width)
            for cell, width, number in zip(row, widths, numbers, strict=True)
        ).rstrip()
        for row in cells
    ]
    lines.insert(1, "  ".join("-" * width for width in widths))
    more = f"the first {len(rows)} rows; `--format csv` or `json` has all"
    return "\n".join([*lines, more if answer.more else f"{len(rows)} row{'s' * (len(rows) != 1)}", ""])


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def _text(value: Any) -> str:
    if value is None:
        return ""
    return printable(", ".join(map(str, value)) if isinstance(value, list) else str(value))
