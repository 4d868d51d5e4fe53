"""What the subcommands of `stackguard audit` share."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from stackguard.audit.store.runs import Runs

NEEDED = ("duckdb", "pyarrow", "pebble")


def store_option(command: Callable[..., None]) -> Callable[..., None]:
    """Add the option `--store`, which a command takes as `store`."""
    return click.option(
        "--store",
        required=True,
        metavar="DIR|URL",
        help="The folder of audits, or a URL such as s3://bucket/audits.",
    )(command)


def check_installed(more: Sequence[str] = (), extra: str = "audit") -> None:
    """Check that what an audit needs is installed.

    Args:
        more: packages that the command needs, too.
        extra: what installs all of them.

    Raises:
        UsageError: something is missing.
    """
    missing = [name for name in (*NEEDED, *more) if importlib.util.find_spec(name) is None]
    if missing:
        listed = ", ".join(f"`{name}`" for name in missing)
        raise click.UsageError(f"an audit needs {listed}; install `stackguard[{extra}]`")


def runs_of(store: str) -> Runs:
    """The runs of a store; notes about what is damaged follow at the end of the command, unless an error does.

    Raises:
        CannotJudge: it cannot be read.
    """
    runs = unnoted_runs_of(store)

    def close() -> None:
        if not isinstance(sys.exc_info()[1], click.ClickException):
            show_notes(runs)

    click.get_current_context().call_on_close(close)
    return runs


def show_notes(runs: Runs) -> None:
    """Show what is wrong with the files of a store, once."""
    from stackguard.reports.formatting import printable

    while runs.problems:
        click.echo(f"note: {printable(runs.problems.pop(next(iter(runs.problems))))}", err=True)


def unnoted_runs_of(store: str) -> Runs:
    """The runs of a store, without notes, as after an audit, which has shown them.

    Raises:
        CannotJudge: it cannot be read.
    """
    from stackguard.audit.store import files
    from stackguard.audit.store.database import OF_RUNS
    from stackguard.audit.store.runs import Runs
    from stackguard.errors import CannotJudge, reason

    try:
        runs = Runs(files.opened(store))
        runs.check()
        for info in runs.finished():
            runs.damaged(info, OF_RUNS)
    except OSError as error:
        raise CannotJudge(f"the store `{store}` cannot be read: {reason(error)}") from None
    return runs
