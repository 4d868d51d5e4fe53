"""Serves the engine to a started program until it ends, and returns its preview."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import threading
from collections.abc import Coroutine
from itertools import islice, takewhile
from traceback import format_tb
from typing import Any

if "GRPC_VERBOSITY" not in os.environ:
    # Read at import: that a program closes its connection first is expected. Programs do not inherit it.
    os.putenv("GRPC_VERBOSITY", "ERROR")

import grpc
import grpc.aio

from stackguard.errors import NO_THREADS, CannotJudge
from stackguard.notes import masked_notes
from stackguard.preview import Observer, Preview
from stackguard.preview.child.runner import EXIT_NO_PULUMI, EXIT_OLD_PULUMI, EXIT_REPORTED, OLDEST_PULUMI
from stackguard.preview.placeholders.mock import Mock
from stackguard.preview.placeholders.placeholders import Placeholders
from stackguard.preview.project.project import Project
from stackguard.preview.project.refused_argument import refused_argument
from stackguard.preview.provider.account import Accounts
from stackguard.preview.provider.autonaming import configured
from stackguard.preview.server import protos
from stackguard.preview.server.callbacks import OPTIONS
from stackguard.preview.server.engine import Engine
from stackguard.preview.server.invoke_results import Answers
from stackguard.preview.server.monitor import Monitor
from stackguard.preview.server.process import Program
from stackguard.preview.server.program_secrets import ProgramSecrets
from stackguard.preview.server.registry import Registry

LONGEST_ADDRESS = 105
"""Characters of a socket's path on all systems, with `unix:`: macOS takes 103 bytes, Linux 107."""
THREADS = 8
"""As many as gRPC starts at once on a machine of two cores; fewer take less of a limited address space."""
AUTOMATION = os.path.join(os.sep, "pulumi", "automation", "")  # noqa: PTH118 (a part of a path in a traceback)
ENDED = (
    " (something in it ends the process, such as `os._exit` or `os.exec*`; remove that, or run it after the program)"
)
SILENT = " (it calls `sys.exit` or the like; raise an error with a message instead)"
GROUP = "  + Exception Group Traceback"
MARGIN = "  | "
MEMBER = re.compile(r" +\| ((?!Traceback|Exception Group|During|The above)[\w.]+(?:: .*)?)")
"""The line that names an exception in a group."""
MEMBERS = 3
"""Exceptions of a group that a message names."""
INNER = "Error has risen: "
UNHANDLED = "Program failed with an unhandled exception:"
"""Precedes the reason in the last line of an error that the SDK wraps, once or more often."""


def preview(
    program: Program,
    project: Project,
    *,
    resolve: bool,
    timeout: float,
    observer: Observer,
    mock: Mock,
    account: str | None = None,
    may_write: threading.Event | None = None,
) -> Preview:
    """Run a started program to its end, followed by `observer`.

    Raises:
        CannotJudge: it failed, or did not end within `timeout` seconds.
    """
    secrets = ProgramSecrets.known(project, mock)
    registry = Registry(project, Accounts(project.config, mock, account), observer, configured(project))
    placeholders = Placeholders(project, mock, secrets.mask)
    answers = Answers(registry, placeholders, secrets, program.nonce)
    monitor = Monitor(registry, answers, fill_computed=resolve, may_write=may_write)
    try:
        return asyncio.run(_preview(program, monitor, timeout=timeout))
    except CannotJudge as error:
        secrets.gather(registry)
        message, detail = (
            registry.accounts.with_stand_in.text(placeholders.labelled(secrets.mask.hide(text)))
            for text in (error.message, error.detail)
        )
        raise CannotJudge(message, detail) from None


def _require_threads() -> None:
    """Check that gRPC can start its threads: it aborts this process if it cannot.

    Raises:
        CannotJudge: a limit of this process is too low.
    """
    over = threading.Event()
    started: list[threading.Thread] = []
    try:
        for _ in range(THREADS):
            thread = threading.Thread(target=over.wait, daemon=True)
            thread.start()
            started.append(thread)
    except RuntimeError:
        raise CannotJudge(NO_THREADS) from None
    finally:
        over.set()
        for thread in started:
            thread.join()


