"""Serves the engine to a started program until it ends, and says what came of it."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("GRPC_VERBOSITY", "ERROR")  # read at import: a program that hangs up first is no news

import grpc
import grpc.aio

from stackguard.errors import CannotJudge
from stackguard.preview import Preview, protos
from stackguard.preview.callbacks import OPTIONS
from stackguard.preview.monitor import Engine, Monitor
from stackguard.preview.process import EXIT_NO_PULUMI, Program
from stackguard.preview.project import Project
from stackguard.preview.registry import Registry


def preview(
    program: Program, project: Project, *, resolve: bool, timeout: float, meanwhile: Callable[[], None]
) -> Preview:
    """Run a started program to its end, and do `meanwhile` in a thread beside it.

    Raises:
        CannotJudge: it failed, or did not end within `timeout` seconds.

    """
    return asyncio.run(_preview(program, project, resolve=resolve, timeout=timeout, meanwhile=meanwhile))


async def _preview(
    program: Program,
    project: Project,
    *,
    resolve: bool,
    timeout: float,  # noqa: ASYNC109
    meanwhile: Callable[[], None],
) -> Preview:
    registry = Registry(project)
    monitor = Monitor(registry, fill_computed=resolve)
    engine = Engine(registry, program.note)
    server = grpc.aio.server(options=OPTIONS)
    protos.resource_pb2_grpc.add_ResourceMonitorServicer_to_server(monitor, server)
    protos.engine_pb2_grpc.add_EngineServicer_to_server(engine, server)
    # A socket file that only this user can reach; a port would be open to everyone on the machine.
    with tempfile.TemporaryDirectory(prefix="stackguard-") as folder:
        address = f"unix:{Path(folder, 'engine')}"
        server.add_insecure_port(address)
        await server.start()
        try:
            for note in project.notes:
                program.note(f"note: {note}")
            program.go(address, project)
            beside = asyncio.get_running_loop().run_in_executor(None, meanwhile)
            code, _ = await asyncio.wait_for(asyncio.gather(_ended(program), beside), timeout)
        except TimeoutError:
            raise CannotJudge(
                f"the program in `{project.root}` did not end within {timeout:g} s and was stopped; see --timeout",
                program.printed(),
            ) from None
        finally:
            program.kill()  # whatever it left running holds the output open
            await monitor.callbacks.close()
            await server.stop(None)
    if monitor.crash:
        raise monitor.crash
    if code == EXIT_NO_PULUMI:
        raise CannotJudge(f"`pulumi` is not installed for `{project.interpreter}`, which runs `{project.root}`")
    if code:
        reported = "\n".join(monitor.refusals or engine.errors)
        raise _failure(code, reported, program.printed(), project)
    if not registry.finished:
        raise CannotJudge(f"the program in `{project.root}` ended half-way, without an error", program.printed())
    return Preview(
        project=project.name,
        stack=project.stack,
        organization=project.organization,
        config=project.config,
        secret_config=project.secret,
        resources=registry.in_order(),
        outputs=registry.outputs,
        printed=program.printed(),
    )


async def _ended(program: Program) -> int:
    return await asyncio.get_running_loop().run_in_executor(None, program.process.wait)


def _failure(code: int, reported: str, printed: str, project: Project) -> CannotJudge:
    """What to say of a program that failed: one line of its own in the message, all of it in the detail."""
    detail = reported or printed
    lines = [line for line in detail.splitlines() if line.strip()]
    frames = [number for number, line in enumerate(lines) if line.startswith("  File ")]
    if frames:  # the first line of the exception; its text may have more
        last = next((line for line in lines[frames[-1] :] if not line.startswith(" ")), lines[0])
    else:
        last = next(iter(lines if reported else lines[::-1]), "").strip()
    how = "failed" if reported else f"was killed by signal {-code}" if code < 0 else f"failed with exit code {code}"
    hint = ""
    if project.encrypted:
        keys = ", ".join(f"`{key}`" for key in sorted(project.encrypted))
        hint = f" (encrypted configuration cannot be read here; give the values of {keys} with --config)"
    return CannotJudge(f"the program in `{project.root}` {how}{last and f': {last}'}{hint}", detail)
