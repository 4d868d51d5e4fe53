"""The command `stackguard template`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from stackguard.cli.common import (
    Failure,
    attempt,
    check_kept,
    check_writable,
    output_option,
    program_options,
    settings_options,
    write,
)

if TYPE_CHECKING:
    from stackguard.sources import RunOptions

EXIT_CODES = """\b
Exit codes:
  0    the template is valid and has no violations
  1    cfn-lint errors, violations, or other outcomes than for the program;
       the template and the reports are still written
  2    could not judge: the program failed, or a part of it has no equivalent
       in CloudFormation; nothing is written
"""


@click.command(short_help="Write and validate a CloudFormation template.", epilog=EXIT_CODES)
@click.argument("target", default=".")
@output_option
@click.option(
    "--format",
    "format_",
    type=click.Choice(["json", "yaml"]),
    help="The format of the template; by default YAML if FILE ends in .yaml or .yml, else JSON.",
)
@click.option(
    "--report", metavar="FILE", type=click.Path(path_type=Path), help="Write a report of the validation as JSON."
)
@click.option(
    "--sarif",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write a report of the validation as SARIF, for code scanning.",
)
@click.option(
    "--allow-partial", is_flag=True, help="Leave out what has no equivalent in CloudFormation, and list it in Metadata."
)
@settings_options
@program_options
@click.pass_context
def template(
    ctx: click.Context,
    *,
    target: str,
    output: Path | None,
    format_: str | None,
    report: Path | None,
    sarif: Path | None,
    allow_partial: bool,
    settings: Path | None,
    central: Path | None,
    options: RunOptions,
) -> None:
    """Write a CloudFormation template of TARGET, and validate it with cfn-lint and stackguard's own policies.

    TARGET is the folder of a Pulumi program, the output of `pulumi stack export`, or - for standard input. A summary of
    the validation goes to standard output, or to standard error if the template goes to standard output.

    \b
    Examples:
      stackguard template stack --output template.yaml
      stackguard template stack -o template.json --report validation.json --sarif validation.sarif
      pulumi stack export | stackguard template - --allow-partial
    """  # noqa: D301 (click reads the character \\b)
    from stackguard.template.pipeline import generate
    from stackguard.template.report import lines
    from stackguard.template.serialize import format_of

    check_writable(output)
    check_writable(report, option="--report")
    check_writable(sarif, option="--sarif")
    check_kept([Path(target)], [output, report, sarif])
    files = [file.absolute() for file in (output, report, sarif) if file is not None]
    if len(set(files)) < len(files):
        raise Failure("`--output`, `--report` and `--sarif` name the same file twice; give each its own")
    name, written_as = str(output or "template"), format_of(output, format_)
    generated = attempt(
        lambda: generate(target, options, name, written_as, settings, central=central, partial=allow_partial),
        f"translating {target}",
    )
    write(generated.validation.text, output)
    if report is not None or sarif is not None:
        from stackguard.reports.validation import as_json, as_sarif

        for file, render in ((report, as_json), (sarif, as_sarif)):
            if file is not None:
                write(render(generated.validation), file)
    click.echo("\n".join(lines(generated)), err=output is None)
    ctx.exit(generated.validation.exit_code)
