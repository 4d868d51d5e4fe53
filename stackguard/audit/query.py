"""Questions in SQL: a SELECT over a store goes in, its rows come out."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

import duckdb
import msgspec

from stackguard.audit.difference import chosen
from stackguard.audit.store.database import connected
from stackguard.audit.store.runs import Runs
from stackguard.errors import CannotJudge
from stackguard.reports.formatting import printable, printable_json

READING = frozenset({duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN})
WIDEST = 60
"""Characters of a column of text; the others of a value are in CSV and JSON."""


class Answer(msgspec.Struct, frozen=True):
    """The rows of a query."""

    columns: tuple[str, ...]
    rows: Sequence[tuple[Any, ...]]


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
        try:
            statements = database.extract_statements(sql)
            if len(statements) != 1 or statements[0].type not in READING:
                raise CannotJudge("a query is one SELECT; the store can only be read")
            result = database.execute(statements[0])
            return Answer(tuple(column[0] for column in result.description or ()), result.fetchall())
        except duckdb.Error as error:
            lines = [line.strip() for line in str(error).splitlines() if line.strip()]
            raise CannotJudge(f"the query fails: {printable(' '.join(lines[:2]))}") from None


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
