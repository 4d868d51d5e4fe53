"""The command `stackguard check`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stackguard.cli.common import (
    EXIT_CODES,
    Failure,
    attempt,
    card,
    check_writable,
    programs_options,
    settings_option,
    write,
)

if TYPE_CHECKING:
    from stackguard.gate.request import CheckRequest
    from stackguard.gate.stacks import Expansion, Selection, StackTarget
    from stackguard.packs import PackSpec
    from stackguard.reports import Run
    from stackguard.sources import RunOptions

SEVERITIES = ("low", "medium", "high", "critical")
FORMATS = ("text", "json", "sarif")
ORDER = "stackguard.order"


class Check(click.Command):
    """A command that records the order of `--format` and `--output`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments after recording the order."""
        _, _, order = self.make_parser(ctx).parse_args(list(args))
        ctx.meta[ORDER] = [parameter.name for parameter in order if parameter.name in {"format", "output"}]
        return super().parse_args(ctx, args)


@click.command(cls=Check, epilog=EXIT_CODES, short_help="Judge programs, stack exports or previews.")
@click.argument("targets", nargs=-1, metavar="[TARGET]...")
@programs_options
@click.option(
    "--format",
    multiple=True,
    type=click.Choice(FORMATS),
    help="The format of the report; text by default. Repeatable.",
)
@click.option(
    "--output",
    "-o",
    multiple=True,
    metavar="FILE",
    help="Write the report of the --format before it to FILE; standard output by default. Repeatable.",
)
@settings_option
@click.option(
    "--waivers",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The waiver file; by default stackguard-waivers.yaml beside the settings, if it exists.",
)
@click.option(
    "--baseline",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The baseline file; by default stackguard-baseline.json beside the settings, if it exists.",
)
@click.option(
    "--policy", multiple=True, metavar="ID", help="Run only this policy, and no other of stackguard's own. Repeatable."
)
@click.option(
    "--policy-pack",
    multiple=True,
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Also run the CrossGuard policy pack in DIR, which must be in Python. Repeatable.",
)
@click.option(
    "--policy-pack-config",
    multiple=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The JSON configuration of a policy pack: once for each --policy-pack, in the same order, or not at all.",
)
@click.option(
    "--no-own-policies",
    is_flag=True,
    help="Run only the policy packs; resources that no pack can see are still reported.",
)
@click.option(
    "--fail-on",
    type=click.Choice(SEVERITIES),
    default="low",
    show_default=True,
    help="The lowest severity that blocks.",
)
@click.pass_context
def check(
    ctx: click.Context,
    *,
    targets: tuple[str, ...],
    options: RunOptions,
    selection: Selection,
    jobs: int | None,
    format: tuple[str, ...],  # noqa: A002 (the option's name)
    output: tuple[str, ...],
    settings: Path | None,
    waivers: Path | None,
    baseline: Path | None,
    policy: tuple[str, ...],
    policy_pack: tuple[Path, ...],
    policy_pack_config: tuple[Path, ...],
    no_own_policies: bool,
    fail_on: str,
) -> None:
    """Judge each TARGET (by default the program in this folder): a folder, a file, or - for standard input.

    A folder is that of a Pulumi program, or one that holds programs: each with a `Pulumi.yaml`, in it or below. A file is
    the output of `pulumi stack export` or of `pulumi preview --json --show-sames`, or a checkpoint in `.pulumi/stacks`.
    Several stacks are judged at the same time, in one report; the exit code is that of the worst.

    \b
    Examples:
      stackguard check stack
      stackguard check infra/* --all-stacks
      stackguard check infra --stack 'prod*' --stack staging
      stackguard check state.json --fail-on high
      pulumi stack export | stackguard check -
      stackguard check --format text --format json --output outcomes.json
      stackguard check --format text --format sarif --output stackguard.sarif
      stackguard check --policy s3-public-acl --config aws:region=eu-west-1
      stackguard check stack --policy-pack ../tagging --policy-pack-config tagging.json
      stackguard check stack --policy-pack ../tagging --no-own-policies
    """  # noqa: D301 (click reads the character \\b)
    from policypack.core.policy import UNKNOWN_VALUE, Severity
    from stackguard.reports import render
    from stackguard.reports.destinations import pair, screen

    try:
        destinations = pair(ctx.meta[ORDER], format, output)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    check_writable(*(destination.file for destination in destinations))
    for policy_id in policy:
        if policy_id == UNKNOWN_VALUE:
            raise click.UsageError(
                f"`{UNKNOWN_VALUE}` summarizes undecided outcomes of other policies; select those policies instead"
            )
        card(policy_id)
    packs = _packs(policy_pack, policy_pack_config)
    if no_own_policies and (policy or not packs):
        raise click.UsageError("`--no-own-policies` runs only policy packs; give a `--policy-pack`, and no `--policy`")

    from stackguard.gate import request, stacks

    asked = request.CheckRequest(
        ".",
        options,
        settings,
        policy,
        Severity(fail_on),
        packs,
        own=not no_own_policies,
        waivers=waivers,
        baseline=baseline,
    )
    expanded = attempt(lambda: stacks.expand(targets, selection), "reading the targets")
    if expanded.several:
        run = _several(asked, expanded, jobs)
        shown = any(destination.format == "text" and destination.file is None for destination in destinations)
        for failed in run.failed:
            if failed.detail or not shown:
                Failure(f"{failed.name}: {failed.message}", failed.detail).show()
    else:
        run = _single(asked, expanded.stacks[0])
    for destination in destinations:
        write(render(run, destination.format, screen(destination.file)), destination.file)
    ctx.exit(run.exit_code)


def _single(asked: CheckRequest, stack: StackTarget) -> Run:
    """Judge one stack."""
    from stackguard.gate import request

    one = replace(asked, target=stack.target, options=replace(asked.options, stack=stack.stack))
    return attempt(lambda: request.run(one), f"judging {stack.target}")


def _several(asked: CheckRequest, expanded: Expansion, jobs: int | None) -> Run:
    """Judge several stacks at the same time, with their progress."""
    from stackguard.cli.progress import following
    from stackguard.gate import parallel

    with following(expanded) as progress:
        return parallel.run(asked, expanded.stacks, jobs=jobs, watcher=progress)


def _packs(folders: Sequence[Path], configs: Sequence[Path]) -> tuple[PackSpec, ...]:
    from stackguard.packs import PackSpec

    if configs and len(configs) != len(folders):
        raise click.UsageError(
            f"`--policy-pack-config` is given {len(configs)} times and `--policy-pack` {len(folders)} times; "
            "give one for each, in the same order, or none"
        )
    return tuple(map(PackSpec, folders, configs)) if configs else tuple(map(PackSpec, folders))
