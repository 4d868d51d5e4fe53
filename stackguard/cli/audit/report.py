"""The command `stackguard audit report`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from stackguard.cli.audit.options import check_installed, runs_of, store_option
from stackguard.cli.check import ORDER, Check
from stackguard.cli.common import attempt, check_writable, frameworks, write
from stackguard.cli.report_options import destination_options

if TYPE_CHECKING:
    from policypack.frameworks.model import Framework
    from stackguard.audit.reports.rollups import Rollups
    from stackguard.reports.destinations import Destination

FORMATS = ("text", "html", "csv", "markdown", "ocsf", "json")


@click.command(cls=Check, short_help="Write a page, a digest, findings or tables about an audit.")
@store_option
@click.option("--run", "run_name", metavar="RUN", help="The audit that the report is about; by default the newest.")
@click.option(
    "--since",
    metavar="RUN|DATE",
    help="The audit that it is compared with, for what is new and fixed; by default the one before.",
)
@destination_options(*FORMATS)
@click.option(
    "--framework",
    "framework_names",
    multiple=True,
    metavar="NAME|FILE",
    help="Report by control of this framework: aws-fsbp, cis-aws-5.0, nist-800-53-r5, or one of your own; html and json"
    " have these three by default. Repeatable.",
)
@click.pass_context
def report(
    ctx: click.Context,
    *,
    store: str,
    run_name: str | None,
    since: str | None,
    format: tuple[str, ...],  # noqa: A002 (the option's name)
    output: tuple[str, ...],
    framework_names: tuple[str, ...],
) -> None:
    """Report what an audit says: what is new and fixed, the worst teams and policies, the trend, controls.

    \b
      html      a page for a security lead, one file without external parts
      markdown  a digest for a chat or a mail, under 4,000 characters
      text      one screen
      csv       every open violation, a line for each
      ocsf      Compliance Findings (OCSF 1.6, class 2003), as AWS Security Hub takes them: JSON lines
      json      all roll-ups

    RUN is a run's id or the beginning of it, `latest`, or a date, which means the last audit up to that day. Stacks that
    the audit left out count as they were known last.

    \b
    Examples:
      stackguard audit report --store audits --format html --output audit.html
      stackguard audit report --store audits --since 2026-11-22 --format markdown
      stackguard audit report --store audits --format csv -o open.csv --format ocsf -o findings.jsonl
    """  # noqa: D301 (click reads the character \\b)
    check_installed(["leather"] if "html" in format else [])
    from policypack.policies import POLICIES
    from stackguard.audit.reports.rollups import opened
    from stackguard.reports.destinations import pair

    try:
        destinations = pair(ctx.meta[ORDER], format, output)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    check_writable(*(destination.file for destination in destinations))
    named = frameworks(framework_names, POLICIES, closed=False)

    def write_all() -> None:
        with opened(runs_of(store), run_name, since) as rollups:
            for destination in destinations:
                _write(rollups, destination, named)

    attempt(write_all, "reading the store")


def _write(rollups: Rollups, destination: Destination, named: tuple[Framework, ...]) -> None:
    from policypack.frameworks.catalog import PUBLISHED, covered
    from policypack.policies import POLICIES
    from stackguard.audit.reports.formats import render

    whole = destination.format in {"html", "json"}
    shown = named or (tuple(covered(name, POLICIES) for name in PUBLISHED) if whole else ())
    write(render(rollups, destination.format, shown), destination.file)
