"""Runs of the command line in processes of their own, which start warm: see `command_line.py`."""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from tests.warm import special

HOST = Path(__file__).with_name("command_line.py")


class Host:
    """The process that forks, which ends with this one."""

    def __init__(self) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
        self.variables = {name: value for name, value in environment.items() if special(name)}
        self._process = subprocess.Popen(
            [sys.executable, str(HOST)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            start_new_session=True,
        )
        atexit.register(self.close)

    def code(self, request: dict[str, object], timeout: float) -> int:
        """The exit code of a run."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        if not select.select([self._process.stdout], [], [], timeout)[0]:
            self.close()
            raise subprocess.TimeoutExpired(str(request["arguments"]), timeout)
        return int(self._process.stdout.readline())

    def close(self) -> None:
        """End the process, and the run for which it waits."""
        host.cache_clear()
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.communicate()


@cache
def host() -> Host:
    """The host of this process."""
    return Host()


def stackguard(folder: Path, *args: str, timeout: float = 300) -> subprocess.CompletedProcess[str]:
    """What `stackguard` with these arguments prints in a folder, as a process of its own."""
    environment = dict(os.environ)
    if host().variables != {name: value for name, value in environment.items() if special(name)}:
        command = [Path(sys.executable).with_name("stackguard"), *args]
        return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=timeout)
    with tempfile.TemporaryDirectory() as name:
        files = [Path(name, stream) for stream in ("stdout", "stderr")]
        for file in files:
            file.touch()
        request = {
            "arguments": args,
            "environment": environment,
            "folder": str(Path(folder).absolute()),
            "streams": [os.devnull, *map(str, files)],
        }
        code = host().code(request, timeout)
        return subprocess.CompletedProcess(args, code, *(file.read_text(encoding="utf-8") for file in files))
