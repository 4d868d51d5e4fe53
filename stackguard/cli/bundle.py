"""`stackguard bundle`: options in, archives and a report out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from stackguard.bundle.targets import ARCHITECTURES, KINDS
from stackguard.cli.common import Failure, judged

FORMATS = ("text", "json")

BUNDLE_CODES = """\b
Exit codes:
  0    bundled
  1    over one of Lambda's limits; nothing was written
  2    could not bundle: an option, a key, the lock or the network is wrong
  130  interrupted
"""


class CannotBundle(Failure):
    """There is no bundle: one line, after what another program printed."""

    lead = "cannot bundle"


@click.command(epilog=BUNDLE_CODES, short_help="Build what Lambda runs, from a function's lock.")
@click.argument("function_dir", default=".", type=click.Path(path_type=Path))
@click.option(
    "--output",
    "-o",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Where the artifacts go; `dist` in the function's folder by default.",
)
@click.option("--runtime", metavar="NAME", help="Lambda's runtime, such as python3.13.")
@click.option("--architecture", type=click.Choice(ARCHITECTURES), help="Of the processor.")
@click.option("--layer", is_flag=True, help="Put the dependencies into a layer of their own.")
@click.option("--image", is_flag=True, help="Write the context of a container image instead, for the same lock.")
@click.option(
    "--strip", multiple=True, type=click.Choice(KINDS), help="Leave out what the function can do without. Repeatable."
)
@click.option(
    "--from-source", multiple=True, metavar="NAME", help="Build this package where it has no wheel. Repeatable."
)
@click.option("--offline", is_flag=True, help="Use no network; what was bundled before is in the cache.")
@click.option("--format", "format_", type=click.Choice(FORMATS), default="text", help="How to report; text by default.")
@click.pass_context
def bundle(
    ctx: click.Context,
    *,
    function_dir: Path,
    output: Path | None,
    runtime: str | None,
    architecture: str | None,
    layer: bool,
    image: bool,
    strip: tuple[str, ...],
    from_source: tuple[str, ...],
    offline: bool,
    format_: str,
) -> None:
    """Build the archive of the function in FUNCTION_DIR: its code, and what its lock says for Lambda's platform.

    The same lock and code give the same bytes wherever and whenever they are built. Beside the archive are a manifest
    with the SHA-256 of every file and a bill of materials in CycloneDX.

    What is built for whom stands in the function's pyproject.toml; options go before it:

    \b
      [tool.stackguard.bundle]
      runtime = "python3.13"
      architecture = "arm64"               # or x86_64, the default
      handler = "ingest.handler.handler"   # is checked to be there
      include = ["ingest/**"]              # globs; its modules and packages by default
      exclude = ["**/fixtures/**"]
      lock = "requirements.lock"           # where there are several
      strip = ["tests", "stubs", "headers", "runtime"]
      from-source = ["docopt"]
      layer = true
      upload = "direct"                    # or s3, the default, which takes larger zip files
      before = ["make schema"]             # commands, before files are collected
      after = ["./sign.sh"]                # and once $STACKGUARD_ARCHIVE is written

    \b
    Examples:
      stackguard bundle lambda_fn
      stackguard bundle lambda_fn --output build --strip tests --strip stubs
      stackguard bundle lambda_fn --architecture x86_64 --layer
      stackguard bundle lambda_fn --image
    """  # noqa: D301 (click reads the character \\b)
    from stackguard.bundle.command import BundleRequest, run, run_image
    from stackguard.bundle.config import Overrides
    from stackguard.reports.destinations import screen, write

    if layer and image:
        raise click.UsageError("`--layer` and `--image` exclude each other; give one")
    request = BundleRequest(
        function_dir, output, Overrides(runtime, architecture, strip, from_source, layer=layer), offline=offline
    )
    doing = f"bundling {function_dir}"
    if image:
        function, written = judged(lambda: run_image(request), doing, CannotBundle)
        _tell_image(function, written, format_)
        return
    report = judged(lambda: run(request), doing, CannotBundle)
    from stackguard.bundle.artifacts import report as rendered

    write(rendered.json(report) if format_ == "json" else rendered.text(report, screen(None)), None)
    ctx.exit(report.exit_code)


def _tell_image(function: Any, written: list[Path], format_: str) -> None:
    if format_ == "json":
        import msgspec

        document = {"version": 1, "name": function.name, "image": str(written[0]), "manifest": str(written[1])}
        click.echo(msgspec.json.encode(document))
        return
    click.echo(f"{function.name} for {function.target.runtime} on {function.target.architecture}\n")
    click.echo("".join(f"  {each}\n" for each in written))
    click.echo(f"build it with: docker build --tag {function.name.lower()} {written[0]}")
