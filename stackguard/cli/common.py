"""What commands share: the options of a program, a sign of life, and how a command says that it could not judge."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from policypack.core.policy import Policy
    from stackguard.reports.destinations import Destination

T = TypeVar("T")
CANNOT_JUDGE = 2
EXIT_CODES = """\b
Exit codes:
  0    clean
  1    violations, or undecided, that block
  2    could not judge: the program failed, the input or the settings are
       malformed, a policy crashed, an option is wrong
  130  interrupted
"""

stack_option = click.option("--stack", metavar="NAME", help="Stack of the program, where it has several.")
config_option = click.option(
    "--config",
    "-c",
    multiple=True,
    metavar="KEY=VALUE",
    help="Set a config value, such as aws:region=eu-west-1. Repeatable.",
)
unknown_option = click.option(
    "--unknown",
    type=click.Choice(["keep", "resolve"]),
    default="resolve",
    show_default=True,
    help="Computed values of a program: keep them unknown, or resolve those that AWS forms from names, account and region.",
)
mock_option = click.option(
    "--mock",
    multiple=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Answers that only the cloud could give to a program, such as the id of a VPC. Repeatable; the first wins.",
)
timeout_option = click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=300.0,
    show_default=True,
    metavar="SECONDS",
    help="Stop a program that runs longer.",
)


def program_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of a program; it takes them as `how`."""

    @functools.wraps(command)
    def with_how(
        *args: Any,
        stack: str | None,
        config: tuple[str, ...],
        unknown: str,
        mock: tuple[Path, ...],
        timeout: float,
        **options: Any,
    ) -> None:
        from stackguard.sources import HowToRun

        how = HowToRun(stack, configured(config), resolve=unknown == "resolve", timeout=timeout, mock=mock)
        command(*args, how=how, **options)

    with_options: Callable[..., None] = with_how
    for option in (timeout_option, mock_option, unknown_option, config_option, stack_option):
        with_options = option(with_options)
    return with_options


class Failure(click.ClickException):
    """A command could not do its work: one line, after what the program printed."""

    exit_code = CANNOT_JUDGE
    lead = "cannot judge"

    def __init__(self, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.detail = detail

    def show(self, file: Any = None) -> None:
        """Print the detail as it came, then the line."""
        if self.detail:
            click.echo(self.detail.rstrip("\n"), file=file, err=True)
        click.echo(f"{click.style(self.lead, fg='red', bold=True)}: {self.message}", file=file, err=True)


def judged(work: Callable[[], T], doing: str, failure: type[Failure] = Failure) -> T:
    """What comes of some work, under a sign of life.

    Raises:
        Failure: the work could not be done; it is of the class `failure`.
    """
    from policypack.evaluation.settings import SettingsError
    from stackguard.errors import CannotJudge

    try:
        with _spinner(doing):
            return work()
    except SettingsError as error:
        raise failure(str(error)) from None
    except CannotJudge as error:
        raise failure(error.message, error.detail) from None


def written(text: str, file: Path | None) -> None:
    """Write a text to a file, whole or not at all, or to standard output.

    Raises:
        Failure: it cannot be written.
    """
    from stackguard.errors import reason
    from stackguard.reports.destinations import write

    try:
        write(text, file)
    except OSError as error:
        raise Failure(f"`{file or 'standard output'}` cannot be written: {reason(error)}") from None


def sure_to_be_writable(file: Path | None) -> None:
    """Look, before the work, whether a file can be written; None is standard output.

    Raises:
        click.UsageError: it cannot.
    """
    from stackguard.reports.destinations import writable

    try:
        if file is not None:
            writable(file)
    except OSError as error:
        raise click.UsageError(str(error)) from None


def configured(pairs: tuple[str, ...]) -> dict[str, str]:
    """The config values that `--config` sets."""
    found = {}
    for each in pairs:
        key, equals, value = each.partition("=")
        if not key or not equals:
            raise click.UsageError("`--config` takes KEY=VALUE, such as `--config aws:region=eu-west-1`")
        found[key] = value
    return found


@contextmanager
def _spinner(doing: str) -> Iterator[None]:
    """A sign of life on a terminal; nothing anywhere else."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console
    from rich.text import Text

    with Console(stderr=True).status(Text(doing)):
        yield


def writable(paired: Callable[[], list[Destination]]) -> list[Destination]:
    """The destinations that options spell, once it is sure that they can be written."""
    try:
        destinations = paired()
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    for each in destinations:
        sure_to_be_writable(each.file)
    return destinations


def card(policy_id: str) -> Policy[Any]:
    """The card of a policy by its id. Raises `UsageError` where there is none, with the nearest."""
    from policypack.policies import POLICIES
    from stackguard.gate.request import near

    for policy in POLICIES:
        if policy.id == policy_id:
            return policy
    raise click.UsageError(f"there is no policy `{policy_id}`; {near(policy_id, POLICIES)}")
