"""The command line: options go in, an exit code comes out. Every command imports what it needs when it runs."""

from __future__ import annotations

import re
from collections.abc import Sequence

import click

from stackguard.cli.access import access
from stackguard.cli.audit import audit
from stackguard.cli.baseline import baseline
from stackguard.cli.bundle import bundle
from stackguard.cli.check import check
from stackguard.cli.common import CANNOT_JUDGE, ENVIRONMENT, EXIT_CODES, Failure
from stackguard.cli.completion import complete, completion
from stackguard.cli.explain import explain
from stackguard.cli.init import init
from stackguard.cli.mock import mock
from stackguard.cli.streams import OutputError
from stackguard.cli.template import template
from stackguard.errors import crash, reason, shortened
from stackguard.signals import INTERRUPTED


@click.group(
    epilog=f"{ENVIRONMENT}\n{EXIT_CODES}",
    context_settings={
        "help_option_names": ["-h", "--help"],
        "max_content_width": 100,
        "auto_envvar_prefix": "STACKGUARD",
    },
)
@click.version_option(package_name="stackguard", message="stackguard %(version)s")
def cli() -> None:
    """Check Pulumi AWS stacks against policies, offline.

    No cloud credentials, provider plugins, Pulumi CLI or network are needed.

    \b
    Examples:
      stackguard init                           set up this repository
      stackguard check                          check the program in this folder
      stackguard check stack --stack prod       check the stack prod of ./stack
      stackguard check state.json               check a `pulumi stack export`
      stackguard baseline stack                 accept the violations of today
      stackguard access public stack            find what outsiders can access
      stackguard access diff state.json stack   find what the program newly allows
      stackguard access paths exports --to data find ways from outside to `data`
      stackguard bundle lambda_fn               build a Lambda archive
      stackguard template stack                 write a CloudFormation template
      stackguard explain                        list all policies
      stackguard explain iam-open-trust         explain one policy and its fix
    """  # noqa: D301 (click reads the character \\b)


for command in (access, audit, baseline, bundle, template, check, completion, explain, init, mock):
    cli.add_command(command)
complete(cli.commands.values())


def unwritable(error: OSError) -> int:
    """Report that standard output cannot be written, and return the exit code."""
    Failure(f"standard output cannot be written: {reason(error)}").show()
    return CANNOT_JUDGE


def interrupted() -> int:
    """Report an interrupt, and return the exit code."""
    click.echo("interrupted", err=True)
    return INTERRUPTED


def main(args: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    try:
        return int(cli.main(args, prog_name="stackguard", standalone_mode=False) or 0)
    except click.Abort:
        return interrupted()
    except Failure as error:
        error.show()
        return error.exit_code
    except OutputError as error:
        return unwritable(error)
    except click.ClickException as error:
        from stackguard.reports.formatting import printable

        message = re.sub(r"\S{200,}", lambda word: shortened(word[0]), printable(error.format_message()))
        error.format_message = lambda: message  # type: ignore[method-assign]
        error.show()
        return error.exit_code
    except Exception as error:  # noqa: BLE001 (a crash must not end with 1, which means violations)
        if isinstance(error.__cause__, KeyboardInterrupt):  # Python 3.11 raises another error while it makes a class
            return interrupted()
        Failure(*crash(error)).show()
        return CANNOT_JUDGE