async def _stop(server: grpc.aio.Server) -> None:
    """Stop a server; where the task is cancelled meanwhile, gRPC may raise an error of its own."""
    try:
        await server.stop(None)
    except asyncio.InvalidStateError:
        task = asyncio.current_task()
        if task is None or not task.cancelling():
            raise
        raise asyncio.CancelledError from None


async def _preview(program: Program, monitor: Monitor, *, timeout: float) -> Preview:  # noqa: ASYNC109
    registry, placeholders, secrets = monitor.registry, monitor.placeholders, monitor.answers.secrets
    project, observer = registry.project, registry.observer
    engine = Engine(registry, program.output.note)
    _require_threads()
    server = grpc.aio.server(options=OPTIONS)
    protos.resource_pb2_grpc.add_ResourceMonitorServicer_to_server(monitor, server)
    protos.engine_pb2_grpc.add_EngineServicer_to_server(engine, server)
    # A socket file; a port would be open to everyone on the machine.
    address = f"unix:{program.folder / 'engine'}"
    try:
        server.add_insecure_port(address)
    except RuntimeError:
        reason = "its path is too long" if len(address) > LONGEST_ADDRESS else "it takes no socket"
        raise CannotJudge(
            f"the temporary folder `{program.folder.parent}` cannot be used: {reason}; set TMPDIR"
        ) from None
    try:
        await server.start()
        for note in project.notes:
            program.output.note(f"note: {note}")
        program.go(address, project, asks_to_write=monitor.may_write is not None)
        follower = asyncio.create_task(observer.follow(project))
        try:
            async with asyncio.timeout(timeout):
                code = await _before(follower, asyncio.to_thread(program.process.wait))
                secrets.gather(registry)
                _check(code, monitor, engine, program, project)
                resources = registry.final_resources()
                observer.ended(resources)
                await follower
        finally:
            follower.cancel()
            await asyncio.gather(follower, return_exceptions=True)
    except TimeoutError:
        if not follower.cancelled():
            follower.result()  # raises its own timeout
        raise CannotJudge(
            f"the program in `{project.root}` did not end within {timeout:g} s and was stopped; see --timeout",
            program.output.masked(secrets.mask),
        ) from None
    finally:
        program.kill()  # a process that it left running keeps the output open
        await monitor.callbacks.close()
        await _stop(server)
    secrets.gather(registry)
    accounts = registry.accounts.final
    return Preview(
        project=project.name,
        stack=project.stack,
        organization=project.organization,
        config=project.config,
        secret_config=project.secret,
        resources=resources,
        outputs=registry.outputs,
        printed=accounts.text(placeholders.labelled(program.output.masked(secrets.mask))),
        notes=masked_notes(placeholders.notes(), secrets.mask.hide),
        mask=secrets.mask,
        unseen=tuple(accounts.value(unseen) for unseen in placeholders.unseen.in_order()),
        made_up=accounts.value(frozenset(registry.made_up)),
        stand_in=registry.accounts.stand_in,
    )


async def _before(follower: asyncio.Task[None], work: Coroutine[Any, Any, int]) -> int:
    """The result of `work`; an exception of the follower is raised at once."""
    task = asyncio.create_task(work)
    await asyncio.wait({task, follower}, return_when=asyncio.FIRST_COMPLETED)
    if follower.done():
        follower.result()
    return await task


