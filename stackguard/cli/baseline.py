"""The command `stackguard baseline`."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import timedelta
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
    from collections.abc import Mapping

    from stackguard.gate.baseline import Added, Baseline
    from stackguard.gate.parallel import Result
    from stackguard.gate.stacks import Selection
    from stackguard.sources import RunOptions

KEPT_DAYS = 180
"""How long the file remembers what was pruned, so that no branch brings it back."""
EXIT_CODES = """\b
Exit codes:
  0    the baseline is written, or already says the same
  2    a target could not be judged, or a policy crashed: the entries of the
       target, or those of the policy there, stay as they are; others are written
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
@click.option(
    "--prune",
    is_flag=True,
    help="Remove the entries of these stacks whose violation is gone; with --all-stacks, also those of stacks that are gone.",
)
@click.option(
    "--rename",
    nargs=2,
    multiple=True,
    metavar="OLD NEW",
    help="Judge nothing, but move the entries of a PROJECT/STACK, or of all stacks of a PROJECT, to its new name; repeatable.",
)
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
    rename: tuple[tuple[str, str], ...],
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
      stackguard baseline --rename shop/dev shop/development
    """  # noqa: D301 (click reads the character \\b)
    from datetime import UTC, datetime

    from stackguard.cli.progress import judge
    from stackguard.gate.baseline import DEFAULT_FILE
    from stackguard.gate.provenance import added
    from stackguard.gate.request import CheckRequest
    from stackguard.gate.stacks import expand, vanished
    from stackguard.sources.settings import of_target

    found = attempt(lambda: of_target((targets or (".",))[0], settings, central), "reading the settings")
    file = output or found.folder / DEFAULT_FILE
    check_writable(file)
    now = datetime.now(UTC)
    update = attempt(lambda: _Update.of(file, added(now), prune=prune), f"reading {file}")
    if rename:
        for old, new in rename:
            update.rename(old, new)
        update.write(always=False)
        click.echo(f"{file}: {update.moved} {'entry' if update.moved == 1 else 'entries'} moved")
        return
    asked = CheckRequest(
        ".",
        options,
        settings,
        waivers=waivers,
        baseline=file,
        add=True,
        central=central,
        policy_modules=policy_modules,
    )
    settings_of = partial(of_target, file=settings, central=central)
    stacks = attempt(lambda: expand(targets, selection, settings_of), "reading the targets")
    for judged in judge(asked, stacks, jobs):
        update.take(judged, several=stacks.several)
    if stacks.several:
        update.take_gone(vanished(update.after.stacks, file.parent, stacks.stacks, every=selection.all))
    if prune:
        update.after = update.after.forgetting(f"{now - timedelta(KEPT_DAYS):%Y-%m-%dT%H:%M:%SZ}")
    for failed in update.failures:
        failed.show()
    update.write(always=not update.failures)
    if len(update.failures) < len(stacks.stacks):
        click.echo(update.summary())
    ctx.exit(CANNOT_JUDGE if update.failures else 0)


@dataclass(slots=True)
class _Update:
    """A baseline file in the course of a run."""

    file: Path
    by: Added
    prune: bool
    before: Baseline
    """What it had."""
    after: Baseline
    """What it will have."""
    new: int = 0
    gone: int = 0
    moved: int = 0
    accepted: int = 0
    """How many violations of this run do not block."""
    failures: list[Failure] = field(default_factory=list)

    @classmethod
    def of(cls, file: Path, by: Added, *, prune: bool) -> _Update:
        """That of a file, which a merge may have left with conflicts, and which need not exist."""
        before = _present(file)
        return cls(file, by, prune, before, before)

    def take(self, judged: Result, *, several: bool) -> None:
        """Take what a stack has."""
        from policypack.evaluation.grouping import one_per_value
        from stackguard.gate.exemptions import place_of
        from stackguard.reports import Failed

        if isinstance(judged, Failed):
            message = f"{judged.label}: {judged.message}" if several else judged.message
            self.failures.append(Failure(message, judged.detail))
            return
        stack, at = judged.report.stack, self.by.at
        folder = place_of(judged.report.folder, self.file)
        self.after = self.after.moved(stack, judged.moved, at, judged.others)
        self.after = self.after.with_outcomes(stack, judged.new, self.by, folder)
        if self.prune:
            self.after = self.after.without(stack.in_project, judged.gone, at, judged.others)
        self.new, self.moved = self.new + len(one_per_value(judged.new)), self.moved + len(judged.moved)
        self.gone, self.accepted = self.gone + judged.gone.total(), self.accepted + judged.report.exempt["baselined"]
        if judged.report.exit_code == CANNOT_JUDGE:
            self.failures.append(Failure(f"a policy crashed on {judged.report.target}; `stackguard check` names it"))

    def take_gone(self, stacks: Mapping[str, int]) -> None:
        """Take which stacks are not there any more."""
        from stackguard.reports.formatting import many, printable

        for name, count in stacks.items():
            click.echo(printable(f"{name} is gone, with {many(count, 'violation')}"))
            self.gone += count
            if self.prune:
                self.after = self.after.without(name, self.after.of(name), self.by.at)

    def rename(self, old: str, new: str) -> None:
        """Move the entries of a stack, or of a project's stacks, to another name."""
        stacks = self.after.stacks
        names = [name for name in stacks if name == old or name.startswith(f"{old}/")]
        if not names or ("/" in old) is not ("/" in new):
            listed = ", ".join(sorted(stacks)) or "no stack"
            reason = "one is a stack, and the other a project" if names else f"{self.file} has entries of {listed}"
            raise Failure(f"`--rename {old} {new}` moves nothing: {reason}")
        for name in names:
            self.moved += stacks[name]
            self.after = self.after.renamed(name, f"{new}{name[len(old) :]}", self.by.at)

    def write(self, *, always: bool) -> None:
        """Write the file, if it says something else; `always` is whether also if there is none.

        What another run has written meanwhile stays, as where git merges two branches.
        """
        from stackguard.reports.destinations import locked

        with locked(self.file.parent):
            now = attempt(lambda: _present(self.file), f"reading {self.file}")
            if now != self.before:
                self.after = self.after.merged(now)
            text = self.after.text()
            if self.file.read_text("utf-8") != text if self.file.exists() else always:
                write(text, self.file)

    def summary(self) -> str:
        """The line that says what has changed."""
        from stackguard.reports.formatting import not_blocking

        parts = [f"{self.new} added" if self.new else "nothing to add"]
        if self.moved:
            parts.append(f"{self.moved} updated, because a resource has another name or less is left of a violation")
        if self.gone:
            parts.append(f"{self.gone} removed" if self.prune else f"{self.gone} gone (remove them with --prune)")
        return f"{self.file}: {', '.join(parts)}; {not_blocking(self.accepted)}"


def _present(file: Path) -> Baseline:
    """The baseline in a file that need not exist.

    Raises:
        SettingsError: it cannot be read, or is malformed.
    """
    from stackguard.gate.baseline import Baseline, read

    return read(file, unmerged=True) if os.path.lexists(file) else Baseline()
