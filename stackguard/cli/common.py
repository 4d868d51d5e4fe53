"""What the commands share: options, a progress indicator, and errors."""

from __future__ import annotations

import functools
import math
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from rich.console import Console

    from policypack.core.policy import Policy
    from policypack.frameworks.model import Framework
    from stackguard.sources import RunOptions

T = TypeVar("T")
CANNOT_JUDGE = 2
NARROW = 20
"""Columns of a terminal in which lines that change in place are unreadable."""
LONGEST_MESSAGE = 2000
"""Characters of an error message that are shown."""
EXIT_CODES = """\b
Exit codes:
  0    clean
  1    violations or undecided outcomes that block
  2    could not judge: the program failed, the input or the settings are
       malformed, a policy crashed, or an option is wrong
  130  interrupted
"""
ENVIRONMENT = """
Every option has an environment variable, such as STACKGUARD_CHECK_TIMEOUT for the --timeout of `check`; of a repeatable
option it has the values separated by spaces, and of a switch true or false. An option takes precedence.
"""

waivers_option = click.option(
    "--waivers",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The waiver file; by default stackguard-waivers.yaml beside the settings, if it exists.",
)
policies_option = click.option(
    "--policies",
    "policy_modules",
    multiple=True,
    metavar="MODULE",
    help="Also run the policies of MODULE, which is installed, or the path of a file or a package. Repeatable.",
)
output_option = click.option(
    "--output",
    "-o",
    metavar="FILE",
    type=click.Path(path_type=Path),
    callback=lambda _context, _option, file: None if file == Path("-") else file,
    help="Write to FILE instead of standard output.",
)


def _finite(_context: click.Context, _option: click.Parameter, value: float) -> float:
    """The value, if it is a finite number: `nan` is in every range."""
    if not math.isfinite(value):
        raise click.BadParameter(f"{value} is not a number of seconds")
    return value