def _check(code: int, monitor: Monitor, engine: Engine, program: Program, project: Project) -> None:
    """Raise unless the program ended well.

    Raises:
        CannotJudge: it failed, or did not run to its end.
    """
    mask = monitor.answers.secrets.mask
    if isinstance(monitor.crash, CannotJudge):
        raise monitor.crash
    if monitor.crash:  # without the error's message, which may quote a secret
        frames = "".join(format_tb(monitor.crash.__traceback__))
        raise CannotJudge(
            f"the preview itself failed ({type(monitor.crash).__name__}); report it with the lines above", frames
        )
    if monitor.placeholders.needed:
        raise CannotJudge(monitor.placeholders.needed.message, monitor.placeholders.needed.detail)
    if code == EXIT_NO_PULUMI:
        raise CannotJudge(f"`pulumi` is not installed for `{project.interpreter}`, which runs `{project.root}`")
    if code == EXIT_OLD_PULUMI:
        raise CannotJudge(
            f"the `pulumi` of `{project.interpreter}` is too old to preview `{project.root}`: {'.'.join(map(str, OLDEST_PULUMI))} or newer"
            " can be previewed"
        )
    if code:
        reported = "\n".join(monitor.refusals or engine.errors)
        raise _failure(code, reported, program.output.masked(mask), project)
    if not monitor.registry.finished or not monitor.answers.confirmed:
        why = f"the program in `{project.root}` ended half-way, without an error{ENDED}"
        raise CannotJudge(why, program.output.masked(mask))


def _failure(code: int, reported: str, printed: str, project: Project) -> CannotJudge:
    """The error for a program that failed: one line of its output in the message, all of it in the detail."""
    detail = reported or printed
    grouped = _of_group(detail)
    lines = grouped or [line for line in detail.splitlines() if line.strip()]
    frames = [number for number, line in enumerate(lines) if line.startswith("  File ")]
    if frames:  # the first line of the exception, whose text may have more
        last = next((line for line in lines[frames[-1] :] if not line.startswith(" ")), lines[0])
        if INNER in lines[-1]:  # the SDK reports the place first, and the reason last
            last = f"{last}: {lines[-1].partition(INNER)[2]}"
    else:
        if reported and lines[0] == UNHANDLED:  # the SDK reports an exception without frames below it
            lines = lines[1:]
        last = next(iter(lines if reported else lines[::-1]), "").strip()
    silent = not last and code > 0
    last = last or ("it has printed nothing that arrived here" if silent else "")
    if detail.strip().removeprefix(UNHANDLED).strip() == last:
        detail = ""  # the message has all of it
    last = refused_argument(detail, project) or last
    by_code = f"was killed by signal {-code}" if code < 0 else f"failed with exit code {code}"
    how = "failed" if reported or code == EXIT_REPORTED else by_code
    hint = SILENT if silent else _hint(code, f"{detail}\n{last}", project)
    return CannotJudge(f"the program in `{project.root}` {how}{last and f': {last}'}{hint}", detail)


def _of_group(detail: str) -> list[str]:
    """The lines of the exception group that a traceback ends with, without their margin and without its members' frames.

    Source: `TracebackException.format` of https://docs.python.org/3/library/traceback.html.
    """
    lines = detail.splitlines()
    start = max((number for number, line in enumerate(lines) if line.startswith(GROUP)), default=None)
    own = [] if start is None else list(takewhile(lambda line: line.startswith(MARGIN), lines[start + 1 :]))
    if start is None or not own:
        return []
    members = (match[1] for line in lines[start + 1 + len(own) :] if (match := MEMBER.fullmatch(line)))
    *frames, last = (line.removeprefix(MARGIN) for line in own)
    return [*frames, "; ".join([last, *islice(members, MEMBERS)])]


def _hint(code: int, detail: str, project: Project) -> str:
    """A likely reason, if there is one."""
    if AUTOMATION in detail:
        return " (it drives Pulumi's CLI through the Automation API; check the folder of the program that it runs)"
    if "ModuleNotFoundError: " in detail and project.virtualenv is None:
        return f" (it ran with `{project.interpreter}`; activate its own environment, or name one as `virtualenv` in Pulumi.yaml)"
    if code == -signal.SIGKILL:
        return " (the machine may be out of memory)"
    if any(key in detail for key in project.encrypted) or (project.encrypted and "NoneType" in detail):
        keys = ", ".join(f"`{key}`" for key in sorted(project.encrypted))
        return f" (encrypted configuration cannot be read here; give the values of {keys} with --config)"
    return ""
