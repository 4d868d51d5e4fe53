"""The command `stackguard bundle`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from stackguard.bundle.targets import ARCHITECTURES, KINDS
from stackguard.cli.common import Failure, attempt, format_option

BUNDLE_CODES = """\b
Exit codes:
  0    the archive was built
  1    the archive exceeds a limit of Lambda; nothing was written
  2    could not bundle: an option, a setting, the lock or the network is wrong
  130  interrupted
"""


class BundleFailure(Failure):
    """The failure of `stackguard bundle`."""

    lead = "cannot bundle"


@click.command(epilog=BUNDLE_CODES, short_help="Build a Lambda archive from a function's lock.")
@click.argument("function_dir", default=".", type=click.Path(path_type=Path))
@click.option(
    "--output",
    "-o",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Write the artifacts to DIR; by default `dist` in the function's folder.",
)
@click.option("--runtime", metavar="NAME", help="The Lambda runtime, such as python3.13.")
@click.option("--architecture", type=click.Choice(ARCHITECTURES), help="The processor architecture.")
@click.option("--layer", is_flag=True, help="Put the dependencies into a separate layer.")
@click.option("--image", is_flag=True, help="Write the build context of a container image instead of an archive.")
@click.option(
    "--strip",
    multiple=True,
    type=click.Choice(KINDS),
    help="Leave out files that the function does not need. Repeatable.",
)
@click.option(
    "--from-source",
    multiple=True,
    metavar="NAME",
    help="Build this package from source if it has no wheel. Repeatable.",
)
@click.option(
    "--allow-secrets",
    multiple=True,
    metavar="GLOB",
    help="Package files of these paths although they hold a secret. Repeatable.",
)
@click.option("--offline", is_flag=True, help="Use only the cache, and no network.")
@format_option("text", "json")
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
    allow_secrets: tuple[str, ...],
    offline: bool,
    format_: str,
) -> None:
    """Build the Lambda archive of the function in FUNCTION_DIR: its code, and the dependencies in its lock.

    The dependencies are installed for Lambda's platform. The same lock and code always give the same bytes. Next to the
    archive are a manifest with the SHA-256 of every file and a CycloneDX bill of materials.

    The function's pyproject.toml configures the archive; options take precedence:

    \b
      [tool.stackguard.bundle]
      runtime = "python3.13"
      architecture = "arm64"               # or x86_64, the default
      handler = "ingest.handler.handler"   # must exist
      include = ["ingest/**"]              # globs; by default its modules and packages
      exclude = ["**/fixtures/**"]
      lock = "requirements.lock"           # needed if there are several locks
      strip = ["tests", "stubs", "headers", "runtime"]
      from-source = ["docopt"]
      layer = true
      allow-secrets = ["app/demo/*.pem"]   # globs; any other secret is refused
      upload = "direct"                    # or s3, the default, which allows larger archives
      before = ["make schema"]             # commands to run before files are collected
      after = ["./sign.sh"]                # and after $STACKGUARD_ARCHIVE is written

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
        function_dir,
        output,
        Overrides(runtime, architecture, strip, from_source, layer=layer, allow_secrets=allow_secrets),
        offline=offline,
    )
    activity = f"bundling {function_dir}"
    if image:
        function, written = attempt(lambda: run_image(request), activity, BundleFailure)
        _print_image(function, written, format_)
        return
    report = attempt(lambda: run(request), activity, BundleFailure)
    from stackguard.bundle.artifacts import report as rendered

    write(rendered.json(report) if format_ == "json" else rendered.text(report, screen(None)), None)
    ctx.exit(report.exit_code)


def _print_image(function: Any, written: list[Path], format_: str) -> None:
    if format_ == "json":
        import msgspec

        document = {"version": 1, "name": function.name, "image": str(written[0]), "manifest": str(written[1])}
        click.echo(msgspec.json.encode(document))
        return
    click.echo(f"{function.name} for {function.target.runtime} on {function.target.architecture}\n")
    click.echo("".join(f"  {file}\n" for file in written))
    click.echo(f"build it with: docker build --tag {function.name.lower()} {written[0]}")
