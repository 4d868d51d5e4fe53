"""The page for questions in SQL: one SELECT, with a limit of rows and of time."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from stackguard.audit.serve.pages import Endpoint, Pages
from stackguard.audit.store.tables import TABLES, columns
from stackguard.errors import CannotJudge
from stackguard.reports.csv import cell

SECONDS = 10.0
ROWS = 1000
"""Rows on the page."""
ROWS_OF_CSV = 100_000
LONGEST = 20_000
"""Characters of a question."""
EXAMPLES = {
    "Open violations by team": """\
SELECT owner, severity, count(*) AS violations
FROM violations
WHERE status = 'open'
GROUP BY ALL
ORDER BY violations DESC""",
    "Resources by type and region": """\
SELECT type, region, count(*) AS resources
FROM resources
GROUP BY ALL
ORDER BY resources DESC""",
    "How long it takes to fix something": """\
SELECT severity, count(*) AS fixed, avg(fixed_at::TIMESTAMP - first_seen::TIMESTAMP) AS time_to_fix
FROM violations
WHERE status = 'fixed'
GROUP BY severity""",
    "The slowest stacks": """\
SELECT organization, project, stack, resources, bytes, seconds
FROM stacks
ORDER BY seconds DESC
LIMIT 20""",
}


class Questions(Pages):
    """Questions in SQL."""

    def reading(self) -> Mapping[str, Endpoint]:
        """As of `Pages`."""
        return {"/sql": self.sql, "/sql.csv": self.csv}

    def sql(self, request: Request) -> Response:
        """The page, with the rows of a question if there is one."""
        snapshot = self._newest.snapshot()
        asked = request.query_params.get("sql", "")
        answer, problem = None, ""
        if asked.strip():
            try:
                answer = snapshot.ask(_bounded(asked), ROWS, SECONDS)
            except CannotJudge as error:
                problem = error.message
        tables = {name: list(columns(row)) for name, row in TABLES.items() if name != "facts"}
        response = self.page(
            request,
            snapshot,
            "sql",
            sql=asked[:LONGEST],
            answer=answer,
            problem=problem,
            examples=EXAMPLES.items(),
            tables=tables,
            rows_of_csv=ROWS_OF_CSV,
            text=text,
        )
        response.status_code = 400 if problem else 200
        return response

    def csv(self, request: Request) -> Response:
        """The rows as CSV."""
        answer = self._newest.snapshot().ask(_bounded(request.query_params.get("sql", "")), ROWS_OF_CSV, SECONDS)
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(map(cell, answer.columns))
        writer.writerows([_cell(value) for value in row] for row in answer.rows)
        headers = {"Content-Disposition": 'attachment; filename="audit.csv"'}
        return Response(out.getvalue().encode(errors="replace"), media_type="text/csv", headers=headers)


def text(value: Any) -> str:
    """A value of a row as text."""
    if value is None:
        return ""
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _cell(value: Any) -> str:
    """A value of CSV: a number stays one, also a negative one."""
    return str(value) if isinstance(value, int | float) else cell(text(value))


def _bounded(sql: str) -> str:
    if len(sql) > LONGEST:
        raise CannotJudge(f"a question has at most {LONGEST} characters")
    return sql
