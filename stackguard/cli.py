"""The command line: options in, exit code out. Every command is lazy about its imports."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stackguard.cli_access import access
from stackguard.cli_bundle import bundle
from stackguard.cli_template import template
from stackguard.cli_work import CANNOT_JUDGE, Failure, judged, program_options, sure_to_be_writable, written

if TYPE_CHECKING:
    from policypack.policy import Policy
    from stackguard.destinations import Destination
    from stackguard.packs import Wanted
    from stackguard.reports import Report
    from stackguard.sources import HowToRun

RECORD_TIMEOUT = 300.0
INTERRUPTED = 130
SEVERITIES = ("low", "medium", "high", "critical")
FORMATS = ("text", "json", "sarif")
ORDER = "stackguard.order"

EXIT_CODES = """\b
Exit codes:
  0    clean
  1    violations, or undecided, that block
  2    could not judge: the program failed, the input or the settings are
       malformed, a policy crashed, an option is wrong
  130  interrupted
"""


class Check(click.Command):
    """A command that remembers in which order `--format` and `--output` were written."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse as usual, after a look at the order."""
        _, _, order = self.make_parser(ctx).parse_args(list(args))
        ctx.meta[ORDER] = [each.name for each in order if each.name in {"format", "output"}]
        return super().parse_args(ctx, args)


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


@cli.command(cls=Check, epilog=EXIT_CODES, short_help="Judge a program, a stack export or a preview.")
@click.argument("target", default=".")
@program_options
@click.option("--format", multiple=True, type=click.Choice(FORMATS), help="How to report; text by default. Repeatable.")
@click.option(
    "--output",
    "-o",
    multiple=True,
    metavar="FILE",
    help="Where the --format before it goes; standard output by default.",
)
@click.option(
    "--settings",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Settings; ./stackguard.yaml by default, where there is one.",
)
@click.option("--policy", multiple=True, metavar="ID", help="Of stackguard's own policies, only this one. Repeatable.")
@click.option(
    "--policy-pack",
    multiple=True,
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Judge by this CrossGuard policy pack in Python too. Repeatable.",
)
@click.option(
    "--policy-pack-config",
    multiple=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="JSON configuration of the --policy-pack in the same place; one for each, or none.",
)
@click.option(
    "--no-own-policies", is_flag=True, help="Judge by --policy-pack alone; what no pack can be shown is still told."
)
@click.option(
    "--fail-on", type=click.Choice(SEVERITIES), default="low", show_default=True, help="The least severity that blocks."
)
@click.pass_context
def check(
    ctx: click.Context,
    *,
    target: str,
    how: HowToRun,
    format: tuple[str, ...],  # noqa: A002 (the option's name)
    output: tuple[str, ...],
    settings: Path | None,
    policy: tuple[str, ...],
    policy_pack: tuple[Path, ...],
    policy_pack_config: tuple[Path, ...],
    no_own_policies: bool,
    fail_on: str,
) -> None:
    """Judge TARGET: a Pulumi program's folder, a file, or - for standard input.

    A file is what `pulumi stack export` or `pulumi preview --json --show-sames` wrote, or a checkpoint of
    `.pulumi/stacks`.

    \b
    Examples:
      stackguard check stack
      stackguard check state.json --fail-on high
      pulumi stack export | stackguard check -
      stackguard check --format text --format json --output outcomes.json
      stackguard check --format text --format sarif --output stackguard.sarif
      stackguard check --policy s3-public-acl --config aws:region=eu-west-1
      stackguard check stack --policy-pack ../tagging --policy-pack-config tagging.json
      stackguard check stack --policy-pack ../tagging --no-own-policies
    """  # noqa: D301 (click reads the character \\b)
    from policypack.policy import Severity
    from policypack.settings import UNKNOWN_VALUE
    from stackguard.destinations import pair
    from stackguard.gate import Request

    destinations = _writable(lambda: pair(ctx.meta[ORDER], format, output))
    for policy_id in policy:
        if policy_id == UNKNOWN_VALUE:
            raise click.UsageError(f"`{UNKNOWN_VALUE}` sums up what other policies cannot judge; name those")
        _card(policy_id)
    packs = _packs(policy_pack, policy_pack_config)
    if no_own_policies and (policy or not packs):
        raise click.UsageError(
            "`--no-own-policies` leaves only `--policy-pack` to judge by; give one, and no `--policy`"
        )
    request = Request(target, how, settings, policy, Severity(fail_on), packs, own=not no_own_policies)
    report = judged(lambda: _judge(request), f"judging {target}")
    _deliver(report, destinations)
    ctx.exit(report.exit_code)


def _packs(folders: Sequence[Path], configs: Sequence[Path]) -> tuple[Wanted, ...]:
    from stackguard.packs import Wanted

    if configs and len(configs) != len(folders):
        raise click.UsageError(
            f"`--policy-pack-config` stands {len(configs)} times and `--policy-pack` {len(folders)} times; "
            "give one for each, in the same order, or none"
        )
    return tuple(map(Wanted, folders, configs)) if configs else tuple(map(Wanted, folders))


def _judge(request: Any) -> Report:
    from stackguard.gate import judge

    return judge(request)


def _writable(paired: Callable[[], list[Destination]]) -> list[Destination]:
    """The destinations that options spell, once it is sure that they can be written."""
    try:
        destinations = paired()
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    for each in destinations:
        sure_to_be_writable(each.file)
    return destinations


def _deliver(report: Report, destinations: Sequence[Destination]) -> None:
    from stackguard.destinations import screen
    from stackguard.reports import render

    for each in destinations:
        written(render(report, each.format, screen(each.file)), each.file)


cli.add_command(access)
cli.add_command(bundle)
cli.add_command(template)


@cli.group(short_help="Files of answers for --mock.")
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
    from stackguard.destinations import pair
    from stackguard.recording import record as recorded

    (destination,) = _writable(lambda: pair(["output"], (), (output,)))
    text = judged(lambda: recorded(target, RECORD_TIMEOUT), f"reading {target}")
    written(text, destination.file)


@cli.command()
@click.argument("policy_id", metavar="[ID]", required=False)
def explain(policy_id: str | None) -> None:
    """List all policies, or tell everything about one.

    \b
    Examples:
      stackguard explain
      stackguard explain iam-wildcard-action
    """  # noqa: D301 (click reads the character \\b)
    from policypack.policies import POLICIES
    from stackguard import explain as explained
    from stackguard.destinations import screen, write

    text = explained.card(_card(policy_id), screen(None)) if policy_id else explained.listing(POLICIES, screen(None))
    write(text, None)


def _card(policy_id: str) -> Policy[Any]:
    from policypack.policies import POLICIES
    from stackguard.gate import near

    for policy in POLICIES:
        if policy.id == policy_id:
            return policy
    raise click.UsageError(f"there is no policy `{policy_id}`; {near(policy_id, POLICIES)}")


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
