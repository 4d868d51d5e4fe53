"""The command `stackguard audit query`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from stackguard.cli.audit.options import check_installed, runs_of, store_option
from stackguard.cli.common import attempt, format_option, output_option, timeout_option, write

if TYPE_CHECKING:
    from pathlib import Path


@click.command(short_help="Ask the store in SQL.")
@click.argument("sql")
@store_option
@click.option("--run", "run_name", metavar="RUN", help="The audit that the tables are about; by default the newest.")
@format_option("text", "csv", "json")
@output_option
@timeout_option("Stop a query that takes longer.")
def query(sql: str, store: str, run_name: str | None, format_: str, output: Path | None, timeout: float) -> None:
    """Print the rows of a SELECT over the store; docs/audit-tables.md has its tables.

    The query reads the store and nothing else. The tables are about the newest audit; `runs`, `stacks_of_runs` and
    `violations_of_runs` are about all.

    \b
    Examples:
      stackguard audit query "SELECT owner, count(*) FROM outcomes GROUP BY owner ORDER BY 2 DESC" --store audits
      stackguard audit query "FROM violations WHERE status = 'open' AND severity = 'critical'" --store audits --format csv
      stackguard audit query "SUMMARIZE stacks" --store audits
    """  # noqa: D301 (click reads the character \\b)
    check_installed()
    from stackguard.audit.query import rendered

    attempt(lambda: write(rendered(runs_of(store), sql, format_, run_name, timeout), output), "asking the store")
