"""The command `stackguard baseline`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stackguard.cli.common import (
    CANNOT_JUDGE,
    Failure,
    attempt,
    check_writable,
    policies_option,
    programs_options,
    settings_options,
    waivers_option,
    write,
)

if TYPE_CHECKING:
    from stackguard.gate.baseline import Baseline
    from stackguard.gate.stacks import Selection
    from stackguard.sources import RunOptions

EXIT_CODES = """\b
Exit codes:
  0    the baseline is written, or already says the same
  2    a target could not be judged, or a policy crashed: its entries stay as
       they are; those of the other targets are written
"""


@click.command(short_help="Accept the violations of today, so that only new ones block.", epilog=EXIT_CODES)
@click.argument("targets", nargs=-1, metavar="[TARGET]...")
@programs_options
@settings_options
@policies_option
@waivers_option
@click.option(
    "--output",
    "-o",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The baseline file; by default stackguard-baseline.json beside the settings.",
)
@click.option("--prune", is_flag=True, help="Remove the entries of these stacks whose violation is gone.")
@click.pass_context
def baseline(
    ctx: click.Context,
    *,
    targets: tuple[str, ...],
    options: RunOptions,
    selection: Selection,
    jobs: int | None,
    settings: Path | None,
    policy_modules: tuple[str, ...],
    central: Path | None,
    waivers: Path | None,
    output: Path | None,
    prune: bool,
) -> None:
    """Write a baseline of the violations of each TARGET (by default the program in this folder).

    A target is as for `stackguard check`: a program, a folder that holds programs, a file, or - for standard input.
    `stackguard check` reads the file: what is in it does not block, and what is new does. Entries that the file already
    has stay as they are, so that running it again changes nothing; one that fits by an alias gets the present name, so that
    the alias can go. Commit the file, and let git merge it by a line in .gitattributes:
    `stackguard-baseline.json merge=union`.

    \b
    Examples:
      stackguard baseline infra --stack prod
      stackguard baseline infra/* --all-stacks
      stackguard baseline prod.json staging.json
      stackguard baseline --prune
    """  # noqa: D301 (click reads the character \\b)
    from datetime import UTC, datetime

    from stackguard.cli.progress import judge
    from stackguard.gate import baseline as file_format
    from stackguard.gate.provenance import added
    from stackguard.gate.request import CheckRequest
    from stackguard.gate.stacks import expand
    from stackguard.reports import Failed
    from stackguard.sources.settings import of_target

    found = attempt(lambda: of_target((targets or (".",))[0], settings, central), "reading the settings")
    file = output or found.folder / file_format.DEFAULT_FILE
    check_writable(file)
    before = attempt(lambda: file_format.read(file), f"reading {file}") if file.exists() else file_format.Baseline()
    after, by = before, added(datetime.now(UTC))
    gone = moved = 0
    failures: list[Failure] = []
    asked = CheckRequest(
        ".",
        options,
        settings,
        waivers=waivers,
        baseline=file if file.exists() else None,
        add=True,
        central=central,
        policy_modules=policy_modules,
    )
    settings_of = partial(of_target, file=settings, central=central)
    stacks = attempt(lambda: expand(targets, selection, settings_of), "reading the targets")
    for judged in judge(asked, stacks, jobs):
        if isinstance(judged, Failed):
            failures.append(
                Failure(f"{judged.label}: {judged.message}" if stacks.several else judged.message, judged.detail)
            )
            continue
        stack = judged.report.stack
        after = after.moved(stack, judged.moved).with_outcomes(stack, judged.new, by)
        gone, moved = gone + judged.gone.total(), moved + len(judged.moved)
        if prune:
            after = after.without(stack, judged.gone)
        if judged.report.exit_code == CANNOT_JUDGE:
            failures.append(Failure(f"a policy crashed on {judged.report.target}; `stackguard check` names it"))
    for failed in failures:
        failed.show()
    if after.text() != before.text() or not (file.exists() or failures):
        write(after.text(), file)
    if len(failures) < len(stacks.stacks):
        click.echo(_summary(before, after, file, gone, moved, prune=prune))
    ctx.exit(CANNOT_JUDGE if failures else 0)


def _summary(before: Baseline, after: Baseline, file: Path, gone: int, moved: int, *, prune: bool) -> str:
    new = after.total - before.total + (gone if prune else 0)
    parts = [f"{new} added" if new else "nothing to add"]
    if moved:
        parts.append(f"{moved} got the present name of a renamed resource")
    if gone:
        parts.append(f"{gone} removed" if prune else f"{gone} gone (remove them with --prune)")
    return f"{file}: {', '.join(parts)}; {after.total} violations do not block"
