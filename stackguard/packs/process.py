"""The process of a policy pack: its environment, the port that it prints, its output, and its end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from policypack.evaluation.redaction import Mask
from stackguard.errors import CannotJudge
from stackguard.packs._pack import EXIT_NO_PULUMI
from stackguard.packs.folder import PackFolder
from stackguard.preview.server.output import ProgramOutput
from stackguard.preview.server.process import (
    Supervisor,
    activated,
    not_started,
    require_descriptors,
    stopping,
    without_credentials,
)

if TYPE_CHECKING:
    from stackguard.preview.project.project import Project

RUNNER = Path(__file__).with_name("_pack.py")
BLOCK = 64 * 1024
HUNG_UP = "hung up"
"""The state of a pack that does not answer although its process still runs."""
PORTS = range(1, 1 << 16)


class RunningPack(Supervisor, Protocol):
    """A pack's supervisor."""

    async def wait(self) -> int:
        """Wait for its exit code, which is negative for a signal."""


spawn: Callable[..., Awaitable[RunningPack]] = asyncio.create_subprocess_exec
"""Starts the pack's interpreter; the tests fork one that has imported its SDK."""


@dataclass(slots=True)
class PackProcess:
    """A policy pack that serves on a port of this machine."""

    folder: PackFolder
    process: RunningPack
    output: ProgramOutput
    mask: Mask
    """The secrets that were sent to packs so far."""
    port: int = 0

    def printed(self) -> str:
        """The end of its output, without secrets."""
        return self.output.masked(self.mask)

    async def how_it_ended(self) -> str:
        """How a pack ended that does not answer, as a clause."""
        try:
            async with asyncio.timeout(1):
                return _ended(await self.process.wait())
        except TimeoutError:
            return HUNG_UP


@contextlib.asynccontextmanager
async def started(
    folder: PackFolder,
    project: Project | None,
    timeout: float,  # noqa: ASYNC109
    mask: Mask,
) -> AsyncIterator[PackProcess]:
    """Start a policy pack and wait for its port; at the end of the block, all of its processes are killed.

    Args:
        folder: the pack.
        project: the program under preview, with the names and config that a pack can read; None for a state.
        timeout: seconds to wait for the port.
        mask: the secrets that are sent to it, now and later.

    Raises:
        CannotJudge: it does not start, ends at once, hangs, or prints no port.
    """
    require_descriptors()
    pack_end, gate_end = os.pipe()
    reading, writing = os.pipe()
    with (
        contextlib.closing(ProgramOutput()) as output,
        os.fdopen(gate_end, "wb", buffering=0),
        os.fdopen(reading, "rb") as pipe,
    ):
        try:
            process = await spawn(
                folder.interpreter,
                "-u",
                RUNNER,
                str(pack_end),
                folder.root,
                *folder.arguments,
                cwd=project.working_directory if project else None,
                env=_environment(folder, project, os.environ),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=writing,
                stderr=output.write_end,
                pass_fds=(pack_end,),
                start_new_session=True,
            )
        except OSError as error:
            environment = _environment(folder, project, os.environ)
            raise not_started(folder.interpreter, error, environment, project) from None
        finally:
            os.close(pack_end)
            os.close(writing)
        printed = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(printed), pipe
        )
        rest: asyncio.Task[None] | None = None
        with stopping(process) as stop:
            try:
                pack = PackProcess(folder, process, output, mask)
                pack.port = await _port(pack, printed, timeout)
                rest = asyncio.create_task(_copy(printed, output))
                yield pack
            finally:
                stop()
                await process.wait()
                if rest is not None:
                    rest.cancel()
                    await asyncio.gather(rest, return_exceptions=True)
                transport.close()


async def _port(pack: PackProcess, printed: asyncio.StreamReader, timeout: float) -> int:  # noqa: ASYNC109
    """The number in the first line that the pack prints."""
    name = pack.folder.name
    head = b""
    ended = asyncio.create_task(pack.process.wait())
    try:
        async with asyncio.timeout(timeout):
            while b"\n" not in head and not head.strip(b"0123456789"):
                # A child process of the pack can outlive it and keep the pipe open.
                reading = asyncio.create_task(printed.read(BLOCK))
                await asyncio.wait({reading, ended}, return_when=asyncio.FIRST_COMPLETED)
                if not reading.done() or not reading.result():
                    reading.cancel()
                    raise _failed_to_start(pack.folder, await ended, pack.printed())
                head += reading.result()
    except TimeoutError:
        raise CannotJudge(
            f"policy pack `{name}` did not start within {timeout:g} s and was stopped; see --timeout", pack.printed()
        ) from None
    finally:
        ended.cancel()
    line, _, rest = head.partition(b"\n")
    if not line.strip().isdigit() or int(line) not in PORTS:
        os.write(pack.output.write_end, head)
        raise CannotJudge(
            f"policy pack `{name}` printed something other than its port first; print to standard error instead",
            pack.printed(),
        )
    os.write(pack.output.write_end, rest)
    return int(line)


def _failed_to_start(folder: PackFolder, code: int, printed: str) -> CannotJudge:
    if code == EXIT_NO_PULUMI:
        return CannotJudge(
            f"`pulumi` is not installed for `{folder.interpreter}`, which runs policy pack `{folder.name}`; name the "
            "pack's own environment with `virtualenv` under `runtime.options`"
        )
    last = next((line.strip() for line in reversed(printed.splitlines()) if line.strip()), "it printed nothing")
    return CannotJudge(f"policy pack `{folder.name}` {_ended(code)} before it served: {last}", printed)


async def _copy(printed: asyncio.StreamReader, output: ProgramOutput) -> None:
    """Copy what the pack prints to the output, so that the pipe never fills up."""
    while chunk := await printed.read(BLOCK):
        os.write(output.write_end, chunk)


def _ended(code: int) -> str:
    return f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"


def _environment(folder: PackFolder, project: Project | None, inherited: Mapping[str, str]) -> dict[str, str]:
    """The environment of a pack: everything but credentials, and the program's names and config, as the CLI sets them."""
    environment = activated(without_credentials(inherited), folder.virtualenv)
    environment["STACKGUARD_RESOLVE_UNKNOWNS"] = "false"  # for our own pack: values are already resolved
    if project is not None:
        environment |= {
            "PULUMI_ORGANIZATION": project.organization,
            "PULUMI_PROJECT": project.name,
            "PULUMI_STACK": project.stack,
            "PULUMI_DRY_RUN": "true",
            "PULUMI_CONFIG": json.dumps(dict(project.config)),
        }
    return environment
