"""The command `stackguard audit serve`."""

from __future__ import annotations

import os
import sys

import click

from stackguard.cli.audit.options import check_installed, runs_of, show_notes, store_option
from stackguard.cli.common import Failure, attempt

PORT = 8742


class ServeFailure(Failure):
    """The pages cannot be served."""

    lead = "cannot serve"


@click.command(short_help="Show the store as a local web page.")
@store_option
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=PORT,
    show_default=True,
    metavar="NUMBER",
    help="The port of 127.0.0.1; 0 for a free one.",
)
@click.option("--no-browser", is_flag=True, help="Only print the URL.")
def serve(store: str, port: int, *, no_browser: bool) -> None:
    """Serve the newest audit on this machine until Ctrl-C: search, filters, saved views, SQL.

    The pages read the store and change nothing in it. They answer at 127.0.0.1 only, to who opens the URL that is printed
    here: it has a token, which ends with the command. From another machine, forward the port: `ssh -L 8742:127.0.0.1:8742`.

    \b
    Examples:
      stackguard audit serve --store audits
      stackguard audit serve --store s3://bucket/audits --port 0 --no-browser
    """  # noqa: D301 (click reads the character \\b)
    check_installed(("starlette", "uvicorn"), "audit-serve")
    from stackguard.audit.serve.server import Site

    runs = attempt(lambda: runs_of(store), "reading the store", ServeFailure)
    site = attempt(lambda: Site(runs, port), "reading the store", ServeFailure)
    show_notes(runs)
    click.echo(f"{site.url(site.keys.token)}\nCtrl-C ends it")
    sys.stdout.flush()
    if not no_browser and _has_screen():
        import webbrowser

        webbrowser.open(site.url(site.keys.once()))
    site.serve()
    click.echo("stopped", err=True)


def _has_screen() -> bool:
    """Whether a browser would have a window: one of the terminal would take it from this command."""
    graphical = sys.platform != "linux" or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY")))
    return sys.stdout.isatty() and graphical
