"""The command `stackguard audit diff`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from stackguard.cli.audit.options import check_installed, runs_of, store_option
from stackguard.cli.check import SEVERITIES
from stackguard.cli.common import attempt, format_option, output_option, write

if TYPE_CHECKING:
    from pathlib import Path

    from stackguard.audit.difference import Changed, Difference

TITLES = {
    "new": "new",
    "fixed": "fixed",
    "waived": "newly waived",
    "refuted": "answered by other stacks",
    "not-looked-at": "not looked at this time",
    "still-open": "still open",
}
LISTED = ("new", "fixed")
MOST = 200
"""Violations of one kind that the text lists."""


@click.command(short_help="Say what changed between two audits.")
@click.argument("old", required=False)
@click.argument("new", required=False)
@store_option
@format_option("text", "json")
@output_option
@click.option(
    "--fail-on-new",
    type=click.Choice(SEVERITIES),
    help="Exit with 1 if something of this severity or a higher one is new.",
)
@click.pass_context
def diff(
    ctx: click.Context,
    *,
    old: str | None,
    new: str | None,
    store: str,
    format_: str,
    output: Path | None,
    fail_on_new: str | None,
) -> None:
    """Say what is new, what is fixed, and what was not looked at, between the audits OLD and NEW.

    Each is a run's id or the beginning of it, `latest`, or a date, which means the last audit up to that day. By default
    the newest audit is compared with the one before.

    \b
    Examples:
      stackguard audit diff --store audits
      stackguard audit diff 2026-11-01 latest --store audits --format json
    """  # noqa: D301 (click reads the character \\b)
    check_installed()
    from stackguard.audit.difference import difference
    from stackguard.reports.formatting import indented_json

    found = attempt(lambda: difference(runs_of(store), old, new), "comparing")
    write(indented_json(found) if format_ == "json" else "\n".join([*_lines(found), ""]), output)
    if fail_on_new:
        lowest = SEVERITIES.index(fail_on_new)
        if any(change.change == "new" and SEVERITIES.index(change.severity) >= lowest for change in found.changes):
            ctx.exit(1)


def _lines(found: Difference) -> Iterator[str]:
    before = f"since {found.old}" if found.old else "in the first audit"
    sample = f" ({found.sample})" if found.sample else ""
    counts = ", ".join(f"{found.counts.get(change, 0)} {title}" for change, title in TITLES.items())
    for kind in LISTED:
        changes = [change for change in found.changes if change.change == kind]
        if changes:
            yield f"{TITLES[kind]}:"
            yield from (f"  {_line(change)}" for change in changes[:MOST])
            if len(changes) > MOST:
                yield f"  and {len(changes) - MOST} more; `--format json` lists all"
            yield ""
    yield f"{found.new}{sample}, {before}: {counts}"


def _line(change: Changed) -> str:
    stack = "/".join(filter(None, (change.organization, change.project, change.stack)))
    owner = f", {change.owner}" if change.owner else ""
    again = ", reopened" if change.reopened else ""
    return f"{change.severity:<8}  {change.policy}  {change.name}  in {stack}{owner}{again}"
