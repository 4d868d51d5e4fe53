"""The command `stackguard init`."""

from __future__ import annotations

import contextlib
import os
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stackguard.cli.common import CANNOT_JUDGE, Failure, attempt

if TYPE_CHECKING:
    from stackguard.adopt.plan import PlannedFile
    from stackguard.adopt.repository import Repository

EXIT_CODES = """\b
Exit codes:
  0    the files are written, are there already, or are only shown
  2    no project in Python was found, a file cannot be written, or a stack could
       not be judged: then there is no baseline yet, and the other files are
       written
"""
LEFT = "every file is there; add what is shown above to those that are yours"
CI_SYSTEMS = ("auto", "github", "gitlab", "none")


class Unplanned(Failure):
    """What ends `stackguard init`."""

    lead = "cannot set up"


def _requirement(text: str) -> str:
    """A requirement as in a requirements file, on one line.

    Raises:
        click.UsageError: it is none; pip would take other lines as options.
    """
    from packaging.requirements import InvalidRequirement, Requirement

    from stackguard.reports.formatting import printable

    try:
        Requirement(text)
    except InvalidRequirement:
        valid = False
    else:
        valid = text.isprintable()
    if not valid:
        raise click.UsageError(
            f"`--requirement` takes one requirement on one line, such as `stackguard==0.1.0`, not `{printable(text)}`"
        )
    return text


