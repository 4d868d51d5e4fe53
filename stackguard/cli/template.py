"""The command `stackguard template`: options in, exit code out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stackguard.cli.common import judged, program_options, sure_to_be_writable, written

if TYPE_CHECKING:
    from stackguard.sources import HowToRun

STANDARD_OUTPUT = "-"

EXIT_CODES = """\b
Exit codes:
  0    the template is valid, and no policy has anything against it
  1    errors of cfn-lint's, violations, or another verdict than on the program;
       the template and the reports are written nevertheless
  2    could not judge: the program failed, or something in it cannot be said
       in CloudFormation; nothing is written
"""


@click.command(short_help="Write a CloudFormation template, validated.", epilog=EXIT_CODES)
@click.argument("target", default=".")
@click.option(
    "--output",
    "-o",
    metavar="FILE",
    default=STANDARD_OUTPUT,
    help="Where the template goes; standard output by default.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["json", "yaml"]),
    help="How it is written; as FILE ends, else JSON.",
)
@click.option("--report", metavar="FILE", type=click.Path(path_type=Path), help="The validation's report, as JSON.")
@click.option("--sarif", metavar="FILE", type=click.Path(path_type=Path), help="The same for code scanning, as SARIF.")
@click.option("--allow-partial", is_flag=True, help="Leave out what cannot be said, and list it in the metadata.")
@click.option(
    "--settings",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Settings; ./stackguard.yaml by default, where there is one.",
)
@program_options
@click.pass_context
def template(
    ctx: click.Context,
    *,
    target: str,
    output: str,
    format_: str | None,
    report: Path | None,
    sarif: Path | None,
    allow_partial: bool,
    settings: Path | None,
    how: HowToRun,
) -> None:
    """Write a CloudFormation template of TARGET, and validate it by cfn-lint and by our own policies.

    TARGET is a Pulumi program's folder, or what `pulumi stack export` wrote; - is standard input. What is told of the
    validation goes to standard output, or to standard error where the template goes there.

    \b
    Examples:
      stackguard template stack --output template.yaml
      stackguard template stack -o template.json --report validation.json --sarif validation.sarif
      pulumi stack export | stackguard template - --allow-partial
    """  # noqa: D301 (click reads the character \\b)
    from stackguard.template.pipeline import make
    from stackguard.template.report import lines
    from stackguard.template.serialize import format_of

    file = None if output == STANDARD_OUTPUT else Path(output)
    for each in (file, report, sarif):
        sure_to_be_writable(each)
    if len({each.absolute() for each in (file, report, sarif) if each}) < sum(
        each is not None for each in (file, report, sarif)
    ):
        raise click.UsageError("`--output`, `--report` and `--sarif` name one file twice; give each its own")
    made = judged(
        lambda: make(target, how, str(file or "template"), format_of(file, format_), settings, partial=allow_partial),
        f"translating {target}",
    )
    written(made.validation.text, file)
    _report(report, "as_json", made.validation)
    _report(sarif, "as_sarif", made.validation)
    click.echo("\n".join(lines(made)), err=file is None)
    ctx.exit(made.validation.exit_code)


def _report(file: Path | None, written_as: str, validation: object) -> None:
    if file is None:
        return
    from stackguard.reports import validation as reports

    render: Callable[[object], str] = getattr(reports, written_as)
    written(render(validation), file)
