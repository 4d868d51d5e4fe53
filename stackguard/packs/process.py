"""A policy pack's process: its environment, the port it prints, its output, and its certain end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from policypack.evaluation.masking import Mask
from stackguard.errors import CannotJudge
from stackguard.packs._pack import EXIT_NO_PULUMI
from stackguard.packs.folder import PackFolder
from stackguard.packs.output_redaction import Heard
from stackguard.preview.child.ending import TOKEN, end_known_by
from stackguard.preview.server.output import ProgramOutput
from stackguard.preview.server.process import activated, without_credentials

if TYPE_CHECKING:
    from stackguard.preview.project.project import Project

RUNNER = Path(__file__).with_name("_pack.py")
BLOCK = 64 * 1024
HUNG_UP = "hung up"
"""What a pack did that answers no more and did not end."""
PORTS = range(1, 1 << 16)


class RunningPack(Protocol):
    """A process that was started."""

    @property
    def pid(self) -> int:
        """Its number, which is its group's too."""

    async def wait(self) -> int:
        """Its exit code, once it has ended; minus the number of the signal that ended it."""


spawn: Callable[..., Awaitable[RunningPack]] = asyncio.create_subprocess_exec
"""What starts the pack's interpreter; the tests fork one that has imported its SDK."""


@dataclass(slots=True)
class PackProcess:
    """A policy pack that serves on a port of this machine."""

    folder: PackFolder
    process: RunningPack
    port: int
    heard: Heard

    def printed(self) -> str:
        """All that was printed so far, or the last of it, without what is secret."""
        return self.heard.text()

    async def how_it_ended(self) -> str:
        """What to say of a pack that hung up."""
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
    told: Mask,
) -> AsyncIterator[PackProcess]:
    """Start a policy pack and wait for its port; when the block ends, however it ends, nothing of it is left running.

    Args:
        folder: the pack.
        project: the program under preview, whose names and config a pack may read; None where there is none.
        timeout: seconds to wait for the port.
        told: the secrets that it is told, now and later.

    Raises:
        CannotJudge: it does not start, ends at once, hangs, or prints something else.
    """
    token = os.urandom(8).hex()
    theirs, ours = os.pipe()
    reading, writing = os.pipe()
    with (
        contextlib.closing(ProgramOutput()) as output,
        os.fdopen(ours, "wb", buffering=0),
        os.fdopen(reading, "rb") as pipe,
    ):
        try:
            process = await spawn(
                folder.interpreter,
                "-u",
                RUNNER,
                str(theirs),
                folder.root,
                *folder.arguments,
                cwd=project.working_directory if project else None,
                env=_environment(folder, project, os.environ) | {TOKEN: token},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=writing,
                stderr=output.write_end,
                pass_fds=(theirs,),
                start_new_session=True,
            )
        except OSError as error:
            raise CannotJudge(f"cannot start `{folder.interpreter}`: {error.strerror}") from None
        finally:
            os.close(theirs)
            os.close(writing)
        printed = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(printed), pipe
        )
        rest: asyncio.Task[None] | None = None
        try:
            heard = Heard(output, told)
            port = await _port(folder, process, printed, heard, timeout)
            rest = asyncio.create_task(_copy(printed, output))
            yield PackProcess(folder, process, port, heard)
        finally:
            with contextlib.suppress(ProcessLookupError, PermissionError):  # the latter: macOS, where all are dead
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
            end_known_by(token)
            if rest is not None:
                rest.cancel()
                await asyncio.gather(rest, return_exceptions=True)
            transport.close()


async def _port(
    folder: PackFolder,
    process: RunningPack,
    printed: asyncio.StreamReader,
    heard: Heard,
    timeout: float,  # noqa: ASYNC109
) -> int:
    """The number in the first line that the pack prints."""
    head = b""
    ended = asyncio.create_task(process.wait())
    try:
        async with asyncio.timeout(timeout):
            while b"\n" not in head and not head.strip(b"0123456789"):
                # What the pack started may outlive it and hold the pipe open.
                reading = asyncio.create_task(printed.read(BLOCK))
                await asyncio.wait({reading, ended}, return_when=asyncio.FIRST_COMPLETED)
                if not reading.done() or not reading.result():
                    reading.cancel()
                    raise _failed_to_start(folder, await ended, heard.text())
                head += reading.result()
    except TimeoutError:
        raise CannotJudge(
            f"policy pack `{folder.name}` did not start within {timeout:g} s and was stopped; see --timeout",
            heard.text(),
        ) from None
    finally:
        ended.cancel()
    line, _, rest = head.partition(b"\n")
    if not line.strip().isdigit() or int(line) not in PORTS:
        os.write(heard.output.write_end, head)
        raise CannotJudge(
            f"policy pack `{folder.name}` printed something other than its port first; print to standard error instead",
            heard.text(),
        )
    os.write(heard.output.write_end, rest)
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
    """Take what the pack prints on, so that it never waits for a reader."""
    while chunk := await printed.read(BLOCK):
        os.write(output.write_end, chunk)


def _ended(code: int) -> str:
    return f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"


def _environment(folder: PackFolder, project: Project | None, inherited: Mapping[str, str]) -> dict[str, str]:
    """What a pack sees: everything but credentials, and of a program its names and its config, as from the CLI."""
    environment = activated(without_credentials(inherited), folder.virtualenv)
    environment["STACKGUARD_RESOLVE_UNKNOWNS"] = "false"  # our own pack: what can be resolved is by now
    if project is not None:
        environment |= {
            "PULUMI_ORGANIZATION": project.organization,
            "PULUMI_PROJECT": project.name,
            "PULUMI_STACK": project.stack,
            "PULUMI_DRY_RUN": "true",
            "PULUMI_CONFIG": json.dumps(dict(project.config)),
        }
    return environment
