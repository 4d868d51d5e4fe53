"""`stackguard check`: options in, exit code out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stackguard.cli.common import EXIT_CODES, card, judged, program_options, writable, written

if TYPE_CHECKING:
    from stackguard.packs import Wanted
    from stackguard.reports import Report
    from stackguard.reports.destinations import Destination
    from stackguard.sources import HowToRun

SEVERITIES = ("low", "medium", "high", "critical")
FORMATS = ("text", "json", "sarif")
ORDER = "stackguard.order"


class Check(click.Command):
    """A command that remembers in which order `--format` and `--output` were written."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse as usual, after a look at the order."""
        _, _, order = self.make_parser(ctx).parse_args(list(args))
        ctx.meta[ORDER] = [each.name for each in order if each.name in {"format", "output"}]
        return super().parse_args(ctx, args)


@click.command(cls=Check, epilog=EXIT_CODES, short_help="Judge a program, a stack export or a preview.")
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
    from policypack.core.policy import UNKNOWN_VALUE, Severity
    from stackguard.gate.request import Request
    from stackguard.reports.destinations import pair

    destinations = writable(lambda: pair(ctx.meta[ORDER], format, output))
    for policy_id in policy:
        if policy_id == UNKNOWN_VALUE:
            raise click.UsageError(f"`{UNKNOWN_VALUE}` sums up what other policies cannot judge; name those")
        card(policy_id)
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
    from stackguard.gate.request import judge

    return judge(request)


def _deliver(report: Report, destinations: Sequence[Destination]) -> None:
    from stackguard.reports import render
    from stackguard.reports.destinations import screen

    for each in destinations:
        written(render(report, each.format, screen(each.file)), each.file)
