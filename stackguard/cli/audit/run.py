"""The command `stackguard audit SOURCE...`."""

from __future__ import annotations

import signal
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import click

from stackguard.cli.audit.options import check_installed, store_option, unnoted_runs_of
from stackguard.cli.check import SEVERITIES
from stackguard.cli.common import CANNOT_JUDGE, Failure, attempt, settings_options, timeout_option, waivers_option

if TYPE_CHECKING:
    from types import FrameType

    from stackguard.audit.engine.worker import Job
    from stackguard.audit.model import StackRef
    from stackguard.audit.request import AuditRequest
    from stackguard.audit.run import Audit, Engine
    from stackguard.audit.store.runs import RunInfo
    from stackguard.cli.audit.progress import Progress
    from stackguard.sources.settings import TargetSettings

EXIT_CODES = """\b
Exit codes:
  0    every stack was judged
  1    something is reported that --fail-on or --fail-on-new names
  2    some stacks could not be judged, or an option or a file is wrong
  130  interrupted; --resume goes on
"""


@click.command(epilog=EXIT_CODES, short_help="Judge every stack of the sources.")
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@store_option
@click.option(
    "--include",
    multiple=True,
    metavar="PATTERN",
    help="Only stacks that fit: STACK, PROJECT/STACK, ORGANIZATION/PROJECT/STACK, tag:KEY=VALUE or"
    " account:NUMBER. Repeatable.",
)
@click.option("--exclude", multiple=True, metavar="PATTERN", help="No stacks that fit. Repeatable.")
@click.option("--limit", type=click.IntRange(min=1), metavar="NUMBER", help="Only the first stacks.")
@click.option("--sample", type=click.IntRange(min=1), metavar="NUMBER", help="Only so many stacks, drawn at random.")
@click.option("--resume", is_flag=True, help="Go on with the audit that was interrupted.")
@click.option("--anew", is_flag=True, help="Judge every stack again, also those that did not change.")
@click.option("--trust-mtime", is_flag=True, help="A file with the same time and size is unchanged: do not read it.")
@click.option(
    "--workers",
    "-j",
    type=click.IntRange(min=1),
    metavar="NUMBER",
    help="How many processes; by default one for each core.",
)
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Judge on the workers of this Dask scheduler, such as tcp://127.0.0.1:8786, instead of in processes of this"
    " machine.",
)
@timeout_option("The longest time for one stack.")
@click.option(
    "--max-size",
    type=click.IntRange(min=1),
    default=256,
    show_default=True,
    metavar="MIB",
    help="The largest content of one stack.",
)
@click.option("--policy", multiple=True, metavar="ID", help="Run only this policy. Repeatable.")
@settings_options
@waivers_option
@click.option(
    "--owners",
    multiple=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="A YAML file with rules that say who owns which stack, or a CODEOWNERS file. Repeatable; the last that fits counts.",
)
@click.option(
    "--fail-on",
    type=click.Choice(SEVERITIES),
    help="Exit with 1 if a violation of this severity or a higher one is open.",
)
@click.option(
    "--fail-on-new",
    type=click.Choice(SEVERITIES),
    help="The same, but only for violations that the audit before did not have.",
)
@click.option("--quiet", "-q", is_flag=True, help="Print one line about the audit, and not what is new and worst.")
@click.pass_context
def run(
    ctx: click.Context,
    *,
    sources: tuple[str, ...],
    store: str,
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    limit: int | None,
    sample: int | None,
    resume: bool,
    anew: bool,
    trust_mtime: bool,
    workers: int | None,
    scheduler: str | None,
    timeout: float,
    max_size: int,
    policy: tuple[str, ...],
    settings: Path | None,
    central: Path | None,
    waivers: Path | None,
    owners: tuple[Path, ...],
    fail_on: str | None,
    fail_on_new: str | None,
    quiet: bool,
) -> None:
    """Judge every stack of the sources, and write what came of it to the store.

    A SOURCE is a folder with state files, a backend of Pulumi's CLI (a folder with .pulumi, or s3://, gs:// or az://), an
    export, an archive of these (.zip, .tar, .tar.gz, .tar.zst), pulumi:ORGANIZATION for Pulumi Cloud (with
    PULUMI_ACCESS_TOKEN), the folder of a program, which runs offline, or @FILE with a source on each line. NAME=SOURCE gives
    it a name, which its stacks keep where it moves. Stacks that did not change since the last audit are not judged again.

    \b
    Examples:
      stackguard audit s3://state --store audits
      stackguard audit exports/ more=backups/ --store s3://security/audits
      stackguard audit weekly=states-2026-11-29.tar.gz --store audits
      stackguard audit pulumi:acme --store audits
      stackguard audit s3://state --store audits --include 'prod*' --fail-on-new high
    """  # noqa: D301 (click reads the character \\b)
    check_installed()
    if scheduler is None:
        from stackguard.audit.engine import forking

        forking.start()
    from policypack.core.policy import Severity
    from stackguard.audit.history import still_open
    from stackguard.audit.request import MEGABYTE, AuditRequest
    from stackguard.audit.run import Audit, Plan
    from stackguard.audit.selection import Selection
    from stackguard.cli.audit.progress import Progress
    from stackguard.gate import exemptions

    def read() -> AuditRequest:
        from stackguard.audit import owners as owner_rules

        layers = _layers(settings, central)
        return AuditRequest(
            layers,
            exemptions.read(waivers, None, layers.folder),
            policies=policy,
            timeout=timeout,
            largest=max_size * MEGABYTE,
            trust_modified=trust_mtime,
            selection=selection,
            owners=tuple(rule for file in owners for rule in owner_rules.read(file)),
        )

    if limit and sample:
        raise click.UsageError("`--limit` and `--sample` both choose stacks; give one of them")
    _check_policies(policy)
    selection = Selection(include, exclude, limit, sample)
    request = attempt(read, "reading the settings")
    progress = Progress()
    unlisted: list[str] = []
    with progress.shown():
        listed = selection.fitting(
            attempt(lambda: _listed(sources, progress, unlisted, request.largest), "listing the stacks")
        )
        if not listed and not unlisted:
            raise Failure("no stack of the sources is selected; `--include` and `--exclude` take patterns of names")
        plan = Plan(sources, store, resume, selection.described(len(listed)), selection.filters, tuple(unlisted), anew)
        audit = Audit(request, plan, lambda job: _engine(job, workers, scheduler, timeout), progress)
        info = _run(audit, selection.chosen(listed), progress)
    if not quiet:
        click.echo(attempt(lambda: _report(store, info), "reading the store"), nl=False)
    click.echo(summary(info))
    for line in unlisted:
        click.echo(f"not judged: {line}", err=True)
    if info.failed or unlisted:
        ctx.exit(CANNOT_JUDGE)
    for lowest, new in ((fail_on, False), (fail_on_new, True)):
        if lowest and (count := still_open(unnoted_runs_of(store), info, Severity(lowest), new=new)):
            kind = "new" if new else "open"
            click.echo(f"{count} {kind} violation{'s' * (count != 1)} of severity {lowest} or higher", err=True)
            ctx.exit(1)


