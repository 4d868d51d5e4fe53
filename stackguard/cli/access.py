"""The commands of `stackguard access`: options in, exit code out."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stackguard.cli.common import judged, program_options

if TYPE_CHECKING:
    from stackguard.sources import HowToRun

DEFAULT_TYPE = "aws:s3/bucketPolicy:BucketPolicy"

EXIT_CODES = """\b
Exit codes:
  0    nobody is let in; nothing is newly allowed
  1    public, or new access, or undecided
  2    could not judge: the input is malformed, a program failed
       (with --jsonl such a line is `invalid`, and the exit code is 0)
"""

UNUSED_CODES = """\b
Exit codes:
  0    nothing is missing, nothing is over
  1    something is missing, over, or undecided
  2    could not judge: the stack or the code cannot be read
"""


format_option = click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How to tell of a stack.",
)


@click.group(short_help="Who can do what, with an example of a request.")
def access() -> None:
    """Exact answers about access, offline: who is let in, and what a change newly allows."""


@access.command(short_help="Who is let in from outside.", epilog=EXIT_CODES)
@click.argument("targets", nargs=-1, metavar="[TARGET]...")
@click.option("--jsonl", is_flag=True, help="A question a line, an answer a line.")
@click.option(
    "--type",
    "type_token",
    metavar="TOKEN",
    help=f"What carries the document in TARGET: a Pulumi type token, or `identity`.  [default: {DEFAULT_TYPE}]",
)
@click.option("--all", "everything", is_flag=True, help="Of a stack, tell what is not public too.")
@format_option
@program_options
@click.pass_context
def public(
    ctx: click.Context,
    *,
    targets: tuple[str, ...],
    jsonl: bool,
    type_token: str | None,
    everything: bool,
    format_: str,
    how: HowToRun,
) -> None:
    """Say which things of TARGET let in anyone from outside, with an example of a request.

    TARGET is a Pulumi program's folder, what `pulumi stack export` or `pulumi preview --json --show-sames` wrote, or a
    single policy document; - is standard input, and the default.

    With --jsonl each line is `{"id", "type", "document"}` and its answer `{"id", "verdict", "witness", "why"}`; the
    verdict is public, not-public, undecided or invalid.

    \b
    Examples:
      stackguard access public stack
      stackguard access public state.json --all --format json
      stackguard access public bucket-policy.json
      stackguard access public --type aws:sqs/queuePolicy:QueuePolicy queue.json
      stackguard access public --jsonl < questions.jsonl > answers.jsonl
    """  # noqa: D301 (click reads the character \\b)
    from stackguard.access import lines

    if jsonl:
        _batch(targets, lines.asked_public)
        return
    name = (lambda each: each) if len(targets) > 1 else (lambda _: "")
    ctx.exit(max(_told(each, name(each), how, type_token, format_, everything) for each in targets or ("-",)))


def _told(target: str, name: str, how: HowToRun, type_token: str | None, format_: str, everything: bool) -> int:  # noqa: FBT001
    """Tell of one target: a document, or a stack; returns the exit code."""
    from stackguard.access import lines
    from stackguard.access.target import read

    found = _text(target) if type_token is not None else judged(lambda: read(target, how), f"reading {target}")
    if isinstance(found, str):
        answer = lines.asked_public({"type": type_token or DEFAULT_TYPE, "document": found})
        if format_ == "text":
            return _print(answer, name)
        click.echo(lines.ENCODER.encode(lines.told(name or None, answer)))
        return _exit_code(answer)
    from stackguard.access import public as stacks
    from stackguard.reports.destinations import screen, write

    verdicts = judged(lambda: stacks.judge(found), f"judging {target}")
    if format_ == "text":
        write(stacks.text(verdicts, screen(None), everything=everything), None)
    else:
        write(stacks.json(verdicts, everything=everything), None)
    return verdicts.exit_code


@access.command(short_help="What a change newly allows.", epilog=EXIT_CODES)
@click.argument("targets", nargs=-1, metavar="OLD NEW")
@click.option("--jsonl", is_flag=True, help="A question a line, an answer a line.")
@format_option
@program_options
@click.pass_context
def diff(
    ctx: click.Context,
    *,
    targets: tuple[str, ...],
    jsonl: bool,
    format_: str,
    how: HowToRun,
) -> None:
    """Say what NEW allows that OLD does not: each newly allowed class of request, with an example.

    OLD and NEW are two stacks or two policy documents. A stack is a Pulumi program's folder, or what `pulumi stack
    export` or `pulumi preview --json --show-sames` wrote; the options are for programs. Names that Pulumi makes up in a
    program are taken from the state that it is compared with.

    With --jsonl each line is `{"id", "old", "new"}` and its answer `{"id", "verdict", "witness", "why"}`; the verdict
    is new-access, no-new-access, undecided or invalid.

    \b
    Examples:
      stackguard access diff main.json branch.json
      pulumi stack export | stackguard access diff - stack
      stackguard access diff --jsonl < questions.jsonl > answers.jsonl
    """  # noqa: D301 (click reads the character \\b)
    from stackguard.access import lines

    if jsonl:
        _batch(targets, lines.asked_diff)
        return
    if len(targets) != 2 or targets == ("-", "-"):
        raise click.UsageError("give two targets: OLD NEW; at most one of them is standard input")
    from stackguard.access.target import read

    old, new = (judged(partial(read, each, _for(each, how)), f"reading {each}") for each in targets)
    if isinstance(old, str) and isinstance(new, str):
        answer = lines.asked_diff({"old": old, "new": new})
        if format_ == "json":
            click.echo(lines.ENCODER.encode(lines.told(None, answer)))
        ctx.exit(_print(answer, "") if format_ == "text" else _exit_code(answer))
    if isinstance(old, str) or isinstance(new, str):
        raise click.UsageError("one of the two is a policy document and the other a stack; give two of a kind")
    from stackguard.access import diff as stacks
    from stackguard.reports.destinations import screen, write

    change = judged(lambda: stacks.compare(new, old), "comparing")
    write(stacks.text(change, screen(None)) if format_ == "text" else stacks.json(change), None)
    ctx.exit(change.exit_code)


def _for(target: str, how: HowToRun) -> HowToRun:
    """How to run a target: the stack's name is for a program alone."""
    return how if Path(target).is_dir() else replace(how, stack=None)


@access.command(short_help="What a function's code needs, against what its role allows.", epilog=UNUSED_CODES)
@click.argument("target", metavar="STACK")
@click.option(
    "--code",
    metavar="DIR",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="The function's package; by default what the stack packages.",
)
@click.option("--function", "function_name", metavar="NAME", help="One function, where the stack has several.")
@format_option
@program_options
@click.pass_context
def unused(
    ctx: click.Context,
    *,
    target: str,
    code: Path | None,
    function_name: str | None,
    format_: str,
    how: HowToRun,
) -> None:
    """Say what the functions in STACK call that their roles do not allow, and what the roles allow that is never called.

    STACK is what `stackguard check` takes: a program's folder, a stack export, or - for standard input.

    \b
    Examples:
      stackguard access unused stack
      stackguard access unused stack --code lambda_fn
      stackguard access unused state.json --code lambda_fn --function normalise --format json
    """  # noqa: D301 (click reads the character \\b)
    from stackguard.access import unused as told

    answers = judged(partial(told.ask, target, how, code, function_name), f"reading {target}")
    exit_code = judged(partial(told.exit_code, answers), "comparing")
    click.echo(told.render(answers, format_))
    ctx.exit(exit_code)


def _batch(files: tuple[str, ...], ask: Callable[[Any], Any]) -> None:
    from stackguard.access import lines

    out = sys.stdout.buffer
    try:
        for answer in lines.answers(_lines(files or ("-",)), ask):
            out.write(answer)
        out.flush()
    except BrokenPipeError:
        import os

        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _lines(files: tuple[str, ...]) -> Iterator[bytes]:
    for each in files:
        if each == "-":
            yield from sys.stdin.buffer
        else:
            with _opened(each) as stream:
                yield from stream


def _opened(file: str) -> Any:
    from stackguard.errors import reason

    try:
        return Path(file).open("rb")
    except OSError as error:
        raise click.UsageError(f"`{file}` cannot be read: {reason(error)}") from None


def _text(file: str) -> str:
    if file == "-":
        data = sys.stdin.buffer.read()
    else:
        with _opened(file) as stream:
            data = stream.read()
    try:
        return str(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise click.UsageError(f"`{file}` is not UTF-8 text") from None


def _print(answer: Any, name: str = "") -> int:
    prefix = f"{name}: " if name else ""
    click.echo(f"{prefix}{answer.verdict}: {answer.why}" + (f" ({answer.path})" if answer.path else ""))
    if answer.witness:
        click.echo(f"  for example, {answer.witness}")
    return _exit_code(answer)


def _exit_code(answer: Any) -> int:
    from policypack.access.solver.verdict import Verdict

    if answer.verdict is Verdict.INVALID:
        return 2
    return 0 if answer.verdict in (Verdict.NOT_PUBLIC, Verdict.NO_NEW_ACCESS) else 1