def timeout_option(explanation: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """The option `--timeout`, in seconds.

    Args:
        explanation: its help.
    """
    return click.option(
        "--timeout",
        type=click.FloatRange(min=0, min_open=True),
        default=300.0,
        show_default=True,
        metavar="SECONDS",
        callback=_finite,
        help=explanation,
    )


def format_option(*formats: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """The option `--format`, of which the first format is the default; a command takes it as `format_`."""
    return click.option(
        "--format",
        "format_",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
        help="The format of the report.",
    )


central_option = click.option(
    "--central",
    metavar="FILE",
    type=click.Path(path_type=Path),
    envvar="STACKGUARD_CENTRAL",
    show_envvar=True,
    help="The central settings file, which applies below all others and locks what they may not loosen.",
)


def settings_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options for settings files to a command, which takes them as `settings` and `central`."""
    for option in (
        central_option,
        click.option(
            "--settings",
            metavar="FILE",
            type=click.Path(path_type=Path),
            help="The settings file; by default the nearest stackguard.yaml, or pyproject.toml with [tool.stackguard], "
            "from the target upwards, else from the working folder upwards.",
        ),
    ):
        command = option(command)
    return command


def program_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options for programs to a command, which takes them as `options`."""

    @click.option("--stack", metavar="NAME", help="The program's stack, if it has several.")
    @_run_options
    @functools.wraps(command)
    def with_options(*args: Any, stack: str | None, options: RunOptions, **parameters: Any) -> None:
        command(*args, options=replace(options, stack=stack), **parameters)

    return with_options


def programs_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options for several programs to a command, which takes them as `options`, `selection` and `jobs`."""
    jobs = click.option(
        "--jobs",
        "-j",
        type=click.IntRange(min=1),
        metavar="NUMBER",
        help="How many stacks to judge at the same time; by default one more than there are cores, if there is memory for them.",
    )
    return stacks_options(jobs(command))


def stacks_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options for programs and their stacks to a command, which takes them as `options` and `selection`."""

    @click.option(
        "--stack",
        multiple=True,
        metavar="NAME",
        help="The program's stack, if it has several; `prod*` for all that fit. Repeatable.",
    )
    @click.option("--all-stacks", is_flag=True, help="All stacks that have a Pulumi.<stack>.yaml.")
    @_run_options
    @functools.wraps(command)
    def with_options(*args: Any, stack: tuple[str, ...], all_stacks: bool, **parameters: Any) -> None:
        from stackguard.gate.stacks import Selection

        if stack and all_stacks:
            raise click.UsageError(
                "`--all-stacks` selects every stack; leave out `--stack`, or give `--stack` a pattern"
            )
        command(*args, selection=Selection(stack, all_stacks), **parameters)

    return with_options


def _run_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options for how a program runs to a command, which takes them as `options`."""

    @click.option(
        "--config",
        "-c",
        multiple=True,
        metavar="KEY=VALUE",
        help="Set a config value of the program, such as aws:region=eu-west-1. Repeatable.",
    )
    @click.option(
        "--unknown",
        type=click.Choice(["keep", "resolve"]),
        default="resolve",
        show_default=True,
        help="Computed values of the program: keep them unknown, or resolve those that AWS forms from names, account and "
        "region.",
    )
    @click.option(
        "--mock",
        multiple=True,
        metavar="FILE",
        type=click.Path(path_type=Path),
        help="A file with values that only the cloud can give the program, such as the id of a VPC. Repeatable; the first "
        "file with a value wins.",
    )
    @timeout_option("Stop a program, a policy pack or standard input that takes longer.")
    @functools.wraps(command)
    def with_options(
        *args: Any,
        config: tuple[str, ...],
        unknown: str,
        mock: tuple[Path, ...],
        timeout: float,
        **parameters: Any,
    ) -> None:
        from stackguard.sources import RunOptions

        options = RunOptions(None, _configured(config), resolve=unknown == "resolve", timeout=timeout, mock=mock)
        command(*args, options=options, **parameters)

    return with_options


def option_source(ctx: click.Context, name: str) -> str:
    """Where the value of an option comes from: its name or its environment variable; empty for the default."""
    source = ctx.get_parameter_source(name)
    option = f"--{name.replace('_', '-')}"
    if source is click.core.ParameterSource.COMMANDLINE:
        return option
    return f"{ctx.auto_envvar_prefix}_{name.upper()}" if source is click.core.ParameterSource.ENVIRONMENT else ""


class Failure(click.ClickException):
    """The failure of a command: one line, after the output of the program."""

    exit_code = CANNOT_JUDGE
    lead = "cannot judge"

    def __init__(self, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.detail = detail

    def show(self, file: Any = None) -> None:
        """Print an excerpt of the detail, then the message on one line, both without control characters."""
        from stackguard.reports.formatting import excerpt_of, printable, printable_lines

        if self.detail:
            click.echo(printable_lines(excerpt_of(self.detail.rstrip("\n"))), file=file, err=True)

        message = printable(self.message)
        shown = message if len(message) <= LONGEST_MESSAGE else f"{message[:LONGEST_MESSAGE]}…"
        click.echo(f"{click.style(self.lead, fg='red', bold=True)}: {shown}", file=file, err=True)


def attempt(work: Callable[[], T], activity: str, failure: type[Failure] = Failure) -> T:
    """The result of `work`, with a progress indicator on a terminal.

    Raises:
        Failure: `work` failed; the class is `failure`.
    """
    from policypack.evaluation.settings import SettingsError
    from stackguard.errors import CannotJudge

    try:
        with _spinner(activity):
            return work()
    except SettingsError as error:
        raise failure(str(error)) from None
    except CannotJudge as error:
        raise failure(error.message, error.detail) from None


def write(text: str | Iterable[str], file: Path | None) -> None:
    """Write a text, or its parts, to a file, completely or not at all, or to standard output.

    Raises:
        Failure: it cannot be written.
    """
    from stackguard.errors import reason
    from stackguard.reports import destinations

    try:
        destinations.write(text, file)
    except OSError as error:
        raise Failure(f"`{file or 'standard output'}` cannot be written: {reason(error)}") from None


def frameworks(names: Sequence[str], cards: Sequence[Policy[Any]], *, closed: bool = True) -> tuple[Framework, ...]:
    """The frameworks of these names; the arguments are those of `policypack.frameworks.reading.load`.

    Raises:
        Failure: one does not exist, or does not fit.
    """
    from policypack.frameworks.model import FrameworkError
    from policypack.frameworks.reading import load

    try:
        return load(names, cards, closed=closed)
    except FrameworkError as error:
        raise Failure(str(error)) from None


def check_writable(*files: Path | None, option: str = "--output") -> None:
    """Check, before the work, that the files of an option can be written; None is standard output.

    Raises:
        Failure: one cannot be written.
    """
    from stackguard.errors import reason, shortened
    from stackguard.reports.destinations import writable

    for file in files:
        if file is None:
            continue
        try:
            writable(file, option)
        except OSError as error:  # without a number it is our own, for users
            text = f"`{shortened(str(file))}` cannot be written: {reason(error)}" if error.errno else str(error)
            raise Failure(text) from None


def check_kept(given: Iterable[Path], written: Iterable[Path | None]) -> None:
    """Check that no output replaces a file that is read.

    Args:
        given: the files that are read, beside those with fixed names.
        written: the outputs; None is standard output.

    Raises:
        Failure: one does.
    """
    from policypack.evaluation import settings, waiver_file
    from policypack.evaluation.settings.files import PYPROJECT
    from stackguard.gate import baseline

    names = {settings.DEFAULT_FILE, PYPROJECT, waiver_file.DEFAULT_FILE, baseline.DEFAULT_FILE}
    read = {os.path.realpath(file) for file in given}
    for file in filter(None, written):
        if file.name in names or (file.is_file() and os.path.realpath(file) in read):
            raise Failure(f"`{file}` is read by this command, and the output would replace it; give it another name")


def _configured(pairs: tuple[str, ...]) -> dict[str, str]:
    from stackguard.reports.formatting import printable

    values = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not key or not equals:
            raise click.UsageError("`--config` takes KEY=VALUE, such as `--config aws:region=eu-west-1`")
        if key != printable(key):
            raise click.UsageError(f"`--config` takes no key with control characters: `{printable(key)}`")
        try:
            value.encode()
        except UnicodeEncodeError:
            raise click.UsageError(f"`--config`: the value of `{key}` is not UTF-8") from None
        values[key] = value
    return values


@contextmanager
def _spinner(activity: str) -> Iterator[None]:
    console = live_console()
    if console is None:
        yield
        return
    from rich.text import Text

    with console.status(Text(activity)):
        yield


def live_console() -> Console | None:
    """The console of standard error for lines that change in place; None if it is no terminal, or too narrow for them."""
    if not sys.stderr.isatty():
        return None
    from rich.console import Console

    context = click.get_current_context(silent=True)
    plain = context is not None and context.params.get("color") == "never"
    console = Console(stderr=True, no_color=True if plain else None)  # None asks the environment
    return console if console.width >= NARROW else None


def card(policy_id: str, policies: Sequence[Policy[Any]]) -> Policy[Any]:
    """The card of a policy.

    Raises:
        Failure: there is no policy with this id; the message names similar ones.
    """
    from stackguard.gate.request import suggestion

    for policy in policies:
        if policy.id == policy_id:
            return policy
    raise Failure(f"there is no policy `{policy_id}`; {suggestion(policy_id, policies)}")
