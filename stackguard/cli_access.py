"""The commands of `stackguard access`: options in, exit code out."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

EXIT_CODES = """\b
Exit codes:
  0    nobody is let in; nothing is newly allowed
  1    public, or new access, or undecided
  2    could not judge: the input is malformed, a program failed
       (with --jsonl such a line is `invalid`, and the exit code is 0)
"""


@click.group(short_help="Who can do what, with an example of a request.")
def access() -> None:
    """Exact answers about access, offline: who is let in, and what a change newly allows."""


@access.command(short_help="Who is let in from outside.", epilog=EXIT_CODES)
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option("--jsonl", is_flag=True, help="A question a line, an answer a line.")
@click.option(
    "--type",
    "type_token",
    default="aws:s3/bucketPolicy:BucketPolicy",
    show_default=True,
    metavar="TOKEN",
    help="What carries the document in FILE: a Pulumi type token, or `identity`.",
)
@click.pass_context
def public(ctx: click.Context, *, files: tuple[str, ...], jsonl: bool, type_token: str) -> None:
    """Say whether the policy document in FILE, or on standard input, lets in anyone from outside.

    With --jsonl each line is `{"id", "type", "document"}` and its answer `{"id", "verdict", "witness", "why"}`; the
    verdict is public, not-public, undecided or invalid.

    \b
    Examples:
      stackguard access public bucket-policy.json
      stackguard access public --type aws:sqs/queuePolicy:QueuePolicy queue.json
      stackguard access public --jsonl < questions.jsonl > answers.jsonl
    """  # noqa: D301 (click reads the character \\b)
    from stackguard.access import lines

    if jsonl:
        _batch(files, lines.asked_public)
        return
    ctx.exit(_each(files or ("-",), lambda text: lines.asked_public({"type": type_token, "document": text})))


@access.command(short_help="What a change newly allows.", epilog=EXIT_CODES)
@click.argument("files", nargs=-1, metavar="OLD NEW")
@click.option("--jsonl", is_flag=True, help="A question a line, an answer a line.")
@click.pass_context
def diff(ctx: click.Context, *, files: tuple[str, ...], jsonl: bool) -> None:
    """Say what the policy document NEW allows that OLD does not.

    With --jsonl each line is `{"id", "old", "new"}` and its answer `{"id", "verdict", "witness", "why"}`; the verdict
    is new-access, no-new-access, undecided or invalid.

    \b
    Examples:
      stackguard access diff main.json branch.json
      stackguard access diff --jsonl < questions.jsonl > answers.jsonl
    """  # noqa: D301 (click reads the character \\b)
    from stackguard.access import lines

    if jsonl:
        _batch(files, lines.asked_diff)
        return
    if len(files) != 2:
        raise click.UsageError("give two files: OLD NEW")
    old, new = map(_text, files)
    answer = lines.asked_diff({"old": old, "new": new})
    ctx.exit(_print(answer))


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
    try:
        return Path(file).open("rb")
    except OSError as error:
        raise click.UsageError(f"`{file}` cannot be read: {(error.strerror or 'no reason given').lower()}") from None


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


def _each(files: tuple[str, ...], ask: Callable[[str], Any]) -> int:
    return max(_print(ask(_text(each)), each if len(files) > 1 else "") for each in files)


def _print(answer: Any, name: str = "") -> int:
    from policypack.access.verdict import Verdict

    prefix = f"{name}: " if name else ""
    click.echo(f"{prefix}{answer.verdict}: {answer.why}" + (f" ({answer.path})" if answer.path else ""))
    if answer.witness:
        click.echo(f"  for example, {answer.witness}")
    if answer.verdict is Verdict.INVALID:
        return 2
    return 0 if answer.verdict in (Verdict.NOT_PUBLIC, Verdict.NO_NEW_ACCESS) else 1
