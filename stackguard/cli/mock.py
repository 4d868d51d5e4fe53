"""The commands of `stackguard mock`."""

from __future__ import annotations

from pathlib import Path

import click

from stackguard.cli.common import attempt, check_kept, check_writable, output_option, write

RECORD_TIMEOUT = 300.0


@click.group(short_help="Create mock files for --mock.")
def mock() -> None:
    """Create mock files: values that only the cloud can give a program, for `--mock`.

    \b
    Examples:
      stackguard mock record state.json --output mock.yaml
      stackguard check --mock mock.yaml
    """  # noqa: D301 (click reads the character \\b)


@mock.command(short_help="Create a mock file from a stack export or a preview.")
@click.argument("target", metavar="FILE")
@output_option
def record(target: str, output: Path | None) -> None:
    """Create a mock file from FILE: a `pulumi stack export`, a `pulumi preview --json`, or - for standard input.

    The mock file contains outputs that providers computed, the state of resources that the program only reads, and
    outputs of other stacks. Results of functions, such as aws.ec2.get_vpc, are not in FILE: `stackguard check` prints
    the lines to add for those. Secrets are left out.

    \b
    Examples:
      pulumi stack export | stackguard mock record - --output mock.yaml
      stackguard check --mock mock.yaml
    """  # noqa: D301 (click reads the character \\b)
    from stackguard import recording

    check_writable(output)
    check_kept([Path(target)], [output])
    write(attempt(lambda: recording.record(target, RECORD_TIMEOUT), f"reading {target}"), output)
