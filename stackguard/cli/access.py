"""The commands of `stackguard access`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from io import BufferedReader
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from stackguard.cli.common import (
    Failure,
    attempt,
    central_option,
    format_option,
    option_source,
    program_options,
    stacks_options,
)
from stackguard.cli.streams import unread

if TYPE_CHECKING:
    from stackguard.gate.stacks import Selection
    from stackguard.sources import RunOptions

DEFAULT_TYPE = "aws:s3/bucketPolicy:BucketPolicy"

EXIT_CODES = """\b
Exit codes:
  0    nothing is public; nothing is newly allowed
  1    public, newly allowed, or undecided
  2    could not judge: the input is malformed, or a program failed
       (with --jsonl, the answer to such a line is `invalid`, and the exit
       code is 0)
"""

UNUSED_CODES = """\b
Exit codes:
  0    no permission is missing or unused
  1    a permission is missing, unused, or undecided
  2    could not judge: the stack or the code cannot be read
"""

PATHS_CODES = """\b
Exit codes:
  0    the paths are printed, also if there are none
  1    there is a path, and --fail-on-path is given
  2    could not judge: a source or one of its stacks cannot be read, or
       nothing has such a name or tag
"""

jsonl_option = click.option(
    "--jsonl", is_flag=True, help="Read questions as JSON lines, and answer each with a JSON line."
)


@click.group(short_help="Find public access, new access, unused permissions, and paths.")
def access() -> None:
    """Find out who can access what, offline, with an example request for each answer.

    \b
    Examples:
      stackguard access public stack            find what outsiders can access
      stackguard access diff state.json stack   find what the program newly allows
      stackguard access unused stack            find missing and unused permissions
      stackguard access paths exports --to data find ways from outside to `data`

    Of the settings, only `accountId` counts, since nothing is judged by policy: a program gets the account that it has
    in `stackguard check`, with the same `--central`.
    """  # noqa: D301 (click reads the character \\b)


@access.command(short_help="Find what outsiders can access.", epilog=EXIT_CODES)
@click.argument("targets", nargs=-1, metavar="[TARGET]...")
@jsonl_option
@click.option(
    "--type",
    "type_token",
    metavar="TOKEN",
    help="The resource type of the policy document in TARGET: a Pulumi type token, or `identity`."
    f"  [default: {DEFAULT_TYPE}]",
)
@click.option("--all", "everything", is_flag=True, help="For a stack, also list the resources that are not public.")
@format_option("text", "json")
@central_option
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
    central: Path | None,
    options: RunOptions,
) -> None:
    """List the resources in TARGET that anyone outside can access, each with an example request.

    TARGET is the folder of a Pulumi program, the output of `pulumi stack export` or of `pulumi preview --json
    --show-sames`, a single policy document, or - for standard input, which is the default.

    With --jsonl, each input line is `{"id", "type", "document"}`, and each output line is `{"id", "verdict", "witness",
    "why"}`. The verdict is public, not-public, undecided or invalid.

    \b
    Examples:
      stackguard access public stack
      stackguard access public state.json --all --format json
      stackguard access public bucket-policy.json
      stackguard access public --type aws:sqs/queuePolicy:QueuePolicy queue.json
      stackguard access public --jsonl < questions.jsonl > answers.jsonl
    """  # noqa: D301 (click reads the character \\b)
    from stackguard.access import lines
    from stackguard.access import public as stacks
    from stackguard.access.target import check_central, read
    from stackguard.reports.destinations import screen, write

    attempt(partial(check_central, central, () if jsonl or type_token is not None else targets), "reading the settings")
    if jsonl:
        _answer_lines(targets, lines.asked_public, _limit(ctx, options))
        return
    codes = []
    for target in targets or ("-",):
        reading = partial(read, target, options, central)
        loaded = _text(target, options.timeout) if type_token is not None else attempt(reading, f"reading {target}")
        if isinstance(loaded, str):
            try:
                answer = lines.asked_public({"type": type_token or DEFAULT_TYPE, "document": loaded})
            except lines.LineError as error:
                raise click.BadParameter(str(error), param_hint="--type") from None
            codes.append(_print(answer, target if len(targets) > 1 else None, format_, target))
            continue
        report = attempt(partial(stacks.judge, loaded), f"judging {target}")
        if format_ == "text":
            write(stacks.text(report, screen(None), everything=everything), None)
        else:
            write(stacks.json(report, everything=everything), None)
        codes.append(report.exit_code)
    ctx.exit(max(codes))


@access.command(short_help="Find what a change newly allows.", epilog=EXIT_CODES)
@click.argument("targets", nargs=-1, metavar="OLD NEW")
@jsonl_option
@format_option("text", "json")
@central_option
@program_options
@click.pass_context
def diff(
    ctx: click.Context,
    *,
    targets: tuple[str, ...],
    jsonl: bool,
    format_: str,
    central: Path | None,
    options: RunOptions,
) -> None:
    """List the classes of requests that NEW allows and OLD does not, each with an example request.

    OLD and NEW are two stacks or two policy documents. A stack is the folder of a Pulumi program, or the output of
    `pulumi stack export` or `pulumi preview --json --show-sames`; - is standard input. The options are for programs. If
    a program is compared with a state, names that Pulumi generates are taken from the state.

    Grants that are no documents count too, and so do settings that no longer close a resource. An access block or
    ownership controls that go or weaken are new access if they closed a public document or ACL of the stack, or if
    another account that writes objects then owns them. They are undecided if they closed what the stack does not show:
    a bucket outside of it, the rest of an account, or the ACLs of objects where ACLs are enabled. A switch that another
    one makes needless may go. What is undecided counts for the exit code, as new access does.

    A resource with another logical name, in a component or under an alias is the same resource.

    A denial that goes is new access for the identities of the two stacks that it stopped. Credentials of a user who is
    there already, such as an access key, are none: `iam-user-credentials` reports them.

    Who reaches what over a network is not compared: rules of security groups and network ACLs, peering and routes.
    What `ec2-open-ingress` reports of a rule is new in `stackguard check --base`.

    With --jsonl, each input line is `{"id", "old", "new"}`, and each output line is `{"id", "verdict", "witness",
    "why"}`. The verdict is new-access, no-new-access, undecided or invalid.

    \b
    Examples:
      stackguard access diff main.json branch.json
      pulumi stack export | stackguard access diff - stack
      stackguard access diff --jsonl < questions.jsonl > answers.jsonl
    """  # noqa: D301 (click reads the character \\b)
    from stackguard.access import diff as stacks
    from stackguard.access import lines
    from stackguard.access.target import check_central, read
    from stackguard.reports.destinations import screen, write

    attempt(partial(check_central, central, () if jsonl else targets), "reading the settings")
    if jsonl:
        _answer_lines(targets, lines.asked_diff, _limit(ctx, options))
        return
    if len(targets) != 2:
        raise click.UsageError("give two targets: OLD NEW; at most one of them is standard input")
    if targets == ("-", "-"):
        raise Failure("at most one of them is standard input; give a file for the other")
    of_state = replace(options, stack=None)  # only a program can have several stacks
    old, new = (
        attempt(partial(read, target, options if Path(target).is_dir() else of_state, central), f"reading {target}")
        for target in targets
    )
    if isinstance(old, str) and isinstance(new, str):
        answer = lines.asked_diff({"old": old, "new": new})
        ctx.exit(_print(answer, None, format_, targets[1] if lines.is_refused(new, old) else targets[0]))
    if isinstance(old, str) or isinstance(new, str):
        raise Failure("one target is a policy document and the other a stack; give two documents or two stacks")
    report = attempt(lambda: stacks.compare(new, old), "comparing")
    write(stacks.text(report, screen(None)) if format_ == "text" else stacks.json(report), None)
    ctx.exit(report.exit_code)


@access.command(short_help="Compare what functions call with what their roles allow.", epilog=UNUSED_CODES)
@click.argument("target", metavar="STACK")
@click.option(
    "--code",
    metavar="DIR",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="The folder of the function's package; by default the package in the stack.",
)
@click.option("--function", "function_name", metavar="NAME", help="Only this function.")
@format_option("text", "json")
@central_option
@program_options
@click.pass_context
def unused(
    ctx: click.Context,
    *,
    target: str,
    code: Path | None,
    function_name: str | None,
    format_: str,
    central: Path | None,
    options: RunOptions,
) -> None:
    """List the AWS calls of the functions in STACK that their roles do not allow, and allowed actions that they never call.

    STACK is as for `stackguard check`: the folder of a program, a stack export, or - for standard input.

    \b
    Examples:
      stackguard access unused stack
      stackguard access unused stack --code lambda_fn
      stackguard access unused state.json --code lambda_fn --function normalise --format json
    """  # noqa: D301 (click reads the character \\b)
    from stackguard.access import unused as reports
    from stackguard.access.target import check_central
    from stackguard.reports.destinations import write

    attempt(partial(check_central, central, (target,)), "reading the settings")

    report = attempt(partial(reports.ask, target, options, code, function_name, central), f"reading {target}")
    exit_code = attempt(partial(reports.exit_code, report), "comparing")
    write(reports.render(report, format_), None)
    ctx.exit(exit_code)


@access.command(short_help="Find ways from outside to what matters.", epilog=PATHS_CODES)
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@click.option("--to", multiple=True, metavar="RESOURCE", help="The name, ARN or URN of a resource. Repeatable.")
@click.option(
    "--tag",
    "tags",
    multiple=True,
    metavar="KEY=VALUE",
    help="All resources with this tag; KEY alone is every value. Repeatable.",
)
@click.option(
    "--from",
    "start",
    metavar="PRINCIPAL",
    help="Begin at a role, user, function or state machine, by its name, ARN or URN.  [default: anyone outside]",
)
@click.option(
    "--most",
    type=click.IntRange(min=1),
    default=3,
    show_default=True,
    metavar="NUMBER",
    help="The number of paths to each resource, the shortest first.",
)
@click.option("--fail-on-path", is_flag=True, help="Exit with 1 if there is a path.")
@format_option("text", "json")
@stacks_options
@click.pass_context
def paths(
    ctx: click.Context,
    *,
    sources: tuple[str, ...],
    to: tuple[str, ...],
    tags: tuple[str, ...],
    start: str | None,
    most: int,
    fail_on_path: bool,
    format_: str,
    options: RunOptions,
    selection: Selection,
) -> None:
    """List the shortest ways on which someone outside comes to a resource, over all stacks and accounts of SOURCE.

    SOURCE is what `stackguard check` or `stackguard audit` takes: a folder of stack exports, a backend, s3://, an archive,
    pulumi:ORGANIZATION or @FILE. A way follows who may assume, invoke, pass, edit or read whom: each hop is on one line, with the statement or setting that allows it, its stack, and the line in the
    program. Between two accounts both sides must allow it; denials and boundaries count. A hop that a condition or an
    unknown value decides is printed with `possibly`.

    \b
    Examples:
      stackguard access paths exports --tag data=confidential
      stackguard access paths exports --to customers --from ci-deployer
      stackguard access paths s3://state weekly=states.tar.gz --tag data=confidential
      stackguard access paths state.json stack --to arn:aws:s3:::acme-results
      stackguard access paths exports --tag data --format json --fail-on-path
    """  # noqa: D301 (click reads the character \\b)
    from stackguard.access import path_stacks
    from stackguard.access import paths as ways
    from stackguard.reports.destinations import screen, write

    if not (to or tags):
        raise click.UsageError("give `--to RESOURCE` or `--tag KEY=VALUE`: what the ways lead to")
    asked = path_stacks.Asked(to, tags, start, most, fail_on_path)
    stacks = attempt(partial(path_stacks.read, sources, asked, options, selection), "reading the stacks")
    answer = attempt(partial(ways.find, stacks, asked), "searching")
    write(ways.text(answer, screen(None)) if format_ == "text" else ways.json(answer), None)
    ctx.exit(answer.exit_code)


def _limit(ctx: click.Context, options: RunOptions) -> tuple[float, bool]:
    """The seconds of `--timeout`, and whether they count for all of the input.

    By default they are for each line: a pipe may ask questions for days.
    """
    return options.timeout, bool(option_source(ctx, "timeout"))


def _answer_lines(files: tuple[str, ...], ask: Callable[[Any], Any], limit: tuple[float, bool]) -> None:
    from stackguard.access.lines import answers

    given = answers(_lines(files or ("-",), limit), ask)
    while (line := attempt(lambda: next(given, None), "reading the questions")) is not None:
        click.echo(line, nl=False)
        if unread():
            return


def _lines(files: tuple[str, ...], limit: tuple[float, bool]) -> Iterator[bytes]:
    from stackguard.access.lines import split

    for file in files:
        with _opened(file, *limit) as stream:
            yield from split(stream)


def _opened(file: str, timeout: float, whole: bool) -> IO[bytes]:  # noqa: FBT001 (of `_limit`)
    from policypack.core.reading.files import opened
    from stackguard.access.timed_input import TimedInput
    from stackguard.errors import reason

    if file == "-" and sys.stdin is None:
        raise Failure("standard input is closed; pipe the input into it, or give a file")
    try:
        stream = click.open_file(file, "rb") if file == "-" else opened(Path(file))
    except OSError as error:
        raise Failure(f"`{file}` cannot be read: {reason(error)}") from None
    name = "standard input" if file == "-" else f"`{file}`"
    return BufferedReader(TimedInput(stream, name, timeout, whole=whole))


def _text(file: str, timeout: float) -> str:
    from stackguard.access.lines import LONGEST

    def read() -> bytes:
        with _opened(file, timeout, whole=True) as stream:
            return stream.read(LONGEST + 1)

    data = attempt(read, f"reading {file}")
    if len(data) > LONGEST:
        raise Failure(f"`{file}` is larger than {LONGEST >> 20} MiB, and AWS refuses so long a document")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Failure(f"`{file}` is not UTF-8 text") from None


def _print(answer: Any, name: str | None, format_: str, file: str) -> int:
    """Print the answer about a document; returns the exit code.

    Args:
        answer: the answer.
        name: what tells it from other answers; None if it is the only one.
        format_: `text` or `json`.
        file: the document that an answer `invalid` is about.
    """
    from policypack.access.solver.verdict import Verdict
    from stackguard.access.lines import answer_json
    from stackguard.reports.formatting import printable

    if format_ == "json":
        click.echo(answer_json(name, answer))
    else:
        named = name or (file if answer.verdict is Verdict.INVALID and file != "-" else None)
        prefix = f"{named}: " if named else ""
        place = f" ({answer.path})" if answer.path else ""
        click.echo(printable(f"{prefix}{answer.verdict}: {answer.why}{place}"))
        if answer.witness:
            click.echo(printable(f"  for example, {answer.witness}"))
    if answer.verdict is Verdict.INVALID:
        return 2
    return 0 if answer.verdict in (Verdict.NOT_PUBLIC, Verdict.NO_NEW_ACCESS) else 1
