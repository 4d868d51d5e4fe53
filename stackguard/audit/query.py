"""Questions in SQL: a SELECT over a store goes in, its rows come out."""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb
import msgspec

from stackguard.audit.difference import chosen
from stackguard.audit.store.database import connected
from stackguard.audit.store.runs import Runs
from stackguard.errors import CannotJudge
from stackguard.reports.formatting import printable, printable_json

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
    about = chosen(runs.finished(), run) if run else None
    with connected(runs, about) as database:
        return ask(database, sql)


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
    try:
        statements = database.extract_statements(sql)
        if len(statements) != 1 or statements[0].type is not duckdb.StatementType.SELECT:
            raise CannotJudge("a query is one SELECT; the store can only be read")
        with _reading(database, seconds):
            result = database.execute(statements[0])
            columns = tuple(column[0] for column in result.description or ())
            if most is None:
                return Answer(columns, result.fetchall())
            return _bounded(columns, result, most)
    except duckdb.InterruptException:
        raise CannotJudge(f"the query takes longer than {seconds:g} s; ask for less") from None
    except duckdb.Error as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        raise CannotJudge(f"the query fails: {printable(' '.join(lines[:2]))}") from None


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


def rendered(found: Answer, form: str) -> str:
    """The rows as a table, as CSV, or as JSON lines."""
    if form == "json":
        lines = (msgspec.json.encode(dict(zip(found.columns, row, strict=True)), enc_hook=str) for row in found.rows)
        return "".join(printable_json(line.decode()) + "\n" for line in lines)
    texts = [[_text(value) for value in row] for row in found.rows]
    if form == "csv":
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="\n").writerows([found.columns, *texts])
        return buffer.getvalue()
    table = [[*found.columns], *texts]
    widths = [min(WIDEST, max(map(len, column))) for column in zip(*table, strict=True)]
    numbers = [all(isinstance(row[index], int | float) for row in found.rows) for index in range(len(widths))]
    lines_ = [
        "  ".join(
            _cut(cell, width).rjust(width) if number else _cut(cell, width).ljust(width)
            for cell, width, number in zip(row, widths, numbers, strict=True)
        ).rstrip()
        for row in table
    ]
    lines_.insert(1, "  ".join("-" * width for width in widths))
    count = len(found.rows)
    return "\n".join([*lines_, f"{count} row{'s' * (count != 1)}", ""])


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def _text(value: Any) -> str:
    if value is None:
        return ""
    return printable(", ".join(map(str, value)) if isinstance(value, list) else str(value))
