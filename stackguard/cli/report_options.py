"""The options of reports: their formats and files, and how they are shown, a `Screen` for each destination."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from stackguard.reports import Screen

COLORS = ("auto", "always", "never")


def destination_options(*formats: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Add `--format` and `--output`, of which a command takes all, and whose order `check.Check` records."""

    def with_options(command: Callable[..., None]) -> Callable[..., None]:
        for option in (
            click.option(
                "--output",
                "-o",
                multiple=True,
                metavar="FILE",
                help="Write the report of the --format before it to FILE; standard output by default. Repeatable.",
            ),
            click.option(
                "--format",
                multiple=True,
                type=click.Choice(formats),
                help="The format of the report; text by default. Repeatable.",
            ),
        ):
            command = option(command)
        return command

    return with_options


def report_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options for reports to a command, which takes them as `screen_of`, a function of a report's file."""

    @click.option("--quiet", "-q", is_flag=True, help="Text: only what blocks, and the counts.")
    @click.option(
        "--verbose",
        "-v",
        is_flag=True,
        help="Text: also each outcome in the baseline, every name in a note, all versions.",
    )
    @click.option(
        "--statistics", is_flag=True, help="Text: also counts by policy, severity, service and resource type."
    )
    @click.option(
        "--color",
        type=click.Choice(COLORS),
        default="auto",
        show_default=True,
        help="Text: colors; auto follows the terminal, NO_COLOR and FORCE_COLOR.",
    )
    @functools.wraps(command)
    def with_options(*args: Any, quiet: bool, verbose: bool, statistics: bool, color: Any, **parameters: Any) -> None:
        if quiet and verbose:
            raise click.UsageError("`--quiet` and `--verbose` exclude each other; give one of them")

        def screen_of(file: Path | None) -> Screen:
            from dataclasses import replace

            from stackguard.reports import Detail
            from stackguard.reports.destinations import screen

            detail = Detail.QUIET if quiet else Detail.VERBOSE if verbose else Detail.NORMAL
            return replace(screen(file), color=color, detail=detail, statistics=statistics)

        command(*args, screen_of=screen_of, **parameters)

    return with_options
