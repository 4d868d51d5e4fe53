"""The command line: options in, exit code out. Every command is lazy about its imports."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from stackguard.cli.access import access
from stackguard.cli.bundle import bundle
from stackguard.cli.check import check
from stackguard.cli.common import CANNOT_JUDGE, EXIT_CODES, Failure
from stackguard.cli.explain import explain
from stackguard.cli.mock import mock
from stackguard.cli.template import template

INTERRUPTED = 130


@click.group(epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="stackguard", message="stackguard %(version)s")
def cli() -> None:
    """Judge Pulumi AWS stacks by policies, offline.

    No cloud credentials, no provider plugins, no Pulumi CLI and no network are needed.

    \b
    Examples:
      stackguard check                      the program in this folder
      stackguard check stack --stack prod   the program in ./stack, as its stack prod
      stackguard check state.json           what `pulumi stack export` wrote
      stackguard access public stack        what is open to outsiders
      stackguard access diff state.json stack   what the program newly allows
      stackguard bundle lambda_fn           what Lambda runs, from the function's lock
      stackguard template stack             the stack in CloudFormation, validated
      stackguard explain                    every policy, a line each
      stackguard explain iam-open-trust     why it matters, and how to fix it
    """  # noqa: D301 (click reads the character \\b)


for command in (access, bundle, template, check, explain, mock):
    cli.add_command(command)


def main(args: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        return int(cli.main(args, prog_name="stackguard", standalone_mode=False) or 0)
    except click.Abort:
        click.echo("interrupted", err=True)
        return INTERRUPTED
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except Exception as error:  # noqa: BLE001 (a crash is never a verdict: 1 would say that there are violations)
        from traceback import format_tb  # without the error's own words, which may quote a secret

        frames = "".join(format_tb(error.__traceback__))
        Failure(f"stackguard itself failed ({type(error).__name__}); report it with the lines above", frames).show()
        return CANNOT_JUDGE
