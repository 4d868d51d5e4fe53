"""The command `stackguard audit query`."""

from __future__ import annotations

import click

from stackguard.cli.audit.options import check_installed, runs_of, store_option
from stackguard.cli.common import Failure, attempt, write


@click.command(short_help="Ask the store in SQL.")
@click.argument("sql")
@store_option
def query(sql: str, store: str) -> None:
    """Print the rows of a query over the store's tables; docs/audit-tables.md has their columns."""
    check_installed()
    import duckdb

    from stackguard.audit.store.database import connected

    def ask() -> str:
        with connected(runs_of(store)) as database:
            return str(database.sql(sql))

    try:
        write(attempt(ask, "asking the store"), None)
    except duckdb.Error as error:
        raise Failure(f"the query fails: {str(error).splitlines()[0]}") from None
