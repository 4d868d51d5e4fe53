"""`stackguard mock`: options in, a mock file out."""

from __future__ import annotations

import click

from stackguard.cli.common import judged, writable, written

RECORD_TIMEOUT = 300.0


@click.group(short_help="Files of answers for --mock.")
def mock() -> None:
    """Files that answer what only the cloud could: see `stackguard check --mock`."""


@mock.command(short_help="Write one from a stack export or a preview.")
@click.argument("target", metavar="FILE")
@click.option("--output", "-o", metavar="FILE", default="-", help="Where it goes; standard output by default.")
def record(target: str, output: str) -> None:
    """Write a mock file from FILE, a `pulumi stack export` or a `pulumi preview --json`; - is standard input.

    It answers with what providers computed, the state of resources that are only read, and outputs of other stacks.
    Results of functions, such as aws.ec2.get_vpc, are in neither; `stackguard check` prints the lines for those.
    Secrets are left out.

    \b
    Examples:
      pulumi stack export | stackguard mock record - --output mock.yaml
      stackguard check --mock mock.yaml
    """  # noqa: D301 (click reads the character \\b)
    from stackguard.recording import record as recorded
    from stackguard.reports.destinations import pair

    (destination,) = writable(lambda: pair(["output"], (), (output,)))
    text = judged(lambda: recorded(target, RECORD_TIMEOUT), f"reading {target}")
    written(text, destination.file)
