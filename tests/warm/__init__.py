"""Programs and policy packs that start warm: an interpreter that has imported Pulumi forks for each of them.

The product does so for the programs of one run (decision 47); here it is one host for all tests of a process, with other
variables too. A program with an interpreter of its own, and tests marked `cold_start`, get a new interpreter.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from stackguard.packs import process as packs
from stackguard.preview.server import process
from stackguard.preview.server.hosts import Forked, Host

HOST = Path(__file__).with_name("host.py")
INTERPRETER_SETTINGS = ("PYTHON", "LD_", "GRPC_", "PROTOCOL_BUFFERS_")
"""The prefixes of variables that an interpreter reads once, at its start or an import."""
SET_IN_THE_FORK = {"PYTHONDONTWRITEBYTECODE", "GRPC_VERBOSITY"}
"""Those that the fork applies itself, or that change only what gRPC logs about itself."""


class ForkedPack:
    """A fork that runs a policy pack, with the part of `asyncio.subprocess.Process` that the product uses."""

    def __init__(self, fork: Forked) -> None:
        self._fork = fork
        self.pid = fork.pid
        self._ended = asyncio.get_running_loop().run_in_executor(None, fork.wait)

    @property
    def returncode(self) -> int | None:
        """The exit code; None until it has ended."""
        return self._fork.returncode

    async def wait(self) -> int:
        """The exit code; minus the number of the signal that ended it."""
        return await asyncio.shield(self._ended)


@cache
def host() -> Host:
    """The host of this process, with which it ends."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    started = Host([sys.executable, "-u", str(HOST)], environment)
    atexit.register(started.close)
    return started


def spawn(command: list[str], **options: Any) -> subprocess.Popen[bytes] | Forked:
    """Starts a program instead of `subprocess.Popen`: a fork, if a new interpreter would be the same."""
    return forked(command, options) or subprocess.Popen(command, **options)


async def spawn_pack(*command: str, **options: Any) -> asyncio.subprocess.Process | ForkedPack:
    """Starts a policy pack instead of `asyncio.create_subprocess_exec`."""
    fork = forked(list(command), options)
    return ForkedPack(fork) if fork else await asyncio.create_subprocess_exec(*command, **options)


def forked(command: list[str], options: Mapping[str, Any]) -> Forked | None:
    """A fork for a command line; None if a new interpreter would differ."""
    interpreter, unbuffered, *arguments = map(str, command)
    environment = options["env"]
    differs = any(
        environment.get(name) != os.environ.get(name) for name in {*environment, *os.environ} if special(name)
    )
    if not same_interpreter(Path(interpreter)) or unbuffered != "-u" or differs:
        return None
    return host().fork(arguments, options)


def same_interpreter(interpreter: Path) -> bool:
    """Whether this process runs it, by any of its names in the environment: `python`, `python3`."""
    own = Path(sys.executable)
    return interpreter.parent.resolve() == own.parent.resolve() and interpreter.resolve() == own.resolve()


def special(name: str) -> bool:
    """Whether an interpreter reads this variable only at its start."""
    return name.startswith(INTERPRETER_SETTINGS) and name not in SET_IN_THE_FORK


def install() -> None:
    """Start programs and policy packs so from now on, in this process."""
    process.spawn = spawn
    packs.spawn = spawn_pack


def uninstall() -> None:
    """Start them as the product does."""
    process.spawn = subprocess.Popen
    packs.spawn = asyncio.create_subprocess_exec