def _import_report() -> None:
    """Import what `_report` needs, while this process only waits for those that judge."""
    import stackguard.audit.reports.rollups
    import stackguard.audit.reports.text  # noqa: F401


def _report(store: str, info: RunInfo) -> str:
    """The score, what is new and what is worst."""
    from stackguard.audit.reports import text
    from stackguard.audit.reports.rollups import opened

    with opened(unnoted_runs_of(store), info.id) as rollups:
        return text.render(rollups)


def _layers(settings: Path | None, central: Path | None) -> TargetSettings:
    """The settings of every stack; a note says what of them does not count."""
    from stackguard.audit.own_policies import without_own_policies
    from stackguard.reports.formatting import printable
    from stackguard.sources.settings import of_target

    layers, notes = without_own_policies(of_target("-", settings, central))
    for note in notes:
        click.echo(f"note: {printable(note)}", err=True)
    return layers


def _check_policies(policies: tuple[str, ...]) -> None:
    if not policies:
        return
    from policypack.policies import POLICIES
    from stackguard.gate.request import suggestion

    known = {policy.id for policy in POLICIES}
    for policy_id in policies:
        if policy_id not in known:
            raise Failure(f"there is no policy `{policy_id}`; {suggestion(policy_id, POLICIES)}")


def _listed(sources: tuple[str, ...], progress: Progress, unlisted: list[str], largest: int) -> list[StackRef]:
    from stackguard.audit.sources import listing
    from stackguard.garbage import no_garbage_collection

    refs = []
    with no_garbage_collection():
        for ref in listing.stacks(sources, unlisted.append, largest):
            refs.append(ref)
            if len(refs) % 1000 == 0:
                progress.listed(len(refs))
    return refs


def _engine(job: Job, workers: int | None, scheduler: str | None, timeout: float) -> Engine:
    if scheduler is not None:
        from stackguard.audit.engine.cluster import Cluster

        return Cluster(job, scheduler)
    from stackguard.audit.engine.pool import Pool
    from stackguard.gate import machine

    Thread(target=_import_report, daemon=True).start()
    return Pool(job, workers or machine.cores(), timeout)


def _run(audit: Audit, refs: list[StackRef], progress: Progress) -> RunInfo:
    from stackguard.errors import CannotJudge, reason

    store = audit.plan.store

    def stop(number: int, frame: FrameType | None) -> None:
        if audit.stopping:
            signal.default_int_handler(number, frame)
        audit.stop()
        click.echo("finishing the batches that are being judged; again to stop at once", err=True)

    former = signal.signal(signal.SIGINT, stop)
    try:
        return audit.run(refs)
    except CannotJudge as error:
        raise Failure(error.message, error.detail) from None
    except OSError as error:
        progress.interrupted(store)
        raise Failure(f"the store `{store}` cannot be written: {reason(error)}") from None
    except KeyboardInterrupt:
        progress.interrupted(store)
        raise
    finally:
        signal.signal(signal.SIGINT, former)


def summary(info: RunInfo) -> str:
    """One line about a run."""
    rate = (info.judged + info.carried + info.failed) / max(info.seconds, 0.001)
    sample = f" ({info.sample})" if info.sample else ""
    if info.left_out:
        sample += f", {info.left_out} left out by account"
    if info.foreign:
        sample += (
            f", {info.foreign} file{'s' * (info.foreign != 1)} that {'is' if info.foreign == 1 else 'are'} no stack"
        )
    return (
        f"{info.judged} judged, {info.carried} unchanged, {info.failed} failed{sample}; {info.resources} resources in"
        f" {info.seconds:.1f} s ({rate:.0f}/s); run {info.id}"
    )
