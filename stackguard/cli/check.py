"""The command `stackguard check`."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stackguard.cli.common import (
    EXIT_CODES,
    Failure,
    attempt,
    check_kept,
    check_writable,
    frameworks,
    option_source,
    policies_option,
    programs_options,
    settings_options,
    waivers_option,
    write,
)
from stackguard.cli.report_options import destination_options, report_options

if TYPE_CHECKING:
    from policypack.frameworks.model import Framework
    from policypack.frameworks.roll_up import RollUp
    from stackguard.gate.request import CheckRequest
    from stackguard.gate.stacks import Expansion, Selection, StackTarget
    from stackguard.packs import PackSpec
    from stackguard.preview.server.hosts import Hosts
    from stackguard.reports import Run, Screen
    from stackguard.reports.destinations import Destination
    from stackguard.sources import RunOptions

SEVERITIES = ("low", "medium", "high", "critical")
FORMATS = ("text", "json", "sarif", "html", "junit", "markdown", "github", "gitlab-codequality", "gitlab-sast", "csv")
ORDER = "stackguard.order"


class Check(click.Command):
    """A command that records the order of `--format` and `--output`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments after recording the order."""
        _, _, order = self.make_parser(ctx).parse_args(list(args))
        ctx.meta[ORDER] = [parameter.name for parameter in order if parameter.name in {"format", "output"}]
        rest = super().parse_args(ctx, args)
        by_environment = [
            [name] * len(ctx.params[name])
            for name in ("format", "output")
            if option_source(ctx, name) not in {f"--{name}", ""}
        ]
        ctx.meta[ORDER] += [name for names in zip_longest(*by_environment) for name in names if name]
        return rest


@click.command(cls=Check, epilog=EXIT_CODES, short_help="Judge programs, stack exports or previews.")
@click.argument("targets", nargs=-1, metavar="[TARGET]...")
@programs_options
@destination_options(*FORMATS)
@settings_options
@waivers_option
@click.option(
    "--baseline",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The baseline file; by default stackguard-baseline.json beside the settings, if it exists.",
)
@click.option(
    "--evidence",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write what came of every policy and resource to FILE: JSON lines, or Parquet if its name ends in .parquet.",
)
@click.option(
    "--policy", multiple=True, metavar="ID", help="Run only this policy, and no other of stackguard's own. Repeatable."
)
@policies_option
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
    help="Run only the policy packs and --policies; resources that no pack can see are still reported.",
)
@click.option(
    "--framework",
    "framework_names",
    multiple=True,
    metavar="NAME|FILE",
    help="Also report by control of aws-fsbp, cis-aws-5.0, nist-800-53-r5, or a framework of your own. Repeatable.",
)
@click.option(
    "--fail-on",
    type=click.Choice(SEVERITIES),
    help="The lowest severity that blocks; by default the setting failOn, else low.",
)
@click.option(
    "--show-settings",
    is_flag=True,
    help="Print each setting of the target's stack and where it comes from, and judge nothing.",
)
@click.option(
    "--base",
    metavar="EXPORT|FOLDER|COMMIT",
    help="Compare with an export, a program's folder, or the target at a commit or branch (of one name, the folder: refs/heads/NAME is the branch); --format markdown shows the change first, and --format json has it as data.",
)
@report_options
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
    central: Path | None,
    show_settings: bool,
    waivers: Path | None,
    baseline: Path | None,
    evidence: Path | None,
    policy: tuple[str, ...],
    policy_modules: tuple[str, ...],
    policy_pack: tuple[Path, ...],
    policy_pack_config: tuple[Path, ...],
    no_own_policies: bool,
    framework_names: tuple[str, ...],
    fail_on: str | None,
    base: str | None,
    screen_of: Callable[[Path | None], Screen],
) -> None:
    """Judge each TARGET (by default the program in this folder): a folder, a file, or - for standard input.

    A folder is that of a Pulumi program, or one that holds programs: each with a `Pulumi.yaml`, in it or below. A file is
    the output of `pulumi stack export` or of `pulumi preview --json --show-sames`, or a checkpoint in `.pulumi/stacks`.
    Several stacks are judged at the same time, in one report; the exit code is that of the worst.

    \b
    Examples:
      stackguard check stack
      stackguard check stack --stack prod --show-settings
      stackguard check infra/* --all-stacks
      stackguard check infra --stack 'prod*' --stack staging
      stackguard check state.json --fail-on high
      pulumi stack export | stackguard check -
      stackguard check --format text --format json --output outcomes.json
      stackguard check --format text --format sarif --output stackguard.sarif
      stackguard check infra --base origin/main --format markdown --output comment.md
      stackguard check --policy s3-public-acl --config aws:region=eu-west-1
      stackguard check stack --policy-pack ../tagging --policy-pack-config tagging.json
      stackguard check stack --policies ./policies/buckets.py
      stackguard check infra/* --framework aws-fsbp --framework ./acme-baseline.yaml
      stackguard check stack --policy-pack ../tagging --no-own-policies
    """  # noqa: D301 (click reads the character \\b)
    from policypack.core.policy import Severity
    from stackguard.reports import render
    from stackguard.reports.destinations import pair

    try:
        destinations = pair(ctx.meta[ORDER], format, output)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    reports = [destination.file for destination in destinations]
    check_writable(*reports)
    check_writable(evidence, option="--evidence")
    _check_evidence(evidence, reports)
    given = (*map(Path, targets), *options.mock, *filter(None, (settings, central, waivers, baseline)))
    check_kept(given, (*reports, evidence))
    _check_selected(policy)
    packs = _packs(policy_pack, policy_pack_config)
    if no_own_policies and (policy or not (packs or policy_modules)):
        raise click.UsageError(
            "`--no-own-policies` runs only policy packs; give a `--policy-pack` or `--policies`, and no `--policy`"
        )

    from stackguard.gate import stacks
    from stackguard.sources.settings import of_target

    settings_of = partial(of_target, file=settings, central=central)
    expanded = attempt(lambda: stacks.expand(targets, selection, settings_of), "reading the targets")
    hosts = _hosts(expanded, options) if expanded.several and not show_settings else None
    from stackguard.gate import request  # while the hosts import Pulumi

    asked = request.CheckRequest(
        ".",
        options,
        settings,
        policy,
        Severity(fail_on) if fail_on else None,
        packs,
        own=not no_own_policies,
        policy_modules=policy_modules,
        waivers=waivers,
        baseline=baseline,
        central=central,
        fail_on_source=option_source(ctx, "fail_on"),
        base=base,
        evidence=evidence is not None,
        all_stacks=selection.all and not (policy or no_own_policies),
    )
    if show_settings:
        for stack in expanded.stacks:
            _show_settings(_one(asked, stack))
        return
    named = _frameworks(framework_names, asked, expanded) if framework_names else ()
    if named:
        from policypack.frameworks.roll_up import typed

        asked = replace(asked, by_type=typed(named))
    in_text = any(destination.format == "text" and destination.file is None for destination in destinations)
    if expanded.several:
        run = _several(asked, expanded, jobs, hosts, in_text=in_text)
    else:
        run = _single(asked, expanded, partial(_write_failure, destinations, screen_of))
    if named:
        run = replace(run, frameworks=_rolled_up(named, run))
    gc.freeze()  # what was judged stays until the end: collections while reports are written need not look at it
    for destination in destinations:
        write(render(run, destination.format, screen_of(destination.file)), destination.file)
    if evidence is not None:
        _write_evidence(run, evidence)
    gc.unfreeze()
    ctx.exit(run.exit_code)


def _write_evidence(run: Run, file: Path) -> None:
    from stackguard.errors import reason
    from stackguard.reports.evidence import write as write_records

    try:
        write_records(run, file)
    except OSError as error:
        raise Failure(f"`{file}` cannot be written: {reason(error)}") from None


def _check_evidence(evidence: Path | None, reports: Sequence[Path | None]) -> None:
    """Check that the evidence has a file of its own, and what writes it, before the work starts."""
    if evidence is None:
        return
    from stackguard.reports.evidence import missing

    if str(evidence) == "-" or os.path.realpath(evidence) in {os.path.realpath(file) for file in reports if file}:
        raise Failure(f"`--evidence {evidence}` needs a file of its own; give it another name")
    if line := missing(evidence):
        raise Failure(line)


def _frameworks(names: Sequence[str], asked: CheckRequest, expanded: Expansion) -> tuple[Framework, ...]:
    """The frameworks of these names; what the settings of the targets name is loaded to know all policies."""
    from stackguard.gate.own_policies.loading import apart
    from stackguard.gate.request import of_settings

    def read() -> tuple[Framework, ...]:
        requests = [_one(asked, stack) for stack in expanded.stacks]
        own = [request.target for request in requests if request.own_modules]

        def named() -> tuple[Framework, ...]:
            cards = {card.id: card for request in requests for card in of_settings(request)}
            return frameworks(names, list(cards.values()), closed=not asked.packs)

        return apart(named, f"the policies of {', '.join(own)}", asked.options.timeout) if own else named()

    return attempt(read, "reading the policies")


def _rolled_up(named: Sequence[Framework], run: Run) -> tuple[RollUp, ...]:
    """The frameworks with the counts of all stacks."""
    from policypack.frameworks.roll_up import roll_up, total

    counts = total(report.evidence for report in run.reports)
    by_type = total(report.evidence_by_type for report in run.reports)
    return tuple(roll_up(framework, counts, by_type, complete=not run.failed) for framework in named)


def _check_selected(policies: Sequence[str]) -> None:
    """Check that there are policies with these ids, before the work starts."""
    from policypack.core.policy import UNKNOWN_VALUE

    for policy_id in policies:
        if policy_id == UNKNOWN_VALUE:
            raise Failure(
                f"`{UNKNOWN_VALUE}` summarizes undecided outcomes of other policies; select those policies instead"
            )


def _show_settings(one: CheckRequest) -> None:
    from stackguard.gate.show_settings import shown

    write(attempt(lambda: shown(one), f"reading the settings of {one.target}"), None)


def _one(asked: CheckRequest, stack: StackTarget) -> CheckRequest:
    """The request for one stack of several."""
    return replace(asked, target=stack.target, options=replace(asked.options, stack=stack.stack))


def _single(asked: CheckRequest, expanded: Expansion, failed: Callable[[Run], None]) -> Run:
    """Judge one stack; `failed` is called with a run that has the failure only."""
    from datetime import UTC, datetime

    from policypack.evaluation.settings import Settings
    from stackguard.cli.progress import show_notes
    from stackguard.gate import request
    from stackguard.gate.provenance import provenance
    from stackguard.positions.repository import with_relative_paths
    from stackguard.reports import Failed, Run

    def judged() -> Run:
        one = _one(asked, stack)
        if not one.own_modules:
            return request.run(one)
        from stackguard.gate import parallel

        return parallel.run_apart(one, stack)

    (stack,), started = expanded.stacks, datetime.now(UTC)
    show_notes(expanded)
    try:
        return attempt(judged, f"judging {stack.target}")
    except Failure as failure:
        message = with_relative_paths(failure.message, stack.target)
        failures = (Failed(stack.target, stack.name, message, failure.detail),)
        failed(Run((), provenance(Settings(), [], started), failures, several=True))
        raise Failure(message, failure.detail) from None


def _write_failure(destinations: Sequence[Destination], screen_of: Callable[[Path | None], Screen], run: Run) -> None:
    """Write the reports of a run that failed, but for the text that a person reads beside the error."""
    from stackguard.reports import render

    for destination in destinations:
        if destination.file is not None or destination.format != "text":
            write(render(run, destination.format, screen_of(destination.file)), destination.file)


def _hosts(expanded: Expansion, options: RunOptions) -> Hosts:
    """Start the hosts of the programs of a run."""
    from stackguard.gate import imported

    return imported.hosts(expanded.stacks, options.config)


def _several(asked: CheckRequest, expanded: Expansion, jobs: int | None, hosts: Hosts | None, *, in_text: bool) -> Run:
    """Judge several stacks at the same time, with their progress; `in_text` is whether a text report shows failures."""
    from stackguard.cli.progress import following
    from stackguard.gate import parallel
    from stackguard.reports import by_reason

    with following(expanded) as progress:
        run = parallel.run(asked, expanded.stacks, jobs=jobs, watcher=progress, hosts=hosts)
    for labels, failed in by_reason(run.failed):
        if failed.detail or not in_text:
            Failure(f"{labels}: {failed.message}", failed.detail).show()
    return run


def _packs(folders: Sequence[Path], configs: Sequence[Path]) -> tuple[PackSpec, ...]:
    from stackguard.packs import PackSpec

    if configs and len(configs) != len(folders):
        raise click.UsageError(
            f"`--policy-pack-config` is given {len(configs)} times and `--policy-pack` {len(folders)} times; "
            "give one for each, in the same order, or none"
        )
    return tuple(map(PackSpec, folders, configs)) if configs else tuple(map(PackSpec, folders))
