"""The command `stackguard audit` and its subcommands: options go in, an exit code comes out."""

from __future__ import annotations

import click

from stackguard.cli.audit.diff import diff
from stackguard.cli.audit.query import query
from stackguard.cli.audit.report import report
from stackguard.cli.audit.run import run
from stackguard.cli.audit.serve import serve


class AuditGroup(click.Group):
    """A group whose first argument may be a source: then it is the command that runs an audit."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The subcommand that the first argument names, or else `run` with all arguments."""
        if args and args[0] in self.commands:
            return super().resolve_command(ctx, args)
        return "run", run, args

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Leave the options before a source to `run`."""
        if args and args[0].startswith("-") and args[0] not in ctx.help_option_names:
            ctx._protected_args, ctx.args = args[:1], args[1:]  # noqa: SLF001 (as `click.Group` does)
            return args
        return super().parse_args(ctx, args)


@click.group(cls=AuditGroup, short_help="Judge every stack of backends and folders, and remember.")
def audit() -> None:
    """Judge every stack that there is, from state alone, and keep what came of it in a store.

    \b
    Examples:
      stackguard audit s3://state/ --store audits
      stackguard audit exports/ --store audits --fail-on-new high
      stackguard audit diff --store audits
      stackguard audit report --store audits --format html --output audit.html
      stackguard audit query "SELECT policy, count(*) FROM outcomes GROUP BY policy" --store audits
      stackguard audit serve --store audits

    `stackguard audit SOURCE...` is short for `stackguard audit run SOURCE...`.
    """  # noqa: D301 (click reads the character \\b)


for command in (run, diff, report, query, serve):
    audit.add_command(command)
