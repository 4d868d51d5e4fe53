"""The command `stackguard audit SOURCE...`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from stackguard.cli.audit.options import check_installed, runs_of, store_option
from stackguard.cli.check import SEVERITIES
from stackguard.cli.common import CANNOT_JUDGE, Failure, attempt, settings_options, waivers_option

if TYPE_CHECKING:
    from stackguard.audit.engine.worker import Job
    from stackguard.audit.run import Engine
    from stackguard.audit.store.runs import RunInfo

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
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=300.0,
    show_default=True,
    metavar="SECONDS",
    help="The longest time for one stack.",
)
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Judge on the workers of this Dask scheduler, such as tcp://127.0.0.1:8786, instead of in processes of this machine.",
)
@click.option("--policy", multiple=True, metavar="ID", help="Run only this policy. Repeatable.")
@settings_options
@waivers_option
@click.option(
    "--fail-on",
    type=click.Choice(SEVERITIES),
    help="Exit with 1 if a violation of this severity or a higher one is open.",
)
@click.option(
    "--fail-on-new", type=click.Choice(SEVERITIES), help="The same for violations that the audit before did not have."
)
@click.pass_context
def run(
    ctx: click.Context,
    *,
    sources: tuple[str, ...],
    store: str,
    resume: bool,
    anew: bool,
    trust_mtime: bool,
    workers: int | None,
    timeout: float,
    scheduler: str | None,
    policy: tuple[str, ...],
    settings: Path | None,
    central: Path | None,
    waivers: Path | None,
    fail_on: str | None,
    fail_on_new: str | None,
) -> None:
    """Judge every stack of the sources, and write a run to the store."""
    check_installed()
    from policypack.core.policy import Severity
    from stackguard.audit.engine.pool import Pool
    from stackguard.audit.history import still_open
    from stackguard.audit.request import AuditRequest
    from stackguard.audit.run import Audit, Plan
    from stackguard.audit.sources import listing
    from stackguard.errors import reason
    from stackguard.gate import exemptions, machine
    from stackguard.sources.settings import of_target

    def read() -> AuditRequest:
        layers = of_target("-", settings, central)
        return AuditRequest(
            layers,
            exemptions.read(waivers, None, layers.folder),
            policies=policy,
            timeout=timeout,
            trust_modified=trust_mtime,
        )

    request = attempt(read, "reading the settings")
    refs = attempt(lambda: list(listing.stacks(sources)), "listing the stacks")
    number = workers or machine.jobs()
    plan = Plan(sources, store, resume=resume, anew=anew)

    def engine(job: Job) -> Engine:
        if scheduler is None:
            return Pool(job, number, timeout)
        from stackguard.audit.engine.cluster import Cluster

        return Cluster(job, scheduler)

    audit = Audit(request, plan, engine)
    try:
        info = attempt(lambda: audit.run(refs), "auditing")
    except OSError as error:
        raise Failure(f"the store `{store}` cannot be written: {reason(error)}; `--resume` goes on") from None
    click.echo(_summary(info))
    if info.failed:
        ctx.exit(CANNOT_JUDGE)
    for lowest, new in ((fail_on, False), (fail_on_new, True)):
        if lowest and still_open(runs_of(store), info, Severity(lowest), new=new):
            ctx.exit(1)


def _summary(info: RunInfo) -> str:
    rate = (info.judged + info.carried + info.failed) / max(info.seconds, 0.001)
    return (
        f"{info.judged} judged, {info.carried} unchanged, {info.failed} failed; {info.resources} resources in"
        f" {info.seconds:.1f} s ({rate:.0f} stacks a second); run {info.id}"
    )