@click.command("init", short_help="Set up a repository: settings, pack, CI, hook, baseline.", epilog=EXIT_CODES)
@click.argument("folder", default=".", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--yes", "-y", is_flag=True, help="Write without a question.")
@click.option("--dry-run", is_flag=True, help="Only show what would be written.")
@click.option(
    "--ci",
    type=click.Choice(CI_SYSTEMS),
    default="auto",
    show_default=True,
    help="The CI system to write a job for; by default that of the remote, or of the files that are there.",
)
@click.option(
    "--requirement",
    metavar="REQUIREMENT",
    callback=lambda _context, _option, text: None if text is None else _requirement(text),
    help="How CI, the pack and the hook install stackguard, such as `stackguard @ git+https://HOST/stackguard@COMMIT`; by "
    "default the version, or the commit, that runs here.",
)
@click.option("--no-baseline", is_flag=True, help="Judge nothing, and accept none of the violations of today.")
@click.pass_context
def init(
    ctx: click.Context,
    *,
    folder: Path,
    yes: bool,
    dry_run: bool,
    ci: str,
    requirement: str | None,
    no_baseline: bool,
) -> None:
    """Set up the repository that FOLDER is in, so that new violations block and those of today do not.

    The plan is shown before anything is written: stackguard.yaml, the policy pack's folder, a job for GitHub or GitLab, a
    pre-commit hook, a line in .gitattributes, and a baseline, for which the program of each stack is run offline. A file
    that exists is left as it is, and running it again changes nothing.

    \b
    Examples:
      stackguard init --dry-run
      stackguard init --yes --ci gitlab
      stackguard init --requirement 'stackguard @ git+https://github.com/stackguard/stackguard@v0.1.0'
    """  # noqa: D301 (click reads the character \\b)
    from stackguard.adopt import plan, repository, texts
    from stackguard.adopt import requirement as requirements

    found = repository.find(folder)
    if not found.projects:
        raise Unplanned(_nothing(found))
    with contextlib.chdir(found.root):
        needs, remark = (requirement, "") if requirement else requirements.find(found.root / texts.REQUIREMENTS)
        system = found.ci if ci == "auto" else None if ci == "none" else ci
        files = attempt(
            lambda: plan.planned(found, needs, system),  # type: ignore[arg-type]
            "reading the repository",
            Unplanned,
        )
        today = _Today(found, wanted=not no_baseline and not os.path.lexists(plan.BASELINE))
        contents = {file.path: plan.appended(found.root, file) for file in files if file.action != "keep"}
        if today.text is not None:
            contents[plan.BASELINE] = today.text
        _show(found, files, today)
        if remark:
            _note(f"{remark}, give --requirement")
        if system is None and ci == "auto":
            _note("no CI system was recognized; `--ci github` or `--ci gitlab` writes a job for it")
        if not contents:
            left = any(file.action == "keep" and file.text for file in files)
            click.echo(f"nothing to write: {LEFT if left else 'everything is there'}")
        elif dry_run or not _agreed(len(contents), yes=yes):
            click.echo(f"nothing is written{'' if dry_run else '; `stackguard init --yes` writes it'}")
        else:
            attempt(lambda: plan.write_all(found.root, contents), "writing", Unplanned)
            _next(found, contents, needs if remark else "", remark)
    ctx.exit(CANNOT_JUDGE if today.failures else 0)


class _Today:
    """The baseline of today, unless a stack cannot be judged: then there is none yet."""

    def __init__(self, repository: Repository, *, wanted: bool) -> None:
        from datetime import UTC, datetime

        from stackguard.adopt.today import with_stack
        from stackguard.gate.baseline import Baseline
        from stackguard.gate.provenance import added

        self.counts: dict[str, int] = {}
        self.failures: dict[str, Failure] = {}
        baseline, by = Baseline(), added(datetime.now(UTC))
        stacks = [(project.folder, stack) for project in repository.projects for stack in project.stacks]
        for folder, stack in stacks if wanted else ():
            name = f"{shlex.quote(folder)} --stack {stack}"
            judging = partial(with_stack, baseline, folder, stack, by)
            try:
                with _no_bytecode():
                    baseline, self.counts[name] = attempt(judging, f"judging {name}")
            except Failure as failure:
                self.failures[name] = failure
        self.text = baseline.text() if wanted and stacks and not self.failures else None
        self.total = sum(self.counts.values())


@contextlib.contextmanager
def _no_bytecode() -> Iterator[None]:
    """Programs that run in here leave no cache in the repository."""
    name = "PYTHONDONTWRITEBYTECODE"
    before = os.environ.get(name)
    os.environ[name] = "1"
    try:
        yield
    finally:
        del os.environ[name]
        os.environ.update({name: before} if before is not None else {})


def _nothing(repository: Repository) -> str:
    others = "".join(f"; `{folder}`: {why}" for folder, why in repository.others)
    return f"no Pulumi project in Python was found in `{repository.root}`{others}"


def _show(repository: Repository, files: Sequence[PlannedFile], today: _Today) -> None:
    """Print the plan."""
    _line(f"{repository.root}")
    for project in repository.projects:
        _line(f"  {project.folder}: {', '.join(project.stacks) or 'no stack has a file'}")
    for folder, why in repository.others:
        _line(f"  {folder}: not judged: {why}")
    for file in files:
        click.echo()
        _line(f"{file.action} {file.path}{f': {file.why}' if file.why else ''}")
        for line in file.text.splitlines():
            _line(f"    {line}")
    click.echo()
    _show_baseline(today)
    for project in repository.projects:
        if not project.stacks:
            command = f"`stackguard baseline {shlex.quote(project.folder)} --stack NAME`"
            _note(
                f"{project.folder} has no Pulumi.<stack>.yaml, so its violations are in no baseline: {command} adds them"
            )


def _show_baseline(today: _Today) -> None:
    from stackguard.gate.baseline import DEFAULT_FILE
    from stackguard.reports.formatting import not_blocking

    if today.text is not None:
        _line(f"write {DEFAULT_FILE}: {not_blocking(today.total, 'of today')}")
        for name, count in today.counts.items():
            _line(f"    {name}: {count}")
    elif Path(DEFAULT_FILE).exists():
        _line(f"keep {DEFAULT_FILE}: unchanged; `stackguard baseline` adds to it")
    for name, failure in today.failures.items():
        _line(f"{name}:")
        failure.show()
    if today.failures:
        _line(f"no {DEFAULT_FILE} yet: make these programs run, then run `stackguard init` again")


def _agreed(count: int, *, yes: bool) -> bool:
    """Whether to write: `--yes`, or the answer of a person at a terminal."""
    terminal = sys.stdin is not None and sys.stdin.isatty()  # None if it is closed
    return yes or (terminal and click.confirm(f"Write {_files(count)}?", err=True))


def _next(repository: Repository, contents: Mapping[str, str], unsure: str, remark: str) -> None:
    """Print what comes next; first what to replace, if others may not be able to install by the requirement."""
    from stackguard.adopt import texts

    _line(f"{_files(len(contents))} written")
    naming = [path for path, text in contents.items() if unsure and unsure in text]
    if naming:
        _line(f"before you commit: {remark}, write in {', '.join(naming)} what CI can install,")
        _line("  such as `stackguard @ git+https://HOST/stackguard@COMMIT`; `--requirement` writes it from the start")
    _line("commit the files, and then:")
    _line(f"  stackguard check {texts.check(repository)}")
    _line("  pre-commit install                 runs it before each commit")
    _line(f"  pulumi -C {texts.PACK} install     for `pulumi preview --policy-pack {texts.PACK}`")


def _files(count: int) -> str:
    return f"{count} file{'s' * (count > 1)}"


def _note(text: str) -> None:
    _line(f"note: {text}")


def _line(text: str) -> None:
    from stackguard.reports.formatting import printable

    click.echo(printable(text))
